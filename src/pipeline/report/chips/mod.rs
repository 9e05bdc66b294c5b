//! Training chips: pictures of the ground around candidate sites, and of ground without
//! one, with labels to be corrected and learned from.
//!
//! Each chip is cut at the model's ground sample distance, resampled as for the model, and
//! carries the label of every site that it shows. `shapes.rs` brings sites onto an image's
//! grid, `places.rs` chooses where to cut, `picture.rs` cuts, `label.rs` makes the labels,
//! a file a layout writes them, and `writer.rs` leads them through.

pub(crate) mod coco;
pub(crate) mod label;
pub(crate) mod mask;
pub(crate) mod picture;
pub(crate) mod places;
mod readme;
mod ring;
pub(crate) mod shapes;
pub(crate) mod table;
mod writer;
pub(crate) mod yolo;

use super::folder::{FolderKind, NewFolder, check_folder, place_of};
use crate::model::decode::BoxDecoder;
use crate::model::{Contract, ModelTask};
use crate::pipeline::record::ChipsRecord;
use crate::pipeline::{Scan, ScanJob};
use crate::{Error, Result};
use image::{DynamicImage, ImageFormat};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use writer::{Order, Writer};

/// How labels are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChipLayout {
    /// `labels/*.txt` and `data.yaml`.
    #[default]
    Yolo,
    /// `annotations.json`.
    Coco,
    /// `masks/*.png` and `classes.txt`.
    Mask,
}

/// How chips are to be made.
#[derive(Debug, Clone, Copy)]
pub struct ChipOptions {
    /// How labels are stored.
    pub layout: ChipLayout,
    /// Pixels along an edge, of the model's size; at least 16.
    pub size: u32,
    /// Chips of ground without a site; `None`: as many as chips with sites, at least 10.
    pub background: Option<u32>,
}

/// How many chips there are.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    with_sites: u32,
    background: u32,
    unreadable: u32,
}

/// The table of a folder of chips, which marks it as one.
pub(crate) const CHIPS_TABLE: &str = table::FILE;

/// How that table begins.
pub(crate) const CHIPS_BEGIN: &str = table::BEGINS;

const KIND: FolderKind = FolderKind {
    marker: table::FILE,
    begins: table::BEGINS,
    others: &[
        readme::FILE,
        "images",
        yolo::FOLDER,
        // Ultralytics leaves it when it reads the labels.
        "labels.cache",
        "data.yaml",
        coco::FILE,
        mask::FOLDER,
        "classes.txt",
    ],
};

/// Checks, before any work, that [`write_chips`] could put its folder in place, and that no
/// other output or input of the run lies in it.
pub fn check_chips(folder: &Path, others: &[PathBuf], overwrite: bool) -> Result<()> {
    check_folder(folder, KIND, overwrite)?;
    let place = place_of(folder)?;
    for other in others {
        if place_of(other).is_ok_and(|other| other.starts_with(&place)) {
            return Err(Error::Setting {
                name: "chips".into(),
                seen: folder.display().to_string(),
                wanted: format!("a folder of its own, but `{}` is in it", other.display()),
            });
        }
    }
    Ok(())
}

/// Cuts chips of the sites of a scan out of its images and writes them into a folder,
/// which appears whole or not at all; where there is no chip, nothing appears. The bytes
/// do not depend on threads, paths or the clock.
pub fn write_chips(
    folder: &Path,
    options: &ChipOptions,
    scan: &Scan,
    job: &ScanJob<'_>,
    overwrite: bool,
    stop: &dyn Fn() -> bool,
) -> Result<ChipsRecord> {
    let contract = &job.model.contract;
    let classes = class_names(contract);
    if options.layout == ChipLayout::Mask && classes.len() > mask::MOST_CLASSES {
        return Err(Error::Setting {
            name: "chips-layout".into(),
            seen: "mask".into(),
            wanted: format!(
                "`yolo` or `coco`: a mask holds at most {} classes, the model has {}",
                mask::MOST_CLASSES,
                classes.len()
            ),
        });
    }
    let new = NewFolder::begin(folder, KIND, overwrite)?;
    let order = Order {
        folder: new.path(),
        options,
        scan,
        job,
        classes: &classes,
        stop,
    };
    let tally = Writer::new(order)
        .and_then(Writer::write)
        .map_err(|e| new.name(e))?;
    if tally.with_sites + tally.background > 0 {
        new.finish()?;
    }
    Ok(ChipsRecord {
        folder: folder.display().to_string(),
        layout: options.layout,
        size_px: options.size,
        with_sites: tally.with_sites,
        background: tally.background,
        unreadable: tally.unreadable,
    })
}

/// Classes that can become sites in the model's order, each once.
fn class_names(contract: &Contract) -> Vec<&str> {
    let mut classes = Vec::new();
    for name in contract.target_names() {
        if !classes.contains(&name) {
            classes.push(name);
        }
    }
    classes
}

/// Whether sites of this model are boxes: tiles, or objects without a shape of their own.
fn gives_boxes(contract: &Contract) -> bool {
    match contract.task {
        ModelTask::Classification => true,
        ModelTask::Segmentation | ModelTask::Regression => false,
        ModelTask::Detection => !contract.detection.is_some_and(|d| {
            matches!(
                d.decoder,
                BoxDecoder::YoloV8Obb
                    | BoxDecoder::YoloV8Seg
                    | BoxDecoder::EndToEndObb
                    | BoxDecoder::EndToEndSeg
            )
        }),
    }
}

pub(crate) fn write_png(path: &Path, picture: &DynamicImage) -> Result<()> {
    picture
        .save_with_format(path, ImageFormat::Png)
        .map_err(|e| match e {
            image::ImageError::IoError(e) => Error::Io(e),
            other => Error::WriteOutput {
                path: path.to_owned(),
                reason: other.to_string(),
            },
        })
}
