//! Readers of the conventions in which models describe themselves, one file each.

mod deepness;
mod esri_emd;
mod fields;
mod geoai;
mod habitat_mapper;
mod literal;
mod own_keys;
mod stac_mlm;
mod ultralytics;

use super::{TensorInfo, Told};
use crate::{Error, Result};
use serde_json::Value;
use std::path::{Path, PathBuf};

type Reader = fn(&Value) -> Result<Told, String>;

/// What the sidecar at `path` says, by the convention that its content follows.
pub(in crate::model) fn sidecar(path: &Path) -> Result<Told> {
    let bad = |problem: String, hint: &str| Error::Model {
        path: path.to_owned(),
        problem,
        hint: hint.to_owned(),
    };
    let text = fs_err::read_to_string(path).map_err(|e| {
        bad(
            format!("cannot be read: {}", e.kind()),
            "name a sidecar that exists, or leave out `--model-config`",
        )
    })?;
    // Windows programs begin text with a byte order mark, which is no JSON.
    let json: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|e| bad(format!("is not JSON: {e}"), KNOWN_SIDECARS))?;
    let told = told_by(&json).ok_or_else(|| {
        bad(
            "follows no convention that is known for sidecars".into(),
            KNOWN_SIDECARS,
        )
    })?;
    let mut told = told.map_err(|problem| {
        bad(
            problem,
            "correct it in the file, or name another sidecar with `--model-config`; \
             models/poppy-seg/model.json is an example",
        )
    })?;
    told.file = Some(path.to_owned());
    Ok(told)
}

const KNOWN_SIDECARS: &str = "a sidecar is a STAC item with `mlm:*` properties (see \
    models/poppy-seg/model.json), an Esri model definition (.emd), a model configuration of \
    habitat-mapper, or the .onnx.json that geoai writes";

/// What a sidecar of this content says; `None` where it follows no known convention.
pub(in crate::model) fn told_by(json: &Value) -> Option<Result<Told, String>> {
    let has = |key: &str| json.get(key).is_some();
    let reader: Reader = if json.get("properties").is_some_and(Value::is_object) {
        stac_mlm::read
    } else if has("ModelType") || has("ModelFile") {
        esri_emd::read
    } else if has("model_filename") {
        habitat_mapper::read
    } else if has("input_channels") && (has("output_names") || has("task")) {
        geoai::read
    } else {
        return None;
    };
    Some(reader(json))
}

/// The sidecar that lies beside `model`, if one does.
pub(in crate::model) fn find_beside(model: &Path) -> Option<PathBuf> {
    let mut full = model.file_name()?.to_owned();
    full.push(".json");
    let candidates = [
        model.with_extension("json"),
        model.with_file_name(full),
        model.with_extension("emd"),
        model.with_file_name("model.json"),
    ];
    candidates.into_iter().find(|path| path.is_file())
}

/// What the metadata inside a model file say, the more particular convention first.
pub(in crate::model) fn embedded(
    metadata: &[(String, String)],
    outputs: &[TensorInfo],
) -> Result<Vec<Told>, String> {
    let told = [
        deepness::read(metadata)?,
        ultralytics::read(metadata, outputs)?,
    ];
    Ok(told.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Source;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Told> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.json");
        fs_err::write(&path, text).unwrap();
        sidecar(&path)
    }

    #[test]
    fn the_content_tells_the_convention() {
        for (text, convention) in [
            (
                r#"{"type":"Feature","properties":{"mlm:name":"m"}}"#,
                "STAC MLM",
            ),
            (
                "\u{feff}{\"ModelType\":\"ObjectDetection\"}",
                "Esri model definition",
            ),
            (
                r#"{"name":"m","model_filename":"m.onnx"}"#,
                "habitat-mapper",
            ),
            (r#"{"input_channels":3,"output_names":["logits"]}"#, "geoai"),
        ] {
            let told = read(text).unwrap();
            assert_eq!(
                (told.convention, told.source),
                (convention, Source::Sidecar)
            );
            assert!(told.file.is_some());
        }
    }

    #[test]
    fn the_bundled_models_sidecars_are_read() {
        for name in ["poppy-seg", "poppy-tile", "poppy-tile-int8"] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("models")
                .join(name);
            let told = sidecar(&path.join("model.json")).unwrap();
            assert_eq!(told.name.as_deref(), Some(name));
            assert_eq!(told.model_file.as_deref(), Some("model.onnx"));
            assert_eq!((told.gsd_m, told.heads.len()), (Some(0.025), 1));
        }
    }

    #[test]
    fn what_is_no_sidecar_is_said() {
        for (text, problem, hint) in [
            ("poppy", "is not JSON", "STAC item"),
            ("{}", "no convention that is known", "geoai"),
            ("[1]", "no convention that is known", ".emd"),
            (
                r#"{"properties":{"tianmu:gsd":1}}"#,
                "has `tianmu:gsd`",
                "correct it in the file",
            ),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.to_string().contains(problem), "{error}");
            assert!(error.hint().contains(hint), "{}", error.hint());
        }
        let error = sidecar(Path::new("/nowhere/m.json")).unwrap_err();
        assert!(error.to_string().contains("cannot be read"), "{error}");
    }

    #[test]
    fn the_nearest_name_is_found_first() {
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("m.onnx");
        assert_eq!(find_beside(&model), None);
        for name in ["model.json", "m.emd", "m.onnx.json", "m.json"] {
            let path = folder.path().join(name);
            fs_err::write(&path, "{}").unwrap();
            assert_eq!(find_beside(&model), Some(path));
        }
    }

    #[test]
    fn a_file_may_follow_two_conventions() {
        let entries = [
            ("task", "detect"),
            ("names", "{0: 'a'}"),
            ("det_type", "YOLO_v9"),
        ];
        let entries = entries.map(|(k, v)| (k.to_owned(), v.to_owned()));
        let told = embedded(&entries, &[]).unwrap();
        let conventions: Vec<_> = told.iter().map(|t| t.convention).collect();
        assert_eq!(conventions, ["Deepness", "Ultralytics"]);
        assert!(told.iter().all(|t| t.source == Source::Metadata));
    }

    /// JSON of the keys that the readers know, with values of every type.
    fn any_object() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC{0,8}".prop_map(Value::from),
        ];
        let key = prop::sample::select(
            &[
                "properties",
                "assets",
                "mlm:input",
                "mlm:output",
                "mlm:tasks",
                "bands",
                "input",
                "shape",
                "dim_order",
                "value_scaling",
                "classification:classes",
                "value",
                "name",
                "tianmu:threshold",
                "tianmu:tile_size",
                "ModelType",
                "ModelFile",
                "ExtractBands",
                "Classes",
                "Value",
                "Name",
                "MinCellSize",
                "x",
                "y",
                "NormalizationStats",
                "IsMultispectral",
                "band_min_values",
                "band_max_values",
                "model_filename",
                "mean",
                "std",
                "normalization",
                "max_pixel_value",
                "input_channels",
                "task",
                "id2label",
                "num_labels",
                "0",
                "1",
            ][..],
        );
        leaf.prop_recursive(5, 60, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((key.clone().prop_map(str::to_owned), inner), 0..6)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_sidecar_panics(json in any_object()) {
            for reader in [stac_mlm::read, esri_emd::read, habitat_mapper::read, geoai::read] {
                let _ = reader(&json);
                let _ = reader(&serde_json::json!({"properties": json}));
            }
        }

        #[test]
        fn no_metadata_panic(entries in prop::collection::vec(("[a-z_]{0,8}", "\\PC{0,20}"), 0..6)) {
            let _ = embedded(&entries, &[]);
        }
    }
}
