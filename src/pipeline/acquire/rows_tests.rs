//! Rows of tiles are what single windows are, and damage costs what lies on it.

use super::*;
use crate::pipeline::acquire::{AcquireOptions, open};
use gdal::DriverManager;
use gdal::raster::{Buffer, RasterCreationOptions};
use proptest::prelude::*;
use std::path::{Path, PathBuf};

const SIZE: (usize, usize) = (301, 97);

/// Noise in strips of so many rows, with holes: nodata 7, or an alpha band.
fn save<T: Sample + From<u8>>(
    folder: &Path,
    name: &str,
    strip: usize,
    bands: usize,
    nodata: bool,
) -> PathBuf {
    let path = folder.join(name);
    let block = format!("BLOCKYSIZE={strip}");
    let options: RasterCreationOptions = ["COMPRESS=LZW", "INTERLEAVE=PIXEL", &block]
        .into_iter()
        .collect();
    let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
    let mut file = driver
        .create_with_band_type_with_options::<T, _>(&path, SIZE.0, SIZE.1, bands, &options)
        .unwrap();
    file.set_geo_transform(&[500_000.0, 0.1, 0.0, 3_000_000.0, 0.0, -0.1])
        .unwrap();
    let crs = gdal::spatial_ref::SpatialRef::from_epsg(32650).unwrap();
    file.set_spatial_ref(&crs).unwrap();
    let mut state = 77_u32;
    for band in 1..=bands {
        let noise = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            u8::try_from(state >> 24).unwrap()
        });
        // Holes in some rows only, so that strips with and without follow one another.
        let values = noise.take(SIZE.0 * SIZE.1).enumerate().map(|(i, v)| {
            let hole = (i / SIZE.0 / 20) % 2 == 1 && v % 3 == 0;
            T::from(if hole && nodata { 7 } else { v.max(8) })
        });
        let mut buffer = Buffer::new(SIZE, values.collect());
        let mut plane = file.rasterband(band).unwrap();
        if nodata {
            plane.set_no_data_value(Some(7.0)).unwrap();
        }
        plane.write((0, 0), SIZE, &mut buffer).unwrap();
    }
    path
}

fn readers(path: &Path, bands: usize) -> (RasterReader, RowReader) {
    let raster = open(path, bands, &[], &AcquireOptions::default()).unwrap();
    assert!(Strips::of(&raster).is_some());
    (
        RasterReader::open(&raster).unwrap(),
        RowReader::open(&raster).unwrap(),
    )
}

fn window() -> impl Strategy<Value = Window> {
    let (width, height) = (301_u32, 97_u32);
    (0..width, 0..height, 1_u32..80, 1_u32..60).prop_map(move |(col_off, row_off, w, h)| Window {
        col_off,
        row_off,
        width: w.min(width - col_off),
        height: h.min(height - row_off),
    })
}

/// A row of tiles, as a scan asks for them, among windows in no order.
fn windows() -> impl Strategy<Value = Vec<Window>> {
    let row = (0_u32..60, 1_u32..30).prop_map(|(row_off, height)| {
        let tile = |i: u32| Window {
            col_off: i * 70,
            row_off,
            width: 80.min(301 - i * 70),
            height,
        };
        (0..4).map(tile).collect::<Vec<_>>()
    });
    let one = window().prop_map(|window| vec![window]);
    prop::collection::vec(prop_oneof![row, one], 1..8).prop_map(|all| all.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn rows_are_what_windows_are(windows in windows(), strip in 1_usize..40, kind in 0_usize..3) {
        let dir = tempfile::tempdir().unwrap();
        let path = match kind {
            0 => save::<u8>(dir.path(), "a.tif", strip, 3, true),
            1 => save::<u16>(dir.path(), "a.tif", strip, 4, false),
            _ => save::<f32>(dir.path(), "a.tif", strip, 2, true),
        };
        let (single, mut rows) = readers(&path, [3, 4, 2][kind]);
        let mut found = SourcePixels::default();
        for window in windows {
            rows.read_into(None, window, &mut found).unwrap();
            let wanted = single.read(None, window).unwrap();
            prop_assert_eq!((found.width, found.height), (wanted.width, wanted.height));
            prop_assert_eq!(&found.valid, &wanted.valid);
            prop_assert_eq!(format!("{:?}", found.samples), format!("{:?}", wanted.samples));
        }
    }
}

#[test]
fn damage_costs_the_windows_that_lie_on_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = save::<u8>(dir.path(), "a.tif", 8, 3, false);
    // Near the end of the file, where the last strips are.
    let mut bytes = fs_err::read(&path).unwrap();
    let at = bytes.len() - 3000;
    bytes[at..at + 1500].fill(0xff);
    fs_err::write(&path, &bytes).unwrap();
    let (single, mut rows) = readers(&path, 3);
    let (mut lost, mut read) = (0, 0);
    let mut found = SourcePixels::default();
    for row_off in 0..90 {
        for col_off in [0, 150] {
            let window = Window {
                col_off,
                row_off,
                width: 100,
                height: 6,
            };
            let wanted = single.read(None, window);
            let now = rows.read_into(None, window, &mut found);
            assert_eq!(now.is_ok(), wanted.is_ok(), "row {row_off}");
            match wanted {
                Ok(wanted) => {
                    read += 1;
                    assert_eq!(
                        format!("{:?}", found.samples),
                        format!("{:?}", wanted.samples)
                    );
                }
                Err(_) => lost += 1,
            }
        }
    }
    assert!(lost > 2 && read > 100, "{lost} lost, {read} read");
}
