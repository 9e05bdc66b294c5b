//! The marks of the map.

use crate::page::map::Key;
use crate::page::svg::cross;

/// The line of a legend for a way.
pub(super) fn way_key(class: &str, text: String) -> Key {
    Key::of(class, "M1,13L7,5L11,13L17,5", text)
}

/// The line of a legend for a place.
pub(super) fn place_key(class: &str, text: String) -> Key {
    Key::of(class, cross((9.0, 9.0), 4.0), text)
}
