//! The `tianmu` program: reads the command line and hands it to the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    tianmu::cli::main()
}
