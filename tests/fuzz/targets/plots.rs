//! `cargo fuzz run plots`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tianmu_fuzz::plots(bytes));
