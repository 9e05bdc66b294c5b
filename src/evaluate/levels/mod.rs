//! Figures of a model from what it showed on the scenes of a data set, one file a level: sites,
//! tiles, pixels, objects, and whether scores are what they say.

mod object;
mod pixel;
mod reliability;
mod site;
mod threshold;
mod tile;

pub(super) use object::boxes;
pub use object::object_level;
pub(super) use pixel::PixelGroups;
pub use pixel::pixel_level;
pub use reliability::reliability_of;
pub use site::site_level;
pub use threshold::{Limit, Sweep, choose, threshold_rows};
pub(super) use tile::TileRankings;
pub use tile::tile_level;

use super::metrics::Resamples;
use super::observation::{Observation, SiteCounts};

/// What all levels of a model are made of.
pub struct Evidence<'a> {
    /// One a scene that could be looked at.
    pub observations: &'a [Observation],
    /// Classes that are evaluated.
    pub classes: &'a [String],
    /// By scene of the data set: its group of scenes that are alike.
    pub group_of_scene: &'a [usize],
    /// Resamples of the groups.
    pub resamples: &'a Resamples,
}

impl Evidence<'_> {
    /// The group of an observation.
    pub(super) fn group(&self, observation: &Observation) -> usize {
        self.group_of_scene[observation.scene]
    }

    /// How many groups there are.
    pub(super) fn group_count(&self) -> usize {
        self.group_of_scene.iter().max().map_or(0, |last| last + 1)
    }

    /// Sums by group of what `of` gives for an observation.
    pub(super) fn by_group(&self, of: impl Fn(&Observation) -> SiteCounts) -> Vec<SiteCounts> {
        let mut groups = vec![SiteCounts::default(); self.group_count()];
        for observation in self.observations {
            groups[self.group(observation)] += of(observation);
        }
        groups
    }

    /// Ground by group; none where that of a scene is not known.
    pub(super) fn km2_by_group(&self) -> Option<Vec<f64>> {
        let mut groups = vec![0.0; self.group_count()];
        for observation in self.observations {
            groups[self.group(observation)] += observation.km2?;
        }
        Some(groups)
    }
}

/// The weight of each group: all alike, or those of a resample.
fn weight(weights: Option<&[f64]>, group: usize) -> f64 {
    weights.map_or(1.0, |weights| weights[group])
}

/// The sum of groups.
pub(super) fn total(groups: &[SiteCounts], weights: Option<&[f64]>) -> SiteCounts {
    let mut sum = SiteCounts::default();
    for (group, counts) in groups.iter().enumerate() {
        sum += counts.times(weight(weights, group));
    }
    sum
}

/// The sum of numbers of groups.
pub(super) fn total_of(groups: &[f64], weights: Option<&[f64]>) -> f64 {
    let values = groups.iter().enumerate();
    values.map(|(group, v)| v * weight(weights, group)).sum()
}

/// The mean of what there is.
pub(super) fn mean(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0.0);
    for value in values.flatten() {
        sum += value;
        count += 1.0;
    }
    (count > 0.0).then(|| sum / count)
}
