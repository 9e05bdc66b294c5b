//! The detections that wait, in bands of rows, to be taken out by those that stay.
//!
//! Detections of one class and of like size (longer side between two powers of 2) are a layer,
//! so that a giant among small ones makes nobody search far. A layer is cut into bands as high
//! as that power of 2. Each detection stands once, in the band of its upper edge, by its left
//! edge. What is taken out is skipped from then on, however often its place is searched.

use std::ops::Range;

use geo::Coord;

use super::{Limit, ROUNDING};
use crate::pipeline::fuse::detection::Detection;

/// What is compared first of a detection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    min: Coord<f64>,
    max: Coord<f64>,
    area: f64,
    rank: u32,
    class: u8,
}

/// The detections that wait, by layer, band and left edge.
#[derive(Debug)]
pub(super) struct Waiting {
    entries: Vec<Entry>,
    /// By entry: itself while it waits, then one that follows. One more ends the last chain.
    next: Vec<u32>,
    bands: Vec<Band>,
    /// By class.
    layers: Vec<Layer>,
}

#[derive(Debug)]
struct Layer {
    class: u8,
    /// Height of a band, a power of 2.
    size: f64,
    /// The largest width and height.
    reach: Coord<f64>,
    smallest_area: f64,
    largest_area: f64,
    bands: Range<usize>,
}

#[derive(Debug)]
struct Band {
    number: f64,
    entries: Range<usize>,
}

impl Entry {
    pub(super) fn new((detection, rank): (&Detection, u32)) -> Self {
        let bounds = detection.outline.bounds();
        Self {
            min: bounds.min(),
            max: bounds.max(),
            area: detection.outline.compared_area(),
            rank,
            class: detection.class,
        }
    }

    /// The power of 2 that its longer side reaches.
    fn size(&self) -> f64 {
        let fraction = (1_u64 << (f64::MANTISSA_DIGITS - 1)) - 1;
        let extent = self.max - self.min;
        f64::from_bits(extent.x.max(extent.y).to_bits() & !fraction)
    }

    /// Whether it can overlap anything: outlines without area do not, nor do those too large.
    fn has_area(&self) -> bool {
        self.area > 0.0 && self.area.is_finite() && self.size().is_normal()
    }

    fn may_reach(&self, other: &Self, limit: Limit) -> bool {
        let width = self.max.x.min(other.max.x) - self.min.x.max(other.min.x);
        let height = self.max.y.min(other.max.y) - self.min.y.max(other.min.y);
        width > 0.0
            && height > 0.0
            && width * height >= limit.least_shared(self.area, other.area)
            && !limit.excludes_areas(self.area, other.area)
    }
}

impl Waiting {
    pub(super) fn new(entries: &[Entry]) -> Self {
        let waiting = entries.iter().filter(|entry| entry.has_area());
        let placed = waiting.map(|entry| {
            let size = entry.size();
            (size, band(entry.min.y, size), *entry)
        });
        let mut placed: Vec<_> = placed.collect();
        placed.sort_unstable_by(|(size, number, entry), (other_size, other_number, other)| {
            let by_class = entry.class.cmp(&other.class);
            by_class
                .then(size.total_cmp(other_size))
                .then(number.total_cmp(other_number))
                .then(entry.min.x.total_cmp(&other.min.x))
                .then(entry.rank.cmp(&other.rank))
        });
        let mut bands: Vec<Band> = Vec::new();
        let mut layers: Vec<Layer> = Vec::new();
        let is_of_band = |one: &(f64, f64, Entry), other: &(f64, f64, Entry)| {
            one.2.class == other.2.class
                && one.0.total_cmp(&other.0).is_eq()
                && one.1.total_cmp(&other.1).is_eq()
        };
        let mut start = 0;
        for of_band in placed.chunk_by(is_of_band) {
            let (size, number, Entry { class, .. }) = of_band[0];
            let at = bands.len();
            let last = layers.last();
            if last.is_none_or(|last| last.class != class || last.size.total_cmp(&size).is_ne()) {
                layers.push(Layer::new(class, size, at));
            }
            if let Some(layer) = layers.last_mut() {
                layer.bands.end = at + 1;
                for (.., entry) in of_band {
                    layer.add(entry);
                }
            }
            let end = start + of_band.len();
            bands.push(Band {
                number,
                entries: start..end,
            });
            start = end;
        }
        Self {
            next: (0..).take(placed.len() + 1).collect(),
            entries: placed.into_iter().map(|(.., entry)| entry).collect(),
            bands,
            layers,
        }
    }

    /// Offers `goes` the rank of each waiting entry of the class that may overlap `kept` enough,
    /// and takes out those for which it says yes.
    pub(super) fn take(&mut self, kept: &Entry, limit: Limit, mut goes: impl FnMut(u32) -> bool) {
        if !kept.has_area() {
            return;
        }
        let first = self
            .layers
            .partition_point(|layer| layer.class < kept.class);
        let layers = self.layers[first..].iter();
        for layer in layers.take_while(|layer| layer.class == kept.class) {
            if layer.is_excluded(kept, limit) {
                continue;
            }
            // Rounding may not lose an entry that ends just beyond the left or top of `kept`.
            let from = kept.min - layer.reach * (1.0 + ROUNDING);
            let [top, bottom] = [from.y, kept.max.y].map(|y| band(y, layer.size));
            let bands = &self.bands[layer.bands.clone()];
            let first = bands.partition_point(|band| band.number < top);
            let bands = bands[first..].iter();
            for band in bands.take_while(|band| band.number <= bottom) {
                let entries = &self.entries[..band.entries.end];
                let start = band.entries.start;
                let left = entries[start..].partition_point(|entry| entry.min.x < from.x);
                let mut at = next(&mut self.next, start + left);
                while let Some(entry) = entries.get(at).filter(|e| e.min.x < kept.max.x) {
                    if kept.may_reach(entry, limit) && goes(entry.rank) {
                        self.next[at] += 1;
                    }
                    at = next(&mut self.next, at + 1);
                }
            }
        }
    }
}

impl Layer {
    fn new(class: u8, size: f64, band: usize) -> Self {
        Self {
            class,
            size,
            reach: Coord::default(),
            smallest_area: f64::INFINITY,
            largest_area: 0.0,
            bands: band..band,
        }
    }

    fn add(&mut self, entry: &Entry) {
        let extent = entry.max - entry.min;
        self.reach.x = self.reach.x.max(extent.x);
        self.reach.y = self.reach.y.max(extent.y);
        self.smallest_area = self.smallest_area.min(entry.area);
        self.largest_area = self.largest_area.max(entry.area);
    }

    /// Whether no entry can overlap `kept` enough, by area alone.
    fn is_excluded(&self, kept: &Entry, limit: Limit) -> bool {
        let [smallest, largest] = [self.smallest_area, self.largest_area];
        let is_excluded = |area| limit.excludes_areas(area, kept.area);
        (largest < kept.area && is_excluded(largest))
            || (smallest > kept.area && is_excluded(smallest))
    }
}

/// The number of the band that holds a row; exact, since bands are as high as a power of 2.
fn band(y: f64, size: f64) -> f64 {
    // Zero is added so that no zero is negative: they would be ordered apart.
    (y / size).floor() + 0.0
}

/// The first that waits from `at` on.
fn next(next: &mut [u32], mut at: usize) -> usize {
    while next[at] as usize != at {
        next[at] = next[next[at] as usize];
        at = next[at] as usize;
    }
    at
}
