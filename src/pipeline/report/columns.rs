//! The columns of a site, once for every format: name, meaning, value, rounding.

use crate::georef::m2_to_mu;
use crate::pipeline::site::{CandidateSite, Coverage, PHOTOS, RunFacts, Views};
use crate::vector::{Field, FieldKind, Value};
use std::borrow::Cow;
use std::fmt::Write as _;

/// Goes with every export.
pub const NOTE: &str = "线索，非证据";

/// Tiles listed by name before the rest are only counted.
const TILES_LISTED: usize = 20;

/// One column of a table of `T`.
pub(super) struct Column<T: ?Sized> {
    pub(super) field: Field<'static>,
    pub(super) value: for<'a> fn(&'a T, &'a RunFacts) -> Value<'a>,
}

macro_rules! column {
    ($name:literal, $kind:ident, $title:literal, $comment:literal, $value:expr) => {
        Column {
            field: Field {
                name: $name,
                kind: FieldKind::$kind,
                title: $title,
                comment: $comment,
            },
            value: $value,
        }
    };
}

/// The columns of a candidate site, in every run.
const SITE: [Column<CandidateSite>; 23] = [
    column!(
        "site_id",
        Text,
        "线索编号",
        "unique within the run",
        |s, _| { s.site_id.as_str().into() }
    ),
    column!(
        "run_id",
        Text,
        "批次编号",
        "hash of the plan",
        |_, run| { run.get("run_id").into() }
    ),
    column!(
        "model",
        Text,
        "模型",
        "model that gave the scores",
        |_, run| { run.get("model").into() }
    ),
    column!(
        "model_sha256",
        Text,
        "模型校验值",
        "SHA-256 of the model file",
        |_, run| run.get("model_sha256").into()
    ),
    column!(
        "src_image",
        Text,
        "影像",
        "images that show it",
        |s, _| { join(&s.src_image) }
    ),
    column!(
        "src_sha256",
        Text,
        "影像校验值",
        "SHA-256 of each image, in the same order",
        |s, _| join(&s.src_sha256)
    ),
    column!(
        "capture_time",
        Text,
        "拍摄时间",
        "ISO 8601, one for each image, in the same order",
        |s, _| join_times(&s.capture_time)
    ),
    column!(
        "gsd_cm",
        Real,
        "分辨率cm",
        "ground sample distance in centimetres",
        |s, _| rounded(s.gsd_cm, 3)
    ),
    column!(
        "class",
        Text,
        "类别",
        "class with the strongest evidence",
        |s, _| { s.class.as_str().into() }
    ),
    column!(
        "prob",
        Real,
        "置信",
        "mean score of its cells, 0 to 1",
        |s, _| { rounded(s.prob, 6) }
    ),
    column!(
        "prob_max",
        Real,
        "最高置信",
        "highest score of its cells, 0 to 1",
        |s, _| rounded(s.prob_max, 6)
    ),
    column!(
        "evidence",
        Text,
        "各类概率",
        "mean probability of each class, JSON",
        |s, _| evidence(&s.evidence)
    ),
    column!(
        "n_detections",
        Integer,
        "检出数",
        "detections fused into it",
        |s, _| Value::Integer(s.n_detections.into())
    ),
    column!(
        "lon",
        Real,
        "经度",
        "WGS 84 longitude in degrees",
        |s, _| { rounded(s.point.x(), 7) }
    ),
    column!(
        "lat",
        Real,
        "纬度",
        "WGS 84 latitude in degrees",
        |s, _| { rounded(s.point.y(), 7) }
    ),
    column!("map_x", Real, "图面x", "x (east) in map_crs", |s, _| {
        rounded(s.map_x, map_decimals(s))
    }),
    column!("map_y", Real, "图面y", "y (north) in map_crs", |s, _| {
        rounded(s.map_y, map_decimals(s))
    }),
    column!(
        "map_crs",
        Text,
        "图面坐标系",
        "reference system of the image",
        |s, _| { s.map_crs.as_str().into() }
    ),
    column!(
        "pos_err_m",
        Real,
        "定位误差m",
        "how far the point may lie from the truth, in metres",
        |s, _| rounded(s.pos_err_m, 2)
    ),
    column!(
        "area_m2",
        Real,
        "面积m2",
        "area of all parts on the ellipsoid, in square metres",
        |s, _| rounded(s.area_m2, 2)
    ),
    column!(
        "area_mu",
        Real,
        "面积亩",
        "the same in mu (2000/3 m²)",
        |s, _| { rounded(m2_to_mu(s.area_m2), 4) }
    ),
    column!(
        "tile_ids",
        Text,
        "瓦片",
        "tiles it was found in",
        |s, _| { tiles(&s.tile_ids) }
    ),
    column!(
        "status",
        Text,
        "状态",
        "candidate: nobody was there yet",
        |s, _| { s.status.as_str().into() }
    ),
];

/// How many photos show a site: further columns of runs that had photos.
const VIEWS: [Column<CandidateSite>; 2] = [
    column!(
        "views_seen",
        Integer,
        "见到照片数",
        "photos in which it was found",
        |s, _| views(s, |v| v.seen)
    ),
    column!(
        "views_could",
        Integer,
        "可见照片数",
        "photos that could see it",
        |s, _| views(s, |v| v.could)
    ),
];

/// The columns of the sites of a run.
pub(super) fn site_columns(facts: &RunFacts) -> Vec<&'static Column<CandidateSite>> {
    let had_photos = !facts.get(PHOTOS).is_empty();
    let views = VIEWS.iter().filter(|_| had_photos);
    SITE.iter().chain(views).collect()
}

fn views(site: &CandidateSite, of: fn(Views) -> u32) -> Value<'_> {
    site.views
        .map_or(Value::Null, |views| Value::Integer(of(views).into()))
}

/// The columns of covered ground.
pub(super) const COVERAGE: [Column<Coverage>; 4] = [
    column!(
        "image",
        Text,
        "影像",
        "image that was looked at",
        |c, _| { c.image.as_str().into() }
    ),
    column!("capture_time", Text, "拍摄时间", "ISO 8601", |c, _| {
        c.capture_time.as_str().into()
    }),
    column!(
        "gsd_cm",
        Real,
        "分辨率cm",
        "ground sample distance in centimetres",
        |c, _| rounded(c.gsd_cm, 3)
    ),
    column!(
        "area_m2",
        Real,
        "面积m2",
        "ground looked at on the ellipsoid, in square metres",
        |c, _| rounded(c.area_m2, 2)
    ),
];

/// The columns of the table of run facts.
pub(super) const RUN: [Column<(String, String)>; 2] = [
    column!("key", Text, "项目", "name of the fact", |f, _| f
        .0
        .as_str()
        .into()),
    column!("value", Text, "内容", "the fact", |f, _| f
        .1
        .as_str()
        .into()),
];

/// `value` with so many decimals, as every format shows it.
fn rounded<'a>(value: f64, decimals: i32) -> Value<'a> {
    let scale = 10_f64.powi(decimals);
    let near = (value * scale).round() / scale;
    // Adding zero turns -0 into 0.
    Value::Real(if near.is_finite() { near + 0.0 } else { value })
}

/// Millimetres where the map is in metres or feet, 7 decimals where in degrees.
fn map_decimals(site: &CandidateSite) -> i32 {
    if site.map_x.abs() <= 360.0 && site.map_y.abs() <= 90.0 {
        7
    } else {
        3
    }
}

fn join(list: &[String]) -> Value<'_> {
    match list {
        [one] => one.as_str().into(),
        many => many.join("; ").into(),
    }
}

/// Empty where no time is known; `-` holds the place of a single unknown one.
fn join_times(times: &[String]) -> Value<'_> {
    if times.iter().all(String::is_empty) {
        return "".into();
    }
    let shown = |t: &String| {
        if t.is_empty() {
            "-".to_owned()
        } else {
            t.clone()
        }
    };
    times
        .iter()
        .map(shown)
        .collect::<Vec<_>>()
        .join("; ")
        .into()
}

fn tiles(ids: &[String]) -> Value<'_> {
    let listed = ids.len().min(TILES_LISTED);
    let mut text = ids[..listed].join("; ");
    if ids.len() > listed {
        let _ = write!(text, "; … (+{})", ids.len() - listed);
    }
    text.into()
}

fn evidence(classes: &[(String, f64)]) -> Value<'_> {
    let map: serde_json::Map<String, serde_json::Value> = classes
        .iter()
        .map(|(name, prob)| (name.clone(), to_json(&rounded(*prob, 4))))
        .collect();
    serde_json::Value::Object(map).to_string().into()
}

/// The value as JSON; numbers that are none become null.
pub(super) fn to_json(value: &Value<'_>) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Text(text) => Cow::clone(text).into_owned().into(),
        Value::Integer(number) => (*number).into(),
        Value::Real(number) => (*number).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    fn value(site: &CandidateSite, name: &str) -> String {
        let column = SITE.iter().find(|c| c.field.name == name).unwrap();
        match (column.value)(site, &fixture::facts()) {
            Value::Text(text) => text.into_owned(),
            other => to_json(&other).to_string(),
        }
    }

    #[test]
    fn values_are_rounded_joined_and_capped() {
        let mut site = fixture::site(1);
        site.prob = 0.123_456_789;
        site.src_image = vec!["a.tif".into(), "乙.tif".into()];
        site.capture_time = vec![String::new(), "2026-05-04".into()];
        site.tile_ids = (0..25).map(|i| format!("r0c{i}")).collect();
        assert_eq!(value(&site, "prob"), "0.123457");
        assert_eq!(value(&site, "src_image"), "a.tif; 乙.tif");
        assert_eq!(value(&site, "capture_time"), "-; 2026-05-04");
        assert!(value(&site, "tile_ids").ends_with("r0c19; … (+5)"));
        assert_eq!(value(&site, "evidence"), r#"{"poppy":0.9,"other":0.1}"#);
        assert_eq!(value(&site, "area_mu"), "0.15");
        site.capture_time = vec![String::new()];
        site.gsd_cm = f64::NAN;
        site.map_x = -0.000_000_001;
        assert_eq!(value(&site, "capture_time"), "");
        assert_eq!(value(&site, "gsd_cm"), "null");
        assert_eq!(value(&site, "map_x"), "0.0");
    }
}
