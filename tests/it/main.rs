//! Integration tests, one binary, so that GDAL is linked once.
//!
//! They need ONNX Runtime, which `make setup` brings; those in `foreign` also need
//! the Python libraries of `make test`, `training_kit` torch as well, and are skipped without them.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, in helpers as well"
)]

// The house itself: which part may use which, and what every source file keeps to.
mod invariants;

// What a scan finds: painted scenes in, sites out. Mostly through the library.
mod scan;

// Models measured on labelled imagery.
mod bench;

// Tables that are read and changed in place, in a file and on a server.
mod store;

// Runs that are cut off, and runs in parts.
mod trust;

// Campaigns: what comes in, what rounds have to do with each other, what is never lost.
mod campaign;

// Field packs.
mod tasks;

// What comes back from the field.
mod returns;

// Reports of what was found on the ground.
mod report;

// What people see: help, reports and every error text, word for word.
mod cli;

// What `inspect` says of images and models.
mod fuzz_corpus;
mod inspect;

// Comparisons with other implementations, each a Python script.
mod foreign;

// The scripts that make models.
mod training_kit;

mod support;
