//! Maps of a page: a frame with graticule and scale, and outlines in it.

mod frame;
mod outline;

pub(crate) use frame::{Frame, ORIGIN};
pub(crate) use outline::{path, tolerance};
