//! Models measured on labelled imagery: what other thresholds give, and what the report says.

mod answers;
mod report;
