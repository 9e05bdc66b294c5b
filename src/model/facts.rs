//! What a model is, for people and machines.

use super::{ContractSetting, Device, Model, TensorInfo};
use serde::Serialize;

/// The facts of a model: what its file says, and what was understood from where.
#[derive(Debug, Clone, Serialize)]
pub struct ModelFacts {
    /// The file.
    pub path: String,
    /// The name that sites carry.
    pub name: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// The inputs.
    pub inputs: Vec<TensorInfo>,
    /// The outputs.
    pub outputs: Vec<TensorInfo>,
    /// Metadata stored in the file.
    pub metadata: Vec<(String, String)>,
    /// Each setting, its value, and where it came from.
    pub settings: Vec<ContractSetting>,
    /// The device that runs it.
    pub device: Device,
    /// What to know about how it was understood.
    pub notes: Vec<String>,
}

impl ModelFacts {
    /// The facts of an opened model.
    #[must_use]
    pub fn of(model: &Model) -> Self {
        let (file, contract) = (&model.file, &model.contract);
        Self {
            path: file.path.display().to_string(),
            name: contract.name.clone(),
            sha256: file.sha256.clone(),
            bytes: file.bytes,
            inputs: file.inputs.clone(),
            outputs: file.outputs.clone(),
            metadata: file.metadata.clone(),
            settings: contract.settings.clone(),
            device: file.device.clone(),
            notes: contract.notes.clone(),
        }
    }
}
