//! Settings that `scan` and `inspect` share.

use crate::Result;
use crate::model::decode::{BoxDecoder, LabelRule, Overlap};
use crate::model::{
    Activation, Contract, DeviceChoice, InputLayout, Model, ModelTask, OpenOptions, Source,
};
use crate::pipeline::acquire::BandChoice;
use crate::pipeline::check_screen;
use crate::pipeline::settings::{self, BatchChoice, ModelSettings, Resolved, ScanSettings, word};
use std::path::{Path, PathBuf};

/// Settings, each also a key of the config file.
#[derive(clap::Args)]
pub(super) struct SettingsArgs {
    /// Config file [default: tianmu.toml, if there is one]
    #[arg(long, value_name = "FILE", help_heading = "Settings")]
    config: Option<PathBuf>,

    /// Ground sample distance for the model, metres per pixel
    #[arg(long, value_name = "METRES", help_heading = "Settings")]
    gsd: Option<f64>,

    /// Source bands in model order: numbers from 1, colours or names
    #[arg(long, value_delimiter = ',', help_heading = "Settings")]
    bands: Option<Vec<BandChoice>>,

    /// Edge of a tile in model pixels
    #[arg(long, value_name = "PX", help_heading = "Settings")]
    tile_size: Option<u32>,

    /// Model pixels that neighbouring tiles share
    #[arg(long, value_name = "PX", help_heading = "Settings")]
    overlap: Option<u32>,

    /// Least score: 0.5, class=0.5,…, argmax or argmax>=0.5
    #[arg(long, help_heading = "Settings")]
    threshold: Option<String>,

    /// Outlines reach down to this score: 0.3 or class=0.3,… [default: the threshold]
    #[arg(long, value_name = "THRESHOLD", help_heading = "Settings")]
    outline_threshold: Option<String>,

    /// Classes that make sites
    #[arg(long, value_delimiter = ',', help_heading = "Settings")]
    classes: Option<Vec<String>>,

    /// Drop smaller sites, square metres: 2 or class=2,…; counts what passes the threshold
    #[arg(
        long,
        value_name = "M2",
        allow_negative_numbers = true,
        help_heading = "Settings"
    )]
    min_area: Option<String>,

    /// Parts closer than this make one site, metres
    #[arg(long, value_name = "METRES", help_heading = "Settings")]
    merge_distance: Option<f64>,

    /// Threads [default: the cores]
    #[arg(long, help_heading = "Settings")]
    workers: Option<usize>,

    /// Tiles in one run of the model, or `auto`: what a long scan measures to be fastest, one
    /// for a short one [default: auto]
    #[arg(long, value_name = "N", help_heading = "Settings")]
    batch: Option<BatchChoice>,

    /// Reference system of images that carry none
    #[arg(long, value_name = "CRS", help_heading = "Settings")]
    assume_crs: Option<String>,

    /// A value that marks empty pixels
    #[arg(
        long,
        value_name = "VALUE",
        allow_negative_numbers = true,
        help_heading = "Settings"
    )]
    nodata: Option<f64>,

    /// Error of the images' own position, metres
    #[arg(long, value_name = "METRES", help_heading = "Settings")]
    position_error: Option<f64>,

    /// Keep a plot that two images show as two sites
    #[arg(long, help_heading = "Settings")]
    no_merge_inputs: bool,

    /// Average over the eight symmetries of each tile: 8 times slower
    #[arg(long, help_heading = "Settings")]
    tta: bool,

    /// auto, cpu, cuda[:n], tensorrt[:n], openvino[:device], coreml, directml[:n]
    #[arg(long, help_heading = "Settings")]
    device: Option<String>,

    /// A model of coarse imagery, such as models/ground-screen: tiles in which it sees canopy,
    /// water or rock only are left out
    #[arg(long, value_name = "MODEL", help_heading = "Settings")]
    screen: Option<PathBuf>,

    #[command(flatten)]
    model: ModelArgs,
}

/// What a model is, where it does not say so itself, or says it wrong; each is also a key of
/// the config file's table `[model]`.
#[derive(clap::Args)]
struct ModelArgs {
    /// classification, segmentation, detection or regression
    #[arg(long, value_parser = word::<ModelTask>, help_heading = "Model")]
    task: Option<ModelTask>,

    /// Class names in the order of the scores; `;` ends those of an output
    #[arg(long, value_delimiter = ',', help_heading = "Model")]
    class_names: Option<Vec<String>>,

    /// Classes that never become sites
    #[arg(long, value_delimiter = ',', help_heading = "Model")]
    background: Option<Vec<String>>,

    /// From outputs to probabilities: softmax, sigmoid or none
    #[arg(long, value_parser = word::<Activation>, help_heading = "Model")]
    activation: Option<Activation>,

    /// unit, signed, imagenet, none, min-max:LOW,HIGH, z-score:MEANS/DEVIATIONS
    #[arg(long, help_heading = "Model")]
    scaling: Option<String>,

    /// Axes of the input: nchw or nhwc
    #[arg(long, value_parser = word::<InputLayout>, help_heading = "Model")]
    layout: Option<InputLayout>,

    /// Layout of a detector's boxes: yolo-v5, yolo-v8, end-to-end, …
    #[arg(long, value_parser = word::<BoxDecoder>, help_heading = "Model")]
    decoder: Option<BoxDecoder>,

    /// Boxes of a class that overlap so much are one, 0 to 1
    #[arg(long, value_name = "SHARE", help_heading = "Model")]
    suppression: Option<f64>,

    /// Overlap over the union of both (iou) or over the smaller (ios)
    #[arg(long, value_name = "MEASURE", value_parser = word::<Overlap>, help_heading = "Model")]
    suppression_by: Option<Overlap>,
}

impl ModelArgs {
    fn settings(&self) -> ModelSettings {
        ModelSettings {
            task: self.task,
            class_names: self.class_names.clone(),
            background: self.background.clone(),
            activation: self.activation,
            scaling: self.scaling.clone(),
            layout: self.layout,
            decoder: self.decoder,
            suppression: self.suppression,
            suppression_by: self.suppression_by,
        }
    }
}

impl SettingsArgs {
    fn flags(&self) -> ScanSettings {
        ScanSettings {
            gsd: self.gsd,
            bands: self.bands.clone(),
            tile_size: self.tile_size,
            overlap: self.overlap,
            threshold: self.threshold.clone(),
            outline_threshold: self.outline_threshold.clone(),
            classes: self.classes.clone(),
            min_area: self.min_area.clone(),
            merge_distance: self.merge_distance,
            workers: self.workers,
            batch: self.batch,
            assume_crs: self.assume_crs.clone(),
            nodata: self.nodata,
            position_error: self.position_error,
            merge_inputs: self.no_merge_inputs.then_some(false),
            tta: self.tta.then_some(true),
            device: self.device.clone(),
            screen: self.screen.clone(),
            model: self.model.settings(),
        }
    }

    /// The config file that is read, if there is one.
    pub(super) fn config_path(&self) -> Option<PathBuf> {
        let usual = PathBuf::from("tianmu.toml");
        self.config
            .clone()
            .or_else(|| usual.is_file().then_some(usual))
    }

    fn file(&self) -> Result<ScanSettings> {
        self.config_path()
            .map_or_else(|| Ok(ScanSettings::default()), |p| ScanSettings::read(&p))
    }

    /// The reference system of images that carry none.
    pub(super) fn assume_crs(&self) -> Option<&str> {
        self.assume_crs.as_deref()
    }

    /// What flags and config file say.
    pub(super) fn chosen(&self) -> Result<Chosen> {
        Ok(Chosen {
            flags: self.flags(),
            file: self.file()?,
        })
    }

    /// Opens a model as flags and config file say, and settles every setting for it.
    pub(super) fn open(&self, model: &Path, sidecar: Option<&Path>) -> Result<(Model, Resolved)> {
        self.chosen()?.open(model, sidecar)
    }
}

/// Puts what is given in `over` over what stands in `under`, and drops what nobody gave.
fn overlay(under: &mut serde_json::Value, over: serde_json::Value) {
    use serde_json::Value;
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                overlay(under.entry(key).or_insert(Value::Null), value);
            }
            under.retain(|_, value| !value.is_null());
        }
        (_, Value::Null) => {}
        (under, over) => *under = over,
    }
}

/// Settings as the user chose them.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct Chosen {
    flags: ScanSettings,
    file: ScanSettings,
}

impl Chosen {
    /// Opens a model as they say, and settles every setting for it.
    pub(super) fn open(&self, model: &Path, sidecar: Option<&Path>) -> Result<(Model, Resolved)> {
        let (flags, file) = (&self.flags, &self.file);
        let device = flags.device.as_ref().or(file.device.as_ref());
        let device = device.map_or(Ok(DeviceChoice::Auto), |text| text.parse())?;
        let options = OpenOptions {
            sidecar: sidecar.map(Path::to_owned),
            told: vec![flags.told(Source::Flag)?, file.told(Source::Config)?],
            device,
        };
        let model = Model::open(model, &options)?;
        let settings = settings::resolve(flags, file, &model.contract)?;
        Ok((model, settings))
    }

    /// The classes that were asked for.
    pub(super) fn classes(&self) -> &[String] {
        let classes = self.flags.classes.as_ref().or(self.file.classes.as_ref());
        classes.map_or(&[], Vec::as_slice)
    }

    /// The error of the images' own position, metres.
    pub(super) fn position_error_m(&self) -> f64 {
        let given = self.flags.position_error.or(self.file.position_error);
        given.unwrap_or(settings::POSITION_ERROR_M)
    }

    /// Whether a screen is asked for.
    pub(super) fn has_screen(&self) -> bool {
        self.flags.screen.is_some() || self.file.screen.is_some()
    }

    /// All of it as one config file, flags before what stood in the file.
    pub(super) fn config(&self) -> Result<String> {
        let failed = |e: &dyn std::fmt::Display| {
            crate::Error::Internal(format!("settings have no form as a file: {e}"))
        };
        let json = |settings: &ScanSettings| serde_json::to_value(settings).map_err(|e| failed(&e));
        let mut all = json(&self.file)?;
        overlay(&mut all, json(&self.flags)?);
        toml::to_string(&all).map_err(|e| failed(&e))
    }

    /// How scores are labelled with another threshold, as the model's sidecar would say it.
    pub(super) fn rule_at(&self, threshold: f64, contract: &Contract) -> Result<LabelRule> {
        let mut flags = self.flags.clone();
        flags.threshold = Some(if contract.must_win {
            format!("argmax>={threshold}")
        } else {
            threshold.to_string()
        });
        let resolved = settings::resolve(&flags, &self.file, contract).or_else(|_| {
            // An outline threshold that was asked for and lies above this one.
            flags.outline_threshold = None;
            settings::resolve(&flags, &self.file, contract)
        });
        Ok(resolved?.rule)
    }

    /// Whether classes are given other names than the model's own.
    pub(super) fn has_names(&self) -> bool {
        let names =
            |s: &ScanSettings| s.model.class_names.is_some() || s.model.background.is_some();
        names(&self.flags) || names(&self.file)
    }

    /// The reference system of images that carry none.
    pub(super) fn assume_crs(&self) -> Option<&str> {
        let given = self
            .flags
            .assume_crs
            .as_ref()
            .or(self.file.assume_crs.as_ref());
        given.map(String::as_str)
    }

    /// Whether somebody gave the error of the images' own position.
    pub(super) fn has_position_error(&self) -> bool {
        self.flags.position_error.is_some() || self.file.position_error.is_some()
    }

    /// The same with the screen's path changed.
    pub(super) fn with_screen(mut self, change: impl Fn(&Path) -> PathBuf) -> Self {
        for settings in [&mut self.flags, &mut self.file] {
            settings.screen = settings.screen.as_deref().map(&change);
        }
        self
    }

    /// Opens the screen that settings name, for what `model` searches for.
    pub(super) fn open_screen(&self, model: &Model, settings: &Resolved) -> Result<Option<Model>> {
        let Some(path) = &settings.screen else {
            return Ok(None);
        };
        let device = self.flags.device.as_ref().or(self.file.device.as_ref());
        let options = OpenOptions {
            device: device.map_or(Ok(DeviceChoice::Auto), |text| text.parse())?,
            ..OpenOptions::default()
        };
        let screen = Model::open(path, &options)?;
        let classes = model.contract.classes.iter().zip(&settings.rule.wanted);
        let searched = classes.filter_map(|(name, wanted)| wanted.then_some(name.as_str()));
        check_screen(&screen, &searched.collect::<Vec<_>>())?;
        Ok(Some(screen))
    }
}
