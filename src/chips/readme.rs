//! The README.md of a folder of chips: what it holds, and what it does not.

use super::{ChipsDone, ChipsRequest};
use crate::Result;
use crate::pipeline::report::ChipLayout;
use std::fmt::Write as _;
use std::path::Path;

/// The name of the file.
pub(super) const FILE: &str = "README.md";

/// Writes the file.
pub(super) fn write(folder: &Path, request: &ChipsRequest<'_>, done: &ChipsDone) -> Result<()> {
    let first = usize::from(request.layout != ChipLayout::Yolo);
    let mut text = format!(
        "# Training chips of round {}\n\n\
         Checked on the ground. 经实地核查；仅供模型训练，非证据。\n\n\
         {} chips of {size} × {size} pixels: {} with plants, {} of what was taken for them and is \
         something else, {} of ground where nobody looked; {} to learn from (`train`), {} to measure on \
         (`val`).\n\n",
        done.round,
        done.sites + done.negative + done.background,
        done.sites,
        done.negative,
        done.background,
        done.train,
        done.val,
        size = request.size,
    );
    text.push_str("- `train/images/`, `val/images/`: PNG, 8-bit red, green, blue. Black: no image, or painted over.\n");
    text.push_str(match request.layout {
        ChipLayout::Yolo => "- `train/labels/`, `val/labels/`: `class x1 y1 x2 y2 …` a line, shares of the chip's size; an empty file: no plants. `data.yaml` names the classes.\n",
        ChipLayout::Coco => "- `train/annotations.json`, `val/annotations.json`: COCO; a plot is one annotation.\n",
        ChipLayout::Mask => "- `train/masks/`, `val/masks/`: PNG of the same name, the number of a class in each pixel; 0 is ground without plants, 255 is to be ignored. `classes.txt` names the classes.\n",
    });
    text.push_str(
        "- `chips.csv`: a row per chip: the places that it shows, what stood there (`outcomes`: \
         `legal_crop` is the plant, licensed), what was taken for it (`confusers`), where and when. Each \
         side has its own rows beside its pictures.\n\nClasses:",
    );
    for (number, class) in done.classes.iter().enumerate() {
        let comma = if number > 0 { "," } else { "" };
        let _ = write!(text, "{comma} {} `{class}`", number + first);
    }
    text.push_str(
        ".\n\nVillages are on one side or the other, by a hash of their code; measure with \
         `tianmu bench val`.\n\n## Left out\n\n\
         Painted over wherever a chip would show them, as nobody knows what stands there, or it was \
         not there when the image was taken:\n\n",
    );
    if done.left_out.is_empty() {
        text.push_str("- nothing\n");
    }
    for (reason, count) in &done.left_out {
        let _ = writeln!(text, "- {count}: {reason}");
    }
    for note in &done.notes {
        let _ = write!(text, "\n{note}\n");
    }
    text.push_str(
        "\nKeep the folder on an encrypted disk; `tianmu campaign purge` knows it. Do not work in it: \
         `tianmu verify` would find it changed.\n",
    );
    Ok(fs_err::write(folder.join(FILE), text)?)
}
