//! Where the camera of each photo was, and how high above the ground: from what the files of a flight
//! say together.
//!
//! Drones say their height above the place of take-off, not above the ground below. With an elevation
//! model the height of the take-off is that of the model there, so that no vertical datum matters.
//! Without one the ground is taken as level at the height of the take-off.

use super::cameras::camera_of;
use super::datum::{Datum, datum};
use super::photo::PhotoTags;
use super::sorties::Sortie;
use super::view::{ErrorModel, Ground, Heights, Lens, Pose, SensorSize, View};
use serde::Serialize;
use std::sync::Arc;

/// A photo nearer to the ground than this, in metres, was not taken in flight.
const LEAST_HEIGHT_M: f64 = 2.0;

/// How photos are placed.
#[derive(Clone)]
pub struct PlaceSettings {
    /// Heights of the ground.
    pub heights: Option<Arc<dyn Heights>>,
    /// Where the drone took off, longitude and latitude; otherwise each flight says it.
    pub take_off: Option<(f64, f64)>,
    /// Height above the ground, in metres, of photos that do not say how high they were.
    pub height_m: Option<f64>,
    /// Standard error of positions, in metres, in place of the usual one.
    pub gnss_m: Option<f64>,
    /// Pixels that look down less steeply, in degrees, are not scanned.
    pub least_depression_deg: f64,
    /// Photos whose direction or height is not known are kept as points.
    pub allow_points: bool,
}

/// A place of take-off, written `LON,LAT` in degrees of WGS 84; `None` where the text is none.
#[must_use]
pub fn take_off(text: &str) -> Option<(f64, f64)> {
    let (lon, lat) = text.split_once(',')?;
    let (lon, lat) = (
        lon.trim().parse::<f64>().ok()?,
        lat.trim().parse::<f64>().ok()?,
    );
    let is_place = (-180.0..=180.0).contains(&lon) && (-90.0..=90.0).contains(&lat);
    is_place.then_some((lon, lat))
}

/// What a photo does not say and has to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// Longitude and latitude.
    Position,
    /// Height above take-off.
    Height,
    /// Direction of the camera.
    Direction,
    /// Focal length in pixels.
    Lens,
    /// The height of the ground below.
    Ground,
}

impl Missing {
    /// In words, with the tags that would say it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Position => "a position (GPSLatitude, GPSLongitude)",
            Self::Height => "a height above take-off (RelativeAltitude)",
            Self::Direction => "the direction of the camera (GimbalYawDegree, GimbalPitchDegree)",
            Self::Lens => {
                "a focal length in pixels (CalibratedFocalLength, FocalLength of a known camera, FocalLengthIn35mmFilm)"
            }
            Self::Ground => {
                "the height of the ground below it (the elevation model has none there)"
            }
        }
    }
}

/// What became of a photo.
#[derive(Debug, Clone)]
pub enum Placing {
    /// Each pixel has its place.
    View(Arc<View>),
    /// It has a place and no direction, longitude and latitude.
    Point((f64, f64)),
    /// It cannot be used.
    Refused,
}

/// A photo and its place.
#[derive(Debug, Clone)]
pub struct Placed {
    /// What became of it.
    pub placing: Placing,
    /// What it does not say.
    pub missing: Vec<Missing>,
    /// Other reasons, in words.
    pub problems: Vec<String>,
}

impl Placed {
    /// The view, where each pixel has its place.
    #[must_use]
    pub fn view(&self) -> Option<&Arc<View>> {
        match &self.placing {
            Placing::View(view) => Some(view),
            Placing::Point(_) | Placing::Refused => None,
        }
    }
}

/// Places the photos of all flights; one for each photo, in their order, and the datum of each flight.
#[must_use]
pub fn place(
    photos: &[PhotoTags],
    sorties: &[Sortie],
    settings: &PlaceSettings,
) -> (Vec<Placed>, Vec<Option<Datum>>) {
    let mut placed: Vec<Option<Placed>> = vec![None; photos.len()];
    let mut datums = Vec::with_capacity(sorties.len());
    let relief = settings.heights.clone().map(Ground::relief);
    let ground = |datum: Option<&Datum>| {
        let level = || Ground::Flat(datum.map_or(0.0, |d| d.take_off_m));
        relief.clone().unwrap_or_else(level)
    };
    for sortie in sorties {
        let datum = datum(photos, sortie, settings);
        let ground = ground(datum.as_ref());
        for &at in &sortie.photos {
            placed[at] = Some(place_one(&photos[at], &ground, datum.as_ref(), settings));
        }
        datums.push(datum);
    }
    let alone = |(at, one): (usize, Option<Placed>)| {
        one.unwrap_or_else(|| place_one(&photos[at], &ground(None), None, settings))
    };
    (placed.into_iter().enumerate().map(alone).collect(), datums)
}

fn place_one(
    tags: &PhotoTags,
    ground: &Ground,
    datum: Option<&Datum>,
    settings: &PlaceSettings,
) -> Placed {
    let mut missing = Vec::new();
    let mut problems = Vec::new();
    let known = camera_of(tags).map(|camera| SensorSize {
        pitch_mm: camera.pixel_pitch_mm(),
        width: camera.width_px,
        height: camera.height_px,
    });
    let (width, height) = tags.lens.full_px.unwrap_or((tags.width, tags.height));
    let told = || {
        tags.lens.pitch_mm.map(|pitch_mm| SensorSize {
            pitch_mm,
            width,
            height,
        })
    };
    let sensor = known.or_else(told);
    let lens = Lens::of(&tags.lens, (tags.width, tags.height), sensor);
    if lens.is_none() {
        missing.push(Missing::Lens);
    }
    if tags.camera.is_none() {
        missing.push(Missing::Direction);
    }
    let height_m = tags
        .position
        .and_then(|place| height_of(tags, place, ground, datum, settings, &mut missing));
    let is_turned =
        tags.width != tags.height && tags.lens.full_px == Some((tags.height, tags.width));
    if is_turned {
        problems.push(
            "was turned by 90 degrees after it was taken: take the photo as the camera wrote it"
                .into(),
        );
    }
    let has_no_fix = tags.gps_status.eq_ignore_ascii_case("invalid");
    if has_no_fix {
        problems.push("has a position that its own receiver calls invalid (GpsStatus)".into());
    }
    if tags.position.is_none() {
        missing.push(Missing::Position);
    } else if settings.heights.is_some() && datum.is_none() {
        problems.push(
            "the elevation model has no height at the place of take-off: give another within 20 km with `--takeoff`".into(),
        );
    }
    if let (Some((lon, lat)), Some(height_m), Some(lens), Some((attitude, _)), false) = (
        tags.position,
        height_m,
        lens,
        tags.camera,
        is_turned || has_no_fix,
    ) {
        let mut errors = ErrorModel::usual(&lens, tags.rtk.as_ref(), settings.heights.is_some());
        if let Some(guessed_m) = datum.and_then(|datum| datum.guessed_m) {
            errors.height_m = errors.height_m.max(guessed_m);
        }
        if let Some(gnss_m) = settings.gnss_m {
            errors.gnss_m = gnss_m;
        }
        let pose = Pose {
            lon,
            lat,
            height_m,
            attitude,
        };
        match View::new(pose, lens, ground.clone(), errors) {
            Some(view) => {
                let view = view.cut_at(settings.least_depression_deg);
                match view.above_ground_m() {
                    Some(above) if above >= LEAST_HEIGHT_M => {
                        return Placed {
                            placing: Placing::View(Arc::new(view)),
                            missing,
                            problems,
                        };
                    }
                    Some(above) => problems.push(format!(
                        "is {above:.1} m above the ground below it, wanted at least {LEAST_HEIGHT_M} m"
                    )),
                    None => problems.push(
                        "is not above the ground below it: over hills give an elevation model with `--dem`".into(),
                    ),
                }
            }
            None => problems.push(format!("has no pose: {pose:?}")),
        }
    }
    missing.sort();
    missing.dedup();
    let placing = match tags.position {
        Some(place) if settings.allow_points => Placing::Point(place),
        _ => Placing::Refused,
    };
    Placed {
        placing,
        missing,
        problems,
    }
}

/// The height of a camera above the datum of the ground.
fn height_of(
    tags: &PhotoTags,
    (lon, lat): (f64, f64),
    ground: &Ground,
    datum: Option<&Datum>,
    settings: &PlaceSettings,
    missing: &mut Vec<Missing>,
) -> Option<f64> {
    let below = ground.height_m(lon, lat);
    if below.is_none() {
        missing.push(Missing::Ground);
    }
    let from_take_off = datum.and_then(|datum| {
        let above = tags.relative_altitude_m;
        let absolute = || Some(tags.absolute_altitude_m? - datum.absolute_less_m?);
        above
            .map(|above| datum.take_off_m + above)
            .or_else(absolute)
    });
    let typed = || Some(below? + settings.height_m?);
    let height = from_take_off.or_else(typed);
    let says = tags.relative_altitude_m.is_some();
    if height.is_none() && !says {
        missing.push(Missing::Height);
    }
    height
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flight::photo::{Attitude, AttitudeSource, LensTags};
    use crate::flight::sorties::sorties;
    use crate::georef::PixelGround;
    use chrono::FixedOffset;

    struct Slope;

    impl Heights for Slope {
        /// 1000 m at 102 E, a metre more with each 1e-5 degrees (about a metre) to the east.
        fn height_m(&self, lon: f64, _: f64) -> Option<f64> {
            (lon < 102.5).then_some(1000.0 + (lon - 102.0) * 1e4)
        }

        fn pixel_m(&self) -> f64 {
            1.0
        }

        fn facts(&self) -> String {
            "made up".into()
        }
    }

    fn settings(heights: Option<Arc<dyn Heights>>) -> PlaceSettings {
        PlaceSettings {
            heights,
            take_off: None,
            height_m: None,
            gnss_m: None,
            least_depression_deg: 30.0,
            allow_points: false,
        }
    }

    fn photo(name: &str, lon: f64, above: Option<f64>) -> PhotoTags {
        PhotoTags {
            path: name.into(),
            width: 4000,
            height: 3000,
            orientation: 1,
            position: Some((lon, 30.0)),
            relative_altitude_m: above,
            camera: Some((
                Attitude {
                    yaw_deg: 0.0,
                    pitch_deg: -90.0,
                    roll_deg: 0.0,
                },
                AttitudeSource::Gimbal,
            )),
            lens: LensTags {
                calibrated_px: Some(3000.0),
                ..LensTags::default()
            },
            ..PhotoTags::default()
        }
    }

    fn placed(photos: &[PhotoTags], settings: &PlaceSettings) -> (Vec<Placed>, Vec<Option<Datum>>) {
        let china = FixedOffset::east_opt(8 * 3600).unwrap();
        place(photos, &sorties(photos, china), settings)
    }

    fn above_m(placed: &Placed) -> f64 {
        placed.view().unwrap().above_ground_m().unwrap()
    }

    #[test]
    fn heights_count_from_take_off_and_the_ground_is_the_models() {
        // On the way up near 102 E, then over ground that is 10 m higher.
        let photos = [
            photo("a", 102.0, Some(10.0)),
            photo("b", 102.001, Some(100.0)),
            photo("c", 102.001, Some(100.0)),
        ];
        let (all, datums) = placed(&photos, &settings(Some(Arc::new(Slope))));
        assert_eq!(datums[0].as_ref().unwrap().from, "lowest photo");
        assert!((above_m(&all[0]) - 10.0).abs() < 1e-6);
        assert!((above_m(&all[1]) - 90.0).abs() < 1e-6);
        // Where all fly at one height the first is taken for the take-off.
        let (all, datums) = placed(&photos[1..], &settings(Some(Arc::new(Slope))));
        let datum = datums[0].as_ref().unwrap();
        assert_eq!((datum.from, datum.guessed_m), ("first photo", Some(0.0)));
        assert!((above_m(&all[0]) - 100.0).abs() < 1e-6);
        let mut given = settings(Some(Arc::new(Slope)));
        given.take_off = Some((102.002, 30.0));
        assert!((above_m(&placed(&photos[1..], &given).0[0]) - 110.0).abs() < 1e-6);
        // Without a model the ground is level.
        let (all, datums) = placed(&photos, &settings(None));
        assert_eq!(datums[0].as_ref().unwrap().from, "level ground");
        assert!((above_m(&all[1]) - 100.0).abs() < 1e-6);
        let middle = all[1].view().unwrap().ground(2000.0, 1500.0).unwrap();
        assert!((middle.0 - 102.001).abs() < 1e-9 && (middle.1 - 30.0).abs() < 1e-9);
    }

    #[test]
    fn an_absolute_altitude_serves_where_others_say_what_it_is_above() {
        let mut photos = vec![
            photo("a", 102.0, Some(100.0)),
            photo("b", 102.001, Some(100.0)),
            photo("c", 102.001, None),
        ];
        for photo in &mut photos {
            photo.absolute_altitude_m = Some(1137.0);
        }
        let (all, datums) = placed(&photos, &settings(Some(Arc::new(Slope))));
        assert!((datums[0].as_ref().unwrap().absolute_less_m.unwrap() - 37.0).abs() < 1e-6);
        assert!((above_m(&all[2]) - 90.0).abs() < 1e-6);
        let alone = [photos[2].clone()];
        let (all, _) = placed(&alone, &settings(Some(Arc::new(Slope))));
        assert_eq!(all[0].missing, [Missing::Height]);
        assert!(matches!(all[0].placing, Placing::Refused));
        let mut typed = settings(Some(Arc::new(Slope)));
        typed.height_m = Some(80.0);
        assert!((above_m(&placed(&alone, &typed).0[0]) - 80.0).abs() < 1e-6);
    }

    #[test]
    fn what_is_missing_is_named() {
        let mut bare = PhotoTags {
            path: "bare".into(),
            width: 4000,
            height: 3000,
            ..PhotoTags::default()
        };
        let all = [Missing::Position, Missing::Direction, Missing::Lens];
        let missing = |tags: &PhotoTags, settings: &PlaceSettings| {
            placed(std::slice::from_ref(tags), settings).0.remove(0)
        };
        assert_eq!(missing(&bare, &settings(None)).missing, all);
        bare.position = Some((102.0, 30.0));
        bare.lens.calibrated_px = Some(3000.0);
        let mut points = settings(None);
        points.allow_points = true;
        let point = missing(&bare, &points);
        assert_eq!(point.missing, [Missing::Height, Missing::Direction]);
        assert!(matches!(point.placing, Placing::Point((lon, _)) if (lon - 102.0).abs() < 1e-9));
        // On the ground, and where the model ends.
        let low = missing(&photo("low", 102.0, Some(0.5)), &settings(None));
        assert!(
            low.problems[0].contains("0.5 m above the ground"),
            "{low:?}"
        );
        let outside = photo("outside", 102.6, Some(100.0));
        let outside = missing(&outside, &settings(Some(Arc::new(Slope))));
        assert!(outside.missing.contains(&Missing::Ground), "{outside:?}");
    }
}
