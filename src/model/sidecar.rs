//! The sidecar `model.json`: a STAC item with the Machine Learning Model
//! extension 1.5 (`mlm:*`) and our own `tianmu:*` keys.

use super::{Activation, BandScaling};
use crate::{Error, Result};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// What a sidecar says; everything it leaves out is `None` or empty.
#[derive(Debug, Default, Clone)]
pub struct Sidecar {
    /// The file.
    pub path: PathBuf,
    /// `mlm:name`.
    pub name: Option<String>,
    /// `mlm:tasks`.
    pub tasks: Vec<String>,
    /// Band names in input order.
    pub bands: Vec<String>,
    /// Input shape, −1 for free dimensions.
    pub input_shape: Option<Vec<i64>>,
    /// Names of the input's axes.
    pub input_order: Vec<String>,
    /// One scaling for all bands, or one a band.
    pub scaling: Vec<BandScaling>,
    /// Class names by index.
    pub classes: Vec<String>,
    /// `tianmu:activation`.
    pub activation: Option<Activation>,
    /// `tianmu:background`: classes that never become sites.
    pub background: Vec<String>,
    /// `tianmu:gsd_m`, metres per pixel.
    pub gsd_m: Option<f64>,
    /// `tianmu:tile_size`, model pixels.
    pub tile_size: Option<u32>,
    /// `tianmu:overlap_px`, model pixels shared by neighbouring tiles.
    pub overlap_px: Option<u32>,
    /// `tianmu:stride_px`: tiles start at multiples of it.
    pub stride_px: Option<u32>,
    /// `tianmu:threshold`: for all classes under the empty name, or by class.
    pub thresholds: Vec<(String, f64)>,
    /// `tianmu:min_area_m2`.
    pub min_area_m2: Option<f64>,
    /// `tianmu:smallest_plot_m2`: the smallest plot the model was shown to find.
    pub smallest_plot_m2: Option<f64>,
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

impl Sidecar {
    /// The sidecar named, else `<stem>.json` or `model.json` beside the model.
    pub fn find(model: &Path, named: Option<&Path>) -> Result<Option<Self>> {
        if let Some(named) = named {
            return Self::read(named).map(Some);
        }
        let beside = [
            model.with_extension("json"),
            model.with_file_name("model.json"),
        ];
        beside
            .iter()
            .find(|p| p.is_file())
            .map(|p| Self::read(p))
            .transpose()
    }

    /// Reads a sidecar file.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs_err::read_to_string(path).map_err(|e| Error::Model {
            path: path.to_owned(),
            problem: format!("cannot be read: {}", e.kind()),
            hint: "name a sidecar that exists, or leave out `--model-config`".into(),
        })?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self> {
        let bad = |problem: String| {
            Error::Model {
            path: path.to_owned(),
            problem,
            hint: "the sidecar is a STAC item with `mlm:*` properties; see models/poppy-seg/model.json".into(),
        }
        };
        let json: Value =
            serde_json::from_str(text).map_err(|e| bad(format!("is not JSON: {e}")))?;
        let properties = json
            .get("properties")
            .and_then(Value::as_object)
            .ok_or_else(|| bad("has no `properties`, wanted a STAC item".into()))?;
        let reader = Reader {
            properties,
            bad: &bad,
        };
        let input = properties
            .get("mlm:input")
            .and_then(|v| v.get(0))
            .cloned()
            .unwrap_or(Value::Null);
        let output = properties
            .get("mlm:output")
            .and_then(|v| v.get(0))
            .cloned()
            .unwrap_or(Value::Null);
        let mut sidecar = Self {
            path: path.to_owned(),
            name: reader.text("mlm:name")?,
            tasks: strings(properties.get("mlm:tasks")),
            bands: strings(input.get("bands")),
            input_shape: input
                .pointer("/input/shape")
                .and_then(Value::as_array)
                .map(|dims| dims.iter().map(|d| d.as_i64().unwrap_or(-1)).collect()),
            input_order: strings(input.pointer("/input/dim_order")),
            gsd_m: reader.positive("tianmu:gsd_m")?,
            tile_size: reader.count("tianmu:tile_size")?,
            overlap_px: reader.count("tianmu:overlap_px")?,
            stride_px: reader.count("tianmu:stride_px")?,
            min_area_m2: reader.positive("tianmu:min_area_m2")?,
            smallest_plot_m2: reader.positive("tianmu:smallest_plot_m2")?,
            background: strings(properties.get("tianmu:background")),
            ..Self::default()
        };
        if let Some(text) = reader.text("tianmu:activation")? {
            sidecar.activation = Some(
                serde_json::from_value(Value::String(text.clone())).map_err(|_| {
                    bad(format!(
                        "has `tianmu:activation` `{text}`, wanted `softmax`, `sigmoid` or `none`"
                    ))
                })?,
            );
        }
        if let Some(list) = input.get("value_scaling").and_then(Value::as_array) {
            for entry in list {
                sidecar.scaling.push(read_scaling(entry).map_err(&bad)?);
            }
        }
        if let Some(list) = output
            .get("classification:classes")
            .and_then(Value::as_array)
        {
            sidecar.classes = read_classes(list).map_err(&bad)?;
        }
        match properties.get("tianmu:threshold") {
            None | Some(Value::Null) => {}
            Some(Value::Object(by_class)) => {
                for (class, value) in by_class {
                    let value = value.as_f64().ok_or_else(|| {
                        bad(format!(
                            "has `tianmu:threshold` `{value}` for `{class}`, wanted a number"
                        ))
                    })?;
                    sidecar.thresholds.push((class.clone(), value));
                }
            }
            Some(value) => {
                let value = value.as_f64().ok_or_else(|| {
                    bad(format!(
                        "has `tianmu:threshold` `{value}`, wanted a number or one a class"
                    ))
                })?;
                sidecar.thresholds.push((String::new(), value));
            }
        }
        Ok(sidecar)
    }
}

/// Reads typed properties and names the key when the type is wrong.
struct Reader<'a, F: Fn(String) -> Error> {
    properties: &'a Map<String, Value>,
    bad: &'a F,
}

impl<F: Fn(String) -> Error> Reader<'_, F> {
    fn get(&self, key: &str) -> Option<&Value> {
        self.properties.get(key).filter(|v| !v.is_null())
    }

    fn wrong(&self, key: &str, seen: &Value, wanted: &str) -> Error {
        (self.bad)(format!("has `{key}` `{seen}`, wanted {wanted}"))
    }

    fn text(&self, key: &str) -> Result<Option<String>> {
        self.get(key)
            .map(|v| {
                v.as_str()
                    .map(str::to_owned)
                    .ok_or_else(|| self.wrong(key, v, "text"))
            })
            .transpose()
    }

    fn positive(&self, key: &str) -> Result<Option<f64>> {
        self.get(key)
            .map(|v| {
                v.as_f64()
                    .filter(|n| n.is_finite() && *n >= 0.0)
                    .ok_or_else(|| self.wrong(key, v, "a number not below zero"))
            })
            .transpose()
    }

    fn count(&self, key: &str) -> Result<Option<u32>> {
        self.get(key)
            .map(|v| {
                v.as_u64()
                    .and_then(|n| u32::try_from(n).ok())
                    .ok_or_else(|| self.wrong(key, v, "a whole number of pixels"))
            })
            .transpose()
    }
}

fn strings(value: Option<&Value>) -> Vec<String> {
    let text = |v: &Value| {
        v.as_str()
            .or_else(|| v.get("name")?.as_str())
            .map(str::to_owned)
    };
    value
        .and_then(Value::as_array)
        .map(|a| a.iter().filter_map(text).collect())
        .unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(properties: &str) -> Result<Sidecar> {
        Sidecar::parse(
            Path::new("m.json"),
            &format!(r#"{{"properties":{{{properties}}}}}"#),
        )
    }

    #[test]
    fn reads_bands_scaling_classes_and_own_keys() {
        let s = parse(
            r#""mlm:name":"m","mlm:tasks":["semantic-segmentation"],
            "mlm:input":[{"bands":["red",{"name":"green"}],"input":{"shape":[-1,2,64,64],"dim_order":["batch","bands","height","width"]},
              "value_scaling":[{"type":"z-score","mean":10,"stddev":2},{"type":null}]}],
            "mlm:output":[{"classification:classes":[{"value":1,"name":"poppy"},{"value":0,"name":"background"}]}],
            "tianmu:gsd_m":0.025,"tianmu:threshold":{"poppy":0.4},"tianmu:activation":"softmax""#,
        )
        .unwrap();
        assert_eq!(s.bands, ["red", "green"]);
        assert_eq!(s.classes, ["background", "poppy"]);
        assert!((s.scaling[0].apply(14.0) - 2.0).abs() < 1e-6);
        assert_eq!(s.scaling[1], BandScaling::IDENTITY);
        assert_eq!(s.thresholds, [("poppy".to_owned(), 0.4)]);
    }

    #[test]
    fn wrong_values_are_named() {
        for (properties, wanted) in [
            (r#""tianmu:gsd_m":"two""#, "tianmu:gsd_m"),
            (r#""tianmu:activation":"relu""#, "relu"),
            (
                r#""mlm:input":[{"value_scaling":[{"type":"gamma"}]}]"#,
                "value_scaling",
            ),
            (
                r#""mlm:input":[{"value_scaling":[{"type":"scale","value":0}]}]"#,
                "divides by zero",
            ),
            (
                r#""mlm:output":[{"classification:classes":[{"value":7,"name":"x"}]}]"#,
                "value of 0 to 0",
            ),
        ] {
            let message = parse(properties).unwrap_err().to_string();
            assert!(message.contains(wanted), "{message}");
        }
    }
}
