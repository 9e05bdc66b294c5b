//! What the office brings: villages, workers, earlier plots, licences, targets, tips, and layers
//! that tell what lies around a site.

use super::field;
use crate::vector::{Field, FieldKind, GeometryKind, Table};

/// Villages, towns, the county: the code's length says which.
pub static VILLAGES: Table = Table {
    name: "villages",
    title: "行政区 villages",
    description: "Administrative units as imported; the length of the code says which level.",
    geometry: GeometryKind::MultiPolygon,
    fields: &[
        field!(
            "xzqdm",
            Text,
            "行政区代码",
            "division code of 6, 9, 12 or 14 digits, as text"
        ),
        field!("name", Text, "名称", "name of the unit"),
        field!(
            "county",
            Text,
            "县",
            "name of the county, where the file says it"
        ),
        field!(
            "town",
            Text,
            "乡镇",
            "name of the town, where the file says it"
        ),
    ],
    indexes: &["xzqdm"],
};

/// Grid workers: roles, never more about a person than the office's table says.
pub static GRID: Table = Table {
    name: "grid",
    title: "网格员 grid",
    description: "Grid workers and teams by village, as in grid.csv.",
    geometry: GeometryKind::None,
    fields: &[
        field!(
            "xzqdm",
            Text,
            "行政区代码",
            "division code of 12 or 14 digits, as text"
        ),
        field!("grp", Text, "组", "village group"),
        field!("grid_id", Text, "网格编号", "id of the grid cell"),
        field!(
            "grid_worker",
            Text,
            "网格员",
            "the worker, as the office's table names the role"
        ),
        field!("team", Text, "队伍", "the team that walks"),
        field!("phone", Text, "电话", "of the worker's duty, optional"),
        field!(
            "lon",
            Real,
            "出发点经度",
            "where the team starts, WGS 84 longitude in degrees"
        ),
        field!(
            "lat",
            Real,
            "出发点纬度",
            "where the team starts, WGS 84 latitude in degrees"
        ),
    ],
    indexes: &["xzqdm"],
};

/// Plots of earlier years.
pub static HISTORY: Table = Table {
    name: "history",
    title: "历史点 history",
    description: "Plots that were found in earlier years: points or areas.",
    geometry: GeometryKind::Any,
    fields: &[
        field!("year", Integer, "年度", "year in which it was found"),
        field!(
            "crop",
            Text,
            "作物",
            "opium_poppy, cannabis or as the file says"
        ),
        field!("plants", Integer, "株数", "plants that were found"),
    ],
    indexes: &[],
};

/// Sites of earlier rounds and what became of them.
pub static PREVIOUS: Table = Table {
    name: "previous",
    title: "往轮疑似点 previous",
    description: "Sites of earlier rounds with their outcomes. 线索，非证据 / leads, not evidence.",
    geometry: GeometryKind::MultiPolygon,
    fields: &[
        field!("site_id", Text, "疑似点编号", "its first id, kept for good"),
        field!("year", Integer, "年度", "year of the round"),
        field!("round", Integer, "轮次", "round within the year"),
        field!("class", Text, "类别", "class of the model"),
        field!("lon", Real, "经度", "WGS 84 longitude in degrees"),
        field!("lat", Real, "纬度", "WGS 84 latitude in degrees"),
        field!("pos_err_m", Real, "定位误差m", "position error in metres"),
        field!(
            "outcome",
            Text,
            "结果",
            "outcome of the last check; empty where nobody went"
        ),
        field!(
            "checked_at",
            Text,
            "核查时间",
            "time of the last check, ISO 8601"
        ),
    ],
    indexes: &["site_id"],
};

/// Ground where a crop is licensed.
pub static LICENCES: Table = Table {
    name: "whitelist",
    title: "许可种植 whitelist",
    description: "Ground with a licence for the crop; sites there are listed apart, never deleted.",
    geometry: GeometryKind::MultiPolygon,
    fields: &[
        field!("licence_id", Text, "许可证号", "number of the licence"),
        field!("holder_unit", Text, "持证单位", "unit that holds it"),
        field!("crop", Text, "作物", "crop; empty for any"),
        field!(
            "valid_from",
            Text,
            "起始",
            "first day, ISO 8601; empty for no limit"
        ),
        field!(
            "valid_to",
            Text,
            "截止",
            "last day, ISO 8601; empty for no limit"
        ),
    ],
    indexes: &[],
};

/// Targets of the national monitoring centre.
pub static TARGETS: Table = Table {
    name: "targets",
    title: "靶标 targets",
    description: "Official targets: points or areas.",
    geometry: GeometryKind::Any,
    fields: &[field!(
        "target_id",
        Text,
        "靶标编号",
        "number of the target"
    )],
    indexes: &[],
};

/// Tips from the public: where, never who.
pub static TIPS: Table = Table {
    name: "tips",
    title: "群众线索 tips",
    description: "Places that were reported. Nothing about who reported, or whom.",
    geometry: GeometryKind::Any,
    fields: &[
        field!("tip_id", Text, "线索编号", "number of the tip"),
        field!("received", Text, "接报日期", "day, ISO 8601"),
        field!("kind", Text, "类型", "what was reported: a crop"),
    ],
    indexes: &[],
};

/// When crops can be told apart.
pub static PHENOLOGY: Table = Table {
    name: "phenology",
    title: "物候期 phenology",
    description: "Windows in which a crop is at a stage, by latitude and height.",
    geometry: GeometryKind::None,
    fields: &[
        field!("source", Text, "来源", "where the text came from"),
        field!(
            "text",
            Text,
            "内容",
            "the windows, as phenology.toml has them"
        ),
    ],
    indexes: &[],
};

macro_rules! surroundings {
    ($name:ident, $table:literal, $title:literal, $description:literal, $geometry:ident) => {
        #[doc = $description]
        pub static $name: Table = Table {
            name: $table,
            title: $title,
            description: $description,
            geometry: GeometryKind::$geometry,
            fields: &[field!("kind", Text, "类型", "kind, as the file says it")],
            indexes: &[],
        };
    };
}

surroundings!(
    BUILDINGS,
    "buildings",
    "房屋 buildings",
    "Outlines of buildings.",
    MultiPolygon
);
surroundings!(ROADS, "roads", "道路 roads", "Roads and paths.", Line);
surroundings!(
    WATER,
    "water",
    "水系 water",
    "Streams and ponds: lines or areas.",
    Any
);
surroundings!(
    FOREST,
    "forest",
    "林地 forest",
    "Outlines of forest.",
    MultiPolygon
);

/// Files that the campaign took in, or points to.
pub static DOCUMENTS: Table = Table {
    name: "documents",
    title: "导入文件 documents",
    description: "Every file that was imported, with its hash; an elevation model stays where it is.",
    geometry: GeometryKind::None,
    fields: &[
        field!("role", Text, "用途", "what it was imported as"),
        field!("path", Text, "路径", "where it was"),
        field!("format", Text, "文件格式", "extension"),
        field!("bytes", Integer, "大小", "bytes of all its parts"),
        field!(
            "sha256",
            Text,
            "完整性校验值",
            "SHA-256 of the file; of several parts, of their hashes"
        ),
        field!("rows", Integer, "条数", "rows that were taken from it"),
        field!("imported_at", Text, "导入时间", "ISO 8601 in UTC"),
    ],
    indexes: &[],
};
