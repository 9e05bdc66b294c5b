//! Grid workers and teams: `grid.csv`.

use super::table::TextTable;
use super::{FileRows, ImportRequest, NewRow, unusable};
use crate::Result;
use crate::campaign::DivisionCode;
use crate::georef::parse_angle;
use crate::georef::{Axis, Wgs84Place};
use crate::vector::Value;

const CODE: [&str; 4] = ["xzqdm", "行政区代码", "村代码", "code"];
const GROUP: [&str; 4] = ["group", "grp", "组", "村民小组"];
const GRID_ID: [&str; 3] = ["grid_id", "网格编号", "网格号"];
const WORKER: [&str; 2] = ["grid_worker", "网格员"];
const TEAM: [&str; 3] = ["team", "队伍", "组别"];
const PHONE: [&str; 2] = ["phone", "电话"];
const LON: [&str; 3] = ["lon", "longitude", "经度"];
const LAT: [&str; 3] = ["lat", "latitude", "纬度"];

pub(super) fn read(request: &ImportRequest) -> Result<FileRows> {
    let path = &request.path;
    let table = TextTable::read(path)?;
    if !table.has(&CODE) {
        return Err(unusable(
            path,
            format!("has no column `xzqdm`; its columns are {}", table.header()),
            "begin it with `xzqdm,group,grid_id,grid_worker,team,phone`",
        ));
    }
    let mut found = FileRows::default();
    for row in table.rows() {
        let code = DivisionCode::parse(row.get(&CODE)).filter(|c| c.village().is_some());
        let code = code.ok_or_else(|| {
            unusable(
                path,
                format!(
                    "has code `{}` in line {}, wanted the 12 digits of a village",
                    row.get(&CODE),
                    row.line
                ),
                "format the column as text before saving; Excel turns codes into 4.5E+11",
            )
        })?;
        let start = match (row.get(&LON), row.get(&LAT)) {
            ("", "") => None,
            (lon, lat) => Some(place(lon, lat).map_err(|problem| {
                unusable(
                    path,
                    format!("has a start in line {} whose {problem}", row.line),
                    "write WGS 84 degrees, longitude and latitude",
                )
            })?),
        };
        let group = match row.get(&GROUP) {
            "" => code.group(),
            said => said,
        };
        let real = |value: Option<f64>| value.map_or(Value::Null, Value::Real);
        let text = |names: &[&str]| Value::from(row.get(names).to_owned());
        found.rows.push(NewRow {
            shape: None,
            values: vec![
                code.as_str().to_owned().into(),
                group.to_owned().into(),
                text(&GRID_ID),
                text(&WORKER),
                text(&TEAM),
                text(&PHONE),
                real(start.map(Wgs84Place::lon)),
                real(start.map(Wgs84Place::lat)),
            ],
        });
    }
    Ok(found)
}

/// A place from two cells.
pub(super) fn place(lon: &str, lat: &str) -> Result<Wgs84Place, String> {
    let angle = |text: &str, axis| parse_angle(text, axis).map_err(|e| e.to_string());
    let (lon, lat) = (angle(lon, Axis::Longitude)?, angle(lat, Axis::Latitude)?);
    Wgs84Place::new(lon, lat).map_err(|e| e.to_string())
}
