//! Leads on their way through the work.

use super::place::Place;
use crate::campaign::check::Outcome;
use crate::report::figures::{GradeOutcomes, LeadFigures};

/// Counts candidates on their way, and those of the main list by grade and outcome.
pub(super) fn leads(places: &[Place<'_>]) -> LeadFigures {
    let mut leads = LeadFigures {
        by_grade: ["A", "B", "C", ""]
            .map(|grade| GradeOutcomes {
                grade: grade.into(),
                ..GradeOutcomes::default()
            })
            .to_vec(),
        ..LeadFigures::default()
    };
    for place in places.iter().filter(|place| place.is_candidate()) {
        let outcome = place.outcome();
        leads.candidates += 1;
        leads.assigned += u64::from(place.assigned_on().is_some());
        leads.checked += u64::from(outcome.is_some());
        leads.confirmed += u64::from(outcome == Some(Outcome::Confirmed));
        if place.listing() != "main" {
            continue;
        }
        let at = ["A", "B", "C"]
            .iter()
            .position(|grade| *grade == place.grade());
        let grade = &mut leads.by_grade[at.unwrap_or(3)];
        grade.leads += 1;
        let count = match outcome {
            Some(outcome) => grade.outcomes.get_mut(outcome),
            None => &mut grade.unchecked,
        };
        *count += 1;
    }
    leads
}
