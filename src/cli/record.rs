//! `tianmu record`.

use super::campaign::WaitArg;
use super::{Exit, clock, output};
use crate::Result;
use crate::returns::{Fault, FileReport, RecordJob, Recorded, Withdrawn, record, withdraw};
use crate::vector::StoreTarget;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Arguments of `tianmu record`.
#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct Args {
    /// The campaign
    #[arg(value_name = "CAMPAIGN")]
    campaign: String,

    /// What came back: the ledger (.xlsx, .csv), `checks.gpkg` of `QField`, CSV of ODK or `KoBo`, folders of photos
    #[arg(value_name = "RETURNED", required_unless_present = "withdraw")]
    files: Vec<PathBuf>,

    /// A position further from its site is refused, metres
    #[arg(long, value_name = "METRES", default_value_t = 1000.0)]
    max_distance: f64,

    /// Write bad rows to a CSV file, to be mended and given again
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,

    /// Replace the file of bad rows
    #[arg(long, requires = "rejects")]
    overwrite: bool,

    /// Say what would be taken, and change nothing
    #[arg(long)]
    dry_run: bool,

    /// Take one answer back: it stays for the record, and counts no more
    #[arg(long, value_name = "CHECK_ID", requires = "reason", conflicts_with_all = ["files", "rejects", "dry_run"])]
    withdraw: Option<String>,

    /// Why it is taken back
    #[arg(long, value_name = "TEXT", requires = "withdraw")]
    reason: Option<String>,

    #[command(flatten)]
    wait: WaitArg,

    /// Print what became of each row as JSON
    #[arg(long)]
    json: bool,

    /// Print errors only
    #[arg(short, long)]
    quiet: bool,
}

/// Takes in what came back from the field.
pub(super) fn run(args: &Args) -> Result<Exit> {
    let now = clock::now();
    let target = StoreTarget::parse(&args.campaign);
    if let (Some(check_id), Some(reason)) = (&args.withdraw, &args.reason) {
        let done = withdraw(&target, check_id, reason, args.wait.moment(&now))?;
        if args.json {
            output::json(&done)?;
        } else if !args.quiet {
            output::text(&taken_back(&done));
        }
        return Ok(Exit::Done);
    }
    let job = RecordJob {
        target: &target,
        files: &args.files,
        max_distance_m: args.max_distance,
        dry_run: args.dry_run,
        rejects: args.rejects.as_deref(),
        overwrite: args.overwrite,
        moment: args.wait.moment(&now),
    };
    let recorded = record(&job)?;
    if args.json {
        output::json(&recorded)?;
    } else if !args.quiet {
        output::text(&said(&recorded, args.rejects.as_deref()));
    }
    for failed in &recorded.failed {
        output::failed_input(&failed.problem, &failed.hint);
    }
    Ok(if recorded.failed.is_empty() {
        Exit::Done
    } else {
        Exit::SomeFailed
    })
}

/// What became of the files, row by row where one was not taken.
fn said(recorded: &Recorded, rejects: Option<&Path>) -> String {
    let mut text = String::new();
    for file in &recorded.files {
        let _ = writeln!(
            text,
            "{}: {} rows: {} taken, {} known, {} blank, {} rejected",
            file.file, file.rows, file.taken, file.known, file.blank, file.rejected
        );
        for (place, fault) in faults(file) {
            let _ = writeln!(text, "  {} {place}: {}", name(&file.file), fault.reason);
        }
        for note in &file.notes {
            let _ = writeln!(text, "  note: {note}");
        }
    }
    for conflict in &recorded.conflicts {
        let _ = writeln!(
            text,
            "conflict about {} of {}:\n  {}\n  {}",
            conflict.about, conflict.site_id, conflict.first, conflict.second
        );
    }
    for (count, what) in [
        (recorded.photos, "photos came in"),
        (
            recorded.settled,
            "rows that were rejected before are settled",
        ),
    ] {
        if count > 0 {
            let _ = writeln!(text, "{count} {what}");
        }
    }
    let bad: usize = recorded.files.iter().map(|f| f.rejected).sum();
    if let (Some(path), true) = (rejects, bad > 0) {
        let _ = writeln!(
            text,
            "bad rows are in `{}`: mend them and give that file to `tianmu record`",
            path.display()
        );
    }
    if recorded.dry_run {
        text.push_str("nothing was changed (--dry-run)\n");
    } else if !recorded.changed {
        text.push_str("nothing new\n");
    }
    text
}

/// Each fault with its place as people look it up: `石门村!AX12`, `AX12`, or place and name of the field.
fn faults(file: &FileReport) -> impl Iterator<Item = (String, &Fault)> {
    file.bad_rows.iter().flat_map(|row| {
        row.faults.iter().map(move |fault| {
            let is_cell = fault.cell.split(", ").all(is_reference);
            let place = match row.place.rsplit_once('!') {
                Some((sheet, _)) if is_cell => format!("{sheet}!{}", fault.cell),
                None if is_cell => fault.cell.clone(),
                _ if fault.cell == row.place => row.place.clone(),
                _ => format!("{} {}", row.place, fault.cell),
            };
            (place, fault)
        })
    })
}

/// Whether a text is a cell such as `AX12`.
fn is_reference(text: &str) -> bool {
    let letters = text.bytes().take_while(u8::is_ascii_uppercase).count();
    let digits = text.len() - letters;
    (1..=3).contains(&letters)
        && digits > 0
        && text.bytes().skip(letters).all(|b| b.is_ascii_digit())
}

fn name(path: &str) -> String {
    Path::new(path)
        .file_name()
        .map_or_else(|| path.to_owned(), |n| n.to_string_lossy().into_owned())
}

/// An answer that was taken back, as text.
fn taken_back(done: &Withdrawn) -> String {
    if done.before {
        return format!("{} was taken back before; nothing new", done.check_id);
    }
    let mut text = format!(
        "{} ({}) of {} is taken back\n",
        done.check_id, done.outcome, done.site_id
    );
    if done.reopened > 0 {
        let _ = writeln!(
            text,
            "{} rejected rows that it had settled are open again",
            done.reopened
        );
    }
    for conflict in &done.conflicts {
        let _ = writeln!(
            text,
            "conflict about {}:\n  {}\n  {}",
            conflict.about, conflict.first, conflict.second
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_told_from_names() {
        for cell in ["A1", "AX12", "XFD1048576"] {
            assert!(is_reference(cell), "{cell}");
        }
        for name in ["", "AX", "12", "outcome", "结果 outcome", "A1B"] {
            assert!(!is_reference(name), "{name}");
        }
    }
}
