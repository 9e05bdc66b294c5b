//! A check: what somebody found on the ground, its way to and from the table, and which of several
//! answers for one site counts.

use super::vocabulary::{OUTCOME, Word};
use crate::digest::hash_of;
use crate::vector::{Row, Shape, StoredRow, StoredShape, Value, shape_from_wkt};
use geo::{BooleanOps, MultiPolygon, Point, Validation};
use std::collections::{BTreeMap, BTreeSet};

/// The answer counts.
pub const COUNTED: &str = "counted";
/// Somebody took the answer back; it stays for the record.
pub const WITHDRAWN: &str = "withdrawn";

/// What the audit calls the hash of all checks after a change of them.
pub const CHECKS_SHA256: &str = "checks_sha256";

/// How the part of a flag begins that names an answer which contradicts this one.
pub const CONFLICT: &str = "conflict with ";

/// What stood there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The crop.
    Confirmed,
    /// Something else was taken for it.
    FalseAlarm,
    /// The crop, licensed.
    LegalCrop,
    /// It was there, and is no more.
    AlreadyRemoved,
    /// Nothing like a plot.
    NotFound,
    /// Nobody got there.
    Unreachable,
    /// Somebody is to come back.
    Revisit,
}

impl Outcome {
    /// All, in the order of the list of words.
    pub const ALL: [Self; 7] = [
        Self::Confirmed,
        Self::FalseAlarm,
        Self::LegalCrop,
        Self::AlreadyRemoved,
        Self::NotFound,
        Self::Unreachable,
        Self::Revisit,
    ];

    /// Its words: machine name, Chinese, English.
    #[must_use]
    pub fn word(self) -> &'static Word {
        &OUTCOME.words[self as usize]
    }

    /// The outcome with a machine name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|o| o.word().name == name)
    }

    /// Whether nobody needs to go there again: not where somebody is to come back, nor where nobody
    /// got to.
    #[must_use]
    pub fn is_closed(self) -> bool {
        !matches!(self, Self::Unreachable | Self::Revisit)
    }
}

/// A row of the table `checks`.
#[derive(Debug, Clone, PartialEq, Default)]
#[expect(missing_docs, reason = "the columns of the table say it")]
#[expect(clippy::struct_field_names, reason = "named as the columns")]
pub struct Check {
    pub fid: i64,
    pub check_id: String,
    pub site_id: String,
    pub checked_at: String,
    pub checker: String,
    pub unit: String,
    pub outcome: String,
    pub species: String,
    pub confuser: String,
    pub stage: String,
    pub count_method: String,
    pub plant_count: Option<i64>,
    pub quadrat_n: Option<i64>,
    pub quadrat_m2: Option<f64>,
    pub quadrat_sum: Option<i64>,
    pub quadrat_counts: String,
    pub plants: Option<f64>,
    pub plants_se: Option<f64>,
    pub area_m2: Option<f64>,
    pub plot: String,
    pub disposal: String,
    pub prior_handled: String,
    pub witness: String,
    pub evidence_no: String,
    pub note: String,
    pub off_m: Option<f64>,
    pub state: String,
    pub flag: String,
    pub source: String,
    pub source_sha256: String,
    pub place: String,
    pub recorded_at: String,
    /// Where the checker stood, WGS 84.
    pub point: Option<Point<f64>>,
}

impl Check {
    /// A row of the table `checks`.
    #[must_use]
    pub fn from_row(row: &StoredRow) -> Self {
        Self {
            fid: row.fid,
            check_id: row.text("check_id"),
            site_id: row.text("site_id"),
            checked_at: row.text("checked_at"),
            checker: row.text("checker"),
            unit: row.text("unit"),
            outcome: row.text("outcome"),
            species: row.text("species"),
            confuser: row.text("confuser"),
            stage: row.text("stage"),
            count_method: row.text("count_method"),
            plant_count: row.integer("plant_count"),
            quadrat_n: row.integer("quadrat_n"),
            quadrat_m2: row.real("quadrat_m2"),
            quadrat_sum: row.integer("quadrat_sum"),
            quadrat_counts: row.text("quadrat_counts"),
            plants: row.real("plants"),
            plants_se: row.real("plants_se"),
            area_m2: row.real("area_m2"),
            plot: row.text("plot"),
            disposal: row.text("disposal"),
            prior_handled: row.text("prior_handled"),
            witness: row.text("witness"),
            evidence_no: row.text("evidence_no"),
            note: row.text("note"),
            off_m: row.real("off_m"),
            state: row.text("state"),
            flag: row.text("flag"),
            source: row.text("source"),
            source_sha256: row.text("source_sha256"),
            place: row.text("place"),
            recorded_at: row.text("recorded_at"),
            point: match row.shape {
                Some(StoredShape::Point(point)) => Some(point),
                _ => None,
            },
        }
    }

    /// The outline that was walked, WGS 84; `None` where nobody walked one.
    #[must_use]
    pub fn walked(&self) -> Option<MultiPolygon<f64>> {
        let area = shape_from_wkt(&self.plot).map(StoredShape::into_area)?;
        if area.0.is_empty() {
            return None;
        }
        if area.is_valid() {
            return Some(area);
        }
        // A path that was walked crosses itself where it began.
        let clean = area.union(&MultiPolygon::new(vec![]));
        (clean.is_valid() && !clean.0.is_empty()).then_some(clean)
    }

    /// Adds to what is to be looked into.
    pub fn add_flag(&mut self, text: &str) {
        if !self.flag.is_empty() {
            self.flag.push_str("; ");
        }
        self.flag.push_str(text);
    }

    /// The row for the table `checks`.
    #[must_use]
    pub fn to_row(&self) -> Row<'_> {
        let real = |value: Option<f64>| value.map_or(Value::Null, Value::Real);
        let whole = |value: Option<i64>| value.map_or(Value::Null, Value::Integer);
        Row {
            shape: self.point.map_or(Shape::None, Shape::Point),
            values: vec![
                self.check_id.as_str().into(),
                self.site_id.as_str().into(),
                self.checked_at.as_str().into(),
                self.checker.as_str().into(),
                self.unit.as_str().into(),
                self.outcome.as_str().into(),
                self.species.as_str().into(),
                self.confuser.as_str().into(),
                self.stage.as_str().into(),
                self.count_method.as_str().into(),
                whole(self.plant_count),
                whole(self.quadrat_n),
                real(self.quadrat_m2),
                whole(self.quadrat_sum),
                self.quadrat_counts.as_str().into(),
                real(self.plants),
                real(self.plants_se),
                real(self.area_m2),
                self.plot.as_str().into(),
                self.disposal.as_str().into(),
                self.prior_handled.as_str().into(),
                self.witness.as_str().into(),
                self.evidence_no.as_str().into(),
                self.note.as_str().into(),
                real(self.off_m),
                self.state.as_str().into(),
                self.flag.as_str().into(),
                self.source.as_str().into(),
                self.source_sha256.as_str().into(),
                self.place.as_str().into(),
                self.recorded_at.as_str().into(),
            ],
        }
    }
}

/// SHA-256 of all checks: of each, in the order of their numbers, a line of JSON with its values in the
/// order of the columns, longitude and latitude.
#[must_use]
pub fn digest(checks: &[Check]) -> String {
    let mut sorted: Vec<&Check> = checks.iter().collect();
    sorted.sort_by(|a, b| (&a.check_id, a.fid).cmp(&(&b.check_id, b.fid)));
    let mut lines = String::new();
    for check in sorted {
        let mut values: Vec<serde_json::Value> =
            check.to_row().values.iter().map(as_json).collect();
        values.extend(
            check
                .point
                .into_iter()
                .flat_map(|p| [p.x().into(), p.y().into()]),
        );
        lines.push_str(&serde_json::Value::from(values).to_string());
        lines.push('\n');
    }
    hash_of(lines)
}

fn as_json(value: &Value<'_>) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Integer(number) => (*number).into(),
        Value::Real(number) => (*number).into(),
        Value::Text(text) => text.as_ref().into(),
    }
}

/// What is known of a site after all visits: the answer that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict<'a> {
    /// What stood there.
    pub outcome: Outcome,
    /// When, ISO 8601; empty where unknown.
    pub checked_at: &'a str,
    /// The place of the check in the list that it was made from; `None` for one of an earlier round.
    pub check: Option<usize>,
}

impl Verdict<'_> {
    /// Whether it was found in this round.
    #[must_use]
    pub fn is_of_round(&self) -> bool {
        self.check.is_some()
    }

    /// Whether it counts before `other`, which came in earlier. A plot that was confirmed and is gone on
    /// a later visit was confirmed, as its plants, its disposal and its pictures say.
    fn outweighs(&self, other: &Self) -> bool {
        let of_round = self.is_of_round() && other.is_of_round();
        match (self.outcome, other.outcome) {
            (Outcome::Confirmed, Outcome::AlreadyRemoved) if of_round => true,
            (Outcome::AlreadyRemoved, Outcome::Confirmed) if of_round => false,
            _ if self.is_of_same_day(other) => {
                let without_time = |verdict: &Self| (verdict.rank().0, verdict.rank().1);
                without_time(self) >= without_time(other)
            }
            _ => self.rank() >= other.rank(),
        }
    }

    /// Whether both are of one day, and not both say at what time: what came in last counts then.
    fn is_of_same_day(&self, other: &Self) -> bool {
        let day = |verdict: &Self| verdict.checked_at.get(..10).map(str::to_owned);
        let has_time = |verdict: &Self| verdict.checked_at.len() > 10;
        day(self).is_some() && day(self) == day(other) && !(has_time(self) && has_time(other))
    }

    /// Answers of this round count before those of earlier ones, later before earlier; that nobody
    /// got there takes nothing away from what somebody found.
    fn rank(&self) -> (bool, bool, &str) {
        let was_there = self.outcome != Outcome::Unreachable;
        (self.is_of_round(), was_there, self.checked_at)
    }
}

/// The answer that counts for each site: of `checks` those that nobody took back, and of earlier
/// rounds the rows `(site_id, outcome, checked_at)` of the table `previous`. Of answers of the same
/// time the one that came in last counts.
#[must_use]
pub fn verdicts<'a>(
    checks: &'a [Check],
    earlier: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>,
) -> BTreeMap<&'a str, Verdict<'a>> {
    let before = earlier.into_iter().map(|row| (row, None));
    let now = checks
        .iter()
        .enumerate()
        .filter(|(_, check)| check.state != WITHDRAWN)
        .map(|(i, c)| {
            (
                (
                    c.site_id.as_str(),
                    c.outcome.as_str(),
                    c.checked_at.as_str(),
                ),
                Some(i),
            )
        });
    let mut counted: BTreeMap<&str, Verdict<'_>> = BTreeMap::new();
    for ((site_id, outcome, checked_at), check) in before.chain(now) {
        let Some(outcome) = Outcome::parse(outcome) else {
            continue;
        };
        let found = Verdict {
            outcome,
            checked_at,
            check,
        };
        let last = counted.entry(site_id).or_insert(found);
        if found.outweighs(last) {
            *last = found;
        }
    }
    counted
}

/// Sites with answers that contradict one another.
#[must_use]
pub fn conflicting(checks: &[Check]) -> BTreeSet<&str> {
    checks
        .iter()
        .filter(|check| check.state != WITHDRAWN)
        .filter(|check| {
            check
                .flag
                .split("; ")
                .any(|part| part.starts_with(CONFLICT))
        })
        .map(|check| check.site_id.as_str())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::tables::CHECKS;

    fn check(site_id: &str, outcome: &str, checked_at: &str) -> Check {
        Check {
            site_id: site_id.into(),
            outcome: outcome.into(),
            checked_at: checked_at.into(),
            state: COUNTED.into(),
            ..Check::default()
        }
    }

    #[test]
    fn outcomes_are_those_of_the_list() {
        assert_eq!(OUTCOME.words.len(), Outcome::ALL.len());
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::parse(outcome.word().name), Some(outcome));
        }
        assert_eq!(Outcome::NotFound.word().name, "not_found");
        assert_eq!(Outcome::parse(""), None);
    }

    #[test]
    fn a_row_has_a_value_for_each_column() {
        assert_eq!(Check::default().to_row().values.len(), CHECKS.fields.len());
    }

    #[test]
    fn the_last_answer_of_this_round_counts() {
        let mut withdrawn = check("d", "confirmed", "2026-05-09");
        withdrawn.state = WITHDRAWN.into();
        let checks = [
            check("a", "revisit", "2026-05-01"),
            check("a", "confirmed", "2026-05-04"),
            check("a", "unreachable", "2026-05-06"),
            check("b", "not_found", "2026-05-02"),
            check("d", "false_alarm", "2026-05-01"),
            withdrawn,
        ];
        let earlier = [("b", "confirmed", "2027-01-01"), ("c", "revisit", "")];
        let all = verdicts(&checks, earlier);
        assert_eq!(all["a"].outcome, Outcome::Confirmed);
        assert_eq!(all["a"].check, Some(1));
        assert_eq!(all["b"].outcome, Outcome::NotFound);
        assert_eq!(all["c"].outcome, Outcome::Revisit);
        assert!(!all["c"].is_of_round());
        assert_eq!(all["d"].outcome, Outcome::FalseAlarm);
    }

    #[test]
    fn a_plot_that_was_confirmed_and_then_removed_was_confirmed() {
        let confirmed = check("a", "confirmed", "2026-05-01");
        let removed = check("a", "already_removed", "2026-05-10");
        let orders = [
            [confirmed.clone(), removed.clone()],
            [removed.clone(), confirmed.clone()],
        ];
        for checks in orders {
            assert_eq!(verdicts(&checks, [])["a"].outcome, Outcome::Confirmed);
        }
        // In another round it was there once, and is no more.
        let all = [removed];
        let before = [("a", "confirmed", "2025-05-01")];
        assert_eq!(verdicts(&all, before)["a"].outcome, Outcome::AlreadyRemoved);
    }
}
