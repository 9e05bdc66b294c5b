//! How outcomes look on the map and in charts: each has a form of its own, so that nobody needs to
//! see colours, and a colour that those who are blind to some can tell.

use crate::campaign::Lang;
use crate::page::map::Key;
use crate::page::svg::{Look, cross, px};
use crate::report::words::outcome_text;

/// Outcomes in the order of legends, the last for places that nobody went to.
pub(super) const OUTCOMES: [&str; 8] = [
    "confirmed",
    "false_alarm",
    "legal_crop",
    "already_removed",
    "not_found",
    "unreachable",
    "revisit",
    "",
];

/// The class of an outcome: its colour, and whether its mark is filled.
pub(super) fn class(outcome: &str) -> &'static str {
    match outcome {
        "confirmed" => "o-confirmed",
        "false_alarm" => "o-false",
        "legal_crop" => "o-legal",
        "already_removed" => "o-removed",
        "not_found" => "o-none",
        "unreachable" => "o-far",
        "revisit" => "o-again",
        _ => "o-open",
    }
}

/// The path of an outcome's mark around a place, about 10 units across.
pub(super) fn mark(outcome: &str, (x, y): (f64, f64)) -> String {
    match outcome {
        "confirmed" => Look(2).mark(x, y),
        "false_alarm" => cross((x, y), 4.0),
        "legal_crop" => Look(1).mark(x, y),
        "already_removed" => Look(3).mark(x, y),
        "not_found" => ring((x, y), 4.5),
        "unreachable" => Look(4).mark(x, y),
        "revisit" => Look(5).mark(x, y),
        _ => ring((x, y), 2.2),
    }
}

/// A circle as a path.
pub(super) fn ring((x, y): (f64, f64), radius: f64) -> String {
    let (left, middle, r, across) = (px(x - radius), px(y), px(radius), px(2.0 * radius));
    format!("M{left},{middle}a{r},{r} 0 1 0 {across},0a{r},{r} 0 1 0 -{across},0Z")
}

/// The mark of a target: with a dot where it is matched, crossed where it is not.
pub(super) fn target(matched: bool, at: (f64, f64)) -> String {
    let inner = if matched {
        ring(at, 1.6)
    } else {
        cross(at, 5.0)
    };
    ring(at, 7.0) + &inner
}

/// The line of a legend for an outcome.
pub(super) fn outcome_key(outcome: &str, text: String) -> Key {
    Key::of(
        &format!("site {}", class(outcome)),
        mark(outcome, (9.0, 9.0)),
        text,
    )
}

/// An outcome in words.
pub(super) fn said(outcome: &str, lang: Lang) -> &'static str {
    outcome_text(outcome, lang)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::check::Outcome;
    use std::collections::BTreeSet;

    #[test]
    fn every_outcome_has_a_form_of_its_own() {
        let forms: BTreeSet<String> = OUTCOMES.map(|o| mark(o, (9.0, 9.0))).into_iter().collect();
        let classes: BTreeSet<&str> = OUTCOMES.map(class).into_iter().collect();
        assert_eq!((forms.len(), classes.len()), (8, 8));
        for outcome in Outcome::ALL {
            assert!(OUTCOMES.contains(&outcome.word().name));
        }
    }
}
