//! How raw photos are placed: the arguments that `flight` and `scan` share, and the photos of a scan.

use super::output;
use crate::campaign::manifest::files_below;
use crate::elevation::Elevation;
use crate::flight::place::{PlaceSettings, take_off};
use crate::flight::record::problem;
use crate::flight::sorties::offset_of;
use crate::flight::survey::{Against, FlightPhoto, SurveyJob, is_photo, name_of, survey};
use crate::flight::view::{Heights, LEAST_DEPRESSION_DEG, SCANNED_DEPRESSION_DEG};
use crate::georef::PixelGround;
use crate::model::Source;
use crate::pipeline::acquire::{Photos, RasterInfo, expand_inputs, files_read};
use crate::pipeline::settings::ResolvedSetting;
use crate::{Error, Result};
use chrono::FixedOffset;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Settings for images that are raw photos of a drone.
#[derive(Debug, Clone, clap::Args, Serialize, Deserialize)]
pub(super) struct PhotoArgs {
    /// Heights of the ground under photos: an elevation model as a raster; without one the ground is
    /// taken as level at the height of the take-off
    #[arg(long, value_name = "FILE", help_heading = "Raw photos")]
    dem: Option<PathBuf>,

    /// Where the drone took off [default: the lowest photo of each flight on its way up or down, else its first]
    #[arg(
        long,
        value_name = "LON,LAT",
        allow_hyphen_values = true,
        help_heading = "Raw photos"
    )]
    takeoff: Option<String>,

    /// Height above the ground, in metres, of photos that do not say how high they were
    #[arg(long, value_name = "METRES", help_heading = "Raw photos")]
    flight_height: Option<f64>,

    /// Standard error of the drone's position, in metres [default: 3, or what its receiver says when fixed]
    #[arg(long, value_name = "METRES", help_heading = "Raw photos")]
    gnss_error: Option<f64>,

    /// Pixels that look down less steeply, in degrees below level, are left out
    #[arg(long, value_name = "DEGREES", default_value_t = SCANNED_DEPRESSION_DEG, help_heading = "Raw photos")]
    min_depression: f64,

    /// The offset from UTC of cameras that name none, in hours
    #[arg(
        long,
        value_name = "HOURS",
        default_value_t = 8.0,
        allow_hyphen_values = true,
        help_heading = "Raw photos"
    )]
    utc_offset: f64,

    /// Take photos as they are: neither blur nor exposure nor copies are looked at
    #[arg(long, help_heading = "Raw photos")]
    no_quality: bool,
}

impl Default for PhotoArgs {
    fn default() -> Self {
        Self {
            dem: None,
            takeoff: None,
            flight_height: None,
            gnss_error: None,
            min_depression: SCANNED_DEPRESSION_DEG,
            utc_offset: 8.0,
            no_quality: false,
        }
    }
}

impl PhotoArgs {
    /// How photos are placed; the elevation model is opened.
    pub(super) fn settings(&self, allow_points: bool) -> Result<PlaceSettings> {
        let positive = |name: &str, value: Option<f64>| match value {
            Some(value) if !(value > 0.0 && value < 1e5) => {
                Err(Error::setting(name, value, "metres above 0"))
            }
            value => Ok(value),
        };
        if !(LEAST_DEPRESSION_DEG..=90.0).contains(&self.min_depression) {
            let wanted = format!("degrees from {LEAST_DEPRESSION_DEG} to 90");
            return Err(Error::setting(
                "min-depression",
                self.min_depression,
                &wanted,
            ));
        }
        let heights = match &self.dem {
            Some(path) => Some(Arc::new(Elevation::open(path)?) as Arc<dyn Heights>),
            None => None,
        };
        Ok(PlaceSettings {
            heights,
            take_off: self.takeoff.as_deref().map(place).transpose()?,
            height_m: positive("flight-height", self.flight_height)?,
            gnss_m: positive("gnss-error", self.gnss_error)?,
            least_depression_deg: self.min_depression,
            allow_points,
        })
    }

    /// The offset from UTC of cameras that name none.
    pub(super) fn offset(&self) -> Result<FixedOffset> {
        offset_of(self.utc_offset).ok_or_else(|| {
            Error::setting(
                "utc-offset",
                self.utc_offset,
                "hours from -12 to 14, such as 8 or 5.5",
            )
        })
    }

    /// Whether the pixels of photos are looked at.
    pub(super) fn judges(&self) -> bool {
        !self.no_quality
    }

    /// Files of the elevation model.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        self.dem.as_deref().map_or_else(Vec::new, files_read)
    }

    /// The same with a path that holds from any folder.
    pub(super) fn absolute(mut self, absolute: impl Fn(&Path) -> PathBuf) -> Self {
        self.dem = self.dem.as_deref().map(absolute);
        self
    }

    /// What was asked for, for the record of a run that has photos.
    fn record(&self) -> Vec<ResolvedSetting> {
        let usual = Self::default();
        let setting =
            |name: &'static str, value: serde_json::Value, is_given: bool| ResolvedSetting {
                name,
                value,
                source: if is_given {
                    Source::Flag
                } else {
                    Source::Default
                },
                from: String::new(),
            };
        let number = |value: f64| serde_json::Value::from(value);
        let differs = |a: f64, b: f64| a.to_bits() != b.to_bits();
        vec![
            setting(
                "dem",
                self.dem.as_ref().map(|dem| name_of(dem)).into(),
                self.dem.is_some(),
            ),
            setting(
                "takeoff",
                self.takeoff.clone().into(),
                self.takeoff.is_some(),
            ),
            setting(
                "flight-height",
                self.flight_height.into(),
                self.flight_height.is_some(),
            ),
            setting(
                "gnss-error",
                self.gnss_error.into(),
                self.gnss_error.is_some(),
            ),
            setting(
                "min-depression",
                number(self.min_depression),
                differs(self.min_depression, usual.min_depression),
            ),
            setting(
                "utc-offset",
                number(self.utc_offset),
                differs(self.utc_offset, usual.utc_offset),
            ),
            setting("no-quality", self.no_quality.into(), self.no_quality),
        ]
    }

    /// Which of the images of a scan are raw photos, where their pixels lie, and what the record of the run
    /// says of it. Photos that cannot be placed, that show no ground or that are copies are refused by
    /// name.
    pub(super) fn photos(
        &self,
        images: &[PathBuf],
        quiet: bool,
    ) -> Result<(Photos, Vec<ResolvedSetting>)> {
        let files: Vec<PathBuf> = images
            .par_iter()
            .filter(|path| is_photo(path))
            .cloned()
            .collect();
        if files.is_empty() {
            return Ok((Photos::default(), Vec::new()));
        }
        let settings = self.settings(false)?;
        let bar = output::Counting::new(quiet);
        let done = survey(&SurveyJob {
            files: &files,
            place: &settings,
            usual_offset: self.offset()?,
            judge: self.judges(),
            max_gsd_cm: f64::INFINITY,
            in_season: &|_, _| None,
            progress: &|what, done, all| bar.tell(what, done, all),
            stop: &output::is_interrupted,
        });
        bar.finish();
        let done = done?;
        let mut refused: BTreeMap<PathBuf, String> = BTreeMap::new();
        let mut placed: Vec<(PathBuf, Arc<dyn PixelGround>)> = Vec::new();
        for photo in &done.photos {
            let path = photo.tags.path.clone();
            match photo.placed.view() {
                Some(view) if photo.against.is_empty() => {
                    let sharpness = photo.quality.as_ref();
                    let spread = sharpness.and_then(|q| Some(q.blur_px? * q.reduction));
                    let view: Arc<dyn PixelGround> = match spread {
                        Some(pixels) => Arc::new(view.as_ref().clone().spread_by(pixels)),
                        None => Arc::clone(view) as Arc<dyn PixelGround>,
                    };
                    placed.push((path, view));
                }
                _ => {
                    refused.insert(path, refusal(photo));
                }
            }
        }
        let photos: Photos = placed.into_iter().collect();
        Ok((photos.refusing(refused), self.record()))
    }
}

/// Photos as the user wrote them: of a folder those of its subfolders, too, as cameras make them
/// (`DCIM/100MEDIA`). Each once, in the order given, those of a folder by their paths. Rasters with a place
/// of their own come apart, as the second.
pub(super) fn photo_files(patterns: &[String]) -> Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let mut files = Vec::new();
    for pattern in patterns {
        let folder = Path::new(pattern);
        if folder.is_dir() {
            let below = files_below(folder)?;
            let photos = below.into_values().filter(|path| {
                let hidden = path
                    .file_name()
                    .is_some_and(|n| n.as_encoded_bytes()[0] == b'.');
                !hidden
                    && ["jpg", "jpeg", "tif", "tiff"]
                        .iter()
                        .any(|e| ends_in(path, e))
            });
            let before = files.len();
            files.extend(photos.map(|path| path.to_string_lossy().into_owned()));
            if files.len() == before {
                return Err(Error::NoInput {
                    pattern: pattern.clone(),
                });
            }
        } else {
            files.push(pattern.clone());
        }
    }
    let files = expand_inputs(&files)?;
    let is_map = |path: &PathBuf| {
        ["tif", "tiff"].iter().any(|e| ends_in(path, e))
            && RasterInfo::read(path).is_ok_and(|info| info.transform.is_some())
    };
    let (maps, photos) = files.into_iter().partition(is_map);
    Ok((photos, maps))
}

fn ends_in(path: &Path, ending: &str) -> bool {
    path.extension()
        .is_some_and(|e| e.eq_ignore_ascii_case(ending))
}

/// Why a photo is not scanned, in words.
fn refusal(photo: &FlightPhoto) -> String {
    let lacks = problem(photo);
    if photo.placed.view().is_none() {
        return if lacks.is_empty() {
            "is a photo that cannot be placed".into()
        } else {
            format!("is a photo that cannot be placed: it {lacks}")
        };
    }
    let verdicts = photo.quality.iter().flat_map(|quality| &quality.verdicts);
    let mut reasons: Vec<String> = verdicts
        .filter(|verdict| verdict.fault.hides_ground())
        .map(crate::flight::quality::Verdict::en)
        .collect();
    if let Some((_, [copy, _])) = &photo.copy_of {
        reasons.push(copy.clone());
    }
    if photo.against.contains(&Against::Infrared) {
        reasons.push("it is an infrared picture".into());
    }
    if photo.against.contains(&Against::TooFlat) {
        reasons.push("it looks nowhere steeply enough (`--min-depression`)".into());
    }
    format!(
        "is a photo that shows no ground to be scanned: {}",
        reasons.join("; ")
    )
}

/// A place as `LON,LAT` in degrees.
fn place(text: &str) -> Result<(f64, f64)> {
    take_off(text).ok_or_else(|| {
        Error::setting(
            "takeoff",
            text,
            "longitude and latitude in degrees of WGS 84, such as 101.6312,24.7518",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_offsets_are_read() {
        assert_eq!(place("101.5, 24.25").unwrap(), (101.5, 24.25));
        for wrong in ["", "101.5", "24.25,101.5", "x,y", "200,10"] {
            assert!(place(wrong).is_err(), "{wrong}");
        }
        let args = |hours: f64| PhotoArgs {
            utc_offset: hours,
            ..PhotoArgs::default()
        };
        let seconds = |hours: f64| args(hours).offset().map(|o| o.local_minus_utc()).ok();
        assert_eq!(
            [8.0, 0.0, -3.5, 15.0, f64::NAN].map(seconds),
            [Some(28_800), Some(0), Some(-12_600), None, None]
        );
    }
}
