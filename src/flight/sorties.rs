//! Photos by flight: which were taken between one take-off and one landing.

use super::photo::PhotoTags;
use crate::georef::round_to_u32;
use chrono::{FixedOffset, NaiveDateTime, TimeDelta};

/// Photos of one camera that lie further apart in time are of two flights. A supposition: to land,
/// change the battery and climb again takes longer, and within a flight a mapping drone takes a photo
/// every few seconds.
pub const BREAK: TimeDelta = TimeDelta::minutes(5);

/// A flight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sortie {
    /// Its number, from 1, in the order of take-off.
    pub number: usize,
    /// Who made the camera, and what it is called.
    pub camera: String,
    /// Its photos, as places in the list, in the order in which they were taken.
    pub photos: Vec<usize>,
    /// The first photo, in the time of the camera's clock, or of the offset that photos name; `None`
    /// where they have no time.
    pub begun: Option<NaiveDateTime>,
    /// The last one.
    pub ended: Option<NaiveDateTime>,
}

/// An offset from UTC in hours, to the quarter; `None` beyond -12 and 14.
#[must_use]
pub fn offset_of(hours: f64) -> Option<FixedOffset> {
    if !(-12.0..=14.0).contains(&hours) {
        return None;
    }
    let quarters = i32::try_from(round_to_u32((hours + 12.0) * 4.0)).ok()?;
    FixedOffset::east_opt(quarters * 900 - 12 * 3600)
}

/// The time of a photo in UTC: where the file names no offset, in that of `usual`.
#[must_use]
pub fn utc(tags: &PhotoTags, usual: FixedOffset) -> Option<NaiveDateTime> {
    let taken = tags.taken?;
    let offset = taken.offset.unwrap_or(usual);
    taken
        .local
        .checked_sub_signed(TimeDelta::seconds(offset.local_minus_utc().into()))
}

/// Photos by flight. Photos without a time are a flight of their own for each camera.
#[must_use]
pub fn sorties(photos: &[PhotoTags], usual: FixedOffset) -> Vec<Sortie> {
    let mut order: Vec<(String, Option<NaiveDateTime>, usize)> = photos
        .iter()
        .enumerate()
        .map(|(at, tags)| (camera(tags), utc(tags, usual), at))
        .collect();
    order.sort_by(|a, b| {
        let path = |at: usize| &photos[at].path;
        (&a.0, a.1)
            .cmp(&(&b.0, b.1))
            .then_with(|| path(a.2).cmp(path(b.2)))
    });
    let mut sorties: Vec<(Option<NaiveDateTime>, Sortie)> = Vec::new();
    let mut last: Option<(String, Option<NaiveDateTime>)> = None;
    for (camera, time, at) in order {
        let goes_on = last.as_ref().is_some_and(|(last_camera, last_time)| {
            *last_camera == camera
                && match (last_time, time) {
                    (Some(before), Some(now)) => now - *before <= BREAK,
                    (None, None) => true,
                    _ => false,
                }
        });
        let local = photos[at].taken.map(|taken| taken.local);
        match sorties.last_mut().filter(|_| goes_on) {
            Some((_, sortie)) => {
                sortie.photos.push(at);
                sortie.ended = local;
            }
            None => sorties.push((
                time,
                Sortie {
                    number: 0,
                    camera: camera.clone(),
                    photos: vec![at],
                    begun: local,
                    ended: local,
                },
            )),
        }
        last = Some((camera, time));
    }
    // By take-off, whichever camera it was; those without a time last.
    sorties
        .sort_by(|a, b| (a.0.is_none(), a.0, &a.1.camera).cmp(&(b.0.is_none(), b.0, &b.1.camera)));
    (1..)
        .zip(sorties)
        .map(|(number, (_, sortie))| Sortie { number, ..sortie })
        .collect()
}

fn camera(tags: &PhotoTags) -> String {
    let model = tags.model.trim();
    let make = tags.make.trim();
    if model.to_lowercase().starts_with(&make.to_lowercase()) {
        return model.to_owned();
    }
    format!("{make} {model}").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flight::photo::TakenAt;

    fn photo(name: &str, model: &str, time: Option<&str>, offset_hours: Option<i32>) -> PhotoTags {
        PhotoTags {
            path: name.into(),
            make: "DJI".into(),
            model: model.into(),
            taken: time.map(|time| TakenAt {
                local: NaiveDateTime::parse_from_str(time, "%Y-%m-%dT%H:%M:%S").unwrap(),
                offset: offset_hours.map(|h| FixedOffset::east_opt(h * 3600).unwrap()),
            }),
            ..PhotoTags::default()
        }
    }

    #[test]
    fn a_break_makes_a_flight() {
        let photos = [
            photo("c.jpg", "FC6310", Some("2026-04-20T09:20:00"), None),
            photo("a.jpg", "FC6310", Some("2026-04-20T09:00:00"), None),
            photo("b.jpg", "FC6310", Some("2026-04-20T09:05:00"), None),
            photo("m.jpg", "FC7303", Some("2026-04-20T09:01:00"), None),
            photo("n.jpg", "FC7303", None, None),
            // The same moment as the first, on a clock of UTC.
            photo("u.jpg", "FC6310", Some("2026-04-20T01:20:01"), Some(0)),
        ];
        let china = FixedOffset::east_opt(8 * 3600).unwrap();
        let found = sorties(&photos, china);
        let photos_of: Vec<&[usize]> = found.iter().map(|s| s.photos.as_slice()).collect();
        assert_eq!(photos_of, [&[1, 2][..], &[3], &[0, 5], &[4]]);
        assert_eq!(found[0].camera, "DJI FC6310");
        let begun = found[0].begun.unwrap().to_string();
        assert_eq!(
            (begun.as_str(), found[0].number),
            ("2026-04-20 09:00:00", 1)
        );
        assert_eq!(found[3].begun, None);
        assert!(sorties(&[], china).is_empty());
    }

    #[test]
    fn a_model_that_names_its_maker_names_it_once() {
        let mut tags = photo("a", "DJI Mini", None, None);
        assert_eq!(camera(&tags), "DJI Mini");
        tags.make = String::new();
        tags.model = String::new();
        assert_eq!(camera(&tags), "");
    }
}
