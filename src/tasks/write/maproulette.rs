//! The tasks for people who look at imagery in `MapRoulette`, on a server of the office's own: line
//! by line, each line a `FeatureCollection` of its own that begins with the record separator of
//! RFC 7464, as the project's wiki asks for ("Line by Line GeoJSON Format"). There are points and
//! polygons only.
//!
//! The text is neutral, as such servers and their readers are many: what grows there, how sure
//! the model is and how urgent it is, stays out.

use super::marks::{caution, create, failed, lon_lat};
use crate::Result;
use crate::campaign::Lang;
use crate::pipeline::report::{Outline, rings};
use crate::tasks::pack::{FieldPack, FieldTask};
use rayon::prelude::*;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::Path;

/// What marks the beginning of a text in a sequence of JSON texts (RFC 7464, section 2.2).
const RECORD_SEPARATOR: &[u8] = b"\x1e";
/// Tasks put into words at once, by all processors, before they are written in order.
const CHUNK: usize = 4096;

/// Writes `maproulette.geojson`: a line a task with its point and the outlines of its parts, in the
/// order of the tasks. `MapRoulette` names each task by the `id` of its features.
pub(in crate::tasks) fn write(path: &Path, pack: &FieldPack) -> Result<()> {
    let file = create(path)?;
    lines(file, pack).map_err(|e| failed(path, e))
}

fn lines(mut target: impl Write, pack: &FieldPack) -> io::Result<()> {
    for chunk in pack.tasks.chunks(CHUNK) {
        let texts: Vec<Vec<u8>> = chunk
            .par_iter()
            .map(|task| serde_json::to_vec(&collection(task, pack.facts.lang)))
            .collect::<Result<_, _>>()?;
        for text in texts {
            target.write_all(RECORD_SEPARATOR)?;
            target.write_all(&text)?;
            target.write_all(b"\n")?;
        }
    }
    target.flush()
}

fn collection(task: &FieldTask, lang: Lang) -> Value {
    let properties = json!({
        "id": task.site_id,
        "code": task.code,
        "task": lang.pick(
            "请对照最新影像，说明此处地面是什么，并核对位置",
            "Say what the latest imagery shows on the ground here, and whether the place is right",
        ),
        "note": caution(task, lang),
    });
    let feature = |geometry: Value| {
        json!({
            "type": "Feature",
            "id": task.site_id,
            "geometry": geometry,
            "properties": properties,
        })
    };
    let point = json!({"type": "Point", "coordinates": lon_lat(task)});
    let outline = Outline::new(&task.outline, task.forms.wgs84.lon_lat().into());
    let parts = outline
        .parts
        .iter()
        .map(|part| json!({"type": "Polygon", "coordinates": rings(part)}));
    let features: Vec<Value> = std::iter::once(point).chain(parts).map(feature).collect();
    json!({"type": "FeatureCollection", "features": features})
}

#[cfg(test)]
mod tests {
    use super::super::example::bytes_twice;
    use super::*;
    use crate::campaign::vocabulary::SPECIES;
    use crate::tasks::fixture;

    #[test]
    fn each_line_is_a_collection_and_tells_no_suspicion() {
        for lang in [Lang::Zh, Lang::En] {
            let mut pack = fixture::pack(9, lang);
            let second = pack.tasks[3].outline.0[0].clone();
            pack.tasks[1].outline.0.push(second);
            let text = String::from_utf8(bytes_twice("a.geojson", &pack, write)).unwrap();
            let lines: Vec<&str> = text.lines().collect();
            assert_eq!(lines.len(), 9);
            for (line, task) in lines.iter().zip(&pack.tasks) {
                let json: Value =
                    serde_json::from_str(line.strip_prefix('\u{1e}').unwrap()).unwrap();
                assert_eq!(json["type"], "FeatureCollection");
                let features = json["features"].as_array().unwrap();
                assert_eq!(features.len(), 1 + task.outline.0.len());
                for feature in features {
                    let kind = feature["geometry"]["type"].as_str().unwrap();
                    assert!(["Point", "Polygon"].contains(&kind));
                    assert_eq!(feature["properties"]["id"], task.site_id.as_str());
                }
            }
            for species in &SPECIES.words[..2] {
                for word in [species.name, species.zh, species.en, "疑似", "suspect"] {
                    assert!(!text.contains(word), "{word}");
                }
            }
        }
    }
}
