//! Ways in for fuzzing: what reads a stranger's bytes, without files and without a network to
//! run. Not for use by others.

use super::understand::Trial;
use super::{Contract, ElementType, ModelFile, TensorInfo, Told, convention, external};
use crate::Result;
use ndarray::{ArrayD, IxDyn};

/// What a sidecar of these bytes says.
#[must_use]
pub fn sidecar(bytes: &[u8]) -> Option<Told> {
    let json = serde_json::from_slice(bytes).ok()?;
    convention::told_by(&json)?.ok()
}

/// What metadata say: lines of a key, `=` and a value, in which `\n` is a new line.
pub fn metadata(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let pairs: Vec<(String, String)> = text
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.replace("\\n", "\n")))
        .collect();
    let _ = convention::embedded(&pairs, &[]);
}

/// The files that an ONNX file of these bytes takes weights from.
#[must_use]
pub fn weight_names(bytes: &[u8]) -> Vec<String> {
    external::names_in(bytes).into_iter().collect()
}

/// A contract of a made-up model: the shapes and types of its tensors and the numbers that it
/// gives come from `bytes`, what its sidecar says from what follows the first byte of 255.
/// With it the outputs of its trial run.
pub fn contract(bytes: &[u8]) -> Result<(Contract, Vec<ArrayD<f32>>)> {
    let end = bytes.iter().position(|b| *b == 0xff);
    let (shapes, json) = bytes.split_at(end.unwrap_or(bytes.len()));
    let told: Vec<Told> = sidecar(json.get(1..).unwrap_or_default())
        .into_iter()
        .collect();
    let mut dice = Dice(shapes.iter());
    let input = dice.tensor("image", 4);
    let count = 1 + dice.below(4);
    let infos: Vec<TensorInfo> = (0..count).map(|i| dice.tensor(OUTPUTS[i], 5)).collect();
    let outputs: Vec<ArrayD<f32>> = infos.iter().map(|info| dice.values(&info.shape)).collect();
    let file = ModelFile::without_session("made-up.onnx".into(), vec![input], infos)?;
    let (contract, trial) = Contract::resolve_with(&file, &told, |_| {
        Ok(Trial {
            outputs,
            bytes: None,
        })
    })?;
    Ok((contract, trial.outputs))
}

const OUTPUTS: [&str; 4] = ["scores", "boxes", "labels", "aux"];

/// Lengths that mean something somewhere, and some that do not; −1 is a free one.
const LENGTHS: [i64; 24] = [
    -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 21, 32, 36, 38, 64, 84, 100, 128, 256, 300, 512, 1344,
];

/// Numbers that networks give, and some that they should not.
const NUMBERS: [f32; 16] = [
    0.0,
    1.0,
    0.5,
    -0.0,
    0.25,
    0.9,
    -3.0,
    7.0,
    64.0,
    -1.0e30,
    3.0e38,
    1.0e-40,
    f32::NAN,
    f32::INFINITY,
    f32::NEG_INFINITY,
    255.0,
];

/// More numbers than this in one output would only take time.
const MOST_VALUES: usize = 1 << 16;

/// Choices made by bytes; zeros when they have run out.
struct Dice<'a>(std::slice::Iter<'a, u8>);

impl Dice<'_> {
    fn below(&mut self, count: usize) -> usize {
        usize::from(self.0.next().copied().unwrap_or(0)) % count
    }

    fn tensor(&mut self, name: &str, most: usize) -> TensorInfo {
        let element = [
            ElementType::Float32,
            ElementType::Float16,
            ElementType::Uint8,
            ElementType::Int64,
            ElementType::Other,
        ][self.below(5)];
        let rank = most - self.below(most + 1);
        TensorInfo {
            name: name.into(),
            element,
            shape: (0..rank)
                .map(|_| LENGTHS[self.below(LENGTHS.len())])
                .collect(),
        }
    }

    /// An output of a declared shape, free lengths chosen anew.
    fn values(&mut self, shape: &[i64]) -> ArrayD<f32> {
        let mut left = MOST_VALUES;
        let lengths: Vec<usize> = shape
            .iter()
            .map(|declared| {
                let length = match declared {
                    -1 => LENGTHS[1 + self.below(LENGTHS.len() - 1)],
                    length => *length,
                };
                let length = usize::try_from(length).unwrap_or(0).min(left);
                left /= length.max(1);
                length
            })
            .collect();
        let few: Vec<f32> = (0..8).map(|_| NUMBERS[self.below(NUMBERS.len())]).collect();
        let count: usize = lengths.iter().product();
        // No period of the shape's own.
        let values = (0..count).map(|i| few[(i + i / 13) % few.len()]).collect();
        ArrayD::from_shape_vec(IxDyn(&lengths), values).unwrap_or_default()
    }
}
