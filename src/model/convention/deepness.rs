//! Metadata inside ONNX files as the QGIS plugin Deepness writes and reads them
//! (PUTvision/qgis-plugin-deepness, `model_base.py`), and its offshoot `GeoDeep`
//! (uav4geo/GeoDeep, `inference.py`).

use super::fields::{self, Fields, wrong};
use crate::model::decode::{BoxDecoder, Overlap};
use crate::model::{BandScaling, ModelTask, Source, TaskWord, TileOverlap, Told};
use serde_json::Value;

/// Keys of theirs. `names` alone is Ultralytics'.
const KEYS: [&str; 14] = [
    "model_type",
    "class_names",
    "resolution",
    "tiles_size",
    "tile_size",
    "tiles_overlap",
    "standardization_mean",
    "standardization_std",
    "seg_thresh",
    "seg_small_segment",
    "reg_output_scaling",
    "det_conf",
    "det_iou_thresh",
    "det_type",
];

/// Any of these makes a file theirs, even with Ultralytics' keys beside.
const TELLING_KEYS: [&str; 4] = ["model_type", "det_type", "class_names", "resolution"];

/// The words of `det_type`, and whether only `GeoDeep` knows them.
const DETECTORS: [(&str, BoxDecoder, bool); 9] = [
    ("YOLO_v5_or_v7_default", BoxDecoder::YoloV5Objectness, false),
    ("YOLO_v6", BoxDecoder::YoloV6, false),
    ("YOLO_v9", BoxDecoder::YoloV8, false),
    ("YOLO_Ultralytics", BoxDecoder::YoloV8, false),
    (
        "YOLO_Ultralytics_segmentation",
        BoxDecoder::YoloV8Seg,
        false,
    ),
    ("YOLO_Ultralytics_obb", BoxDecoder::YoloV8Obb, false),
    ("YOLO_v7", BoxDecoder::YoloV5Objectness, true),
    ("YOLO_v8", BoxDecoder::YoloV8, true),
    ("retinanet", BoxDecoder::RetinaNet, true),
];

const GEODEEP_DEFAULT: &str = "GeoDeep's default";

/// What the metadata of a file say, if they are theirs.
pub(super) fn read(metadata: &[(String, String)]) -> Result<Option<Told>, String> {
    let has = |keys: &[&str]| metadata.iter().any(|(key, _)| keys.contains(&key.as_str()));
    if !has(&KEYS) || (has(&["task", "imgsz"]) && !has(&TELLING_KEYS)) {
        return Ok(None);
    }
    let map = fields::metadata(metadata);
    let fields = Fields(&map);

    let detector = fields.get("det_type").map(read_detector).transpose()?;
    let geodeep = detector.is_some_and(|(_, only_geodeep)| only_geodeep);
    let convention = if geodeep { "GeoDeep" } else { "Deepness" };
    let mut told = Told::new(Source::Metadata, convention);
    // `GeoDeep` fills in what a file of its own leaves out.
    let or_default = |value: Option<f64>, key: &'static str, default: f64| match value {
        Some(value) => Some((value, key)),
        None => geodeep.then_some((default, GEODEEP_DEFAULT)),
    };

    if let Some(value) = fields.get("model_type") {
        told.task = Some(read_task(value)?);
        told.read("task", "model_type");
    } else if detector.is_some() {
        told.task = Some(TaskWord::Known(ModelTask::Detection));
        told.read("task", "det_type");
    }
    read_scaling(fields, &mut told)?;
    read_classes(fields, &mut told)?;
    if let Some((cm, key)) = or_default(fields.positive("resolution")?, "resolution", 10.0) {
        told.gsd_m = Some(cm / 100.0);
        told.read("gsd", key);
    }
    // Deepness documents `tiles_size` and reads `tile_size`.
    for key in ["tile_size", "tiles_size"] {
        if let Some(size) = fields.size(key)?
            && told.tile_size.is_none()
        {
            told.tile_size = Some((size, size));
            told.read("tile-size", key);
        }
    }
    let overlap = fields.not_negative("tiles_overlap")?;
    if let Some(percent) = overlap.filter(|p| *p >= 100.0) {
        let seen = Value::from(percent);
        return Err(wrong("tiles_overlap", &seen, "a percentage below 100"));
    }
    if let Some((percent, key)) = or_default(overlap, "tiles_overlap", 5.0) {
        told.overlap = Some(TileOverlap::Percent(percent));
        told.read("overlap", key);
    }

    // Files carry the keys of all tasks at once, so only those of their own count.
    let is = |task| told.task == Some(TaskWord::Known(task));
    let (segments, detects) = (is(ModelTask::Segmentation), is(ModelTask::Detection));
    let (regresses, unknown) = (is(ModelTask::Regression), told.task.is_none());
    if segments || unknown {
        if let Some((low, key)) = or_default(fields.share("seg_thresh")?, "seg_thresh", 0.5) {
            told.thresholds = vec![(String::new(), low)];
            // Values below it are zeroed, then the highest class is taken.
            told.must_win = Some(true);
            told.read("threshold", key);
        }
        if let Some(side) = fields.not_negative("seg_small_segment")? {
            // The radius of an erosion; `GeoDeep` reads it as this many pixels.
            told.min_area_px = Some((2.0 * side).powi(2));
            told.read("min-area", "seg_small_segment");
        }
    }
    if detects {
        if let Some((decoder, _)) = detector {
            told.decoder = Some(decoder);
            told.read("decoder", "det_type");
        }
        if let Some((low, key)) = or_default(fields.share("det_conf")?, "det_conf", 0.3) {
            told.thresholds = vec![(String::new(), low)];
            told.read("threshold", key);
        }
        let share = fields.share("det_iou_thresh")?;
        if let Some((share, key)) = or_default(share, "det_iou_thresh", 0.8) {
            told.suppression = Some(share);
            told.suppression_by = Some(Overlap::Iou);
            told.read("suppression", key);
        }
    }
    if (regresses || unknown)
        && let Some(factor) = fields.factor("reg_output_scaling")?
    {
        told.output_scaling = Some(factor);
        told.read("output-scaling", "reg_output_scaling");
    }
    Ok(Some(told))
}

fn read_detector(value: &Value) -> Result<(BoxDecoder, bool), String> {
    let known = DETECTORS.iter().find(|(word, _, _)| {
        value
            .as_str()
            .is_some_and(|seen| seen.eq_ignore_ascii_case(word))
    });
    let (_, decoder, only_geodeep) = known.ok_or_else(|| {
        let words = DETECTORS.map(|(word, _, _)| format!("`{word}`"));
        wrong("det_type", value, &format!("one of {}", words.join(", ")))
    })?;
    Ok((*decoder, *only_geodeep))
}

fn read_task(value: &Value) -> Result<TaskWord, String> {
    let word = value.as_str().map(str::to_lowercase).unwrap_or_default();
    Ok(match word.as_str() {
        "segmentor" | "segmentation" => TaskWord::Known(ModelTask::Segmentation),
        "detector" | "detection" => TaskWord::Known(ModelTask::Detection),
        "regressor" | "regression" => TaskWord::Known(ModelTask::Regression),
        "recognition" => TaskWord::Other("Recognition".into()),
        "superresolution" => TaskWord::Other("Superresolution".into()),
        _ => {
            return Err(wrong(
                "model_type",
                value,
                "one of `Segmentor`, `Detector`, `Regressor`, `Recognition`, `Superresolution`",
            ));
        }
    })
}

fn read_scaling(fields: Fields<'_>, told: &mut Told) -> Result<(), String> {
    const MEAN: &str = "standardization_mean";
    const STD: &str = "standardization_std";
    // Both programs divide 8-bit values by 255 before anything else.
    told.scaling = vec![BandScaling::EIGHT_BIT];
    match (fields.numbers(MEAN)?, fields.numbers(STD)?) {
        (Some(mean), Some(std)) => {
            told.scaling =
                fields::standardised(BandScaling::EIGHT_BIT, (MEAN, &mean), (STD, &std))?;
            told.read("scaling", format!("{MEAN}, {STD}"));
        }
        (mean, std) => {
            if mean.is_some() || std.is_some() {
                told.notes.push(format!(
                    "of `{MEAN}` and `{STD}` only one is told, so neither is used, as in Deepness"
                ));
            }
            let default = format!("{}'s default", told.convention);
            told.read("scaling", default);
        }
    }
    Ok(())
}

fn read_classes(fields: Fields<'_>, told: &mut Told) -> Result<(), String> {
    for key in ["class_names", "names"] {
        let Some(value) = fields.get(key) else {
            continue;
        };
        let heads = match value {
            Value::Array(heads) if heads.iter().any(Value::is_object) => heads
                .iter()
                .map(|head| fields::class_names(key, head))
                .collect::<Result<_, _>>()?,
            one => vec![fields::class_names(key, one)?],
        };
        if heads.iter().any(|head| !head.is_empty()) {
            told.heads = heads;
            told.read("classes", key);
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "deepness_tests.rs"]
mod tests;
