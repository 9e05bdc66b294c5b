//! Scores of cells, and the rule that turns scores into labels.

use super::super::Head;
use crate::georef::round_to_u16;
use std::ops::Range;

/// Full scale of a quantised probability. Sums of quantised values are exact, so
/// they do not depend on the order of summing.
pub(super) const FULL: f32 = 65_535.0;

/// A probability in 1/65535. Thresholds are asked of it, and of themselves in the same steps, so
/// that what is kept of a score decides as the score itself did.
#[inline]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the conversion keeps within the type; NaN becomes 0"
)]
pub(crate) fn code(probability: f32) -> u16 {
    (probability * FULL + 0.5) as u16
}

/// Labels and quantised class probabilities of a block of cells.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct CellScores {
    /// Cells in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// For each layer the class index of each cell, row-major; 0 stands for nothing, class
    /// `k` is stored as `k + 1`.
    pub layers: Vec<Vec<u8>>,
    /// Probability · 65535, `[class, row, col]`; only set where a cell is labelled
    /// unless all were asked for.
    pub planes: Vec<u16>,
    /// Number of cells whose scores were not numbers.
    pub not_numbers: u64,
}

impl CellScores {
    /// `width` by `height` cells of `classes` classes, all empty, with a label for each of
    /// `layers`.
    pub(super) fn empty(width: usize, height: usize, classes: usize, layers: usize) -> Self {
        Self {
            width,
            height,
            layers: vec![vec![0; width * height]; layers],
            planes: vec![0; width * height * classes],
            not_numbers: 0,
        }
    }

    /// Stores one cell's probabilities of the classes of one head, and its labels by
    /// `rule`.
    #[inline]
    pub(super) fn set(
        &mut self,
        cell: usize,
        head: &Range<usize>,
        probabilities: &[f32],
        rule: &LabelRule,
        keep: bool,
    ) {
        if probabilities.iter().any(|p| p.is_nan()) {
            self.not_numbers += 1;
            return;
        }
        let mut keep = keep;
        for (layer, classes) in rule.layers.iter().enumerate() {
            if head.start <= classes.start && classes.end <= head.end {
                let label = rule.label(head.start, probabilities, classes.clone());
                self.layers[layer][cell] = label;
                keep |= label != 0;
            }
        }
        if keep {
            let cells = self.width * self.height;
            for (k, p) in head.clone().zip(probabilities) {
                self.planes[k * cells + cell] = code(*p);
            }
        }
    }
}

/// What a class's score must be for a label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pass {
    /// The highest of all classes of its head, background included.
    Highest,
    /// At least this.
    AtLeast(f32),
    /// The highest, and at least this.
    HighestAtLeast(f32),
}

/// How a score vector becomes labels.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelRule {
    /// By class: what its score must be for a cell to be part of a site.
    pub passes: Vec<Pass>,
    /// By class: the least score that makes a site; 0 where every label does. With a lower
    /// pass, which only extends its outline, this is hysteresis thresholding (Canny 1986).
    pub peaks: Vec<f32>,
    /// By class: whether it may be a label.
    pub wanted: Vec<bool>,
    /// Classes of which a cell gets one label, in ranges.
    pub layers: Vec<Range<usize>>,
}

impl LabelRule {
    /// The label among the classes of a layer: class index + 1, or 0 for nothing. Among
    /// the wanted classes that pass, the highest score wins, the first one on a tie.
    /// `probabilities` are those of the whole head, whose first class is `first`.
    #[inline]
    #[must_use]
    pub fn label(&self, first: usize, probabilities: &[f32], layer: Range<usize>) -> u8 {
        let highest = probabilities
            .iter()
            .copied()
            .fold(f32::NEG_INFINITY, f32::max);
        let mut best: Option<(usize, f32)> = None;
        for k in layer {
            let p = probabilities[k - first];
            let passes = self.wanted[k]
                && match self.passes[k] {
                    Pass::Highest => p >= highest,
                    Pass::AtLeast(least) => code(p) >= code(least),
                    Pass::HighestAtLeast(least) => p >= highest && code(p) >= code(least),
                };
            if passes && best.is_none_or(|(_, b)| p > b) {
                best = Some((k, p));
            }
        }
        best.map_or(0, |(k, _)| u8::try_from(k + 1).unwrap_or(u8::MAX))
    }

    /// Whether the rule is plain arg-max for these classes, perhaps with a least score:
    /// nothing comes where an unwanted class is highest.
    pub(super) fn needs_highest(&self, classes: Range<usize>) -> bool {
        self.passes[classes]
            .iter()
            .all(|p| matches!(p, Pass::Highest | Pass::HighestAtLeast(_)))
    }

    /// The peaks in 1/65535 by label, the first being that of nothing.
    #[must_use]
    pub fn quantised_peaks(&self) -> Vec<u16> {
        let peaks = self.peaks.iter().map(|peak| code(*peak));
        std::iter::once(0).chain(peaks).collect()
    }

    /// By class the least score of an object; infinite for a class that is not wanted.
    pub(crate) fn least_scores(&self) -> Vec<f32> {
        let least = |(pass, wanted): (&Pass, &bool)| match (wanted, pass) {
            (false, _) => f32::INFINITY,
            (true, Pass::Highest) => 0.0,
            (true, Pass::AtLeast(least) | Pass::HighestAtLeast(least)) => *least,
        };
        self.passes.iter().zip(&self.wanted).map(least).collect()
    }
}

/// Writes the probabilities of one score vector into `out`; a single channel is
/// the probability of the second class, a class number is a certainty.
#[inline]
pub(super) fn probabilities(head: &Head, raw: &[f32], out: &mut [f32]) {
    if head.numbers {
        out.fill(0.0);
        let class = usize::from(round_to_u16(raw[0]));
        if let Some(p) = out.get_mut(class) {
            *p = 1.0;
        }
    } else if head.single_channel {
        let mut p = [raw[0]];
        head.activation.apply(&mut p);
        out[0] = 1.0 - p[0];
        out[1] = p[0];
    } else {
        out.copy_from_slice(raw);
        head.activation.apply(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(passes: [Pass; 3]) -> LabelRule {
        LabelRule {
            passes: passes.to_vec(),
            peaks: vec![0.0; 3],
            wanted: vec![false, true, true],
            layers: std::iter::once(0..3).collect(),
        }
    }

    #[test]
    fn without_threshold_background_can_win() {
        let r = rule([Pass::Highest; 3]);
        assert_eq!(r.label(0, &[0.5, 0.3, 0.2], 0..3), 0);
        assert_eq!(r.label(0, &[0.3, 0.3, 0.4], 0..3), 3);
    }

    #[test]
    fn threshold_beats_background() {
        let r = rule([Pass::Highest, Pass::AtLeast(0.2), Pass::AtLeast(0.5)]);
        assert_eq!(r.label(0, &[0.5, 0.3, 0.2], 0..3), 2);
        assert_eq!(r.label(0, &[0.9, 0.05, 0.05], 0..3), 0);
    }

    #[test]
    fn a_winner_may_need_a_least_score_too() {
        let r = rule([Pass::HighestAtLeast(0.5); 3]);
        assert_eq!(r.label(0, &[0.3, 0.4, 0.3], 0..3), 0);
        assert_eq!(r.label(0, &[0.2, 0.6, 0.2], 0..3), 2);
        assert_eq!(r.label(0, &[0.6, 0.55, 0.2], 0..3), 0);
    }

    #[test]
    fn a_cell_gets_a_label_in_each_layer() {
        let r = LabelRule {
            passes: vec![Pass::AtLeast(0.5); 3],
            peaks: vec![0.0; 3],
            wanted: vec![true; 3],
            layers: vec![0..1, 1..2, 2..3],
        };
        let mut cells = CellScores::empty(1, 1, 3, 3);
        cells.set(0, &(0..3), &[0.9, 0.2, 0.8], &r, false);
        assert_eq!(cells.layers, [[1], [0], [3]]);
    }

    #[test]
    fn nan_scores_are_counted_and_give_nothing() {
        let mut cells = CellScores::empty(1, 1, 3, 1);
        cells.set(
            0,
            &(0..3),
            &[f32::NAN, 1.0, 0.0],
            &rule([Pass::Highest; 3]),
            true,
        );
        assert_eq!((cells.layers[0][0], cells.not_numbers), (0, 1));
    }
}
