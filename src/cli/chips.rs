//! `tianmu scan --chips`: the arguments that ask for training chips.

use super::output;
use crate::Result;
use crate::pipeline::chips::{ChipJob, ChipLayout, ChipRecord, check_chip_folder, write_chips};
use crate::pipeline::detect::Progress;
use crate::pipeline::{Scan, ScanJob};
use std::path::PathBuf;

/// Arguments about training chips.
#[derive(clap::Args)]
#[command(next_help_heading = "Training chips")]
pub(super) struct ChipArgs {
    /// Also write pictures of the sites with their labels into this folder, to be corrected and
    /// trained on
    #[arg(long, value_name = "FOLDER")]
    chips: Option<PathBuf>,

    /// How labels are laid out
    #[arg(
        long,
        value_enum,
        value_name = "LAYOUT",
        default_value = "mask",
        requires = "chips"
    )]
    chips_layout: Layout,

    /// Side of a chip in model pixels
    #[arg(long, value_name = "PX", default_value_t = 512, value_parser = clap::value_parser!(u32).range(32..=4096), requires = "chips")]
    chip_size: u32,

    /// Chips of ground without any site [default: as many as there are with sites, at least 20]
    #[arg(long, value_name = "N", requires = "chips")]
    chips_background: Option<usize>,
}

/// How labels are laid out.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Layout {
    /// labels/*.txt: outlines, or boxes where the model gives no outlines
    Yolo,
    /// annotations.json
    Coco,
    /// masks/*.png: class numbers, 255 where nothing was looked at
    Mask,
}

impl ChipArgs {
    /// Whether chips are asked for.
    pub(super) fn are_wanted(&self) -> bool {
        self.chips.is_some()
    }

    /// Refuses, before any work, a folder that cannot be made.
    pub(super) fn check(&self, overwrite: bool, inputs: &[PathBuf]) -> Result<()> {
        self.chips
            .as_ref()
            .map_or(Ok(()), |folder| check_chip_folder(folder, overwrite, inputs))
    }

    /// Writes the chips, where they are asked for.
    pub(super) fn write(
        &self,
        found: &Scan,
        job: &ScanJob<'_>,
        overwrite: bool,
        bar: &output::Bar,
    ) -> Result<Option<ChipRecord>> {
        let Some(folder) = &self.chips else {
            return Ok(None);
        };
        let chips = ChipJob {
            folder: folder.clone(),
            layout: match self.chips_layout {
                Layout::Yolo => ChipLayout::Yolo,
                Layout::Coco => ChipLayout::Coco,
                Layout::Mask => ChipLayout::Mask,
            },
            size_px: self.chip_size,
            background: self.chips_background,
            overwrite,
        };
        write_chips(job, found, &chips, &|| bar.interrupted()).map(Some)
    }
}
