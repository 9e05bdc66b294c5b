//! What turns a model's raw outputs into probabilities.

use serde::{Deserialize, Serialize};

/// The function applied over the class axis of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// Outputs are logits of exclusive classes.
    Softmax,
    /// Outputs are logits of independent classes.
    Sigmoid,
    /// Outputs are probabilities already.
    None,
}

impl Activation {
    /// Turns the values of one cell into probabilities, in place.
    pub fn apply(self, values: &mut [f32]) {
        match self {
            Self::Softmax => {
                let max = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let mut sum = 0.0;
                for v in values.iter_mut() {
                    *v = (*v - max).exp();
                    sum += *v;
                }
                for v in values.iter_mut() {
                    *v /= sum;
                }
            }
            Self::Sigmoid => {
                for v in values.iter_mut() {
                    *v = 1.0 / (1.0 + (-*v).exp());
                }
            }
            Self::None => {}
        }
    }
}

impl std::fmt::Display for Activation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Softmax => "softmax",
            Self::Sigmoid => "sigmoid",
            Self::None => "none",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn softmax_sums_to_one_and_survives_large_logits() {
        let mut v = [1000.0, 999.0, -1000.0];
        Activation::Softmax.apply(&mut v);
        assert!((v.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert!((v[0] - 0.731_058_6).abs() < 1e-6, "{v:?}");
    }
}
