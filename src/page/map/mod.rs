//! Maps of a page: a frame with graticule and scale, outlines in it, and a legend.

mod frame;
mod legend;
mod outline;

pub(crate) use frame::{Frame, ORIGIN};
pub(crate) use legend::{Key, legend};
pub(crate) use outline::{path, tolerance};
