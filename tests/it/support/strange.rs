//! Models that no exporter would make on purpose.

use super::onnx::{Attribute, Constant, Dim, Element, Graph, Node, Tensor};
use std::path::Path;

/// A segmentation model of one convolution, which adds its answer to nothing else.
fn plain(shape: Vec<Dim>, weights: Constant) -> Graph {
    let tensor = |name: &str, shape| Tensor {
        name: name.into(),
        element: Element::Float,
        shape,
    };
    let answer = [
        Dim::Free("n"),
        Dim::Fixed(2),
        Dim::Free("h"),
        Dim::Free("w"),
    ];
    Graph {
        input: tensor("image", shape),
        outputs: vec![tensor("scores", answer.into())],
        nodes: vec![node("Conv", &["image", "weights"], "scores")],
        constants: vec![weights],
        metadata: vec![],
    }
}

fn node(operator: &'static str, inputs: &[&str], output: &str) -> Node {
    Node {
        operator,
        inputs: inputs.iter().map(|name| (*name).to_owned()).collect(),
        output: output.into(),
        attributes: vec![],
    }
}

fn free() -> Vec<Dim> {
    vec![
        Dim::Free("n"),
        Dim::Fixed(3),
        Dim::Free("h"),
        Dim::Free("w"),
    ]
}

const WEIGHTS: [f32; 6] = [0.0, 0.0, 0.0, 9.0, -9.0, 0.0];

fn inside() -> Constant {
    Constant::Floats("weights".into(), vec![2, 3, 1, 1], WEIGHTS.into())
}

/// The bytes of the six weights of the models here, times `factor`.
pub(crate) fn weight_bytes(factor: f32) -> Vec<u8> {
    let values = WEIGHTS.iter().map(|value| value * factor);
    values.flat_map(f32::to_le_bytes).collect()
}

/// A model whose weights are in another file.
pub(crate) fn save_with_weights_in(model: &Path, location: &str) {
    let weights = Constant::Elsewhere("weights".into(), vec![2, 3, 1, 1], location.into());
    fs_err::write(model, plain(free(), weights).encode()).unwrap();
}

/// The same, the weights being a constant within a branch of the graph.
pub(crate) fn save_with_inner_weights_in(model: &Path, location: &str) {
    let weights = Constant::Elsewhere("weights".into(), vec![2, 3, 1, 1], location.into());
    let mut graph = plain(free(), inside());
    graph.constants.clear();
    let mut constant = node("Constant", &[], "weights");
    constant.attributes = vec![("value", Attribute::Tensor(weights))];
    graph.nodes.insert(0, constant);
    fs_err::write(model, graph.encode()).unwrap();
}

/// A model that takes inputs of this shape only.
pub(crate) fn save_taking(model: &Path, shape: [i64; 4]) {
    let shape = shape.map(Dim::Fixed).into();
    fs_err::write(model, plain(shape, inside()).encode()).unwrap();
}

/// A model that wants room for `floats` numbers when it runs.
pub(crate) fn save_wanting(model: &Path, floats: i64) {
    let mut graph = plain(free(), inside());
    graph.nodes[0].output = "answer".into();
    graph
        .constants
        .push(Constant::Ints("floats".into(), vec![floats]));
    let mut mean = node("ReduceMean", &["answer"], "mean");
    mean.attributes = vec![("keepdims", Attribute::Int(0))];
    let mut again = node("ReduceMean", &["many"], "again");
    again.attributes = vec![("keepdims", Attribute::Int(0))];
    graph.nodes.extend([
        mean,
        node("Expand", &["mean", "floats"], "many"),
        again,
        node("Add", &["answer", "again"], "scores"),
    ]);
    fs_err::write(model, graph.encode()).unwrap();
}
