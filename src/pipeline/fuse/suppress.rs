//! Suppresses detections of what a better detection of the same class shows already.
//!
//! Greedy, over the whole raster: in the order of their rank, each detection that is still there
//! stays and removes those of lower rank that it overlaps enough. Detections that overlap nothing
//! of their class never meet: bands of rows find those near (`bands.rs`).

use crate::model::decode::Overlap;
use crate::pipeline::fuse::detection::Detection;
use crate::pipeline::fuse::rank::{ranked, sorted_detections};

mod bands;

use bands::{Entry, Waiting};

/// Less than what rounding can change, relative to areas.
const ROUNDING: f64 = 1e-9;

/// Suppresses each detection that overlaps one of its class that stays and ranks higher by
/// `threshold` or more; a threshold of 0 or less takes any overlap for enough, one above 1 none.
///
/// Rank: higher score, then larger area, then the top, left, bottom and right of the bounds, then
/// everything else; so the result depends neither on the order of the detections nor changes when
/// suppressed again. What goes is counted by the first in rank that it overlaps enough. Outlines
/// that are empty or not finite are dropped. The result stands in canonical order, see
/// [`sorted_detections`].
#[must_use]
pub fn suppress(mut detections: Vec<Detection>, threshold: f64, by: Overlap) -> Vec<Detection> {
    detections.retain(|detection| detection.outline.is_finite());
    let mut detections = ranked(detections);
    let limit = Limit { threshold, by };
    let mut stays = vec![true; detections.len()];
    if threshold <= 1.0 {
        let entries: Vec<_> = detections.iter().zip(0u32..).map(Entry::new).collect();
        let mut waiting = Waiting::new(&entries);
        for (index, entry) in entries.iter().enumerate() {
            if !stays[index] {
                continue;
            }
            let (head, lower) = detections.split_at_mut(index + 1);
            let detection = &mut head[index];
            waiting.take(entry, limit, |rank| {
                // The entry itself and those of higher rank do not wait any more.
                let Some(other) = (rank as usize).checked_sub(index + 1).map(|at| &lower[at])
                else {
                    return true;
                };
                let goes = limit.is_reached(detection.outline.overlap(&other.outline, by));
                if goes {
                    let count = detection.n_detections.saturating_add(other.n_detections);
                    detection.n_detections = count;
                    stays[rank as usize] = false;
                }
                goes
            });
        }
    }
    let mut stays = stays.into_iter();
    detections.retain(|_| stays.next().unwrap_or(true));
    sorted_detections(detections)
}

/// How much overlap is too much.
#[derive(Clone, Copy, Debug)]
struct Limit {
    threshold: f64,
    by: Overlap,
}

impl Limit {
    fn is_reached(self, overlap: f64) -> bool {
        overlap > 0.0 && overlap >= self.threshold
    }

    /// Whether areas differ too much for any overlap to reach the limit.
    fn excludes_areas(self, one: f64, other: f64) -> bool {
        let is_small = |area: f64, other: f64| area < self.threshold * other * (1.0 - ROUNDING);
        self.by == Overlap::Iou && (is_small(one, other) || is_small(other, one))
    }

    /// The least area that two must share, a little less for rounding; see `is_reached`.
    fn least_shared(self, one: f64, other: f64) -> f64 {
        let threshold = self.threshold.max(0.0);
        let least = match self.by {
            Overlap::Iou => threshold / (1.0 + threshold) * (one + other),
            Overlap::Ios => threshold * one.min(other),
        };
        least * (1.0 - ROUNDING)
    }
}

#[cfg(test)]
mod tests;
