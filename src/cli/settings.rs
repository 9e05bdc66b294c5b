//! Settings that `scan` and `inspect` share.

use crate::Result;
use crate::model::Contract;
use crate::pipeline::settings::{self, Resolved, ScanSettings};
use std::path::PathBuf;

/// Settings, each also a key of the config file.
#[derive(clap::Args)]
pub(super) struct SettingsArgs {
    /// Config file [default: tianmu.toml, if there is one]
    #[arg(long, value_name = "FILE", help_heading = "Settings")]
    config: Option<PathBuf>,

    /// Ground sample distance for the model, metres per pixel
    #[arg(long, value_name = "METRES", help_heading = "Settings")]
    gsd: Option<f64>,

    /// Source bands in model order, counted from 1
    #[arg(long, value_delimiter = ',', help_heading = "Settings")]
    bands: Option<Vec<usize>>,

    /// Edge of a tile in model pixels
    #[arg(long, value_name = "PX", help_heading = "Settings")]
    tile_size: Option<u32>,

    /// Model pixels that neighbouring tiles share
    #[arg(long, value_name = "PX", help_heading = "Settings")]
    overlap: Option<u32>,

    /// Least score: 0.5, or class=0.5,…, or argmax
    #[arg(long, help_heading = "Settings")]
    threshold: Option<String>,

    /// Classes that make sites
    #[arg(long, value_delimiter = ',', help_heading = "Settings")]
    classes: Option<Vec<String>>,

    /// Drop smaller sites, square metres
    #[arg(long, value_name = "M2", help_heading = "Settings")]
    min_area: Option<f64>,

    /// Parts closer than this make one site, metres
    #[arg(long, value_name = "METRES", help_heading = "Settings")]
    merge_distance: Option<f64>,

    /// Threads [default: the cores]
    #[arg(long, help_heading = "Settings")]
    workers: Option<usize>,

    /// Tiles in one run of the model
    #[arg(long, help_heading = "Settings")]
    batch: Option<usize>,

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
}

impl SettingsArgs {
    fn flags(&self) -> ScanSettings {
        ScanSettings {
            gsd: self.gsd,
            bands: self.bands.clone(),
            tile_size: self.tile_size,
            overlap: self.overlap,
            threshold: self.threshold.clone(),
            classes: self.classes.clone(),
            min_area: self.min_area,
            merge_distance: self.merge_distance,
            workers: self.workers,
            batch: self.batch,
            assume_crs: self.assume_crs.clone(),
            nodata: self.nodata,
            position_error: self.position_error,
            merge_inputs: self.no_merge_inputs.then_some(false),
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

    /// Settles every setting for a model.
    pub(super) fn resolve(&self, contract: &Contract) -> Result<Resolved> {
        settings::resolve(&self.flags(), &self.file()?, contract)
    }
}
