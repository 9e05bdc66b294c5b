//! The sites as one GeoJSON `FeatureCollection` that web maps, QGIS and ODK Collect
//! all read: WGS 84, one polygon a site, 7 decimals.

use super::Report;
use super::columns::{NOTE, site_columns, to_json};
use super::outline::Outline;
use super::palette::Palette;
use crate::pipeline::site::{CandidateSite, RunFacts};
use crate::{Error, Result};
use geo::{LineString, Polygon};
use rayon::prelude::*;
use serde_json::{Map, Value, json};
use std::io::{BufWriter, Write};
use std::path::Path;

/// Counts up when a reader would have to change.
const SCHEMA_VERSION: u32 = 1;
/// Sites put into words at once, by all processors, before they are written in order.
const CHUNK: usize = 4096;

/// Writes the collection, one feature a line.
pub(super) fn write(path: &Path, report: &Report<'_>) -> Result<()> {
    let failed = |e: serde_json::Error| Error::WriteOutput {
        path: path.to_owned(),
        reason: e.to_string(),
    };
    let palette = Palette::new(report.sites);
    let mut file = BufWriter::new(fs_err::File::create(path)?);
    file.write_all(b"{\"type\":\"FeatureCollection\",\"name\":\"sites\",\"tianmu\":")?;
    serde_json::to_writer(&mut file, &about(report.facts)).map_err(failed)?;
    file.write_all(b",\"features\":[")?;
    for (chunk_index, chunk) in report.sites.chunks(CHUNK).enumerate() {
        let lines: Vec<Vec<u8>> = chunk
            .par_iter()
            .map(|site| serde_json::to_vec(&feature(site, report.facts, &palette)))
            .collect::<Result<_, _>>()
            .map_err(failed)?;
        for (index, line) in lines.iter().enumerate() {
            let first = chunk_index == 0 && index == 0;
            file.write_all(if first { b"\n" } else { b",\n" })?;
            file.write_all(line)?;
        }
    }
    file.write_all(b"\n]}\n")?;
    file.flush()?;
    Ok(())
}

fn about(facts: &RunFacts) -> Value {
    let run: Map<String, Value> = facts
        .facts
        .iter()
        .map(|(k, v)| (k.clone(), v.as_str().into()))
        .collect();
    json!({
        "schema_version": SCHEMA_VERSION,
        "note": NOTE,
        "note_en": "leads, not evidence",
        "plan_date": facts.plan_date,
        "run": run,
    })
}

fn feature(site: &CandidateSite, facts: &RunFacts, palette: &Palette<'_>) -> Value {
    let outline = Outline::new(&site.outline, site.point);
    let color = palette.hex(&site.class);
    let mut properties = Map::new();
    let mut set = |key: &str, value: Value| {
        properties.insert(key.to_owned(), value);
    };
    set("title", format!("{} {}", site.site_id, site.class).into());
    for column in site_columns(facts) {
        let value = to_json(&(column.value)(site, facts));
        set(column.field.name, value);
    }
    set("parts", outline.parts.0.len().into());
    if outline.parts.0.len() > 1 {
        set("parts_wkt", outline.parts_wkt().into());
    }
    set("note", NOTE.into());
    set("marker-color", color.as_str().into());
    set(
        "marker-symbol",
        palette.symbol(&site.class).to_string().into(),
    );
    set("stroke", color.as_str().into());
    set("stroke-width", 2.into());
    set("fill", color.into());
    set("fill-opacity", 0.2.into());
    json!({
        "type": "Feature",
        "id": site.site_id,
        "geometry": {"type": "Polygon", "coordinates": rings(&outline.polygon)},
        "properties": properties,
    })
}

/// The rings of a polygon as `GeoJSON` has them, the outer one first.
pub(crate) fn rings(polygon: &Polygon<f64>) -> Vec<Vec<[f64; 2]>> {
    let points = |ring: &LineString<f64>| ring.0.iter().map(|c| [c.x, c.y]).collect();
    std::iter::once(polygon.exterior())
        .chain(polygon.interiors())
        .map(points)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;
    use geo::MultiPolygon;

    fn written(sites: &[CandidateSite]) -> Value {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("线索 1.geojson");
        let facts = fixture::facts();
        let report = Report {
            sites,
            coverage: &[],
            facts: &facts,
        };
        write(&path, &report).unwrap();
        serde_json::from_slice(&fs_err::read(&path).unwrap()).unwrap()
    }

    #[test]
    fn features_carry_what_maps_and_forms_need() {
        let mut two_parts = fixture::site(2);
        let moved = fixture::site(3).outline.0[0].clone();
        two_parts.outline.0.push(moved);
        let json = written(&[fixture::site(1), two_parts]);
        assert_eq!(json["type"], "FeatureCollection");
        assert_eq!(json["tianmu"]["note"], NOTE);
        assert_eq!(json["tianmu"]["run"]["run_id"], "abc");
        let first = &json["features"][0];
        assert_eq!(first["id"], "S0001");
        assert_eq!(first["properties"]["title"], "S0001 poppy");
        assert_eq!(first["properties"]["parts"], 1);
        assert!(first["properties"].get("parts_wkt").is_none());
        let scalar = |v: &Value| !v.is_array() && !v.is_object();
        assert!(
            first["properties"]
                .as_object()
                .unwrap()
                .values()
                .all(scalar)
        );
        let second = &json["features"][1];
        assert_eq!(second["geometry"]["type"], "Polygon");
        assert_eq!(second["properties"]["parts"], 2);
    }

    #[test]
    fn no_sites_is_a_collection_too() {
        assert_eq!(written(&[])["features"], json!([]));
        let mut lost = fixture::site(1);
        lost.outline = MultiPolygon::new(vec![]);
        let json = written(&[lost]);
        let ring = &json["features"][0]["geometry"]["coordinates"][0];
        assert_eq!(ring.as_array().unwrap().len(), 5);
    }
}
