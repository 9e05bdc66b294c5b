//! What a scan finds and covers: the types that leave the pipeline.

use crate::georef::Window;
use geo::{MultiPolygon, Point};

/// A place on the map where the model suspects a crop; a lead, never "confirmed".
#[derive(Debug, Clone, PartialEq)]
pub struct CandidateSite {
    /// Unique within the run.
    pub site_id: String,
    /// The class with the strongest evidence.
    pub class: String,
    /// Mean score of its cells, 0 to 1; a probability where the model has a calibration.
    pub prob: f64,
    /// Highest score of its cells, 0 to 1.
    pub prob_max: f64,
    /// Mean probability of each class.
    pub evidence: Vec<(String, f64)>,
    /// Its true parts, WGS 84 longitude and latitude.
    pub outline: MultiPolygon<f64>,
    /// A point inside its largest part, WGS 84 longitude and latitude.
    pub point: Point<f64>,
    /// The point's x in the source frame.
    pub map_x: f64,
    /// The point's y in the source frame.
    pub map_y: f64,
    /// The source frame: a code, or a name.
    pub map_crs: String,
    /// How far the point may lie from the truth, in metres.
    pub pos_err_m: f64,
    /// Area of all its parts on the ellipsoid, in square metres.
    pub area_m2: f64,
    /// How many detections were fused into it.
    pub n_detections: u32,
    /// The images that show it.
    pub src_image: Vec<String>,
    /// SHA-256 of each image, in hexadecimal.
    pub src_sha256: Vec<String>,
    /// When each image was taken, ISO 8601; empty where unknown.
    pub capture_time: Vec<String>,
    /// Ground sample distance in centimetres, of the finest image.
    pub gsd_cm: f64,
    /// The tiles it was found in.
    pub tile_ids: Vec<String>,
    /// Where it stands in the work: `candidate` when a scan makes it.
    pub status: String,
    /// Where it was found in the image whose outline it has; not written to files.
    pub source: SourceWindow,
    /// Where its picture is cut from, if another image shows it more sharply; not written to files.
    pub picture: Option<SourceWindow>,
    /// Its outline as further images of the run show it; not written to files.
    pub seen_in: Vec<SeenIn>,
    /// How many photos show it; `None` where the run had none, or did not join them.
    pub views: Option<Views>,
}

impl CandidateSite {
    /// Where its picture is cut from.
    #[must_use]
    pub fn shown(&self) -> &SourceWindow {
        self.picture.as_ref().unwrap_or(&self.source)
    }

    /// Its outline as an image of the run shows it, WGS 84; `None` where it was not found in
    /// that image.
    #[must_use]
    pub fn outline_in(&self, image: usize) -> Option<&MultiPolygon<f64>> {
        if self.source.image == image {
            return Some(&self.outline);
        }
        let seen = self.seen_in.iter().find(|s| s.image == image);
        seen.map(|s| &s.outline)
    }
}

/// In how many of the photos of a run that could see a site it was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Views {
    /// Photos in which it was found.
    pub seen: u32,
    /// Photos that could see it: its point lies in their usable part, on ground that was looked at.
    /// Those in which it was found are among them.
    pub could: u32,
}

/// The outline of a site in an image that does not show it best.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenIn {
    /// The image's place in the list of the run.
    pub image: usize,
    /// WGS 84 longitude and latitude.
    pub outline: MultiPolygon<f64>,
}

/// The place of a site in the image that shows it best.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceWindow {
    /// The image's place in the list of the run.
    pub image: usize,
    /// Its bounds in raster pixels.
    pub window: Window,
}

/// Ground that was really looked at in one image.
#[derive(Debug, Clone, PartialEq)]
pub struct Coverage {
    /// The image.
    pub image: String,
    /// When it was taken, ISO 8601; empty where unknown.
    pub capture_time: String,
    /// Ground sample distance in centimetres.
    pub gsd_cm: f64,
    /// Area on the ellipsoid, in square metres.
    pub area_m2: f64,
    /// Where, WGS 84 longitude and latitude.
    pub outline: MultiPolygon<f64>,
}

/// What is known of a run, for the files it writes. Nothing here depends on
/// workers, paths or the clock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunFacts {
    /// The plan's date, ISO 8601 in UTC such as `2026-05-04T00:00:00.000Z`.
    pub plan_date: String,
    /// Facts in the order they are shown: `run_id`, `model`, `model_sha256`,
    /// settings, counts, statements…
    pub facts: Vec<(String, String)>,
}

/// The fact that says how many photos were looked at; runs without photos do not have it.
pub(super) const PHOTOS: &str = "photos";

impl RunFacts {
    /// A fact by its key; empty where there is none.
    #[must_use]
    pub fn get(&self, key: &str) -> &str {
        self.facts
            .iter()
            .find(|(k, _)| k == key)
            .map_or("", |(_, v)| v)
    }
}

/// A square site of about 4 m at 30 degrees north.
#[cfg(test)]
pub(crate) fn example(class: &str, lon: f64, image: &str) -> CandidateSite {
    let (lat, half) = (30.0, 2e-5);
    let corner = |x: f64, y: f64| geo::Coord {
        x: lon + x * half,
        y: lat + y * half,
    };
    CandidateSite {
        site_id: image.into(),
        class: class.into(),
        prob: 0.9,
        prob_max: 0.9,
        evidence: vec![],
        outline: geo::Rect::new(corner(-1.0, -1.0), corner(1.0, 1.0))
            .to_polygon()
            .into(),
        point: Point::new(lon, lat),
        map_x: lon,
        map_y: lat,
        map_crs: "EPSG:4326".into(),
        pos_err_m: 2.0,
        area_m2: 17.0,
        n_detections: 1,
        src_image: vec![image.into()],
        src_sha256: vec![String::new()],
        capture_time: vec![String::new()],
        gsd_cm: 2.5,
        tile_ids: vec![],
        status: "candidate".into(),
        source: SourceWindow {
            image: 0,
            window: Window {
                col_off: 0,
                row_off: 0,
                width: 1,
                height: 1,
            },
        },
        picture: None,
        seen_in: vec![],
        views: None,
    }
}
