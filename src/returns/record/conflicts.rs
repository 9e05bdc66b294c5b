//! Answers for one site that contradict each other. Both stay; each says which other to look at.

use crate::campaign::check::{CONFLICT, COUNTED, Check, Outcome};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Numbers that differ by less are the same one in other words.
const SAME: f64 = 1e-6;

/// Two answers that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// The site.
    pub site_id: String,
    /// The earlier one: number, outcome, day, and where it came from.
    pub first: String,
    /// The later one.
    pub second: String,
    /// What they differ in: `outcome`, `plants` or `area_m2`.
    pub about: &'static str,
}

/// Sets the flags of all answers of these sites anew; gives the places of those that changed, and the
/// conflicts.
pub(super) fn settle(
    checks: &mut [Check],
    sites: &BTreeSet<String>,
) -> (BTreeSet<usize>, Vec<Conflict>) {
    let mut of_site: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, check) in checks.iter().enumerate() {
        if let Some(site) = sites.get(&check.site_id) {
            of_site.entry(site).or_default().push(at);
        }
    }
    let (mut changed, mut conflicts) = (BTreeSet::new(), Vec::new());
    for places in of_site.values() {
        let mut others: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for (n, &one) in places.iter().enumerate() {
            for &other in &places[n + 1..] {
                let Some(about) = contradiction(&checks[one], &checks[other]) else {
                    continue;
                };
                for (of, to) in [(one, other), (other, one)] {
                    others
                        .entry(of)
                        .or_default()
                        .push(format!("{CONFLICT}{} ({about})", checks[to].check_id));
                }
                conflicts.push(Conflict {
                    site_id: checks[one].site_id.clone(),
                    first: said(&checks[one]),
                    second: said(&checks[other]),
                    about,
                });
            }
        }
        for &at in places {
            let flag = with_conflicts(&checks[at].flag, others.remove(&at).unwrap_or_default());
            if flag != checks[at].flag {
                checks[at].flag = flag;
                changed.insert(at);
            }
        }
    }
    (changed, conflicts)
}

/// A flag with these conflicts in place of those that it had.
fn with_conflicts(flag: &str, conflicts: Vec<String>) -> String {
    let rest = flag
        .split("; ")
        .filter(|part| !part.is_empty() && !part.starts_with(CONFLICT));
    let parts: Vec<String> = rest.map(str::to_owned).chain(conflicts).collect();
    parts.join("; ")
}

/// What two answers for one site contradict each other in.
fn contradiction(one: &Check, other: &Check) -> Option<&'static str> {
    let closed = |check: &Check| {
        let outcome = Outcome::parse(&check.outcome).filter(|o| o.is_closed());
        outcome.filter(|_| check.state == COUNTED)
    };
    let (first, second) = (closed(one)?, closed(other)?);
    let (first_day, second_day) = (day(one), day(other));
    if first != second {
        // Whatever came in first, the day of the check says what was before.
        let (before, after) = if first_day <= second_day {
            (first, second)
        } else {
            (second, first)
        };
        let are_days_known = !first_day.is_empty() && !second_day.is_empty();
        let is_course_of_things = before == Outcome::Confirmed
            && after == Outcome::AlreadyRemoved
            && are_days_known
            && first_day != second_day;
        return (!is_course_of_things).then_some("outcome");
    }
    let differ = |a: Option<f64>, b: Option<f64>| {
        a.zip(b)
            .is_some_and(|(a, b)| (a - b).abs() > SAME * a.abs().max(b.abs()))
    };
    if first_day != second_day {
        None
    } else if differ(one.plants, other.plants) {
        Some("plants")
    } else {
        differ(one.area_m2, other.area_m2).then_some("area_m2")
    }
}

fn day(check: &Check) -> &str {
    check.checked_at.get(..10).unwrap_or_default()
}

/// An answer in one line.
fn said(check: &Check) -> String {
    let day = match day(check) {
        "" => "no day",
        day => day,
    };
    format!(
        "{} ({}, {day}, {} {})",
        check.check_id, check.outcome, check.source, check.place
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::check::WITHDRAWN;

    fn check(id: &str, outcome: &str, day: &str, plants: Option<f64>) -> Check {
        Check {
            check_id: id.into(),
            site_id: "s".into(),
            outcome: outcome.into(),
            checked_at: day.into(),
            plants,
            state: COUNTED.into(),
            ..Check::default()
        }
    }

    fn about(one: &Check, other: &Check) -> Option<&'static str> {
        assert_eq!(contradiction(one, other), contradiction(other, one));
        contradiction(one, other)
    }

    #[test]
    fn what_contradicts_and_what_is_the_course_of_things() {
        let confirmed = check("a", "confirmed", "2026-05-04T10:00:00", Some(12.0));
        for (other, wanted) in [
            (
                check("b", "false_alarm", "2026-05-09", None),
                Some("outcome"),
            ),
            (check("b", "already_removed", "2026-05-09", None), None),
            (
                check("b", "already_removed", "2026-05-04", None),
                Some("outcome"),
            ),
            (
                check("b", "already_removed", "2026-05-01", None),
                Some("outcome"),
            ),
            (check("b", "already_removed", "", None), Some("outcome")),
            (check("b", "confirmed", "2026-05-09", Some(99.0)), None),
            (
                check("b", "confirmed", "2026-05-04", Some(99.0)),
                Some("plants"),
            ),
            (check("b", "confirmed", "2026-05-04", Some(12.0)), None),
            (check("b", "confirmed", "2026-05-04", None), None),
            (check("b", "unreachable", "2026-05-09", None), None),
            (check("b", "revisit", "2026-05-09", None), None),
        ] {
            assert_eq!(about(&confirmed, &other), wanted, "{other:?}");
        }
        let mut taken_back = check("b", "false_alarm", "2026-05-09", None);
        taken_back.state = WITHDRAWN.into();
        assert_eq!(about(&confirmed, &taken_back), None);
    }

    #[test]
    fn flags_come_and_go_with_the_conflict() {
        let sites = BTreeSet::from(["s".to_owned()]);
        let mut checks = [
            check("a", "confirmed", "2026-05-04", None),
            check("b", "not_found", "2026-05-05", None),
        ];
        checks[0].flag = "no species".into();
        let (changed, conflicts) = settle(&mut checks, &sites);
        assert_eq!((changed.len(), conflicts.len()), (2, 1));
        assert_eq!(checks[0].flag, "no species; conflict with b (outcome)");
        assert_eq!(checks[1].flag, "conflict with a (outcome)");
        assert_eq!(settle(&mut checks, &sites).0.len(), 0);
        checks[1].state = WITHDRAWN.into();
        assert_eq!(settle(&mut checks, &sites).0.len(), 2);
        assert_eq!(
            (checks[0].flag.as_str(), checks[1].flag.as_str()),
            ("no species", "")
        );
    }
}
