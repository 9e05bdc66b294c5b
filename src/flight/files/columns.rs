//! The columns of a photo in the table and the `GeoPackage`.

use super::words::{brief, explanation, name};
use crate::flight::record::{PhotoRecord, SurveyRecord};
use crate::flight::survey::{FlightPhoto, Survey, name_of};
use crate::lang::Lang;
use crate::vector::{Field, FieldKind, Value};

/// A photo with its record.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) photo: &'a FlightPhoto,
    pub(super) record: &'a PhotoRecord,
}

/// The photos of a survey, in the order of the files.
pub(super) fn entries<'a>(
    survey: &'a Survey,
    record: &'a SurveyRecord,
) -> impl Iterator<Item = Entry<'a>> {
    let pairs = survey.photos.iter().zip(&record.photos);
    pairs.map(|(photo, record)| Entry { photo, record })
}

/// A column.
pub(super) struct Column {
    pub(super) field: Field<'static>,
    /// Decimals of its numbers.
    decimals: usize,
    value: for<'a> fn(&Entry<'a>) -> Value<'a>,
}

impl Column {
    /// The value of a photo, rounded to what the column says.
    pub(super) fn value<'a>(&self, entry: &Entry<'a>) -> Value<'a> {
        match (self.value)(entry) {
            // A product with a power of ten would have more digits than it should.
            Value::Real(number) if number.is_finite() => {
                let text = format!("{number:.*}", self.decimals);
                Value::Real(text.parse().unwrap_or(number))
            }
            Value::Real(_) => Value::Null,
            other => other,
        }
    }

    /// A value as text with the decimals of the column.
    pub(super) fn text(&self, value: &Value<'_>) -> String {
        match value {
            Value::Real(number) => format!("{number:.*}", self.decimals),
            other => other.to_text(),
        }
    }
}

const fn column(
    (name, kind, decimals): (&'static str, FieldKind, usize),
    title: &'static str,
    comment: &'static str,
    value: for<'a> fn(&Entry<'a>) -> Value<'a>,
) -> Column {
    Column {
        field: Field {
            name,
            kind,
            title,
            comment,
        },
        decimals,
        value,
    }
}

const fn text(
    name: &'static str,
    title: &'static str,
    comment: &'static str,
    value: for<'a> fn(&Entry<'a>) -> Value<'a>,
) -> Column {
    column((name, FieldKind::Text, 0), title, comment, value)
}

const fn whole(
    name: &'static str,
    title: &'static str,
    comment: &'static str,
    value: for<'a> fn(&Entry<'a>) -> Value<'a>,
) -> Column {
    column((name, FieldKind::Integer, 0), title, comment, value)
}

const fn real(
    name: &'static str,
    decimals: usize,
    title: &'static str,
    comment: &'static str,
    value: for<'a> fn(&Entry<'a>) -> Value<'a>,
) -> Column {
    column((name, FieldKind::Real, decimals), title, comment, value)
}

/// A number of things.
pub(super) fn integer(number: usize) -> Value<'static> {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

fn number(value: Option<f64>) -> Value<'static> {
    value.map_or(Value::Null, Value::Real)
}

/// What is said of a photo.
pub(super) const PHOTO: [Column; 34] = [
    text("path", "文件路径 path", "the file", |e| {
        e.record.path.as_str().into()
    }),
    text("name", "文件名 name", "the name of the file", |e| {
        name_of(&e.photo.tags.path).into()
    }),
    text(
        "state",
        "定位状态 state",
        "placed: each pixel has its place; point: only the camera has; refused: neither",
        |e| e.record.state.into(),
    ),
    text(
        "use",
        "是否计入（文字） use",
        "counted: its ground counts as seen; left_out: it does not",
        |e| {
            if e.record.counts {
                "counted"
            } else {
                "left_out"
            }
            .into()
        },
    ),
    whole(
        "counts",
        "是否计入 counts",
        "1 where its ground counts as seen, otherwise 0",
        |e| Value::Integer(e.record.counts.into()),
    ),
    text(
        "against",
        "不计入的原因代码 against",
        "why it does not count: not_placed, too_flat, quality, copy, too_coarse, out_of_season",
        |e| {
            let names: Vec<String> = e.photo.against.iter().map(|a| name(*a)).collect();
            names.join("; ").into()
        },
    ),
    text(
        "against_zh",
        "不计入的原因 against_zh",
        "the same in Chinese",
        |e| brief(e.photo, Lang::Zh).into(),
    ),
    whole(
        "sortie",
        "架次 sortie",
        "number of the flight, from 1",
        |e| integer(e.record.sortie),
    ),
    text(
        "taken",
        "拍摄时间 taken",
        "ISO 8601, the camera's clock, with its offset from UTC where the file says it",
        |e| e.record.taken.as_str().into(),
    ),
    text("camera", "相机 camera", "maker and model", |e| {
        e.record.camera.as_str().into()
    }),
    whole("width", "列数 width", "columns of pixels", |e| {
        Value::Integer(e.record.width.into())
    }),
    whole("height", "行数 height", "rows of pixels", |e| {
        Value::Integer(e.record.height.into())
    }),
    real(
        "lon",
        7,
        "相机经度 lon",
        "of the camera, degrees, WGS 84",
        |e| number(e.record.lon),
    ),
    real(
        "lat",
        7,
        "相机纬度 lat",
        "of the camera, degrees, WGS 84",
        |e| number(e.record.lat),
    ),
    real(
        "relative_altitude_m",
        2,
        "相对起飞点高度（米） relative_altitude_m",
        "metres above take-off, as the file says",
        |e| number(e.record.relative_altitude_m),
    ),
    real(
        "above_ground_m",
        2,
        "离地高度（米） above_ground_m",
        "metres above the ground below the camera",
        |e| number(e.record.above_ground_m),
    ),
    real(
        "yaw_deg",
        2,
        "相机偏航角（度） yaw_deg",
        "of the camera, from true north, clockwise",
        |e| number(e.record.yaw_deg),
    ),
    real(
        "pitch_deg",
        2,
        "相机俯仰角（度） pitch_deg",
        "of the camera, -90 looks straight down",
        |e| number(e.record.pitch_deg),
    ),
    real(
        "roll_deg",
        2,
        "相机横滚角（度） roll_deg",
        "of the camera",
        |e| number(e.record.roll_deg),
    ),
    real(
        "gsd_across_cm",
        2,
        "行向像元（厘米） gsd_across_cm",
        "centimetres of ground a pixel along the rows, in the middle",
        |e| number(e.record.gsd_cm.map(|[across, _]| across)),
    ),
    real(
        "gsd_along_cm",
        2,
        "列向像元（厘米） gsd_along_cm",
        "centimetres of ground a pixel along the columns, in the middle",
        |e| number(e.record.gsd_cm.map(|[_, along]| along)),
    ),
    real(
        "pos_err_m",
        2,
        "位置误差（米） pos_err_m",
        "standard error of a place on the ground in the middle of the picture, metres",
        |e| number(e.record.pos_err_m),
    ),
    real(
        "pos_err_worst_m",
        2,
        "最大位置误差（米） pos_err_worst_m",
        "the same at the worst corner",
        |e| number(e.record.pos_err_worst_m),
    ),
    real(
        "area_m2",
        1,
        "地面面积（平方米） area_m2",
        "square metres of ground that may be scanned, on the ellipsoid",
        |e| number(e.record.area_m2),
    ),
    text(
        "in_season",
        "是否在物候期 in_season",
        "yes or no; empty where nobody knows",
        |e| match e.record.in_season {
            Some(true) => "yes".into(),
            Some(false) => "no".into(),
            None => "".into(),
        },
    ),
    text(
        "verdicts",
        "画面问题代码 verdicts",
        "what is wrong with the picture: damaged, lens_cap, uniform, no_detail, blurred, motion_blurred, underexposed, overexposed, duplicate",
        |e| e.record.verdicts.join("; ").into(),
    ),
    real(
        "blur_px",
        2,
        "模糊量（像素） blur_px",
        "spread of edges in pixels of the picture as judged",
        |e| number(e.record.quality.as_ref().and_then(|q| q.blur_px)),
    ),
    text(
        "duplicate_of",
        "重复于 duplicate_of",
        "the photo that it is a copy of",
        |e| e.record.duplicate_of.as_deref().unwrap_or_default().into(),
    ),
    real(
        "focal_px",
        2,
        "焦距（像素） focal_px",
        "focal length in pixels",
        |e| number(e.record.focal_px),
    ),
    text(
        "gps_status",
        "定位方式 gps_status",
        "what the receiver says of itself",
        |e| e.record.gps_status.as_str().into(),
    ),
    text(
        "problem",
        "定位问题 problem",
        "why it cannot be placed, in English",
        |e| e.record.problem.as_str().into(),
    ),
    text(
        "notes",
        "标签备注 notes",
        "what was odd about its tags, in English",
        |e| e.record.notes.join("; ").into(),
    ),
    text(
        "explanation_zh",
        "说明 explanation_zh",
        "all that is wrong with it, in Chinese",
        |e| explanation(e.photo, Lang::Zh).into(),
    ),
    text(
        "explanation_en",
        "英文说明 explanation_en",
        "all that is wrong with it, in English",
        |e| explanation(e.photo, Lang::En).into(),
    ),
];
