//! A survey as a record for programs: each photo, each flight, the ground.

use super::coverage::{GroundSeen, TIMES};
use super::photo::{AttitudeSource, Rtk, TakenAt};
use super::place::{Missing, Placing};
use super::quality::Quality;
use super::survey::{Against, FlightPhoto, Survey, area_m2, name_of};
use super::view::FocalSource;
use crate::georef::m2_to_mu;
use chrono::NaiveDateTime;
use geo::Polygon;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Counts up when a reader would have to change.
pub const SCHEMA_VERSION: u32 = 1;

/// A photo.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "docs/flight.md says what each is")]
pub struct PhotoRecord {
    pub path: String,
    pub state: &'static str,
    pub problem: String,
    pub missing: Vec<Missing>,
    pub notes: Vec<String>,
    pub sortie: usize,
    pub camera: String,
    pub width: u32,
    pub height: u32,
    pub taken: String,
    pub lon: Option<f64>,
    pub lat: Option<f64>,
    pub relative_altitude_m: Option<f64>,
    pub absolute_altitude_m: Option<f64>,
    pub height_m: Option<f64>,
    pub above_ground_m: Option<f64>,
    pub yaw_deg: Option<f64>,
    pub pitch_deg: Option<f64>,
    pub roll_deg: Option<f64>,
    pub attitude_source: Option<AttitudeSource>,
    pub focal_px: Option<f64>,
    pub focal_source: Option<FocalSource>,
    pub distortion: bool,
    pub rtk: Option<Rtk>,
    pub gps_status: String,
    pub gsd_cm: Option<[f64; 2]>,
    pub pos_err_m: Option<f64>,
    pub pos_err_worst_m: Option<f64>,
    pub area_m2: Option<f64>,
    pub footprint: Option<Value>,
    pub counts: bool,
    pub against: Vec<Against>,
    pub in_season: Option<bool>,
    pub duplicate_of: Option<String>,
    pub quality: Option<Quality>,
    pub verdicts: Vec<String>,
}

/// A flight.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "docs/flight.md says what each is")]
pub struct SortieRecord {
    pub number: usize,
    pub camera: String,
    pub begun: String,
    pub ended: String,
    pub minutes: Option<f64>,
    pub photos: usize,
    pub placed: usize,
    pub counted: usize,
    pub track_m: f64,
    pub gsd_cm: Option<f64>,
    pub take_off_m: Option<f64>,
    pub take_off_from: Option<&'static str>,
}

/// A survey.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "docs/flight.md says what each is")]
pub struct SurveyRecord {
    pub schema_version: u32,
    pub photos: Vec<PhotoRecord>,
    pub failed: Vec<BTreeMap<&'static str, String>>,
    pub sorties: Vec<SortieRecord>,
    pub coverage: CoverageRecord,
}

/// The ground of a survey.
#[derive(Debug, Clone, Serialize)]
#[expect(missing_docs, reason = "docs/flight.md says what each is")]
pub struct CoverageRecord {
    pub photos: usize,
    pub area_m2: f64,
    pub area_mu: f64,
    pub sum_m2: f64,
    pub overlap: BTreeMap<String, f64>,
    pub overlap_cell_m: f64,
    pub gsd_cm: Option<f64>,
    pub days: Vec<String>,
}

impl SurveyRecord {
    /// The record of a survey.
    #[must_use]
    pub fn of(survey: &Survey) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            photos: survey
                .photos
                .iter()
                .map(|photo| photo_record(photo, survey))
                .collect(),
            failed: survey
                .failed
                .iter()
                .map(|(path, problem)| {
                    BTreeMap::from([
                        ("path", path.display().to_string()),
                        ("problem", problem.clone()),
                    ])
                })
                .collect(),
            sorties: sorties(survey),
            coverage: coverage(survey, &survey.seen),
        }
    }
}

/// A time as ISO 8601, with its offset where the file says it.
#[must_use]
pub fn iso(taken: &TakenAt) -> String {
    let local = iso_local(taken.local);
    match taken.offset {
        Some(offset) => format!("{local}{offset}"),
        None => local,
    }
}

/// A time without an offset, as ISO 8601.
fn iso_local(time: NaiveDateTime) -> String {
    time.to_string().replacen(' ', "T", 1)
}

/// A polygon without holes as `GeoJSON`, 9 decimals: a tenth of a millimetre.
fn geometry(polygon: &Polygon<f64>) -> Value {
    let decimals = |degrees: f64| (degrees * 1e9).round() / 1e9;
    let ring: Vec<[f64; 2]> = polygon
        .exterior()
        .coords()
        .map(|c| [decimals(c.x), decimals(c.y)])
        .collect();
    json!({"type": "Polygon", "coordinates": [ring]})
}

fn photo_record(photo: &FlightPhoto, survey: &Survey) -> PhotoRecord {
    let (tags, placed) = (&photo.tags, &photo.placed);
    let view = placed.view();
    let state = match placed.placing {
        Placing::View(_) => "placed",
        Placing::Point(_) => "point",
        Placing::Refused => "refused",
    };
    let attitude = tags.camera.map(|(attitude, _)| attitude);
    PhotoRecord {
        path: tags.path.display().to_string(),
        state,
        problem: problem(photo),
        missing: if state == "placed" {
            Vec::new()
        } else {
            placed.missing.clone()
        },
        notes: tags.notes.clone(),
        sortie: photo.sortie,
        camera: format!("{} {}", tags.make, tags.model).trim().to_owned(),
        width: tags.width,
        height: tags.height,
        taken: tags.taken.as_ref().map(iso).unwrap_or_default(),
        lon: tags.position.map(|p| p.0),
        lat: tags.position.map(|p| p.1),
        relative_altitude_m: tags.relative_altitude_m,
        absolute_altitude_m: tags.absolute_altitude_m,
        height_m: view.map(|view| view.pose().height_m),
        above_ground_m: view.and_then(|view| view.above_ground_m()),
        yaw_deg: attitude.map(|a| a.yaw_deg),
        pitch_deg: attitude.map(|a| a.pitch_deg),
        roll_deg: attitude.map(|a| a.roll_deg),
        attitude_source: tags.camera.map(|(_, source)| source),
        focal_px: view.map(|view| view.lens().focal_px.0),
        focal_source: view.map(|view| view.lens().source),
        distortion: view.is_some_and(|view| view.lens().has_distortion()),
        rtk: tags.rtk,
        gps_status: tags.gps_status.clone(),
        gsd_cm: photo.gsd.map(|gsd| [gsd.x_m * 100.0, gsd.y_m * 100.0]),
        pos_err_m: photo.pos_err_m.map(|(middle, _)| middle),
        pos_err_worst_m: photo.pos_err_m.map(|(_, worst)| worst),
        area_m2: photo.footprint.as_ref().map(area_m2),
        footprint: photo.footprint.as_ref().map(geometry),
        counts: photo.against.is_empty(),
        against: photo.against.clone(),
        in_season: photo.in_season,
        duplicate_of: photo
            .copy_of
            .as_ref()
            .map(|(at, _)| name_of(&survey.photos[*at].tags.path)),
        quality: photo.quality.clone(),
        verdicts: verdicts(photo),
    }
}

/// Why a photo cannot be placed, in one sentence; empty where it can.
#[must_use]
pub fn problem(photo: &FlightPhoto) -> String {
    let placed = &photo.placed;
    if placed.view().is_some() {
        return placed.problems.join("; ");
    }
    let missing: Vec<&str> = placed.missing.iter().map(|m| m.words()).collect();
    let missing = (!missing.is_empty()).then(|| format!("does not say {}", missing.join(", ")));
    let all: Vec<String> = missing.into_iter().chain(placed.problems.clone()).collect();
    all.join("; ")
}

/// Machine names of what is wrong with the picture.
fn verdicts(photo: &FlightPhoto) -> Vec<String> {
    let quality = photo.quality.iter().flat_map(|quality| &quality.verdicts);
    let mut names: Vec<String> = quality
        .map(|verdict| verdict.fault.word().name.to_owned())
        .collect();
    if photo.copy_of.is_some() {
        names.push("duplicate".into());
    }
    names
}

fn sorties(survey: &Survey) -> Vec<SortieRecord> {
    let with_datum = survey.sorties.iter().zip(&survey.datums);
    with_datum
        .map(|(sortie, datum)| {
            let own = || sortie.photos.iter().map(|&at| &survey.photos[at]);
            let count = |is_one: fn(&FlightPhoto) -> bool| own().filter(|p| is_one(p)).count();
            let time = |time: Option<NaiveDateTime>| time.map(iso_local).unwrap_or_default();
            let length = sortie.begun.zip(sortie.ended).map(|(a, b)| b - a);
            let gsds = own()
                .filter_map(|photo| photo.gsd)
                .map(|g| g.mean_m() * 100.0);
            SortieRecord {
                number: sortie.number,
                camera: sortie.camera.clone(),
                begun: time(sortie.begun),
                ended: time(sortie.ended),
                minutes: length.map(|length| length.as_seconds_f64() / 60.0),
                photos: sortie.photos.len(),
                placed: count(|photo| photo.placed.view().is_some()),
                counted: count(|photo| photo.against.is_empty()),
                track_m: survey.track_m(sortie),
                gsd_cm: median(gsds.collect()),
                take_off_m: datum.as_ref().map(|d| d.take_off_m),
                take_off_from: datum.as_ref().map(|d| d.from),
            }
        })
        .collect()
}

fn coverage(survey: &Survey, seen: &GroundSeen) -> CoverageRecord {
    let counted = || survey.footprints().map(|(photo, _)| photo);
    let days: std::collections::BTreeSet<String> = counted()
        .filter_map(|photo| photo.tags.taken)
        .map(|taken| taken.local.date().to_string())
        .collect();
    CoverageRecord {
        photos: counted().count(),
        area_m2: seen.area_m2,
        area_mu: m2_to_mu(seen.area_m2),
        sum_m2: seen.sum_m2,
        overlap: TIMES
            .iter()
            .zip(seen.shares)
            .map(|(times, share)| (times.to_string(), share))
            .collect(),
        overlap_cell_m: seen.cell_m,
        gsd_cm: median(
            counted()
                .filter_map(|photo| photo.gsd)
                .map(|gsd| gsd.mean_m() * 100.0)
                .collect(),
        ),
        days: days.into_iter().collect(),
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.retain(|value| value.is_finite());
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
