//! A made-up survey for tests: two flights over fields, with photos that are wrong in each way.

use crate::flight::coverage::ground_seen;
use crate::flight::place::PlaceSettings;
use crate::flight::quality::{Fault, Quality, Verdict};
use crate::flight::record::SurveyRecord;
use crate::flight::survey::{Against, Survey, SurveyJob, survey};
use crate::flight::tags::testing::{Field, MadePhoto};
use crate::georef::LocalMetres;
use chrono::{Datelike, FixedOffset, NaiveDate};
use geo::{MapCoords, MultiPolygon, Point, Polygon};
use std::path::{Path, PathBuf};

/// A survey and its record.
pub(super) struct Made {
    pub(super) survey: Survey,
    pub(super) record: SurveyRecord,
}

/// Where the fields are.
const MIDDLE: (f64, f64) = (101.6367, 24.7548);

/// A name that would be a formula, a tag and an attribute.
const HOSTILE: &str = "=HYPERLINK(<b>\"x\"&'y',1).JPG";

fn frame() -> LocalMetres {
    LocalMetres::around(Point::from(MIDDLE))
}

/// A photo taken so many seconds after the first one, metres east and north of the middle.
fn photo(
    folder: &Path,
    name: &str,
    seconds: u32,
    (east, north): (f64, f64),
    dji: &[(&str, &str)],
) -> PathBuf {
    let mut made = MadePhoto::dji();
    let place = frame().place(Point::new(east, north));
    made.at(place.x(), place.y());
    for (name, value) in dji {
        made.set_dji(name, value);
    }
    let (minute, second) = (seconds / 60, seconds % 60);
    made.set_dji(
        "UTCAtExposure",
        &format!("2026:05:04 02:{minute:02}:{second:02}.00"),
    );
    made.exif[0].1 = Field::Text(format!("2026:05:04 10:{minute:02}:{second:02}"));
    let path = folder.join(name);
    fs_err::write(&path, made.jpeg()).unwrap();
    path
}

/// Photos along lines to and fro.
fn lines(
    folder: &Path,
    prefix: &str,
    start: u32,
    (east, north): (f64, f64),
    (lines, each): (u32, u32),
) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in 0..lines {
        for step in 0..each {
            let number = line * each + step;
            let along = if line % 2 == 0 { step } else { each - 1 - step };
            let place = (
                east + 42.0 * f64::from(line),
                north + 32.0 * f64::from(along),
            );
            let name = format!("{prefix}_{:03}.JPG", number + 1);
            let yaw = if line % 2 == 0 { "+8.00" } else { "-172.00" };
            let turn = [("GimbalYawDegree", yaw)];
            files.push(photo(folder, &name, start + 3 * number, place, &turn));
        }
    }
    files
}

fn run(files: &[PathBuf]) -> Survey {
    let place = PlaceSettings {
        heights: None,
        take_off: None,
        height_m: None,
        gnss_m: None,
        least_depression_deg: 30.0,
        allow_points: true,
    };
    survey(&SurveyJob {
        files,
        place: &place,
        usual_offset: FixedOffset::east_opt(8 * 3600).unwrap(),
        judge: false,
        max_gsd_cm: 5.0,
        in_season: &|day: NaiveDate, _| Some(day.month() < 8),
        progress: &|_, _, _| {},
        stop: &|| false,
    })
    .unwrap()
}

impl Made {
    /// A survey without files.
    pub(super) fn empty() -> Self {
        let survey = run(&[]);
        let record = SurveyRecord::of(&survey);
        Self { survey, record }
    }

    /// Two flights of 40 and 15 photos, of which some do not count, and a file that is no photo.
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path();
        let mut files = lines(folder, "A", 0, (-150.0, -120.0), (5, 8));
        files.extend(lines(folder, "B", 2400, (140.0, -60.0), (3, 5)));
        let first = files.len();
        let middle = (90.0, 140.0);
        files.push(photo(
            folder,
            "FLAT.JPG",
            130,
            middle,
            &[("GimbalPitchDegree", "+5.00")],
        ));
        let oblique = [
            ("GimbalPitchDegree", "-45.00"),
            ("GimbalYawDegree", "+60.00"),
        ];
        files.push(photo(folder, "SIDE.JPG", 133, middle, &oblique));
        let high = [("RelativeAltitude", "+260.00")];
        files.push(photo(folder, "HIGH.JPG", 136, (-60.0, 30.0), &high));
        let mut made = MadePhoto::dji();
        let place = frame().place(Point::new(-200.0, 150.0));
        made.at(place.x(), place.y());
        made.dji_xmp(&[("RelativeAltitude", "+100.000")]);
        made.exif[0].1 = Field::Text("2026:05:04 10:02:19".into());
        files.push(folder.join(HOSTILE));
        fs_err::write(folder.join(HOSTILE), made.jpeg()).unwrap();
        files.push(folder.join("broken.jpg"));
        fs_err::write(folder.join("broken.jpg"), "no <photo> & no \"tags\"").unwrap();

        let mut survey = run(&files);
        assert_eq!(survey.photos.len(), first + 4);
        assert_eq!(survey.sorties.len(), 2);
        // What pixels would say.
        survey.photos[3].quality = Some(quality(Fault::LensCap));
        survey.photos[3].against.push(Against::Quality);
        survey.photos[5].quality = Some(quality(Fault::Underexposed));
        let said = ["the same bytes as A_008.JPG", "与 A_008.JPG 内容相同"].map(str::to_owned);
        survey.photos[8].copy_of = Some((7, said));
        survey.photos[8].against.push(Against::Copy);
        let grounds: Vec<&Polygon<f64>> = survey.footprints().map(|(_, ground)| ground).collect();
        survey.seen = ground_seen(&grounds);
        let record = SurveyRecord::of(&survey);
        Self { survey, record }
    }

    /// The same photos again and again, further and further to the east and the north.
    pub(super) fn many(photos: usize) -> Self {
        let mut survey = Self::new().survey;
        let few = survey.photos.clone();
        let seen = survey.seen.outline.clone();
        let (mut east, mut north) = (0.0, 0.0);
        while survey.photos.len() < photos {
            east += 0.003;
            if east > 0.06 {
                (east, north) = (0.0, north + 0.003);
            }
            let moved = |c: geo::Coord<f64>| geo::coord! { x: c.x + east, y: c.y + north };
            let more = seen.map_coords(moved);
            survey.seen.outline.0.extend(more);
            for photo in &few {
                let mut photo = photo.clone();
                photo.footprint = photo.footprint.map(|ground| ground.map_coords(moved));
                photo.tags.position = photo.tags.position.map(|(x, y)| (x + east, y + north));
                let at = survey.photos.len();
                survey.sorties[0].photos.push(at);
                survey.photos.push(photo);
            }
        }
        let record = SurveyRecord::of(&survey);
        Self { survey, record }
    }

    /// A village around the fields, and another beside it.
    pub(super) fn villages() -> Vec<(String, MultiPolygon<f64>)> {
        let area = |corners: &[(f64, f64)]| -> MultiPolygon<f64> {
            let place = |(east, north): &(f64, f64)| frame().place(Point::new(*east, *north));
            let ring: Vec<Point<f64>> = corners.iter().map(place).collect();
            Polygon::new(ring.into(), vec![]).into()
        };
        vec![
            (
                "和<平>村".into(),
                area(&[
                    (-260.0, -260.0),
                    (60.0, -230.0),
                    (110.0, 240.0),
                    (-240.0, 260.0),
                ]),
            ),
            (
                "Unity & \"Peace\"".into(),
                area(&[
                    (60.0, -230.0),
                    (900.0, -260.0),
                    (880.0, 280.0),
                    (110.0, 240.0),
                ]),
            ),
        ]
    }

    /// Ground to fly again.
    pub(super) fn gaps() -> Vec<MultiPolygon<f64>> {
        let place = |east: f64, north: f64| frame().place(Point::new(east, north));
        let ring = vec![
            place(-230.0, -240.0),
            place(-225.0, 100.0),
            place(-222.0, 100.0),
            place(-220.0, -240.0),
        ];
        vec![Polygon::new(ring.into(), vec![]).into()]
    }
}

fn quality(fault: Fault) -> Quality {
    Quality {
        reduction: 2.9,
        blur_px: Some(1.234),
        motion_px: None,
        unevenness: None,
        motion_deg: None,
        edges: 0.02,
        clipped_dark: 0.6,
        clipped_bright: 0.0,
        mean: 12.0,
        contrast: 3.0,
        likeness: None,
        verdicts: vec![Verdict {
            fault,
            value: 0.6,
            limit: 0.5,
            reason: String::new(),
        }],
    }
}
