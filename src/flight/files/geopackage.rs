//! A flight as a `GeoPackage`: photos, the ground of each, the way of the camera, the ground that counts.

use super::columns::{Column, Entry, PHOTO, entries, integer};
use super::page::overlap;
use crate::Result;
use crate::flight::record::{SortieRecord, SurveyRecord};
use crate::flight::survey::Survey;
use crate::vector::{
    ClassColor, Field, FieldKind, GeometryKind, Layer, LayerStyle, Row, Shape, Value,
    categorized_points, categorized_polygons, geopackage, plain_polygons,
};
use geo::{LineString, MultiLineString, MultiPolygon, Point};
use std::path::Path;

const PHOTOS: &str = "Photos, one a row, at the place of the camera; those that do not count say why. \
     线索，非证据 / leads, not evidence.";
const FOOTPRINTS: &str = "The ground that each photo shows and that may be scanned. \
     线索，非证据 / leads, not evidence.";
const TRACKS: &str = "The way of the camera, a line a flight. 线索，非证据 / leads, not evidence.";
const SEEN: &str = "The ground that counts as seen, each place once. Outside of it nothing is known. \
     线索，非证据 / leads, not evidence.";

/// What is said of a photo beside the ground it shows.
const OF_FOOTPRINTS: [&str; 18] = [
    "path",
    "name",
    "use",
    "counts",
    "against",
    "against_zh",
    "sortie",
    "taken",
    "camera",
    "above_ground_m",
    "yaw_deg",
    "pitch_deg",
    "gsd_across_cm",
    "gsd_along_cm",
    "pos_err_m",
    "pos_err_worst_m",
    "area_m2",
    "explanation_zh",
];

/// Writes the layers `photos`, `footprints`, `tracks` and `seen`, all WGS 84, with styles for QGIS. `date`
/// (ISO 8601, UTC, with milliseconds) stands wherever the format asks for a time, so that the same survey
/// gives the same bytes. The file must not exist.
///
/// # Errors
/// [`crate::Error::WriteOutput`], [`crate::Error::OutputExists`], and [`crate::Error::Internal`] for a date
/// of another form.
pub fn write_geopackage(
    path: &Path,
    survey: &Survey,
    record: &SurveyRecord,
    date: &str,
) -> Result<()> {
    let grounds: Vec<(Entry<'_>, MultiPolygon<f64>)> = entries(survey, record)
        .filter_map(|entry| Some((entry, entry.photo.footprint.clone()?.into())))
        .collect();
    let tracks: Vec<(&SortieRecord, MultiLineString<f64>)> = survey
        .sorties
        .iter()
        .zip(&record.sorties)
        .map(|(sortie, said)| (said, survey.track(sortie)))
        .filter(|(_, track)| track.len() > 1)
        .map(|(said, track)| (said, MultiLineString::from(LineString::from(track))))
        .collect();
    let layers = vec![
        photos(survey, record),
        footprints(&grounds),
        lines(&tracks),
        seen(survey, record),
    ];
    geopackage::write(path, layers, &styles(), date)
}

fn photos<'a>(survey: &'a Survey, record: &'a SurveyRecord) -> Layer<'a> {
    let rows = entries(survey, record).map(|entry| Row {
        shape: match entry.photo.tags.position {
            Some(place) => Shape::Point(Point::from(place)),
            None => Shape::None,
        },
        values: PHOTO.iter().map(|column| column.value(&entry)).collect(),
    });
    Layer {
        name: "photos",
        title: "照片 photos",
        description: PHOTOS,
        geometry: GeometryKind::Point,
        fields: PHOTO.iter().map(|column| column.field).collect(),
        rows: Box::new(rows),
    }
}

fn footprints<'a>(grounds: &'a [(Entry<'a>, MultiPolygon<f64>)]) -> Layer<'a> {
    let columns = || {
        let is_said = |column: &&Column| OF_FOOTPRINTS.contains(&column.field.name);
        PHOTO.iter().filter(is_said)
    };
    let rows = grounds.iter().map(move |(entry, ground)| Row {
        shape: Shape::MultiPolygon(ground),
        values: columns().map(|column| column.value(entry)).collect(),
    });
    Layer {
        name: "footprints",
        title: "照片地面范围 footprints",
        description: FOOTPRINTS,
        geometry: GeometryKind::MultiPolygon,
        fields: columns().map(|column| column.field).collect(),
        rows: Box::new(rows),
    }
}

fn lines<'a>(tracks: &'a [(&'a SortieRecord, MultiLineString<f64>)]) -> Layer<'a> {
    let rows = tracks.iter().map(|(said, line)| Row {
        shape: Shape::Lines(line),
        values: vec![
            integer(said.number),
            said.camera.as_str().into(),
            said.begun.as_str().into(),
            said.ended.as_str().into(),
            rounded(said.minutes, 1),
            integer(said.photos),
            integer(said.placed),
            integer(said.counted),
            rounded(Some(said.track_m), 1),
            rounded(said.gsd_cm, 2),
            rounded(said.take_off_m, 1),
            said.take_off_from.unwrap_or_default().into(),
        ],
    });
    Layer {
        name: "tracks",
        title: "航线 tracks",
        description: TRACKS,
        geometry: GeometryKind::Line,
        fields: vec![
            field("sortie", FieldKind::Integer, "架次 sortie", "from 1"),
            field("camera", FieldKind::Text, "相机 camera", "maker and model"),
            field("begun", FieldKind::Text, "首张时间 begun", "ISO 8601"),
            field("ended", FieldKind::Text, "末张时间 ended", "ISO 8601"),
            field(
                "minutes",
                FieldKind::Real,
                "历时（分钟） minutes",
                "from the first photo to the last",
            ),
            field("photos", FieldKind::Integer, "照片数 photos", "all of them"),
            field(
                "placed",
                FieldKind::Integer,
                "已定位 placed",
                "photos of which each pixel has its place",
            ),
            field(
                "counted",
                FieldKind::Integer,
                "计入 counted",
                "photos whose ground counts as seen",
            ),
            field(
                "track_m",
                FieldKind::Real,
                "航线长（米） track_m",
                "metres from photo to photo",
            ),
            field(
                "gsd_cm",
                FieldKind::Real,
                "像元中位数（厘米） gsd_cm",
                "median, centimetres of ground a pixel",
            ),
            field(
                "take_off_m",
                FieldKind::Real,
                "起飞点高程（米） take_off_m",
                "height of the ground at take-off in the elevation model; 0 without one",
            ),
            field(
                "take_off_from",
                FieldKind::Text,
                "起飞点依据 take_off_from",
                "what was taken for the take-off",
            ),
        ],
        rows: Box::new(rows),
    }
}

fn seen<'a>(survey: &'a Survey, record: &'a SurveyRecord) -> Layer<'a> {
    let coverage = &record.coverage;
    let outline = &survey.seen.outline;
    let rows = (!outline.0.is_empty()).then(|| Row {
        shape: Shape::MultiPolygon(outline),
        values: vec![
            integer(coverage.photos),
            rounded(Some(coverage.area_m2), 1),
            rounded(Some(coverage.area_mu), 2),
            rounded(coverage.gsd_cm, 2),
            rounded(overlap(survey).map(|shares| shares[0] * 100.0), 1),
            rounded(overlap(survey).map(|shares| shares[1] * 100.0), 1),
            coverage.days.join("; ").into(),
        ],
    });
    Layer {
        name: "seen",
        title: "计入的覆盖范围 seen",
        description: SEEN,
        geometry: GeometryKind::MultiPolygon,
        fields: vec![
            field(
                "photos",
                FieldKind::Integer,
                "计入照片数 photos",
                "photos whose ground counts as seen",
            ),
            field(
                "area_m2",
                FieldKind::Real,
                "面积（平方米） area_m2",
                "square metres, on the ellipsoid",
            ),
            field("area_mu", FieldKind::Real, "面积（亩） area_mu", "mu"),
            field(
                "gsd_cm",
                FieldKind::Real,
                "像元中位数（厘米） gsd_cm",
                "median, centimetres of ground a pixel",
            ),
            field(
                "twice_pct",
                FieldKind::Real,
                "两张及以上（%） twice_pct",
                "share of the ground on two photos or more, percent; empty where photos are too scattered",
            ),
            field(
                "thrice_pct",
                FieldKind::Real,
                "三张及以上（%） thrice_pct",
                "share of the ground on three photos or more, percent; empty where photos are too scattered",
            ),
            field(
                "days",
                FieldKind::Text,
                "拍摄日期 days",
                "of the photos that count",
            ),
        ],
        rows: Box::new(rows.into_iter()),
    }
}

const fn field(
    name: &'static str,
    kind: FieldKind,
    title: &'static str,
    comment: &'static str,
) -> Field<'static> {
    Field {
        name,
        kind,
        title,
        comment,
    }
}

fn rounded(value: Option<f64>, decimals: usize) -> Value<'static> {
    let text = value
        .filter(|v| v.is_finite())
        .map(|v| format!("{v:.decimals$}"));
    text.and_then(|text| text.parse().ok())
        .map_or(Value::Null, Value::Real)
}

fn styles() -> Vec<LayerStyle> {
    let class = |value: &str, rgb| ClassColor {
        value: value.into(),
        rgb,
    };
    let states = [
        class("placed", [0, 114, 178]),
        class("point", [230, 159, 0]),
        class("refused", [213, 94, 0]),
    ];
    let uses = [
        class("counted", [0, 114, 178]),
        class("left_out", [213, 94, 0]),
    ];
    let style = |layer: &str, name: &str, qml: String| LayerStyle {
        layer: layer.into(),
        name: name.into(),
        description: "线索，非证据 / leads, not evidence".into(),
        qml,
    };
    // Only photos that do not count have a label: why.
    let points = categorized_points("state", &states, "against_zh");
    vec![
        style("photos", "photos by state", points),
        style(
            "footprints",
            "footprints by use",
            categorized_polygons("use", &uses),
        ),
        style("seen", "ground seen", plain_polygons([0, 158, 115])),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::testing::Made;
    use super::*;
    use crate::georef::Crs;
    use crate::vector::{StoredShape, read_features};

    #[test]
    fn layers_read_back_and_bytes_are_the_same() {
        let made = Made::new();
        let dir = tempfile::tempdir().unwrap();
        let paths = ["a.gpkg", "航摄 2.gpkg"].map(|name| dir.path().join(name));
        for path in &paths {
            let date = "2026-05-04T00:00:00.000Z";
            write_geopackage(path, &made.survey, &made.record, date).unwrap();
        }
        let bytes = paths.each_ref().map(|path| fs_err::read(path).unwrap());
        assert!(bytes[0] == bytes[1]);

        let wgs84 = Crs::wgs84().unwrap();
        let read = |layer| read_features(&paths[1], &wgs84, Some(layer), None).unwrap();
        let photos = read("photos");
        assert_eq!(photos.len(), made.survey.photos.len());
        let point = photos
            .iter()
            .find(|f| f.text(&["state"]) == "point")
            .unwrap();
        assert_eq!(point.text(&["name"]), "=HYPERLINK(<b>\"x\"&'y',1).JPG");
        assert_eq!(point.text(&["against_zh"]), "无法定位");
        assert!(matches!(point.shapes[..], [StoredShape::Point(_)]));
        let grounds = read("footprints");
        let wanted = made.survey.photos.iter().filter(|p| p.footprint.is_some());
        assert_eq!(grounds.len(), wanted.count());
        let counted = grounds.iter().filter(|f| f.text(&["use"]) == "counted");
        assert_eq!(counted.count(), made.record.coverage.photos);
        let tracks = read("tracks");
        assert_eq!(tracks.len(), made.survey.sorties.len());
        assert!(matches!(tracks[0].shapes[..], [StoredShape::Lines(_)]));
        let seen = read("seen");
        assert_eq!(seen.len(), 1);
        let mu: f64 = seen[0].text(&["area_mu"]).parse().unwrap();
        assert!((mu - made.record.coverage.area_mu).abs() < 0.006);
    }

    #[test]
    fn an_empty_survey_has_empty_layers() {
        let made = Made::empty();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.gpkg");
        let date = "2026-05-04T00:00:00.000Z";
        write_geopackage(&path, &made.survey, &made.record, date).unwrap();
        let wgs84 = Crs::wgs84().unwrap();
        assert!(read_features(&path, &wgs84, None, None).unwrap().is_empty());
    }

    #[test]
    fn every_column_of_footprints_is_one_of_photos() {
        let is_there = |name: &&str| PHOTO.iter().any(|column| column.field.name == *name);
        assert!(OF_FOOTPRINTS.iter().all(is_there));
    }
}
