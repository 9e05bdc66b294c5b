//! Metadata that Ultralytics' exporter writes into ONNX files (`engine/exporter.py` of
//! `YOLOv8` and later), and the two keys that `YOLOv5` writes (`export.py`).

use super::fields::{self, Fields, wrong};
use crate::model::decode::BoxDecoder;
use crate::model::{Activation, BandScaling, ModelTask, Source, TaskWord, TensorInfo, Told};
use serde_json::Value;

/// An output with suppression inside gives at most this many boxes; one without has
/// a candidate for each cell of three grids, thousands of them.
const MOST_FINAL_BOXES: i64 = 1000;

/// What the metadata of a file say, if they are Ultralytics'. The outputs' shapes win
/// over the metadata where the two tell different layouts.
pub(super) fn read(
    metadata: &[(String, String)],
    outputs: &[TensorInfo],
) -> Result<Option<Told>, String> {
    let has = |key: &str| metadata.iter().any(|(k, _)| k == key);
    let by_task = has("task") && (has("imgsz") || has("names") || has("stride"));
    let by_yolov5 = has("names") && has("stride");
    if !(by_task || by_yolov5) {
        return Ok(None);
    }
    let map = fields::metadata(metadata);
    let fields = Fields(&map);
    let mut told = Told::new(Source::Metadata, "Ultralytics");

    if let Some(value) = fields.get("names") {
        told.heads = vec![fields::class_names("names", value)?];
        told.read("classes", "names");
    }
    let classes = told.heads.first().map_or(0, Vec::len);
    if let Some(value) = fields.get("imgsz") {
        told.tile_size = Some(image_size(value)?);
        told.read("tile-size", "imgsz");
    }
    if let Some(value) = fields.get("stride") {
        told.stride_px = Some(largest_stride(value)?);
        told.read("stride", "stride");
    }
    match fields.size("channels")? {
        None | Some(3) => {
            told.bands = ["red", "green", "blue"].map(str::to_owned).into();
            let key = if has("channels") {
                "channels"
            } else {
                "Ultralytics' default"
            };
            told.read("bands", key);
        }
        Some(other) => {
            told.channels = usize::try_from(other).ok();
            told.read("bands", "channels");
        }
    }
    match fields.text("task")? {
        Some(task) => read_task(&mut told, task, fields, outputs, classes)?,
        None => read_yolov5(&mut told, outputs, classes),
    }
    Ok(Some(told))
}

fn read_task(
    told: &mut Told,
    task: &str,
    fields: Fields<'_>,
    outputs: &[TensorInfo],
    classes: usize,
) -> Result<(), String> {
    let end_to_end = fields.flag("end2end")? == Some(true);
    let suppressed = fields
        .get("args")
        .and_then(|args| args.get("nms"))
        .is_some_and(|nms| nms == &Value::Bool(true));
    let described = fields.text("description").ok().flatten().unwrap_or("");
    let shapes = Shapes {
        outputs,
        classes: i64::try_from(classes).unwrap_or(i64::MAX),
        told_final: end_to_end || suppressed,
        is_detr: described.to_lowercase().contains("detr"),
    };
    let (kind, decoder) = match task {
        "detect" => (ModelTask::Detection, shapes.decoder(DETECT)),
        "segment" => (ModelTask::Detection, shapes.decoder(SEGMENT)),
        "obb" => (ModelTask::Detection, shapes.decoder(OBB)),
        "classify" => (ModelTask::Classification, None),
        "semantic" | "semseg" => (ModelTask::Segmentation, None),
        "depth" => (ModelTask::Regression, None),
        other => {
            told.task = Some(TaskWord::Other(other.to_owned()));
            told.read("task", "task");
            return Ok(());
        }
    };
    told.task = Some(TaskWord::Known(kind));
    told.read("task", "task");
    told.scaling = vec![BandScaling::EIGHT_BIT];
    told.read("scaling", "Ultralytics' default");
    if kind == ModelTask::Classification {
        // The exporter puts the softmax into the graph.
        told.activation = Some(Activation::None);
        told.read("activation", "task");
    }
    if decoder.is_some() {
        told.decoder = decoder;
        let key = match (end_to_end, suppressed) {
            (true, _) => "task, end2end",
            (false, true) => "task, args",
            (false, false) => "task",
        };
        told.read("decoder", key);
    } else if kind == ModelTask::Detection {
        told.notes.push(format!(
            "its outputs do not look like those of a YOLO for `{task}`: name a decoder if you know it"
        ));
    }
    Ok(())
}

/// The two layouts of a task: plain, final, and the last dimension of the final one.
#[derive(Clone, Copy)]
struct Layouts {
    plain: BoxDecoder,
    last: BoxDecoder,
    values: i64,
}

const DETECT: Layouts = Layouts {
    plain: BoxDecoder::YoloV8,
    last: BoxDecoder::EndToEnd,
    values: 6,
};
const SEGMENT: Layouts = Layouts {
    plain: BoxDecoder::YoloV8Seg,
    last: BoxDecoder::EndToEndSeg,
    values: 6,
};
const OBB: Layouts = Layouts {
    plain: BoxDecoder::YoloV8Obb,
    last: BoxDecoder::EndToEndObb,
    values: 7,
};

/// What the decoder is chosen by.
struct Shapes<'a> {
    outputs: &'a [TensorInfo],
    classes: i64,
    told_final: bool,
    is_detr: bool,
}

impl Shapes<'_> {
    fn of_rank(&self, rank: usize) -> Option<&[i64]> {
        let shapes = self.outputs.iter().map(|o| o.shape.as_slice());
        shapes.into_iter().find(|shape| shape.len() == rank)
    }

    fn decoder(&self, layouts: Layouts) -> Option<BoxDecoder> {
        // RT-DETR's boxes are shares of the chip, in a layout that looks like others.
        if self.is_detr {
            return None;
        }
        let told = if self.told_final {
            layouts.last
        } else {
            layouts.plain
        };
        let Some(&[_, rows, values]) = self.of_rank(3) else {
            return Some(told);
        };
        // The number of mask coefficients; unknown where the prototypes' is free.
        let masks = match layouts.plain {
            BoxDecoder::YoloV8Seg => self.of_rank(4).map_or(-1, |prototypes| prototypes[1]),
            _ => 0,
        };
        if masks >= 0 && values == layouts.values.saturating_add(masks) && rows <= MOST_FINAL_BOXES
        {
            return Some(layouts.last);
        }
        if self.told_final && (values < 0 || masks < 0) {
            return Some(layouts.last);
        }
        // One row more for the angle.
        let angle = i64::from(layouts.plain == BoxDecoder::YoloV8Obb);
        let plain_rows = (4 + angle)
            .saturating_add(self.classes)
            .saturating_add(masks);
        let unknown = self.classes == 0 || rows < 0 || masks < 0;
        (unknown || rows == plain_rows).then_some(layouts.plain)
    }
}

fn read_yolov5(told: &mut Told, outputs: &[TensorInfo], classes: usize) {
    let values = i64::try_from(5 + classes).unwrap_or(i64::MAX);
    let fits = |o: &TensorInfo| o.shape.len() == 3 && o.shape[2] == values;
    if outputs.iter().any(fits) {
        told.task = Some(TaskWord::Known(ModelTask::Detection));
        told.read("task", "names");
        told.decoder = Some(BoxDecoder::YoloV5);
        told.read("decoder", "names");
    }
    // YOLOv5's classifiers, the only ones with an output of two axes alone, are fed
    // otherwise than its detectors.
    if outputs.iter().any(|o| o.shape.len() > 2) {
        told.scaling = vec![BandScaling::EIGHT_BIT];
        told.read("scaling", "Ultralytics' default");
    }
}

fn image_size(value: &Value) -> Result<(u32, u32), String> {
    let edge = |v: &Value| fields::whole(v).filter(|n| *n > 0);
    let size = match value.as_array().map(Vec::as_slice) {
        Some([both]) => edge(both).map(|n| (n, n)),
        Some([rows, cols]) => edge(rows).zip(edge(cols)),
        Some(_) => None,
        None => edge(value).map(|n| (n, n)),
    };
    size.ok_or_else(|| wrong("imgsz", value, "rows and columns, such as [640, 640]"))
}

fn largest_stride(value: &Value) -> Result<u32, String> {
    let strides: Option<Vec<u32>> = match value {
        Value::Array(list) => list.iter().map(fields::whole).collect(),
        one => fields::whole(one).map(|n| vec![n]),
    };
    strides
        .and_then(|s| s.into_iter().max())
        .filter(|n| *n > 0)
        .ok_or_else(|| {
            wrong(
                "stride",
                value,
                "a whole number of pixels or a list of them",
            )
        })
}

#[cfg(test)]
#[path = "ultralytics_tests.rs"]
mod tests;
