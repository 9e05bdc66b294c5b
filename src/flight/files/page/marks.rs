//! What stands for what on the map, and the legend that says so.

use crate::page::markup::{Markup, escape};
use crate::page::svg::px;

/// Two strokes across one another.
pub(super) fn cross((x, y): (f64, f64), half: f64) -> String {
    let (left, right, top, bottom) = (px(x - half), px(x + half), px(y - half), px(y + half));
    format!("M{left},{top}L{right},{bottom}M{left},{bottom}L{right},{top}")
}

/// One line of a legend: a sample and what it stands for.
pub(super) struct Key {
    class: &'static str,
    path: String,
    /// What it stands for.
    pub(super) text: String,
}

impl Key {
    /// Of an area.
    pub(super) fn area(class: &'static str, text: String) -> Self {
        let path = "M1,3L17,3L17,15L1,15Z".into();
        Self { class, path, text }
    }

    /// Of a line.
    pub(super) fn line(class: &'static str, text: String) -> Self {
        let path = "M1,13L7,5L11,13L17,5".into();
        Self { class, path, text }
    }

    /// Of a place.
    pub(super) fn place(class: &'static str, text: String) -> Self {
        let path = cross((9.0, 9.0), 4.0);
        Self { class, path, text }
    }
}

/// A legend.
pub(super) fn legend(keys: &[Key]) -> Markup {
    let lines: Markup = keys
        .iter()
        .map(|key| {
            Markup::made(format!(
                "<li><svg class=\"plot key\" viewBox=\"0 0 18 18\" width=\"18\" height=\"18\" \
                 aria-hidden=\"true\"><path class=\"{}\" d=\"{}\"/></svg>{}</li>",
                key.class,
                key.path,
                escape(&key.text)
            ))
        })
        .collect();
    Markup::made(format!("<ul class=\"legend\">{}</ul>\n", lines.as_str()))
}
