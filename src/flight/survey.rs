//! All photos of a flight together: read, placed, judged.

use super::coverage::{GroundSeen, ground_seen, track_length_m};
use super::datum::Datum;
use super::photo::PhotoTags;
use super::place::{PlaceSettings, Placed, place};
use super::quality::{Copied, Duplicates, Quality, Shot, duplicates, hash_candidates, look_at};
use super::sorties::{Sortie, sorties, utc};
use super::tags;
use crate::georef::{Gsd, PixelGround, geodesic_area_m2};
use crate::pipeline::acquire::RasterInfo;
use crate::{Error, Result};
use chrono::{FixedOffset, NaiveDate};
use geo::{MultiPolygon, Point, Polygon};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// What is asked of photos.
pub struct SurveyJob<'a> {
    /// The photos.
    pub files: &'a [PathBuf],
    /// How they are placed.
    pub place: &'a PlaceSettings,
    /// The offset from UTC of cameras that name none.
    pub usual_offset: FixedOffset,
    /// Whether pixels are looked at; otherwise the front of each file alone.
    pub judge: bool,
    /// The coarsest ground sample distance that counts, in centimetres.
    pub max_gsd_cm: f64,
    /// Whether a day is in season at a latitude; `None` where nobody knows.
    pub in_season: &'a (dyn Fn(NaiveDate, f64) -> Option<bool> + Sync),
    /// Told what is being done, how much of it is done and how much there is.
    pub progress: &'a (dyn Fn(&str, usize, usize) + Sync),
    /// Whether the user called a halt.
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

/// A photo of a flight.
#[derive(Debug, Clone)]
pub struct FlightPhoto {
    /// What its file says.
    pub tags: PhotoTags,
    /// Where it was taken.
    pub placed: Placed,
    /// What its pixels are worth, where they were looked at.
    pub quality: Option<Quality>,
    /// Its flight, from 1.
    pub sortie: usize,
    /// The photo that it is a copy of, as a place in the list, and why in English and Chinese.
    pub copy_of: Option<(usize, [String; 2])>,
    /// Metres per pixel along its rows and its columns, in the middle.
    pub gsd: Option<Gsd>,
    /// Standard error over the ground in its middle and at its worst corner, in metres.
    pub pos_err_m: Option<(f64, f64)>,
    /// The ground that may be scanned, WGS 84.
    pub footprint: Option<Polygon<f64>>,
    /// Whether it was taken in season; `None` where nobody knows.
    pub in_season: Option<bool>,
    /// Why its ground does not count as seen; empty where it does.
    pub against: Vec<Against>,
}

/// Why the ground of a photo does not count as seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Against {
    /// It has no place, or no direction.
    NotPlaced,
    /// It looks nowhere steeply enough.
    TooFlat,
    /// It shows heat, not colours.
    Infrared,
    /// Its pixels do not show ground.
    Quality,
    /// Another photo is the same.
    Copy,
    /// Its pixels are too large.
    TooCoarse,
    /// Out of season.
    OutOfSeason,
}

impl Against {
    /// In Chinese and English.
    #[must_use]
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::NotPlaced => ("无法定位", "not placed"),
            Self::TooFlat => ("俯角不足", "looks too flat"),
            Self::Infrared => ("红外照片", "an infrared picture"),
            Self::Quality => ("画质不合格", "poor picture"),
            Self::Copy => ("重复", "a copy"),
            Self::TooCoarse => ("分辨率不足", "too coarse"),
            Self::OutOfSeason => ("不在物候期", "out of season"),
        }
    }
}

/// A flight with all its photos.
#[derive(Debug, Clone)]
pub struct Survey {
    /// In the order of the files.
    pub photos: Vec<FlightPhoto>,
    /// In the order of take-off.
    pub sorties: Vec<Sortie>,
    /// Where the heights of each are counted from.
    pub datums: Vec<Option<Datum>>,
    /// The ground that counts as seen.
    pub seen: GroundSeen,
    /// Files that are no photos.
    pub failed: Vec<(PathBuf, String)>,
}

impl Survey {
    /// The way of the camera on a flight, longitude and latitude.
    #[must_use]
    pub fn track(&self, sortie: &Sortie) -> Vec<Point<f64>> {
        let places = sortie
            .photos
            .iter()
            .filter_map(|&at| self.photos[at].tags.position);
        places.map(Point::from).collect()
    }

    /// The same in metres.
    #[must_use]
    pub fn track_m(&self, sortie: &Sortie) -> f64 {
        track_length_m(&self.track(sortie))
    }

    /// The ground of the photos that count.
    pub fn footprints(&self) -> impl Iterator<Item = (&FlightPhoto, &Polygon<f64>)> {
        self.photos
            .iter()
            .filter(|photo| photo.against.is_empty())
            .filter_map(|photo| Some((photo, photo.footprint.as_ref()?)))
    }
}

/// Reads, places and judges photos. Files that are none are listed and take nothing from the others.
///
/// # Errors
/// [`Error::Interrupted`].
pub fn survey(job: &SurveyJob<'_>) -> Result<Survey> {
    let read = counted(job, "reading tags", job.files, |path| tags::read(path))?;
    let (mut photos, mut failed) = (Vec::new(), Vec::new());
    for (path, read) in job.files.iter().zip(read) {
        match read {
            Ok(tags) => photos.push(tags),
            Err(error) => failed.push((path.clone(), error.to_string())),
        }
    }
    let sorties = sorties(&photos, job.usual_offset);
    let (placed, datums) = place(&photos, &sorties, job.place);
    let quality: Vec<Option<Result<Quality>>> = if job.judge {
        counted(job, "looking at photos", &photos, |tags| {
            Some(look_at(&tags.path))
        })?
    } else {
        photos.iter().map(|_| None).collect()
    };
    let copies = copies(job, &photos, &placed, &quality)?;
    let mut number = vec![0; photos.len()];
    for sortie in &sorties {
        for &at in &sortie.photos {
            number[at] = sortie.number;
        }
    }
    let mut surveyed = Vec::with_capacity(photos.len());
    for (at, (tags, placed)) in photos.into_iter().zip(placed).enumerate() {
        let mut photo = FlightPhoto {
            tags,
            placed,
            quality: None,
            sortie: number[at],
            copy_of: copies[at].clone(),
            gsd: None,
            pos_err_m: None,
            footprint: None,
            in_season: None,
            against: Vec::new(),
        };
        match &quality[at] {
            Some(Ok(quality)) => photo.quality = Some(quality.clone()),
            Some(Err(error)) => photo.placed.problems.push(error.to_string()),
            None => {}
        }
        surveyed.push(photo);
    }
    surveyed
        .par_iter_mut()
        .for_each(|photo| measure(photo, job));
    let seen: Vec<&Polygon<f64>> = surveyed
        .iter()
        .filter(|photo| photo.against.is_empty())
        .filter_map(|photo| photo.footprint.as_ref())
        .collect();
    Ok(Survey {
        seen: ground_seen(&seen),
        photos: surveyed,
        sorties,
        datums,
        failed,
    })
}

/// Work on each item, in parallel, with progress; ends where the user called a halt.
fn counted<T: Sync, R: Send>(
    job: &SurveyJob<'_>,
    what: &str,
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
) -> Result<Vec<R>> {
    let done = AtomicUsize::new(0);
    items
        .par_iter()
        .map(|item| {
            if (job.stop)() {
                return Err(Error::Interrupted);
            }
            let result = work(item);
            (job.progress)(what, done.fetch_add(1, Ordering::Relaxed) + 1, items.len());
            Ok(result)
        })
        .collect()
}

/// Of each photo the one that it is a copy of.
type Copies = Vec<Option<(usize, [String; 2])>>;

fn copies(
    job: &SurveyJob<'_>,
    photos: &[PhotoTags],
    placed: &[Placed],
    quality: &[Option<Result<Quality>>],
) -> Result<Copies> {
    let mut shots: Vec<Shot> = photos
        .iter()
        .zip(quality)
        .map(|(tags, quality)| Shot {
            path: tags.path.clone(),
            sha256: None,
            likeness: match quality {
                Some(Ok(quality)) => quality.likeness,
                _ => None,
            },
            position: tags.position,
            taken: utc(tags, job.usual_offset),
        })
        .collect();
    if job.judge {
        hash_candidates(&mut shots, job.stop);
        if (job.stop)() {
            return Err(Error::Interrupted);
        }
    }
    let mut copies: Copies = vec![None; photos.len()];
    // The one that stands for all: placed, showing ground, of most pixels; else the first by name.
    let worth = |at: usize| {
        let has_ground = matches!(&quality[at], Some(Ok(quality)) if !quality.hides_ground());
        let pixels = u64::from(photos[at].width) * u64::from(photos[at].height);
        (placed[at].view().is_some(), has_ground, pixels)
    };
    for Duplicates {
        kept,
        copies: found,
    } in duplicates(&shots)
    {
        let all: Vec<Copied> = found;
        let best = all.iter().map(|copy| copy.shot).fold(kept, |best, at| {
            if worth(at) > worth(best) { at } else { best }
        });
        let path = &shots[best].path;
        // Alike is said of the first one and another; it holds both ways.
        let of_best = all.iter().find(|copy| copy.shot == best);
        let first = of_best.map(|copy| Copied {
            shot: kept,
            alike: copy.alike,
        });
        for copy in all.iter().filter(|c| c.shot != best).chain(&first) {
            copies[copy.shot] = Some((best, [copy.en(path), copy.zh(path)]));
        }
    }
    Ok(copies)
}

/// What of a photo's ground is known, and whether it counts.
fn measure(photo: &mut FlightPhoto, job: &SurveyJob<'_>) {
    let mut against = Vec::new();
    if let Some(view) = photo.placed.view() {
        let (width, height) = (f64::from(photo.tags.width), f64::from(photo.tags.height));
        photo.gsd = view.gsd(width / 2.0, height / 2.0);
        photo.footprint = view.footprint();
        let worst = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)]
            .into_iter()
            .map(|(col, row)| view.position_error_m(col, row))
            .filter(|error| error.is_finite())
            .max_by(f64::total_cmp);
        let middle = view.position_error_m(width / 2.0, height / 2.0);
        photo.pos_err_m = middle
            .is_finite()
            .then(|| (middle, worst.unwrap_or(middle)));
        if photo.footprint.is_none() {
            against.push(Against::TooFlat);
        }
    } else {
        against.push(Against::NotPlaced);
    }
    let source = photo.tags.image_source.to_lowercase();
    if ["infrared", "thermal"]
        .iter()
        .any(|word| source.contains(word))
    {
        against.push(Against::Infrared);
    }
    if photo.quality.as_ref().is_some_and(Quality::hides_ground) {
        against.push(Against::Quality);
    }
    if photo.copy_of.is_some() {
        against.push(Against::Copy);
    }
    if coarsest_m(photo).is_some_and(|gsd_m| gsd_m * 100.0 > job.max_gsd_cm) {
        against.push(Against::TooCoarse);
    }
    let day = photo.tags.taken.map(|taken| taken.local.date());
    let lat = photo.tags.position.map(|(_, lat)| lat);
    photo.in_season = day
        .zip(lat)
        .and_then(|(day, lat)| (job.in_season)(day, lat));
    if photo.in_season == Some(false) {
        against.push(Against::OutOfSeason);
    }
    photo.against = against;
}

/// The largest pixel on the ground, in metres, of the part that may be scanned.
fn coarsest_m(photo: &FlightPhoto) -> Option<f64> {
    let view = photo.placed.view()?;
    let usable = view.usable();
    let corners = usable.exterior().coords();
    let sizes = corners.filter_map(|c| Some(view.gsd(c.x, c.y)?.mean_m()));
    sizes
        .chain(photo.gsd.map(|gsd| gsd.mean_m()))
        .max_by(f64::total_cmp)
}

/// The area of a footprint on the ellipsoid, in square metres.
#[must_use]
pub fn area_m2(footprint: &Polygon<f64>) -> f64 {
    geodesic_area_m2(&MultiPolygon::from(footprint.clone()))
}

/// The name of a file.
#[must_use]
pub fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// Whether an image is a raw photo: it has no place of its own on a map, and its camera says where it was.
#[must_use]
pub fn is_photo(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default();
    let endings = ["jpg", "jpeg", "tif", "tiff"];
    if !endings.iter().any(|e| extension.eq_ignore_ascii_case(e)) {
        return false;
    }
    let has_place =
        RasterInfo::read(path).map_or(true, |info| info.transform.is_some() || info.gcp_count > 0);
    let is_of_camera =
        || tags::read(path).is_ok_and(|tags| tags.position.is_some() || !tags.model.is_empty());
    !has_place && is_of_camera()
}
