//! Settings of a scan: from flags, the config file, the model, and defaults, in
//! this order, each with where it came from.

mod areas;
mod batch;
mod by_class;
mod model;
mod thresholds;

pub use batch::BatchChoice;
pub use model::{ModelSettings, word};

use crate::model::decode::{LabelRule, Pass};
use crate::model::{Contract, MOST_INPUT_VALUES, ModelTask, Source};
use crate::pipeline::acquire::{AcquireOptions, BandChoice, Photos};
use crate::pipeline::chip::{EdgePolicy, TileShape};
use crate::{Error, Result};
use areas::{areas_text, set_areas};
use by_class::class_text;
use serde::{Deserialize, Deserializer, Serialize};
use std::path::{Path, PathBuf};
use thresholds::{default_threshold, set_outlines, set_thresholds, threshold_text};

/// Settings as a user gives them, on the command line or in `tianmu.toml`. What is
/// not given is `None`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ScanSettings {
    /// Metres per pixel at which the model sees the ground.
    pub gsd: Option<f64>,
    /// Source bands in model order, by number from 1, colour or name.
    pub bands: Option<Vec<BandChoice>>,
    /// Model pixels along a tile's edge.
    pub tile_size: Option<u32>,
    /// Model pixels shared by neighbouring tiles.
    pub overlap: Option<u32>,
    /// `0.5`, or `class=0.5` for single classes, separated by commas; `argmax`, or
    /// `argmax>=0.5`. Classes that are not named keep the model's threshold.
    #[serde(
        deserialize_with = "number_or_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub threshold: Option<String>,
    /// `0.5`, or `class=0.5` for single classes, separated by commas: how far down the scores
    /// go that an outline takes in around a score that passes the threshold.
    #[serde(
        deserialize_with = "number_or_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub outline_threshold: Option<String>,
    /// Classes that make sites.
    pub classes: Option<Vec<String>>,
    /// Smallest site, square metres: `2`, or `class=2` for single classes, separated by commas.
    #[serde(
        deserialize_with = "number_or_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub min_area: Option<String>,
    /// Parts closer than this make one site, metres.
    pub merge_distance: Option<f64>,
    /// Threads.
    pub workers: Option<usize>,
    /// Tiles in one run of the model.
    pub batch: Option<BatchChoice>,
    /// Reference system of images without one.
    pub assume_crs: Option<String>,
    /// A value that marks empty pixels.
    pub nodata: Option<f64>,
    /// Error of the images' own position, metres.
    pub position_error: Option<f64>,
    /// Whether the same ground in two images gives one site.
    pub merge_inputs: Option<bool>,
    /// Whether the model sees each tile in its eight symmetries.
    pub tta: Option<bool>,
    /// The device that runs the model.
    pub device: Option<String>,
    /// A model of coarse imagery that says which tiles need no fine look.
    pub screen: Option<PathBuf>,
    /// What the model is, where it does not say so itself.
    pub model: ModelSettings,
}

impl ScanSettings {
    /// Reads a config file.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs_err::read_to_string(path).map_err(|e| Error::Setting {
            name: "config".into(),
            seen: path.display().to_string(),
            wanted: format!("a file that can be read ({})", e.kind()),
        })?;
        toml::from_str(&text).map_err(|e| Error::Setting {
            name: path.display().to_string(),
            seen: e.message().to_owned(),
            wanted: "the settings of `tianmu scan --help`, without the dashes".into(),
        })
    }
}

/// A threshold may be written as a number in the config file.
fn number_or_text<'de, D: Deserializer<'de>>(
    value: D,
) -> std::result::Result<Option<String>, D::Error> {
    match toml::Value::deserialize(value)? {
        toml::Value::String(text) => Ok(Some(text)),
        toml::Value::Float(number) => Ok(Some(number.to_string())),
        toml::Value::Integer(number) => Ok(Some(number.to_string())),
        other => Err(serde::de::Error::custom(format!(
            "this is `{other}`, wanted a number or text"
        ))),
    }
}

/// One resolved setting, as the run record keeps it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResolvedSetting {
    /// Its name, as a flag without the dashes.
    pub name: &'static str,
    /// Its value.
    pub value: serde_json::Value,
    /// Where it came from.
    pub source: Source,
    /// The key, convention and file that told it, where it is the model's.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub from: String,
}

/// Settings of a scan, complete and checked.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// Metres per pixel, the image's own when `None`.
    pub gsd_m: Option<f64>,
    /// How images are understood.
    pub acquire: AcquireOptions,
    /// How tiles lie.
    pub tile: TileShape,
    /// How scores become labels.
    pub rule: LabelRule,
    /// By class: smallest site, square metres.
    pub min_area_m2: Vec<f64>,
    /// The same for people, of the classes searched for; `None` where nothing is too small.
    pub min_area_text: Option<String>,
    /// Smallest site, model pixels.
    pub min_area_px: f64,
    /// Parts closer than this make one site, metres.
    pub merge_distance_m: f64,
    /// Threads.
    pub workers: usize,
    /// Tiles in one run of the model.
    pub batch: BatchChoice,
    /// Error of the images' own position, metres.
    pub position_error_m: f64,
    /// Whether the same ground in two images gives one site.
    pub merge_inputs: bool,
    /// Whether the model sees each tile in its eight symmetries.
    pub tta: bool,
    /// A model of coarse imagery that says which tiles need no fine look.
    pub screen: Option<PathBuf>,
    /// Every setting with its source.
    pub record: Vec<ResolvedSetting>,
}

/// An orthomosaic made with plain satellite positions is off by about so many metres.
pub const POSITION_ERROR_M: f64 = 2.0;

/// Settles every setting.
#[expect(clippy::too_many_lines, reason = "one setting after another")]
pub fn resolve(
    flags: &ScanSettings,
    config: &ScanSettings,
    contract: &Contract,
) -> Result<Resolved> {
    let mut record = Vec::new();
    macro_rules! pick {
        ($name:literal, $field:ident, $model:expr, $default:expr) => {{
            let model = $model;
            let mut from = String::new();
            let (value, source) = if let Some(v) = flags.$field.clone() {
                (Some(v), Source::Flag)
            } else if let Some(v) = config.$field.clone() {
                (Some(v), Source::Config)
            } else if let Some(v) = model {
                let told = contract.setting($name);
                from = told.map(|s| s.from.clone()).unwrap_or_default();
                (Some(v), told.map_or(Source::Default, |s| s.source))
            } else {
                ($default, Source::Default)
            };
            record.push(ResolvedSetting {
                name: $name,
                value: serde_json::json!(value),
                source,
                from,
            });
            value
        }};
    }
    let gsd_m = pick!("gsd", gsd, contract.gsd_m, None);
    check("gsd", gsd_m, "metres per pixel, above zero", |g| {
        *g > 0.0 && g.is_finite()
    })?;
    let bands = pick!("bands", bands, None, None);
    let (rows, cols) = contract.tile_size;
    let told = contract.setting("tile-size");
    record.push(ResolvedSetting {
        name: "tile-size",
        value: if rows == cols {
            rows.into()
        } else {
            serde_json::json!([rows, cols])
        },
        source: told.map_or(Source::Default, |s| s.source),
        from: told.map(|s| s.from.clone()).unwrap_or_default(),
    });
    let stride = contract.stride_px.min(rows).min(cols);
    let margins = 2 * contract.margin_px;
    for edge in [rows, cols] {
        if contract.fixed_size.is_none() && margins == 0 && edge % stride != 0 {
            return Err(Error::setting(
                "tile-size",
                edge,
                &format!("a multiple of {stride}, as this model needs"),
            ));
        }
    }
    let tile_size = rows.min(cols) - margins;
    let stride = stride.min(tile_size);
    let usual = contract
        .overlap_px
        .min(tile_size / 2)
        .min(tile_size - stride);
    let overlap = pick!("overlap", overlap, Some(usual), None).unwrap_or(usual);
    if overlap > tile_size - stride {
        return Err(Error::setting(
            "overlap",
            overlap,
            &format!(
                "at most {} pixels for tiles of {tile_size}",
                tile_size - stride
            ),
        ));
    }
    let classes = pick!(
        "classes",
        classes,
        None,
        Some(
            contract
                .target_names()
                .iter()
                .map(|s| (*s).to_owned())
                .collect()
        )
    )
    .unwrap_or_default();
    let threshold = pick!(
        "threshold",
        threshold,
        threshold_text(contract),
        Some(default_threshold(contract))
    );
    let outline_threshold = pick!(
        "outline-threshold",
        outline_threshold,
        class_text(&contract.outline_thresholds),
        None
    );
    let mut rule = LabelRule {
        wanted: if contract.task == ModelTask::Regression {
            vec![false; contract.classes.len()]
        } else {
            wanted_classes(&classes, contract)?
        },
        passes: {
            let usual = threshold_text(contract).unwrap_or_else(|| default_threshold(contract));
            let mut by_class = vec![Pass::Highest; contract.classes.len()];
            set_thresholds(&default_threshold(contract), contract, &mut by_class)?;
            set_thresholds(&usual, contract, &mut by_class)?;
            set_thresholds(&threshold.unwrap_or_default(), contract, &mut by_class)?;
            by_class
        },
        peaks: vec![0.0; contract.classes.len()],
        layers: contract.label_layers(),
    };
    let asked = flags.outline_threshold.is_some();
    set_outlines(
        &outline_threshold.unwrap_or_default(),
        asked,
        contract,
        &mut rule,
    )?;
    let usual = class_text(&contract.min_area_m2);
    let min_area = pick!("min-area", min_area, usual.clone(), Some("0".into()));
    if let (Some(setting), Some(Ok(number))) = (
        record.last_mut(),
        min_area.as_deref().map(str::parse::<f64>),
    ) {
        setting.value = number.into();
    }
    let mut min_area_m2 = vec![0.0; contract.classes.len()];
    set_areas(&usual.unwrap_or_default(), contract, &mut min_area_m2)?;
    set_areas(&min_area.unwrap_or_default(), contract, &mut min_area_m2)?;
    let merge_distance_m = pick!("merge-distance", merge_distance, None, Some(0.0)).unwrap_or(0.0);
    let position_error_m = pick!(
        "position-error",
        position_error,
        None,
        Some(POSITION_ERROR_M)
    )
    .unwrap_or(POSITION_ERROR_M);
    for (name, value) in [
        ("merge-distance", merge_distance_m),
        ("position-error", position_error_m),
    ] {
        check(name, Some(value), "a number not below zero", |v| {
            *v >= 0.0 && v.is_finite()
        })?;
    }
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let workers = pick!("workers", workers, None, Some(cores)).unwrap_or(cores);
    check("workers", Some(workers), "1 to 256", |n| {
        (1..=256).contains(n)
    })?;
    let fixed = contract.fixed_batch.map(BatchChoice::Tiles);
    let choice = pick!("batch", batch, fixed, Some(BatchChoice::Auto)).unwrap_or_default();
    let batch = choice.unmeasured();
    check("batch", Some(batch), "auto, or 1 to 1024", |n| {
        (1..=1024).contains(n)
    })?;
    if let Some(fixed) = contract.fixed_batch.filter(|f| *f != batch) {
        return Err(Error::setting(
            "batch",
            batch,
            &format!("{fixed}, the only batch this model takes"),
        ));
    }
    let tile_values = contract.channels * rows as usize * cols as usize;
    let most = MOST_INPUT_VALUES / tile_values.max(1);
    if batch > most.max(1) {
        let wanted = format!("at most {most} tiles of {cols} × {rows} px, 4 GiB");
        return Err(Error::setting("batch", batch, &wanted));
    }
    let assume_crs = pick!("assume-crs", assume_crs, None, None);
    if let Some(text) = &assume_crs {
        crate::georef::Crs::parse(text).map_err(|_| {
            Error::setting(
                "assume-crs",
                text,
                "a code such as `EPSG:4543`, WKT or a PROJ string",
            )
        })?;
    }
    let nodata = pick!("nodata", nodata, None, None);
    let merge_inputs = pick!("merge-inputs", merge_inputs, None, Some(true)).unwrap_or(true);
    let tta = pick!("tta", tta, None, Some(false)).unwrap_or(false);
    if tta && contract.heads.iter().any(|h| h.numbers) {
        return Err(Error::setting(
            "tta",
            "true",
            "a model that gives scores; this one gives class numbers, which have no mean",
        ));
    }
    let screen = pick!("screen", screen, None, None);
    let told = flags.min_area.is_some() || config.min_area.is_some();
    let told = told || !contract.min_area_m2.is_empty();
    let min_area_px = contract.min_area_px.filter(|_| !told).unwrap_or(0.0);
    for setting in &contract.settings {
        if !record
            .iter()
            .any(|r: &ResolvedSetting| r.name == setting.name)
        {
            record.push(ResolvedSetting {
                name: setting.name,
                value: setting.value.clone().into(),
                source: setting.source,
                from: setting.from.clone(),
            });
        }
    }
    Ok(Resolved {
        gsd_m,
        acquire: AcquireOptions {
            assume_crs,
            bands,
            nodata,
            // Who knows the photos of a run puts them in.
            photos: Photos::default(),
        },
        tile: TileShape {
            width: cols - margins,
            height: rows - margins,
            margin: contract.margin_px,
            fixed: contract.fixed_size.is_some(),
            overlap,
            stride,
            edge: match contract.task {
                ModelTask::Segmentation | ModelTask::Detection | ModelTask::Regression => {
                    EdgePolicy::ShiftInside
                }
                ModelTask::Classification => EdgePolicy::Pad,
            },
        },
        min_area_text: areas_text(contract, &rule.wanted, &min_area_m2),
        rule,
        min_area_m2,
        min_area_px,
        merge_distance_m,
        workers,
        batch: choice,
        position_error_m,
        merge_inputs,
        tta,
        screen,
        record,
    })
}

fn check<T: std::fmt::Display>(
    name: &str,
    value: Option<T>,
    wanted: &str,
    good: impl Fn(&T) -> bool,
) -> Result<()> {
    match value {
        Some(v) if !good(&v) => Err(Error::setting(name, v, wanted)),
        _ => Ok(()),
    }
}

fn wanted_classes(names: &[String], contract: &Contract) -> Result<Vec<bool>> {
    if let Some(unknown) = names.iter().find(|n| !contract.classes.contains(n)) {
        return Err(Error::setting(
            "classes",
            unknown,
            &format!("some of {}", contract.classes.join(", ")),
        ));
    }
    if names.is_empty() {
        return Err(Error::setting(
            "classes",
            "",
            &format!("some of {}", contract.classes.join(", ")),
        ));
    }
    Ok(contract.classes.iter().map(|c| names.contains(c)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn config_files_take_numbers_and_refuse_unknown_keys() {
        let parsed: ScanSettings = toml::from_str("threshold = 0.5\nmin-area = 2").unwrap();
        assert_eq!(parsed.threshold.as_deref(), Some("0.5"));
        assert!(toml::from_str::<ScanSettings>("treshold = 0.5").is_err());
        assert!(toml::from_str::<ScanSettings>("threshold = [1]").is_err());
    }
}
