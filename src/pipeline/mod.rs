//! The scan pipeline. Stages in run order, one file or folder each: acquire, chip,
//! detect, fuse, locate, report.

pub mod acquire;
pub mod chip;
pub mod detect;
pub mod fuse;
pub mod heatmap;
pub mod inspect;
pub mod locate;
mod reconcile;
mod record;
pub mod report;
mod scan;
pub mod settings;
pub mod site;

pub use record::{ImageRecord, RunRecord};
pub use scan::{Scan, ScanJob, ScanProgress, scan};
