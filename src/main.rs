//! The `tianmu` program: reads the command line and hands it to the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    #[expect(
        unsafe_code,
        reason = "ONNX Runtime has no other switch that works from its start"
    )]
    // SAFETY: nothing has been started yet, so no other thread reads the environment.
    unsafe {
        std::env::set_var(
            tianmu::model::TELEMETRY_SWITCH.0,
            tianmu::model::TELEMETRY_SWITCH.1,
        );
    }
    tianmu::cli::main()
}
