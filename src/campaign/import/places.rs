//! Plots of earlier years, licences, targets and tips: any vector file, or a CSV with `lon` and `lat`
//! or with `wkt`.

use super::table::TextTable;
use super::workers::place;
use super::{FileRows, ImportRequest, NewRow, Role, unusable};
use crate::Result;
use crate::campaign::vocabulary::SPECIES;
use crate::georef::Crs;
use crate::vector::{StoredShape, Value, read_features, shape_from_wkt};
use geo::Point;
use std::path::Path;

const LON: [&str; 4] = ["lon", "longitude", "经度", "x"];
const LAT: [&str; 4] = ["lat", "latitude", "纬度", "y"];
const WKT: [&str; 3] = ["wkt", "geom", "geometry"];
const YEAR: [&str; 4] = ["year", "年度", "年份", "年"];
const CROP: [&str; 6] = ["crop", "作物", "种类", "植物种类", "class", "类别"];
const PLANTS: [&str; 4] = ["plants", "株数", "n_plants", "plant_count"];
const LICENCE: [&str; 4] = ["licence_id", "license_id", "许可证号", "id"];
const HOLDER: [&str; 3] = ["holder_unit", "持证单位", "单位"];
const FROM: [&str; 3] = ["valid_from", "起始", "有效期起"];
const TO: [&str; 3] = ["valid_to", "截止", "有效期止"];
const TARGET: [&str; 4] = ["target_id", "靶标编号", "编号", "id"];
const TIP: [&str; 3] = ["tip_id", "线索编号", "id"];
const RECEIVED: [&str; 4] = ["received", "接报日期", "日期", "date"];
const KIND: [&str; 3] = ["kind", "类型", "crop"];

/// One row of either kind of file: what is under the first of these names.
type Cell<'a> = dyn Fn(&[&str]) -> String + 'a;

pub(super) fn read(request: &ImportRequest) -> Result<FileRows> {
    let is_text = request.path.extension().is_some_and(|e| {
        ["csv", "tsv", "txt"]
            .iter()
            .any(|t| e.eq_ignore_ascii_case(t))
    });
    if is_text {
        return read_text(request);
    }
    let features = read_features(
        &request.path,
        &Crs::wgs84()?,
        request.layer.as_deref(),
        request.encoding.as_deref(),
    )?;
    if let Some(first) = features.first() {
        let has = |name: &str| first.value(&[name]).is_some();
        let fields = first.attributes.iter().map(|(name, _)| name.as_str());
        check_licences(request, &has, &fields.collect::<Vec<_>>().join(", "))?;
    }
    let mut found = FileRows::default();
    let mut passed_over = 0;
    for (index, feature) in features.iter().enumerate() {
        let cell = |names: &[&str]| feature.text(names);
        let shapes = feature
            .shapes
            .iter()
            .filter(|shape| fits(request.role, shape));
        let before = found.rows.len();
        for shape in shapes {
            found.rows.push(NewRow {
                shape: Some(shape.clone()),
                values: values(request, &cell, index + 1)?,
            });
        }
        passed_over += usize::from(found.rows.len() == before);
    }
    if passed_over > 0 {
        let what = if request.role == Role::Whitelist {
            "an area"
        } else {
            "a point or an area"
        };
        found.notes.push(format!(
            "{passed_over} features without {what} were passed over"
        ));
    }
    Ok(found)
}

fn read_text(request: &ImportRequest) -> Result<FileRows> {
    let table = TextTable::read(&request.path)?;
    if !(table.has(&WKT) || table.has(&LON) && table.has(&LAT)) {
        return Err(unusable(
            &request.path,
            format!(
                "has no columns `lon` and `lat`, nor `wkt`; its columns are {}",
                table.header()
            ),
            "give WGS 84 degrees; other coordinates go through QGIS first",
        ));
    }
    check_licences(request, &|name| table.has(&[name]), &table.header())?;
    let mut found = FileRows::default();
    for (index, row) in table.rows().enumerate() {
        let in_line = |problem: String| {
            unusable(
                &request.path,
                format!("has in line {} {problem}", row.line),
                "give WGS 84 degrees, longitude and latitude, or a WKT geometry",
            )
        };
        let shape = match row.get(&WKT) {
            "" => {
                let place = place(row.get(&LON), row.get(&LAT));
                let place = place.map_err(|e| in_line(format!("a place whose {e}")))?;
                StoredShape::Point(Point::new(place.lon(), place.lat()))
            }
            text => shape_from_wkt(text)
                .ok_or_else(|| in_line(format!("`{text}`, wanted a geometry as WKT")))?,
        };
        if !fits(request.role, &shape) {
            return Err(in_line("a geometry that is no point or area".into()));
        }
        let cell = |names: &[&str]| row.get(names).to_owned();
        found.rows.push(NewRow {
            shape: Some(shape),
            values: values(request, &cell, index + 1)?,
        });
    }
    Ok(found)
}

/// Refuses areas that say nothing of a licence: a lead within them would count as licensed.
fn check_licences(request: &ImportRequest, has: &dyn Fn(&str) -> bool, there: &str) -> Result<()> {
    // A number of its own, `id`, is in every file.
    let mut telling = LICENCE.iter().chain(&HOLDER).chain(&FROM).chain(&TO);
    if request.role != Role::Whitelist || telling.any(|name| *name != "id" && has(name)) {
        return Ok(());
    }
    Err(unusable(
        &request.path,
        format!("has no field of a licence; its fields are {there}"),
        "give licensed ground with `licence_id`, `holder_unit`, `crop`, `valid_from`, `valid_to`",
    ))
}

fn fits(role: Role, shape: &StoredShape) -> bool {
    match shape {
        StoredShape::Area(_) => true,
        StoredShape::Point(_) => role != Role::Whitelist,
        StoredShape::Lines(_) => false,
    }
}

/// The values of a row in the order of the table of its role.
fn values(request: &ImportRequest, cell: &Cell<'_>, number: usize) -> Result<Vec<Value<'static>>> {
    let path = &request.path;
    let named = |names: &[&str]| {
        let name = cell(names);
        // What has no number of its own gets its place in the file.
        Value::from(if name.is_empty() {
            number.to_string()
        } else {
            name
        })
    };
    Ok(match request.role {
        Role::History => vec![
            whole(path, number, "year", &cell(&YEAR))?,
            crop(&cell(&CROP)),
            whole(path, number, "plants", &cell(&PLANTS))?,
        ],
        Role::Whitelist => vec![
            named(&LICENCE),
            cell(&HOLDER).into(),
            crop(&cell(&CROP)),
            day(path, number, "valid_from", &cell(&FROM))?,
            day(path, number, "valid_to", &cell(&TO))?,
        ],
        Role::Targets => vec![named(&TARGET)],
        Role::Tips => vec![
            named(&TIP),
            day(path, number, "received", &cell(&RECEIVED))?,
            crop(&cell(&KIND)),
        ],
        _ => vec![],
    })
}

/// A crop by the name that classes have, where it is one of ours.
fn crop(text: &str) -> Value<'static> {
    let known = SPECIES.words.iter().find(|w| {
        w.name.eq_ignore_ascii_case(text) || w.zh == text || w.en.eq_ignore_ascii_case(text)
    });
    known.map_or_else(|| text.to_owned().into(), |w| w.name.into())
}

fn whole(path: &Path, number: usize, name: &str, text: &str) -> Result<Value<'static>> {
    let digits = text.trim_end_matches(['年', '株']).trim_end_matches(".0");
    if digits.is_empty() {
        return Ok(Value::Null);
    }
    digits.parse().map(Value::Integer).map_err(|_| {
        unusable(
            path,
            format!("has `{name}` = `{text}` in row {number}, wanted a whole number"),
            "mend the value, or leave it empty",
        )
    })
}

/// A day as ISO 8601; `2026/5/4`, `2026.5.4` and `2026年5月4日` are read, too.
fn day(path: &Path, number: usize, name: &str, text: &str) -> Result<Value<'static>> {
    if text.is_empty() {
        return Ok("".into());
    }
    let parts: Vec<&str> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .collect();
    let date = match parts[..] {
        [whole] if whole.len() == 8 => chrono::NaiveDate::parse_from_str(whole, "%Y%m%d").ok(),
        [year, month, day, ..] if year.len() == 4 => {
            let number = |text: &str| text.parse::<u32>().ok();
            year.parse().ok().and_then(|year| {
                chrono::NaiveDate::from_ymd_opt(year, number(month)?, number(day)?)
            })
        }
        _ => None,
    };
    let date = date.ok_or_else(|| {
        unusable(
            path,
            format!("has `{name}` = `{text}` in row {number}, wanted a day such as 2026-05-04"),
            "write year, month and day",
        )
    })?;
    Ok(date.to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_people_write_them() {
        let read = |text: &str| day(Path::new("x.csv"), 3, "received", text);
        for text in [
            "2026-05-04",
            "2026/5/4",
            "2026年5月4日",
            "20260504",
            "2026-05-04T10:00:00",
        ] {
            assert_eq!(read(text).unwrap(), Value::from("2026-05-04"), "{text}");
        }
        assert_eq!(read("").unwrap(), Value::from(""));
        for text in ["46146", "2026-13-01", "04/05/26", "yesterday"] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains("in row 3, wanted a day"), "{error}");
        }
        assert_eq!(crop("罂粟"), Value::from("opium_poppy"));
        assert_eq!(crop("tobacco"), Value::from("tobacco"));
    }
}
