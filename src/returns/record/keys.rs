//! What makes two answers the same one: the key of the format, or the content.

use crate::campaign::CampaignFacts;
use crate::campaign::check::Check;
use crate::digest::hash_of;
use crate::returns::Returned;
use crate::returns::judge::ground::is_find;

/// All that a checker said, as a text; two answers of the same content are one. Where it came from,
/// when it came in and what was found out about it are no part of it, nor is the number that a plot
/// without a lead got here.
pub(super) fn content(check: &Check) -> String {
    let site = if check.site_id.is_empty() || is_find(&check.site_id) {
        "find"
    } else {
        check.site_id.as_str()
    };
    let place = check.point.map(|p| (p.x(), p.y()));
    let said = [
        site,
        &check.checked_at,
        &check.checker,
        &check.unit,
        &check.outcome,
        &check.species,
        &check.confuser,
        &check.stage,
        &check.count_method,
        &check.quadrat_counts,
        &check.plot,
        &check.disposal,
        &check.prior_handled,
        &check.witness,
        &check.evidence_no,
        &check.note,
    ];
    format!(
        "{said:?}{:?}",
        (
            check.plant_count,
            check.quadrat_n,
            check.quadrat_m2,
            check.quadrat_sum,
            check.area_m2,
            place
        )
    )
}

/// The number of an answer whose format has no key.
pub(super) fn check_id(facts: &CampaignFacts, content: &str) -> String {
    facts.uuid(&format!("check:{content}"))
}

/// The key of an answer without the number of its version: `uuid:…#2` is `uuid:…`.
pub(super) fn base(check_id: &str) -> &str {
    match check_id.rsplit_once('#') {
        Some((base, number))
            if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) =>
        {
            base
        }
        _ => check_id,
    }
}

/// The number of a bad row: the same row at the same place of a file with the same content has the same
/// one.
pub(super) fn reject_id(format: &str, row: &Returned) -> String {
    let answers: Vec<(&str, &str)> = row
        .answers
        .iter()
        .map(|(name, w)| (*name, w.text.as_str()))
        .collect();
    let raw = serde_json::Value::Object(row.whole());
    hash_of(format!(
        "{format}\0{}\0{}\0{answers:?}\0{raw}",
        row.place, row.key
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::Point;

    #[test]
    fn content_is_what_was_said() {
        let mut check = Check {
            site_id: "990101201202-2026R1-0001".into(),
            outcome: "confirmed".into(),
            plant_count: Some(3),
            point: Some(Point::new(101.5, 24.25)),
            ..Check::default()
        };
        let first = content(&check);
        check.source = "other.xlsx".into();
        check.flag = "no species".into();
        check.off_m = Some(3.0);
        assert_eq!(content(&check), first);
        check.plant_count = Some(4);
        assert_ne!(content(&check), first);
        check.site_id = "990101201202-2026R1-F001".into();
        let found = content(&check);
        check.site_id = String::new();
        assert_eq!(content(&check), found);
    }

    #[test]
    fn versions_have_one_base() {
        assert_eq!(base("uuid:a-b#12"), "uuid:a-b");
        assert_eq!(base("uuid:a-b"), "uuid:a-b");
        assert_eq!(base("a#b"), "a#b");
        assert_eq!(base("a#"), "a#");
    }
}
