//! Detectors with known weights in every layout of boxes: each cell of 8 by 8 pixels
//! proposes a box of 24 by 24 around it, whose score is the share of it that has a class's
//! colour. A plot of that size at a multiple of 8 pixels has one box of score 1, and
//! neighbours that lose to it.

use super::onnx::{Attribute, Constant, Dim, Element, Graph, Node, Tensor};
use super::scenes::{GROUND, HEMP, POPPY};
use std::path::{Path, PathBuf};

/// Rows and columns of a chip.
pub(crate) const CHIP: i64 = 96;
const CELLS: i64 = CHIP / 8;
const COUNT: i64 = CELLS * CELLS;
const BOX: f32 = 24.0;

/// A layout, as `--decoder` words it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Layout {
    YoloV5,
    YoloV8,
    YoloV8Obb,
    YoloV8Seg,
    EndToEnd,
    EndToEndObb,
    EndToEndSeg,
    YoloX,
    RetinaNet,
    Detr,
}

/// A detector to be written.
#[derive(Clone)]
pub(crate) struct DetectorKit {
    layout: Layout,
    metadata: Vec<(String, String)>,
}

impl DetectorKit {
    pub(crate) fn new(layout: Layout) -> Self {
        Self {
            layout,
            metadata: Vec::new(),
        }
    }

    pub(crate) fn metadata(mut self, key: &str, value: &str) -> Self {
        self.metadata.push((key.into(), value.into()));
        self
    }

    /// Writes `folder/name.onnx` and gives its path.
    pub(crate) fn save(&self, folder: &Path, name: &str) -> PathBuf {
        let path = folder.join(format!("{name}.onnx"));
        fs_err::write(&path, self.graph().encode()).unwrap();
        path
    }

    fn graph(&self) -> Graph {
        let mut build = Build::default();
        build.scores();
        match self.layout {
            Layout::YoloV8 => build.columns(&["boxes", "scores"]),
            Layout::YoloV8Obb => build.columns(&["boxes", "scores", "angles"]),
            Layout::YoloV8Seg => {
                build.columns(&["boxes", "scores", "ones"]);
                build.prototypes();
            }
            Layout::YoloV5 => build.rows(&["boxes_t", "ones_t", "scores_t"]),
            Layout::YoloX => build.grid_rows(),
            Layout::EndToEnd => build.rows(&["corners_t", "best", "class"]),
            Layout::EndToEndObb => build.rows(&["boxes_t", "best", "class", "angles_t"]),
            Layout::EndToEndSeg => {
                build.rows(&["corners_t", "best", "class", "ones_t"]);
                build.prototypes();
            }
            Layout::RetinaNet => build.lists(),
            Layout::Detr => build.logits(),
        }
        Graph {
            input: Tensor {
                name: "images".into(),
                element: Element::Float,
                shape: fixed(&[1, 3, CHIP, CHIP]),
            },
            outputs: build.outputs,
            nodes: build.nodes,
            constants: build.constants,
            metadata: self.metadata.clone(),
        }
    }
}

fn fixed(shape: &[i64]) -> Vec<Dim> {
    shape.iter().map(|n| Dim::Fixed(*n)).collect()
}

fn whole(value: i64) -> f32 {
    f32::from(i16::try_from(value).unwrap())
}

#[derive(Default)]
struct Build {
    nodes: Vec<Node>,
    constants: Vec<Constant>,
    outputs: Vec<Tensor>,
}

impl Build {
    fn node(
        &mut self,
        operator: &'static str,
        inputs: &[&str],
        output: &str,
        attributes: Vec<(&'static str, Attribute)>,
    ) {
        self.nodes.push(Node {
            operator,
            inputs: inputs.iter().map(|i| (*i).to_owned()).collect(),
            output: output.into(),
            attributes,
        });
    }

    fn floats(&mut self, name: &str, shape: &[i64], values: Vec<f32>) {
        self.constants
            .push(Constant::Floats(name.into(), shape.to_vec(), values));
    }

    fn ints(&mut self, name: &str, values: &[i64]) {
        self.constants
            .push(Constant::Ints(name.into(), values.to_vec()));
    }

    fn output(&mut self, name: &str, element: Element, shape: &[i64]) {
        self.outputs.push(Tensor {
            name: name.into(),
            element,
            shape: fixed(shape),
        });
    }

    /// One constant box a cell, from its center.
    fn boxes(&mut self, name: &str, of: impl Fn(f32, f32) -> [f32; 4]) {
        let center = |i: i64| whole(i) * 8.0 + 4.0;
        let all: Vec<[f32; 4]> = (0..COUNT)
            .map(|i| of(center(i % CELLS), center(i / CELLS)))
            .collect();
        let rows: Vec<f32> = all.iter().flatten().copied().collect();
        let columns: Vec<f32> = (0..4).flat_map(|k| all.iter().map(move |b| b[k])).collect();
        self.floats(&format!("{name}_t"), &[1, COUNT, 4], rows);
        self.floats(name, &[1, 4, COUNT], columns);
    }

    /// Shares of each class in the box around each cell, and everything that layouts are
    /// put together from.
    fn scores(&mut self) {
        let sharpness = 60.0;
        let unit = |color: [u8; 3]| color.map(|v| f32::from(v) / 255.0);
        let (mut weights, mut bias) = (Vec::new(), Vec::new());
        for color in [GROUND, POPPY, HEMP].map(unit) {
            weights.extend(color.map(|c| 2.0 * sharpness * c));
            bias.push(-sharpness * color.iter().map(|c| c * c).sum::<f32>());
        }
        self.floats("w", &[3, 3, 1, 1], weights);
        self.floats("b", &[3], bias);
        self.node("Conv", &["images", "w", "b"], "colors", vec![]);
        self.node(
            "Softmax",
            &["colors"],
            "p",
            vec![("axis", Attribute::Int(1))],
        );
        let pool = vec![
            ("kernel_shape", Attribute::Ints(vec![24, 24])),
            ("strides", Attribute::Ints(vec![8, 8])),
            ("pads", Attribute::Ints(vec![8; 4])),
            ("count_include_pad", Attribute::Int(1)),
        ];
        self.node("AveragePool", &["p"], "shares", pool);
        for (name, value) in [("zero", 0), ("one", 1), ("two", 2), ("three", 3)] {
            self.ints(name, &[value]);
        }
        self.node("Slice", &["shares", "one", "three", "one"], "grid", vec![]);
        self.ints("flat", &[1, 2, COUNT]);
        self.node("Reshape", &["grid", "flat"], "scores", vec![]);
        let turn = || vec![("perm", Attribute::Ints(vec![0, 2, 1]))];
        self.node("Transpose", &["scores"], "scores_t", turn());
        let best = vec![("axes", Attribute::Ints(vec![2]))];
        self.node("ReduceMax", &["scores_t"], "best", best);
        let last = vec![("axis", Attribute::Int(2))];
        self.node("ArgMax", &["scores_t"], "class_i", last);
        let to_float = vec![("to", Attribute::Int(Element::Float as i64))];
        self.node("Cast", &["class_i"], "class", to_float);
        let half = BOX / 2.0;
        self.boxes("boxes", |x, y| [x, y, BOX, BOX]);
        self.boxes("corners", |x, y| [x - half, y - half, x + half, y + half]);
        let count = usize::try_from(COUNT).unwrap();
        self.floats("ones", &[1, 1, COUNT], vec![1.0; count]);
        self.floats("ones_t", &[1, COUNT, 1], vec![1.0; count]);
        self.floats("angles", &[1, 1, COUNT], vec![0.0; count]);
        self.floats("angles_t", &[1, COUNT, 1], vec![0.0; count]);
    }

    fn columns(&mut self, parts: &[&str]) {
        let width = 4 + 2 + i64::try_from(parts.len()).unwrap() - 2;
        self.node(
            "Concat",
            parts,
            "output0",
            vec![("axis", Attribute::Int(1))],
        );
        self.output("output0", Element::Float, &[1, width, COUNT]);
    }

    fn rows(&mut self, parts: &[&str]) {
        let width: i64 = parts
            .iter()
            .map(|part| match *part {
                "boxes_t" | "corners_t" => 4,
                "scores_t" => 2,
                _ => 1,
            })
            .sum();
        self.node(
            "Concat",
            parts,
            "output0",
            vec![("axis", Attribute::Int(2))],
        );
        self.output("output0", Element::Float, &[1, COUNT, width]);
    }

    /// What is not ground, at a quarter of the resolution.
    fn prototypes(&mut self) {
        self.node("Slice", &["p", "zero", "one", "one"], "ground", vec![]);
        self.floats("half", &[1], vec![0.5]);
        self.floats("sharp", &[1], vec![20.0]);
        self.node("Sub", &["half", "ground"], "plants", vec![]);
        self.node("Mul", &["plants", "sharp"], "logits", vec![]);
        let pool = vec![
            ("kernel_shape", Attribute::Ints(vec![4, 4])),
            ("strides", Attribute::Ints(vec![4, 4])),
        ];
        self.node("AveragePool", &["logits"], "output1", pool);
        self.output("output1", Element::Float, &[1, 1, CHIP / 4, CHIP / 4]);
    }

    /// Raw rows of grids of stride 8, 16 and 32, of which only the first sees anything.
    fn grid_rows(&mut self) {
        let blind = (CHIP / 16).pow(2) + (CHIP / 32).pow(2);
        let all = COUNT + blind;
        let size = (BOX / 8.0).ln();
        let raw: Vec<f32> = (0..all)
            .flat_map(|_| [0.5, 0.5, size, size, 0.999])
            .collect();
        self.floats("raw", &[1, all, 5], raw);
        let none = vec![0.0; usize::try_from(2 * blind).unwrap()];
        self.floats("none", &[1, blind, 2], none);
        let along = |axis| vec![("axis", Attribute::Int(axis))];
        self.node("Concat", &["scores_t", "none"], "all", along(1));
        self.node("Concat", &["raw", "all"], "output0", along(2));
        self.output("output0", Element::Float, &[1, all, 7]);
    }

    fn lists(&mut self) {
        self.node("Squeeze", &["corners_t", "zero"], "boxes_out", vec![]);
        self.ints("around", &[0, 2]);
        self.node("Squeeze", &["best", "around"], "scores_out", vec![]);
        self.node("Squeeze", &["class_i", "around"], "labels_out", vec![]);
        self.output("boxes_out", Element::Float, &[COUNT, 4]);
        self.output("scores_out", Element::Float, &[COUNT]);
        self.output("labels_out", Element::Int64, &[COUNT]);
    }

    fn logits(&mut self) {
        let size = whole(CHIP);
        self.boxes("shares_of_chip", |x, y| {
            [x / size, y / size, BOX / size, BOX / size]
        });
        self.node(
            "Slice",
            &["shares", "zero", "one", "one"],
            "nothing",
            vec![],
        );
        let along = |axis| vec![("axis", Attribute::Int(axis))];
        self.node("Concat", &["grid", "nothing"], "three_shares", along(1));
        self.floats("little", &[1], vec![1e-6]);
        self.node("Add", &["three_shares", "little"], "positive", vec![]);
        self.node("Log", &["positive"], "log", vec![]);
        self.ints("flat3", &[1, 3, COUNT]);
        self.node("Reshape", &["log", "flat3"], "log_flat", vec![]);
        let turn = vec![("perm", Attribute::Ints(vec![0, 2, 1]))];
        self.node("Transpose", &["log_flat"], "logits", turn);
        self.node("Identity", &["shares_of_chip_t"], "pred_boxes", vec![]);
        self.output("logits", Element::Float, &[1, COUNT, 3]);
        self.output("pred_boxes", Element::Float, &[1, COUNT, 4]);
    }
}
