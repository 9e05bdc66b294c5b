//! Scores of cells, and the rule that turns scores into a label.

use super::super::Contract;
use crate::georef::round_to_u16;

/// Full scale of a quantised probability. Sums of quantised values are exact, so
/// they do not depend on the order of summing.
pub(super) const FULL: f32 = 65_535.0;

/// Labels and quantised class probabilities of a block of cells.
#[derive(Debug, Default, Clone)]
pub struct CellScores {
    /// Cells in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Class index of each cell, row-major; 0 stands for nothing, class `k` is
    /// stored as `k + 1`.
    pub labels: Vec<u8>,
    /// Probability · 65535, `[class, row, col]`; only set where a cell is labelled
    /// unless all were asked for.
    pub planes: Vec<u16>,
    /// Number of cells whose scores were not numbers.
    pub not_numbers: u64,
}

impl CellScores {
    /// Makes room for `width` by `height` cells of `classes` classes, all empty.
    pub fn reset(&mut self, width: usize, height: usize, classes: usize) {
        self.width = width;
        self.height = height;
        self.not_numbers = 0;
        self.labels.clear();
        self.labels.resize(width * height, 0);
        self.planes.clear();
        self.planes.resize(width * height * classes, 0);
    }

    /// Stores one cell: its label by `rule` and its probabilities.
    #[inline]
    pub fn set(&mut self, cell: usize, probabilities: &[f32], rule: &LabelRule, keep: bool) {
        if probabilities.iter().any(|p| p.is_nan()) {
            self.not_numbers += 1;
            return;
        }
        let label = rule.label(probabilities);
        self.labels[cell] = label;
        if keep || label != 0 {
            let cells = self.width * self.height;
            for (k, p) in probabilities.iter().enumerate() {
                self.planes[k * cells + cell] = round_to_u16(p * FULL);
            }
        }
    }
}

/// How a score vector becomes a label.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelRule {
    /// By class: the least probability for a label. `None`: the class must have
    /// the highest score of all classes, background included.
    pub thresholds: Vec<Option<f32>>,
    /// By class: whether it may be a label.
    pub wanted: Vec<bool>,
}

impl LabelRule {
    /// The label of a score vector: class index + 1, or 0 for nothing. Among the
    /// wanted classes that pass, the highest score wins, the first one on a tie.
    #[inline]
    #[must_use]
    pub fn label(&self, probabilities: &[f32]) -> u8 {
        let highest = probabilities
            .iter()
            .copied()
            .fold(f32::NEG_INFINITY, f32::max);
        let mut best: Option<(usize, f32)> = None;
        for (k, &p) in probabilities.iter().enumerate() {
            let passes = self.wanted[k]
                && match self.thresholds[k] {
                    Some(threshold) => p >= threshold,
                    None => p >= highest,
                };
            if passes && best.is_none_or(|(_, b)| p > b) {
                best = Some((k, p));
            }
        }
        best.map_or(0, |(k, _)| u8::try_from(k + 1).unwrap_or(u8::MAX))
    }

    /// Whether the rule is plain arg-max, which needs no probabilities.
    #[must_use]
    pub fn is_argmax(&self) -> bool {
        self.thresholds.iter().all(Option::is_none)
    }
}

/// Writes the probabilities of one score vector into `out`; a single channel is
/// the probability of the second class.
#[inline]
pub(super) fn probabilities(contract: &Contract, raw: &[f32], out: &mut [f32]) {
    if contract.single_channel {
        let mut p = [raw[0]];
        contract.activation.apply(&mut p);
        out[0] = 1.0 - p[0];
        out[1] = p[0];
    } else {
        out.copy_from_slice(raw);
        contract.activation.apply(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(thresholds: [Option<f32>; 3]) -> LabelRule {
        LabelRule {
            thresholds: thresholds.to_vec(),
            wanted: vec![false, true, true],
        }
    }

    #[test]
    fn without_threshold_background_can_win() {
        let r = rule([None; 3]);
        assert_eq!(r.label(&[0.5, 0.3, 0.2]), 0);
        assert_eq!(r.label(&[0.3, 0.3, 0.4]), 3);
    }

    #[test]
    fn threshold_beats_background() {
        let r = rule([None, Some(0.2), Some(0.5)]);
        assert_eq!(r.label(&[0.5, 0.3, 0.2]), 2);
        assert_eq!(r.label(&[0.9, 0.05, 0.05]), 0);
    }

    #[test]
    fn nan_scores_are_counted_and_give_nothing() {
        let mut cells = CellScores::default();
        cells.reset(1, 1, 3);
        cells.set(0, &[f32::NAN, 1.0, 0.0], &rule([None; 3]), true);
        assert_eq!((cells.labels[0], cells.not_numbers), (0, 1));
    }
}
