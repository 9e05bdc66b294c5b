//! What a model takes: axis order, bands, scaling, size and batch.

use super::{ElementType, InputLayout, Reading, Source};
use crate::model::{BandScaling, TensorInfo};
use crate::{Error, Result};

/// Larger tiles than this are a mistake.
const LARGEST_TILE: u32 = 16_384;

/// More bands than hyperspectral sensors have are a mistake.
const MOST_CHANNELS: usize = 4096;

/// More values in one input tensor than this, 4 GiB of floats, are a mistake.
pub(crate) const MOST_INPUT_VALUES: usize = 1 << 30;

/// The input of a model, understood.
pub(in crate::model) struct Input {
    pub(super) layout: InputLayout,
    pub(super) channels: usize,
    pub(super) bands: Vec<String>,
    pub(super) scaling: Vec<BandScaling>,
    /// Rows and columns, where no others are taken.
    pub(super) fixed_size: Option<(u32, u32)>,
    pub(super) fixed_batch: Option<usize>,
    /// Rows and columns of a tile.
    pub(super) tile_size: (u32, u32),
}

impl Input {
    pub(super) fn understand(reading: &mut Reading<'_>) -> Result<Self> {
        let tensor = only_input(reading)?;
        let shape = with_batch(&tensor);
        check_told_shape(reading, &tensor)?;
        let layout = layout_of(reading, shape);
        let (channel_axis, row_axis, col_axis) = match layout {
            InputLayout::Nchw => (1, 2, 3),
            InputLayout::Nhwc => (3, 1, 2),
        };
        let (channels, bands) = bands_of(reading, positive(shape[channel_axis]))?;
        if channels > MOST_CHANNELS {
            return Err(reading.unusable(
                format!("takes {channels} bands, wanted at most {MOST_CHANNELS}"),
                "if its axes were misread, say which they are with `--layout`",
            ));
        }
        let scaling = scaling_of(reading, channels, tensor.element)?;
        let edge =
            |axis: usize| positive(shape[axis]).map(|n| u32::try_from(n).unwrap_or(u32::MAX));
        let fixed_size = match (edge(row_axis), edge(col_axis)) {
            (Some(rows), Some(cols)) => Some((rows, cols)),
            (Some(edge), None) | (None, Some(edge)) => Some((edge, edge)),
            (None, None) => None,
        };
        let tile_size = tile_size_of(reading, fixed_size)?;
        let input = Self {
            layout,
            channels,
            bands,
            scaling,
            fixed_size,
            fixed_batch: positive(shape[0]),
            tile_size,
        };
        let one = input.shape(input.fixed_batch.unwrap_or(1));
        let values = one.iter().fold(1, |n: usize, d| n.saturating_mul(*d));
        if values > MOST_INPUT_VALUES {
            return Err(reading.unusable(
                format!("takes an input of shape {one:?}, wanted at most {MOST_INPUT_VALUES} values"),
                "export it with a free or a smaller batch; if its axes were misread, say which they are with `--layout`",
            ));
        }
        Ok(input)
    }

    /// The input's shape for a batch of tiles.
    pub(super) fn shape(&self, batch: usize) -> [usize; 4] {
        let (rows, cols) = (self.tile_size.0 as usize, self.tile_size.1 as usize);
        match self.layout {
            InputLayout::Nchw => [batch, self.channels, rows, cols],
            InputLayout::Nhwc => [batch, rows, cols, self.channels],
        }
    }
}

fn positive(dimension: i64) -> Option<usize> {
    usize::try_from(dimension).ok().filter(|n| *n > 0)
}

/// Four axes: a model without one for the batch takes one tile at a time.
fn with_batch(tensor: &TensorInfo) -> [i64; 4] {
    match tensor.shape.as_slice() {
        [a, b, c] => [1, *a, *b, *c],
        [n, a, b, c, ..] => [*n, *a, *b, *c],
        _ => [-1; 4],
    }
}

fn only_input(reading: &Reading<'_>) -> Result<TensorInfo> {
    let [tensor] = reading.file.inputs.as_slice() else {
        return Err(reading.unusable(
            format!("has {} inputs, wanted one image", reading.file.inputs.len()),
            "export the model with one image input",
        ));
    };
    if !(3..=4).contains(&tensor.shape.len()) {
        return Err(reading.unusable(
            format!(
                "has input `{}` of shape {:?}, wanted four dimensions",
                tensor.name, tensor.shape
            ),
            "export the model with an input of batch, bands, rows, columns",
        ));
    }
    if !matches!(
        tensor.element,
        ElementType::Float32 | ElementType::Float16 | ElementType::Uint8
    ) {
        return Err(reading.unusable(
            format!(
                "has input `{}` of type {:?}, wanted float32, float16 or uint8",
                tensor.name, tensor.element
            ),
            "export the model with a float32 input",
        ));
    }
    Ok(tensor.clone())
}

/// A sidecar may repeat shape and type; it must not say something else.
fn check_told_shape(reading: &Reading<'_>, tensor: &TensorInfo) -> Result<()> {
    if let Some((told, teller)) = reading.first(|t| t.input_shape.clone()) {
        let differs = |(told, own): (&i64, &i64)| *told > 0 && *own > 0 && told != own;
        let other_rank = told.len() != tensor.shape.len();
        if other_rank || told.iter().zip(&tensor.shape).any(differs) {
            return Err(reading.contradiction(
                teller,
                "input",
                format!(
                    "takes an input of shape {:?}, but {told:?} is told",
                    tensor.shape
                ),
            ));
        }
    }
    if let Some((told, teller)) = reading.first(|t| t.element)
        && told != tensor.element
    {
        return Err(reading.contradiction(
            teller,
            "input",
            format!("takes {:?}, but {told:?} is told", tensor.element),
        ));
    }
    Ok(())
}

fn layout_of(reading: &mut Reading<'_>, shape: [i64; 4]) -> InputLayout {
    if let Some(layout) = reading.pick("layout", |t| t.layout, ToString::to_string) {
        return layout;
    }
    let named = reading.first(|t| (!t.bands.is_empty()).then_some(t.bands.len()));
    let named = named.and_then(|(n, _)| i64::try_from(n).ok());
    // A last axis of 1 to 4 beside a larger or free second one can only be bands.
    let bands_last = ((1..=4).contains(&shape[3]) || named == Some(shape[3]))
        && !(1..=16).contains(&shape[1])
        && named != Some(shape[1]);
    let layout = if bands_last {
        InputLayout::Nhwc
    } else {
        InputLayout::Nchw
    };
    reading.otherwise("layout", layout, Source::Shape)
}

fn bands_of(reading: &mut Reading<'_>, own: Option<usize>) -> Result<(usize, Vec<String>)> {
    let named = reading.first(|t| (!t.bands.is_empty()).then(|| t.bands.clone()));
    if let Some((bands, teller)) = named {
        if own.is_some_and(|n| n != bands.len()) {
            return Err(reading.contradiction(
                teller,
                "bands",
                format!(
                    "takes {} bands but {} are named ({})",
                    own.unwrap_or_default(),
                    bands.len(),
                    bands.join(", ")
                ),
            ));
        }
        reading.record("bands", &bands.join(", "), teller);
        return Ok((bands.len(), bands));
    }
    if let Some((told, teller)) = reading.first(|t| t.channels) {
        if own.is_some_and(|n| n != told) {
            return Err(reading.contradiction(
                teller,
                "bands",
                format!(
                    "takes {} bands but {told} are told",
                    own.unwrap_or_default()
                ),
            ));
        }
        reading.record("bands", &told.to_string(), teller);
        return Ok((told, Vec::new()));
    }
    let source = if own.is_some() {
        Source::Shape
    } else {
        Source::Default
    };
    Ok((
        reading.otherwise("bands", own.unwrap_or(3), source),
        Vec::new(),
    ))
}

fn scaling_of(
    reading: &mut Reading<'_>,
    channels: usize,
    element: ElementType,
) -> Result<Vec<BandScaling>> {
    let told = reading.first(|t| (!t.scaling.is_empty()).then(|| t.scaling.clone()));
    let Some((told, teller)) = told else {
        // A model that takes bytes scales them itself.
        let (usual, source) = if element == ElementType::Uint8 {
            (BandScaling::IDENTITY, Source::Shape)
        } else {
            (BandScaling::EIGHT_BIT, Source::Default)
        };
        reading.otherwise("scaling", usual, source);
        return Ok(vec![usual; channels]);
    };
    let scaling = match told.len() {
        1 => vec![told[0]; channels],
        n if n == channels => told,
        n => {
            return Err(reading.contradiction(
                teller,
                "scaling",
                format!("takes {channels} bands but {n} are scaled"),
            ));
        }
    };
    let mut texts: Vec<String> = scaling.iter().map(ToString::to_string).collect();
    texts.dedup();
    reading.record("scaling", &texts.join("; "), teller);
    Ok(scaling)
}

fn tile_size_of(reading: &mut Reading<'_>, fixed: Option<(u32, u32)>) -> Result<(u32, u32)> {
    let text = |(rows, cols): (u32, u32)| {
        if rows == cols {
            format!("{rows} px")
        } else {
            format!("{cols} × {rows} px")
        }
    };
    let told = reading.first(|t| t.tile_size);
    let size = match (fixed, told) {
        (Some(own), Some((told, teller))) if told != own => {
            let wanted = format!(
                "{}, the only size this model takes",
                text(own).replace(" px", "")
            );
            match teller.source {
                Source::Flag | Source::Config => {
                    return Err(Error::Setting {
                        name: "tile-size".into(),
                        seen: text(told).replace(" px", ""),
                        wanted,
                    });
                }
                // Metadata is copied from model to model; the graph itself is sure.
                Source::Metadata => {
                    reading.notes.push(format!(
                        "{} says tiles of {}, but the model takes {}",
                        teller.convention,
                        text(told),
                        text(own)
                    ));
                    reading.otherwise("tile-size", text(own), Source::Shape);
                }
                _ => {
                    return Err(reading.contradiction(
                        teller,
                        "tile-size",
                        format!(
                            "takes tiles of {} only, but {} is told",
                            text(own),
                            text(told)
                        ),
                    ));
                }
            }
            own
        }
        (Some(own), _) => {
            reading.otherwise("tile-size", text(own), Source::Shape);
            own
        }
        (None, Some((told, teller))) => {
            reading.record("tile-size", &text(told), teller);
            told
        }
        (None, None) => {
            let usual = usual_tile(reading);
            reading.otherwise("tile-size", text(usual), Source::Default);
            usual
        }
    };
    let possible = size.0.max(size.1) <= LARGEST_TILE && size.0.min(size.1) >= 16;
    if !possible && fixed.is_some() {
        return Err(reading.unusable(
            format!(
                "takes tiles of {} only, wanted 16 to {LARGEST_TILE} pixels",
                text(size)
            ),
            "if its axes were misread, say which they are with `--layout`",
        ));
    }
    if !possible {
        return Err(Error::Setting {
            name: "tile-size".into(),
            seen: text(size).replace(" px", ""),
            wanted: format!("16 to {LARGEST_TILE} pixels"),
        });
    }
    Ok(size)
}

/// The tile of a model that takes any: what is usual for its kind.
fn usual_tile(reading: &Reading<'_>) -> (u32, u32) {
    let flat = reading
        .file
        .outputs
        .first()
        .is_some_and(|output| output.shape.len() == 2);
    let edge: u32 = if flat && reading.file.outputs.len() == 1 {
        224
    } else {
        512
    };
    let stride = reading.first(|t| t.stride_px);
    let stride = stride.map_or(1, |(stride, _)| stride.clamp(1, LARGEST_TILE / 2));
    let edge = edge.next_multiple_of(stride);
    (edge, edge)
}

impl std::fmt::Display for InputLayout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Nchw => "nchw",
            Self::Nhwc => "nhwc",
        })
    }
}
