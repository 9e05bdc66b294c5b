//! What HTML pages are made of: escaped markup, inline SVG, numbers for people, one style sheet.
//! Pages load nothing; they are for a screen, light or dark, and for A4.

pub(crate) mod cards;
pub(crate) mod map;
pub(crate) mod markup;
pub(crate) mod numbers;
pub(crate) mod svg;
#[cfg(test)]
pub(crate) mod wellformed;

/// The style sheet of every page: colours as variables, light, dark and printed.
pub(crate) const STYLE: &str = include_str!("page.css");
