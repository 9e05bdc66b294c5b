//! What Ultralytics' metadata come to.

use super::*;
use crate::model::ElementType;
use proptest::prelude::*;

fn pairs(entries: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    entries.iter().map(owned).collect()
}

fn outputs(shapes: &[&[i64]]) -> Vec<TensorInfo> {
    let info = |shape: &&[i64]| TensorInfo {
        name: "output0".into(),
        element: ElementType::Float32,
        shape: shape.to_vec(),
    };
    shapes.iter().map(info).collect()
}

fn told(entries: &[(&str, &str)], shapes: &[&[i64]]) -> Told {
    read(&pairs(entries), &outputs(shapes)).unwrap().unwrap()
}

/// A model of two classes, exported with these further entries.
fn exported(task: &str, more: &[(&str, &str)], shapes: &[&[i64]]) -> Told {
    let mut entries = vec![
        (
            "description",
            "Ultralytics YOLO11n model trained on fields.yaml",
        ),
        ("author", "Ultralytics"),
        ("version", "8.3.40"),
        ("license", ""),
        ("task", task),
        ("stride", "32"),
        ("batch", "1"),
        ("imgsz", "[480, 640]"),
        ("names", "{0: 'poppy', 1: 'driver\\'s hut'}"),
    ];
    entries.extend(more);
    told(&entries, shapes)
}

const MASKS: &[i64] = &[1, 32, 160, 160];

#[test]
fn the_exporters_keys_are_read() {
    let detect = exported("detect", &[("channels", "3")], &[&[1, 6, 8400]]);
    assert_eq!(detect.convention, "Ultralytics");
    assert_eq!(detect.task, Some(TaskWord::Known(ModelTask::Detection)));
    assert_eq!(detect.heads, [["poppy", "driver's hut"]]);
    assert_eq!(detect.tile_size, Some((480, 640)));
    assert_eq!(detect.stride_px, Some(32));
    assert_eq!(detect.bands, ["red", "green", "blue"]);
    assert_eq!(detect.scaling, [BandScaling::EIGHT_BIT]);
    assert_eq!(detect.decoder, Some(BoxDecoder::YoloV8));
    assert_eq!((detect.name.as_deref(), detect.background.len()), (None, 0));
    assert_eq!(detect.key_of("tile-size"), Some("imgsz"));

    let four = exported("detect", &[("channels", "4")], &[&[1, 6, 8400]]);
    assert_eq!((four.channels, four.bands.len()), (Some(4), 0));
    for (stride, largest) in [("[32]", 32), ("[8, 16, 64]", 64), ("32.0", 32)] {
        let entries = [("names", "['a']"), ("stride", stride)];
        assert_eq!(told(&entries, &[]).stride_px, Some(largest));
    }
}

#[test]
fn the_decoder_follows_task_and_flags_and_shapes() {
    use BoxDecoder::{EndToEnd, EndToEndObb, EndToEndSeg, YoloV8, YoloV8Obb, YoloV8Seg};
    let nms = ("args", "{'batch': 1, 'dynamic': False, 'nms': True}");
    let yes = ("end2end", "True");
    let no = ("end2end", "False");
    for (task, entry, shapes, decoder) in [
        ("detect", no, &[&[1, 6, 8400][..]][..], Some(YoloV8)),
        ("detect", no, &[&[-1, -1, -1]], Some(YoloV8)),
        ("detect", yes, &[&[1, 300, 6]], Some(EndToEnd)),
        ("detect", yes, &[&[-1, -1, -1]], Some(EndToEnd)),
        ("detect", nms, &[&[1, 300, 6]], Some(EndToEnd)),
        ("detect", no, &[&[1, 300, 6]], Some(EndToEnd)),
        // The shape is that of candidates, whatever the flag says.
        ("detect", yes, &[&[1, 6, 8400]], Some(YoloV8)),
        ("detect", no, &[&[1, 8400, 7]], None),
        ("segment", no, &[&[1, 38, 8400], MASKS], Some(YoloV8Seg)),
        ("segment", yes, &[&[1, 300, 38], MASKS], Some(EndToEndSeg)),
        (
            "segment",
            no,
            &[&[1, 38, -1], &[-1, -1, -1, -1]],
            Some(YoloV8Seg),
        ),
        ("obb", no, &[&[1, 7, 8400]], Some(YoloV8Obb)),
        ("obb", yes, &[&[1, 300, 7]], Some(EndToEndObb)),
        ("classify", no, &[&[1, 2]], None),
    ] {
        let read = exported(task, &[entry], shapes);
        assert_eq!(read.decoder, decoder, "{task} {entry:?} {shapes:?}");
    }
    let detr = [("description", "Ultralytics RT-DETR-l model")];
    let detr = exported("detect", &detr, &[&[1, 300, 6]]);
    assert_eq!((detr.decoder, detr.notes.len()), (None, 1));
}

#[test]
fn other_tasks_are_told() {
    let classify = exported("classify", &[], &[&[1, 2]]);
    assert_eq!(
        classify.task,
        Some(TaskWord::Known(ModelTask::Classification))
    );
    assert_eq!(classify.activation, Some(Activation::None));
    let pose = exported("pose", &[], &[&[1, 56, 8400]]);
    assert_eq!(pose.task, Some(TaskWord::Other("pose".into())));
    let semantic = exported("semantic", &[], &[&[1, 2, 480, 640]]);
    assert_eq!(
        semantic.task,
        Some(TaskWord::Known(ModelTask::Segmentation))
    );
    assert_eq!(semantic.activation, None);
}

#[test]
fn yolov5_has_two_keys() {
    let entries = [("stride", "32"), ("names", "{0: 'a', 1: 'b', 2: 'c'}")];
    let yolov5 = told(&entries, &[&[1, 25200, 8]]);
    assert_eq!(yolov5.decoder, Some(BoxDecoder::YoloV5));
    assert_eq!(yolov5.task, Some(TaskWord::Known(ModelTask::Detection)));
    let other = told(&entries, &[&[1, 25200, 40], MASKS]);
    assert_eq!((other.decoder, other.task), (None, None));
    assert_eq!(other.scaling, [BandScaling::EIGHT_BIT]);
    assert!(told(&entries, &[&[1, 3]]).scaling.is_empty());
}

#[test]
fn files_of_others_are_left_alone() {
    for entries in [
        &[("names", "{0: 'a'}")][..],
        &[("task", "detect")],
        &[("model_type", "Detector"), ("names", "{0: 'a'}")],
        &[],
    ] {
        assert!(read(&pairs(entries), &[]).unwrap().is_none(), "{entries:?}");
    }
}

#[test]
fn wrong_values_are_named() {
    for (key, value, wanted) in [
        (
            "imgsz",
            "[640]x",
            "`imgsz` `[640]x`, wanted rows and columns",
        ),
        ("imgsz", "[640, 0]", "`imgsz` `[640,0]`"),
        (
            "stride",
            "[]",
            "`stride` `[]`, wanted a whole number of pixels",
        ),
        ("stride", "0", "`stride` `0`"),
        ("names", "{1: 'a'}", "wanted names under 0 to 0"),
        ("names", "poppy", "`names` `poppy`, wanted names by index"),
        (
            "channels",
            "RGB",
            "`channels` `RGB`, wanted a whole number above zero",
        ),
        (
            "end2end",
            "maybe",
            "`end2end` `maybe`, wanted true or false",
        ),
        ("task", "7", "`task` `7`, wanted text"),
    ] {
        let mut entries = vec![("task", "detect"), ("stride", "32"), ("imgsz", "640")];
        entries.retain(|(k, _)| *k != key);
        entries.extend([(key, value), ("names", "{0: 'a'}")]);
        if key == "names" {
            entries.pop();
        }
        let message = read(&pairs(&entries), &[]).unwrap_err();
        assert!(message.contains(wanted), "{message}");
    }
}

proptest! {
    #[test]
    fn no_metadata_panic(
        values in prop::collection::vec("\\PC{0,24}|[0-9.eE+-]{1,6}|[\\[{('\":,0-9a})\\]]{0,16}", 7),
        task in prop::sample::select(&["detect", "segment", "obb", "classify", "pose"][..]),
        shapes in prop::collection::vec(prop::collection::vec(prop_oneof![-1..9_i64, Just(i64::MAX)], 0..6), 0..4),
    ) {
        let keys = ["imgsz", "names", "stride", "channels", "end2end", "args", "description"];
        for left_out in 0..keys.len() {
            let mut entries = pairs(&[("task", task), ("stride", "32")]);
            let all = keys.iter().zip(&values).enumerate();
            entries.extend(all.filter(|(i, _)| *i != left_out).map(|(_, (k, v))| ((*k).to_owned(), v.clone())));
            let shapes: Vec<&[i64]> = shapes.iter().map(Vec::as_slice).collect();
            let _ = read(&entries, &outputs(&shapes));
        }
    }
}
