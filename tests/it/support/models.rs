//! Models that name a pixel or a tile by the nearest colour, in the shapes that real
//! models come in, with their sidecars.

use super::onnx::{Attribute, Constant, Dim, Graph, Node};
use super::scenes::{Color, GROUND, HEMP, POPPY};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// What a model gives.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Output {
    /// One raw score a class.
    Logits,
    /// One probability a class.
    Softmax,
    /// The probability of the second of two classes, in one channel.
    Sigmoid,
    /// The same as a raw score.
    SigmoidLogit,
    /// The same without an axis for the channel.
    NoChannel,
}

impl Output {
    fn is_single(self) -> bool {
        matches!(self, Self::Sigmoid | Self::SigmoidLogit | Self::NoChannel)
    }
}

/// A model to be written.
#[derive(Clone)]
pub(crate) struct ModelKit {
    is_classifier: bool,
    classes: Vec<(String, Color)>,
    output: Output,
    size: Option<u32>,
    batch: Option<u32>,
    bands_last: bool,
    blur: u32,
    sharpness: f64,
    metadata: Vec<(String, String)>,
    properties: Map<String, Value>,
    has_sidecar: bool,
}

impl ModelKit {
    /// Names each pixel: background, poppy or hemp. Tiles of 64 pixels of 5 cm that
    /// share 16.
    pub(crate) fn segmenter() -> Self {
        let own = json!({
            "tianmu:tile_size": 64, "tianmu:overlap_px": 16, "tianmu:stride_px": 1,
            "tianmu:gsd_m": 0.05,
        });
        Self {
            is_classifier: false,
            classes: [("background", GROUND), ("poppy", POPPY), ("hemp", HEMP)]
                .map(|(name, color)| (name.to_owned(), color))
                .into(),
            output: Output::Logits,
            size: None,
            batch: None,
            bands_last: false,
            blur: 0,
            sharpness: 60.0,
            metadata: Vec::new(),
            properties: own.as_object().unwrap().clone(),
            has_sidecar: true,
        }
    }

    /// Names each tile of 32 pixels of 5 cm by its mean colour.
    pub(crate) fn classifier() -> Self {
        Self {
            is_classifier: true,
            ..Self::segmenter()
        }
        .set("tianmu:tile_size", 32)
        .set("tianmu:overlap_px", 0)
    }

    /// A property of the sidecar; null takes it away.
    pub(crate) fn set(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.properties.insert(key.to_owned(), value.into());
        self
    }

    pub(crate) fn without_sidecar(mut self) -> Self {
        self.has_sidecar = false;
        self
    }

    pub(crate) fn output(mut self, output: Output) -> Self {
        self.output = output;
        if output.is_single() {
            self.classes.truncate(2);
        }
        self
    }

    /// Takes tiles of this size only.
    pub(crate) fn fixed_size(mut self, size: u32) -> Self {
        self.size = Some(size);
        self
    }

    /// Takes this many tiles at once, no more, no less.
    pub(crate) fn fixed_batch(mut self, batch: u32) -> Self {
        self.batch = Some(batch);
        self
    }

    /// The input is batch, rows, columns, bands.
    pub(crate) fn bands_last(mut self) -> Self {
        self.bands_last = true;
        self
    }

    /// Each pixel is seen as the mean of those up to `radius` away, so that a tile
    /// needs what lies around its core.
    pub(crate) fn blur(mut self, radius: u32) -> Self {
        self.blur = radius;
        self
    }

    /// How sure of itself: 60 is very.
    pub(crate) fn sharpness(mut self, sharpness: f64) -> Self {
        self.sharpness = sharpness;
        self
    }

    pub(crate) fn metadata(mut self, key: &str, value: &str) -> Self {
        self.metadata.push((key.into(), value.into()));
        self
    }

    /// Writes `folder/name/model.onnx` and its sidecar, and gives the folder.
    pub(crate) fn save(&self, folder: &Path, name: &str) -> PathBuf {
        let own = folder.join(name);
        fs_err::create_dir_all(&own).unwrap();
        fs_err::write(own.join("model.onnx"), self.graph().encode()).unwrap();
        if self.has_sidecar {
            let text = serde_json::to_string_pretty(&self.sidecar(name)).unwrap();
            fs_err::write(own.join("model.json"), text).unwrap();
        }
        own
    }

    fn sidecar(&self, name: &str) -> Value {
        let classes: Vec<Value> = self
            .classes
            .iter()
            .enumerate()
            .map(|(index, (class, _))| json!({"value": index, "name": class}))
            .collect();
        let task = if self.is_classifier {
            "scene-classification"
        } else {
            "semantic-segmentation"
        };
        let order = if self.bands_last {
            ["batch", "height", "width", "bands"]
        } else {
            ["batch", "bands", "height", "width"]
        };
        let mut properties = json!({
            "mlm:name": name,
            "mlm:tasks": [task],
            "mlm:input": [{
                "bands": ["red", "green", "blue"],
                "input": {"dim_order": order},
                "value_scaling": [{"type": "min-max", "minimum": 0, "maximum": 255}],
            }],
            "mlm:output": [{"classification:classes": classes}],
        });
        for (key, value) in &self.properties {
            properties[key] = value.clone();
        }
        json!({"type": "Feature", "properties": properties})
    }

    /// Weights, `[class, band]`, and bias of scores whose largest is the nearest
    /// colour: −s·|x−c|² = 2s·c·x − s·|c|² − s·|x|², and the last term is the same for
    /// all.
    fn scores(&self) -> (Vec<f64>, Vec<f64>) {
        let unit = |color: Color| color.map(|v| f64::from(v) / 255.0);
        let (mut weights, mut bias) = (Vec::new(), Vec::new());
        for (_, color) in &self.classes {
            let color = unit(*color);
            weights.extend(color.map(|c| 2.0 * self.sharpness * c));
            bias.push(-self.sharpness * color.iter().map(|c| c * c).sum::<f64>());
        }
        if self.output.is_single() {
            let difference: Vec<f64> = (0..3).map(|k| weights[3 + k] - weights[k]).collect();
            return (difference, vec![bias[1] - bias[0]]);
        }
        (weights, bias)
    }

    fn graph(&self) -> Graph {
        let (weights, bias) = self.scores();
        let channels = i64::try_from(bias.len()).unwrap();
        let edge = |name| self.size.map_or(Dim::Free(name), |s| Dim::Fixed(s.into()));
        let batch = self.batch.map_or(Dim::Free("n"), |b| Dim::Fixed(b.into()));
        let (rows, cols) = (edge("h"), edge("w"));
        let mut chain = Chain::default();
        if self.bands_last {
            chain.then("Transpose", &[], vec![("perm", ints([0, 3, 1, 2]))]);
        }
        if self.blur > 0 {
            let (edge, pad) = (i64::from(2 * self.blur + 1), i64::from(self.blur));
            let shape = vec![
                ("kernel_shape", ints([edge, edge])),
                ("pads", ints([pad; 4])),
            ];
            chain.then("AveragePool", &[], shape);
        }
        let mut constants = vec![Constant::Floats("b", vec![channels], single(&bias))];
        if self.is_classifier {
            constants.push(Constant::Floats("w", vec![channels, 3], single(&weights)));
            chain.then("GlobalAveragePool", &[], vec![]);
            chain.then("Flatten", &[], vec![("axis", Attribute::Int(1))]);
            chain.then("Gemm", &["w", "b"], vec![("transB", Attribute::Int(1))]);
        } else {
            let shape = vec![channels, 3, 1, 1];
            constants.push(Constant::Floats("w", shape, single(&weights)));
            chain.then("Conv", &["w", "b"], vec![]);
        }
        match self.output {
            Output::Logits | Output::SigmoidLogit => {}
            Output::Softmax => chain.then("Softmax", &[], vec![("axis", Attribute::Int(1))]),
            Output::Sigmoid => chain.then("Sigmoid", &[], vec![]),
            Output::NoChannel => {
                constants.push(Constant::Ints("one", vec![1]));
                chain.then("Sigmoid", &[], vec![]);
                chain.then("Squeeze", &["one"], vec![]);
            }
        }
        let output = match (self.is_classifier, self.output) {
            (true, _) => vec![batch, Dim::Fixed(channels)],
            (false, Output::NoChannel) => vec![batch, rows, cols],
            (false, _) => vec![batch, Dim::Fixed(channels), rows, cols],
        };
        let input = if self.bands_last {
            vec![batch, rows, cols, Dim::Fixed(3)]
        } else {
            vec![batch, Dim::Fixed(3), rows, cols]
        };
        Graph {
            input: (Chain::NAMES[0], input),
            output: (chain.last(), output),
            nodes: chain.nodes,
            constants,
            metadata: self.metadata.clone(),
        }
    }
}

/// Operators one after the other.
#[derive(Default)]
struct Chain {
    nodes: Vec<Node>,
}

impl Chain {
    const NAMES: [&'static str; 8] = ["image", "t1", "t2", "t3", "t4", "t5", "t6", "t7"];

    fn last(&self) -> &'static str {
        Self::NAMES[self.nodes.len()]
    }

    fn then(
        &mut self,
        operator: &'static str,
        constants: &[&'static str],
        attributes: Vec<(&'static str, Attribute)>,
    ) {
        let inputs = std::iter::once(self.last()).chain(constants.iter().copied());
        self.nodes.push(Node {
            operator,
            inputs: inputs.collect(),
            output: Self::NAMES[self.nodes.len() + 1],
            attributes,
        });
    }
}

fn ints<const N: usize>(values: [i64; N]) -> Attribute {
    Attribute::Ints(values.to_vec())
}

fn single(values: &[f64]) -> Vec<f32> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "weights are stored in single precision"
    )]
    values.iter().map(|v| *v as f32).collect()
}
