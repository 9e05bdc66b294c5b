//! The columns themselves, in order.

use super::{Column, Source, listing_text};
use crate::campaign::vocabulary::{
    CONFUSER, COUNT_METHOD, DISPOSAL, OUTCOME, SPECIES, STAGE, WordList,
};
use crate::campaign::{Lang, crop_name};
use crate::georef::{GaussKrugerPlace, m2_to_mu};
use crate::tasks::pack::FieldTask;
use crate::vector::{FieldKind, Value};

macro_rules! column {
    ($name:literal, $zh:literal, $en:literal, $kind:ident, $width:literal, $value:expr) => {
        Column {
            name: $name,
            zh: $zh,
            en: $en,
            kind: FieldKind::$kind,
            width: $width,
            source: Source::Task($value),
        }
    };
}

const fn blank(
    name: &'static str,
    (zh, en): (&'static str, &'static str),
    kind: FieldKind,
    width: f64,
    list: Option<WordList>,
) -> Column {
    Column {
        name,
        zh,
        en,
        kind,
        width,
        source: Source::Blank(list),
    }
}

/// The columns in order, after `DOMAIN` section 3.4: what the seeds and reports of offices name.
pub const COLUMNS: [Column; 64] = [
    column!("seq", "序号", "no.", Integer, 6.0, |t, _| Value::Integer(
        t.seq.into()
    )),
    column!("code", "简码", "short code", Text, 12.0, |t, _| t
        .code
        .as_str()
        .into()),
    column!(
        "site_id",
        "疑似点编号",
        "site id",
        Text,
        26.0,
        |t, _| t.site_id.as_str().into()
    ),
    column!("listing", "清单", "list", Text, 12.0, |t, f| {
        listing_text(t, f.lang).into()
    }),
    column!("year", "年度", "year", Integer, 7.0, |_, f| {
        Value::Integer(f.year.into())
    }),
    column!("round", "轮次", "round", Integer, 6.0, |_, f| {
        Value::Integer(f.round.into())
    }),
    column!("county", "县", "county", Text, 10.0, |t, f| {
        first(&t.village.county, &f.county).into()
    }),
    column!("town", "乡镇", "town", Text, 10.0, |t, _| t
        .village
        .town
        .as_str()
        .into()),
    column!("village", "村", "village", Text, 10.0, |t, _| t
        .village
        .village
        .as_str()
        .into()),
    column!("grp", "组", "group", Text, 8.0, |t, _| t
        .group
        .as_str()
        .into()),
    column!(
        "xzqdm",
        "行政区代码",
        "division code",
        Text,
        15.0,
        |t, _| { t.village.code.as_str().into() }
    ),
    column!(
        "grid_worker",
        "网格员",
        "grid worker",
        Text,
        12.0,
        |t, _| { t.grid_worker.as_str().into() }
    ),
    column!(
        "assignee",
        "责任人",
        "assigned to",
        Text,
        12.0,
        |t, _| t.team.as_str().into()
    ),
    column!("day", "第几天", "day", Integer, 7.0, |t, _| {
        Value::Integer(t.day.into())
    }),
    column!("stop", "顺序", "stop", Integer, 6.0, |t, _| {
        Value::Integer(t.stop.into())
    }),
    column!(
        "lon",
        "经度 (WGS84)",
        "longitude (WGS 84)",
        Real,
        13.0,
        |t, _| { degrees(t.forms.wgs84.lon()) }
    ),
    column!(
        "lat",
        "纬度 (WGS84)",
        "latitude (WGS 84)",
        Real,
        13.0,
        |t, _| { degrees(t.forms.wgs84.lat()) }
    ),
    column!(
        "dms",
        "经度, 纬度 度分秒 (WGS84)",
        "longitude, latitude in degrees, minutes, seconds (WGS 84)",
        Text,
        34.0,
        |t, _| format!("{}, {}", t.forms.lon_dms, t.forms.lat_dms).into()
    ),
    column!(
        "gk_n",
        "X(北) 米 (CGCS2000 3度带)",
        "X north, m (CGCS2000 3-degree)",
        Real,
        14.0,
        |t, _| { gauss(t, |p| round(p.north_x_m(), 2)) }
    ),
    column!(
        "gk_e",
        "Y(东) 米 (CGCS2000 3度带, 含带号)",
        "Y east, m (CGCS2000 3-degree, zone in front)",
        Real,
        15.0,
        |t, _| gauss(t, |p| round(p.east_y_m(), 2))
    ),
    column!(
        "gk_zone",
        "带号 (3度带)",
        "zone (3-degree)",
        Integer,
        7.0,
        |t, _| { gauss(t, |p| Value::Integer(p.zone().number().into())) }
    ),
    column!(
        "gcj02",
        "经度, 纬度 (GCJ-02 高德、腾讯)",
        "longitude, latitude (GCJ-02)",
        Text,
        23.0,
        |t, _| { t.forms.gcj02.to_string().into() }
    ),
    column!(
        "bd09",
        "经度, 纬度 (BD-09 百度)",
        "longitude, latitude (BD-09)",
        Text,
        23.0,
        |t, _| { t.forms.bd09.to_string().into() }
    ),
    column!(
        "pos_err_m",
        "定位误差m",
        "position error, m",
        Real,
        9.0,
        |t, _| round(t.pos_err_m, 1)
    ),
    column!("class", "类别", "class", Text, 9.0, |t, f| crop_name(
        &t.class, f.lang
    )
    .into()),
    column!("grade", "等级", "grade", Text, 6.0, |t, _| {
        t.grade.map_or("".into(), |g| g.letter().into())
    }),
    column!("priority", "优先度", "priority", Real, 8.0, |t, _| maybe(
        t.priority, 1
    )),
    column!("prob", "置信", "probability", Real, 8.0, |t, _| maybe(
        t.prob, 3
    )),
    column!("area_m2", "面积m2", "area, m2", Real, 10.0, |t, _| round(
        t.area_m2, 1
    )),
    column!("area_mu", "面积亩", "area, mu", Real, 9.0, |t, _| round(
        m2_to_mu(t.area_m2),
        3
    )),
    column!("setting", "位置类型", "setting", Text, 14.0, |t, f| t
        .setting
        .say(f.lang)
        .into()),
    column!(
        "dist_building_m",
        "距房屋m",
        "to building, m",
        Real,
        9.0,
        |t, _| maybe(t.near.building_m, 0)
    ),
    column!(
        "dist_road_m",
        "距道路m",
        "to road, m",
        Real,
        9.0,
        |t, _| { maybe(t.near.access.map(|a| a.distance_m), 0) }
    ),
    column!(
        "border_m",
        "距县乡村界m",
        "to border, m",
        Real,
        10.0,
        |t, _| maybe(t.near.border_m, 0)
    ),
    column!(
        "border_unit",
        "界外单位",
        "unit beyond the border",
        Text,
        14.0,
        |t, _| { t.near.border_unit.as_str().into() }
    ),
    column!(
        "hist",
        "历史点",
        "plots of earlier years",
        Text,
        14.0,
        |t, f| history(t, f.lang).into()
    ),
    column!("licence", "许可证号", "licence", Text, 14.0, |t, _| {
        t.licence.as_deref().unwrap_or_default().into()
    }),
    column!(
        "reasons",
        "定级理由",
        "reasons for the grade",
        Text,
        50.0,
        |t, _| { t.reasons.join("; ").into() }
    ),
    column!(
        "earlier",
        "此前情况",
        "earlier checks",
        Text,
        20.0,
        |t, _| t.earlier.as_str().into()
    ),
    column!("src_image", "影像", "image", Text, 20.0, |t, _| t
        .src_image
        .as_str()
        .into()),
    column!(
        "capture_time",
        "拍摄时间",
        "taken",
        Text,
        20.0,
        |t, _| t.capture_time.as_str().into()
    ),
    column!("gsd_cm", "分辨率cm", "GSD, cm", Real, 9.0, |t, _| maybe(
        t.gsd_cm, 2
    )),
    Column {
        name: "thumb",
        zh: "缩略图",
        en: "picture",
        kind: FieldKind::Text,
        width: 16.0,
        source: Source::Picture,
    },
    column!("status", "状态", "status", Text, 9.0, |_, f| f
        .lang
        .pick("待核查", "to be visited")
        .into()),
    column!(
        "assigned_on",
        "派单日期",
        "given out on",
        Text,
        11.0,
        |t, _| t.assigned.as_str().into()
    ),
    column!("due", "时限", "due", Text, 11.0, |t, _| t
        .due
        .as_str()
        .into()),
    blank(
        "checked_at",
        ("核查时间", "checked at"),
        FieldKind::Text,
        16.0,
        None,
    ),
    blank(
        "checker",
        ("核查人", "checked by"),
        FieldKind::Text,
        10.0,
        None,
    ),
    blank(
        "outcome",
        ("结果", "outcome"),
        FieldKind::Text,
        14.0,
        Some(OUTCOME),
    ),
    blank(
        "species",
        ("种类", "species"),
        FieldKind::Text,
        9.0,
        Some(SPECIES),
    ),
    blank(
        "confuser",
        ("误报原因", "mistaken for"),
        FieldKind::Text,
        14.0,
        Some(CONFUSER),
    ),
    blank(
        "plant_count",
        ("株数", "plants"),
        FieldKind::Integer,
        9.0,
        None,
    ),
    blank(
        "count_method",
        ("株数方法", "counted by"),
        FieldKind::Text,
        10.0,
        Some(COUNT_METHOD),
    ),
    blank(
        "quadrat_n",
        ("样方个数", "quadrats"),
        FieldKind::Integer,
        8.0,
        None,
    ),
    blank(
        "quadrat_m2",
        ("样方面积m2", "area of a quadrat, m2"),
        FieldKind::Real,
        10.0,
        None,
    ),
    blank(
        "quadrat_counts",
        (
            "各样方株数 (如 12;9;15)",
            "plants in each quadrat (as 12;9;15)",
        ),
        FieldKind::Text,
        16.0,
        None,
    ),
    blank(
        "measured_m2",
        ("实测面积m2", "area measured, m2"),
        FieldKind::Real,
        11.0,
        None,
    ),
    blank(
        "stage",
        ("阶段", "stage"),
        FieldKind::Text,
        9.0,
        Some(STAGE),
    ),
    blank(
        "disposal",
        ("处置", "disposal"),
        FieldKind::Text,
        16.0,
        Some(DISPOSAL),
    ),
    blank(
        "photo_count",
        ("照片数", "photos"),
        FieldKind::Integer,
        8.0,
        None,
    ),
    blank(
        "evidence_no",
        ("证据编号", "number of the record"),
        FieldKind::Text,
        14.0,
        None,
    ),
    blank(
        "check_lon",
        ("现场经度 (WGS84)", "longitude where checked (WGS 84)"),
        FieldKind::Real,
        13.0,
        None,
    ),
    blank(
        "check_lat",
        ("现场纬度 (WGS84)", "latitude where checked (WGS 84)"),
        FieldKind::Real,
        13.0,
        None,
    ),
    blank("note", ("备注", "remarks"), FieldKind::Text, 20.0, None),
];

fn first<'a>(one: &'a str, other: &'a str) -> &'a str {
    if one.is_empty() { other } else { one }
}

fn history(task: &FieldTask, lang: Lang) -> String {
    let Some(distance) = task.near.history_m else {
        return String::new();
    };
    let year = task
        .near
        .history_year
        .map_or(String::new(), |y| y.to_string());
    match lang {
        Lang::Zh if year.is_empty() => format!("{distance:.0} m"),
        Lang::Zh => format!("{year}年, {distance:.0} m"),
        Lang::En => format!("{year} {distance:.0} m").trim().to_owned(),
    }
}

fn gauss<'a>(task: &FieldTask, value: impl Fn(GaussKrugerPlace) -> Value<'a>) -> Value<'a> {
    task.forms.cgcs2000.map_or(Value::Null, value)
}

fn degrees<'a>(value: f64) -> Value<'a> {
    round(value, 7)
}

fn maybe<'a>(value: Option<f64>, decimals: i32) -> Value<'a> {
    value.map_or(Value::Null, |v| round(v, decimals))
}

fn round<'a>(value: f64, decimals: i32) -> Value<'a> {
    let scale = 10_f64.powi(decimals);
    let near = (value * scale).round() / scale;
    // Adding zero turns -0 into 0.
    if near.is_finite() {
        Value::Real(near + 0.0)
    } else {
        Value::Null
    }
}
