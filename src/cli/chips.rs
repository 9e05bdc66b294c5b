//! What `tianmu scan` is told of training chips.

use crate::Result;
use crate::pipeline::report::{ChipLayout, ChipOptions, check_chips, write_chips};
use crate::pipeline::settings::word;
use crate::pipeline::{ChipsRecord, Scan, ScanJob};
use std::path::PathBuf;

/// Chips of the sites, to learn from.
#[derive(clap::Args)]
pub(super) struct ChipArgs {
    /// Also write training chips of the sites into this folder
    #[arg(long, value_name = "FOLDER", help_heading = "Training chips")]
    pub(super) chips: Option<PathBuf>,

    /// How their labels are stored: yolo, coco or mask
    #[arg(long, value_name = "LAYOUT", default_value = "yolo", value_parser = word::<ChipLayout>, requires = "chips", help_heading = "Training chips")]
    chips_layout: ChipLayout,

    /// Edge of a chip in model pixels
    #[arg(long, value_name = "PX", default_value_t = 512, value_parser = clap::value_parser!(u32).range(32..=4096), requires = "chips", help_heading = "Training chips")]
    chip_size: u32,

    /// Chips without a site [default: as many as with sites, at least 10]
    #[arg(
        long,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(..=100_000),
        requires = "chips",
        help_heading = "Training chips"
    )]
    chips_background: Option<u32>,
}

impl ChipArgs {
    /// Refuses, before any work, a folder that cannot be written.
    pub(super) fn check(&self, others: &[PathBuf], overwrite: bool) -> Result<()> {
        self.chips
            .as_deref()
            .map_or(Ok(()), |folder| check_chips(folder, others, overwrite))
    }

    /// Writes them, where they were asked for.
    pub(super) fn write(
        &self,
        found: &Scan,
        job: &ScanJob<'_>,
        overwrite: bool,
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<ChipsRecord>> {
        let Some(folder) = &self.chips else {
            return Ok(None);
        };
        let options = ChipOptions {
            layout: self.chips_layout,
            size: self.chip_size,
            background: self.chips_background,
        };
        write_chips(folder, &options, found, job, overwrite, stop).map(Some)
    }
}
