//! The README.md of a folder of chips: what it holds, and what to do before training.

use super::{ChipLayout, Tally};
use crate::Result;
use crate::pipeline::report::columns::NOTE;
use std::fmt::Write as _;
use std::path::Path;

/// The name of the file.
pub(super) const FILE: &str = "README.md";

/// What the text needs to know.
pub(super) struct Facts<'a> {
    /// How labels are stored.
    pub(super) layout: ChipLayout,
    /// Whether labels of the YOLO layout are boxes.
    pub(super) boxes: bool,
    /// How many chips.
    pub(super) tally: Tally,
    /// Pixels along an edge.
    pub(super) size: u32,
    /// Classes that can become sites.
    pub(super) classes: &'a [&'a str],
    /// Those that were searched for.
    pub(super) searched: &'a [&'a str],
    /// The model.
    pub(super) model: &'a str,
    /// The run.
    pub(super) run_id: &'a str,
    /// The least area of a site, where there is one.
    pub(super) least_area: Option<&'a str>,
}

/// Writes the file.
pub(super) fn write(folder: &Path, facts: &Facts<'_>) -> Result<()> {
    let first = usize::from(facts.layout != ChipLayout::Yolo);
    let mut text = format!(
        "# Training chips\n\n\
         **The labels are machine-made candidates ({NOTE}). Correct them before training.** \
         机器标注的候选目标，训练前须逐张核对、改正。\n\n\
         {} chips of {size} × {size} pixels: {} with candidate sites, {} of ground without one; \
         model `{}`, run `{}`.\n\n\
         - `images/`: PNG, 8-bit red, green, blue, at the ground sample distance that the model sees; black where the image holds nothing and outside the area of interest.\n",
        facts.tally.with_sites + facts.tally.background,
        facts.tally.with_sites,
        facts.tally.background,
        facts.model,
        facts.run_id,
        size = facts.size,
    );
    text.push_str(match (facts.layout, facts.boxes) {
        (ChipLayout::Yolo, true) => "- `labels/`: `class cx cy w h` a line, the upright box of each part of a site, since the model gives tiles or boxes; shares of the chip's size. `data.yaml` names the classes.\n",
        (ChipLayout::Yolo, false) => "- `labels/`: `class x1 y1 x2 y2 …` a line, the outline of each part of a site; shares of the chip's size. Holes are joined to the outline by a cut of no width. `data.yaml` names the classes.\n",
        (ChipLayout::Coco, _) => "- `annotations.json`: COCO; a site is one annotation. Holes are joined to the outline by a cut of no width.\n",
        (ChipLayout::Mask, _) => "- `masks/`: PNG of the same name, the number of a class in each pixel; 0 is background, 255 was not looked at (no image, or outside the area of interest) and is to be ignored; the smaller of two sites lies on the larger. `classes.txt` names the classes.\n",
    });
    text.push_str("- `chips.csv`: a row per chip: where it was cut, which sites it shows, from which image (`group`).\n\nClasses:");
    for (number, class) in facts.classes.iter().enumerate() {
        let comma = if number > 0 { "," } else { "" };
        let _ = write!(text, "{comma} {} `{class}`", number + first);
    }
    text.push_str(".\n\n## Before training\n\n");
    let left_out: Vec<String> = facts
        .classes
        .iter()
        .filter(|c| !facts.searched.contains(c))
        .map(|c| format!("`{c}`"))
        .collect();
    if !left_out.is_empty() {
        let _ = writeln!(
            text,
            "- The run did not search for {}: plants of it have no label here. Draw them, or training takes them for background.",
            left_out.join(", ")
        );
    }
    if let Some(area) = facts.least_area {
        let _ = writeln!(
            text,
            "- Sites below {area} were left out and have no label here: draw them."
        );
    }
    text.push_str(
        "- Work on a copy: a later scan with `--overwrite` replaces this folder.\n\
         - Look at every chip: delete false labels, mend outlines, draw what the model missed, also on background chips.\n\
         - Sites in the column `borrowed_site_ids` were found only in another image of the same ground, perhaps of another date; look whether they are there.\n\
         - Split training and validation by `group`: chips of one image look alike, and a split through it makes scores too good.\n\
         - Roofs and yards are people's homes: keep the folder on an encrypted disk.\n",
    );
    Ok(fs_err::write(folder.join(FILE), text)?)
}
