//! A trial run: what a model really gives, before hours are spent on it.

use super::Input;
use crate::memory;
use crate::model::ModelFile;
use crate::{Error, Result};
use ndarray::{ArrayD, ArrayView4, ArrayViewD};

/// What runs come to, by what the first took: memory that was freed before serves the first again,
/// and the arena of ONNX Runtime grows once more at the second.
const GROWTH: u64 = 2;

/// The outputs of one run on a fixed pattern.
pub(in crate::model) struct Trial {
    pub(in crate::model) outputs: Vec<ArrayD<f32>>,
    /// How much resident memory a session may come to, in bytes; `None` where the system does not
    /// tell.
    pub(in crate::model) bytes: Option<u64>,
}

impl Trial {
    /// Runs the model once on noise of 0–255, scaled as images are.
    pub(super) fn run(file: &ModelFile, input: &Input) -> Result<Self> {
        let shape = input.shape(input.fixed_batch.unwrap_or(1));
        let pixels = shape.iter().product::<usize>() / input.channels.max(1);
        let mut state = 0x2545_f491_u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f32::from(u16::try_from(state >> 16).unwrap_or(0)) * (255.0 / 65_535.0)
        };
        let mut values = vec![0.0; pixels * input.channels];
        let last = matches!(input.layout, super::InputLayout::Nhwc);
        let plane = pixels / shape[0].max(1);
        for (index, value) in values.iter_mut().enumerate() {
            let band = if last { index } else { index / plane } % input.channels;
            *value = input.scaling[band].apply(noise());
        }
        let tensor =
            ArrayView4::from_shape(shape, &values).map_err(|e| Error::Internal(e.to_string()))?;
        let before = memory::resident();
        let mut session = file.session()?;
        let outputs: Vec<ArrayD<f32>> = session.run(&tensor, |outputs| {
            Ok(outputs.iter().map(ArrayViewD::to_owned).collect())
        })?;
        if outputs.iter().all(ArrayD::is_empty) {
            return Err(Error::Model {
                path: file.path.clone(),
                problem: "gives no output of numbers".into(),
                hint: "export it with float32 outputs".into(),
            });
        }
        // What a session took for its tensors it keeps for the next.
        let ran = memory::grown_since(before);
        let bytes = ran.and_then(|ran| Some(GROWTH * ran + file.load_bytes?));
        Ok(Self { outputs, bytes })
    }

    pub(super) fn views(&self) -> Vec<ArrayViewD<'_, f32>> {
        self.outputs.iter().map(|o| o.view()).collect()
    }

    pub(super) fn shapes(&self) -> Vec<Vec<i64>> {
        let whole = |n: &usize| i64::try_from(*n).unwrap_or(i64::MAX);
        self.outputs
            .iter()
            .map(|o| o.shape().iter().map(whole).collect())
            .collect()
    }

    pub(super) fn shapes_text(&self) -> String {
        let texts: Vec<String> = self
            .outputs
            .iter()
            .map(|o| format!("{:?}", o.shape()))
            .collect();
        texts.join(" and ")
    }
}
