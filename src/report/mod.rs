//! Reports of a campaign: figures, a workbook, a page with map and charts, the paragraph of a work
//! summary (工作总结).

pub mod figures;
pub mod ledger;
pub mod level;
mod reckon;
pub mod statistics;

pub use figures::{Figures, ReportSettings};
pub use level::Level;
