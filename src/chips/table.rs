//! `chips.csv`: a row per chip: where it was cut, which places it shows, and what stood there. UTF-8
//! with byte order mark and CRLF.

use super::examples::Example;
use super::images::Image;
use super::split::Split;
use crate::pipeline::report::chips::table::{Place, safe};
use crate::pipeline::report::{CHIPS_BEGIN, CHIPS_TABLE};
use crate::{Error, Result};
use std::path::Path;

/// The columns; the first four mark the folder, and `bench` reads `chip`, `group`, `gsd_m` and
/// `capture_time`.
const COLUMNS: [&str; 26] = [
    "chip",
    "kind",
    "group",
    "site_ids",
    "classes",
    "outcomes",
    "confusers",
    "checked_at",
    "split",
    "xzqdm",
    "src_image",
    "src_sha256",
    // The window in pixels of the source image.
    "src_col",
    "src_row",
    "src_width",
    "src_height",
    // The chip's centre.
    "map_x",
    "map_y",
    "map_crs",
    "lon",
    "lat",
    // From pixels of the chip to the map, GDAL's six numbers.
    "geotransform",
    "gsd_m",
    "capture_time",
    "valid_share",
    "run_id",
];

/// What a chip is.
pub(super) struct Row<'a> {
    /// Its file.
    pub(super) chip: &'a str,
    /// `sites`, `negative` or `background`.
    pub(super) kind: &'a str,
    /// What it shows: places, each with its class; empty for one without an object.
    pub(super) shows: &'a [(&'a Example, &'a str)],
    /// Its side.
    pub(super) split: Split,
    /// The village whose side it is on.
    pub(super) village: &'a str,
    /// The share of pixels that show ground, 0 to 1.
    pub(super) valid_share: f64,
    /// The campaign's round.
    pub(super) round: &'a str,
}

/// Rows, and the side of each.
pub(super) struct Table {
    rows: Vec<(Split, Vec<String>)>,
}

impl Table {
    pub(super) fn new() -> Self {
        Self { rows: Vec::new() }
    }

    /// Adds a chip.
    pub(super) fn add(&mut self, image: &Image, place: &Place<'_>, row: &Row<'_>) -> Result<()> {
        let list = |of: &dyn Fn(&Example, &str) -> String| {
            let texts: Vec<String> = row.shows.iter().map(|(e, class)| of(e, class)).collect();
            texts.join("; ")
        };
        let shown = [
            row.chip.to_owned(),
            row.kind.to_owned(),
            image.name.clone(),
            list(&|e, _| e.site_id.clone()),
            list(&|_, class| class.to_owned()),
            list(&|e, _| e.outcome.to_owned()),
            list(&|e, _| e.confuser.clone()),
            list(&|e, _| e.checked_at.clone()),
            row.split.name().to_owned(),
            row.village.to_owned(),
            image.name.clone(),
            image.sha256.clone(),
        ];
        let rest = [
            image.capture_time.clone(),
            format!("{:.4}", row.valid_share),
            row.round.to_owned(),
        ];
        let fields = [&shown[..], &place.fields()?, &rest].concat();
        debug_assert_eq!(fields.len(), COLUMNS.len());
        self.rows.push((row.split, fields));
        Ok(())
    }

    /// Writes the whole table, and that of each side beside its pictures.
    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        debug_assert!(CHIPS_BEGIN.ends_with(&(COLUMNS[..4].join(",") + ",")));
        self.write_rows(&folder.join(CHIPS_TABLE), |_| true)?;
        for side in Split::ALL {
            let path = folder.join(side.name()).join(CHIPS_TABLE);
            self.write_rows(&path, |split| split == side)?;
        }
        Ok(())
    }

    fn write_rows(&self, path: &Path, is_wanted: impl Fn(Split) -> bool) -> Result<()> {
        let cannot = |e: csv::Error| Error::Internal(e.to_string());
        let mut rows = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer("\u{feff}".as_bytes().to_vec());
        rows.write_record(COLUMNS).map_err(cannot)?;
        for (_, fields) in self.rows.iter().filter(|(split, _)| is_wanted(*split)) {
            rows.write_record(fields.iter().map(|text| safe(text).into_owned()))
                .map_err(cannot)?;
        }
        let bytes = rows.into_inner().map_err(|e| Error::Io(e.into_error()))?;
        Ok(fs_err::write(path, bytes)?)
    }
}
