//! What a model says of its inputs and outputs.

use serde::Serialize;

/// The element type of a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ElementType {
    /// 32-bit float.
    Float32,
    /// 16-bit float.
    Float16,
    /// 64-bit float.
    Float64,
    /// Unsigned byte.
    Uint8,
    /// 32-bit integer.
    Int32,
    /// 64-bit integer.
    Int64,
    /// Anything else.
    Other,
}

/// Name, element type and shape of an input or output; −1 is a free dimension.
#[derive(Debug, Clone, Serialize)]
pub struct TensorInfo {
    /// The name in the graph.
    pub name: String,
    /// The element type.
    pub element: ElementType,
    /// The dimensions as declared.
    pub shape: Vec<i64>,
}
