//! A trial run, to learn what a model's outputs are when nothing tells.

use super::{Activation, Contract, ModelFile};
use crate::{Error, Result};
use ndarray::ArrayView4;

impl Contract {
    /// Runs the model once on a fixed pattern to see whether it gives
    /// probabilities or logits.
    pub(super) fn probe_activation(&self, file: &ModelFile) -> Result<Activation> {
        let (rows, cols) = self
            .fixed_size
            .map_or((self.tile_size, self.tile_size), |s| s);
        let shape = self.input_shape(self.fixed_batch.unwrap_or(1), rows as usize, cols as usize);
        let mut state = 0x2545_f491_u32;
        let values: Vec<f32> = (0..shape.iter().product::<usize>())
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                f32::from(u16::try_from(state >> 16).unwrap_or(0)) / 65_535.0
            })
            .collect();
        let input =
            ArrayView4::from_shape(shape, &values).map_err(|e| Error::Internal(e.to_string()))?;
        file.session()?.run(&input, |outputs| {
            let Some(output) = outputs.first() else {
                return Err(Error::Model {
                    path: file.path.clone(),
                    problem: "gives no float output".into(),
                    hint: "export it with float32 outputs".into(),
                });
            };
            let unit = output.iter().all(|v| (-1e-6..=1.000_001).contains(v));
            if self.single_channel || output.ndim() < 2 {
                return Ok(if unit {
                    Activation::None
                } else {
                    Activation::Sigmoid
                });
            }
            Ok(if unit {
                Activation::None
            } else {
                Activation::Softmax
            })
        })
    }
}
