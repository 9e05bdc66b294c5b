//! STAC items with the Machine Learning Model extension 1.5 (`mlm:*`; stac-extensions/mlm)
//! and our own `tianmu:*` keys.

use super::fields::{Fields, wrong};
use super::own_keys;
use crate::model::{BandScaling, ElementType, InputLayout, ModelTask, Source, TaskWord, Told};
use serde::Deserialize;
use serde_json::Value;
use std::path::Path;

/// What such an item says.
pub(super) fn read(json: &Value) -> Result<Told, String> {
    let properties = json.get("properties").and_then(Value::as_object);
    let fields =
        Fields(properties.ok_or_else(|| "has no `properties`, wanted a STAC item".to_owned())?);
    let mut told = Told::new(Source::Sidecar, "STAC MLM");
    if let Some(name) = fields.text("mlm:name")? {
        told.name = Some(name.to_owned());
        told.read("name", "mlm:name");
    }
    if let Some(inputs) = list(fields, "mlm:input")? {
        match inputs {
            [] => {}
            [input] => read_input(input, &mut told)?,
            several => {
                let names: Vec<_> = several
                    .iter()
                    .map(|i| i.get("name").and_then(Value::as_str).unwrap_or("unnamed"))
                    .collect();
                return Err(format!(
                    "has {} entries in `mlm:input` ({}), wanted one image",
                    several.len(),
                    names.join(", ")
                ));
            }
        }
    }
    let outputs = list(fields, "mlm:output")?.unwrap_or_default();
    for output in outputs {
        let Some(classes) = output.get("classification:classes") else {
            continue;
        };
        if let Some(classes) = classes.as_array().filter(|list| !list.is_empty()) {
            told.heads.push(read_classes(classes)?);
        }
    }
    if !told.heads.is_empty() {
        told.read("classes", "mlm:output");
    }
    read_tasks(fields, outputs, &mut told)?;
    told.model_file = model_asset(json);
    own_keys::read(fields, &mut told)?;
    Ok(told)
}

fn list<'a>(fields: Fields<'a>, key: &str) -> Result<Option<&'a [Value]>, String> {
    let value = fields.get(key);
    value
        .map(|v| {
            let entries = v.as_array().map(Vec::as_slice);
            entries.ok_or_else(|| wrong(key, v, "a list"))
        })
        .transpose()
}

fn read_tasks(fields: Fields<'_>, outputs: &[Value], told: &mut Told) -> Result<(), String> {
    let of_model = names("mlm:tasks", fields.get("mlm:tasks"))?;
    let mut of_outputs = Vec::new();
    for output in outputs {
        of_outputs.extend(names("tasks", output.get("tasks"))?);
    }
    let (words, key) = if of_model.is_empty() {
        (of_outputs, "mlm:output")
    } else {
        (of_model, "mlm:tasks")
    };
    let tasks: Vec<_> = words.iter().map(|word| task_of(word)).collect();
    let known = tasks.iter().find(|task| matches!(task, TaskWord::Known(_)));
    if let Some(task) = known.or(tasks.first()) {
        told.task = Some(task.clone());
        told.read("task", key);
    }
    Ok(())
}

fn task_of(word: &str) -> TaskWord {
    TaskWord::Known(match word.to_lowercase().as_str() {
        "semantic-segmentation" | "segmentation" => ModelTask::Segmentation,
        "scene-classification" | "classification" | "image-classification" => {
            ModelTask::Classification
        }
        "object-detection" | "detection" | "instance-segmentation" => ModelTask::Detection,
        "regression" | "pixel-regression" | "depth-estimation" => ModelTask::Regression,
        _ => return TaskWord::Other(word.to_owned()),
    })
}

fn read_input(input: &Value, told: &mut Told) -> Result<(), String> {
    told.bands = names("bands", input.get("bands"))?;
    if !told.bands.is_empty() {
        told.read("bands", "mlm:input");
    }
    let order = names("dim_order", input.pointer("/input/dim_order"))?;
    if let Some(shape) = input.pointer("/input/shape").filter(|v| !v.is_null()) {
        let wanted = "whole numbers, −1 for free ones";
        let dims: Result<Vec<i64>, _> = serde_json::from_value(shape.clone());
        told.input_shape = Some(dims.map_err(|_| wrong("shape", shape, wanted))?);
    }
    if !order.is_empty() {
        const BANDS: [&str; 5] = ["bands", "band", "channels", "channel", "c"];
        let bands = |axis: &String| BANDS.contains(&axis.to_lowercase().as_str());
        let (layout, axis) = match order.iter().position(bands) {
            Some(1) => (InputLayout::Nchw, 1),
            Some(3) => (InputLayout::Nhwc, 3),
            Some(axis) => {
                return Err(format!("has its bands on axis {axis}, wanted axis 1 or 3"));
            }
            None => {
                let order = order.join(", ");
                return Err(format!(
                    "has `dim_order` `{order}`, wanted one with `bands` or `channel`"
                ));
            }
        };
        told.layout = Some(layout);
        told.read("layout", "dim_order");
        let shape = told.input_shape.as_deref();
        let number = shape.and_then(|s| usize::try_from(*s.get(axis)?).ok());
        told.channels = number.filter(|n| *n > 0 && told.bands.is_empty());
    }
    told.element = input
        .pointer("/input/data_type")
        .and_then(Value::as_str)
        .map(|word| match word {
            "float32" => ElementType::Float32,
            "float16" => ElementType::Float16,
            "uint8" => ElementType::Uint8,
            _ => ElementType::Other,
        });
    match input.get("value_scaling") {
        None | Some(Value::Null) => {}
        Some(Value::Array(list)) => {
            told.scaling = list.iter().map(read_scaling).collect::<Result<_, _>>()?;
            if !list.is_empty() {
                told.read("scaling", "value_scaling");
            }
        }
        Some(other) => return Err(wrong("value_scaling", other, "a list")),
    }
    note_unheeded(input, told);
    Ok(())
}

/// Notes the parts of an input that are read by nobody here.
fn note_unheeded(input: &Value, told: &mut Told) {
    if let Some(resize) = input.get("resize_type").and_then(Value::as_str)
        && !resize.is_empty()
    {
        told.notes.push(format!(
            "its `resize_type` `{resize}` has no effect: images are resampled to the model's \
             ground sample distance instead"
        ));
    }
    if input
        .get("pre_processing_function")
        .is_some_and(|v| !v.is_null())
    {
        told.notes.push(
            "its `pre_processing_function` is not run: give images that went through it".into(),
        );
    }
    let bands = input.get("bands").and_then(Value::as_array);
    for band in bands.into_iter().flatten() {
        if band.get("expression").is_some_and(|v| !v.is_null()) {
            told.notes.push(format!(
                "the expression of its band {} is not computed: give images that hold this band",
                band["name"]
            ));
        }
    }
}

/// Names that stand alone or in objects with a `name`.
fn names(key: &str, value: Option<&Value>) -> Result<Vec<String>, String> {
    let Some(value) = value.filter(|v| !v.is_null()) else {
        return Ok(Vec::new());
    };
    let name = |v: &Value| {
        let name = v.as_str().or_else(|| v.get("name")?.as_str());
        name.map(str::to_owned)
    };
    let names: Option<Vec<_>> = value
        .as_array()
        .and_then(|list| list.iter().map(name).collect());
    names.ok_or_else(|| wrong(key, value, "a list of names"))
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum ValueScaling {
    MinMax { minimum: f32, maximum: f32 },
    ZScore { mean: f32, stddev: f32 },
    Clip { minimum: f32, maximum: f32 },
    ClipMin { minimum: f32 },
    ClipMax { maximum: f32 },
    Offset { value: f32 },
    Scale { value: f32 },
}

impl ValueScaling {
    fn to_band_scaling(&self) -> BandScaling {
        let identity = BandScaling::IDENTITY;
        match *self {
            Self::MinMax { minimum, maximum } => {
                let width = maximum - minimum;
                identity.then_affine(1.0 / width, -minimum / width)
            }
            Self::ZScore { mean, stddev } => identity.then_affine(1.0 / stddev, -mean / stddev),
            Self::Clip { minimum, maximum } => identity.then_clamp(minimum, maximum),
            Self::ClipMin { minimum } => identity.then_clamp(minimum, f32::INFINITY),
            Self::ClipMax { maximum } => identity.then_clamp(f32::NEG_INFINITY, maximum),
            Self::Offset { value } => identity.then_affine(1.0, -value),
            Self::Scale { value } => identity.then_affine(1.0 / value, 0.0),
        }
    }
}

fn read_scaling(entry: &Value) -> Result<BandScaling, String> {
    if entry.is_null() || entry.get("type").is_some_and(Value::is_null) {
        return Ok(BandScaling::IDENTITY);
    }
    let scaling: ValueScaling = serde_json::from_value(entry.clone())
        .map_err(|e| format!("has `value_scaling` `{entry}`, which is not understood: {e}"))?;
    let folded = scaling.to_band_scaling();
    if folded.factor.is_finite() && folded.offset.is_finite() && folded.factor != 0.0 {
        Ok(folded)
    } else {
        Err(format!(
            "has `value_scaling` `{entry}`, which divides by zero"
        ))
    }
}

fn read_classes(list: &[Value]) -> Result<Vec<String>, String> {
    let mut classes: Vec<Option<String>> = vec![None; list.len()];
    for (position, entry) in list.iter().enumerate() {
        let index = entry.get("value").map_or(Some(position), |v| {
            v.as_u64().and_then(|n| usize::try_from(n).ok())
        });
        let name = entry.get("name").and_then(Value::as_str);
        let (Some(slot), Some(name)) = (index.and_then(|i| classes.get_mut(i)), name) else {
            return Err(format!(
                "has class `{entry}`, wanted a name and a value of 0 to {}",
                list.len() - 1
            ));
        };
        if slot.replace(name.to_owned()).is_some() {
            return Err(format!("has two classes with the value of `{entry}`"));
        }
    }
    Ok(classes.into_iter().flatten().collect())
}

/// The path of the asset that is the model, an ONNX file if there are several. One
/// elsewhere on the net says nothing of the file at hand.
fn model_asset(json: &Value) -> Option<String> {
    let is_model = |asset: &&Value| {
        let roles = asset.get("roles").and_then(Value::as_array);
        roles.is_some_and(|roles| roles.iter().any(|role| role == "mlm:model"))
    };
    let assets = json.get("assets")?.as_object()?.values().filter(is_model);
    let paths: Vec<&str> = assets
        .filter_map(|asset| asset.get("href")?.as_str())
        .filter(|href| !href.contains("://"))
        .collect();
    let is_onnx = |path: &str| Path::new(path).extension().is_some_and(|e| e == "onnx");
    let onnx = paths.iter().find(|path| is_onnx(path));
    let path = onnx.or(paths.first())?;
    Some(path.trim_start_matches("./").to_owned())
}

#[cfg(test)]
#[path = "stac_mlm_tests.rs"]
mod tests;
