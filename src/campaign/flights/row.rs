//! A flight as a campaign keeps it.

use crate::campaign::coverage::{ExtraImage, median_gsd_cm};
use crate::digest::hash_of;
use crate::flight::coverage::track_length_m;
use crate::flight::record::iso;
use crate::flight::sorties::Sortie;
use crate::flight::survey::{FlightPhoto, Survey, area_m2, name_of};
use crate::georef::{geodesic_area_m2, union};
use crate::pipeline::report::Outline;
use geo::{Coord, LineString, MultiLineString, MultiPolygon, Polygon};
use std::path::{Path, PathBuf};

/// Hexadecimal digits of a flight's id: 64 bits, for some thousand flights of a round.
const ID_DIGITS: usize = 16;

/// A flight, with what its photos show.
#[derive(Debug, Clone, PartialEq)]
pub struct FlightRow {
    /// The start of the SHA-256 of camera, time and name of the first photo. Other photos do not
    /// matter, so that a flight of which more photos come in later stays one.
    pub flight_id: String,
    /// The first photo, ISO 8601 in the time of the camera; empty where unknown.
    pub begun: String,
    /// The last photo.
    pub ended: String,
    /// Who made the camera, and its model.
    pub camera: String,
    /// Photos; copies of others are left out.
    pub photos: usize,
    /// Of these, photos of which each pixel has a place.
    pub placed: usize,
    /// Of these, photos whose ground counts.
    pub counted: usize,
    /// The way of the camera over ground, in metres.
    pub track_m: f64,
    /// The ground that counts, each place once, in square metres on the ellipsoid.
    pub area_m2: f64,
    /// Median ground sample distance of photos that count, weighted by ground, in centimetres.
    pub gsd_cm: Option<f64>,
    /// The folder that holds all its photos.
    pub source: String,
    /// The way of the camera, WGS 84; empty where it has fewer than two places.
    pub track: MultiLineString<f64>,
    /// The ground that counts, WGS 84, 7 decimals.
    pub ground: MultiPolygon<f64>,
}

impl FlightRow {
    /// The flights of a survey, in the order of take-off.
    #[must_use]
    pub fn of(survey: &Survey) -> Vec<Self> {
        let sorties = survey.sorties.iter();
        sorties.map(|sortie| row(survey, sortie)).collect()
    }

    /// Its ground as if a model had looked at it; `None` where it has none.
    #[must_use]
    pub fn as_extra(&self) -> Option<ExtraImage> {
        (!self.ground.0.is_empty()).then(|| ExtraImage {
            outline: self.ground.clone(),
            gsd_cm: self.gsd_cm,
            capture_time: self.begun.clone(),
        })
    }
}

fn row(survey: &Survey, sortie: &Sortie) -> FlightRow {
    let all: Vec<&FlightPhoto> = sortie.photos.iter().map(|&at| &survey.photos[at]).collect();
    let count = |is_one: fn(&FlightPhoto) -> bool| {
        let own = all.iter().filter(|photo| photo.copy_of.is_none());
        own.filter(|photo| is_one(photo)).count()
    };
    let counted: Vec<(&FlightPhoto, &Polygon<f64>)> = all
        .iter()
        .filter(|photo| photo.against.is_empty())
        .filter_map(|photo| Some((*photo, photo.footprint.as_ref()?)))
        .collect();
    let sizes = counted.iter().filter_map(|(photo, footprint)| {
        let cm = photo.gsd?.mean_m() * 100.0;
        cm.is_finite().then(|| (cm, area_m2(footprint)))
    });
    let time = |photo: Option<&&FlightPhoto>| {
        let taken = photo.and_then(|photo| photo.tags.taken);
        taken.as_ref().map(iso).unwrap_or_default()
    };
    let ground = rounded(&union(counted.iter().map(|(_, footprint)| *footprint)));
    let mut places = survey.track(sortie);
    places.retain(|place| place.x().is_finite() && place.y().is_finite());
    places.dedup();
    let line: LineString<f64> = places.iter().copied().map(Coord::from).collect();
    FlightRow {
        flight_id: flight_id(sortie, &all),
        begun: time(all.first()),
        ended: time(all.last()),
        camera: sortie.camera.clone(),
        photos: count(|_| true),
        placed: count(|photo| photo.placed.view().is_some()),
        counted: counted.len(),
        track_m: hundredths(track_length_m(&places)),
        area_m2: hundredths(geodesic_area_m2(&ground)),
        gsd_cm: median_gsd_cm(sizes).map(hundredths),
        source: folder(&all),
        track: MultiLineString::new(if places.len() > 1 { vec![line] } else { vec![] }),
        ground,
    }
}

/// The id of a flight. Of photos taken at its first moment, as a camera of several lenses takes them,
/// the first by name counts, wherever they lie.
fn flight_id(sortie: &Sortie, photos: &[&FlightPhoto]) -> String {
    let first = photos.first().and_then(|photo| photo.tags.taken);
    let at_first = photos.iter().filter(|photo| photo.tags.taken == first);
    let name = at_first.map(|photo| name_of(&photo.tags.path)).min();
    let begun = first.as_ref().map(iso).unwrap_or_default();
    let said = serde_json::json!([sortie.camera, begun, name.unwrap_or_default()]);
    let mut id = hash_of(said.to_string());
    id.truncate(ID_DIGITS);
    id
}

/// The folder that holds all photos, as their paths say it.
fn folder(photos: &[&FlightPhoto]) -> String {
    let mut folders = photos.iter().filter_map(|photo| photo.tags.path.parent());
    let Some(first) = folders.next() else {
        return String::new();
    };
    let joint = folders.fold(first.to_path_buf(), |joint, next| common(&joint, next));
    joint.display().to_string()
}

fn common(one: &Path, other: &Path) -> PathBuf {
    let pairs = one.components().zip(other.components());
    let same = pairs.take_while(|(a, b)| a == b);
    same.map(|(component, _)| component).collect()
}

/// Ground with 7 decimals, valid; nothing where nothing is left.
fn rounded(ground: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    match ground.0.first().and_then(|part| part.exterior().0.first()) {
        Some(corner) => Outline::new(ground, (*corner).into()).parts,
        None => MultiPolygon::new(vec![]),
    }
}

fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0 + 0.0
}
