//! A file that came back and its rows, as they were written: nothing is judged yet, nothing lost.

use super::packed::PackedRow;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// How a file was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReturnFormat {
    /// Our ledger as a workbook.
    Xlsx,
    /// Our ledger as CSV.
    Csv,
    /// The `GeoPackage` of `QField`.
    Qfield,
    /// The CSV that ODK Central exports.
    Odk,
    /// The CSV that `KoBo` exports.
    Kobo,
    /// A folder of photos.
    Photos,
}

impl ReturnFormat {
    /// Its machine name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
            Self::Qfield => "qfield",
            Self::Odk => "odk",
            Self::Kobo => "kobo",
            Self::Photos => "photos",
        }
    }
}

/// A value as it was written, and where.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// The text: numbers in their shortest form, dates as ISO 8601, without blanks at the ends.
    pub text: String,
    /// The cell, such as `AX12`, or the name of the field.
    pub cell: String,
}

/// One row that came back.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Returned {
    /// Sheet and row (`汇总!12`), line (`row 12`), or feature (`checks fid 3`).
    pub place: String,
    /// The key of the answer where the format gives one (the form's `KEY`, `_uuid`, the feature's
    /// `uuid`); empty otherwise.
    pub key: String,
    /// Answers by the machine name of a column of the table `checks` (or `site_id`, `code`, `lon` and
    /// `lat` of where the checker stood in degrees of WGS 84, `gps_accuracy_m`, `photo_count`); empty
    /// cells are left out, or stand with an empty text where a message may have to name them.
    pub answers: BTreeMap<&'static str, Written>,
    /// Photos that the row names.
    pub photos: Vec<Photo>,
    /// The whole row, header to text, as it was.
    pub raw: serde_json::Map<String, serde_json::Value>,
    /// The same of a ledger, whose rows are many.
    pub packed: PackedRow,
    /// What to know of the row, such as a formula that was read by its last result.
    pub notes: Vec<String>,
    /// Cells that the reader could not make sense of; with any the row is not taken.
    pub faults: Vec<Fault>,
}

impl Returned {
    /// The whole row, header to text, as it was; empty where nobody has answered it.
    #[must_use]
    pub fn whole(&self) -> serde_json::Map<String, serde_json::Value> {
        let mut whole = self.raw.clone();
        self.packed.unpack_into(&mut whole);
        whole
    }
}

/// What is wrong with a cell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Fault {
    /// The cell, such as `AX12`, or the name of the field.
    pub cell: String,
    /// The value seen and the value wanted.
    pub reason: String,
}

/// A photo that a row names, or that lies in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    /// `photo_ctx`, `photo_near`, `photo_after` or `photo`.
    pub kind: String,
    /// As written.
    pub name: String,
    /// Where it lies; `None` where it is not there.
    pub path: Option<PathBuf>,
    /// When it was taken, ISO 8601; empty where unknown.
    pub taken_at: String,
}

/// A file that came back.
#[derive(Debug, Clone, PartialEq)]
pub struct ReturnFile {
    /// Where it is.
    pub path: PathBuf,
    /// SHA-256 of the file; of a folder of its files' names and hashes.
    pub sha256: String,
    /// How it was written.
    pub format: ReturnFormat,
    /// Its rows, in their order.
    pub rows: Vec<Returned>,
    /// What to know of the file.
    pub notes: Vec<String>,
}
