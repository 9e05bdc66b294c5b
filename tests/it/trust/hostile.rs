//! Files made to do harm, or that look like it: each is refused with a clear message, soon, and
//! with little memory.

use super::prepare;
use crate::support::{ModelKit, POPPY, Scene, files_in, json_file, tianmu};
use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::tempdir;

/// The program must refuse it within some seconds, with these words.
#[track_caller]
fn refused(folder: &Path, words: &str, wanted: &str) {
    let start = Instant::now();
    let words = words.replace("-o s.csv", "-o s.csv --overwrite");
    let done = tianmu(folder, &words, &[]);
    assert!(
        matches!(done.code, 1..=3),
        "{words}: {} {}",
        done.code,
        done.err
    );
    assert!(done.err.contains(wanted), "{words}: {}", done.err);
    assert!(done.err.contains("hint: "), "{words}: {}", done.err);
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{words}: {:?}",
        start.elapsed()
    );
}

fn mosaic(size: u32, source: &str) -> String {
    let mut bands = String::new();
    for band in 1..=3 {
        let _ = write!(
            bands,
            "<VRTRasterBand dataType=\"Byte\" band=\"{band}\"><SimpleSource>\
             <SourceFilename relativeToVRT=\"1\">{source}</SourceFilename><SourceBand>{band}</SourceBand>\
             </SimpleSource></VRTRasterBand>"
        );
    }
    format!(
        "<VRTDataset rasterXSize=\"{size}\" rasterYSize=\"{size}\"><SRS>EPSG:32650</SRS>\
         <GeoTransform>412345, 0.05, 0, 2890123, 0, -0.05</GeoTransform>{bands}</VRTDataset>"
    )
}

/// A TIFF of a few bytes that says it has so many columns and rows, in one strip.
fn tiny_tiff(size: u32) -> Vec<u8> {
    let entries: [(u16, u16, u32); 9] = [
        (256, 4, size),
        (257, 4, size),
        (258, 3, 8),
        (259, 3, 1),
        (262, 3, 1),
        (273, 4, 8),
        (277, 3, 1),
        (278, 4, size),
        (279, 4, 4),
    ];
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    bytes.extend(u16::try_from(entries.len()).unwrap().to_le_bytes());
    for (tag, kind, value) in entries {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(1_u32.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend([0; 4]);
    bytes
}

#[test]
fn pixels_without_end_are_refused_before_any_work() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    let most = i32::MAX.unsigned_abs();
    fs_err::write(dir.path().join("huge.vrt"), mosaic(most, "a.tif")).unwrap();
    refused(
        dir.path(),
        "scan huge.vrt -m seg -o s.csv",
        "`huge.vrt` has 2147483647 × 2147483647 pixels",
    );
    fs_err::write(dir.path().join("huge.tif"), tiny_tiff(most)).unwrap();
    fs_err::write(
        dir.path().join("huge.tfw"),
        "0.05\n0\n0\n-0.05\n412345\n2890123\n",
    )
    .unwrap();
    refused(
        dir.path(),
        "scan huge.tif -m seg --bands 1,1,1 --assume-crs EPSG:32650 -o s.csv",
        "huge.tif`",
    );
    refused(
        dir.path(),
        "inspect huge.tif seg --assume-crs EPSG:32650",
        "huge.tif`",
    );
    // Many tiles, but not too many: whatever it says it has cannot be read.
    fs_err::write(dir.path().join("large.tif"), tiny_tiff(60_000)).unwrap();
    fs_err::write(
        dir.path().join("large.tfw"),
        "0.05\n0\n0\n-0.05\n412345\n2890123\n",
    )
    .unwrap();
    refused(
        dir.path(),
        "scan large.tif -m seg --bands 1,1,1 --assume-crs EPSG:32650 -o s.csv",
        "large.tif`",
    );
    assert!(!files_in(dir.path()).iter().any(|f| f == "s.csv"));
}

#[test]
fn mosaics_that_lead_away_or_round_in_circles_are_refused() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    let write = |name: &str, source: &str| {
        fs_err::write(dir.path().join(name), mosaic(520, source)).unwrap();
    };
    write("self.vrt", "self.vrt");
    refused(
        dir.path(),
        "scan self.vrt -m seg -o s.csv",
        "goes round in a circle",
    );
    write("one.vrt", "two.vrt");
    write("two.vrt", "one.vrt");
    refused(
        dir.path(),
        "scan one.vrt -m seg -o s.csv",
        "goes round in a circle",
    );
    write("away.vrt", "/vsicurl/http://127.0.0.1:9/a.tif");
    refused(
        dir.path(),
        "scan away.vrt -m seg -o s.csv",
        "leads to `/vsicurl/http://127.0.0.1:9/a.tif` on a network",
    );
    refused(dir.path(), "inspect away.vrt", "on a network");
    write("secret.vrt", "../../../../../../etc/passwd");
    refused(dir.path(), "scan secret.vrt -m seg -o s.csv", "secret.vrt");
}

#[test]
fn an_area_that_leads_away_is_refused() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    let area = dir.path().join("area.vrt");
    let layers = |source: &str| {
        let layer = format!(
            "<OGRVRTDataSource><OGRVRTLayer name=\"a\"><SrcDataSource relativeToVRT=\"1\">{source}\
             </SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
        );
        fs_err::write(&area, layer).unwrap();
    };
    layers("/vsicurl/http://127.0.0.1:9/a.gpkg");
    let words = "scan a.tif -m seg --aoi area.vrt -o s.csv";
    refused(dir.path(), words, "on a network");
    layers("area.vrt");
    refused(dir.path(), words, "goes round in a circle");
    let catalogue = r#"{"type":"Feature","stac_version":"1.0.0","assets":{"a":{"href":"http://127.0.0.1:9/a.tif"}}}"#;
    fs_err::write(dir.path().join("item.json"), catalogue).unwrap();
    refused(dir.path(), "scan item.json -m seg -o s.csv", "on a network");
}

#[cfg(unix)]
#[test]
fn names_are_names_whatever_they_say() {
    let dir = tempdir().unwrap();
    ModelKit::segmenter().save(dir.path(), "m");
    let image = "=cmd|' calc'!A0\n<b>&.tif";
    Scene::utm(50, 0.05)
        .plot([40, 30, 40, 40], POPPY)
        .save(dir.path(), image);
    // The test's own helper cuts words at spaces.
    let run = |output: &str| {
        let done = Command::new(env!("CARGO_BIN_EXE_tianmu"))
            .args(["scan", image, "-m", "m", "-q", "-o", output])
            .current_dir(dir.path())
            .output()
            .unwrap();
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
    };
    for output in ["s.gpkg", "s.geojson", "s.csv"] {
        run(output);
    }
    let geojson = json_file(&dir.path().join("s.geojson"));
    assert_eq!(geojson["features"][0]["properties"]["src_image"], image);
    let text = fs_err::read_to_string(dir.path().join("s.csv")).unwrap();
    let mut rows = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let at = rows
        .headers()
        .unwrap()
        .iter()
        .position(|name| name == "src_image")
        .unwrap();
    let row = rows.records().next().unwrap().unwrap();
    // A spreadsheet would run what begins like a formula.
    assert_eq!(&row[at], format!("'{image}"));
    // A class may be named like a way out of a folder; pictures are named by site.
    let kit = ModelKit::segmenter().set("tianmu:background", serde_json::json!(["background"]));
    kit.save(dir.path(), "other");
    let done = tianmu(
        dir.path(),
        "scan s.gpkg -m other -o t.csv --class-names background,../../up,/etc/x",
        &[],
    );
    assert_ne!(done.code, 0);
}
