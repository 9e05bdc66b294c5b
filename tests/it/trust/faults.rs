//! What goes wrong in a night: damaged files, a full disk, a file that goes, a request to end,
//! a fault of the program. Each on the real program, each with a clear message.

use super::{FILES, begin, bytes_of, prepare, same, scan_into, unbroken};
use crate::support::{ModelKit, POPPY, Pixels, Scene, files_in, json_file, tianmu};
use gdal::Metadata;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};
use tempfile::tempdir;

/// Compresses a scene in blocks of 64 pixels and damages the one in this column and row.
fn damage(folder: &Path, name: &str, (col, row): (u32, u32)) {
    let plain = folder.join(name);
    let path = folder.join("blocks.tif");
    {
        let source = gdal::Dataset::open(&plain).unwrap();
        let driver = gdal::DriverManager::get_driver_by_name("GTiff").unwrap();
        let options = [
            "TILED=YES",
            "BLOCKXSIZE=64",
            "BLOCKYSIZE=64",
            "COMPRESS=DEFLATE",
        ];
        let options = gdal::raster::RasterCreationOptions::from_iter(options);
        source
            .create_copy(&driver, &path, &options)
            .unwrap()
            .close()
            .unwrap();
    }
    let written = gdal::Dataset::open(&path).unwrap();
    let band = written.rasterband(1).unwrap();
    let number = |key: &str| -> usize {
        let item = band
            .metadata_item(&format!("{key}_{col}_{row}"), "TIFF")
            .unwrap();
        item.parse().unwrap()
    };
    let (offset, length) = (number("BLOCK_OFFSET"), number("BLOCK_SIZE"));
    let mut bytes = fs_err::read(&path).unwrap();
    bytes[offset..offset + length].fill(0x5a);
    fs_err::remove_file(&path).unwrap();
    fs_err::write(plain, bytes).unwrap();
}

#[test]
fn a_damaged_block_costs_its_tiles_and_the_rest_is_scanned() {
    let dir = tempdir().unwrap();
    // One plot at either end, one in the block that is damaged.
    let scene = Scene::utm(50, 0.05)
        .size(640, 320)
        .plot([20, 20, 40, 40], POPPY)
        .plot([330, 140, 40, 40], POPPY)
        .plot([570, 250, 40, 40], POPPY);
    scene.save(dir.path(), "a.tif");
    damage(dir.path(), "a.tif", (5, 2));
    ModelKit::segmenter().save(dir.path(), "m");
    let done = tianmu(dir.path(), "scan a.tif -m m -o s.csv", &[]).expect(3);
    let record = json_file(&dir.path().join("s.csv.run.json"));
    let unreadable = record["counts"]["unreadable"].as_u64().unwrap();
    assert!((4..=9).contains(&unreadable), "{unreadable}");
    assert_eq!(record["sites_by_class"][0], serde_json::json!(["poppy", 2]));
    // What could not be read is no covered ground.
    let covered = record["images"][0]["covered_m2"].as_f64().unwrap();
    let whole = 640.0 * 320.0 * 0.05 * 0.05;
    assert!(
        covered < whole - 64.0 * 64.0 * 0.05 * 0.05 && covered > 0.8 * whole,
        "{covered}"
    );
    let warning = record["images"][0]["warnings"][0].as_str().unwrap();
    assert!(
        warning.starts_with(&format!("could not be read in {unreadable} of ")),
        "{warning}"
    );
    assert!(
        warning.contains("the first: cannot read `a.tif` at columns"),
        "{warning}"
    );
    assert!(
        done.out
            .contains(&format!("; {unreadable} tiles could not be read")),
        "{}",
        done.out
    );
    assert!(done.err.contains("could not be read in"), "{}", done.err);
}

#[test]
fn damage_costs_neither_pictures_nor_chips_of_other_places() {
    let dir = tempdir().unwrap();
    let pixels = Pixels::Uint16 {
        gain: 200.0,
        offset: 900.0,
    };
    // The first plot lies beside the damage: found, but its surroundings cannot be read.
    let scene = Scene::utm(50, 0.05)
        .size(640, 320)
        .pixels(pixels)
        .plot([258, 140, 20, 40], POPPY)
        .plot([570, 250, 40, 40], POPPY);
    scene.save(dir.path(), "a.tif");
    damage(dir.path(), "a.tif", (5, 2));
    ModelKit::segmenter()
        .set("tianmu:tile_size", 64)
        .set("tianmu:overlap_px", 0)
        .save(dir.path(), "m");
    let words =
        "scan a.tif -m m -o s.csv --thumbs t --chips c --chip-size 128 --chips-background 2";
    let done = tianmu(dir.path(), words, &[]).expect(3);
    assert!(
        done.err.contains("1 pictures are missing in `t`"),
        "{}",
        done.err
    );
    let told = "training chips: 1 sites have none, as the images cannot be read there";
    assert!(done.out.contains(told), "{}", done.out);
    assert_eq!(files_in(&dir.path().join("t")).len(), 1);
    let record = json_file(&dir.path().join("s.csv.run.json"));
    assert_eq!(record["chips"]["with_sites"], 1);
    assert_eq!(record["chips"]["unreadable"], 1);
    assert!(record["images"][0]["stretch"].is_object());
}

#[test]
fn an_image_of_which_nothing_can_be_read_fails() {
    let dir = tempdir().unwrap();
    Scene::utm(50, 0.05).size(64, 64).save(dir.path(), "a.tif");
    damage(dir.path(), "a.tif", (0, 0));
    ModelKit::segmenter().save(dir.path(), "m");
    let done = tianmu(dir.path(), "scan a.tif -m m -o s.csv", &[]).expect(3);
    assert!(done.err.contains("cannot read `a.tif`"), "{}", done.err);
    assert!(!dir.path().join("s.csv").exists());
}

/// Runs the program with files limited to so many KiB, as on a disk that is full.
#[cfg(unix)]
fn with_little_room(folder: &Path, words: &str, kib: u32) -> (Option<i32>, String) {
    let program = env!("CARGO_BIN_EXE_tianmu");
    let script = format!("trap '' XFSZ; ulimit -f {kib}; exec {program} {words}");
    let done = Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder)
        .output()
        .unwrap();
    (done.status.code(), String::from_utf8(done.stderr).unwrap())
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_named_and_nothing_is_half_written() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    let words = "a.tif b.tif -m seg";
    let wanted = unbroken(dir.path(), words, "whole");
    for kib in [1, 4, 16, 64, 100] {
        let name = format!("full{kib}");
        let scan = scan_into(dir.path(), words, &name) + " -q";
        let (code, told) = with_little_room(dir.path(), &scan, kib);
        let own = dir.path().join(&name);
        let left = files_in(&own);
        if code == Some(0) {
            continue;
        }
        assert_eq!(code, Some(1), "{kib} KiB: {told}");
        assert!(
            told.contains("cannot write `") && told.contains("hint: check free space"),
            "{told}"
        );
        assert!(
            left.iter().all(|f| f == "s.gpkg.resume"),
            "{kib} KiB: {left:?}"
        );
        tianmu(dir.path(), &scan, &[]).expect(0);
        same(
            &bytes_of(dir.path(), &name),
            &wanted,
            &format!("after {kib} KiB"),
        );
    }
    let (code, _) = with_little_room(dir.path(), "scan a.tif -m seg -o s.gpkg -q", 4);
    assert_eq!(code, Some(1));
}

/// A scan that takes a while, with some rows done.
fn long_scan(folder: &Path) -> Child {
    Scene::utm(50, 0.05)
        .size(4000, 4000)
        .plot([1000, 3900, 60, 60], POPPY)
        .save(folder, "a.tif");
    ModelKit::segmenter().blur(6).save(folder, "m");
    let mut child = begin(folder, "scan a.tif -m m -o s.csv --workers 2");
    let kept = || fs_err::metadata(folder.join("s.csv.resume")).map_or(0, |f| f.len());
    while kept() < 4000 {
        assert!(child.try_wait().unwrap().is_none(), "done too soon");
        std::thread::sleep(Duration::from_millis(2));
    }
    child
}

#[cfg(unix)]
#[test]
fn a_request_to_end_is_followed_soon_and_keeps_what_is_done() {
    let dir = tempdir().unwrap();
    let child = long_scan(dir.path());
    let asked = Instant::now();
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    let ended = child.wait_with_output().unwrap();
    assert!(
        asked.elapsed() < Duration::from_secs(2),
        "{:?}",
        asked.elapsed()
    );
    let told = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(1), "{told}");
    assert!(
        told.contains("the same command goes on where it stopped"),
        "{told}"
    );
    assert_eq!(files_in(dir.path()), ["a.tif", "m", "s.csv.resume"]);
}

#[cfg(unix)]
#[test]
fn a_file_that_is_cut_short_on_the_way_is_told() {
    let dir = tempdir().unwrap();
    let child = long_scan(dir.path());
    let file = fs_err::OpenOptions::new()
        .write(true)
        .open(dir.path().join("a.tif"))
        .unwrap();
    file.set_len(1000).unwrap();
    let ended = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(3), "{told}");
    assert!(told.contains("could not be read in"), "{told}");
    assert!(told.contains("was changed while it was scanned"), "{told}");
    let record = json_file(&dir.path().join("s.csv.run.json"));
    assert!(record["counts"]["unreadable"].as_u64().unwrap() > 0);
    assert!(record["counts"]["inferred"].as_u64().unwrap() > 0);
}

#[test]
fn a_fault_in_a_worker_costs_its_image_only() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    let words = scan_into(dir.path(), "a.tif b.tif -m seg", "out");
    // Only programs built for tests know this variable.
    let done = tianmu(dir.path(), &words, &[("TIANMU_TEST_PANIC", "a.tif:2")]).expect(3);
    assert!(
        done.err
            .contains("a part of the program stopped: asked to by TIANMU_TEST_PANIC"),
        "{}",
        done.err
    );
    let record = json_file(&dir.path().join("out/s.gpkg.run.json"));
    assert_eq!(record["failures"].as_array().unwrap().len(), 1);
    assert!(record["images"][1]["sites"].as_u64().unwrap() > 0);
    assert_eq!(bytes_of(dir.path(), "out").len(), FILES.len());
}

#[test]
fn short_memory_costs_workers_not_sites() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    let wanted = unbroken(dir.path(), "a.tif b.tif -m seg --workers 4", "whole");
    let workers = |name: &str| {
        let record = json_file(&dir.path().join(name).join("s.gpkg.run.json"));
        let images = record["images"].as_array().unwrap();
        let of = |image: &serde_json::Value| image["workers"].as_u64().unwrap();
        images.iter().map(of).collect::<Vec<_>>()
    };
    let scan = |name: &str, mib: u64| {
        let words = scan_into(dir.path(), "a.tif b.tif -m seg --workers 4", name);
        let free = (mib << 20).to_string();
        let done = tianmu(dir.path(), &words, &[("TIANMU_TEST_FREE_MEMORY", &free)]).expect(0);
        same(&bytes_of(dir.path(), name), &wanted, &free);
        done.err
    };
    assert_eq!(workers("whole"), [4, 4]);
    let told = scan("roomy", 4096);
    assert!(!told.contains("workers"), "{told}");
    assert_eq!(workers("roomy"), [4, 4]);
    // Blocks alone take 64 MiB.
    let told = scan("short", 60);
    assert!(
        told.contains("`a.tif` may not fit into memory: one worker needs about"),
        "{told}"
    );
    assert_eq!(workers("short"), [1, 1]);
}
