//! Rasters in all the ways in which they may lie, painted by what lies where on the ground.

use super::{Cut, Picture, Pictures, Scene, Wanted};
use crate::georef::{Crs, GeoTransform, LocalMetres};
use crate::pipeline::acquire::AcquireOptions;
use crate::pipeline::acquire::testing::Made;
use geo::{Coord, MapCoords, MultiPolygon, Point, Polygon};
use std::path::{Path, PathBuf};

/// Half a degree off the central meridian of EPSG:4543, in the hills.
pub(super) const PLACE: (f64, f64) = (101.6367, 24.7548);

/// What lies where on the ground: red 8 m east and 5 m north of the point, else green.
pub(super) fn color(metres: Coord<f64>) -> [u8; 3] {
    if (metres.x - 8.0).hypot(metres.y - 5.0) < 1.5 {
        [250, 0, 0]
    } else {
        [40, 120, 60]
    }
}

/// A way in which a raster may lie: 70 m around the place.
pub(super) struct Lie {
    pub(super) crs: &'static str,
    /// Map units along a column and along a row.
    pub(super) col: (f64, f64),
    pub(super) row: (f64, f64),
    pub(super) pixels: u32,
}

pub(super) const LIES: [Lie; 6] = [
    Lie {
        crs: "EPSG:4543",
        col: (0.1, 0.0),
        row: (0.0, -0.1),
        pixels: 700,
    },
    // North is to the left below.
    Lie {
        crs: "EPSG:4543",
        col: (-0.06, 0.08),
        row: (0.08, 0.06),
        pixels: 700,
    },
    // Rows go up.
    Lie {
        crs: "EPSG:4543",
        col: (0.1, 0.0),
        row: (0.0, 0.1),
        pixels: 700,
    },
    Lie {
        crs: "EPSG:4490",
        col: (1e-6, 0.0),
        row: (0.0, -1e-6),
        pixels: 700,
    },
    Lie {
        crs: "EPSG:3857",
        col: (0.1, 0.0),
        row: (0.0, -0.1),
        pixels: 770,
    },
    // Pixels twice as long as broad, askew.
    Lie {
        crs: "EPSG:4543",
        col: (0.14, 0.0),
        row: (0.03, -0.07),
        pixels: 1000,
    },
];

impl Lie {
    pub(super) fn transform(&self) -> GeoTransform {
        let crs = Crs::parse(self.crs).unwrap();
        let (x, y) = crs.wgs84_to_map().unwrap().point(PLACE.0, PLACE.1).unwrap();
        let half = f64::from(self.pixels) / 2.0;
        // The point lies somewhere within a pixel.
        let half = half + 0.3;
        GeoTransform([
            x - half * (self.col.0 + self.row.0),
            self.col.0,
            self.row.0,
            y - half * (self.col.1 + self.row.1),
            self.col.1,
            self.row.1,
        ])
    }

    pub(super) fn write(&self, path: &Path) {
        let transform = self.transform();
        let n = self.pixels;
        let (mut lons, mut lats): (Vec<f64>, Vec<f64>) = (0..n)
            .flat_map(|row| (0..n).map(move |col| (f64::from(col) + 0.5, f64::from(row) + 0.5)))
            .map(|(col, row)| transform.pixel_to_map(col, row))
            .unzip();
        let to_wgs84 = Crs::parse(self.crs).unwrap().to_wgs84().unwrap();
        to_wgs84.apply(&mut lons, &mut lats).unwrap();
        let frame = LocalMetres::around(PLACE.into());
        let colors: Vec<[u8; 3]> = lons
            .into_iter()
            .zip(lats)
            .map(|(x, y)| color(frame.coord(Coord { x, y })))
            .collect();
        let band = |b: usize| colors.iter().map(|c| c[b]).collect();
        Made::<u8> {
            size: (n as usize, n as usize),
            bands: vec![band(0), band(1), band(2)],
            transform: transform.0,
            crs: Some(self.crs),
            nodata: None,
        }
        .write(path);
    }
}

/// A triangle of a site around the point, in metres.
pub(super) fn site_m() -> Polygon<f64> {
    Polygon::new(vec![(-4.0, -3.0), (5.0, -2.0), (0.5, 4.0)].into(), vec![])
}

pub(super) fn on_earth(metres: &Polygon<f64>) -> MultiPolygon<f64> {
    let frame = LocalMetres::around(PLACE.into());
    metres
        .map_coords(|c| frame.place(Point::from(c)).into())
        .into()
}

pub(super) fn wanted(scene: usize, number: u32, outline: MultiPolygon<f64>) -> Wanted {
    Wanted {
        site_id: format!("990101101201-2026R1-{number:04}"),
        is_earlier: false,
        point: PLACE.into(),
        outline,
        scene,
    }
}

pub(super) fn scene(path: PathBuf) -> Scene {
    Scene {
        path,
        sha256: String::new(),
        capture_time: "2026-04-20T10:30:00".into(),
        gsd_cm: 10.0,
    }
}

/// Pictures of one raster that a test wrote, in a folder of its own.
pub(super) fn pictures_of(write: impl FnOnce(&Path)) -> (tempfile::TempDir, Pictures) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scene.tif");
    write(&path);
    let staging = folder.path().join("staging");
    let pictures = Pictures::new(vec![scene(path)], &staging, &AcquireOptions::default()).unwrap();
    (folder, pictures)
}

pub(super) fn made(cut: Cut) -> Picture {
    match cut {
        Cut::Made(picture) => picture,
        Cut::Missing(missing) => panic!("{missing:?}"),
    }
}
