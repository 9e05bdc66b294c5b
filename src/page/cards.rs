//! Headline numbers as cards.

use super::markup::{Markup, escape};

/// A number with its name and what else to know; `Err` says why there is none.
pub(crate) struct Card {
    pub(crate) name: &'static str,
    pub(crate) value: Result<String, &'static str>,
    pub(crate) rest: String,
}

/// The numbers as cards.
pub(crate) fn cards(cards: impl IntoIterator<Item = Card>) -> Markup {
    let cards: Markup = cards
        .into_iter()
        .map(|card| {
            let (class, value) = match &card.value {
                Ok(value) => ("value", value.as_str()),
                Err(reason) => ("value missing", *reason),
            };
            let rest = match card.rest.as_str() {
                "" => String::new(),
                rest => format!("<dd class=\"rest\">{}</dd>", escape(rest)),
            };
            Markup::made(format!(
                "<div><dt>{}</dt><dd class=\"{class}\">{}</dd>{rest}</div>\n",
                escape(card.name),
                escape(value)
            ))
        })
        .collect();
    Markup::made(format!("<dl class=\"keys\">\n{}</dl>\n", cards.as_str()))
}
