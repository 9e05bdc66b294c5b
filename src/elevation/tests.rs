//! Elevation models whose heights are known in closed form.

use super::*;
use crate::pipeline::acquire::testing::Made;
use tempfile::TempDir;

const SIZE: (usize, usize) = (300, 280);

/// A model in the hills around 101.63 east, 24.75 north: EPSG:4543, metres.
const METRES: [f64; 6] = [462_000.0, 10.0, 0.0, 2_740_000.0, 0.0, -10.0];

fn plane(z: impl Fn(f64, f64) -> f64, transform: [f64; 6]) -> Vec<f32> {
    let values = (0..SIZE.1).flat_map(|row| (0..SIZE.0).map(move |col| (col, row)));
    values
        .map(|(col, row)| {
            let middle = |n: usize| f64::from(u32::try_from(n).unwrap()) + 0.5;
            let t = crate::georef::GeoTransform(transform);
            let (x, y) = t.pixel_to_map(middle(col), middle(row));
            #[expect(clippy::cast_possible_truncation, reason = "heights of a test")]
            let z = z(x, y) as f32;
            z
        })
        .collect()
}

fn written(
    values: Vec<f32>,
    transform: [f64; 6],
    crs: &str,
    nodata: Option<f64>,
) -> (TempDir, Elevation) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dem.tif");
    let made = Made {
        size: SIZE,
        bands: vec![values],
        transform,
        crs: Some(crs),
        nodata,
    };
    made.write(&path);
    let elevation = Elevation::open(&path).unwrap();
    (folder, elevation)
}

fn place(x: f64, y: f64) -> (f64, f64) {
    crate::georef::Crs::parse("EPSG:4543")
        .unwrap()
        .to_wgs84()
        .unwrap()
        .point(x, y)
        .unwrap()
}

#[test]
fn a_plane_in_metres_gives_its_heights_and_its_slope() {
    let z = |x: f64, y: f64| 1500.0 + (x - 463_500.0) * 0.3 + (y - 2_738_500.0) * 0.4;
    let (_folder, elevation) = written(plane(z, METRES), METRES, "EPSG:4543", None);
    for (x, y) in [
        (463_500.0, 2_738_500.0),
        (462_017.3, 2_739_981.9),
        (464_980.0, 2_737_215.0),
    ] {
        let (lon, lat) = place(x, y);
        let height = elevation.height(lon, lat).unwrap();
        assert!((height - z(x, y)).abs() < 0.01, "{height} at {x} {y}");
        let slope = elevation.slope_deg(lon, lat).unwrap();
        // A rise of 0.5; the ground is 0.002 % shorter than the map here.
        assert!(
            (slope - 0.5_f64.atan().to_degrees()).abs() < 2e-3,
            "{slope}"
        );
    }
    let (lon, lat) = place(462_001.0, 2_739_999.0);
    assert!((elevation.height(lon, lat).unwrap() - z(462_005.0, 2_739_995.0)).abs() < 0.01);
    assert_eq!(elevation.slope_deg(lon, lat), None);
    let (lon, lat) = place(461_990.0, 2_739_000.0);
    assert_eq!(elevation.height(lon, lat), None);
    assert_eq!(elevation.height(0.0, 0.0), None);
    assert_eq!(elevation.height(f64::NAN, 24.0), None);
    assert_eq!(elevation.damage(), None);
}

#[test]
fn degrees_are_measured_on_the_ground() {
    // A rise of one metre a pixel of 1″ to the east only, at 33° north, where 1″ of longitude is
    // 25.9592 m (pyproj 3.7.2: `Geod(ellps="WGS84").inv` over 1″), and to the north only, where 1″
    // of latitude is 30.8068 m.
    let second = 1.0 / 3600.0;
    let transform = [104.0, second, 0.0, 33.0 + 140.0 * second, 0.0, -second];
    for (per_lon, per_lat, metres) in [(3600.0, 0.0, 25.9592), (0.0, 3600.0, 30.8068)] {
        let z = |x: f64, y: f64| 1000.0 + (x - 104.0) * per_lon + (y - 33.0) * per_lat;
        let (_folder, elevation) = written(plane(z, transform), transform, "EPSG:4490", None);
        let slope = elevation.slope_deg(104.04, 33.0).unwrap();
        let expected = (1.0_f64 / metres).atan().to_degrees();
        assert!(
            (slope - expected).abs() < 2e-3,
            "{slope}, wanted {expected}"
        );
        let height = elevation.height(104.0512, 33.0123).unwrap();
        assert!((height - z(104.0512, 33.0123)).abs() < 0.01);
    }
}

#[test]
fn empty_pixels_give_none_and_do_not_bend_what_is_beside_them() {
    let mut values = plane(|_, _| 800.0, METRES);
    values[100 * SIZE.0 + 100] = -32_768.0;
    values[150 * SIZE.0 + 150] = f32::NAN;
    values[200 * SIZE.0 + 200] = -9999.0; // not marked as empty
    let (_folder, elevation) = written(values, METRES, "EPSG:4543", Some(-32_768.0));
    let middle = |col: f64, row: f64| place(METRES[0] + 10.0 * col, METRES[3] - 10.0 * row);
    for n in [100.5, 150.5, 200.5] {
        let (lon, lat) = middle(n, n);
        assert_eq!(elevation.height(lon, lat), None, "{n}");
        assert_eq!(elevation.slope_deg(lon, lat), None);
        let (lon, lat) = middle(n + 0.6, n);
        assert_eq!(elevation.height(lon, lat), None, "a quarter counts");
        let (lon, lat) = middle(n + 1.2, n);
        assert_eq!(elevation.height(lon, lat), Some(800.0));
    }
}

#[test]
fn whole_numbers_and_several_bands_are_read_from_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dem.tif");
    let made = Made::<i16> {
        size: (4, 4),
        bands: vec![vec![-20; 16], vec![500; 16]],
        transform: METRES,
        crs: Some("EPSG:4543"),
        nodata: Some(-32_768.0),
    };
    made.write(&path);
    let elevation = Elevation::open(&path).unwrap();
    let (lon, lat) = place(462_020.0, 2_739_980.0);
    assert_eq!(elevation.height(lon, lat), Some(-20.0));
    assert_eq!(elevation.slope_deg(lon, lat), Some(0.0));
}

#[test]
fn contours_lie_at_their_heights_and_their_step_follows_the_relief() {
    let z = |x: f64, y: f64| 1500.0 + (x - 463_500.0) * 0.06 + (y - 2_738_500.0) * 0.08;
    let (_folder, elevation) = written(plane(z, METRES), METRES, "EPSG:4543", None);
    let (lon, lat) = place(463_503.0, 2_738_504.0);
    let lines = elevation.contours_by_relief(Point::new(lon, lat), 500.0);
    // From corner to corner 140 m: every 20 m, and the corners themselves lie between.
    let levels: Vec<f64> = lines.iter().map(|(level, _)| *level).collect();
    assert_eq!(
        levels,
        [1440.0, 1460.0, 1480.0, 1500.0, 1520.0, 1540.0, 1560.0]
    );
    let frame = LocalMetres::around(Point::new(lon, lat));
    for (level, line) in &lines {
        for c in &line.0 {
            let there = frame.place(Point::from(*c));
            let height = elevation.height(there.x(), there.y()).unwrap();
            assert!((height - level).abs() < 0.05, "{height} on {level}");
        }
    }
    assert_eq!(
        elevation.contours(Point::new(lon, lat), 500.0, 50.0).len(),
        3
    );
    assert!(
        elevation
            .contours(Point::new(0.0, 0.0), 500.0, 50.0)
            .is_empty()
    );
    let steps = [0.0, 39.0, 41.0, 159.0, 161.0].map(|relief| contour_step_m(relief).to_string());
    assert_eq!(steps, ["5", "5", "10", "20", "50"]);
}

#[test]
fn what_is_no_elevation_model_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.tif");
    let error = Elevation::open(&missing).err().unwrap();
    assert!(error.to_string().contains("missing.tif"), "{error}");
    let text = folder.path().join("note.txt");
    fs_err::write(&text, "not a raster").unwrap();
    let error = Elevation::open(&text).err().unwrap();
    assert!(matches!(error, Error::OpenRaster { .. }), "{error}");
    let bare = folder.path().join("bare.tif");
    let made = Made::<f32> {
        size: (4, 4),
        bands: vec![vec![1.0; 16]],
        transform: METRES,
        crs: None,
        nodata: None,
    };
    made.write(&bare);
    let error = Elevation::open(&bare).err().unwrap();
    assert!(
        error.to_string().contains("no coordinate reference system"),
        "{error}"
    );
    assert!(error.hint().contains("gdal_edit.py"));
}
