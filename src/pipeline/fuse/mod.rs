//! Stage 4 of 6: fuse. From labelled cells to outlined, grouped parts.
//!
//! The way of the data, file by file:
//! 1. [`RunRows`] (`runs.rs`): rows of labels and probabilities become runs of equal class.
//! 2. [`StripTracer`], [`Strip`] (`strip.rs`): rows of runs become exact 4-connected
//!    [`Component`]s; strips traced apart are joined without a trace of the seam.
//! 3. [`exact_polygon`], [`simplified_polygon`] (`outline.rs`): lattice rings become polygons.
//! 4. [`group_touching`], [`group_parts`] (`group.rs`): parts become groups by touch or distance.
//!
//! Frame of everything before step 3: the **cell lattice**. Cells are numbered `row`, `col` from
//! 0 at the top left; lattice corners are `x` (columns, rightwards) and `y` (rows, downwards),
//! cell (`row`, `col`) covers `x` in `col..col + 1` and `y` in `row..row + 1`. Columns and rows
//! number at most 2³¹ each.
//!
//! Nothing here depends on threads or on how the rows were cut into strips: equal cells give
//! equal components, byte for byte.

mod component;
mod group;
mod open;
mod outline;
mod rings;
mod runs;
mod sets;
mod strip;
#[cfg(test)]
mod testing;

pub use component::{Cell, CellBounds, Component, Ring, Vertex, sort_components};
pub use group::{Part, group_parts, group_touching};
pub use outline::{exact_polygon, simplified_polygon};
pub use runs::{RowRuns, Run, RunRows};
pub use strip::{Strip, StripTracer};
