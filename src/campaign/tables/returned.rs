//! What came back from the field: checks, photos, the files they came in, rows that could not be
//! taken; and files made of the campaign.

use super::field;
use crate::vector::{Field, FieldKind, GeometryKind, Table};

/// What people found there.
pub static CHECKS: Table = Table {
    name: "checks",
    title: "现场核查 checks",
    description: "What people found on the ground. The point is where they stood.",
    geometry: GeometryKind::Point,
    fields: &[
        field!("check_id", Text, "核查编号", "unique id of the answer"),
        field!(
            "site_id",
            Text,
            "疑似点编号",
            "the site, or the place drawn by lot"
        ),
        field!("checked_at", Text, "核查时间", "ISO 8601"),
        field!("checker", Text, "核查人", "who was there"),
        field!("unit", Text, "单位", "their unit"),
        field!("outcome", Text, "结果", "one of the list of outcomes"),
        field!("species", Text, "植物种类", "one of the list of species"),
        field!("confuser", Text, "误报原因", "what was mistaken for it"),
        field!("stage", Text, "生长阶段", "one of the list of stages"),
        field!("count_method", Text, "株数方法", "full or sample"),
        field!("plant_count", Integer, "株数", "plants, counted one by one"),
        field!("quadrat_n", Integer, "样方个数", "quadrats counted"),
        field!(
            "quadrat_m2",
            Real,
            "样方面积m2",
            "area of one quadrat, square metres"
        ),
        field!(
            "quadrat_sum",
            Integer,
            "样方株数合计",
            "plants in all quadrats"
        ),
        field!(
            "quadrat_counts",
            Text,
            "各样方株数",
            "plants in each quadrat, as `12;9;15`; empty where only the sum is known"
        ),
        field!(
            "plants",
            Real,
            "株数结果",
            "plants: as counted, or density of the quadrats times the area"
        ),
        field!(
            "plants_se",
            Real,
            "株数标准误",
            "standard error of an estimated number of plants; empty for a full count"
        ),
        field!(
            "area_m2",
            Real,
            "实测面积m2",
            "area measured on the ground, square metres"
        ),
        field!(
            "plot",
            Text,
            "地块轮廓",
            "the outline walked around the plot, WGS 84, as WKT"
        ),
        field!("disposal", Text, "处置方式", "what was done"),
        field!("prior_handled", Text, "此前是否处理过", "yes or no"),
        field!("witness", Text, "见证人", "witness"),
        field!("evidence_no", Text, "证据编号", "number of the record"),
        field!("note", Text, "备注", "remarks"),
        field!(
            "off_m",
            Real,
            "距疑似点m",
            "metres from the site to where the checker stood"
        ),
        field!(
            "state",
            Text,
            "效力",
            "counted, or withdrawn with the reason in the audit"
        ),
        field!(
            "flag",
            Text,
            "提示",
            "what to look into, such as an answer that contradicts this one"
        ),
        field!("source", Text, "来源", "name of the file that it came from"),
        field!("source_sha256", Text, "来源校验值", "SHA-256 of that file"),
        field!(
            "place",
            Text,
            "出处",
            "sheet and row, or feature, in that file"
        ),
        field!("recorded_at", Text, "录入时间", "ISO 8601 in UTC"),
    ],
    indexes: &["site_id", "check_id"],
};

/// Photos of checks.
pub static PHOTOS: Table = Table {
    name: "photos",
    title: "现场照片 photos",
    description: "Photos taken at a check.",
    geometry: GeometryKind::None,
    fields: &[
        field!(
            "check_id",
            Text,
            "核查编号",
            "the check; empty for a site without one yet"
        ),
        field!("site_id", Text, "疑似点编号", "the site"),
        field!("path", Text, "路径", "where the file lies"),
        field!(
            "kind",
            Text,
            "类型",
            "photo_ctx, photo_near, photo_after or photo"
        ),
        field!("sha256", Text, "校验值", "SHA-256 of the file"),
        field!(
            "taken_at",
            Text,
            "拍摄时间",
            "ISO 8601; empty where unknown"
        ),
        field!("recorded_at", Text, "录入时间", "ISO 8601 in UTC"),
    ],
    indexes: &["check_id", "site_id"],
};

/// Files that came back from the field.
pub static RETURNS: Table = Table {
    name: "returns",
    title: "回收文件 returns",
    description: "Files that came back from the field, each read once.",
    geometry: GeometryKind::None,
    fields: &[
        field!("source", Text, "来源", "name of the file"),
        field!("path", Text, "路径", "where it was"),
        field!("sha256", Text, "校验值", "SHA-256 of the file"),
        field!(
            "format",
            Text,
            "格式",
            "xlsx, csv, qfield, odk, kobo or photos"
        ),
        field!("rows", Integer, "行数", "rows or features that name a site"),
        field!("taken", Integer, "采用", "answers that were taken"),
        field!("known", Integer, "已有", "answers that were there already"),
        field!("blank", Integer, "空白", "rows that nobody has answered"),
        field!("rejected", Integer, "退回", "rows that could not be taken"),
        field!("read_at", Text, "读取时间", "ISO 8601 in UTC"),
    ],
    indexes: &["sha256"],
};

/// Answers that could not be taken, kept word for word.
pub static REJECTED: Table = Table {
    name: "rejected",
    title: "退回记录 rejected",
    description: "Rows that came back and could not be taken, word for word, each with the reason.",
    geometry: GeometryKind::None,
    fields: &[
        field!(
            "reject_id",
            Text,
            "退回编号",
            "hash of file, place and content"
        ),
        field!("site_id", Text, "疑似点编号", "the site, as written"),
        field!("source", Text, "来源", "name of the file"),
        field!("source_sha256", Text, "来源校验值", "SHA-256 of that file"),
        field!("place", Text, "出处", "sheet and row, or feature"),
        field!("cell", Text, "单元格", "the cell or field at fault"),
        field!("reason", Text, "原因", "value seen, value wanted"),
        field!("raw", Text, "原始内容", "the whole row as JSON, as it was"),
        field!("read_at", Text, "读取时间", "ISO 8601 in UTC"),
        field!(
            "settled_by",
            Text,
            "后续核查",
            "the check that came in for it later; empty while it is open"
        ),
    ],
    indexes: &["reject_id", "site_id"],
};

/// Files that belong to the campaign and lie outside of it.
pub static FILES: Table = Table {
    name: "files",
    title: "关联文件 files",
    description: "Files made of the campaign, for `verify` and `campaign purge`.",
    geometry: GeometryKind::None,
    fields: &[
        field!("path", Text, "路径", "where it lies"),
        field!("kind", Text, "种类", "pack, report or chips"),
        field!(
            "sha256",
            Text,
            "校验值",
            "SHA-256 of the file; of a folder that of its manifest"
        ),
        field!("size", Integer, "大小", "bytes"),
        field!("made_at", Text, "生成时间", "ISO 8601 in UTC"),
    ],
    indexes: &["path"],
};
