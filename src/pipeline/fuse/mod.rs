//! Stage 4 of 6: fuse. From labelled cells to outlined, grouped parts; from detections of tiles
//! to objects of the raster.
//!
//! The way of labelled cells, file by file:
//! 1. [`RunRows`] (`runs.rs`): rows of labels and probabilities become runs of equal class.
//! 2. [`StripTracer`], [`Strip`] (`strip.rs`): rows of runs become exact 4-connected
//!    [`Component`]s; strips traced apart are joined without a trace of the seam.
//! 3. [`exact_polygon`], [`simplified_polygon`] (`outline.rs`): lattice rings become polygons.
//! 4. [`group_touching`], [`group_parts`] (`group.rs`): parts become groups by touch or distance.
//!
//! The way of [`Detection`]s (`detection.rs`; their areas in `quad.rs`, their order in `rank.rs`):
//! [`single_objects`] (`single.rs`) goes through them:
//! 1. [`suppress`](fn@suppress) (`suppress.rs`): of those of a class that overlap, the best stays.
//! 2. [`drop_seen_whole`] (`seen_whole.rs`): pieces that another tile shows whole go.
//! 3. [`join_cut`](fn@join_cut) (`join_cut.rs`): pieces that tile edges cut become whole objects.
//!
//! Frame of cells before step 3: the **cell lattice**. Cells are numbered `row`, `col` from
//! 0 at the top left; lattice corners are `x` (columns, rightwards) and `y` (rows, downwards),
//! cell (`row`, `col`) covers `x` in `col..col + 1` and `y` in `row..row + 1`. Columns and rows
//! number at most 2³¹ each. Detections are placed in the same frame, between the corners.
//!
//! From [`OutlinedPart`] (`parts.rs`) on, cells and objects are the same.
//!
//! Nothing here depends on threads or on how the rows were cut into strips: equal cells give
//! equal components, byte for byte, and equal detections in any order equal objects.

mod component;
mod detection;
mod group;
mod join_cut;
mod open;
mod outline;
mod parts;
mod quad;
mod rank;
mod rings;
mod runs;
mod seen_whole;
mod sets;
mod single;
mod strip;
mod suppress;
#[cfg(test)]
mod testing;

pub use component::{Cell, CellBounds, Component, Ring, Vertex, sort_components};
pub use detection::{CutEdges, Detection, Outline};
pub use group::{Part, group_outlines, group_parts, group_touching};
pub use join_cut::join_cut;
pub use outline::{exact_polygon, simplified_polygon};
pub use parts::OutlinedPart;
pub use rank::sorted_detections;
pub use runs::{RowRuns, Run, RunRows};
pub use seen_whole::drop_seen_whole;
pub use single::single_objects;
pub use strip::{Strip, StripTracer};
pub use suppress::suppress;
