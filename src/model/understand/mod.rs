//! From a model file and what is told of it to a contract: each setting from the first
//! source that tells it, in the order command line, config file, sidecar, metadata,
//! shapes and a trial run. What contradicts the model's own graph is refused.

mod classes;
mod detector;
mod heads;
mod input;
mod reading;
mod trial;

use super::{
    Activation, Contract, ContractSetting, ElementType, InputLayout, ModelFile, ModelTask,
    OutputGeometry, Source, TaskWord, TileOverlap, Told, by_class_text,
};
use crate::georef::round_to_u32;
use crate::{Error, Result};
pub(super) use input::Input;
pub(crate) use input::MOST_INPUT_VALUES;
use reading::Reading;
pub(super) use trial::Trial;

/// Pixels that neighbouring tiles of a per-pixel model share when nothing tells: enough
/// context for a U-Net of four levels.
const DEFAULT_OVERLAP_PX: u32 = 128;

impl Contract {
    /// Understands a model from what is told of it, first things first, and from the file
    /// itself. Runs it once, and tells how many bytes of memory that took, where the system does.
    pub fn resolve(file: &ModelFile, told: &[Told]) -> Result<(Self, Option<u64>)> {
        let run = |input: &Input| Trial::run(file, input);
        let (contract, trial) = Self::resolve_with(file, told, run)?;
        Ok((contract, trial.bytes))
    }

    /// The same with another way to a trial run.
    pub(super) fn resolve_with(
        file: &ModelFile,
        told: &[Told],
        run: impl FnOnce(&Input) -> Result<Trial>,
    ) -> Result<(Self, Trial)> {
        let mut reading = Reading::new(file, told);
        let input = Input::understand(&mut reading)?;
        let trial = run(&input)?;
        let task = task_of(&mut reading, &input, &trial)?;
        let mut contract = Self::of_input(&mut reading, task, &input);
        match task {
            ModelTask::Classification | ModelTask::Segmentation => {
                heads::understand(&mut reading, &mut contract, &trial)?;
            }
            ModelTask::Detection => detector::understand(&mut reading, &mut contract, &trial)?,
            ModelTask::Regression => heads::understand_values(&mut reading, &mut contract, &trial)?,
        }
        contract.margin_px = margin_of(&contract)?;
        lay_tiles(&mut reading, &mut contract);
        decide_sites(&mut reading, &mut contract)?;
        contract.notes.extend(file.notes.iter().cloned());
        contract.notes.append(&mut reading.notes);
        contract.settings = in_order(reading.settings);
        Ok((contract, trial))
    }

    /// A contract that knows its input only.
    fn of_input(reading: &mut Reading<'_>, task: ModelTask, input: &Input) -> Self {
        let stem = reading.file.path.file_stem();
        let own_name = stem.map_or_else(|| "model".into(), |s| s.to_string_lossy().into_owned());
        let name = reading
            .pick("name", |t| t.name.clone(), Clone::clone)
            .unwrap_or_else(|| reading.otherwise("name", own_name, Source::Default));
        Self {
            name,
            task,
            layout: input.layout,
            channels: input.channels,
            bands: input.bands.clone(),
            fixed_size: input.fixed_size,
            fixed_batch: input.fixed_batch,
            scaling: input.scaling.clone(),
            classes: Vec::new(),
            is_background: Vec::new(),
            heads: Vec::new(),
            detection: None,
            output_scaling: 1.0,
            gsd_m: None,
            tile_size: input.tile_size,
            margin_px: 0,
            overlap_px: 0,
            stride_px: 1,
            thresholds: Vec::new(),
            outline_thresholds: Vec::new(),
            calibrations: Vec::new(),
            must_win: false,
            min_area_m2: Vec::new(),
            min_area_px: None,
            smallest_plot_m2: None,
            settings: Vec::new(),
            notes: Vec::new(),
        }
    }
}

/// Settings in the order in which a reader asks for them.
fn in_order(mut settings: Vec<ContractSetting>) -> Vec<ContractSetting> {
    const ORDER: [&str; 13] = [
        "name",
        "task",
        "class-names",
        "background",
        "decoder",
        "activation",
        "threshold",
        "outline-threshold",
        "suppression",
        "suppression-by",
        "gsd",
        "bands",
        "scaling",
    ];
    let place = |setting: &ContractSetting| ORDER.iter().position(|name| *name == setting.name);
    settings.sort_by_key(|setting| place(setting).unwrap_or(ORDER.len()));
    settings
}

/// The kind of answer: as told, else as the shapes say.
fn task_of(reading: &mut Reading<'_>, input: &Input, trial: &Trial) -> Result<ModelTask> {
    let told = reading.first(|t| t.task.clone());
    match told {
        Some((TaskWord::Known(task), teller)) => {
            let name = task.to_string();
            reading.record("task", &name, teller);
            Ok(task)
        }
        Some((TaskWord::Other(word), _)) => Err(reading.unusable(
            format!("is a model for `{word}`, wanted classification, segmentation, detection or regression"),
            "such a model finds no sites; if the word is wrong, say what it is with `--task`",
        )),
        None => {
            if is_larger_picture(input, trial) {
                return Err(reading.unusable(
                    format!(
                        "gives {} for an input of {} × {} pixels, a finer picture of it",
                        trial.shapes_text(),
                        input.tile_size.1,
                        input.tile_size.0
                    ),
                    "a super-resolution model finds no sites; put one that does behind it",
                ));
            }
            let task = task_by_shape(input, trial).ok_or_else(|| {
                reading.unusable(
                    format!(
                        "gives {} for an input of {} × {} pixels, which is none of the known layouts",
                        trial.shapes_text(),
                        input.tile_size.1,
                        input.tile_size.0
                    ),
                    "say what it is with `--task` and, for a detector, `--decoder`; docs/models.md lists the layouts",
                )
            })?;
            Ok(reading.otherwise("task", task, Source::Shape))
        }
    }
}

/// Whether the output is a picture with more pixels than the input.
fn is_larger_picture(input: &Input, trial: &Trial) -> bool {
    let (rows, cols) = (input.tile_size.0 as usize, input.tile_size.1 as usize);
    let shape = trial.outputs.first().map(ndarray::ArrayD::shape);
    matches!(shape, Some([_, 1..=4, r, c] | [_, r, c, 1..=4]) if *r > rows && *c > cols)
}

fn task_by_shape(input: &Input, trial: &Trial) -> Option<ModelTask> {
    let first = trial.outputs.first()?;
    if heads::axes_of(first.shape(), input.tile_size, input.layout).is_some() {
        return Some(ModelTask::Segmentation);
    }
    if detector::guess(input, trial).is_some() {
        return Some(ModelTask::Detection);
    }
    heads::is_score_vector(first.shape()).then_some(ModelTask::Classification)
}

/// The margin that no head answers for: that of the head that leaves out most.
fn margin_of(contract: &Contract) -> Result<u32> {
    let margin = contract.heads.iter().map(|head| match head.geometry {
        OutputGeometry::Cropped { margin_px } => margin_px,
        OutputGeometry::Same | OutputGeometry::Coarse { .. } => 0,
    });
    let margin = margin.max().unwrap_or(0);
    if 2 * margin + 16 > contract.tile_size.0.min(contract.tile_size.1) {
        return Err(Error::Setting {
            name: "tile-size".into(),
            seen: contract.tile_size.0.to_string(),
            wanted: format!(
                "more than {}, since the model leaves out {margin} pixels at each edge",
                2 * margin + 15
            ),
        });
    }
    Ok(margin)
}

/// Stride and overlap of tiles, and the ground under a pixel.
fn lay_tiles(reading: &mut Reading<'_>, contract: &mut Contract) {
    let per_pixel = contract.task != ModelTask::Classification;
    let (rows, cols) = contract.tile_size;
    let edge = rows.min(cols) - 2 * contract.margin_px;
    let pixels = |n: &u32| format!("{n} px");
    let usual_stride = if per_pixel && contract.margin_px == 0 {
        32
    } else {
        1
    };
    contract.stride_px = reading
        .pick("stride", |t| t.stride_px, pixels)
        .unwrap_or_else(|| {
            let stride = usual_stride;
            reading.settings.push(ContractSetting {
                name: "stride",
                value: pixels(&stride),
                source: Source::Default,
                from: String::new(),
            });
            stride
        })
        .max(1);
    let shared = |told: &TileOverlap| match *told {
        TileOverlap::Pixels(px) => px,
        TileOverlap::Percent(share) => round_to_u32(f64::from(edge) * share / 100.0),
    };
    let told = reading.pick("overlap", |t| t.overlap, |o| pixels(&shared(o)));
    contract.overlap_px = told.map_or_else(
        || {
            let usual = match contract.task {
                ModelTask::Classification => 0,
                ModelTask::Segmentation | ModelTask::Regression => DEFAULT_OVERLAP_PX
                    .min(edge / 2)
                    .saturating_sub(2 * contract.margin_px),
                ModelTask::Detection => DEFAULT_OVERLAP_PX.min(edge / 4),
            };
            reading.otherwise("overlap", format!("{usual} px"), Source::Default);
            usual
        },
        |told| shared(&told),
    );
    let gsd = reading.pick(
        "gsd",
        |t| t.gsd_m.filter(|g| *g > 0.0),
        |g| format!("{g} m"),
    );
    if gsd.is_none() {
        reading.otherwise("gsd", "as the image".to_owned(), Source::Default);
    }
    contract.gsd_m = gsd;
}

/// Which answers become sites.
fn decide_sites(reading: &mut Reading<'_>, contract: &mut Contract) -> Result<()> {
    if contract.task == ModelTask::Regression {
        return Ok(());
    }
    let names = contract.classes.clone();
    let classes = names.join(", ");
    // The first value that is for no class of the model, or none that `fits`.
    let unfit = |list: &[(String, f64)], fits: &dyn Fn(f64) -> bool| {
        let is_known = |class: &String| class.is_empty() || names.contains(class);
        let wrong = list
            .iter()
            .find(|(class, value)| !is_known(class) || !fits(*value));
        wrong.cloned()
    };
    let not_a_share = |list: &[(String, f64)]| {
        let (class, value) = unfit(list, &|value| (0.0..=1.0).contains(&value))?;
        Some(format!(
            "of `{value}` for `{class}`, wanted 0 to 1 for one of {classes}"
        ))
    };
    let told = reading.first(|t| (!t.thresholds.is_empty()).then(|| t.thresholds.clone()));
    if let Some((thresholds, teller)) = told {
        if let Some(problem) = not_a_share(&thresholds) {
            let problem = format!("has a threshold {problem}");
            return Err(reading.contradiction(teller, "threshold", problem));
        }
        contract.must_win = teller.must_win.unwrap_or(false);
        let text = by_class_text(&thresholds);
        let text = if contract.must_win {
            format!("argmax>={text}")
        } else {
            text
        };
        reading.record("threshold", &text, teller);
        contract.thresholds = thresholds;
    }
    let outline =
        |t: &Told| (!t.outline_thresholds.is_empty()).then(|| t.outline_thresholds.clone());
    if let Some((thresholds, teller)) = reading.first(outline) {
        let problem = if contract.task == ModelTask::Detection {
            Some("but gives objects, which have outlines of their own".to_owned())
        } else {
            not_a_share(&thresholds)
        };
        if let Some(problem) = problem {
            let problem = format!("has an outline threshold {problem}");
            return Err(reading.contradiction(teller, "outline-threshold", problem));
        }
        reading.record("outline-threshold", &by_class_text(&thresholds), teller);
        contract.outline_thresholds = thresholds;
    }
    let calibrations = |t: &Told| (!t.calibrations.is_empty()).then(|| t.calibrations.clone());
    if let Some((calibrations, teller)) = reading.first(calibrations) {
        let mut by_class = vec![None; contract.classes.len()];
        for (class, calibration) in &calibrations {
            let index = contract.classes.iter().position(|name| name == class);
            let problem = match (index, calibration.check()) {
                (None, _) => format!("is of `{class}`, wanted one of {classes}"),
                (_, Err(problem)) => format!("of `{class}` {problem}"),
                (Some(index), Ok(())) => {
                    by_class[index] = Some(calibration.clone());
                    continue;
                }
            };
            let problem = format!("has a calibration that {problem}");
            return Err(reading.contradiction(teller, "calibration", problem));
        }
        reading.record("calibration", &by_class_text(&calibrations), teller);
        contract.calibrations = by_class;
    }
    let areas = |t: &Told| (!t.min_area_m2.is_empty()).then(|| t.min_area_m2.clone());
    if let Some((areas, teller)) = reading.first(areas) {
        let not_negative = |area: f64| area >= 0.0 && area.is_finite();
        if let Some((class, area)) = unfit(&areas, &not_negative) {
            let problem = format!(
                "has a smallest site of `{area}` m² for `{class}`, wanted a number not below zero for one of {classes}"
            );
            return Err(reading.contradiction(teller, "min-area", problem));
        }
        reading.record("min-area", &format!("{} m²", by_class_text(&areas)), teller);
        contract.min_area_m2 = areas;
    }
    if contract.min_area_m2.is_empty() {
        contract.min_area_px = reading.pick("min-area", |t| t.min_area_px, |a| format!("{a} px"));
    }
    contract.smallest_plot_m2 = reading.pick(
        "smallest-plot",
        |t| t.smallest_plot_m2,
        |a| format!("{a} m²"),
    );
    Ok(())
}

impl std::fmt::Display for ModelTask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Classification => "classification",
            Self::Segmentation => "segmentation",
            Self::Detection => "detection",
            Self::Regression => "regression",
        })
    }
}
