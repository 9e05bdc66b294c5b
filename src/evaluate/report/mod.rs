//! The report of a benchmark: its figures, and the files that show them.

pub mod schema;
