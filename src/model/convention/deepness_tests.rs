//! What Deepness' and `GeoDeep`'s metadata come to.

use super::*;
use proptest::prelude::*;

fn pairs(entries: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    entries.iter().map(owned).collect()
}

fn told(entries: &[(&str, &str)]) -> Told {
    read(&pairs(entries)).unwrap().unwrap()
}

const EVERYTHING: [(&str, &str); 10] = [
    (
        "class_names",
        r#"{"0": "_background", "1": "road", "2": "field"}"#,
    ),
    ("resolution", "5.5"),
    ("tiles_size", "256"),
    ("tiles_overlap", "11"),
    ("seg_thresh", "0.3"),
    ("seg_small_segment", "13"),
    ("reg_output_scaling", "1.1"),
    ("det_conf", "0.6"),
    ("det_iou_thresh", "0.44"),
    ("det_type", "\"YOLO_v5_or_v7_default\""),
];

fn with_type(model_type: &str) -> Told {
    let mut entries = vec![("model_type", model_type)];
    entries.extend(EVERYTHING);
    told(&entries)
}

#[test]
fn only_the_keys_of_the_models_own_task_count() {
    let segmentor = with_type("\"Segmentor\"");
    assert_eq!(segmentor.convention, "Deepness");
    assert_eq!(
        segmentor.task,
        Some(TaskWord::Known(ModelTask::Segmentation))
    );
    assert_eq!(segmentor.heads, [["_background", "road", "field"]]);
    assert!((segmentor.gsd_m.unwrap() - 0.055).abs() < 1e-12);
    assert_eq!(segmentor.tile_size, Some((256, 256)));
    assert_eq!(segmentor.overlap, Some(TileOverlap::Percent(11.0)));
    assert_eq!(segmentor.thresholds, [(String::new(), 0.3)]);
    assert_eq!(segmentor.must_win, Some(true));
    assert_eq!(segmentor.min_area_px, Some(676.0));
    assert_eq!((segmentor.decoder, segmentor.suppression), (None, None));
    assert_eq!(segmentor.key_of("threshold"), Some("seg_thresh"));
    assert_eq!(segmentor.key_of("gsd"), Some("resolution"));

    let detector = with_type("detection");
    assert_eq!(detector.decoder, Some(BoxDecoder::YoloV5Objectness));
    assert_eq!(detector.thresholds, [(String::new(), 0.6)]);
    assert_eq!(detector.suppression, Some(0.44));
    assert_eq!(detector.suppression_by, Some(Overlap::Iou));
    assert_eq!((detector.must_win, detector.min_area_px), (None, None));

    let regressor = with_type("Regression");
    assert_eq!(regressor.task, Some(TaskWord::Known(ModelTask::Regression)));
    assert_eq!(regressor.output_scaling, Some(1.1));
    assert!(regressor.thresholds.is_empty() && regressor.suppression.is_none());
    assert_eq!(regressor.heads[0].len(), 3);

    let other = with_type("Superresolution");
    assert_eq!(other.task, Some(TaskWord::Other("Superresolution".into())));
}

#[test]
fn standardisation_follows_the_division_by_255() {
    let plain = told(&[("model_type", "Segmentor")]);
    assert_eq!(plain.scaling, [BandScaling::EIGHT_BIT]);
    assert_eq!(plain.key_of("scaling"), Some("Deepness's default"));
    let scaled = told(&[
        ("model_type", "Segmentor"),
        ("standardization_mean", "[0.5, 0.25]"),
        ("standardization_std", "[0.5, 0.1]"),
    ]);
    assert!((scaled.scaling[0].apply(255.0) - 1.0).abs() < 1e-6);
    assert!((scaled.scaling[1].apply(255.0) - 7.5).abs() < 1e-5);
    let half = told(&[("resolution", "3"), ("standardization_mean", "[0.5]")]);
    assert_eq!((half.scaling.len(), half.notes.len()), (1, 1));
}

#[test]
fn several_heads_and_python_dicts_are_read() {
    let heads = told(&[(
        "class_names",
        r#"[{"0": "Coffee", "1": "Tea"}, {"0": "Juice"}]"#,
    )])
    .heads;
    assert_eq!(heads, [vec!["Coffee", "Tea"], vec!["Juice"]]);
    let python = told(&[
        ("model_type", "Detector"),
        ("names", "{0: 'car', 1: \"d'or\"}"),
    ]);
    assert_eq!(python.heads, [["car", "d'or"]]);
    assert_eq!(python.key_of("classes"), Some("names"));
}

#[test]
fn geodeep_fills_in_its_defaults() {
    let bare = told(&[("det_type", "\"YOLO_v8\"")]);
    assert_eq!(bare.convention, "GeoDeep");
    assert_eq!(bare.task, Some(TaskWord::Known(ModelTask::Detection)));
    assert_eq!(bare.decoder, Some(BoxDecoder::YoloV8));
    assert_eq!(bare.thresholds, [(String::new(), 0.3)]);
    assert_eq!((bare.suppression, bare.gsd_m), (Some(0.8), Some(0.1)));
    assert_eq!(bare.overlap, Some(TileOverlap::Percent(5.0)));
    assert_eq!(bare.key_of("threshold"), Some("GeoDeep's default"));
    let told_more = told(&[("det_type", "retinanet"), ("det_conf", "0.45")]);
    assert_eq!(told_more.decoder, Some(BoxDecoder::RetinaNet));
    assert_eq!(told_more.thresholds, [(String::new(), 0.45)]);
    let deepness = told(&[("det_type", "YOLO_v9"), ("model_type", "Detector")]);
    assert_eq!(
        (deepness.convention, deepness.decoder),
        ("Deepness", Some(BoxDecoder::YoloV8))
    );
    assert!(deepness.thresholds.is_empty() && deepness.gsd_m.is_none());
}

#[test]
fn files_of_others_are_left_alone() {
    for entries in [
        &[("names", "{0: 'a'}"), ("stride", "32")][..],
        &[
            ("task", "detect"),
            ("imgsz", "[640, 640]"),
            ("tile_size", "640"),
        ],
        &[("producer", "pytorch")],
        &[],
    ] {
        assert!(read(&pairs(entries)).unwrap().is_none(), "{entries:?}");
    }
    let both = [
        ("task", "detect"),
        ("names", "{0: 'a'}"),
        ("model_type", "Detector"),
    ];
    assert!(read(&pairs(&both)).unwrap().is_some());
}

#[test]
fn wrong_values_are_named() {
    for (key, value, wanted) in [
        (
            "model_type",
            "Painter",
            "`model_type` `Painter`, wanted one of `Segmentor`",
        ),
        (
            "det_type",
            "\"YOLO_v99\"",
            "`det_type` `YOLO_v99`, wanted one of `YOLO_v5_or",
        ),
        (
            "class_names",
            r#"{"0": "a", "2": "b"}"#,
            "wanted names under 0 to 1",
        ),
        (
            "class_names",
            "poppy",
            "`class_names` `poppy`, wanted names by index",
        ),
        (
            "resolution",
            "0",
            "`resolution` `0`, wanted a number above zero",
        ),
        ("resolution", "fine", "`resolution` `fine`"),
        ("tiles_size", "-3", "`tiles_size` `-3`"),
        ("tiles_overlap", "100", "wanted a percentage below 100"),
        (
            "seg_thresh",
            "30",
            "`seg_thresh` `30`, wanted a number from 0 to 1",
        ),
        ("standardization_mean", "0.5", "wanted a list of numbers"),
        ("reg_output_scaling", "0", "wanted a number other than zero"),
    ] {
        let message = read(&pairs(&[(key, value)])).unwrap_err();
        assert!(message.contains(wanted), "{message}");
    }
    let std = [
        ("standardization_mean", "[0.5]"),
        ("standardization_std", "[0.0]"),
    ];
    assert!(
        read(&pairs(&std))
            .unwrap_err()
            .contains("`0` in `standardization_std`")
    );
}

proptest! {
    #[test]
    fn no_metadata_panic(
        entries in prop::collection::vec((prop::sample::select(&KEYS[..]), "\\PC{0,24}|[0-9.eE+-]{1,6}|[\\[{('\":,0-9a})\\]]{0,16}"), 0..6)
    ) {
        let entries: Vec<_> = entries.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
        let _ = read(&entries);
    }
}
