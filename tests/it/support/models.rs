//! Models that name a pixel or a tile by the nearest colour, in the shapes that real
//! models come in, with their sidecars.

use super::onnx::{Attribute, Constant, Dim, Element, Graph, Node, Tensor};
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
    /// One probability a class, each for itself.
    MultiLabel,
    /// The number of the class, `[batch, rows, columns]`.
    Numbers,
    /// Raw scores with classes on the last axis.
    ChannelsLast,
    /// Raw scores without 4 rows and columns at each edge.
    Cropped,
    /// Raw scores of 4 by 4 pixels together.
    Coarse,
}

impl Output {
    fn is_single(self) -> bool {
        matches!(self, Self::Sigmoid | Self::SigmoidLogit | Self::NoChannel)
    }
}

/// A model to be written.
#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each changes another thing")]
pub(crate) struct ModelKit {
    is_classifier: bool,
    classes: Vec<(String, Color)>,
    output: Output,
    size: Option<u32>,
    batch: Option<u32>,
    bands_last: bool,
    element: Element,
    second_head: bool,
    batchless: bool,
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
            element: Element::Float,
            second_head: false,
            batchless: false,
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

    /// Other names for the classes after the background.
    pub(crate) fn named(mut self, names: &[&str]) -> Self {
        for ((name, _), new) in self.classes.iter_mut().skip(1).zip(names) {
            (*new).clone_into(name);
        }
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

    /// The input is of this type: bytes are 0–255, half floats 0–1.
    pub(crate) fn element(mut self, element: Element) -> Self {
        self.element = element;
        self
    }

    /// Neither input nor output has an axis for the batch.
    pub(crate) fn batchless(mut self) -> Self {
        self.batchless = true;
        self
    }

    /// A second output beside the first: the probability of hemp, one channel.
    pub(crate) fn second_head(mut self) -> Self {
        self.second_head = true;
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

    /// From raw scores to what the model gives.
    fn answer(&self, chain: &mut Chain, constants: &mut Vec<Constant>) {
        match self.output {
            Output::Logits | Output::SigmoidLogit => {}
            Output::Numbers => {
                let axis = vec![("axis", Attribute::Int(1)), ("keepdims", Attribute::Int(0))];
                chain.then("ArgMax", &[], axis);
            }
            Output::ChannelsLast => {
                chain.then("Transpose", &[], vec![("perm", ints([0, 2, 3, 1]))]);
            }
            Output::Cropped => {
                constants.push(Constant::Ints("begin".into(), vec![4, 4]));
                constants.push(Constant::Ints("end".into(), vec![-4, -4]));
                constants.push(Constant::Ints("axes".into(), vec![2, 3]));
                chain.then("Slice", &["begin", "end", "axes"], vec![]);
            }
            Output::Coarse => {
                let shape = vec![("kernel_shape", ints([4, 4])), ("strides", ints([4, 4]))];
                chain.then("AveragePool", &[], shape);
            }
            Output::Softmax => chain.then("Softmax", &[], vec![("axis", Attribute::Int(1))]),
            Output::Sigmoid | Output::MultiLabel => chain.then("Sigmoid", &[], vec![]),
            Output::NoChannel => {
                constants.push(Constant::Ints("one".into(), vec![1]));
                chain.then("Sigmoid", &[], vec![]);
                chain.then("Squeeze", &["one"], vec![]);
            }
        }
    }

    /// From what the model takes to floats of 0 to 1 with a batch axis.
    fn prepare(&self, chain: &mut Chain, constants: &mut Vec<Constant>) {
        let to_float = vec![("to", Attribute::Int(Element::Float as i64))];
        match self.element {
            Element::Half => chain.then("Cast", &[], to_float),
            Element::Byte => {
                constants.push(Constant::Floats("full".into(), vec![1], vec![255.0]));
                chain.then("Cast", &[], to_float);
                chain.then("Div", &["full"], vec![]);
            }
            _ => {}
        }
        if self.batchless {
            constants.push(Constant::Ints("batch_axis".into(), vec![0]));
            chain.then("Unsqueeze", &["batch_axis"], vec![]);
        }
    }

    fn graph(&self) -> Graph {
        let (weights, bias) = self.scores();
        let channels = i64::try_from(bias.len()).unwrap();
        let edge = |name| self.size.map_or(Dim::Free(name), |s| Dim::Fixed(s.into()));
        let batch = self.batch.map_or(Dim::Free("n"), |b| Dim::Fixed(b.into()));
        let (rows, cols) = (edge("h"), edge("w"));
        let mut chain = Chain::default();
        let mut constants = vec![Constant::Floats("b".into(), vec![channels], single(&bias))];
        self.prepare(&mut chain, &mut constants);
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
        if self.is_classifier {
            constants.push(Constant::Floats(
                "w".into(),
                vec![channels, 3],
                single(&weights),
            ));
            chain.then("GlobalAveragePool", &[], vec![]);
            chain.then("Flatten", &[], vec![("axis", Attribute::Int(1))]);
            chain.then("Gemm", &["w", "b"], vec![("transB", Attribute::Int(1))]);
        } else {
            let shape = vec![channels, 3, 1, 1];
            constants.push(Constant::Floats("w".into(), shape, single(&weights)));
            chain.then("Conv", &["w", "b"], vec![]);
        }
        self.answer(&mut chain, &mut constants);
        let numbers = self.output == Output::Numbers;
        if self.batchless {
            chain.then("Squeeze", &["batch_axis"], vec![]);
        }
        let mut second = Vec::new();
        if self.second_head {
            constants.push(Constant::Ints("hemp".into(), vec![2]));
            constants.push(Constant::Ints("end_of_hemp".into(), vec![3]));
            constants.push(Constant::Ints("class_axis".into(), vec![1]));
            second = hemp_alone(&chain.last());
        }
        let mut output = match (self.is_classifier, self.output) {
            (true, _) => vec![batch, Dim::Fixed(channels)],
            (false, Output::NoChannel | Output::Numbers) => vec![batch, rows, cols],
            (false, Output::ChannelsLast) => vec![batch, rows, cols, Dim::Fixed(channels)],
            (false, Output::Cropped | Output::Coarse) => {
                vec![
                    batch,
                    Dim::Fixed(channels),
                    Dim::Free("oh"),
                    Dim::Free("ow"),
                ]
            }
            (false, _) => vec![batch, Dim::Fixed(channels), rows, cols],
        };
        let mut input = if self.bands_last {
            vec![batch, rows, cols, Dim::Fixed(3)]
        } else {
            vec![batch, Dim::Fixed(3), rows, cols]
        };
        if self.batchless {
            input.remove(0);
            output.remove(0);
        }
        Graph {
            input: Tensor {
                name: "image".into(),
                element: self.element,
                shape: input,
            },
            outputs: std::iter::once(Tensor {
                name: chain.last(),
                element: if numbers {
                    Element::Int64
                } else {
                    Element::Float
                },
                shape: output,
            })
            .chain(self.second_head.then(|| Tensor {
                name: "hemp_alone".into(),
                element: Element::Float,
                shape: vec![batch, Dim::Fixed(1), rows, cols],
            }))
            .collect(),
            nodes: chain.nodes.into_iter().chain(second).collect(),
            constants,
            metadata: self.metadata.clone(),
        }
    }
}

/// The hemp channel of scores as an output of its own.
fn hemp_alone(scores: &str) -> Vec<Node> {
    let inputs = [scores, "hemp", "end_of_hemp", "class_axis"];
    vec![Node {
        operator: "Slice",
        inputs: inputs.map(str::to_owned).into(),
        output: "hemp_alone".into(),
        attributes: vec![],
    }]
}

/// Operators one after the other.
#[derive(Default)]
struct Chain {
    nodes: Vec<Node>,
}

impl Chain {
    fn last(&self) -> String {
        match self.nodes.len() {
            0 => "image".into(),
            n => format!("t{n}"),
        }
    }

    fn then(
        &mut self,
        operator: &'static str,
        constants: &[&'static str],
        attributes: Vec<(&'static str, Attribute)>,
    ) {
        let constants = constants.iter().map(|name| (*name).to_owned());
        self.nodes.push(Node {
            operator,
            inputs: std::iter::once(self.last()).chain(constants).collect(),
            output: format!("t{}", self.nodes.len() + 1),
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
