//! The only place that speaks to ONNX Runtime.

use super::device::{Device, DeviceChoice};
use super::external::{FileStates, WeightFile, weight_files};
use super::failure::{load_failed, run_failed};
use super::idle::Idle;
use super::runtime;
use super::tensor::{ElementType, TensorInfo};
use crate::digest::hash_of;
use crate::memory;
use crate::{Error, Result};
use half::f16;
use ndarray::{ArrayD, ArrayView4, ArrayViewD, Axis, CowArray, IxDyn};
use ort::session::Session;
use ort::session::SessionOutputs;
use ort::session::builder::PrepackedWeights;
use ort::value::{TensorElementType, TensorRef, ValueType};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// An ONNX file that loads, with what it says of itself.
pub struct ModelFile {
    /// The file.
    pub path: PathBuf,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Files beside it that hold weights, by name.
    pub weight_files: Vec<WeightFile>,
    /// The inputs, in order.
    pub inputs: Vec<TensorInfo>,
    /// The outputs, in order.
    pub outputs: Vec<TensorInfo>,
    /// Producer, version and custom metadata as stored in the file.
    pub metadata: Vec<(String, String)>,
    /// The device that really runs it.
    pub device: Device,
    /// What the user should know about the device.
    pub notes: Vec<String>,
    weights: PrepackedWeights,
    /// The one session of a graphics card: several would fight for its memory.
    shared: Option<Arc<Mutex<Session>>>,
    /// Sizes and times of its files when they were hashed.
    state: FileStates,
    /// Sessions of the processor that nobody uses.
    idle: Idle<Arc<Mutex<Session>>>,
    /// Resident memory that loading took, in bytes; `None` where the system does not tell.
    pub(super) load_bytes: Option<u64>,
}

impl ModelFile {
    /// Loads the file once to learn what it says of itself, on the device asked for.
    pub fn open(path: &Path, device: &DeviceChoice) -> Result<Self> {
        let content = fs_err::read(path).map_err(|e| Error::Model {
            path: path.to_owned(),
            problem: format!("cannot be read: {}", e.kind()),
            hint: "name an ONNX file, or a folder that holds `model.onnx`".into(),
        })?;
        let weight_files = weight_files(path, &content)?;
        let state = FileStates::of(path, &weight_files);
        environment()?;
        let weights = PrepackedWeights::new();
        let before = memory::resident();
        let (device, session, notes) = load_on(path, &weights, device)?;
        let load_bytes = memory::grown_since(before);
        let metadata = read_metadata(&session);
        let tensors = |outlets: &[ort::value::Outlet]| {
            outlets
                .iter()
                .map(|o| tensor_info(o.name(), o.dtype()))
                .collect()
        };
        let (inputs, outputs) = (tensors(session.inputs()), tensors(session.outputs()));
        let session = Arc::new(Mutex::new(session));
        let idle = Idle::new();
        let shared = (device != Device::Cpu).then(|| Arc::clone(&session));
        if shared.is_none() {
            idle.put(session);
        }
        Ok(Self {
            path: path.to_owned(),
            sha256: hash_of(&content),
            bytes: content.len() as u64,
            weight_files,
            inputs,
            outputs,
            metadata,
            weights,
            shared,
            state,
            idle,
            load_bytes,
            device,
            notes,
        })
    }

    /// What is known of a file without one, to be understood without a run.
    pub(super) fn without_session(
        path: PathBuf,
        inputs: Vec<TensorInfo>,
        outputs: Vec<TensorInfo>,
    ) -> Result<Self> {
        environment()?;
        Ok(Self {
            path,
            sha256: String::new(),
            bytes: 0,
            weight_files: Vec::new(),
            inputs,
            outputs,
            metadata: Vec::new(),
            device: Device::Cpu,
            notes: Vec::new(),
            weights: PrepackedWeights::new(),
            shared: None,
            state: FileStates::default(),
            idle: Idle::new(),
            load_bytes: None,
        })
    }

    /// What decides the model's answers: the hash of the file, and of its weights where they
    /// lie elsewhere.
    #[must_use]
    pub fn identity(&self) -> String {
        let weights = self.weight_files.iter().map(|file| file.sha256.as_str());
        let hashes: Vec<&str> = std::iter::once(self.sha256.as_str())
            .chain(weights)
            .collect();
        match hashes.as_slice() {
            [one] => (*one).to_owned(),
            many => hash_of(many.join(" ")),
        }
    }

    /// A session: on the processor one of its own, with one thread and without spinning, weights
    /// shared, kept for the next who asks when it is dropped; on a graphics card the one of all.
    pub fn session(&self) -> Result<ModelSession> {
        let ready = self.shared.clone().or_else(|| self.idle.take());
        let session = if let Some(session) = ready {
            session
        } else {
            self.state.check(&self.path, &self.weight_files)?;
            let session = load(&self.path, &self.weights, &self.device, false)?;
            Arc::new(Mutex::new(session))
        };
        let input = self.inputs.first();
        Ok(ModelSession {
            path: self.path.clone(),
            session,
            home: self.shared.is_none().then(|| self.idle.clone()),
            element: input.map_or(ElementType::Float32, |i| i.element),
            rank: input.map_or(4, |i| i.shape.len()),
            batchless: self.outputs_without_batch(),
            halves: Vec::new(),
            bytes: Vec::new(),
        })
    }

    /// Lets go of sessions that nobody uses.
    pub fn drop_idle(&self) {
        self.idle.clear();
    }

    /// Which outputs lack a batch axis: where the input has none, all that do not begin with
    /// an axis of one.
    fn outputs_without_batch(&self) -> Vec<bool> {
        let input_lacks_it = self.inputs.first().is_some_and(|i| i.shape.len() == 3);
        let has_it = |o: &TensorInfo| o.shape.len() > 1 && o.shape[0] == 1;
        self.outputs
            .iter()
            .map(|o| input_lacks_it && !has_it(o))
            .collect()
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

/// A loaded model.
pub struct ModelSession {
    path: PathBuf,
    session: Arc<Mutex<Session>>,
    /// Where it goes when it is done.
    home: Option<Idle<Arc<Mutex<Session>>>>,
    element: ElementType,
    rank: usize,
    batchless: Vec<bool>,
    halves: Vec<f16>,
    bytes: Vec<u8>,
}

impl Drop for ModelSession {
    fn drop(&mut self) {
        // What a panic went through may be anything.
        if let Some(home) = self.home.take().filter(|_| !std::thread::panicking()) {
            home.put(Arc::clone(&self.session));
        }
    }
}

impl ModelSession {
    /// Lets go of it: what it has grown to serves nobody.
    pub(crate) fn discard(mut self) {
        self.home = None;
    }
}

/// An output tensor as floats; its axes are the model's.
pub(crate) type OutputTensor<'a> = ArrayViewD<'a, f32>;

impl ModelSession {
    /// Runs the model on one input tensor, `[batch, …]` in the model's layout, and
    /// hands the outputs, as floats, to `read` while they are alive. A model that takes
    /// half floats or bytes gets them.
    pub fn run<T>(
        &mut self,
        input: &ArrayView4<'_, f32>,
        read: impl FnOnce(&[OutputTensor<'_>]) -> Result<T>,
    ) -> Result<T> {
        let four = input.shape().to_vec();
        let path = &self.path;
        let failed = |e: ort::Error| run_failed(path, &four, &e.to_string());
        // A model without a batch axis takes one item at a time.
        let shape: Vec<usize> = if self.rank == 3 {
            four[1..].to_vec()
        } else {
            four.clone()
        };
        let values = input
            .as_slice()
            .ok_or_else(|| Error::Internal("an input tensor is not contiguous".into()))?;
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let outputs = match self.element {
            ElementType::Float16 => {
                self.halves.clear();
                self.halves.extend(values.iter().map(|v| f16::from_f32(*v)));
                let tensor = TensorRef::from_array_view((shape, self.halves.as_slice()));
                session.run(ort::inputs![tensor.map_err(&failed)?])
            }
            ElementType::Uint8 => {
                self.bytes.clear();
                self.bytes.extend(values.iter().map(|v| to_byte(*v)));
                let tensor = TensorRef::from_array_view((shape, self.bytes.as_slice()));
                session.run(ort::inputs![tensor.map_err(&failed)?])
            }
            _ => {
                let tensor = TensorRef::from_array_view((shape, values));
                session.run(ort::inputs![tensor.map_err(&failed)?])
            }
        }
        .map_err(&failed)?;
        let tensors = as_floats(&outputs);
        let with_batch = |(index, tensor): (usize, &'_ CowArray<'_, f32, IxDyn>)| {
            let lacks_it = self.batchless.get(index).copied().unwrap_or(false);
            (lacks_it && !tensor.is_empty()).then(|| tensor.to_owned().insert_axis(Axis(0)))
        };
        let grown: Vec<Option<ArrayD<f32>>> = tensors.iter().enumerate().map(with_batch).collect();
        let views: Vec<OutputTensor<'_>> = tensors
            .iter()
            .zip(&grown)
            .map(|(tensor, grown)| grown.as_ref().map_or_else(|| tensor.view(), |g| g.view()))
            .collect();
        read(&views)
    }
}

/// The outputs as floats, copied only where they are none; outputs of other types are
/// empty.
fn as_floats<'a>(outputs: &'a SessionOutputs<'_>) -> Vec<CowArray<'a, f32, IxDyn>> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "scores and class numbers, which single precision holds"
    )]
    let convert = |index: usize| -> Option<CowArray<'a, f32, IxDyn>> {
        let value = &outputs[index];
        if let Ok(floats) = value.try_extract_array::<f32>() {
            return Some(floats.into());
        }
        if let Ok(halves) = value.try_extract_array::<f16>() {
            return Some(halves.mapv(f16::to_f32).into());
        }
        if let Ok(doubles) = value.try_extract_array::<f64>() {
            return Some(doubles.mapv(|v| v as f32).into());
        }
        if let Ok(numbers) = value.try_extract_array::<i64>() {
            return Some(numbers.mapv(|v| v as f32).into());
        }
        if let Ok(numbers) = value.try_extract_array::<i32>() {
            return Some(numbers.mapv(|v| v as f32).into());
        }
        let bytes = value.try_extract_array::<u8>().ok()?;
        Some(bytes.mapv(f32::from).into())
    };
    let empty = || ArrayD::zeros(IxDyn(&[0])).into();
    (0..outputs.len())
        .map(|index| convert(index).unwrap_or_else(empty))
        .collect()
}

/// Loads the model on the first device that takes it.
fn load_on(
    path: &Path,
    weights: &PrepackedWeights,
    choice: &DeviceChoice,
) -> Result<(Device, Session, Vec<String>)> {
    let mut notes = Vec::new();
    for device in choice.candidates()? {
        if device == Device::Cpu {
            let session = load(path, weights, &device, false)?;
            return Ok((device, session, notes));
        }
        // First without leave to fall back, to know whether the device runs all of it.
        let whole = load(path, weights, &device, true);
        let loaded = whole
            .map(|s| (s, true))
            .or_else(|_| load(path, weights, &device, false).map(|session| (session, false)));
        match loaded {
            Ok((session, whole)) => {
                if !whole {
                    notes.push(format!(
                        "some operators of the model are not known to {device} and run on the processor"
                    ));
                }
                return Ok((device, session, notes));
            }
            Err(error) if *choice == DeviceChoice::Auto => {
                notes.push(format!("{device} does not work here ({error})"));
            }
            Err(error) => {
                return Err(Error::Device {
                    device: device.to_string(),
                    problem: format!("does not take the model: {error}"),
                });
            }
        }
    }
    Err(Error::Internal("no device is left to try".into()))
}

fn load(path: &Path, weights: &PrepackedWeights, device: &Device, whole: bool) -> Result<Session> {
    let failed = |e: ort::Error| load_failed(path, &e.to_string());
    let built = Session::builder(environment()?)
        .and_then(|b| Ok(b.with_intra_threads(1)?))
        .and_then(|b| Ok(b.with_inter_threads(1)?))
        .and_then(|b| Ok(b.with_intra_op_spinning(false)?))
        .and_then(|b| match device.provider() {
            // Weights packed for the processor are of no use elsewhere.
            None => Ok(b.with_prepacked_weights(weights)?),
            Some(provider) => {
                let b = b.with_execution_providers([provider])?;
                Ok(if whole {
                    b.with_disable_cpu_fallback()?
                } else {
                    b
                })
            }
        });
    built
        .map_err(failed)?
        .commit_from_file(path)
        .map_err(failed)
}

/// A value of 0–255 as a byte.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the byte's range; what is no number becomes 0"
)]
fn to_byte(value: f32) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
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
                TensorElementType::Float64 => ElementType::Float64,
                TensorElementType::Uint8 => ElementType::Uint8,
                TensorElementType::Int32 => ElementType::Int32,
                TensorElementType::Int64 => ElementType::Int64,
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
            runtime::check_telemetry()?;
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
                // What fails comes back as an error; the terminal is not its place.
                .with_logger(Arc::new(|level, category, _, _, text| {
                    tracing::debug!("ONNX Runtime, {category}, {level:?}: {text}");
                }))
                .build()
                .map_err(|e| format!("does not start: {e}"))
        })
        .as_ref()
        .map_err(|problem| Error::Runtime {
            problem: problem.clone(),
        })
}
