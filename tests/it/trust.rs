//! A scan to trust overnight: cut off at any moment it goes on where it was, and done in parts
//! it gives the same bytes.

// What goes wrong in a night.
mod faults;

// Files made to do harm.
mod hostile;

// Models made to do harm.
mod hostile_models;

// What is kept for a later run.
mod kept;

// No network, no reports.
mod offline;

// What a run says of its files.
mod provenance;

// Runs that are killed, and what they go on from.
mod resume;

// Rasters of scores and values, after kills and in parts.
mod scores;

// Parts of one plan, joined.
mod shards;

use crate::support::{HEMP, ModelKit, POPPY, Scene, tianmu};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// What every run here writes.
const FILES: [&str; 3] = ["s.gpkg", "s.geojson", "s.csv"];

/// Two overlapping images with plots all over, a model of pixels, one of tiles, one of objects.
fn prepare(folder: &Path) {
    for (name, shift) in [("a.tif", 0), ("b.tif", 9)] {
        let mut scene = Scene::utm(50, 0.05)
            .size(520, 460)
            .moved(f64::from(shift) * 20.0, 20.0);
        for i in 0..60 {
            let (col, row) = (i * 53 % 480 + shift, i * 97 % 430);
            let color = if i % 3 == 0 { HEMP } else { POPPY };
            scene = scene.plot([col, row, 12 + i % 30, 9 + i % 20], color);
        }
        scene.save(folder, name);
    }
    ModelKit::segmenter().blur(2).save(folder, "seg");
    ModelKit::classifier().save(folder, "tile");
}

/// A command line with all outputs in the folder `name`.
fn scan_into(folder: &Path, words: &str, name: &str) -> String {
    fs_err::create_dir_all(folder.join(name)).unwrap();
    let outputs = FILES.map(|file| format!("-o {name}/{file}")).join(" ");
    format!("scan {words} {outputs}")
}

/// The data files in the folder `name`.
fn bytes_of(folder: &Path, name: &str) -> Vec<(&'static str, Vec<u8>)> {
    let read = |file: &'static str| (file, fs_err::read(folder.join(name).join(file)).unwrap());
    FILES.map(read).into()
}

/// What an unbroken run gives.
fn unbroken(folder: &Path, words: &str, name: &str) -> Vec<(&'static str, Vec<u8>)> {
    let words = scan_into(folder, words, name);
    tianmu(folder, &format!("{words} -q --no-resume"), &[]).expect(0);
    bytes_of(folder, name)
}

#[track_caller]
fn same(found: &[(&str, Vec<u8>)], wanted: &[(&str, Vec<u8>)], told: &str) {
    for ((file, bytes), (_, wanted)) in found.iter().zip(wanted) {
        assert!(bytes == wanted, "{file} differs: {told}");
    }
}

/// Starts the program without waiting for it.
pub(crate) fn begin(folder: &Path, words: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_tianmu"))
        .args(words.split_whitespace())
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Kills (SIGKILL) a run as soon as `now` says so; false where it ended before.
pub(crate) fn kill_when(mut child: Child, mut now: impl FnMut() -> bool) -> bool {
    loop {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        if now() {
            child.kill().unwrap();
            child.wait().unwrap();
            return true;
        }
        std::thread::sleep(Duration::from_micros(300));
    }
}

/// Whether a file has grown beyond so many bytes.
pub(crate) fn holds(file: &Path, bytes: u64) -> bool {
    fs_err::metadata(file).is_ok_and(|facts| facts.len() > bytes)
}

/// A run that was killed with some rows done: its command line. On a busy machine a run may be
/// over before it is looked at; then it is tried again.
fn cut_off(folder: &Path, words: &str, name: &str) -> String {
    let journal = folder.join(name).join("s.gpkg.resume");
    for _ in 0..20 {
        let words = scan_into(folder, words, name);
        if kill_when(begin(folder, &words), || holds(&journal, 20_000)) && journal.exists() {
            return words;
        }
        fs_err::remove_dir_all(folder.join(name)).unwrap();
    }
    panic!("every run was over too soon");
}

/// A mosaic of both images.
fn mosaic(folder: &Path) {
    let sources = ["a.tif", "b.tif"].map(|name| folder.join(name));
    let sources = sources.map(|path| gdal::Dataset::open(path).unwrap());
    let vrt = folder.join("both.vrt");
    gdal::programs::raster::build_vrt(Some(&vrt), &sources, None)
        .unwrap()
        .close()
        .unwrap();
}
