//! Field precision: of what was looked for and looked at, how much was the crop.

use super::place::{Kind, Place};
use crate::campaign::check::Outcome;
use crate::report::figures::{Count, GradePrecision, PrecisionFigures, Share};
use crate::report::statistics::{float, wilson};

/// Confirmed, false alarms, not found.
#[derive(Default, Clone, Copy)]
struct Hits {
    confirmed: u64,
    false_alarm: u64,
    not_found: u64,
}

impl Hits {
    fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Confirmed => self.confirmed += 1,
            Outcome::FalseAlarm => self.false_alarm += 1,
            Outcome::NotFound => self.not_found += 1,
            _ => {}
        }
    }

    fn share(self) -> Share {
        share(
            self.confirmed,
            self.confirmed + self.false_alarm + self.not_found,
        )
    }
}

/// A share with Wilson's interval.
pub(super) fn share(part: u64, whole: u64) -> Share {
    let ends = wilson(part, whole);
    Share {
        part: Count::Exact(part),
        whole: Count::Exact(whole),
        share: ends.map(|_| float(part) / float(whole)),
        low: ends.map(|(low, _)| low),
        high: ends.map(|(_, high)| high),
    }
}

/// The precision of leads: those of the main list, by grade, and others apart.
pub(super) fn precision(places: &[Place<'_>]) -> PrecisionFigures {
    const GRADES: [&str; 4] = ["A", "B", "C", ""];
    let (mut all, mut low, mut apart) = (Hits::default(), Hits::default(), Hits::default());
    let mut grades = [Hits::default(); 4];
    for place in places {
        let Some(outcome) = place.outcome() else {
            continue;
        };
        match (place.kind, place.listing()) {
            (Kind::ControlLow, _) => low.count(outcome),
            (Kind::Lead, "main") => {
                all.count(outcome);
                let grade = GRADES.iter().position(|grade| *grade == place.grade());
                grades[grade.unwrap_or(3)].count(outcome);
            }
            (Kind::Lead, _) => apart.count(outcome),
            (Kind::ControlRandom | Kind::Find | Kind::Earlier, _) => {}
        }
    }
    PrecisionFigures {
        all: all.share(),
        by_grade: GRADES
            .into_iter()
            .zip(grades)
            .map(|(grade, hits)| GradePrecision {
                grade: grade.into(),
                precision: hits.share(),
                false_alarm: Count::Exact(hits.false_alarm),
                not_found: Count::Exact(hits.not_found),
            })
            .collect(),
        control_low: low.share(),
        apart: apart.share(),
    }
}
