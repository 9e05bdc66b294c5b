//! YOLO labels: `labels/CHIP.txt` with a line per object, and `data.yaml`.
//!
//! Formats: <https://docs.ultralytics.com/datasets/detect/> (`class cx cy w h`) and
//! <https://docs.ultralytics.com/datasets/segment/> (`class x1 y1 x2 y2 …`), all as shares
//! of the chip's size.

use super::label::Label;
use super::ring::single_ring;
use crate::Result;
use geo::{BoundingRect, Coord};
use std::fmt::Write as _;
use std::path::Path;

/// The folder of the label files.
pub(crate) const FOLDER: &str = "labels";

/// Writes the labels of a chip; a file without a line says that there is nothing. Each part
/// of a site is an object of its own.
pub(crate) fn write_labels(path: &Path, labels: &[Label], size: u32, boxes: bool) -> Result<()> {
    let share = |v: f64| (v / f64::from(size)).clamp(0.0, 1.0);
    let mut text = String::new();
    for label in labels {
        for part in &label.outline {
            let numbers: Vec<f64> = if boxes {
                let Some(rect) = part.bounding_rect() else {
                    continue;
                };
                let middle = rect.center();
                [middle.x, middle.y, rect.width(), rect.height()]
                    .map(share)
                    .into()
            } else {
                let ring = single_ring(part).into_iter();
                ring.flat_map(|Coord { x, y }| [share(x), share(y)])
                    .collect()
            };
            let _ = write!(text, "{}", label.class);
            for number in numbers {
                let _ = write!(text, " {number:.6}");
            }
            text.push('\n');
        }
    }
    Ok(fs_err::write(path, text)?)
}

/// What `data.yaml` says besides the classes.
pub(crate) struct Splits<'a> {
    /// A comment on top: what the labels are.
    pub(crate) note: &'a str,
    /// The folder of pictures to learn from; YAML, a comment may follow.
    pub(crate) train: &'a str,
    /// The folder of pictures to measure on.
    pub(crate) val: &'a str,
}

/// What stands on top of labels that nobody has looked at.
pub(crate) const MACHINE_MADE: &str =
    "Machine-made candidates (线索，非证据): correct the labels before training, see README.md.";

/// Writes `data.yaml`. An empty `path` makes Ultralytics take the folder that holds the
/// file, wherever it is copied to.
pub(crate) fn write_data(
    folder: &Path,
    splits: &Splits<'_>,
    classes: &[&str],
    gsd_m: Option<f64>,
) -> Result<()> {
    let Splits { note, train, val } = splits;
    let mut text = format!(
        "# {note}\npath: \"\" # empty: the folder of this file\ntrain: {train}\nval: {val}\n"
    );
    if let Some(gsd_m) = gsd_m {
        let _ = writeln!(text, "gsd_m: {gsd_m}");
    }
    text.push_str("names:\n");
    for (number, class) in classes.iter().enumerate() {
        // A JSON string is a YAML string too.
        let _ = writeln!(text, "  {number}: {}", serde_json::json!(class));
    }
    Ok(fs_err::write(folder.join("data.yaml"), text)?)
}
