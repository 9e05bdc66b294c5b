//! The facts of a task as name, title and value, and the same as an HTML table.

use super::super::marks::caution;
use super::super::xml::escaped;
use crate::tasks::ledger::{COLUMNS, Source};
use crate::tasks::pack::{FieldTask, PackFacts};
use crate::vector::Value;
use std::borrow::Cow;
use std::fmt::Write as _;

/// One fact.
pub(super) struct Fact<'a> {
    /// The machine name.
    pub(super) name: &'static str,
    /// As people read it.
    pub(super) title: &'static str,
    /// The value.
    pub(super) value: Cow<'a, str>,
}

/// What is known of a task: first what must be read, then the ledger's columns that hold
/// something.
pub(super) fn facts<'a>(task: &'a FieldTask, facts: &'a PackFacts) -> Vec<Fact<'a>> {
    let lang = facts.lang;
    let mut known = Vec::with_capacity(COLUMNS.len());
    known.push(Fact {
        name: "caution",
        title: lang.pick("注意", "caution"),
        value: caution(task, lang).into(),
    });
    for column in COLUMNS
        .iter()
        .filter(|c| matches!(c.source, Source::Task(_)))
    {
        let value: Cow<'a, str> = match column.value(task, facts) {
            Value::Text(text) => text,
            Value::Integer(number) => number.to_string().into(),
            Value::Real(number) => decimal(column.name, number).into(),
            Value::Null => continue,
        };
        if !value.is_empty() {
            known.push(Fact {
                name: column.name,
                title: column.header(lang),
                value,
            });
        }
    }
    known
}

/// Coordinates keep all 7 decimals; other numbers are rounded in the ledger already.
fn decimal(name: &str, number: f64) -> String {
    match name {
        "lon" | "lat" => format!("{number:.7}"),
        _ => number.to_string(),
    }
}

/// The facts as HTML, under the picture if there is one.
pub(super) fn html(facts: &[Fact<'_>], picture: Option<&str>) -> String {
    let mut out = String::with_capacity(4096);
    if let Some(file) = picture {
        let _ = write!(out, r#"<img src="{}" width="400"/>"#, escaped(file));
    }
    out.push_str("<table>");
    for fact in facts {
        let (title, value) = (escaped(fact.title), escaped(&fact.value));
        let _ = write!(out, "<tr><td>{title}</td><td>{value}</td></tr>");
    }
    out.push_str("</table>");
    out
}
