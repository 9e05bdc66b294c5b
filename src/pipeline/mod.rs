//! The scan pipeline. Stages in run order, one file or folder each: acquire, chip,
//! detect, fuse, locate, report.

pub mod acquire;
pub mod chip;
pub mod detect;
pub mod fuse;
pub mod locate;
pub mod site;
