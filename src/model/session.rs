//! The only place that speaks to ONNX Runtime.

use super::runtime;
use crate::{Error, Result};
use ndarray::{ArrayView4, ArrayViewD};
use ort::session::Session;
use ort::session::builder::PrepackedWeights;
use ort::value::{TensorElementType, TensorRef, ValueType};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The element type of a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ElementType {
    /// 32-bit float.
    Float32,
    /// 16-bit float.
    Float16,
    /// Unsigned byte.
    Uint8,
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

/// An ONNX file that loads, with what it says of itself.
pub struct ModelFile {
    /// The file.
    pub path: PathBuf,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// The inputs, in order.
    pub inputs: Vec<TensorInfo>,
    /// The outputs, in order.
    pub outputs: Vec<TensorInfo>,
    /// Producer, version and custom metadata as stored in the file.
    pub metadata: Vec<(String, String)>,
    weights: PrepackedWeights,
}

impl ModelFile {
    /// Loads the file once to learn what it says of itself.
    pub fn open(path: &Path) -> Result<Self> {
        let content = fs_err::read(path).map_err(|e| Error::Model {
            path: path.to_owned(),
            problem: format!("cannot be read: {}", e.kind()),
            hint: "name an ONNX file, or a folder that holds `model.onnx`".into(),
        })?;
        environment()?;
        let weights = PrepackedWeights::new();
        let session = load(path, &weights)?;
        let metadata = read_metadata(&session);
        let tensors = |outlets: &[ort::value::Outlet]| {
            outlets
                .iter()
                .map(|o| tensor_info(o.name(), o.dtype()))
                .collect()
        };
        Ok(Self {
            path: path.to_owned(),
            sha256: format!("{:x}", HexDigest(&Sha256::digest(&content))),
            bytes: content.len() as u64,
            inputs: tensors(session.inputs()),
            outputs: tensors(session.outputs()),
            metadata,
            weights,
        })
    }

    /// A session of its own: one thread, no spinning; weights are shared between
    /// the sessions of one file.
    pub fn session(&self) -> Result<ModelSession> {
        let session = load(&self.path, &self.weights)?;
        Ok(ModelSession {
            path: self.path.clone(),
            session,
        })
    }

    /// The version of the ONNX Runtime library in use, from its file's name where it
    /// stands there, else from what it says of its build.
    pub fn runtime_version() -> Result<String> {
        environment()?;
        let named = runtime::find_library().ok().and_then(|p| {
            let real = fs_err::canonicalize(p).ok()?;
            let name = real.file_name()?.to_str()?.to_owned();
            let at = name.find(|c: char| c.is_ascii_digit())?;
            Some(name[at..].trim_end_matches(".dylib").to_owned())
        });
        let build = || {
            ort::info()
                .split([',', ' '])
                .find(|p| p.starts_with("git-commit-id="))
                .map(str::to_owned)
        };
        Ok(named.or_else(build).unwrap_or_else(|| "unknown".into()))
    }
}

/// A loaded model, owned by one worker.
pub struct ModelSession {
    path: PathBuf,
    session: Session,
}

/// An output tensor as floats; its axes are the model's.
pub(super) type OutputTensor<'a> = ArrayViewD<'a, f32>;

impl ModelSession {
    /// Runs the model on one input tensor, `[batch, …]` in the model's layout, and
    /// hands the float outputs to `read` while they are alive.
    pub fn run<T>(
        &mut self,
        input: &ArrayView4<'_, f32>,
        read: impl FnOnce(&[OutputTensor<'_>]) -> Result<T>,
    ) -> Result<T> {
        let shape = input.shape().to_vec();
        let failed = |path: &Path, e: &ort::Error| Error::Model {
            path: path.to_owned(),
            problem: format!(
                "fails on an input of shape {shape:?}: {}",
                first_line(&e.to_string())
            ),
            hint: "look at it with `tianmu inspect`; try another `--tile-size`".into(),
        };
        let input = TensorRef::from_array_view(*input).map_err(|e| failed(&self.path, &e))?;
        let outputs = self
            .session
            .run(ort::inputs![input])
            .map_err(|e| failed(&self.path, &e))?;
        // Outputs of other element types are left out.
        let tensors: Vec<OutputTensor<'_>> = (0..outputs.len())
            .filter_map(|i| outputs[i].try_extract_array::<f32>().ok())
            .collect();
        read(&tensors)
    }
}

fn load(path: &Path, weights: &PrepackedWeights) -> Result<Session> {
    let failed = |e: String| Error::Model {
        path: path.to_owned(),
        problem: format!("cannot be loaded: {}", first_line(&e)),
        hint: "check that it is an ONNX file and that its copy is complete".into(),
    };
    let built = Session::builder(environment()?)
        .and_then(|b| Ok(b.with_intra_threads(1)?))
        .and_then(|b| Ok(b.with_inter_threads(1)?))
        .and_then(|b| Ok(b.with_intra_op_spinning(false)?))
        .and_then(|b| Ok(b.with_prepacked_weights(weights)?));
    built
        .map_err(|e| failed(e.to_string()))?
        .commit_from_file(path)
        .map_err(|e| failed(e.to_string()))
}

fn first_line(text: &str) -> String {
    text.lines()
        .next()
        .unwrap_or("no reason given")
        .trim()
        .to_owned()
}

fn read_metadata(session: &Session) -> Vec<(String, String)> {
    let Ok(metadata) = session.metadata() else {
        return Vec::new();
    };
    let mut pairs = Vec::new();
    let named = [
        ("producer", metadata.producer()),
        ("description", metadata.description()),
        (
            "version",
            metadata
                .version()
                .filter(|v| *v != 0 && *v != i64::MAX)
                .map(|v| v.to_string()),
        ),
    ];
    pairs.extend(
        named
            .into_iter()
            .filter_map(|(k, v)| Some((k.to_owned(), v.filter(|v| !v.is_empty())?))),
    );
    let mut keys = metadata.custom_keys().unwrap_or_default();
    keys.sort();
    pairs.extend(
        keys.into_iter()
            .filter_map(|k| Some((k.clone(), metadata.custom(&k)?))),
    );
    pairs
}

fn tensor_info(name: &str, kind: &ValueType) -> TensorInfo {
    let (element, shape) = match kind {
        ValueType::Tensor { ty, shape, .. } => (
            match ty {
                TensorElementType::Float32 => ElementType::Float32,
                TensorElementType::Float16 => ElementType::Float16,
                TensorElementType::Uint8 => ElementType::Uint8,
                _ => ElementType::Other,
            },
            shape.iter().copied().collect(),
        ),
        _ => (ElementType::Other, Vec::new()),
    };
    TensorInfo {
        name: name.to_owned(),
        element,
        shape,
    }
}

/// The process-wide environment; the library is looked for once.
fn environment() -> Result<&'static ort::environment::Environment> {
    static ENVIRONMENT: OnceLock<Result<ort::environment::Environment, String>> = OnceLock::new();
    ENVIRONMENT
        .get_or_init(|| {
            let library = runtime::find_library().map_err(|looked| {
                let places: Vec<String> = looked
                    .iter()
                    .map(|p| format!("`{}`", p.display()))
                    .collect();
                format!("was not found; looked in {}", places.join(", "))
            })?;
            ort::init_from(&library)
                .map_err(|e| format!("cannot be loaded: {e}"))?
                .with_name("tianmu")
                .with_telemetry(false)
                .build()
                .map_err(|e| format!("does not start: {e}"))
        })
        .as_ref()
        .map_err(|problem| Error::Runtime {
            problem: problem.clone(),
        })
}

/// Bytes as lower-case hex.
pub(crate) struct HexDigest<'a>(pub(crate) &'a [u8]);

impl std::fmt::LowerHex for HexDigest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
