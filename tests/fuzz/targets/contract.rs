//! `cargo fuzz run contract`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tianmu_fuzz::contract(bytes));
