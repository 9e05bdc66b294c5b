//! The `tianmu` program.

fn main() {}
