//! How sure a number is: intervals of groups that are drawn again and again.
//!
//! What lies in one group (a flight, a scene) is not independent, so whole groups are drawn, with
//! replacement, as many as there are (the cluster bootstrap; Davison & Hinkley 1997, section 3.8).
//! A number of a resample is computed with its weights: how often each group was drawn.

use crate::evaluate::report::schema::Measured;

/// Draws of all groups with replacement, the same for the same seed.
#[derive(Debug, Clone)]
pub struct Resamples {
    groups: usize,
    /// `[resample, group]`; nothing where there are fewer than two groups.
    weights: Vec<f64>,
}

impl Resamples {
    /// Draws `count` resamples of `groups` groups.
    #[must_use]
    pub fn new(groups: usize, count: usize, seed: u64) -> Self {
        if groups < 2 {
            // One group drawn once is no other sample.
            let weights = Vec::new();
            return Self { groups, weights };
        }
        let mut random = fastrand::Rng::with_seed(seed);
        let mut weights = vec![0.0; groups * count];
        for resample in weights.chunks_exact_mut(groups) {
            for _ in 0..groups {
                resample[random.usize(..groups)] += 1.0;
            }
        }
        Self { groups, weights }
    }

    /// Whether there are enough groups for a difference to be sure: with five, all of them are in
    /// favour of one of two equal models once in sixteen times, with six once in thirty-two, which
    /// is below one in twenty.
    #[must_use]
    pub fn can_tell(&self) -> bool {
        self.groups >= 6
    }

    /// The resamples: how often each group was drawn. None where there are fewer than two
    /// groups.
    pub fn weights(&self) -> impl Iterator<Item = &[f64]> {
        self.weights.chunks_exact(self.groups.max(1))
    }

    /// A number on the whole (`of(None)`) with its 95 % interval over the resamples.
    ///
    /// There is no interval with fewer than two groups, without a number on the whole, where more
    /// than half the resamples give none, or where all give the same: what never varied here may
    /// well elsewhere. A number that is not finite is none.
    pub fn measure(&self, of: impl Fn(Option<&[f64]>) -> Option<f64>) -> Measured {
        let drawn = self.weights().map(|weights| of(Some(weights))).collect();
        Self::measured(of(None), drawn).where_it_varies()
    }

    /// As [`Resamples::measure`], for several numbers of one computation, always as many.
    pub fn measure_each(&self, of: impl Fn(Option<&[f64]>) -> Vec<Option<f64>>) -> Vec<Measured> {
        let drawn: Vec<_> = self.weights().map(|weights| of(Some(weights))).collect();
        let measured = |(index, whole)| {
            let values = drawn.iter().map(|values: &Vec<_>| values[index]).collect();
            Self::measured(whole, values)
        };
        let all = of(None).into_iter().enumerate().map(measured);
        all.map(Measured::where_it_varies).collect()
    }

    /// The second number less the first, each on the same resamples, with the interval of the
    /// difference.
    pub fn difference(
        &self,
        first: impl Fn(Option<&[f64]>) -> Option<f64>,
        second: impl Fn(Option<&[f64]>) -> Option<f64>,
    ) -> Measured {
        let of = |weights| Some(second(weights)? - first(weights)?);
        let drawn = self.weights().map(|weights| of(Some(weights))).collect();
        // What every resample agrees on is as sure as it gets.
        Self::measured(of(None), drawn)
    }

    fn measured(whole: Option<f64>, drawn: Vec<Option<f64>>) -> Measured {
        let finite = |value: &f64| value.is_finite();
        let value = whole.filter(finite);
        let count = drawn.len();
        let mut given: Vec<f64> = drawn.into_iter().flatten().filter(finite).collect();
        let enough = value.is_some() && !given.is_empty() && 2 * given.len() >= count;
        let interval = enough.then(|| interval(&mut given));
        Measured {
            value,
            low: interval.map(|(low, _)| low),
            high: interval.map(|(_, high)| high),
        }
    }
}

impl Measured {
    /// Without an interval that has no width.
    fn where_it_varies(self) -> Self {
        let bits = |end: Option<f64>| end.map(f64::to_bits);
        if bits(self.low) == bits(self.high) {
            return Self {
                value: self.value,
                ..Self::default()
            };
        }
        self
    }
}

/// The 2.5th and the 97.5th percentile, straight between the two nearest values (numpy's
/// default, type 7 of Hyndman & Fan 1996). Sorts `values`; NaN where there are none.
#[must_use]
pub fn interval(values: &mut [f64]) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    // 1/40 and 39/40 of the way from the first value to the last.
    (fortieths(values, 1), fortieths(values, 39))
}

/// The value at `part` fortieths of the way through sorted values.
fn fortieths(sorted: &[f64], part: usize) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let low = sorted[last * part / 40];
    let high = sorted[(last * part).div_ceil(40)];
    low + (high - low) * super::to_f64(last * part % 40) / 40.0
}

#[cfg(test)]
mod tests {
    use super::super::golden::{close, read};
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Golden {
        resamples: usize,
        first: Vec<f64>,
        second: Vec<f64>,
        area: Vec<f64>,
        ratio: [f64; 3],
        difference: [f64; 3],
        percentiles: Vec<Percentiles>,
    }

    #[derive(Deserialize)]
    struct Percentiles {
        values: Vec<f64>,
        low: f64,
        high: f64,
    }

    fn golden() -> Golden {
        read(include_str!("../../../tests/golden/metrics/bootstrap.json"))
    }

    fn ratio(over: &[f64], under: &[f64], weights: Option<&[f64]>) -> Option<f64> {
        let sum = |values: &[f64]| -> f64 {
            let weighted = |(group, value)| super::super::weight(weights, group) * value;
            values.iter().enumerate().map(weighted).sum()
        };
        (sum(under) > 0.0).then(|| sum(over) / sum(under))
    }

    fn near(measured: Measured, wanted: [f64; 3]) {
        let [value, low, high] = wanted;
        close(measured.value.unwrap(), value, 1e-12);
        // Two draws of 20,000 differ in their percentiles by about half a percent of the width.
        close(measured.low.unwrap(), low, 0.02 * (high - low));
        close(measured.high.unwrap(), high, 0.02 * (high - low));
    }

    #[test]
    fn intervals_are_those_of_scipy() {
        let golden = golden();
        let resamples = Resamples::new(golden.area.len(), golden.resamples, 7);
        let first = |weights: Option<&[f64]>| ratio(&golden.first, &golden.area, weights);
        let second = |weights: Option<&[f64]>| ratio(&golden.second, &golden.area, weights);
        near(resamples.measure(first), golden.ratio);
        near(resamples.difference(first, second), golden.difference);
    }

    #[test]
    fn percentiles_are_those_of_numpy() {
        for mut case in golden().percentiles {
            let (low, high) = interval(&mut case.values);
            close(low, case.low, 1e-12);
            close(high, case.high, 1e-12);
        }
        assert!(interval(&mut []).0.is_nan());
    }

    #[test]
    fn a_seed_gives_the_same_resamples_and_all_groups_are_drawn() {
        let first = Resamples::new(5, 300, 1);
        assert_eq!(first.weights, Resamples::new(5, 300, 1).weights);
        assert_ne!(first.weights, Resamples::new(5, 300, 2).weights);
        assert_eq!(first.weights().count(), 300);
        for weights in first.weights() {
            close(weights.iter().sum(), 5.0, 0.0);
        }
        for group in 0..5 {
            let drawn: f64 = first.weights().map(|weights| weights[group]).sum();
            close(drawn / 300.0, 1.0, 0.2);
        }
    }

    #[test]
    fn the_draws_of_a_seed_stay_what_they_are() {
        // A report names its seed; another version of the generator must not change its figures
        // unnoticed.
        let resamples = Resamples::new(4, 3, 42);
        let drawn: Vec<&[f64]> = resamples.weights().collect();
        assert_eq!(
            drawn,
            [
                [1.0, 1.0, 0.0, 2.0],
                [0.0, 2.0, 1.0, 1.0],
                [1.0, 1.0, 1.0, 1.0]
            ]
        );
    }

    #[test]
    fn too_little_to_go_by_has_no_interval() {
        let none = Measured {
            value: Some(3.0),
            low: None,
            high: None,
        };
        for groups in [0, 1] {
            assert_eq!(Resamples::new(groups, 100, 1).measure(|_| Some(3.0)), none);
        }
        // Group 0 is in about 64 % of the resamples of three groups, in 30 % more than once.
        let resamples = Resamples::new(3, 1000, 1);
        let at_least = |least: f64| {
            resamples.measure(|weights| match weights {
                Some(weights) => (weights[0] >= least).then_some(weights[0]),
                None => Some(3.0),
            })
        };
        assert_eq!(at_least(1.0).low, Some(1.0));
        assert_eq!(at_least(2.0), none);
        assert_eq!(resamples.measure(|_| Some(3.0)), none);
        assert!(!resamples.can_tell() && Resamples::new(6, 1, 1).can_tell());
        assert_eq!(resamples.measure(|_| None), Measured::default());
        assert_eq!(resamples.measure(|_| Some(f64::NAN)), Measured::default());
        assert_eq!(Resamples::new(3, 0, 1).measure(|_| Some(3.0)), none);
    }

    #[test]
    fn several_numbers_of_one_computation_are_as_one_at_a_time() {
        let golden = golden();
        let resamples = Resamples::new(golden.area.len(), 200, 3);
        let first = |weights: Option<&[f64]>| ratio(&golden.first, &golden.area, weights);
        let second = |weights: Option<&[f64]>| ratio(&golden.second, &golden.area, weights);
        let both = resamples.measure_each(|weights| vec![first(weights), second(weights)]);
        assert_eq!(both, [resamples.measure(first), resamples.measure(second)]);
    }
}
