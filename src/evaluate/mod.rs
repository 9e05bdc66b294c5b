//! Comparing what was found with what is known to be there.

pub mod metrics;
pub mod dataset;
pub mod report;
mod sites;

pub use sites::{SiteComparison, TruthOutcome, TruthPlot, compare_sites, read_truth};
