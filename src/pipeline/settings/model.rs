//! What the command line and the config file say of a model.

use super::ScanSettings;
use crate::model::decode::{BoxDecoder, Overlap};
use crate::model::{Activation, BandScaling, InputLayout, ModelTask, Source, TaskWord, Told};
use crate::{Error, Result};
use serde::de::{DeserializeOwned, IntoDeserializer};
use serde::{Deserialize, Serialize};

/// Mean and standard deviation of `ImageNet`'s pixels by band, after division by 255: what
/// most pretrained networks were fed.
const IMAGENET: [(f32, f32); 3] = [(0.485, 0.229), (0.456, 0.224), (0.406, 0.225)];

/// Settings that describe a model, on the command line or in the table `[model]` of
/// `tianmu.toml`. They come before what the model says of itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ModelSettings {
    /// The kind of answer.
    pub task: Option<ModelTask>,
    /// Class names in the order of the model's scores; a semicolon ends those of one output.
    pub class_names: Option<Vec<String>>,
    /// Classes that never become sites.
    pub background: Option<Vec<String>>,
    /// From outputs to probabilities.
    pub activation: Option<Activation>,
    /// `unit`, `signed`, `imagenet`, `none`, `min-max:LOW,HIGH` or
    /// `z-score:MEANS/DEVIATIONS`.
    pub scaling: Option<String>,
    /// The input's axis order.
    pub layout: Option<InputLayout>,
    /// How a detector's boxes are laid out.
    pub decoder: Option<BoxDecoder>,
    /// From which overlap on two boxes of a class are one.
    pub suppression: Option<f64>,
    /// How that overlap is measured.
    pub suppression_by: Option<Overlap>,
}

/// Reads a word of an enumeration as config files have it.
pub fn word<T: DeserializeOwned>(text: &str) -> std::result::Result<T, String> {
    T::deserialize(IntoDeserializer::<serde::de::value::Error>::into_deserializer(text))
        .map_err(|e| e.to_string())
}

impl ScanSettings {
    /// What these settings say of the model.
    pub fn told(&self, source: Source) -> Result<Told> {
        let model = &self.model;
        let mut told = Told::new(source, "");
        told.task = model.task.map(TaskWord::Known);
        told.heads = model.class_names.as_deref().map_or_else(Vec::new, heads);
        told.background = model.background.clone().unwrap_or_default();
        told.activation = model.activation;
        told.layout = model.layout;
        told.decoder = model.decoder;
        told.suppression = model.suppression;
        told.suppression_by = model.suppression_by;
        told.tile_size = self.tile_size.map(|edge| (edge, edge));
        if let Some(share) = model.suppression.filter(|s| !(0.0..=1.0).contains(s)) {
            return Err(Error::Setting {
                name: "suppression".into(),
                seen: share.to_string(),
                wanted: "0 to 1".into(),
            });
        }
        if let Some(text) = &model.scaling {
            let usable = |s: &BandScaling| s.factor.is_finite() && s.offset.is_finite();
            let scaling = scaling(text).filter(|all| all.iter().all(usable));
            told.scaling = scaling.ok_or_else(|| Error::Setting {
                name: "scaling".into(),
                seen: text.clone(),
                wanted: "unit (0 to 1), signed (-1 to 1), imagenet, none, min-max:LOW,HIGH or z-score:MEANS/DEVIATIONS".into(),
            })?;
        }
        Ok(told)
    }
}

/// Class names of each output: a semicolon ends those of one, as in `a,b;c`.
fn heads(names: &[String]) -> Vec<Vec<String>> {
    let mut heads = vec![Vec::new()];
    for name in names {
        for (part, piece) in name.split(';').enumerate() {
            if part > 0 {
                heads.push(Vec::new());
            }
            if let (Some(head), false) = (heads.last_mut(), piece.trim().is_empty()) {
                head.push(piece.trim().to_owned());
            }
        }
    }
    heads
}

fn scaling(text: &str) -> Option<Vec<BandScaling>> {
    let unit = BandScaling::EIGHT_BIT;
    let z_score = |base: BandScaling, mean: f32, deviation: f32| {
        (deviation > 0.0).then(|| base.then_affine(1.0 / deviation, -mean / deviation))
    };
    let numbers = |list: &str| -> Option<Vec<f32>> {
        let number = |part: &str| part.trim().parse().ok().filter(|v: &f32| v.is_finite());
        list.split(',').map(number).collect()
    };
    match text.split_once(':') {
        None => match text {
            "unit" => Some(vec![unit]),
            "signed" => Some(vec![unit.then_affine(2.0, -1.0)]),
            "none" => Some(vec![BandScaling::IDENTITY]),
            "imagenet" => IMAGENET
                .iter()
                .map(|(mean, deviation)| z_score(unit, *mean, *deviation))
                .collect(),
            _ => None,
        },
        Some(("min-max", range)) => match numbers(range)?.as_slice() {
            [low, high] if high > low => {
                let width = high - low;
                Some(vec![
                    BandScaling::IDENTITY.then_affine(1.0 / width, -low / width),
                ])
            }
            _ => None,
        },
        Some(("z-score", both)) => {
            let (means, deviations) = both.split_once('/')?;
            let (means, deviations) = (numbers(means)?, numbers(deviations)?);
            if means.len() != deviations.len() {
                return None;
            }
            means
                .iter()
                .zip(&deviations)
                .map(|(m, d)| z_score(BandScaling::IDENTITY, *m, *d))
                .collect()
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_config_file() {
        assert_eq!(word::<BoxDecoder>("yolo-v8-seg"), Ok(BoxDecoder::YoloV8Seg));
        let message = word::<ModelTask>("detector").unwrap_err();
        assert!(message.contains("`segmentation`"), "{message}");
    }

    #[test]
    fn a_semicolon_ends_the_classes_of_an_output() {
        let names =
            |list: &[&str]| heads(&list.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
        assert_eq!(names(&["a", "b"]), [["a", "b"]]);
        assert_eq!(names(&["a", "b;c", "d"]), [["a", "b"], ["c", "d"]]);
        assert_eq!(names(&["a; b"]), [["a"], ["b"]]);
    }

    #[test]
    fn scalings_are_read_and_wrong_ones_refused() {
        let at = |text: &str, value: f32| scaling(text).map(|s| s[0].apply(value));
        assert_eq!(at("unit", 255.0), Some(1.0));
        assert_eq!(at("signed", 0.0), Some(-1.0));
        assert_eq!(at("min-max:100,300", 200.0), Some(0.5));
        assert_eq!(at("z-score:10,0,0/2,1,1", 14.0), Some(2.0));
        assert_eq!(scaling("imagenet").map(|s| s.len()), Some(3));
        for wrong in [
            "",
            "half",
            "min-max:3",
            "min-max:5,1",
            "z-score:1,2/3",
            "z-score:1/0",
            "min-max:a,b",
        ] {
            assert_eq!(scaling(wrong), None, "{wrong}");
        }
    }
}
