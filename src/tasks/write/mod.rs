//! The field pack in each of its formats, one file or folder a format, all from the same list of
//! tasks, so that they agree.

pub(crate) mod book;
pub(super) mod csv;
pub(super) mod encrypt;
pub(super) mod geojson;
pub(super) mod gpx;
pub(super) mod kmz;
pub(crate) mod manifest;
pub(super) mod maproulette;
mod marks;
mod notice;
pub(super) mod ovital;
pub(super) mod qfield;
pub(super) mod xlsform;
pub(super) mod xlsx;
mod xml;

#[cfg(test)]
mod example;
#[cfg(test)]
mod packs;
