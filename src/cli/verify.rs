//! `tianmu verify`.

use super::{Exit, output};
use crate::Result;
use crate::pipeline::provenance::{FileState, verify};
use std::path::PathBuf;

/// Arguments of `tianmu verify`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The run record, such as `sites.gpkg.run.json`
    #[arg(value_name = "RUN.json")]
    record: PathBuf,

    /// Print the verdicts as JSON
    #[arg(long)]
    json: bool,

    /// Print what has changed only
    #[arg(short, long)]
    quiet: bool,
}

/// Hashes what the record names and says what has changed.
pub(super) fn run(args: &Args) -> Result<Exit> {
    output::catch_interrupts();
    let tell = |file: &_| output::hashing(file, args.quiet || args.json);
    let verdicts = verify(&args.record, &tell, &output::is_interrupted)?;
    if args.json {
        output::json(&verdicts)?;
    } else {
        output::verdicts(&verdicts, args.quiet);
    }
    let differs = |state| matches!(state, FileState::Changed | FileState::Missing);
    Ok(if verdicts.iter().any(|v| differs(v.state)) {
        Exit::SomeFailed
    } else {
        Exit::Done
    })
}
