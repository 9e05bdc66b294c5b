//! Villages of any layer: fields are found by the names that land surveys use.

use super::{FileRows, ImportRequest, NewRow, unusable};
use crate::Result;
use crate::campaign::DivisionCode;
use crate::campaign::tables::VILLAGES;
use crate::georef::Crs;
use crate::vector::{Change, Filter, LayerFeature, StoredShape, Value, read_features};
use std::collections::BTreeMap;

/// Names of the field of codes, in the order in which they are looked for.
const CODE: [&str; 9] = [
    "xzqdm",
    "zldwdm",
    "qsdwdm",
    "code",
    "区划代码",
    "行政区代码",
    "代码",
    "adcode",
    "id",
];
/// Names of the field of names.
const NAME: [&str; 6] = ["xzqmc", "zldwmc", "qsdwmc", "name", "名称", "村名"];
/// Names of the field of the county.
const COUNTY: [&str; 5] = ["xmc", "county", "县", "县名", "县级名称"];
/// Names of the field of the town.
const TOWN: [&str; 6] = ["xzmc", "xiangzhen", "town", "乡镇", "乡镇名", "乡镇名称"];

pub(super) fn read(request: &ImportRequest) -> Result<FileRows> {
    let path = &request.path;
    let features = read_features(
        path,
        &Crs::wgs84()?,
        request.layer.as_deref(),
        request.encoding.as_deref(),
    )?;
    let code_names = chosen(request.code_field.as_ref(), &CODE);
    let name_names = chosen(request.name_field.as_ref(), &NAME);
    if let Some(first) = features.first() {
        check_field(request, first, &code_names, "codes", "--code-field")?;
        check_field(request, first, &name_names, "names", "--name-field")?;
    }
    let mut found = FileRows::default();
    let mut without_area = 0;
    for feature in &features {
        let Some(StoredShape::Area(area)) = feature.shapes.first() else {
            without_area += 1;
            continue;
        };
        let seen = feature.value(&code_names).unwrap_or(&Value::Null);
        let code = DivisionCode::from_value(seen).ok_or_else(|| {
            unusable(
                path,
                format!(
                    "has code `{}` in feature {} of layer `{}`, wanted 6, 9, 12, 14 or 19 digits",
                    feature.text(&code_names),
                    feature.number,
                    feature.layer
                ),
                "mend the code, or name the field of codes with `--code-field`",
            )
        })?;
        found.rows.push(NewRow {
            shape: Some(StoredShape::Area(area.clone())),
            values: vec![
                code.as_str().to_owned().into(),
                feature.text(&name_names).into(),
                feature.text(&COUNTY).into(),
                feature.text(&TOWN).into(),
            ],
        });
    }
    if without_area > 0 {
        let note = format!("{without_area} features without an area were passed over");
        found.notes.push(note);
    }
    Ok(found)
}

/// Refuses a second file with a village that is there already.
pub(super) fn check_unique(
    change: &Change<'_>,
    request: &ImportRequest,
    rows: &[NewRow],
) -> Result<()> {
    let known = change.read(&VILLAGES, &Filter::All)?;
    let known: BTreeMap<String, String> = known
        .iter()
        .map(|row| (row.text("xzqdm"), row.text("name")))
        .collect();
    for row in rows {
        let Value::Text(code) = &row.values[0] else {
            continue;
        };
        if let Some(name) = known.get(code.as_ref()) {
            return Err(unusable(
                &request.path,
                format!("has `{code}`, which the campaign has already as `{name}`"),
                "pass `--replace` to take out the villages that came before",
            ));
        }
    }
    Ok(())
}

fn chosen<'a>(field: Option<&'a String>, usual: &[&'a str]) -> Vec<&'a str> {
    field.map_or_else(|| usual.to_vec(), |field| vec![field.as_str()])
}

fn check_field(
    request: &ImportRequest,
    feature: &LayerFeature,
    names: &[&str],
    what: &str,
    option: &str,
) -> Result<()> {
    if feature.value(names).is_some() {
        return Ok(());
    }
    let there: Vec<&str> = feature.attributes.iter().map(|(n, _)| n.as_str()).collect();
    Err(unusable(
        &request.path,
        format!(
            "has no field of {what}: its fields are {}, looked for {}",
            there.join(", "),
            names.join(", ")
        ),
        &format!("name the field with `{option}`"),
    ))
}
