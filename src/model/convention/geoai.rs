//! The `<model>.onnx.json` that geoai writes beside an exported Hugging Face model
//! (opengeos/geoai, `geoai/onnx.py`).

use super::fields::{self, Fields};
use crate::model::decode::BoxDecoder;
use crate::model::{Activation, BandScaling, ModelTask, Source, TaskWord, Told};
use serde_json::Value;

/// What such a file says.
pub(super) fn read(json: &Value) -> Result<Told, String> {
    let fields = Fields(
        json.as_object()
            .ok_or_else(|| "is no JSON object".to_owned())?,
    );
    let mut told = Told::new(Source::Sidecar, "geoai");
    if let Some(name) = fields.text("model_name")? {
        // A name on the hub, `organisation/model`, or a folder.
        let last = name
            .trim_end_matches(['/', '\\'])
            .rsplit(['/', '\\'])
            .next();
        told.name = last.map(str::to_owned);
        told.read("name", "model_name");
    }
    if let Some(word) = fields.text("task")? {
        told.task = Some(match word {
            "segmentation" | "semantic-segmentation" => TaskWord::Known(ModelTask::Segmentation),
            "classification" | "image-classification" => TaskWord::Known(ModelTask::Classification),
            "object-detection" => TaskWord::Known(ModelTask::Detection),
            "depth-estimation" => TaskWord::Known(ModelTask::Regression),
            other => TaskWord::Other(other.to_owned()),
        });
        told.read("task", "task");
    }
    match told.task {
        Some(TaskWord::Known(ModelTask::Segmentation | ModelTask::Classification)) => {
            told.activation = Some(Activation::Softmax);
            told.read("activation", "task");
        }
        Some(TaskWord::Known(ModelTask::Detection)) => {
            told.decoder = Some(BoxDecoder::Detr);
            told.read("decoder", "task");
        }
        _ => {}
    }
    told.scaling = vec![BandScaling::EIGHT_BIT];
    told.read("scaling", "geoai's default");
    let (rows, cols) = (fields.size("input_height")?, fields.size("input_width")?);
    if let Some(size) = rows.zip(cols) {
        told.tile_size = Some(size);
        told.read("tile-size", "input_height, input_width");
    }
    if let Some(channels) = fields.size("input_channels")? {
        told.channels = usize::try_from(channels).ok();
        told.read("bands", "input_channels");
    }
    if let Some(value) = fields.get("id2label") {
        let names = fields::class_names("id2label", value)?;
        if let Some(number) = fields.size("num_labels")?
            && usize::try_from(number) != Ok(names.len())
        {
            return Err(format!(
                "has {} names in `id2label`, wanted {number} as in `num_labels`",
                names.len()
            ));
        }
        told.heads = vec![names];
        told.read("classes", "id2label");
    }
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with_task(task: &str) -> Told {
        read(&json!({
            "model_name": "field-lab/segformer-b0-terraces", "task": task,
            "input_height": 512, "input_width": 384, "input_channels": 3,
            "opset_version": 17, "output_names": ["logits"],
            "id2label": {"1": "terrace", "0": "other"}, "num_labels": 2
        }))
        .unwrap()
    }

    #[test]
    fn an_export_is_read() {
        let told = with_task("semantic-segmentation");
        assert_eq!((told.convention, told.source), ("geoai", Source::Sidecar));
        assert_eq!(told.name.as_deref(), Some("segformer-b0-terraces"));
        assert_eq!(told.task, Some(TaskWord::Known(ModelTask::Segmentation)));
        assert_eq!(told.activation, Some(Activation::Softmax));
        assert_eq!(told.tile_size, Some((512, 384)));
        assert_eq!(told.channels, Some(3));
        assert_eq!(told.heads, [["other", "terrace"]]);
        assert_eq!(told.scaling, [BandScaling::EIGHT_BIT]);
        assert_eq!(told.key_of("classes"), Some("id2label"));
    }

    #[test]
    fn the_task_decides_decoder_and_activation() {
        let detection = with_task("object-detection");
        assert_eq!(detection.decoder, Some(BoxDecoder::Detr));
        assert_eq!(detection.activation, None);
        let depth = with_task("depth-estimation");
        assert_eq!(depth.task, Some(TaskWord::Known(ModelTask::Regression)));
        let other = with_task("mask-generation");
        assert_eq!(other.task, Some(TaskWord::Other("mask-generation".into())));
    }

    #[test]
    fn wrong_values_are_named() {
        for (json, wanted) in [
            (
                json!({"input_channels": "three"}),
                "`input_channels` `three`",
            ),
            (json!({"task": 3}), "`task` `3`, wanted text"),
            (
                json!({"id2label": {"0": "a"}, "num_labels": 2}),
                "1 names in `id2label`, wanted 2",
            ),
            (json!({"id2label": {"5": "a"}}), "wanted names under 0 to 0"),
            (json!([]), "no JSON object"),
        ] {
            let message = read(&json).unwrap_err();
            assert!(message.contains(wanted), "{message}");
        }
    }
}
