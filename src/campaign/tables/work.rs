//! What the work leaves: scenes, runs, sites, tasks, coverage, audit.

use super::field;
use crate::vector::{Field, FieldKind, GeometryKind, Table};

/// What the campaign is.
pub static CAMPAIGN: Table = Table {
    name: "campaign",
    title: "任务 campaign",
    description: "Name, year, round, county. 线索，非证据 / leads, not evidence.",
    geometry: GeometryKind::None,
    fields: &[
        field!("key", Text, "项目", "name of the fact"),
        field!("value", Text, "内容", "the fact"),
    ],
    indexes: &[],
};

/// Images that were scanned.
pub static SCENES: Table = Table {
    name: "scenes",
    title: "影像 scenes",
    description: "Images that were scanned, by run.",
    geometry: GeometryKind::None,
    fields: &[
        field!("run_id", Text, "批次编号", "run that scanned it"),
        field!("path", Text, "路径", "where it was"),
        field!("sha256", Text, "校验值", "SHA-256 of the file"),
        field!(
            "capture_time",
            Text,
            "拍摄时间",
            "ISO 8601; empty where unknown"
        ),
        field!(
            "gsd_cm",
            Real,
            "分辨率cm",
            "ground sample distance in centimetres"
        ),
        field!("crs", Text, "坐标系", "reference system"),
        field!(
            "failure",
            Text,
            "失败原因",
            "why it could not be scanned; empty where it could"
        ),
    ],
    indexes: &["run_id"],
};

/// Runs whose sites came in.
pub static RUNS: Table = Table {
    name: "runs",
    title: "运行 runs",
    description: "Scans whose sites came into the campaign.",
    geometry: GeometryKind::None,
    fields: &[
        field!("run_id", Text, "批次编号", "hash of the plan"),
        field!("model", Text, "模型", "name of the model"),
        field!(
            "model_sha256",
            Text,
            "模型校验值",
            "SHA-256 of the model file"
        ),
        field!("program", Text, "程序", "program and version"),
        field!(
            "covered_m2",
            Real,
            "覆盖m2",
            "ground looked at, in square metres"
        ),
        field!(
            "statement",
            Text,
            "说明",
            "what the run may say of the ground"
        ),
        field!("facts", Text, "参数", "facts of the run as JSON"),
        field!("sites", Integer, "疑似点数", "sites that it found"),
        field!("added_at", Text, "入库时间", "ISO 8601 in UTC"),
    ],
    indexes: &["run_id"],
};

/// Candidate sites.
pub static SITES: Table = Table {
    name: "sites",
    title: "疑似点线索 sites",
    description: "Suspected plots of this round, one a row. 线索，非证据 / leads, not evidence.",
    geometry: GeometryKind::MultiPolygon,
    fields: &[
        field!(
            "site_id",
            Text,
            "疑似点编号",
            "{code12}-{year}R{round}-{nnnn}, kept for good"
        ),
        field!("uuid", Text, "唯一标识", "name-based UUID"),
        field!("status", Text, "状态", "candidate, or merged into another"),
        field!(
            "relation",
            Text,
            "与往轮关系",
            "new, or persisting since an earlier round"
        ),
        field!("class", Text, "类别", "class with the strongest evidence"),
        field!("prob", Real, "置信", "probability, 0 to 1"),
        field!("lon", Real, "经度", "WGS 84 longitude in degrees"),
        field!("lat", Real, "纬度", "WGS 84 latitude in degrees"),
        field!("pos_err_m", Real, "定位误差m", "position error in metres"),
        field!(
            "area_m2",
            Real,
            "面积m2",
            "area of all parts, in square metres"
        ),
        field!(
            "gsd_cm",
            Real,
            "分辨率cm",
            "ground sample distance of the finest image, centimetres"
        ),
        field!(
            "n_detections",
            Integer,
            "检出数",
            "detections fused into it"
        ),
        field!("src_image", Text, "影像", "images that show it"),
        field!("src_sha256", Text, "影像校验值", "SHA-256 of each image"),
        field!(
            "capture_time",
            Text,
            "拍摄时间",
            "ISO 8601, one for each image"
        ),
        field!("run_id", Text, "批次编号", "run that found it last"),
        field!("model", Text, "模型", "model that gave the score"),
        field!(
            "times_seen",
            Integer,
            "发现次数",
            "runs of this round that found it"
        ),
        field!(
            "xzqdm",
            Text,
            "行政区代码",
            "village code of 12 digits; empty outside of villages"
        ),
        field!("county", Text, "县", "county"),
        field!("town", Text, "乡镇", "town"),
        field!("village", Text, "村", "village"),
        field!("grp", Text, "组", "village group"),
        field!(
            "border_m",
            Real,
            "距县乡村界m",
            "distance to the village's border, metres"
        ),
        field!("border_unit", Text, "界外单位", "unit beyond a near border"),
        field!("grade", Text, "等级", "A, B or C; set by `tasks`"),
        field!("priority", Real, "优先度", "0 to 100; set by `tasks`"),
        field!(
            "listing",
            Text,
            "清单",
            "main, legal_crop, near_border; set by `tasks`"
        ),
        field!(
            "setting",
            Text,
            "位置类型",
            "kind of ground; set by `tasks`"
        ),
        field!(
            "reasons",
            Text,
            "定级理由",
            "terms of the grade; set by `tasks`"
        ),
    ],
    indexes: &["site_id", "xzqdm"],
};

/// Each time a run found a site.
pub static SIGHTINGS: Table = Table {
    name: "sightings",
    title: "发现记录 sightings",
    description: "Each time a run found a site, as it found it. 线索，非证据 / leads, not evidence.",
    geometry: GeometryKind::MultiPolygon,
    fields: &[
        field!("site_id", Text, "疑似点编号", "the site"),
        field!("run_id", Text, "批次编号", "the run"),
        field!("run_site_id", Text, "批次内编号", "its id within the run"),
        field!("class", Text, "类别", "class"),
        field!("prob", Real, "置信", "probability, 0 to 1"),
        field!("lon", Real, "经度", "WGS 84 longitude in degrees"),
        field!("lat", Real, "纬度", "WGS 84 latitude in degrees"),
        field!("pos_err_m", Real, "定位误差m", "position error in metres"),
        field!("area_m2", Real, "面积m2", "area in square metres"),
        field!(
            "gsd_cm",
            Real,
            "分辨率cm",
            "ground sample distance in centimetres"
        ),
        field!(
            "capture_time",
            Text,
            "拍摄时间",
            "ISO 8601, one for each image"
        ),
        field!("src_image", Text, "影像", "images that show it"),
    ],
    indexes: &["site_id", "run_id"],
};

/// Splits and merges.
pub static LINKS: Table = Table {
    name: "links",
    title: "分合关系 links",
    description: "Sites that came of another, or went into another.",
    geometry: GeometryKind::None,
    fields: &[
        field!("site_id", Text, "疑似点编号", "the site"),
        field!(
            "relation",
            Text,
            "关系",
            "split_from, merged_into, seen_as_one_with, same_as or was_numbered"
        ),
        field!("other_id", Text, "另一编号", "the other site"),
        field!("run_id", Text, "批次编号", "run that showed it"),
    ],
    indexes: &["site_id"],
};

/// Decisions at the screen.
pub static REVIEWS: Table = Table {
    name: "reviews",
    title: "室内判读 reviews",
    description: "What a person decided at the screen.",
    geometry: GeometryKind::None,
    fields: &[
        field!("site_id", Text, "疑似点编号", "the site"),
        field!("decision", Text, "判读", "accepted or dismissed"),
        field!("reason", Text, "理由", "what it was taken for"),
        field!("reviewer", Text, "判读人", "who decided"),
        field!("reviewed_at", Text, "判读时间", "ISO 8601"),
    ],
    indexes: &["site_id"],
};

/// Places to visit.
pub static TASKS: Table = Table {
    name: "tasks",
    title: "核查任务 tasks",
    description: "Places to visit: leads, and places drawn by lot. 线索，非证据 / leads, not evidence.",
    geometry: GeometryKind::Point,
    fields: &[
        field!(
            "site_id",
            Text,
            "疑似点编号",
            "the site, or the place drawn by lot"
        ),
        field!("uuid", Text, "唯一标识", "name-based UUID"),
        field!("code", Text, "简码", "short code, never given twice"),
        field!("kind", Text, "种类", "lead, control_low or control_random"),
        field!(
            "listing",
            Text,
            "清单",
            "main, legal_crop, near_border or control"
        ),
        field!("xzqdm", Text, "行政区代码", "village code of 12 digits"),
        field!("team", Text, "队伍", "the team"),
        field!("day", Integer, "第几天", "day of the team, from 1"),
        field!("stop", Integer, "顺序", "stop of that day, from 1"),
        field!("assigned_on", Text, "派单日期", "first given out, ISO 8601"),
        field!("due", Text, "时限", "last day for the answer, ISO 8601"),
        field!("stratum", Text, "抽样层", "stratum that it was drawn from"),
        field!(
            "stratum_cells",
            Integer,
            "层内总数",
            "cells or sites in that stratum"
        ),
        field!(
            "stratum_drawn",
            Integer,
            "抽取数",
            "how many of them were drawn"
        ),
    ],
    indexes: &["site_id"],
};

/// Ground that was looked at.
pub static COVERAGE: Table = Table {
    name: "coverage",
    title: "覆盖范围 coverage",
    description: "Ground the model looked at. Outside of it nothing is known.",
    geometry: GeometryKind::MultiPolygon,
    fields: &[
        field!("run_id", Text, "批次编号", "the run"),
        field!("image", Text, "影像", "the image"),
        field!(
            "capture_time",
            Text,
            "拍摄时间",
            "ISO 8601; empty where unknown"
        ),
        field!(
            "gsd_cm",
            Real,
            "分辨率cm",
            "ground sample distance in centimetres"
        ),
        field!("area_m2", Real, "面积m2", "area in square metres"),
    ],
    indexes: &["run_id"],
};

/// Ground that nobody saw.
pub static GAPS: Table = Table {
    name: "gaps",
    title: "未覆盖范围 gaps",
    description: "Ground to fly again.",
    geometry: GeometryKind::MultiPolygon,
    fields: &[
        field!("xzqdm", Text, "行政区代码", "village code"),
        field!("area_m2", Real, "面积m2", "area in square metres"),
        field!("reason", Text, "原因", "why it does not count as seen"),
    ],
    indexes: &[],
};

/// The audit chain.
pub static AUDIT: Table = Table {
    name: "audit",
    title: "审计链 audit",
    description: "One row for each change, each holding the hash of the row before.",
    geometry: GeometryKind::None,
    fields: &[
        field!("seq", Integer, "序号", "number, from 1"),
        field!("at", Text, "时间", "ISO 8601 in UTC"),
        field!("action", Text, "操作", "what was done"),
        field!("detail", Text, "内容", "facts as JSON"),
        field!("prev_sha256", Text, "前项校验值", "hash of the row before"),
        field!("sha256", Text, "校验值", "hash of this row"),
    ],
    indexes: &["seq"],
};
