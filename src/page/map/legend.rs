//! The legend of a map: what stands for what.

use crate::page::markup::{Markup, escape};

/// One line of a legend: a sample and what it stands for.
pub(crate) struct Key {
    /// The class of the sample.
    pub(crate) class: String,
    /// Its path in a square of 18 units.
    pub(crate) path: String,
    /// What it stands for.
    pub(crate) text: String,
}

impl Key {
    /// Of a sample that is a path.
    pub(crate) fn of(class: &str, path: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            class: class.to_owned(),
            path: path.into(),
            text: text.into(),
        }
    }

    /// Of an area.
    pub(crate) fn area(class: &str, text: impl Into<String>) -> Self {
        Self::of(class, "M1,3L17,3L17,15L1,15Z", text)
    }
}

/// A legend.
pub(crate) fn legend(keys: &[Key]) -> Markup {
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
