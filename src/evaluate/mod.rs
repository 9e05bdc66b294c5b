//! Comparing what was found with what is known to be there.

pub mod metrics;
pub mod dataset;
pub mod report;
mod sites;
pub mod truth;

pub use sites::{SiteComparison, TruthOutcome, compare_sites};
pub use truth::{TruthPlot, read_truth};
