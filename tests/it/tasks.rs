//! Field packs, through the program: what is in them, who is drawn by lot, what is never replaced.

// What a pack holds, by its settings.
mod packs;

// Places drawn by lot, and tasks given out before.
mod lots;

// Where a pack may stand, and what it takes the place of.
mod places;

use crate::support::{Ran, tianmu};
use std::collections::BTreeMap;
use std::path::Path;

/// Makes a pack on a day of its own choosing, without asking how it ends.
fn tasks(folder: &Path, words: &str) -> Ran {
    tianmu(folder, &format!("tasks {words} --date 2026-04-21"), &[])
}

/// The ledger of a pack, a map by machine name for each row.
fn ledger(pack: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(pack.join("ledger.csv")).unwrap();
    let name = |header: &str| header.rsplit(' ').next().unwrap().to_owned();
    let names: Vec<String> = reader.headers().unwrap().iter().map(name).collect();
    let row = |record: csv::StringRecord| {
        names
            .iter()
            .cloned()
            .zip(record.iter().map(str::to_owned))
            .collect()
    };
    reader
        .records()
        .map(|record| row(record.unwrap()))
        .collect()
}

/// One column of a ledger.
fn of(rows: &[BTreeMap<String, String>], name: &str) -> Vec<String> {
    rows.iter().map(|row| row[name].clone()).collect()
}

/// Every file below a folder, by its path within it.
pub(crate) fn files_below(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(inner) = open.pop() {
        for entry in fs_err::read_dir(inner).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path
                    .strip_prefix(folder)
                    .unwrap()
                    .to_string_lossy()
                    .replace('\\', "/");
                files.insert(name, fs_err::read(path).unwrap());
            }
        }
    }
    files
}
