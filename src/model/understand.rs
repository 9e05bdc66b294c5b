//! From a model file and its sidecar to a contract: each setting from the first
//! place that tells it.

use super::{
    Activation, BandScaling, Contract, ElementType, InputLayout, ModelFile, ModelTask, Sidecar,
    Source, TensorInfo,
};
use crate::{Error, Result};
use serde::Serialize;

fn from_sidecar(given: bool) -> Source {
    if given {
        Source::Sidecar
    } else {
        Source::Default
    }
}

/// Names that mean "nothing of interest".
const BACKGROUND_NAMES: [&str; 8] = [
    "background",
    "bg",
    "other",
    "others",
    "none",
    "negative",
    "nothing",
    "unlabelled",
];

/// Margin that a segmentation tile gets on each side when the model does not say:
/// enough context for a U-Net of four levels.
const DEFAULT_OVERLAP_PX: u32 = 128;

impl Contract {
    /// Understands a model from its sidecar and its file, in this order.
    #[expect(clippy::too_many_lines, reason = "one setting after another")]
    pub fn resolve(file: &ModelFile, sidecar: Option<&Sidecar>) -> Result<Self> {
        let empty = Sidecar::default();
        let side = sidecar.unwrap_or(&empty);
        let mut sources = Vec::new();
        let mut notes = Vec::new();
        let bad = |problem: String, hint: &str| Error::Model {
            path: file.path.clone(),
            problem,
            hint: hint.to_owned(),
        };

        let input = only_input(file)?;
        let (layout, shape) = input_layout(file, input, side)?;
        let channels = match (shape.channels, side.bands.len()) {
            (Some(c), 0) => c,
            (Some(c), n) if c == n => c,
            (None, n) if n > 0 => n,
            (None, _) => 3,
            (Some(c), n) => {
                return Err(bad(
                    format!(
                        "takes {c} bands but its sidecar names {n} ({})",
                        side.bands.join(", ")
                    ),
                    "correct `mlm:input[0].bands` in the sidecar",
                ));
            }
        };
        let output = file
            .outputs
            .first()
            .ok_or_else(|| bad("has no output".into(), "export it again"))?;
        let task = task_of(file, output, side)?;
        sources.push((
            "task",
            serde_plain(&task),
            if side.tasks.is_empty() {
                Source::Shape
            } else {
                Source::Sidecar
            },
        ));

        let output_channels = output_channels(output, task);
        let (classes, class_source, single_channel) = classes_of(file, side, output_channels)?;
        sources.push(("classes", classes.join(", "), class_source));
        let (is_background, background_source) =
            background_of(file, side, &classes, task, &mut notes)?;

        let scaling = scaling_of(file, side, channels)?;
        sources.push((
            "scaling",
            scaling_text(&scaling),
            from_sidecar(!side.scaling.is_empty()),
        ));

        let fixed_size = shape.size;
        let (tile_size, tile_source) = match (fixed_size, side.tile_size) {
            (Some((rows, _)), _) => (rows, Source::Shape),
            (None, Some(told)) => (told, Source::Sidecar),
            (None, None) => (
                if task == ModelTask::Segmentation {
                    512
                } else {
                    224
                },
                Source::Default,
            ),
        };
        sources.push(("tile-size", format!("{tile_size} px"), tile_source));
        let stride_px = side
            .stride_px
            .unwrap_or(if task == ModelTask::Segmentation {
                32
            } else {
                1
            })
            .max(1);
        sources.push((
            "stride",
            format!("{stride_px} px"),
            from_sidecar(side.stride_px.is_some()),
        ));
        let overlap_px = side
            .overlap_px
            .unwrap_or(if task == ModelTask::Segmentation {
                DEFAULT_OVERLAP_PX.min(tile_size / 2)
            } else {
                0
            });
        sources.push((
            "overlap",
            format!("{overlap_px} px"),
            from_sidecar(side.overlap_px.is_some()),
        ));
        sources.push((
            "gsd",
            side.gsd_m
                .map_or("as the image".into(), |g| format!("{g} m")),
            from_sidecar(side.gsd_m.is_some()),
        ));

        let mut contract = Self {
            name: side.name.clone().unwrap_or_else(|| {
                file.path
                    .file_stem()
                    .map_or_else(|| "model".into(), |s| s.to_string_lossy().into_owned())
            }),
            task,
            layout,
            channels,
            bands: side.bands.clone(),
            fixed_size,
            fixed_batch: shape.batch,
            scaling,
            classes,
            single_channel,
            is_background,
            activation: side.activation.unwrap_or(Activation::None),
            gsd_m: side.gsd_m.filter(|g| *g > 0.0),
            tile_size,
            overlap_px,
            stride_px,
            thresholds: side.thresholds.clone(),
            min_area_m2: side.min_area_m2,
            smallest_plot_m2: side.smallest_plot_m2,
            sources,
            notes,
        };
        contract.sources.push((
            "background",
            contract.background_names().join(", "),
            background_source,
        ));
        contract.check_thresholds(file)?;
        if contract.single_channel && side.activation == Some(Activation::Softmax) {
            return Err(bad(
                "gives one channel, of which a softmax is always 1".into(),
                "set `tianmu:activation` to `sigmoid`, or to `none` for probabilities",
            ));
        }
        if side.activation.is_none() {
            contract.activation = contract.probe_activation(file)?;
        }
        contract.sources.push((
            "activation",
            contract.activation.to_string(),
            if side.activation.is_some() {
                Source::Sidecar
            } else {
                Source::Shape
            },
        ));
        Ok(contract)
    }

    fn check_thresholds(&self, file: &ModelFile) -> Result<()> {
        for (class, value) in &self.thresholds {
            let known = class.is_empty() || self.classes.contains(class);
            if !known || !(0.0..=1.0).contains(value) {
                return Err(Error::Model {
                    path: file.path.clone(),
                    problem: format!(
                        "has a threshold of `{value}` for `{class}`, wanted 0 to 1 for one of {}",
                        self.classes.join(", ")
                    ),
                    hint: "correct `tianmu:threshold` in the sidecar".into(),
                });
            }
        }
        Ok(())
    }
}

struct InputShape {
    batch: Option<usize>,
    channels: Option<usize>,
    size: Option<(u32, u32)>,
}

fn only_input(file: &ModelFile) -> Result<&TensorInfo> {
    let bad = |problem: String, hint: &str| Error::Model {
        path: file.path.clone(),
        problem,
        hint: hint.into(),
    };
    let [input] = file.inputs.as_slice() else {
        return Err(bad(
            format!("has {} inputs, wanted one image", file.inputs.len()),
            "export the model with one image input",
        ));
    };
    if input.shape.len() != 4 {
        return Err(bad(
            format!(
                "has input `{}` of shape {:?}, wanted four dimensions",
                input.name, input.shape
            ),
            "export the model with an input of batch, bands, rows, columns",
        ));
    }
    if input.element != ElementType::Float32 {
        return Err(bad(
            format!(
                "has input `{}` of type {:?}, wanted float32",
                input.name, input.element
            ),
            "export the model with a float32 input",
        ));
    }
    Ok(input)
}

fn input_layout(
    file: &ModelFile,
    input: &TensorInfo,
    side: &Sidecar,
) -> Result<(InputLayout, InputShape)> {
    let positive = |d: i64| usize::try_from(d).ok().filter(|n| *n > 0);
    let position = |names: [&str; 3]| {
        side.input_order
            .iter()
            .position(|axis| names.contains(&axis.to_lowercase().as_str()))
    };
    let channel_axis = match position(["bands", "channels", "band"]) {
        Some(axis @ (1 | 3)) => axis,
        Some(axis) => {
            return Err(Error::Model {
                path: file.path.clone(),
                problem: format!("has its bands on axis {axis} by its sidecar, wanted axis 1 or 3"),
                hint: "correct `dim_order` in the sidecar".into(),
            });
        }
        // A last axis of 1 to 4 beside a larger or free second one can only be bands.
        None if (1..=4).contains(&input.shape[3]) && !(1..=16).contains(&input.shape[1]) => 3,
        None => 1,
    };
    let (layout, rows, cols) = if channel_axis == 1 {
        (InputLayout::Nchw, 2, 3)
    } else {
        (InputLayout::Nhwc, 1, 2)
    };
    let fixed = match (positive(input.shape[rows]), positive(input.shape[cols])) {
        (Some(r), Some(c)) => Some((
            u32::try_from(r).unwrap_or(u32::MAX),
            u32::try_from(c).unwrap_or(u32::MAX),
        )),
        _ => None,
    };
    if let Some((r, c)) = fixed
        && (r != c || r > 16_384)
    {
        return Err(Error::Model {
            path: file.path.clone(),
            problem: format!(
                "takes tiles of {c} × {r} pixels, wanted square ones of at most 16384"
            ),
            hint: "export the model with a square or free input size".into(),
        });
    }
    Ok((
        layout,
        InputShape {
            batch: positive(input.shape[0]),
            channels: positive(input.shape[channel_axis]),
            size: fixed,
        },
    ))
}

fn task_of(file: &ModelFile, output: &TensorInfo, side: &Sidecar) -> Result<ModelTask> {
    let told = |words: &[&str]| {
        side.tasks
            .iter()
            .any(|t| words.contains(&t.to_lowercase().as_str()))
    };
    let by_shape = match output.shape.len() {
        2 => Some(ModelTask::Classification),
        3 | 4 => Some(ModelTask::Segmentation),
        _ => None,
    };
    let task = if told(&["semantic-segmentation", "segmentation"]) {
        Some(ModelTask::Segmentation)
    } else if told(&[
        "classification",
        "scene-classification",
        "image-classification",
    ]) {
        Some(ModelTask::Classification)
    } else if side.tasks.is_empty() {
        by_shape
    } else {
        None
    };
    task.filter(|t| by_shape == Some(*t)).ok_or_else(|| Error::Model {
        path: file.path.clone(),
        problem: format!(
            "gives `{}` of shape {:?}{}, wanted [batch, classes] or [batch, classes, rows, columns]",
            output.name,
            output.shape,
            if side.tasks.is_empty() { String::new() } else { format!(" for task {}", side.tasks.join(", ")) }
        ),
        hint: "classification and segmentation models are read in this version".into(),
    })
}

fn scaling_of(file: &ModelFile, side: &Sidecar, channels: usize) -> Result<Vec<BandScaling>> {
    match side.scaling.len() {
        0 => Ok(vec![BandScaling::EIGHT_BIT; channels]),
        1 => Ok(vec![side.scaling[0]; channels]),
        n if n == channels => Ok(side.scaling.clone()),
        n => Err(Error::Model {
            path: file.path.clone(),
            problem: format!("takes {channels} bands but its sidecar scales {n}"),
            hint: "give one entry in `value_scaling`, or one a band".into(),
        }),
    }
}

fn scaling_text(scaling: &[BandScaling]) -> String {
    let mut texts: Vec<String> = scaling.iter().map(ToString::to_string).collect();
    texts.dedup();
    texts.join("; ")
}

fn output_channels(output: &TensorInfo, task: ModelTask) -> Option<usize> {
    if task == ModelTask::Segmentation && output.shape.len() == 3 {
        return Some(1);
    }
    output
        .shape
        .get(1)
        .and_then(|d| usize::try_from(*d).ok())
        .filter(|n| *n > 0)
}

fn classes_of(
    file: &ModelFile,
    side: &Sidecar,
    channels: Option<usize>,
) -> Result<(Vec<String>, Source, bool)> {
    let named = side.classes.len();
    let (classes, source, single) = match (channels, named) {
        (Some(1), 0) => (
            vec!["background".into(), "target".into()],
            Source::Default,
            true,
        ),
        (Some(1), 1) => (
            vec!["background".into(), side.classes[0].clone()],
            Source::Sidecar,
            true,
        ),
        (Some(1), 2) => (side.classes.clone(), Source::Sidecar, true),
        (Some(c), 0) => (
            (0..c).map(|k| format!("class_{k}")).collect(),
            Source::Default,
            false,
        ),
        (Some(c), n) if n == c => (side.classes.clone(), Source::Sidecar, false),
        (None, n) if n > 1 => (side.classes.clone(), Source::Sidecar, false),
        (seen, n) => {
            return Err(Error::Model {
                path: file.path.clone(),
                problem: format!(
                    "gives {} classes but its sidecar names {n}",
                    seen.map_or("an unknown number of".into(), |c| c.to_string())
                ),
                hint: "list every class, background included, in `classification:classes`".into(),
            });
        }
    };
    if classes.len() > 255 {
        return Err(Error::Model {
            path: file.path.clone(),
            problem: format!("has {} classes, wanted at most 255", classes.len()),
            hint: "group the classes of the model".into(),
        });
    }
    Ok((classes, source, single))
}

fn background_of(
    file: &ModelFile,
    side: &Sidecar,
    classes: &[String],
    task: ModelTask,
    notes: &mut Vec<String>,
) -> Result<(Vec<bool>, Source)> {
    if let Some(unknown) = side.background.iter().find(|b| !classes.contains(b)) {
        return Err(Error::Model {
            path: file.path.clone(),
            problem: format!(
                "has background `{unknown}`, wanted one of {}",
                classes.join(", ")
            ),
            hint: "correct `tianmu:background` in the sidecar".into(),
        });
    }
    if !side.background.is_empty() {
        return Ok((
            classes
                .iter()
                .map(|c| side.background.contains(c))
                .collect(),
            Source::Sidecar,
        ));
    }
    let by_name: Vec<bool> = classes
        .iter()
        .map(|c| BACKGROUND_NAMES.contains(&c.to_lowercase().as_str()))
        .collect();
    if by_name.contains(&true) {
        return Ok((by_name, Source::Default));
    }
    if task == ModelTask::Segmentation {
        notes.push(format!(
            "class `{}` is taken as background, being the first",
            classes[0]
        ));
        return Ok((
            classes.iter().enumerate().map(|(k, _)| k == 0).collect(),
            Source::Default,
        ));
    }
    notes.push(
        "no class is background: every tile belongs to some class; choose with `--classes`".into(),
    );
    Ok((vec![false; classes.len()], Source::Default))
}

fn serde_plain<T: Serialize>(value: &T) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|v| v.as_str().map(str::to_owned))
        .unwrap_or_default()
}
