//! The tasks as GeoJSON that ODK Collect offers to choose from on a map: one `FeatureCollection`
//! of points, each with an id of its own and a `title`, all properties plain texts.
//!
//! What ODK reads is described at <https://docs.getodk.org/form-datasets/>: `id` at the top of a
//! feature is the answer that is stored, `title` the label, `marker-color` and `marker-symbol`
//! (one character) the look. Members of our own stand after `features`, as readers stop there.

use super::marks::{Mark, caution, create, failed, lon_lat, not_evidence, village_name};
use crate::Result;
use crate::tasks::pack::{FieldPack, FieldTask, Grade};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::Path;

/// Writes `odk/sites.geojson`, one feature a line, in the order of the tasks.
pub(in crate::tasks) fn write(path: &Path, pack: &FieldPack) -> Result<()> {
    let file = create(path)?;
    collection(file, pack).map_err(|e| failed(path, e))
}

fn collection(mut target: impl Write, pack: &FieldPack) -> io::Result<()> {
    target.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[")?;
    for (index, task) in pack.tasks.iter().enumerate() {
        target.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut target, &feature(task, pack))?;
    }
    target.write_all(b"\n],\"tianmu\":")?;
    serde_json::to_writer(&mut target, &about(pack))?;
    target.write_all(b"}\n")?;
    target.flush()
}

fn about(pack: &FieldPack) -> Value {
    let facts = &pack.facts;
    json!({
        "note": not_evidence(facts.lang),
        "campaign": facts.campaign,
        "year": facts.year,
        "round": facts.round,
        "date": facts.date,
        "program": facts.program,
        "notes": facts.notes,
    })
}

fn feature(task: &FieldTask, pack: &FieldPack) -> Value {
    let lang = pack.facts.lang;
    let mark = Mark::of(task);
    let village = village_name(&task.village, lang);
    json!({
        "type": "Feature",
        "id": task.site_id,
        "geometry": {"type": "Point", "coordinates": lon_lat(task)},
        "properties": {
            "title": format!("{} {village} {}", task.code, mark.letter),
            "code": task.code,
            "village": village,
            "grade": task.grade.map_or("", Grade::letter),
            "note": caution(task, lang),
            "marker-color": mark.hex(),
            "marker-symbol": mark.letter,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::super::example::bytes_twice;
    use super::*;
    use crate::campaign::Lang;
    use crate::tasks::fixture;
    use std::collections::BTreeSet;

    #[test]
    fn features_are_what_odk_collect_reads() {
        let pack = fixture::pack(9, Lang::Zh);
        let bytes = bytes_twice("sites.geojson", &pack, write);
        let json: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(json["type"], "FeatureCollection");
        let features = json["features"].as_array().unwrap();
        let ids: BTreeSet<&str> = features.iter().map(|f| f["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), 9);
        for feature in features {
            assert_eq!(feature["geometry"]["type"], "Point");
            let properties = feature["properties"].as_object().unwrap();
            assert!(properties.values().all(Value::is_string), "{feature}");
            let symbol = properties["marker-symbol"].as_str().unwrap();
            assert_eq!(symbol.chars().count(), 1);
        }
        assert_eq!(features[0]["properties"]["title"], "101201-01 石门村 A");
        assert_eq!(
            features[0]["geometry"]["coordinates"],
            json!([101.6367, 24.7548])
        );
        assert_eq!(json["tianmu"]["note"], "线索，非证据");
    }

    #[test]
    fn no_tasks_is_a_collection_too() {
        let pack = fixture::pack(0, Lang::En);
        let bytes = bytes_twice("sites.geojson", &pack, write);
        let json: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(json["features"], json!([]));
    }
}
