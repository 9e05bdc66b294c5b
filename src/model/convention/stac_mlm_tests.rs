//! What STAC items with the MLM extension come to.

use super::*;
use crate::model::Activation;
use serde_json::json;

fn parse(properties: &str) -> Result<Told, String> {
    read(&serde_json::from_str(&format!(r#"{{"properties":{{{properties}}}}}"#)).unwrap())
}

#[test]
fn reads_bands_scaling_classes_and_own_keys() {
    let told = parse(
        r#""mlm:name":"m","mlm:tasks":["semantic-segmentation"],
        "mlm:input":[{"bands":["red",{"name":"green"}],"input":{"shape":[-1,2,64,64],"dim_order":["batch","bands","height","width"],"data_type":"float32"},
          "value_scaling":[{"type":"z-score","mean":10,"stddev":2},{"type":null}],"resize_type":null}],
        "mlm:output":[{"classification:classes":[{"value":1,"name":"poppy"},{"value":0,"name":"background"}]}],
        "tianmu:gsd_m":0.025,"tianmu:threshold":{"poppy":0.4},"tianmu:activation":"softmax""#,
    )
    .unwrap();
    assert_eq!(
        (told.convention, told.source),
        ("STAC MLM", Source::Sidecar)
    );
    assert_eq!(told.name.as_deref(), Some("m"));
    assert_eq!(told.task, Some(TaskWord::Known(ModelTask::Segmentation)));
    assert_eq!(told.bands, ["red", "green"]);
    assert_eq!(told.layout, Some(InputLayout::Nchw));
    assert_eq!(told.input_shape, Some(vec![-1, 2, 64, 64]));
    assert_eq!(told.element, Some(ElementType::Float32));
    assert_eq!(told.heads, [["background", "poppy"]]);
    assert!((told.scaling[0].apply(14.0) - 2.0).abs() < 1e-6);
    assert_eq!(told.scaling[1], BandScaling::IDENTITY);
    assert_eq!(told.thresholds, [("poppy".to_owned(), 0.4)]);
    assert_eq!(told.activation, Some(Activation::Softmax));
    assert_eq!(told.key_of("threshold"), Some("tianmu:threshold"));
    assert!(told.notes.is_empty() && told.model_file.is_none());
}

#[test]
fn every_scaling_is_folded() {
    for (entry, seen) in [
        (
            json!({"type": "min-max", "minimum": 10, "maximum": 30}),
            0.5,
        ),
        (json!({"type": "z-score", "mean": 10, "stddev": 5}), 2.0),
        (json!({"type": "clip", "minimum": 0, "maximum": 15}), 15.0),
        (json!({"type": "clip-min", "minimum": 25}), 25.0),
        (json!({"type": "clip-max", "maximum": 5}), 5.0),
        (json!({"type": "offset", "value": 1}), 19.0),
        (json!({"type": "scale", "value": 10}), 2.0),
        (json!(null), 20.0),
    ] {
        let scaled = read_scaling(&entry).unwrap().apply(20.0);
        assert!((scaled - seen).abs() < 1e-5, "{entry}: {scaled}");
    }
}

#[test]
fn several_outputs_are_several_heads() {
    let told = parse(
        r#""mlm:output":[{"tasks":["regression"]},
        {"classification:classes":[{"name":"a"},{"name":"b"}]},
        {"classification:classes":[{"value":0,"name":"c"}]}]"#,
    )
    .unwrap();
    assert_eq!(told.heads, [vec!["a", "b"], vec!["c"]]);
    assert_eq!(told.task, Some(TaskWord::Known(ModelTask::Regression)));
    assert_eq!(told.key_of("task"), Some("mlm:output"));
}

#[test]
fn tasks_follow_the_extensions_words() {
    for (words, task) in [
        (r#""scene-classification""#, Some(ModelTask::Classification)),
        (
            r#""image-captioning","object-detection""#,
            Some(ModelTask::Detection),
        ),
        (r#""instance-segmentation""#, Some(ModelTask::Detection)),
        (r#""depth-estimation""#, Some(ModelTask::Regression)),
        (r#""super-resolution""#, None),
    ] {
        let told = parse(&format!(r#""mlm:tasks":[{words}]"#)).unwrap();
        match task {
            Some(task) => assert_eq!(told.task, Some(TaskWord::Known(task))),
            None => assert!(matches!(told.task, Some(TaskWord::Other(_)))),
        }
    }
}

#[test]
fn the_models_asset_and_channels_are_read() {
    let told = read(&json!({
        "properties": {"mlm:input": [{
            "bands": [], "resize_type": "crop",
            "input": {"shape": [1, 64, 64, 4], "dim_order": ["b", "height", "width", "Channel"], "data_type": "uint8"}
        }]},
        "assets": {
            "weights": {"href": "https://example.org/m.onnx", "roles": ["mlm:model"]},
            "code": {"href": "run.py", "roles": ["code"]},
            "model": {"href": "./m.onnx", "roles": ["mlm:model", "data"]}
        }
    }))
    .unwrap();
    assert_eq!(told.model_file.as_deref(), Some("m.onnx"));
    assert_eq!(
        (told.layout, told.channels),
        (Some(InputLayout::Nhwc), Some(4))
    );
    assert_eq!(told.element, Some(ElementType::Uint8));
    assert!(
        told.notes[0].contains("`crop` has no effect"),
        "{:?}",
        told.notes
    );
}

#[test]
fn what_is_not_done_is_noted() {
    let told = parse(
        r#""mlm:input":[{"bands":["red",{"name":"ndvi","format":"gdal-calc","expression":"A-B"}],
        "pre_processing_function":{"format":"python","expression":"m:f"}}]"#,
    )
    .unwrap();
    assert_eq!(told.bands, ["red", "ndvi"]);
    assert!(told.notes[0].contains("`pre_processing_function` is not run"));
    assert!(
        told.notes[1].contains("\"ndvi\" is not computed"),
        "{:?}",
        told.notes
    );
}

#[test]
fn wrong_values_are_named() {
    for (properties, wanted) in [
        (r#""tianmu:gsd_m":"two""#, "tianmu:gsd_m"),
        (r#""tianmu:gsd":0.1"#, "has `tianmu:gsd`, wanted one of"),
        (r#""tianmu:activation":"relu""#, "relu"),
        (r#""mlm:name":7"#, "`mlm:name` `7`, wanted text"),
        (
            r#""mlm:tasks":"detection""#,
            "`mlm:tasks` `detection`, wanted a list of names",
        ),
        (
            r#""mlm:input":[{"name":"a"},{"name":"b"}]"#,
            "2 entries in `mlm:input` (a, b)",
        ),
        (r#""mlm:input":{}"#, "`mlm:input` `{}`, wanted a list"),
        (r#""mlm:input":[{"bands":[3]}]"#, "`bands` `[3]`"),
        (
            r#""mlm:input":[{"value_scaling":[{"type":"gamma"}]}]"#,
            "value_scaling",
        ),
        (
            r#""mlm:input":[{"value_scaling":[{"type":"processing"}]}]"#,
            "not understood",
        ),
        (
            r#""mlm:input":[{"value_scaling":[{"type":"scale","value":0}]}]"#,
            "divides by zero",
        ),
        (
            r#""mlm:input":[{"input":{"dim_order":["bands","height","width"]}}]"#,
            "bands on axis 0, wanted axis 1 or 3",
        ),
        (
            r#""mlm:input":[{"input":{"dim_order":["x","y"]}}]"#,
            "`dim_order` `x, y`",
        ),
        (
            r#""mlm:input":[{"input":{"shape":["any"]}}]"#,
            "`shape` `[\"any\"]`",
        ),
        (
            r#""mlm:output":[{"classification:classes":[{"value":7,"name":"x"}]}]"#,
            "value of 0 to 0",
        ),
        (
            r#""mlm:output":[{"classification:classes":[{"value":0,"name":"x"},{"value":0,"name":"y"}]}]"#,
            "two classes with the value",
        ),
    ] {
        let message = parse(properties).unwrap_err();
        assert!(message.contains(wanted), "{message}");
    }
    assert!(read(&json!([])).unwrap_err().contains("no `properties`"));
}
