//! Which ground was really seen: share of each village, seen twice, gaps to fly again.

mod report;

pub use report::{CoverageReport, Gap, VillageCoverage};
