//! The report of a benchmark: its figures, and the files that show them.
//!
//! [`schema`] is what was found. `html/` makes a page of it, `csv.rs` tables,
//! `markdown.rs` the summary on the screen, all in the words and numbers of `summary.rs` and
//! `numbers.rs`.

mod csv;
#[cfg(test)]
mod example;
mod html;
mod markdown;
mod markup;
mod numbers;
pub mod schema;
mod summary;

pub use csv::{models_csv, thresholds_csv};
pub use html::html;
pub use markdown::markdown;

use crate::pipeline::report::{FolderKind, NewFolder, check_folder};
use crate::{Error, Result};
use schema::{BenchReport, SCHEMA_VERSION};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The page; it also marks the folder as one that may be replaced.
const PAGE: &str = "index.html";

/// The figures.
const FIGURES: &str = "report.json";

/// The table of models.
const MODELS: &str = "models.csv";

/// The table of thresholds.
const THRESHOLDS: &str = "thresholds.csv";

const KIND: FolderKind = FolderKind {
    marker: PAGE,
    begins: html::BEGINS,
    others: &[FIGURES, MODELS, THRESHOLDS],
};

/// Checks, before any work, that [`write_report`] could put its folder in place.
pub fn check_report(folder: &Path, overwrite: bool) -> Result<()> {
    check_folder(folder, KIND, overwrite)
}

/// Writes the report into a folder, which appears whole or not at all; one that an earlier
/// report filled is replaced with `overwrite`. Gives the files in it.
pub fn write_report(folder: &Path, report: &BenchReport, overwrite: bool) -> Result<Vec<PathBuf>> {
    let new = NewFolder::begin(folder, KIND, overwrite)?;
    let figures = serde_json::to_string_pretty(report)
        .map_err(|e| Error::Internal(format!("the report cannot be written as JSON: {e}")))?;
    let files = [
        (PAGE, html(report)),
        (FIGURES, figures + "\n"),
        (MODELS, models_csv(report)),
        (THRESHOLDS, thresholds_csv(report)),
    ];
    for (name, text) in &files {
        fs_err::write(new.path().join(name), text).map_err(|e| new.name(e.into()))?;
    }
    new.finish()?;
    Ok(files.map(|(name, _)| folder.join(name)).to_vec())
}

/// Reads the figures of an earlier report: `report.json`, or the folder that it lies in. The
/// pictures are not among them.
pub fn read_report(path: &Path) -> Result<BenchReport> {
    #[derive(Deserialize)]
    struct Version {
        schema_version: u32,
    }
    let file = if path.is_dir() {
        path.join(FIGURES)
    } else {
        path.to_owned()
    };
    let refused = |problem: String| Error::Report {
        path: file.clone(),
        problem,
    };
    let bytes = fs_err::read(&file)?;
    let value: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|e| refused(format!("is not JSON: {e}")))?;
    let Version { schema_version } = Version::deserialize(&value).map_err(|_| {
        refused("is JSON but has no `schema_version`, so it is no report of `tianmu bench`".into())
    })?;
    if schema_version != SCHEMA_VERSION {
        return Err(refused(format!(
            "has schema version {schema_version}, wanted {SCHEMA_VERSION}: another version of \
             tianmu made it"
        )));
    }
    serde_json::from_value(value)
        .map_err(|e| refused(format!("is not a whole report of `tianmu bench`: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use example::{empty, example};

    #[test]
    fn all_files_appear_together_and_come_back() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("对比 1");
        check_report(&folder, false).unwrap();
        let files = write_report(&folder, &example(), false).unwrap();
        assert_eq!(files.len(), 4);
        assert!(files.iter().all(|file| file.is_file()));
        assert_eq!(fs_err::read_dir(&folder).unwrap().count(), 4);
        let again = write_report(&folder, &empty(), false);
        assert!(matches!(again, Err(Error::OutputExists { .. })));
        for path in [&folder, &folder.join(FIGURES)] {
            let back = read_report(path).unwrap();
            let json = |report: &BenchReport| serde_json::to_string(report).unwrap();
            assert_eq!(json(&back), json(&example()));
        }
        write_report(&folder, &empty(), true).unwrap();
        assert!(read_report(&folder).unwrap().models.is_empty());
        assert_eq!(fs_err::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_of_others_is_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        fs_err::write(
            dir.path().join(PAGE),
            "<!doctype html>\n<title>mine</title>",
        )
        .unwrap();
        for check in [
            check_report(dir.path(), true),
            write_report(dir.path(), &example(), true).map(drop),
        ] {
            assert!(matches!(check, Err(Error::OutputTaken { .. })));
        }
        assert_eq!(fs_err::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_no_report_is_refused_with_the_reason() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.json");
        for (text, wanted) in [
            ("model,recall", "is not JSON"),
            ("{\"sites\": 3}", "no `schema_version`"),
            (
                "{\"schema_version\": 99}",
                "has schema version 99, wanted 1",
            ),
            ("{\"schema_version\": 1}", "missing field `program`"),
        ] {
            fs_err::write(&path, text).unwrap();
            let error = read_report(&path).unwrap_err();
            let said = error.to_string();
            assert!(said.contains(wanted) && said.contains("a.json"), "{said}");
            assert!(error.hint().contains("report.json"));
        }
        assert!(matches!(
            read_report(&dir.path().join("no")),
            Err(Error::Io(_))
        ));
    }

    /// Shows the page to whoever asks for it: `TIANMU_REPORT_EXAMPLE=folder cargo test --lib
    /// evaluate::report`.
    #[test]
    fn the_example_can_be_looked_at() {
        let Some(folder) = std::env::var_os("TIANMU_REPORT_EXAMPLE") else {
            return;
        };
        write_report(Path::new(&folder), &example(), true).unwrap();
        let folder = PathBuf::from(folder);
        write_report(&folder.with_extension("empty"), &empty(), true).unwrap();
        let mut many = example();
        for index in 0..6_u8 {
            let mut model = many.models[usize::from(index) % 2].clone();
            model.name = format!("yolov8n-{}-{index}", "大".repeat(usize::from(index)));
            for row in &mut model.thresholds {
                row.recall = row.recall.map(|r| r * (1.0 - 0.1 * f64::from(index)));
            }
            if let Some(cost) = &mut model.cost {
                cost.km2_per_h *= 1.0 + f64::from(index);
            }
            many.models.push(model);
        }
        write_report(&folder.with_extension("many"), &many, true).unwrap();
    }
}
