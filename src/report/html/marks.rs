//! How outcomes look on the map and in charts: each has a form of its own, so that nobody needs to
//! see colours, and a colour that those who are blind to some can tell.

use crate::campaign::Lang;
use crate::page::markup::{Markup, escape};
use crate::page::svg::{Look, px};
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

/// Two strokes across one another.
pub(super) fn cross((x, y): (f64, f64), half: f64) -> String {
    let (left, right, top, bottom) = (px(x - half), px(x + half), px(y - half), px(y + half));
    format!("M{left},{top}L{right},{bottom}M{left},{bottom}L{right},{top}")
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

/// One line of a legend: a sample and what it stands for.
pub(super) struct Key {
    /// The class of the sample.
    pub(super) class: String,
    /// Its path in a square of 18 units.
    pub(super) path: String,
    /// What it stands for.
    pub(super) text: String,
}

impl Key {
    /// Of an outcome.
    pub(super) fn outcome(outcome: &str, text: String) -> Self {
        Self {
            class: format!("site {}", class(outcome)),
            path: mark(outcome, (9.0, 9.0)),
            text,
        }
    }

    /// Of an area.
    pub(super) fn area(class: &str, text: impl Into<String>) -> Self {
        Self {
            class: class.to_owned(),
            path: "M1,3L17,3L17,15L1,15Z".into(),
            text: text.into(),
        }
    }
}

/// A legend.
pub(super) fn legend(keys: &[Key]) -> Markup {
    let lines: String = keys
        .iter()
        .map(|key| {
            format!(
                "<li><svg class=\"plot key\" viewBox=\"0 0 18 18\" width=\"18\" height=\"18\" \
                 aria-hidden=\"true\"><path class=\"{}\" d=\"{}\"/></svg>{}</li>",
                key.class,
                key.path,
                escape(&key.text)
            )
        })
        .collect::<Vec<String>>()
        .concat();
    Markup::made(format!("<ul class=\"legend\">{lines}</ul>\n"))
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
