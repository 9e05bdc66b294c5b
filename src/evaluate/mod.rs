//! Comparing what was found with what is known to be there: one scan with known plots, or several
//! models on labelled imagery.
//!
//! A benchmark goes through the files in this order: `dataset/` says which images there are,
//! `look/` runs a model over each and compares with what `truth/` reads, which gives an
//! `observation.rs` a scene; `levels/` makes figures of them with the mathematics of `metrics/`,
//! `bench.rs` leads through it, and `report/` writes.

mod bench;
mod cost;
pub mod dataset;
mod examples;
mod fitting;
mod found;
mod headline;
pub mod levels;
pub mod look;
mod matching;
pub mod metrics;
mod model_report;
pub mod observation;
mod predictions;
pub mod report;
mod sidecar;
mod sites;
mod subject;
pub mod truth;
mod warnings;

pub use bench::{BenchJob, Benched, bench};
pub use cost::{CostCase, CostOptions, costs};
pub use dataset::Dataset;
pub use examples::examples;
pub use fitting::fit_calibrations;
pub use found::{FoundSite, read_predictions};
pub use headline::{HEADLINES, Headline, changes, differences};
pub use levels::{Limit, choose};
pub use look::THRESHOLDS;
pub use matching::{HIT_IOU, hits};
pub use observation::Observation;
pub use predictions::{Predictions, evaluate_predictions};
pub use report::{check_report, markdown, read_report, write_report};
pub use sidecar::{Findings, check_sidecar, write_findings};
pub use sites::{SiteComparison, TruthOutcome, compare_sites};
pub use subject::{Subject, classes_of};
pub use truth::{Place, TruthPlot, read_truth};
