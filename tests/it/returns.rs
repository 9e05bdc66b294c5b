//! What comes back from the field, through the program: what is taken, what is named, what is never
//! lost. `tests/python/returns_tables.py` does the same with ledgers of another writer.

// Forms of QField, ODK and KoBo, and folders of photos, as other programs write them.
mod forms;

// What is said of a file, word for word.
mod said;

// What the campaign holds afterwards.
mod kept;

use crate::support::{Ran, county, tianmu};
use std::path::Path;
use tempfile::TempDir;

/// A folder with the campaign of round 2, `second.gpkg`, and its pack as CSV.
fn given_out() -> TempDir {
    let folder = county().with(&["second.gpkg"]);
    let words = "tasks second.gpkg -o pack --formats csv --control 20% --date 2026-04-21 -q";
    tianmu(folder.path(), words, &[]).expect(0);
    folder
}

/// A ledger that somebody fills in: the header, and a row for each place.
struct Ledger {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Ledger {
    fn of(folder: &Path) -> Self {
        let mut reader = csv::Reader::from_path(folder.join("pack/ledger.csv")).unwrap();
        let text = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect();
        let header = text(reader.headers().unwrap());
        let rows = reader.records().map(|r| text(&r.unwrap())).collect();
        Self { header, rows }
    }

    fn column(&self, name: &str) -> usize {
        let is_it = |header: &String| header.rsplit(' ').next() == Some(name);
        self.header.iter().position(is_it).unwrap()
    }

    fn get(&self, row: usize, name: &str) -> &str {
        &self.rows[row][self.column(name)]
    }

    /// Fills cells of a row.
    fn fill(mut self, row: usize, answers: &[(&str, &str)]) -> Self {
        for (name, text) in answers {
            let at = self.column(name);
            (*text).clone_into(&mut self.rows[row][at]);
        }
        self
    }

    fn save(&self, path: &Path) {
        let mut writer = csv::Writer::from_path(path).unwrap();
        writer.write_record(&self.header).unwrap();
        for row in &self.rows {
            writer.write_record(row).unwrap();
        }
        writer.flush().unwrap();
    }
}

/// Records into `second.gpkg`, without asking how it ends.
fn record(folder: &Path, words: &str) -> Ran {
    tianmu(folder, &format!("record second.gpkg {words}"), &[])
}

/// What became of files, as JSON.
fn recorded(folder: &Path, words: &str) -> serde_json::Value {
    let ran = record(folder, &format!("{words} --json")).expect(0);
    serde_json::from_str(&ran.out).unwrap()
}
