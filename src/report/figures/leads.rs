//! Leads on their way through the work, and what became of them by grade.

use super::{Count, Outcomes};
use serde::Serialize;

/// Leads on their way from the scan to an answer. Cells drawn by lot and finds are not among them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct LeadFigures {
    /// Candidate sites.
    pub candidates: Count,
    /// Of these given out.
    pub assigned: Count,
    /// Of these candidates with an answer of this round, whatever it is.
    pub checked: Count,
    /// Of these confirmed.
    pub confirmed: Count,
    /// Leads of the main list by grade: `A`, `B`, `C`, and empty where there is none.
    pub by_grade: Vec<GradeOutcomes>,
}

/// What became of the leads of a grade.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct GradeOutcomes {
    /// `A`, `B`, `C`; empty where a lead has none.
    pub grade: String,
    /// Leads of the main list.
    pub leads: Count,
    /// By the answer that counts.
    pub outcomes: Outcomes,
    /// Without an answer.
    pub unchecked: Count,
}
