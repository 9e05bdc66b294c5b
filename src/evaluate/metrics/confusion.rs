//! Right and wrong answers counted, and the shares that follow from them.

use std::ops::Add;

/// What was rightly found, wrongly found and missed: pixels, tiles or sites, of one class.
/// Weighted counts need not be whole.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Confusion {
    /// Found and there.
    pub true_positive: f64,
    /// Found and not there.
    pub false_positive: f64,
    /// There and not found.
    pub false_negative: f64,
}

impl Add for Confusion {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            true_positive: self.true_positive + other.true_positive,
            false_positive: self.false_positive + other.false_positive,
            false_negative: self.false_negative + other.false_negative,
        }
    }
}

impl Confusion {
    /// The sum over groups, each as often as its weight says; `None` is once each.
    ///
    /// # Panics
    ///
    /// Where a group has no weight.
    #[must_use]
    pub fn sum(of_groups: &[Self], weights: Option<&[f64]>) -> Self {
        let mut sum = Self::default();
        for (group, counts) in of_groups.iter().enumerate() {
            sum = sum + counts.times(super::weight(weights, group));
        }
        sum
    }

    /// The share of what was found that is there; `None` where nothing was found.
    #[must_use]
    pub fn precision(&self) -> Option<f64> {
        share(self.true_positive, self.true_positive + self.false_positive)
    }

    /// The share of what is there that was found; `None` where nothing is there.
    #[must_use]
    pub fn recall(&self) -> Option<f64> {
        share(self.true_positive, self.true_positive + self.false_negative)
    }

    /// The harmonic mean of precision and recall, which is Dice's coefficient; `None` where
    /// nothing was found and nothing is there.
    #[must_use]
    pub fn f1(&self) -> Option<f64> {
        let twice = 2.0 * self.true_positive;
        share(twice, twice + self.false_positive + self.false_negative)
    }

    /// Intersection over union, which is Jaccard's index; `None` where nothing was found and
    /// nothing is there.
    #[must_use]
    pub fn iou(&self) -> Option<f64> {
        let union = self.true_positive + self.false_positive + self.false_negative;
        share(self.true_positive, union)
    }

    fn times(self, weight: f64) -> Self {
        Self {
            true_positive: self.true_positive * weight,
            false_positive: self.false_positive * weight,
            false_negative: self.false_negative * weight,
        }
    }
}

fn share(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts(true_positive: f64, false_positive: f64, false_negative: f64) -> Confusion {
        Confusion {
            true_positive,
            false_positive,
            false_negative,
        }
    }

    #[test]
    fn shares_follow_from_counts() {
        let some = counts(6.0, 2.0, 4.0);
        assert_eq!(some.precision(), Some(0.75));
        assert_eq!(some.recall(), Some(0.6));
        assert_eq!(some.f1(), Some(12.0 / 18.0));
        assert_eq!(some.iou(), Some(0.5));
    }

    #[test]
    fn what_would_divide_by_zero_is_nothing() {
        let nothing = Confusion::default();
        assert_eq!(nothing.precision(), None);
        assert_eq!(nothing.recall(), None);
        assert_eq!(nothing.f1(), None);
        assert_eq!(nothing.iou(), None);
        let missed = counts(0.0, 0.0, 3.0);
        assert_eq!(missed.precision(), None);
        assert_eq!(missed.recall(), Some(0.0));
        assert_eq!(missed.f1(), Some(0.0));
        assert_eq!(missed.iou(), Some(0.0));
    }

    #[test]
    fn groups_count_as_often_as_their_weight() {
        let groups = [counts(1.0, 2.0, 3.0), counts(10.0, 20.0, 30.0)];
        assert_eq!(groups[0] + groups[1], counts(11.0, 22.0, 33.0));
        assert_eq!(Confusion::sum(&groups, None), counts(11.0, 22.0, 33.0));
        assert_eq!(
            Confusion::sum(&groups, Some(&[3.0, 0.0])),
            counts(3.0, 6.0, 9.0)
        );
        assert_eq!(Confusion::sum(&[], Some(&[])), Confusion::default());
    }

    proptest! {
        #[test]
        fn weights_of_one_change_nothing_and_shares_agree(
            groups in prop::collection::vec((0u16..500, 0u16..500, 0u16..500), 1..9),
        ) {
            let groups: Vec<Confusion> = groups
                .into_iter()
                .map(|(a, b, c)| counts(a.into(), b.into(), c.into()))
                .collect();
            let sum = Confusion::sum(&groups, None);
            prop_assert_eq!(sum, Confusion::sum(&groups, Some(&vec![1.0; groups.len()])));
            if let (Some(f1), Some(iou)) = (sum.f1(), sum.iou()) {
                prop_assert!((f1 - 2.0 * iou / (1.0 + iou)).abs() < 1e-12);
            }
        }
    }
}
