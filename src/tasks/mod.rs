//! Ground-check lists: which leads are visited, in which order, and the field pack in all the
//! formats that teams use.

pub mod elevation;
#[cfg(test)]
mod fixture;
pub mod grade;
pub mod ledger;
pub mod map_layers;
pub mod order;
pub mod pack;
mod write;
pub mod pictures;
#[cfg_attr(not(test), expect(dead_code, reason = "for the pack's writer"))]
mod sheet;
