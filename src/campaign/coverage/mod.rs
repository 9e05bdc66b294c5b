//! Which ground was really seen: share of each village, seen twice, gaps to fly again.
//!
//! In the order of the work: `source.rs` reads the campaign, `plane.rs` lays its outlines into the
//! metres of the county, `village.rs` measures one village, `gaps.rs` says what is missing and why,
//! `measure.rs` leads through them. `keep.rs` and `files.rs` write it down, `statement.rs` says what
//! may be said of a zero.

mod files;
mod gaps;
mod keep;
mod measure;
mod plane;
mod report;
mod settings;
mod source;
mod statement;
mod village;

pub use files::{write_gaps, write_villages};
pub use gaps::reason_name;
pub use keep::keep_gaps;
pub use measure::{measure, measure_with};
pub use report::{CoverageReport, CoverageTotals, CropCoverage, Gap, VillageCoverage};
pub use settings::{CoverageSettings, PLOT_LIMIT_CM, PLOT_M2, RESOLUTION, smallest_plot_m2};
pub use source::{ExtraImage, candidates};
pub use village::median_gsd_cm;
