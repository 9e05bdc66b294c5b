//! `cargo fuzz run weights`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tianmu_fuzz::weights(bytes));
