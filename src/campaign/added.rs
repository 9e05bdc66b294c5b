//! What became of a run's sites when it came into a campaign.

use serde::Serialize;
use std::fmt;

/// What became of a run's sites.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Added {
    /// The run.
    pub run_id: String,
    /// Whether the very same run was there already, so that nothing was done.
    pub was_there: bool,
    /// Sites that the run found.
    pub found: u64,
    /// Of those: never seen before.
    pub new: u64,
    /// Of those: parts of a plot that was one.
    pub parts: u64,
    /// Of those: found before in this round.
    pub again: u64,
    /// Of those: known from an earlier round.
    pub persisting: u64,
    /// Sites that have grown into another.
    pub merged: u64,
    /// Sites and plots of earlier rounds whose ground was looked at without finding them.
    pub gone: u64,
    /// Sites outside of every village.
    pub outside: u64,
}

impl fmt::Display for Added {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.was_there {
            return write!(f, "run {} is in the campaign already", self.run_id);
        }
        write!(
            f,
            "{} sites: {} new, {} parts of an earlier plot, {} found again, {} known from earlier rounds; \
             {} merged into another, {} gone; {} outside of every village",
            self.found,
            self.new,
            self.parts,
            self.again,
            self.persisting,
            self.merged,
            self.gone,
            self.outside
        )
    }
}
