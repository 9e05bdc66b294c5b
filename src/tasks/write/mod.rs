//! The formats of a field pack. Each is written from the same list of tasks, so that they agree.

pub(super) mod csv;
mod notice;
#[cfg(test)]
mod packs;
pub(super) mod xlsform;
pub(super) mod xlsx;
//! The field pack in each of its formats, one file a format, all from the same list of tasks.

pub(in crate::tasks) mod encrypt;
pub(in crate::tasks) mod geojson;
pub(in crate::tasks) mod gpx;
pub(in crate::tasks) mod kmz;
pub(in crate::tasks) mod manifest;
pub(in crate::tasks) mod maproulette;
mod marks;
pub(in crate::tasks) mod ovital;
pub(in crate::tasks) mod qfield;
mod xml;

#[cfg(test)]
mod example;
