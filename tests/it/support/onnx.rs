//! Writer of tiny ONNX files: the few messages of the format that our models need,
//! encoded by hand so that no dependency is.
//!
//! Field numbers are those of `onnx.proto3`, which never change.

/// A protobuf message being written.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
            value >>= 7;
        }
        self.0.push(u8::try_from(value).unwrap());
    }

    fn int(mut self, field: u64, value: i64) -> Self {
        self.varint(field << 3);
        self.varint(value.cast_unsigned());
        self
    }

    fn bytes(mut self, field: u64, bytes: &[u8]) -> Self {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend(bytes);
        self
    }

    fn text(self, field: u64, text: &str) -> Self {
        self.bytes(field, text.as_bytes())
    }

    fn message(self, field: u64, message: &Self) -> Self {
        self.bytes(field, &message.0)
    }

    fn messages(self, field: u64, messages: impl IntoIterator<Item = Self>) -> Self {
        messages.into_iter().fold(self, |m, i| m.message(field, &i))
    }
}

/// A dimension: fixed, or free under a name.
#[derive(Clone, Copy)]
pub(super) enum Dim {
    Fixed(i64),
    Free(&'static str),
}

/// The element type of a tensor, by its number in the format.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Element {
    Float = 1,
    Byte = 2,
    Int64 = 7,
    Half = 10,
}

/// One operator.
pub(super) struct Node {
    pub(super) operator: &'static str,
    pub(super) inputs: Vec<String>,
    pub(super) output: String,
    /// By name; a list of one is written as a list where it has brackets in the
    /// operator's documentation.
    pub(super) attributes: Vec<(&'static str, Attribute)>,
}

pub(super) enum Attribute {
    Int(i64),
    Ints(Vec<i64>),
    Tensor(Constant),
}

/// A constant.
pub(super) enum Constant {
    Floats(String, Vec<i64>, Vec<f32>),
    Ints(String, Vec<i64>),
    /// Floats in another file, by its name.
    Elsewhere(String, Vec<i64>, String),
}

/// An input or an output.
pub(super) struct Tensor {
    pub(super) name: String,
    pub(super) element: Element,
    pub(super) shape: Vec<Dim>,
}

/// A whole model.
pub(super) struct Graph {
    pub(super) input: Tensor,
    pub(super) outputs: Vec<Tensor>,
    pub(super) nodes: Vec<Node>,
    pub(super) constants: Vec<Constant>,
    pub(super) metadata: Vec<(String, String)>,
}

impl Graph {
    /// The file's bytes.
    pub(super) fn encode(&self) -> Vec<u8> {
        let graph = Message::default()
            .messages(1, self.nodes.iter().map(node))
            .text(2, "test")
            .messages(5, self.constants.iter().map(constant))
            .message(11, &value_info(&self.input))
            .messages(12, self.outputs.iter().map(value_info));
        let operators = Message::default().text(1, "").int(2, 13);
        let pair = |(key, value): &(String, String)| Message::default().text(1, key).text(2, value);
        Message::default()
            .int(1, 8)
            .text(2, "tianmu tests")
            .message(7, &graph)
            .message(8, &operators)
            .messages(14, self.metadata.iter().map(pair))
            .0
    }
}

fn node(node: &Node) -> Message {
    let inputs = node.inputs.iter();
    inputs
        .fold(Message::default(), |m, name| m.text(1, name))
        .text(2, &node.output)
        .text(4, node.operator)
        .messages(5, node.attributes.iter().map(attribute))
}

fn attribute((name, value): &(&str, Attribute)) -> Message {
    let message = Message::default().text(1, name);
    match value {
        Attribute::Int(value) => message.int(3, *value).int(20, 2),
        Attribute::Tensor(value) => message.message(5, &constant(value)).int(20, 4),
        Attribute::Ints(values) => values.iter().fold(message, |m, v| m.int(8, *v)).int(20, 7),
    }
}

fn constant(constant: &Constant) -> Message {
    let dims = |dims: &[i64]| dims.iter().fold(Message::default(), |m, d| m.int(1, *d));
    match constant {
        Constant::Floats(name, shape, values) => {
            let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
            dims(shape)
                .int(2, Element::Float as i64)
                .text(8, name)
                .bytes(9, &raw)
        }
        Constant::Ints(name, values) => {
            let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
            let count = i64::try_from(values.len()).unwrap();
            dims(&[count])
                .int(2, Element::Int64 as i64)
                .text(8, name)
                .bytes(9, &raw)
        }
        Constant::Elsewhere(name, shape, location) => {
            let place = Message::default().text(1, "location").text(2, location);
            dims(shape)
                .int(2, Element::Float as i64)
                .text(8, name)
                .message(13, &place)
                .int(14, 1)
        }
    }
}

fn value_info(tensor: &Tensor) -> Message {
    let dims = tensor.shape.iter().map(|dim| match dim {
        Dim::Fixed(size) => Message::default().int(1, *size),
        Dim::Free(name) => Message::default().text(2, name),
    });
    let shape = Message::default().messages(1, dims);
    let kind_of = Message::default()
        .int(1, tensor.element as i64)
        .message(2, &shape);
    let kind = Message::default().message(1, &kind_of);
    Message::default().text(1, &tensor.name).message(2, &kind)
}
