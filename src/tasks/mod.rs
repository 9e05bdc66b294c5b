//! Ground-check lists: which leads are visited, in which order, and the field pack in all the
//! formats that teams use.

#[cfg(test)]
mod fixture;
pub mod ledger;
pub mod pack;
mod write;
