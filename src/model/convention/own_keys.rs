//! Our own `tianmu:*` keys beside those of STAC MLM: what that extension has no word for
//! (models/poppy-seg/model.json holds most of them).

use super::fields::{Fields, whole, wrong};
use crate::model::{Calibration, TileOverlap, Told};
use serde_json::Value;

const PREFIX: &str = "tianmu:";

/// Every key there is; another is a slip of the pen.
const KEYS: [&str; 17] = [
    "tianmu:gsd_m",
    "tianmu:threshold",
    "tianmu:outline_threshold",
    "tianmu:calibration",
    "tianmu:must_win",
    "tianmu:activation",
    "tianmu:background",
    "tianmu:tile_size",
    "tianmu:overlap_px",
    "tianmu:stride_px",
    "tianmu:min_area_m2",
    "tianmu:smallest_plot_m2",
    "tianmu:decoder",
    "tianmu:suppression",
    "tianmu:suppression_by",
    "tianmu:output_scaling",
    // A figure of the evaluation, for people.
    "tianmu:positive_share",
];

const DECODERS: &str = "one of `yolo-v5`, `yolo-v5-objectness`, `yolo-v6`, `yolo-v8`, \
    `yolo-v8-obb`, `yolo-v8-seg`, `end-to-end`, `end-to-end-obb`, `end-to-end-seg`, `yolo-x`, \
    `retina-net`, `detr`";

/// Puts what they say into `told`.
pub(super) fn read(fields: Fields<'_>, told: &mut Told) -> Result<(), String> {
    let own = fields.0.keys().filter(|key| key.starts_with(PREFIX));
    if let Some(key) = own.into_iter().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("has `{key}`, wanted one of {}", KEYS.join(", ")));
    }
    told.gsd_m = fields.positive("tianmu:gsd_m")?;
    told.must_win = fields.flag("tianmu:must_win")?;
    told.activation = fields.word("tianmu:activation", "`softmax`, `sigmoid` or `none`")?;
    told.overlap = fields.count("tianmu:overlap_px")?.map(TileOverlap::Pixels);
    told.stride_px = fields.size("tianmu:stride_px")?;
    told.smallest_plot_m2 = fields.not_negative("tianmu:smallest_plot_m2")?;
    told.decoder = fields.word("tianmu:decoder", DECODERS)?;
    told.suppression = fields.share("tianmu:suppression")?;
    told.suppression_by = fields.word("tianmu:suppression_by", "`iou` or `ios`")?;
    told.output_scaling = fields.factor("tianmu:output_scaling")?;
    if let Some(value) = fields.get("tianmu:tile_size") {
        told.tile_size = Some(tile_size(value)?);
    }
    if let Some(value) = fields.get("tianmu:threshold") {
        told.thresholds = by_class("tianmu:threshold", value)?;
    }
    if let Some(value) = fields.get("tianmu:outline_threshold") {
        told.outline_thresholds = by_class("tianmu:outline_threshold", value)?;
    }
    if let Some(value) = fields.get("tianmu:calibration") {
        told.calibrations = calibrations(value)?;
    }
    if let Some(value) = fields.get("tianmu:min_area_m2") {
        told.min_area_m2 = by_class("tianmu:min_area_m2", value)?;
    }
    if let Some(value) = fields.get("tianmu:background") {
        let names = serde_json::from_value(value.clone());
        let wanted = "a list of class names";
        told.background = names.map_err(|_| wrong("tianmu:background", value, wanted))?;
    }
    for (setting, key) in [
        ("gsd", "tianmu:gsd_m"),
        ("threshold", "tianmu:threshold"),
        ("outline-threshold", "tianmu:outline_threshold"),
        ("calibration", "tianmu:calibration"),
        ("activation", "tianmu:activation"),
        ("background", "tianmu:background"),
        ("tile-size", "tianmu:tile_size"),
        ("overlap", "tianmu:overlap_px"),
        ("stride", "tianmu:stride_px"),
        ("min-area", "tianmu:min_area_m2"),
        ("smallest-plot", "tianmu:smallest_plot_m2"),
        ("suppression-by", "tianmu:suppression_by"),
        ("decoder", "tianmu:decoder"),
        ("suppression", "tianmu:suppression"),
        ("output-scaling", "tianmu:output_scaling"),
    ] {
        if fields.get(key).is_some() {
            told.read(setting, key);
        }
    }
    Ok(())
}

fn tile_size(value: &Value) -> Result<(u32, u32), String> {
    let edge = |v: &Value| whole(v).filter(|n| *n > 0);
    let size = match value.as_array().map(Vec::as_slice) {
        Some([rows, cols]) => edge(rows).zip(edge(cols)),
        Some(_) => None,
        None => edge(value).map(|n| (n, n)),
    };
    size.ok_or_else(|| {
        wrong(
            "tianmu:tile_size",
            value,
            "a whole number of pixels or [rows, cols]",
        )
    })
}

fn by_class(key: &str, value: &Value) -> Result<Vec<(String, f64)>, String> {
    if let Value::Object(by_class) = value {
        let one = |(class, value): (&String, &Value)| {
            let number = value
                .as_f64()
                .ok_or_else(|| format!("has `{key}` `{value}` for `{class}`, wanted a number"))?;
            Ok((class.clone(), number))
        };
        return by_class.iter().map(one).collect();
    }
    let number = value.as_f64();
    let number = number.ok_or_else(|| wrong(key, value, "a number or one a class"))?;
    Ok(vec![(String::new(), number)])
}

fn calibrations(value: &Value) -> Result<Vec<(String, Calibration)>, String> {
    const KEY: &str = "tianmu:calibration";
    let by_class = value.as_object();
    let by_class = by_class.ok_or_else(|| wrong(KEY, value, "one a class"))?;
    let one = |(class, value): (&String, &Value)| {
        let calibration = serde_json::from_value(value.clone()).map_err(|e| {
            format!(
                "has `{KEY}` of `{class}` that cannot be read ({e}), wanted \
                 {{\"method\": \"isotonic\", \"points\": [[0, 0.1], [1, 0.9]]}} or \
                 {{\"method\": \"platt\", \"slope\": 4, \"offset\": -2}}"
            )
        })?;
        Ok((class.clone(), calibration))
    };
    by_class.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::decode::{BoxDecoder, Overlap};
    use crate::model::{Activation, Source};
    use serde_json::json;

    fn told(json: &Value) -> Result<Told, String> {
        let mut told = Told::new(Source::Sidecar, "STAC MLM");
        read(Fields(json.as_object().unwrap()), &mut told)?;
        Ok(told)
    }

    #[test]
    fn every_key_is_read() {
        let told = told(&json!({
            "tianmu:gsd_m": 0.025, "tianmu:threshold": {"poppy": 0.4}, "tianmu:must_win": true,
            "tianmu:activation": "softmax", "tianmu:background": ["other"],
            "tianmu:outline_threshold": 0.3,
            "tianmu:calibration": {"poppy": {"method": "platt", "slope": 4, "offset": -2}},
            "tianmu:tile_size": [480, 640], "tianmu:overlap_px": 0, "tianmu:stride_px": 8,
            "tianmu:min_area_m2": 0.6, "tianmu:smallest_plot_m2": 2,
            "tianmu:decoder": "yolo-v8-obb", "tianmu:suppression": 0.5,
            "tianmu:suppression_by": "ios", "tianmu:output_scaling": 0.1,
            "tianmu:positive_share": 0.04, "mlm:framework": "ONNX"
        }))
        .unwrap();
        assert_eq!(told.gsd_m, Some(0.025));
        assert_eq!(told.thresholds, [("poppy".to_owned(), 0.4)]);
        assert_eq!(told.outline_thresholds, [(String::new(), 0.3)]);
        let platt = Calibration::Platt {
            slope: 4.0,
            offset: -2.0,
        };
        assert_eq!(told.calibrations, [("poppy".to_owned(), platt)]);
        assert_eq!(told.must_win, Some(true));
        assert_eq!(told.activation, Some(Activation::Softmax));
        assert_eq!(told.background, ["other"]);
        assert_eq!(told.tile_size, Some((480, 640)));
        assert_eq!(told.overlap, Some(TileOverlap::Pixels(0)));
        assert_eq!(told.stride_px, Some(8));
        assert_eq!(
            (&*told.min_area_m2, told.smallest_plot_m2),
            (&[(String::new(), 0.6)][..], Some(2.0))
        );
        assert_eq!(told.decoder, Some(BoxDecoder::YoloV8Obb));
        assert_eq!(
            (told.suppression, told.suppression_by),
            (Some(0.5), Some(Overlap::Ios))
        );
        assert_eq!(told.output_scaling, Some(0.1));
        assert_eq!(told.keys.len(), 15);
        assert_eq!(told.key_of("overlap"), Some("tianmu:overlap_px"));
    }

    #[test]
    fn every_decoder_that_is_offered_is_read() {
        let words: Vec<_> = DECODERS.split('`').skip(1).step_by(2).collect();
        assert_eq!(words.len(), 12);
        for word in words {
            assert!(told(&json!({"tianmu:decoder": word})).is_ok(), "{word}");
        }
    }

    #[test]
    fn wrong_values_and_keys_are_named() {
        for (json, wanted) in [
            (
                json!({"tianmu:gsd": 1}),
                "has `tianmu:gsd`, wanted one of tianmu:gsd_m",
            ),
            (
                json!({"tianmu:gsd_m": "two"}),
                "`tianmu:gsd_m` `two`, wanted a number above zero",
            ),
            (
                json!({"tianmu:activation": "relu"}),
                "`relu`, wanted `softmax`, `sigmoid` or `none`",
            ),
            (
                json!({"tianmu:tile_size": [512]}),
                "`tianmu:tile_size` `[512]`",
            ),
            (
                json!({"tianmu:overlap_px": 1.5}),
                "wanted a whole number of pixels",
            ),
            (
                json!({"tianmu:background": "other"}),
                "wanted a list of class names",
            ),
            (
                json!({"tianmu:threshold": {"a": "x"}}),
                "`\"x\"` for `a`, wanted a number",
            ),
            (
                json!({"tianmu:threshold": "x"}),
                "wanted a number or one a class",
            ),
            (
                json!({"tianmu:calibration": {"a": {"method": "none"}}}),
                "`tianmu:calibration` of `a` that cannot be read",
            ),
            (
                json!({"tianmu:decoder": "yolo"}),
                "`yolo`, wanted one of `yolo-v5`",
            ),
            (
                json!({"tianmu:suppression_by": "area"}),
                "wanted `iou` or `ios`",
            ),
        ] {
            let message = told(&json).unwrap_err();
            assert!(message.contains(wanted), "{message}");
        }
    }
}
