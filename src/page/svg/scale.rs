//! Axes: from numbers to shares of an axis, and the ticks that people read them by.

use crate::georef::round_to_u32;
use crate::page::numbers::fixed;

/// The share of a logarithmic axis that is kept for zero.
const ROOM_FOR_ZERO: f64 = 0.07;

/// Decades that an axis has at most; what is below stands at its beginning.
const MOST_DECADES: f64 = 8.0;

/// How numbers lie along an axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Scale {
    /// Equal steps for equal differences.
    Linear {
        /// The number at the beginning.
        from: f64,
        /// The number at the end.
        to: f64,
        /// Between ticks.
        step: f64,
    },
    /// Equal steps for equal ratios.
    Log {
        /// The decimal exponent at the beginning, whole.
        from: f64,
        /// The one at the end.
        to: f64,
        /// Whether zero has a place of its own before the beginning.
        zero: bool,
    },
}

/// A place that is named on an axis.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    /// Where, as a share of the axis.
    pub(crate) at: f64,
    /// What stands there; empty for a line without a name.
    pub(crate) label: String,
}

impl Scale {
    /// From 0 to 1.
    pub(crate) const SHARE: Self = Self::Linear {
        from: 0.0,
        to: 1.0,
        step: 0.2,
    };

    /// A linear axis with round ends around all these numbers.
    pub(crate) fn linear(numbers: impl IntoIterator<Item = f64>) -> Self {
        let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
        for number in numbers.into_iter().filter(|n| n.is_finite()) {
            least = least.min(number);
            most = most.max(number);
        }
        if least > most {
            return Self::SHARE;
        }
        let span = most - least;
        // All equal, or apart by less than what floats can tell.
        if !span.is_finite() || span <= most.abs().max(least.abs()) * 1e-9 {
            (least, most) = (least.min(0.0), most.max(least.min(0.0) + 1.0));
        }
        let rough = (most / 5.0 - least / 5.0).max(f64::MIN_POSITIVE * 1e20);
        let decade = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0, 10.0]
            .into_iter()
            .map(|factor| factor * decade)
            .find(|step| *step >= rough * 0.999)
            .unwrap_or(decade * 10.0);
        let (from, to) = ((least / step).floor() * step, (most / step).ceil() * step);
        if from.is_finite() && to.is_finite() && step > 0.0 && from < to {
            Self::Linear { from, to, step }
        } else {
            Self::SHARE
        }
    }

    /// A logarithmic axis of whole decades around all these numbers; with a place for zero
    /// where there is one.
    pub(crate) fn log(numbers: impl IntoIterator<Item = f64>) -> Self {
        let (mut least, mut most, mut zero) = (f64::INFINITY, f64::NEG_INFINITY, false);
        for number in numbers.into_iter().filter(|n| n.is_finite()) {
            if number > 0.0 {
                least = least.min(number.log10());
                most = most.max(number.log10());
            } else {
                zero = true;
            }
        }
        if least > most {
            (least, most) = (0.0, 1.0);
        }
        // A number that is a whole decade but for its last digit does not open another.
        let (from, to) = ((least + 1e-9).floor(), (most - 1e-9).ceil());
        let to = to.max(from + 1.0);
        Self::Log {
            from: from.max(to - MOST_DECADES),
            to,
            zero,
        }
    }

    /// Where a number lies, as a share of the axis; at its ends what is beyond them. `None`
    /// where it is no number.
    pub(crate) fn place(self, number: f64) -> Option<f64> {
        if !number.is_finite() {
            return None;
        }
        Some(match self {
            Self::Linear { from, to, .. } => ((number - from) / (to - from)).clamp(0.0, 1.0),
            Self::Log { .. } if number <= 0.0 => 0.0,
            Self::Log { from, to, zero } => {
                let lead = if zero { ROOM_FOR_ZERO } else { 0.0 };
                let share = ((number.log10() - from) / (to - from)).clamp(0.0, 1.0);
                lead + (1.0 - lead) * share
            }
        })
    }

    /// The named places, in order.
    pub(crate) fn ticks(self) -> Vec<Tick> {
        match self {
            Self::Linear { from, to, step } => {
                let decimals = decimals_of(step);
                let count = round_to_u32((to - from) / step).min(20);
                (0..=count)
                    .map(|index| {
                        let number = from + step * f64::from(index);
                        Tick {
                            at: self.place(number).unwrap_or(0.0),
                            label: fixed(Some(number), decimals),
                        }
                    })
                    .collect()
            }
            Self::Log { from, to, zero } => {
                let mut ticks = Vec::new();
                if zero {
                    ticks.push(Tick {
                        at: 0.0,
                        label: "0".into(),
                    });
                }
                for index in 0..=round_to_u32(to - from) {
                    let exponent = from + f64::from(index);
                    let number = 10_f64.powf(exponent);
                    let decimals = usize::try_from(round_to_u32(-exponent)).unwrap_or(0);
                    ticks.push(Tick {
                        at: self.place(number).unwrap_or(0.0),
                        label: power_label(number, exponent, decimals),
                    });
                }
                ticks
            }
        }
    }

    /// Places between the named ones, as shares: the twos to nines of each decade.
    pub(crate) fn minor(self) -> Vec<f64> {
        let Self::Log { from, to, .. } = self else {
            return Vec::new();
        };
        (0..round_to_u32(to - from))
            .flat_map(|index| {
                let decade = 10_f64.powf(from + f64::from(index));
                (2..10).filter_map(move |factor| self.place(decade * f64::from(factor)))
            })
            .collect()
    }

    /// Where zero's own place ends, as a share.
    pub(crate) fn after_zero(self) -> Option<f64> {
        matches!(self, Self::Log { zero: true, .. }).then_some(ROOM_FOR_ZERO)
    }
}

/// Long numbers are written as powers: they would run into one another.
fn power_label(number: f64, exponent: f64, decimals: usize) -> String {
    if (-4.0..=6.0).contains(&exponent) {
        return fixed(Some(number), decimals);
    }
    let digits = format!("{exponent:.0}");
    let raised = digits.chars().map(|digit| match digit {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '0'..='9' => char::from_u32(u32::from(digit) - u32::from('0') + 0x2070).unwrap_or(digit),
        other => other,
    });
    format!("10{}", raised.collect::<String>())
}

/// Decimals that tell multiples of a step apart.
fn decimals_of(step: f64) -> usize {
    (0..6)
        .find(|decimals| {
            let scaled = step * 10_f64.powi(*decimals);
            (scaled - scaled.round()).abs() < 1e-6 * scaled.abs().max(1e-3)
        })
        .and_then(|decimals| usize::try_from(decimals).ok())
        .unwrap_or(6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: Scale) -> Vec<String> {
        scale.ticks().into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn linear_axes_are_round() {
        assert_eq!(
            labels(Scale::SHARE),
            ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
        );
        let speed = Scale::linear([0.0, 37.2]);
        assert_eq!(labels(speed), ["0", "10", "20", "30", "40"]);
        assert_eq!(speed.place(20.0), Some(0.5));
        let signed = labels(Scale::linear([-0.03, 0.06]));
        assert_eq!(signed, ["−0.04", "−0.02", "0.00", "0.02", "0.04", "0.06"]);
        let large = labels(Scale::linear([0.0, 12_000.0]));
        assert_eq!(large.last().unwrap(), "12,500");
    }

    #[test]
    fn logarithmic_axes_have_whole_decades_and_a_place_for_zero() {
        let scale = Scale::log([0.2, 10.0, 100.0]);
        assert_eq!(labels(scale), ["0.1", "1", "10", "100"]);
        assert_eq!(scale.minor().len(), 3 * 8);
        assert_eq!(scale.place(0.0), Some(0.0));
        let zero = Scale::log([0.0, 1.0, 1000.0]);
        assert_eq!(labels(zero), ["0", "1", "10", "100", "1,000"]);
        assert!(zero.place(0.0) < zero.place(1e-9));
        assert_eq!(zero.place(1000.0), Some(1.0));
        assert_eq!(labels(Scale::log([1e7])), ["10⁷", "10⁸"]);
        assert!(labels(Scale::log([1e-300, 1e300])).len() < 10);
    }

    #[test]
    fn whatever_comes_gives_an_axis() {
        let odd = [
            vec![],
            vec![f64::NAN],
            vec![0.0],
            vec![5.0, 5.0],
            vec![-3.0],
            vec![f64::MAX, f64::MIN],
            vec![f64::MIN_POSITIVE],
            vec![1e300, 1e300],
        ];
        for numbers in odd {
            for scale in [
                Scale::linear(numbers.iter().copied()),
                Scale::log(numbers.iter().copied()),
            ] {
                let ticks = scale.ticks();
                assert!((2..=21).contains(&ticks.len()), "{numbers:?} {scale:?}");
                assert!(ticks.iter().all(|t| (0.0..=1.0).contains(&t.at)));
                assert_eq!(scale.place(f64::NAN), None);
                for number in &numbers {
                    let place = scale.place(*number);
                    assert!(place.is_none_or(|p| (0.0..=1.0).contains(&p)));
                }
            }
        }
    }
}
