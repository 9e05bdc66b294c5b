//! Comparing what was found with what is known to be there.

mod sites;

pub use sites::{SiteComparison, TruthOutcome, TruthPlot, compare_sites, read_truth};
