//! Test-time augmentation: a model sees a chip in the eight symmetries of a square, and
//! its answers are turned back and averaged.

use super::decode::{PredictedShape, Prediction};
use super::{Activation, Contract, Head, InputLayout, ModelTask, OutputGeometry};
use ndarray::{ArrayD, ArrayViewD, Axis};

/// One symmetry of a chip: turned over its diagonal or not, then mirrored or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Symmetry {
    transposed: bool,
    mirrored: bool,
    upside_down: bool,
}

impl Symmetry {
    /// The symmetries of a chip: eight if it is square, else the four that keep its shape.
    #[must_use]
    pub fn all(square: bool) -> Vec<Self> {
        (0..if square { 8 } else { 4 })
            .map(|bits| Self {
                transposed: bits & 4 != 0,
                mirrored: bits & 1 != 0,
                upside_down: bits & 2 != 0,
            })
            .collect()
    }

    /// Where the pixel that is shown at (`row`, `col`) lies in the chip.
    fn source(self, row: usize, col: usize, rows: usize, cols: usize) -> (usize, usize) {
        let row = if self.upside_down {
            rows - 1 - row
        } else {
            row
        };
        let col = if self.mirrored { cols - 1 - col } else { col };
        if self.transposed {
            (col, row)
        } else {
            (row, col)
        }
    }

    /// Writes `chip`, one item in `layout`, into `shown` as the model is to see it.
    pub fn show(self, chip: &[f32], contract: &Contract, size: (usize, usize), shown: &mut [f32]) {
        let ((rows, cols), bands) = (size, contract.channels);
        let at = |band: usize, row: usize, col: usize| match contract.layout {
            InputLayout::Nchw => (band * rows + row) * cols + col,
            InputLayout::Nhwc => (row * cols + col) * bands + band,
        };
        for row in 0..rows {
            for col in 0..cols {
                let (from_row, from_col) = self.source(row, col, rows, cols);
                for band in 0..bands {
                    shown[at(band, row, col)] = chip[at(band, from_row, from_col)];
                }
            }
        }
    }

    /// Turns rows and columns of an output back.
    fn restore(self, mut output: ArrayD<f32>, row_axis: usize, col_axis: usize) -> ArrayD<f32> {
        if self.upside_down {
            output.invert_axis(Axis(row_axis));
        }
        if self.mirrored {
            output.invert_axis(Axis(col_axis));
        }
        if self.transposed {
            output.swap_axes(row_axis, col_axis);
        }
        output
    }

    /// Turns an object back; `size` is rows and columns of the chip.
    #[must_use]
    pub fn restore_object(self, prediction: Prediction, size: (u32, u32)) -> Prediction {
        let (rows, cols) = size;
        let (height, width) = (crate::georef::to_f32(rows), crate::georef::to_f32(cols));
        let point = |x: f32, y: f32| {
            let x = if self.mirrored { width - x } else { x };
            let y = if self.upside_down { height - y } else { y };
            if self.transposed { (y, x) } else { (x, y) }
        };
        let shape = match prediction.shape {
            PredictedShape::Box {
                left,
                top,
                right,
                bottom,
            } => {
                let ((ax, ay), (bx, by)) = (point(left, top), point(right, bottom));
                PredictedShape::Box {
                    left: ax.min(bx),
                    top: ay.min(by),
                    right: ax.max(bx),
                    bottom: ay.max(by),
                }
            }
            PredictedShape::Turned {
                x,
                y,
                width,
                height,
                angle,
            } => {
                let (x, y) = point(x, y);
                let angle = if self.mirrored == self.upside_down {
                    angle
                } else {
                    -angle
                };
                let angle = if self.transposed {
                    std::f32::consts::FRAC_PI_2 - angle
                } else {
                    angle
                };
                PredictedShape::Turned {
                    x,
                    y,
                    width,
                    height,
                    angle,
                }
            }
            PredictedShape::Mask {
                col,
                row,
                width,
                pixels,
            } => self.restore_mask((row, col), width, &pixels, size),
        };
        Prediction {
            shape,
            ..prediction
        }
    }

    fn restore_mask(
        self,
        (row, col): (u32, u32),
        width: u32,
        pixels: &[u8],
        (rows, cols): (u32, u32),
    ) -> PredictedShape {
        let height = u32::try_from(pixels.len()).unwrap_or(0) / width.max(1);
        let row = if self.upside_down {
            rows - row - height
        } else {
            row
        };
        let col = if self.mirrored {
            cols - col - width
        } else {
            col
        };
        let mut restored = vec![0; pixels.len()];
        let (own_width, own_height) = (width as usize, height as usize);
        for y in 0..own_height {
            for x in 0..own_width {
                let from_y = if self.upside_down {
                    own_height - 1 - y
                } else {
                    y
                };
                let from_x = if self.mirrored { own_width - 1 - x } else { x };
                let to = if self.transposed {
                    x * own_height + y
                } else {
                    y * own_width + x
                };
                restored[to] = pixels[from_y * own_width + from_x];
            }
        }
        let (row, col, width) = if self.transposed {
            (col, row, height)
        } else {
            (row, col, width)
        };
        PredictedShape::Mask {
            col,
            row,
            width,
            pixels: restored,
        }
    }
}

/// The mean of a model's outputs over several symmetries, turned back: of probabilities, of
/// a regression's values, and of the raw scores of coarse outputs, which are enlarged before
/// they become probabilities. Other outputs are those of the first symmetry. Read it with
/// [`averaged_contract`].
#[derive(Default)]
pub struct Average {
    sum: Vec<ArrayD<f32>>,
    count: u16,
}

impl Average {
    /// Adds what the model gave for one symmetry.
    pub fn add(
        &mut self,
        contract: &Contract,
        symmetry: Symmetry,
        outputs: &[ArrayViewD<'_, f32>],
    ) {
        let is_first = self.count == 0;
        self.count += 1;
        if is_first {
            self.sum = outputs.iter().map(ArrayViewD::to_owned).collect();
        }
        for head in &contract.heads {
            let (Some(output), Some(total)) =
                (outputs.get(head.output), self.sum.get_mut(head.output))
            else {
                continue;
            };
            let mut values = output.to_owned();
            let classes_axis = match values.ndim() {
                4 if head.channels_last => Some(3),
                4 | 2 => Some(1),
                _ => None,
            };
            if contract.task != ModelTask::Regression && !is_coarse(head) {
                probabilities(&mut values, classes_axis, head.activation);
            }
            if contract.task != ModelTask::Classification && values.ndim() >= 3 {
                let last = values.ndim() - 1;
                let (row_axis, col_axis) = if classes_axis == Some(3) {
                    (1, 2)
                } else {
                    (last - 1, last)
                };
                values = symmetry.restore(values, row_axis, col_axis);
            }
            if is_first {
                *total = values.as_standard_layout().to_owned();
            } else if total.shape() == values.shape() {
                *total += &values;
            }
        }
    }

    /// The mean of what was added.
    #[must_use]
    pub fn finish(mut self, contract: &Contract) -> Vec<ArrayD<f32>> {
        let share = 1.0 / f32::from(self.count.max(1));
        for head in &contract.heads {
            if let Some(total) = self.sum.get_mut(head.output) {
                total.mapv_inplace(|v| v * share);
            }
        }
        self.sum
    }
}

fn is_coarse(head: &Head) -> bool {
    matches!(head.geometry, OutputGeometry::Coarse { .. })
}

/// The contract for averaged outputs, most of which are probabilities already.
#[must_use]
pub fn averaged_contract(contract: &Contract) -> Contract {
    let mut averaged = contract.clone();
    for head in averaged.heads.iter_mut().filter(|h| !is_coarse(h)) {
        head.activation = Activation::None;
    }
    averaged
}

fn probabilities(values: &mut ArrayD<f32>, classes_axis: Option<usize>, activation: Activation) {
    match classes_axis {
        Some(axis) if activation == Activation::Softmax => {
            let mut lane_values = Vec::new();
            for mut lane in values.lanes_mut(Axis(axis)) {
                lane_values.clear();
                lane_values.extend(lane.iter().copied());
                activation.apply(&mut lane_values);
                lane.iter_mut().zip(&lane_values).for_each(|(v, p)| *v = *p);
            }
        }
        _ => values.mapv_inplace(|v| {
            let mut one = [v];
            activation.apply(&mut one);
            one[0]
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(shape: PredictedShape) -> Prediction {
        Prediction {
            class: 0,
            score: 1.0,
            class_scores: Vec::new(),
            shape,
        }
    }

    /// Shows a marked mask in each symmetry and turns it back.
    #[test]
    fn masks_and_boxes_come_back_to_where_they_were() {
        let (rows, cols) = (6, 6);
        let marked = [(1, 2), (1, 3), (2, 3)];
        for symmetry in Symmetry::all(true) {
            let mut shown = vec![0_u8; rows * cols];
            for row in 0..rows {
                for col in 0..cols {
                    if marked.contains(&symmetry.source(row, col, rows, cols)) {
                        shown[row * cols + col] = 1;
                    }
                }
            }
            let mask = PredictedShape::Mask {
                col: 0,
                row: 0,
                width: 6,
                pixels: shown.clone(),
            };
            let PredictedShape::Mask {
                pixels, width: 6, ..
            } = symmetry.restore_object(object(mask), (6, 6)).shape
            else {
                panic!("not a mask of the same width");
            };
            let back: Vec<_> = (0..36)
                .filter(|i| pixels[*i] == 1)
                .map(|i| (i / 6, i % 6))
                .collect();
            assert_eq!(back, marked, "{symmetry:?}");

            let ones: Vec<_> = (0..36).filter(|i| shown[*i] == 1).collect();
            let edge = |values: Vec<usize>| {
                let (low, high) = (
                    values.iter().min().unwrap(),
                    values.iter().max().unwrap() + 1,
                );
                (
                    f32::from(u8::try_from(*low).unwrap()),
                    f32::from(u8::try_from(high).unwrap()),
                )
            };
            let (top, bottom) = edge(ones.iter().map(|i| i / 6).collect());
            let (left, right) = edge(ones.iter().map(|i| i % 6).collect());
            let back = symmetry.restore_object(
                object(PredictedShape::Box {
                    left,
                    top,
                    right,
                    bottom,
                }),
                (6, 6),
            );
            let wanted = PredictedShape::Box {
                left: 2.0,
                top: 1.0,
                right: 4.0,
                bottom: 3.0,
            };
            assert_eq!(back.shape, wanted, "{symmetry:?}");
        }
    }

    #[test]
    fn turned_boxes_keep_their_direction_on_the_ground() {
        // A point along the box's own axis must come back where it was.
        let (x, y, angle) = (2.0_f32, 1.5_f32, 0.4_f32);
        for symmetry in Symmetry::all(true) {
            let shown_point = |px: f32, py: f32| {
                let (px, py) = if symmetry.transposed {
                    (py, px)
                } else {
                    (px, py)
                };
                (
                    if symmetry.mirrored { 6.0 - px } else { px },
                    if symmetry.upside_down { 6.0 - py } else { py },
                )
            };
            let (sx, sy) = shown_point(x, y);
            let (tx, ty) = shown_point(x + angle.cos(), y + angle.sin());
            let shown = PredictedShape::Turned {
                x: sx,
                y: sy,
                width: 2.0,
                height: 1.0,
                angle: (ty - sy).atan2(tx - sx),
            };
            let PredictedShape::Turned {
                x: bx,
                y: by,
                angle: back,
                ..
            } = symmetry.restore_object(object(shown), (6, 6)).shape
            else {
                panic!("not a turned box");
            };
            assert!((bx - x).abs() < 1e-5 && (by - y).abs() < 1e-5);
            // A box is the same turned by half a circle.
            assert!((back - angle).sin().abs() < 1e-5, "{symmetry:?}: {back}");
        }
    }
}
