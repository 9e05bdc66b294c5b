//! What a model expects and gives, how pixels become its input tensor, how it is
//! run, and how its output becomes scores.

mod activation;
pub mod augment;
mod calibration;
mod contract;
mod convention;
pub mod decode;
mod device;
mod external;
mod facts;
mod failure;
#[doc(hidden)]
pub mod fuzzing;
mod idle;
mod preprocess;
mod runtime;
mod session;
mod tensor;
mod told;
mod understand;

pub use activation::Activation;
pub use calibration::Calibration;
pub use contract::{
    Contract, ContractSetting, DetectionContract, Head, InputLayout, ModelTask, OutputGeometry,
    Source,
};
pub use device::{DEVICES, Device, DeviceChoice};
pub use external::WeightFile;
pub use facts::ModelFacts;
pub use preprocess::{BandScaling, ValueRange};
pub use runtime::TELEMETRY_SWITCH;
pub(crate) use session::OutputTensor;
pub use session::{ModelFile, ModelSession};
pub use tensor::{ElementType, TensorInfo};
pub(crate) use told::by_class_text;
pub use told::{TaskWord, TileOverlap, Told};
pub(crate) use understand::MOST_INPUT_VALUES;

use crate::{Error, Result};
use std::path::{Path, PathBuf};

/// A model file together with the contract that was understood from it.
pub struct Model {
    /// The file and what ONNX Runtime says of it.
    pub file: ModelFile,
    /// What it expects and gives.
    pub contract: Contract,
    /// Resident memory that a session may come to with one tile, or with the only batch that the
    /// model takes, in bytes; `None` where the system does not tell.
    pub session_bytes: Option<u64>,
}

/// How a model is to be opened.
#[derive(Debug, Clone, Default)]
pub struct OpenOptions {
    /// The sidecar, if it is not the one beside the model.
    pub sidecar: Option<PathBuf>,
    /// What the command line and the config file say of the model, first things first.
    pub told: Vec<Told>,
    /// The device that runs it.
    pub device: DeviceChoice,
}

impl Model {
    /// Opens `model`: an `.onnx` file, a folder that holds one, or a sidecar that names
    /// one. The sidecar is the one given, else what lies beside the file.
    pub fn open(model: &Path, options: &OpenOptions) -> Result<Self> {
        let (path, named) = find_file(model)?;
        let file = ModelFile::open(&path, &options.device)?;
        let (contract, session_bytes) = Self::understand(&file, named, options)?;
        Ok(Self {
            file,
            contract,
            session_bytes,
        })
    }

    fn understand(
        file: &ModelFile,
        named: Option<PathBuf>,
        options: &OpenOptions,
    ) -> Result<(Contract, Option<u64>)> {
        let mut told = options.told.clone();
        let beside = || convention::find_beside(&file.path);
        let sidecar = options.sidecar.clone().or(named).or_else(beside);
        if let Some(sidecar) = sidecar {
            told.push(convention::sidecar(&sidecar)?);
        }
        let embedded = convention::embedded(&file.metadata, &file.outputs);
        told.extend(embedded.map_err(|problem| Error::Model {
            path: file.path.clone(),
            problem: format!("{problem} in its metadata"),
            hint: "correct the metadata, or override it in a sidecar or on the command line".into(),
        })?);
        Contract::resolve(file, &told)
    }
}

/// The files that are read to open `model`, whether or not they exist.
#[must_use]
pub fn files_of(model: &Path, sidecar: Option<&Path>) -> Vec<PathBuf> {
    let mut files = vec![model.to_owned()];
    if let Ok((path, named)) = find_file(model) {
        files.extend(convention::find_beside(&path));
        files.extend(named);
        files.extend(external::files_named_in(&path));
        files.push(path);
    }
    files.extend(sidecar.map(Path::to_owned));
    files
}

/// The sidecar that is read when `model` is opened; none where the model has none.
pub fn sidecar_of(model: &Path) -> Result<Option<PathBuf>> {
    let (path, named) = find_file(model)?;
    Ok(named.or_else(|| convention::find_beside(&path)))
}

/// The model file, and the sidecar that was named instead of it.
fn find_file(model: &Path) -> Result<(PathBuf, Option<PathBuf>)> {
    let wrong = |problem: String| Error::Model {
        path: model.to_owned(),
        problem,
        hint: "name the ONNX file itself".into(),
    };
    let ending = model.extension().unwrap_or_default();
    if model.is_dir() {
        let usual = model.join("model.onnx");
        if usual.is_file() {
            return Ok((usual, None));
        }
        let mut found: Vec<PathBuf> = fs_err::read_dir(model)?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|p| {
                p.extension()
                    .is_some_and(|e| e.eq_ignore_ascii_case("onnx"))
            })
            .collect();
        found.sort();
        return match found.as_slice() {
            [one] => Ok((one.clone(), None)),
            [] => Err(wrong("holds no ONNX file".into())),
            _ => Err(wrong(format!(
                "holds {} ONNX files, wanted one",
                found.len()
            ))),
        };
    }
    if ending.eq_ignore_ascii_case("emd") || ending.eq_ignore_ascii_case("json") {
        let told = convention::sidecar(model)?;
        let file = told
            .model_file
            .ok_or_else(|| wrong("does not name its model file".into()))?;
        if file.contains("://") {
            return Err(wrong(format!(
                "names `{file}`, wanted a file on this machine"
            )));
        }
        let folder = model.parent().unwrap_or(Path::new(""));
        return Ok((folder.join(file.replace('\\', "/")), Some(model.to_owned())));
    }
    Ok((model.to_owned(), None))
}
