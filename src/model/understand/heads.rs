//! Outputs that score classes, or give values, for whole tiles or pixel by pixel.

use super::classes::{backgrounds, names_of_heads, told_heads};
use super::{
    Activation, Contract, ElementType, InputLayout, ModelTask, OutputGeometry, Reading, Source,
    Trial,
};
use crate::Result;
use crate::model::Head;
use ndarray::{ArrayD, Axis};

/// One output pixel stands for at most so many input pixels either way.
const COARSEST: usize = 32;

/// Probabilities that sum to one within this are exclusive; half floats are that coarse.
const SUM_TOLERANCE: f32 = 0.01;

/// Where an output has its classes, and how its rows and columns lie in the input.
pub(super) struct OutputAxes {
    pub(super) channels: usize,
    pub(super) channels_last: bool,
    pub(super) geometry: OutputGeometry,
}

/// Whether an output of this shape scores whole tiles: `[batch, classes]`, or the same with
/// rows and columns of one.
pub(super) fn is_score_vector(shape: &[usize]) -> bool {
    matches!(shape, [_, _] | [_, _, 1, 1])
}

/// The axes of a per-pixel output: `[batch, classes, rows, columns]`, the same with classes
/// last, or `[batch, rows, columns]`; `None` if the shape is none of these for such a tile.
pub(super) fn axes_of(
    shape: &[usize],
    tile: (u32, u32),
    layout: InputLayout,
) -> Option<OutputAxes> {
    let at = |channels: usize, rows: usize, cols: usize, channels_last: bool| {
        geometry_of((rows, cols), tile).map(|geometry| OutputAxes {
            channels,
            channels_last,
            geometry,
        })
    };
    match *shape {
        [_, rows, cols] => at(1, rows, cols, false),
        [_, a, b, c] => {
            let first = at(a, b, c, false);
            let last = at(c, a, b, true);
            if layout == InputLayout::Nhwc {
                last.or(first)
            } else {
                first.or(last)
            }
        }
        _ => None,
    }
}

fn geometry_of((rows, cols): (usize, usize), tile: (u32, u32)) -> Option<OutputGeometry> {
    let (tile_rows, tile_cols) = (tile.0 as usize, tile.1 as usize);
    if (rows, cols) == (tile_rows, tile_cols) {
        return Some(OutputGeometry::Same);
    }
    if rows == 0 || cols == 0 || rows >= tile_rows || cols >= tile_cols {
        return None;
    }
    let factor = tile_rows / rows;
    if factor <= COARSEST && rows * factor == tile_rows && cols * factor == tile_cols {
        let factor = u32::try_from(factor).ok()?;
        return Some(OutputGeometry::Coarse { factor });
    }
    let (down, across) = (tile_rows - rows, tile_cols - cols);
    (down == across && down.is_multiple_of(2) && 2 * down <= tile_rows.min(tile_cols)).then(|| {
        OutputGeometry::Cropped {
            margin_px: u32::try_from(down / 2).unwrap_or(u32::MAX),
        }
    })
}

/// An output that fits the task.
struct Candidate {
    output: usize,
    axes: OutputAxes,
    numbers: bool,
}

fn candidates(reading: &Reading<'_>, contract: &Contract, trial: &Trial) -> Vec<Candidate> {
    let named = told_heads(reading).map(|(heads, _)| heads.len());
    let fits = |(output, tensor): (usize, &ArrayD<f32>)| {
        // Nothing scores nothing.
        if tensor.is_empty() {
            return None;
        }
        let shape = tensor.shape();
        let info = reading.file.outputs.get(output);
        // Training leaves a second, worse head of this name in some exports.
        if output > 0 && named.is_none() && info.is_some_and(|i| i.name.contains("aux")) {
            return None;
        }
        let whole_numbers = info.is_some_and(|i| {
            matches!(
                i.element,
                ElementType::Int32 | ElementType::Int64 | ElementType::Uint8
            )
        });
        let axes = if contract.task == ModelTask::Classification {
            is_score_vector(shape).then(|| OutputAxes {
                channels: shape[1],
                channels_last: false,
                geometry: OutputGeometry::Same,
            })?
        } else {
            axes_of(shape, contract.tile_size, contract.layout)?
        };
        let numbers =
            whole_numbers && axes.channels == 1 && contract.task == ModelTask::Segmentation;
        Some(Candidate {
            output,
            axes,
            numbers,
        })
    };
    let mut found: Vec<Candidate> = trial.outputs.iter().enumerate().filter_map(fits).collect();
    if let Some(count) = named.filter(|_| contract.task != ModelTask::Regression) {
        found.truncate(count.max(1));
    }
    found
}

fn no_such_output(reading: &Reading<'_>, contract: &Contract, trial: &Trial) -> crate::Error {
    let wanted = match contract.task {
        ModelTask::Classification => "[batch, classes]",
        _ => "[batch, classes, rows, columns] or [batch, rows, columns]",
    };
    let problem = format!(
        "gives {} for an input of {} × {} pixels, wanted {wanted} for {}",
        trial.shapes_text(),
        contract.tile_size.1,
        contract.tile_size.0,
        contract.task
    );
    match reading.first(|t| t.task.clone()) {
        Some((_, teller)) => reading.contradiction(teller, "task", problem),
        None => reading.unusable(problem, "say what the model is with `--task`"),
    }
}

/// Heads of a classifier or a segmenter: classes, activation, background.
pub(super) fn understand(
    reading: &mut Reading<'_>,
    contract: &mut Contract,
    trial: &Trial,
) -> Result<()> {
    let found = candidates(reading, contract, trial);
    if found.is_empty() {
        return Err(no_such_output(reading, contract, trial));
    }
    if let Some((heads, teller)) = told_heads(reading)
        && heads.len() > found.len()
    {
        let count = heads.len();
        let problem = format!(
            "gives {} for {} but classes of {count} outputs are named",
            trial.shapes_text(),
            contract.task
        );
        return Err(reading.contradiction(teller, "class-names", problem));
    }
    note_unused(reading, trial, found.len());
    let channels: Vec<Option<usize>> = found
        .iter()
        .map(|c| (!c.numbers).then_some(c.axes.channels))
        .collect();
    let names = names_of_heads(reading, &channels)?;
    let mut activations = Vec::new();
    for (candidate, names) in found.iter().zip(&names) {
        let start = contract.classes.len();
        contract.classes.extend(names.iter().cloned());
        let single_channel = !candidate.numbers && candidate.axes.channels == 1;
        let values = &trial.outputs[candidate.output];
        let axis = if candidate.axes.channels_last {
            values.ndim() - 1
        } else {
            1
        };
        let (activation, source) =
            activation_of(reading, single_channel, candidate.numbers, values)?;
        let exclusive = single_channel
            || candidate.numbers
            || match activation {
                Activation::Softmax => true,
                Activation::Sigmoid => false,
                Activation::None => sums_to_one(values, axis),
            };
        activations.push((activation, source));
        contract.heads.push(Head {
            output: candidate.output,
            classes: start..contract.classes.len(),
            single_channel,
            numbers: candidate.numbers,
            activation,
            exclusive,
            channels_last: candidate.axes.channels_last,
            geometry: candidate.axes.geometry,
        });
    }
    record_activation(reading, contract, &activations);
    contract.is_background = backgrounds(reading, contract)?;
    Ok(())
}

/// Outputs of a regression: a value, or several, for each pixel.
pub(super) fn understand_values(
    reading: &mut Reading<'_>,
    contract: &mut Contract,
    trial: &Trial,
) -> Result<()> {
    let found = candidates(reading, contract, trial);
    if found.is_empty() {
        return Err(no_such_output(reading, contract, trial));
    }
    for candidate in &found {
        let start = contract.classes.len();
        for _ in 0..candidate.axes.channels {
            contract
                .classes
                .push(format!("value_{}", contract.classes.len()));
        }
        contract.heads.push(Head {
            output: candidate.output,
            classes: start..contract.classes.len(),
            single_channel: false,
            numbers: false,
            activation: Activation::None,
            exclusive: false,
            channels_last: candidate.axes.channels_last,
            geometry: candidate.axes.geometry,
        });
    }
    let count = contract.classes.len();
    let told = reading.first(|t| Some(t.heads.concat()).filter(|names| names.len() == count));
    if told.is_none()
        && let Some((heads, teller)) = told_heads(reading)
        && teller.source != Source::Metadata
    {
        let named = heads.concat().len();
        let problem = format!("gives {count} values a pixel but {named} are named");
        return Err(reading.contradiction(teller, "class-names", problem));
    }
    if let Some((names, teller)) = told {
        reading.record("class-names", &names.join(", "), teller);
        contract.classes = names;
    }
    contract.is_background = vec![false; count];
    let scaling = reading.pick("output-scaling", |t| t.output_scaling, ToString::to_string);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "values are single precision"
    )]
    let scaling = scaling.map(|s| s as f32);
    contract.output_scaling = scaling.unwrap_or(1.0);
    Ok(())
}

fn note_unused(reading: &mut Reading<'_>, trial: &Trial, used: usize) {
    let unused = trial.outputs.len() - used;
    if unused > 0 {
        let which = match unused {
            1 => "one of its outputs is".to_owned(),
            n => format!("{n} of its outputs are"),
        };
        reading.notes.push(format!("{which} not used"));
    }
}

fn activation_of(
    reading: &Reading<'_>,
    single_channel: bool,
    numbers: bool,
    values: &ArrayD<f32>,
) -> Result<(Activation, Source)> {
    if numbers {
        return Ok((Activation::None, Source::Shape));
    }
    if let Some((told, teller)) = reading.first(|t| t.activation) {
        if single_channel && told == Activation::Softmax {
            return Err(reading.contradiction(
                teller,
                "activation",
                "gives one channel, of which a softmax is always 1: wanted `sigmoid`, or `none` for probabilities".into(),
            ));
        }
        return Ok((told, teller.source));
    }
    let unit = values.iter().all(|v| (-1e-6..=1.000_001).contains(v));
    Ok((
        match (unit, single_channel) {
            (true, _) => Activation::None,
            (false, true) => Activation::Sigmoid,
            (false, false) => Activation::Softmax,
        },
        Source::Trial,
    ))
}

fn record_activation(
    reading: &mut Reading<'_>,
    contract: &Contract,
    activations: &[(Activation, Source)],
) {
    let word = |(head, (activation, _)): (&Head, &(Activation, Source))| {
        let sort = match (head.numbers, head.exclusive) {
            (true, _) => ": class numbers",
            (false, true) => "",
            (false, false) => ", classes independent",
        };
        format!("{activation}{sort}")
    };
    let mut texts: Vec<String> = contract.heads.iter().zip(activations).map(word).collect();
    texts.dedup();
    let text = texts.join("; ");
    if let Some((_, teller)) = reading.first(|t| t.activation) {
        reading.record("activation", &text, teller);
        return;
    }
    let source = activations
        .first()
        .map_or(Source::Trial, |(_, source)| *source);
    reading.otherwise("activation", text, source);
}

fn sums_to_one(values: &ArrayD<f32>, axis: usize) -> bool {
    axis < values.ndim()
        && values
            .sum_axis(Axis(axis))
            .iter()
            .all(|sum| (sum - 1.0).abs() <= SUM_TOLERANCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_lie_in_the_input_as_their_shapes_say() {
        let axes = |shape: &[usize], layout| {
            axes_of(shape, (512, 512), layout).map(|a| (a.channels, a.channels_last, a.geometry))
        };
        let (first, last) = (InputLayout::Nchw, InputLayout::Nhwc);
        assert_eq!(
            axes(&[1, 3, 512, 512], first),
            Some((3, false, OutputGeometry::Same))
        );
        assert_eq!(
            axes(&[1, 512, 512, 3], last),
            Some((3, true, OutputGeometry::Same))
        );
        assert_eq!(
            axes(&[1, 512, 512], first),
            Some((1, false, OutputGeometry::Same))
        );
        let cropped = OutputGeometry::Cropped { margin_px: 14 };
        assert_eq!(axes(&[1, 2, 484, 484], first), Some((2, false, cropped)));
        let coarse = OutputGeometry::Coarse { factor: 4 };
        assert_eq!(axes(&[1, 2, 128, 128], first), Some((2, false, coarse)));
        for other in [
            &[1, 84, 8400][..],
            &[1, 3, 1024, 1024],
            &[1, 2, 511, 511],
            &[1, 7],
            &[1, 2, 100, 100],
        ] {
            assert_eq!(axes(other, first), None, "{other:?}");
        }
    }
}
