//! What a model expects and gives, how pixels become its input tensor, how it is
//! run, and how its output becomes scores.

mod activation;
mod contract;
mod convention;
pub mod decode;
mod facts;
mod preprocess;
mod probe;
mod runtime;
mod session;
mod sidecar;
mod told;
mod understand;

pub use activation::Activation;
pub use contract::{Contract, InputLayout, ModelTask, Source};
pub use facts::ModelFacts;
pub use preprocess::{BandScaling, ValueRange};
pub(crate) use session::HexDigest;
pub use session::{ElementType, ModelFile, ModelSession, TensorInfo};
pub use sidecar::Sidecar;
pub use told::{TaskWord, TileOverlap, Told};

use crate::Result;
use std::path::Path;

/// A model file together with the contract that was understood from it.
pub struct Model {
    /// The file and what ONNX Runtime says of it.
    pub file: ModelFile,
    /// What it expects and gives.
    pub contract: Contract,
}

impl Model {
    /// Opens `model`: an `.onnx` file, or a folder that holds `model.onnx`. The
    /// sidecar is `sidecar` where given, else `<stem>.json` or `model.json`
    /// beside the file.
    pub fn open(model: &Path, sidecar: Option<&Path>) -> Result<Self> {
        let path = if model.is_dir() {
            model.join("model.onnx")
        } else {
            model.to_owned()
        };
        let file = ModelFile::open(&path)?;
        let sidecar = Sidecar::find(&path, sidecar)?;
        let contract = Contract::resolve(&file, sidecar.as_ref())?;
        Ok(Self { file, contract })
    }
}
