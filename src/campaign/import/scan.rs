//! A finished scan: the GeoPackage that `tianmu scan -o` or `tianmu merge` wrote.

use super::{ImportRequest, Imported, Role, Stamp, note_document, unusable};
use crate::Result;
use crate::campaign::add::add_run;
use crate::campaign::run::{RunScene, RunSite, RunToAdd};
use crate::campaign::{Campaign, Moment};
use crate::georef::Crs;
use crate::pipeline::site::{Coverage, RunFacts};
use crate::vector::{
    LayerFeature, StoreTarget, StoredShape, Value, geopackage, read_features, read_table,
};
use geo::{MultiPolygon, Point};

pub(super) fn import(
    target: &StoreTarget,
    request: &ImportRequest,
    stamp: &Stamp,
    moment: Moment<'_>,
) -> Result<Imported> {
    let run = read(request)?;
    Campaign::change(target, moment, "import", |change, facts| {
        let (added, _) = add_run(change, facts, &run, moment)?;
        let imported = Imported {
            role: Role::Scan,
            path: request.path.display().to_string(),
            sha256: stamp.sha256.clone(),
            rows: if added.was_there { 0 } else { added.found },
            was_there: added.was_there,
            notes: vec![added.to_string()],
        };
        if added.was_there {
            return Ok((imported, None));
        }
        note_document(change, Role::Scan, stamp, imported.rows, moment)?;
        let detail = serde_json::json!({
            "role": Role::Scan,
            "path": imported.path,
            "sha256": imported.sha256,
            "added": added,
        });
        Ok((imported, Some(detail)))
    })
}

fn read(request: &ImportRequest) -> Result<RunToAdd> {
    let path = &request.path;
    if !geopackage::is_database(path)? || !geopackage::has_table(path, &["run"])? {
        return Err(unusable(
            path,
            "is no GeoPackage of a scan".into(),
            "give the .gpkg that `tianmu scan -o` or `tianmu merge` wrote",
        ));
    }
    let wgs84 = Crs::wgs84()?;
    let facts: Vec<(String, String)> = read_table(path, "run", &["key", "value"])?
        .into_iter()
        .map(|mut row| (std::mem::take(&mut row[0]), std::mem::take(&mut row[1])))
        .collect();
    let facts = RunFacts {
        plan_date: String::new(),
        facts,
    };
    if facts.get("run_id").is_empty() {
        let hint = "give the .gpkg that `tianmu scan -o` or `tianmu merge` wrote";
        return Err(unusable(
            path,
            "has no run id in its table `run`".into(),
            hint,
        ));
    }
    let sites = read_features(path, &wgs84, Some("sites"), None)?;
    let coverage = read_features(path, &wgs84, Some("coverage"), None)?;
    let coverage: Vec<Coverage> = coverage.iter().map(covered).collect();
    let scenes = coverage.iter().map(|c| RunScene {
        path: c.image.clone(),
        capture_time: c.capture_time.clone(),
        gsd_cm: Some(c.gsd_cm),
        ..RunScene::default()
    });
    Ok(RunToAdd {
        scenes: scenes.collect(),
        sites: sites.iter().map(site).collect(),
        coverage,
        facts,
    })
}

fn area(feature: &LayerFeature) -> MultiPolygon<f64> {
    let shape = feature.shapes.first().cloned();
    shape.map_or_else(|| MultiPolygon::new(vec![]), StoredShape::into_area)
}

fn real(feature: &LayerFeature, name: &str) -> Option<f64> {
    match feature.value(&[name]) {
        Some(Value::Real(number)) => Some(*number),
        _ => None,
    }
}

fn covered(feature: &LayerFeature) -> Coverage {
    Coverage {
        image: feature.text(&["image"]),
        capture_time: feature.text(&["capture_time"]),
        gsd_cm: real(feature, "gsd_cm").unwrap_or(f64::NAN),
        area_m2: real(feature, "area_m2").unwrap_or(0.0),
        outline: area(feature),
    }
}

fn site(feature: &LayerFeature) -> RunSite {
    let number = |name: &str| real(feature, name).unwrap_or(f64::NAN);
    RunSite {
        own_id: feature.text(&["site_id"]),
        class: feature.text(&["class"]),
        prob: number("prob"),
        outline: area(feature),
        point: Point::new(number("lon"), number("lat")),
        pos_err_m: number("pos_err_m"),
        area_m2: number("area_m2"),
        gsd_cm: real(feature, "gsd_cm"),
        n_detections: match feature.value(&["n_detections"]) {
            Some(Value::Integer(count)) => *count,
            _ => 0,
        },
        src_image: feature.text(&["src_image"]),
        src_sha256: feature.text(&["src_sha256"]),
        capture_time: feature.text(&["capture_time"]),
    }
}
