//! Flights of a survey made by hand.

use super::row::FlightRow;
use crate::flight::coverage::ground_seen;
use crate::flight::photo::{PhotoTags, TakenAt};
use crate::flight::place::{Placed, Placing};
use crate::flight::sorties::sorties;
use crate::flight::survey::{Against, FlightPhoto, Survey};
use crate::georef::{Gsd, LocalMetres};
use chrono::{FixedOffset, NaiveDateTime};
use geo::{Coord, LineString, Point, Polygon};

fn local(east: f64, north: f64) -> Coord<f64> {
    let frame = LocalMetres::around(Point::new(101.6, 24.7));
    frame.place(Point::new(east, north)).into()
}

/// A photo of a square of 100 m whose middle is so many metres east.
fn photo(path: &str, time: &str, east: f64) -> FlightPhoto {
    let corner = |x: f64, y: f64| local(east + 50.0 * x, 50.0 * y);
    let ring = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)].map(|(x, y)| corner(x, y));
    FlightPhoto {
        tags: PhotoTags {
            path: path.into(),
            make: "DJI".into(),
            model: "FC6310".into(),
            taken: Some(TakenAt {
                local: NaiveDateTime::parse_from_str(time, "%Y-%m-%dT%H:%M:%S").unwrap(),
                offset: None,
            }),
            position: Some(local(east, 0.0).x_y()),
            ..PhotoTags::default()
        },
        placed: Placed {
            placing: Placing::Refused,
            missing: Vec::new(),
            problems: Vec::new(),
        },
        quality: None,
        sortie: 0,
        copy_of: None,
        gsd: Some(Gsd {
            x_m: 0.025,
            y_m: 0.025,
        }),
        pos_err_m: None,
        footprint: Some(Polygon::new(LineString::from_iter(ring), vec![])),
        in_season: None,
        against: Vec::new(),
    }
}

fn survey(photos: Vec<FlightPhoto>) -> Survey {
    let tags: Vec<PhotoTags> = photos.iter().map(|photo| photo.tags.clone()).collect();
    Survey {
        sorties: sorties(&tags, FixedOffset::east_opt(8 * 3600).unwrap()),
        photos,
        datums: Vec::new(),
        seen: ground_seen(&[]),
        failed: Vec::new(),
    }
}

fn flight() -> Vec<FlightPhoto> {
    let mut photos = vec![
        photo("a/card/2.jpg", "2026-04-20T09:00:10", 50.0),
        photo("a/card/1.jpg", "2026-04-20T09:00:00", 0.0),
        photo("a/other/3.jpg", "2026-04-20T09:00:20", 500.0),
        photo("a/card/1 copy.jpg", "2026-04-20T09:00:20", 0.0),
        photo("a/card/9.jpg", "2026-04-20T15:00:00", 0.0),
    ];
    photos[2].against = vec![Against::Quality];
    photos[3].copy_of = Some((1, ["the same".into(), "相同".into()]));
    photos[3].against = vec![Against::Copy];
    photos[4].tags.position = None;
    photos[4].against = vec![Against::NotPlaced];
    photos[4].footprint = None;
    photos
}

#[test]
fn a_flight_is_its_photos_together() {
    let rows = FlightRow::of(&survey(flight()));
    let [first, second] = &rows[..] else {
        panic!("{rows:?}")
    };
    assert_eq!((first.photos, first.placed, first.counted), (3, 0, 2));
    assert_eq!(
        (first.begun.as_str(), first.ended.as_str()),
        ("2026-04-20T09:00:00", "2026-04-20T09:00:20")
    );
    assert_eq!(
        (first.camera.as_str(), first.gsd_cm),
        ("DJI FC6310", Some(2.5))
    );
    // Two squares of 100 m that overlap by half.
    assert!((first.area_m2 - 15_000.0).abs() < 10.0, "{}", first.area_m2);
    assert_eq!(first.ground.0.len(), 1);
    // From 1 to 2, and then to the copy and 3, whichever comes first.
    assert!(
        first.track_m > 500.0 && first.track.0[0].0.len() == 4,
        "{first:?}"
    );
    assert_eq!(first.source, "a");
    assert_eq!(first.as_extra().unwrap().capture_time, first.begun);
    assert_eq!(second.source, "a/card");
    assert!(second.track.0.is_empty() && second.ground.0.is_empty());
    assert_eq!(
        (second.photos, second.gsd_cm, second.as_extra()),
        (1, None, None)
    );
}

#[test]
fn the_id_is_that_of_the_first_photo_wherever_it_lies() {
    let id = |photos: Vec<FlightPhoto>| FlightRow::of(&survey(photos))[0].flight_id.clone();
    let whole = id(flight());
    assert!(whole.len() == 16 && whole.bytes().all(|b| b.is_ascii_hexdigit()));
    let mut part = flight();
    part.remove(0);
    part.reverse();
    assert_eq!(id(part), whole);
    let mut moved = flight();
    for photo in &mut moved {
        photo.tags.path = std::path::Path::new("/elsewhere").join(&photo.tags.path);
    }
    assert_eq!(id(moved), whole);
    let mut other = flight();
    other[1].tags.model = "FC7303".into();
    other.swap(0, 1);
    other.truncate(1);
    assert_ne!(id(other), whole);
    let mut renamed = flight();
    renamed[1].tags.path = "a/card/0.jpg".into();
    assert_ne!(id(renamed), whole);
}
