//! `tianmu verify`: of a run by its record, or of a campaign.

use super::{Exit, output};
use crate::campaign::Campaign;
use crate::campaign::verify::{FileState as State, Verified, VerifyRequest, verify as look};
use crate::pipeline::provenance::{FileState, verify};
use crate::vector::StoreTarget;
use crate::{Error, Result};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Arguments of `tianmu verify`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The run record, such as `sites.gpkg.run.json`, or a campaign
    #[arg(value_name = "RUN.json|CAMPAIGN")]
    what: String,

    /// Of a campaign: the hash of the last row of its audit, as it was written down earlier
    #[arg(long, value_name = "HASH")]
    expect: Option<String>,

    /// Of a campaign: where files lie now that are no longer where they were; may be repeated
    #[arg(long = "files", value_name = "FOLDER")]
    folders: Vec<PathBuf>,

    /// Print the verdicts as JSON
    #[arg(long)]
    json: bool,

    /// Print what has changed only
    #[arg(short, long)]
    quiet: bool,
}

/// Hashes what is named and says what has changed.
pub(super) fn run(args: &Args) -> Result<Exit> {
    output::catch_interrupts();
    let is_record = Path::new(&args.what)
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("json"));
    if is_record {
        of_run(args)
    } else {
        of_campaign(args)
    }
}

fn of_run(args: &Args) -> Result<Exit> {
    if args.expect.is_some() || !args.folders.is_empty() {
        return Err(Error::setting(
            if args.expect.is_some() {
                "expect"
            } else {
                "files"
            },
            "with a run record",
            "a campaign, which has an audit; a run record says itself where its files are",
        ));
    }
    let tell = |file: &_| output::hashing(file, args.quiet || args.json);
    let verdicts = verify(Path::new(&args.what), &tell, &output::is_interrupted)?;
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

fn of_campaign(args: &Args) -> Result<Exit> {
    let tell = |kind: &str, path: &Path| {
        output::stage(
            &format!("hashing {kind} `{}`", path.display()),
            args.quiet || args.json,
        );
    };
    let request = VerifyRequest {
        expect: args.expect.as_deref(),
        folders: &args.folders,
        tell: &tell,
        stop: &output::is_interrupted,
    };
    let campaign = Campaign::open(&StoreTarget::parse(&args.what))?;
    let verified = look(&campaign, &request)?;
    if args.json {
        output::json(&verified)?;
    } else {
        output::text(&said(&verified, args.quiet));
    }
    Ok(if verified.is_good() {
        Exit::Done
    } else {
        Exit::SomeFailed
    })
}

fn said(verified: &Verified, quiet: bool) -> String {
    let mut text = String::new();
    for file in &verified.files {
        if file.state != State::Unchanged || !quiet {
            let word = match file.state {
                State::Changed | State::Missing => file.state.name().to_uppercase(),
                state => state.name().to_owned(),
            };
            let path = file.found.as_ref().unwrap_or(&file.path).display();
            let _ = writeln!(text, "{word:<9} {:<14} {path}", file.kind);
        }
    }
    for fault in &verified.rows {
        let _ = writeln!(text, "ROW       {fault}");
    }
    let counts: Vec<String> = State::ALL
        .into_iter()
        .map(|state| (verified.count(state), state.name()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    if !counts.is_empty() {
        let _ = writeln!(text, "files: {}", counts.join(", "));
    }
    if verified.rows.is_empty() {
        let _ = writeln!(text, "rows: they fit together");
    } else {
        let _ = writeln!(
            text,
            "rows: {} that do not fit together",
            verified.rows.len()
        );
    }
    let audit = &verified.audit;
    let _ = match &audit.broken {
        None => writeln!(text, "audit: {} rows, the chain holds", audit.rows),
        Some(why) => writeln!(text, "audit: BROKEN: {why}"),
    };
    if let Some(last) = &audit.last {
        let _ = writeln!(
            text,
            "last row: {} {} {} {}",
            last.seq, last.at, last.action, last.sha256
        );
    }
    let _ = match (audit.lost, audit.expected) {
        (true, _) => writeln!(
            text,
            "expected: NO ROW has that hash: rows were taken out, or the chain was written anew"
        ),
        (false, Some(row)) => writeln!(text, "expected: row {row} has that hash"),
        (false, None) => writeln!(
            text,
            "write down the number and the hash of the last row: that the last rows were taken out shows \
             by `--expect HASH` only"
        ),
    };
    text
}
