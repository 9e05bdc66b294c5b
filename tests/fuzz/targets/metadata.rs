//! `cargo fuzz run metadata`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tianmu_fuzz::metadata(bytes));
