//! Source pixel values to the numbers a model was trained on.

use serde::Serialize;

/// The scaling of one band: `clamp(value, low, high) · factor + offset`. Every
/// chain of the STAC MLM operations min-max, z-score, clip, offset and scale
/// folds into this form.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BandScaling {
    /// Values below are raised to it.
    pub low: f32,
    /// Values above are lowered to it.
    pub high: f32,
    /// Multiplied with the clamped value.
    pub factor: f32,
    /// Added at the end.
    pub offset: f32,
}

impl BandScaling {
    /// Leaves values as they are.
    pub const IDENTITY: Self = Self {
        low: f32::NEG_INFINITY,
        high: f32::INFINITY,
        factor: 1.0,
        offset: 0.0,
    };

    /// 0–255 to 0–1.
    pub const EIGHT_BIT: Self = Self {
        factor: 1.0 / 255.0,
        ..Self::IDENTITY
    };

    /// This scaling followed by `value · factor + offset`.
    #[must_use]
    pub fn then_affine(self, factor: f32, offset: f32) -> Self {
        Self {
            factor: self.factor * factor,
            offset: self.offset * factor + offset,
            ..self
        }
    }

    /// This scaling followed by a clamp of its result.
    #[must_use]
    pub fn then_clamp(self, low: f32, high: f32) -> Self {
        let back = |v: f32| (v - self.offset) / self.factor;
        let (a, b) = (back(low), back(high));
        let (a, b) = if a <= b { (a, b) } else { (b, a) };
        Self {
            low: self.low.max(a),
            high: self.high.min(b),
            ..self
        }
    }

    /// First stretches `range` to 0–255 with a clamp, then applies this scaling.
    #[must_use]
    pub fn after_stretch(self, range: ValueRange) -> Self {
        // A scene of one value has nothing to stretch.
        let width = if range.high > range.low {
            range.high - range.low
        } else {
            1.0
        };
        let stretch = Self {
            low: range.low,
            high: range.high,
            factor: 255.0 / width,
            offset: -range.low * 255.0 / width,
        };
        stretch
            .then_clamp(self.low, self.high)
            .then_affine(self.factor, self.offset)
    }

    /// The scaled value.
    #[inline]
    #[must_use]
    pub fn apply(&self, value: f32) -> f32 {
        value.max(self.low).min(self.high) * self.factor + self.offset
    }

    /// Whether it was made for values of 0–255: it maps 0–255 into a small range
    /// and does not expect anything far outside.
    #[must_use]
    pub fn expects_eight_bit(&self) -> bool {
        let span = (255.0 * self.factor).abs();
        (0.5..=20.0).contains(&span)
    }
}

impl std::fmt::Display for BandScaling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.low.is_finite() || self.high.is_finite() {
            write!(f, "clamp({}, {}) ", self.low, self.high)?;
        }
        write!(f, "× {} + {}", self.factor, self.offset)
    }
}

/// A range of source values, of a scene.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ValueRange {
    /// The lower end.
    pub low: f32,
    /// The upper end.
    pub high: f32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn imagenet_normalisation_folds_into_one_step() {
        let s = BandScaling::EIGHT_BIT.then_affine(1.0 / 0.229, -0.485 / 0.229);
        assert!((s.apply(255.0) - (1.0 - 0.485) / 0.229).abs() < 1e-6);
        assert!(s.expects_eight_bit());
        assert!(
            !BandScaling::IDENTITY
                .then_affine(1e-4, 0.0)
                .expects_eight_bit()
        );
    }

    proptest! {
        #[test]
        fn clamp_after_affine_equals_doing_it_in_turn(
            v in -500.0..500.0f32, f in 0.01..5.0f32, o in -5.0..5.0f32,
            lo in -3.0..0.0f32, hi in 0.0..3.0f32,
        ) {
            let s = BandScaling::IDENTITY.then_affine(f, o).then_clamp(lo, hi);
            prop_assert!((s.apply(v) - (v * f + o).clamp(lo, hi)).abs() < 1e-3);
        }

        #[test]
        fn stretch_comes_before_the_models_own_scaling(v in 0.0..70_000.0f32) {
            let range = ValueRange { low: 1_000.0, high: 9_000.0 };
            let s = BandScaling::EIGHT_BIT.after_stretch(range);
            let expected = ((v - 1_000.0) / 8_000.0).clamp(0.0, 1.0);
            prop_assert!((s.apply(v) - expected).abs() < 1e-5);
        }
    }
}
