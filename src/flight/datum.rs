//! Where the heights of a flight are counted from: its take-off, given or guessed, and what does not fit.

use super::photo::PhotoTags;
use super::place::PlaceSettings;
use super::sorties::Sortie;
use super::view::Heights;
use crate::georef::geodesic_distance_m;
use serde::Serialize;

/// A photo that is no higher above take-off than this, in metres, and no lower than as much below was taken
/// on the way up or down, near the place of take-off.
const NEAR_TAKE_OFF_M: f64 = 15.0;

/// A take-off that is given and lies farther from its flight than this, in metres, is of another one.
const FARTHEST_TAKE_OFF_M: f64 = 20_000.0;

/// Absolute altitudes that are off the heights of the model by more than this, in metres, are not explained
/// by their datum: geoid and pressure together move them by less.
const MOST_DATUM_M: f64 = 150.0;

/// Where the heights of a flight are counted from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Datum {
    /// Height of the ground at take-off in the elevation model, in metres; 0 without one.
    pub take_off_m: f64,
    /// What was taken for the take-off: `given`, `lowest photo`, `first photo`, or `level ground`.
    pub from: &'static str,
    /// Of photos that name an absolute altitude alone, what is taken off it.
    pub absolute_less_m: Option<f64>,
    /// What the height of the take-off may be off by, in metres, where its place was guessed: the relief
    /// of the ground below the flight.
    pub guessed_m: Option<f64>,
    /// What does not fit, in words.
    pub doubt: Option<String>,
}

/// Where the heights of a flight are counted from; `None` where the model has no height at its take-off.
pub(super) fn datum(
    photos: &[PhotoTags],
    sortie: &Sortie,
    settings: &PlaceSettings,
) -> Option<Datum> {
    let own = || sortie.photos.iter().map(|&at| &photos[at]);
    let lowest = own()
        .filter(|tags| tags.position.is_some())
        .filter_map(|tags| Some((tags.relative_altitude_m?, tags)))
        .filter(|(above, _)| above.abs() <= NEAR_TAKE_OFF_M)
        .min_by(|a, b| a.0.abs().total_cmp(&b.0.abs()));
    let first = || own().find_map(|tags| tags.position);
    let (place, from) = match (settings.take_off, lowest) {
        (Some(place), _) => {
            if geodesic_distance_m(place, first()?) > FARTHEST_TAKE_OFF_M {
                return None;
            }
            (place, "given")
        }
        (None, Some((_, tags))) => (tags.position?, "lowest photo"),
        (None, None) => (first()?, "first photo"),
    };
    let (take_off_m, from) = match &settings.heights {
        Some(heights) => (heights.height_m(place.0, place.1)?, from),
        None => (0.0, "level ground"),
    };
    // Of photos with both, how far the absolute altitude is from the height in the model.
    let mut differences: Vec<f64> = own()
        .filter_map(|tags| Some(tags.absolute_altitude_m? - tags.relative_altitude_m? - take_off_m))
        .collect();
    differences.sort_by(f64::total_cmp);
    let absolute_less_m = differences.get(differences.len() / 2).copied();
    let doubt = absolute_less_m.filter(|m| settings.heights.is_some() && m.abs() > MOST_DATUM_M);
    Some(Datum {
        take_off_m,
        from,
        absolute_less_m,
        guessed_m: settings
            .heights
            .as_ref()
            .filter(|_| from == "first photo")
            .and_then(|heights| relief_m(heights.as_ref(), take_off_m, own())),
        doubt: doubt.map(|m| {
            format!(
                "absolute altitudes are {m:.0} m off the elevation model at the take-off: its heights may be in feet or of another place, or the take-off is another one"
            )
        }),
    })
}

/// How far the ground below a flight is from the height of its take-off, in metres, at the most.
fn relief_m<'a>(
    heights: &dyn Heights,
    take_off_m: f64,
    photos: impl Iterator<Item = &'a PhotoTags>,
) -> Option<f64> {
    photos
        .filter_map(|tags| tags.position)
        .filter_map(|(lon, lat)| heights.height_m(lon, lat))
        .map(|height| (height - take_off_m).abs())
        .max_by(f64::total_cmp)
}
