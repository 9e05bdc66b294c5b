//! Folders of training chips, as `tianmu scan --chips` writes them: `chips.csv` says of each chip
//! how large its pixels are and which image it was cut from.

use crate::{Error, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The name of the table.
pub(super) const TABLE: &str = "chips.csv";

/// What the table says of a chip.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct ChipRow {
    chip: String,
    /// The image it was cut from.
    pub(super) group: String,
    /// Metres of ground a pixel.
    pub(super) gsd_m: f64,
    /// When the image was taken, ISO 8601; empty where unknown.
    pub(super) capture_time: String,
}

impl ChipRow {
    /// The day of the image, `YYYY-MM-DD`.
    pub(super) fn date(&self) -> Option<String> {
        self.capture_time
            .get(..10)
            .filter(|date| super::manifest::is_date(date))
            .map(str::to_owned)
    }
}

/// Chips by file name; none where the folder has no such table.
pub(super) fn read_table(folder: &Path) -> Result<BTreeMap<String, ChipRow>> {
    let path = folder.join(TABLE);
    if !path.is_file() {
        return Ok(BTreeMap::new());
    }
    let text = super::names::read_text(&path)?;
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let rows = rows.deserialize::<ChipRow>().map(|row| {
        let row = row.ok().filter(|r| r.gsd_m.is_finite() && r.gsd_m > 0.0)?;
        Some((row.chip.clone(), row))
    });
    rows.collect::<Option<_>>().ok_or_else(|| {
        Error::labels(
            &path,
            "is not understood",
            "it stands in a folder of chips of `tianmu scan --chips` and says how large their \
             pixels are; bring it back, or describe the images in a `dataset.toml`",
        )
    })
}
