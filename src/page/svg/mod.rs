//! Plots as inline SVG. Colours come from the page's style sheet by class, so a
//! plot follows light and dark; what tells series apart also shows without colour, by dashes and
//! shapes. Positions have one decimal, so the same figures give the same text.

mod chart;
mod draw;
mod legend;
mod look;
mod rows;
mod scale;
mod words;

pub(crate) use chart::{Chart, Form, Guide, Panel, Series, Spread};
pub(crate) use draw::{Anchor, Drawing, FONT, cross, px};
pub(crate) use legend::LegendEntry;
pub(crate) use look::Look;
pub(crate) use rows::{Bar, Group, RowForm, Rows};
pub(crate) use scale::Scale;
pub(crate) use words::{cells_of, width_of, within_cells};

/// Width of a plot across the page, in its own units: about one CSS pixel each.
pub(crate) const FULL: f64 = 760.0;

/// Width of a plot that has another one beside it.
pub(crate) const HALF: f64 = 380.0;
