//! What Esri model definitions come to.

use super::*;
use serde_json::json;

#[test]
fn a_definition_for_pixels_is_read() {
    let told = read(&json!({
        "Framework": "arcgis.learn.models._inferencing", "ModelType": "ImageClassification",
        "ModelName": "UnetClassifier", "ModelFile": ".\\fields.onnx",
        "ImageHeight": 400, "ImageWidth": 512, "ExtractBands": [0, 1, 2],
        "Classes": [
            {"Value": 20, "Name": "maize", "Color": [1, 2, 3]},
            {"Value": 1, "Name": "poppy", "Color": [4, 5, 6]}
        ]
    }))
    .unwrap();
    assert_eq!(told.convention, "Esri model definition");
    assert_eq!(told.task, Some(TaskWord::Known(ModelTask::Segmentation)));
    assert_eq!(told.name.as_deref(), Some("UnetClassifier"));
    assert_eq!(told.model_file.as_deref(), Some("fields.onnx"));
    assert_eq!(told.tile_size, Some((400, 512)));
    assert_eq!(told.channels, Some(3));
    assert_eq!(told.heads, [["background", "poppy", "maize"]]);
    assert_eq!(told.background, ["background"]);
    assert!(told.notes[0].contains("arcgis.learn"), "{:?}", told.notes);
    assert_eq!((told.notes.len(), told.scaling.len()), (1, 0));
}

#[test]
fn a_definition_for_objects_is_read() {
    let told = read(&json!({
        "Framework": "ONNX", "ModelType": "ObjectDetection", "Threshold": 0.4,
        "NMSOverlap": 0.1, "ExtractBands": [3, 2, 1],
        "Classes": [{"Value": 2, "Name": "b"}, {"Value": 1, "Name": "a"}]
    }))
    .unwrap();
    assert_eq!(told.task, Some(TaskWord::Known(ModelTask::Detection)));
    assert_eq!(told.heads, [["a", "b"]]);
    assert!(told.background.is_empty());
    assert_eq!(told.thresholds, [(String::new(), 0.4)]);
    assert_eq!(told.suppression, Some(0.1));
    assert_eq!(told.suppression_by, Some(Overlap::Iou));
    assert!(
        told.notes[0].contains("`--bands 4,3,2`"),
        "{:?}",
        told.notes
    );
    let named = read(&json!({"ExtractBands": ["NIR", "Red"]})).unwrap();
    assert_eq!(named.bands, ["NIR", "Red"]);
    let zero = json!({"ModelType": "PixelClassification", "Classes": [{"Value": 0, "Name": "a"}]});
    assert_eq!(read(&zero).unwrap().heads, [["a"]]);
    let other = json!({"ModelType": "SuperResolution"});
    assert_eq!(
        read(&other).unwrap().task,
        Some(TaskWord::Other("SuperResolution".into()))
    );
}

fn multispectral(more: &Value) -> Result<Told, String> {
    let mut json = json!({
        "IsMultispectral": true, "ExtractBands": [2, 0],
        "NormalizationStats": {
            "band_min_values": [0.0, 0.0, 100.0], "band_max_values": [10.0, 0.0, 300.0],
            "scaled_mean_values": [0.5, 0.5, 0.25], "scaled_std_values": [0.5, 0.5, 0.125]
        }
    });
    for (key, value) in more.as_object().unwrap() {
        json[key] = value.clone();
    }
    read(&json)
}

#[test]
fn statistics_are_taken_band_by_band() {
    let told = multispectral(&json!({})).unwrap();
    assert_eq!(told.scaling.len(), 2);
    assert!((told.scaling[0].apply(200.0) - 2.0).abs() < 1e-5);
    assert!((told.scaling[1].apply(10.0) - 1.0).abs() < 1e-6);
    let stretched = multispectral(&json!({"DoNormalize": false})).unwrap();
    assert!((stretched.scaling[0].apply(200.0) - 0.5).abs() < 1e-6);
    let plain = multispectral(&json!({"IsMultispectral": false})).unwrap();
    assert!(plain.scaling.is_empty());
    let range = read(&json!({"DataRange": [-1, 1.0]})).unwrap();
    assert!((range.scaling[0].apply(255.0) - 1.0).abs() < 1e-6);
    assert!((range.scaling[0].apply(0.0) + 1.0).abs() < 1e-6);
}

#[test]
fn cell_sizes_become_metres_where_they_can() {
    let gsd = |cell: Value| read(&json!({"MinCellSize": cell})).unwrap();
    let bare = gsd(json!({"x": 0.1, "y": 0.3}));
    assert!((bare.gsd_m.unwrap() - 0.2).abs() < 1e-12);
    let utm = json!({"x": 0.5, "y": 0.5, "spatialReference": {"wkid": 32647, "latestWkid": 32647}});
    assert_eq!(gsd(utm).gsd_m, Some(0.5));
    let mercator =
        json!({"x": 0.5, "y": 0.5, "spatialReference": {"wkid": 102_100, "latestWkid": 3857}});
    let mercator = gsd(mercator);
    assert_eq!(mercator.gsd_m, Some(0.5));
    assert!(mercator.notes[0].contains("Web Mercator"));
    let feet = json!({"x": 1.0, "y": 1.0, "spatialReference": {"wkid": 2263}});
    assert!((gsd(feet).gsd_m.unwrap() - 0.3048).abs() < 1e-3);
    let degrees = json!({"x": 1e-6, "y": 1e-6, "spatialReference": {"wkid": 4326}});
    let degrees = gsd(degrees);
    assert_eq!((degrees.gsd_m, degrees.notes.len()), (None, 1));
    let nothing = gsd(json!({"x": 3, "y": 3, "spatialReference": {"wkid": null}}));
    assert_eq!(nothing.gsd_m, Some(3.0));
}

#[test]
fn wrong_values_are_named() {
    for (json, wanted) in [
        (json!({"ModelType": 3}), "`ModelType` `3`, wanted text"),
        (json!({"ImageHeight": 0}), "`ImageHeight` `0`"),
        (
            json!({"ExtractBands": [0, "red"]}),
            "`ExtractBands` `[0,\"red\"]`, wanted a list of bands",
        ),
        (
            json!({"Classes": [{"Name": "a"}]}),
            "wanted a whole `Value` and a `Name`",
        ),
        (
            json!({"Classes": [{"Value": 1, "Name": "a"}, {"Value": 1, "Name": "b"}]}),
            "two classes of value 1 in `Classes`, `a` and `b`",
        ),
        (
            json!({"Threshold": 40}),
            "`Threshold` `40`, wanted a number from 0 to 1",
        ),
        (
            json!({"MinCellSize": {"x": 0}}),
            "wanted `x` and `y` above zero",
        ),
    ] {
        let message = read(&json).unwrap_err();
        assert!(message.contains(wanted), "{message}");
    }
    for (more, wanted) in [
        (json!({"ExtractBands": [1]}), "divides by zero"),
        (
            json!({"ExtractBands": [7]}),
            "has 3 values in `band_min_values`",
        ),
        (
            json!({"NormalizationStats": {}}),
            "no `band_min_values` in `NormalizationStats`",
        ),
    ] {
        let message = multispectral(&more).unwrap_err();
        assert!(message.contains(wanted), "{message}");
    }
}
