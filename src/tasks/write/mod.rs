//! The formats of a field pack. Each is written from the same list of tasks, so that they agree.

pub(super) mod csv;
mod notice;
#[cfg(test)]
mod packs;
pub(super) mod xlsform;
pub(super) mod xlsx;
