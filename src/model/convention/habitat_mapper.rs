//! The model configurations of habitat-mapper (HakaiInstitute/habitat-mapper,
//! `config.py` and `model.py`).

use super::fields::{self, Fields, wrong};
use crate::model::{Activation, BandScaling, ModelTask, Source, TaskWord, Told};
use serde_json::Value;

const DEFAULT: &str = "habitat-mapper's default";

/// The class of models whose outputs are one score a class.
const PLAIN_MODEL: &str = "habitat_mapper.model.ONNXModel";

/// The reader that takes a raster's bands as they are.
const PLAIN_READER: &str = "habitat_mapper.reader.TIFFReader";

/// Means and deviations of `ImageNet`, which stand where a configuration has none.
const IMAGENET_MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const IMAGENET_STD: [f32; 3] = [0.229, 0.224, 0.225];

/// What such a file says.
pub(super) fn read(json: &Value) -> Result<Told, String> {
    let fields = Fields(
        json.as_object()
            .ok_or_else(|| "is no JSON object".to_owned())?,
    );
    let mut told = Told::new(Source::Sidecar, "habitat-mapper");
    if let Some(class) = fields.get("model_cls").filter(|c| *c != PLAIN_MODEL) {
        let wanted = format!("`{PLAIN_MODEL}`: others join their outputs in ways of their own");
        return Err(wrong("model_cls", class, &wanted));
    }
    if let Some(reader) = fields.text("reader_cls")?.filter(|r| *r != PLAIN_READER) {
        told.notes.push(format!(
            "habitat-mapper gathers its bands with `{reader}`; give images that hold all of them"
        ));
    }
    if let Some(name) = fields.text("name")? {
        told.name = Some(name.to_owned());
        told.read("name", "name");
    }
    told.model_file = fields.text("model_filename")?.map(str::to_owned);
    told.task = Some(TaskWord::Known(ModelTask::Segmentation));
    told.read("task", DEFAULT);

    let channels = fields.size("input_channels")?;
    told.channels = usize::try_from(channels.unwrap_or(3)).ok();
    told.read("bands", channels.map_or(DEFAULT, |_| "input_channels"));

    let activation = fields.word("activation", "`sigmoid`, `softmax` or null")?;
    told.activation = Some(activation.unwrap_or(Activation::None));
    told.read("activation", activation.map_or(DEFAULT, |_| "activation"));

    told.scaling = read_scaling(fields, &mut told)?;
    told.read("scaling", "normalization, mean, std, max_pixel_value");
    if told.scaling.len() > 1 && Some(told.scaling.len()) != told.channels {
        return Err(format!(
            "has {} values in `mean` and `std`, wanted {}, one a band",
            told.scaling.len(),
            channels.unwrap_or(3)
        ));
    }
    Ok(told)
}

fn read_scaling(fields: Fields<'_>, told: &mut Told) -> Result<Vec<BandScaling>, String> {
    const MOST: &str = "max_pixel_value";
    let first = match fields.get(MOST) {
        None => BandScaling::EIGHT_BIT,
        Some(Value::String(word)) if word == "auto" => BandScaling::EIGHT_BIT,
        Some(value) => {
            let most: Option<f32> = serde_json::from_value(value.clone()).ok();
            let factor = most.map(|m| 1.0 / m).filter(|f| f.is_finite() && *f > 0.0);
            let factor =
                factor.ok_or_else(|| wrong(MOST, value, "a number above zero or `auto`"))?;
            BandScaling::IDENTITY.then_affine(factor, 0.0)
        }
    };
    if first == BandScaling::EIGHT_BIT && fields.get(MOST).is_none_or(Value::is_string) {
        told.notes.push(format!(
            "`{MOST}` follows the type of the pixels; it is taken as 255, that of 8-bit images"
        ));
    }
    // Null means no normalisation, a missing key the default.
    let method = match fields.0.get("normalization") {
        None => "standard",
        Some(Value::Null) => return Ok(vec![first]),
        Some(value) => value.as_str().unwrap_or_default(),
    };
    match method {
        "standard" => {
            let mean = fields.numbers("mean")?;
            let std = fields.numbers("std")?;
            fields::standardised(
                first,
                ("mean", mean.as_deref().unwrap_or(&IMAGENET_MEAN)),
                ("std", std.as_deref().unwrap_or(&IMAGENET_STD)),
            )
        }
        "min_max" | "min_max_per_channel" | "image" | "image_per_channel" => Err(format!(
            "has `normalization` `{method}`, which scales each tile by its own values, wanted \
             `standard` or null"
        )),
        _ => Err(wrong(
            "normalization",
            &fields.0["normalization"],
            "`standard` or null",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_configuration_with_defaults_is_read() {
        let told = read(&json!({
            "name": "seagrass-rgb", "revision": "20250101", "model_filename": "seagrass.onnx",
            "dependencies": ["https://example.org/seagrass.onnx"]
        }))
        .unwrap();
        assert_eq!(told.name.as_deref(), Some("seagrass-rgb"));
        assert_eq!(told.model_file.as_deref(), Some("seagrass.onnx"));
        assert_eq!(told.task, Some(TaskWord::Known(ModelTask::Segmentation)));
        assert_eq!(told.channels, Some(3));
        assert_eq!(told.activation, Some(Activation::None));
        assert!((told.scaling[0].apply(255.0) - (1.0 - 0.485) / 0.229).abs() < 1e-5);
        assert_eq!(told.key_of("activation"), Some(DEFAULT));
    }

    #[test]
    fn satellite_bands_keep_their_own_statistics() {
        let told = read(&json!({
            "name": "m", "model_filename": "m.onnx", "input_channels": 2, "activation": "sigmoid",
            "normalization": "standard", "mean": [1720.0, 1715.0], "std": [747.0, 698.0],
            "max_pixel_value": 1.0, "reader_cls": "habitat_mapper.reader.SAFEReader"
        }))
        .unwrap();
        assert!((told.scaling[1].apply(2413.0) - 1.0).abs() < 1e-5);
        assert_eq!(told.activation, Some(Activation::Sigmoid));
        assert!(told.notes[0].contains("SAFEReader"), "{:?}", told.notes);
    }

    #[test]
    fn without_normalisation_values_are_only_divided() {
        for (most, seen) in [(json!("auto"), 1.0), (json!(1), 255.0), (json!(51), 5.0)] {
            let told = read(&json!({"normalization": null, "max_pixel_value": most})).unwrap();
            assert_eq!(told.scaling.len(), 1);
            assert!((told.scaling[0].apply(255.0) - seen).abs() < 1e-5, "{most}");
        }
    }

    #[test]
    fn wrong_values_are_named() {
        for (json, wanted) in [
            (
                json!({"normalization": "min_max"}),
                "each tile by its own values",
            ),
            (
                json!({"normalization": "zscore"}),
                "`normalization` `zscore`, wanted `standard`",
            ),
            (json!({"normalization": 3}), "`normalization` `3`"),
            (
                json!({"activation": "relu"}),
                "`activation` `relu`, wanted `sigmoid`",
            ),
            (json!({"max_pixel_value": 0}), "`max_pixel_value` `0`"),
            (
                json!({"input_channels": 4}),
                "has 3 values in `mean` and `std`, wanted 4",
            ),
            (
                json!({"mean": [0.5]}),
                "has 1 values in `mean` and 3 in `std`",
            ),
            (json!({"std": [1, 0, 1]}), "`0` in `std`"),
            (
                json!({"model_cls": "habitat_mapper.model.LegacyKelpRGBModel"}),
                "`model_cls`",
            ),
        ] {
            let message = read(&json).unwrap_err();
            assert!(message.contains(wanted), "{message}");
        }
    }
}
