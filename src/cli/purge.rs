//! `tianmu campaign purge`.

use super::campaign::WaitArg;
use super::{Exit, clock, output};
use crate::Result;
use crate::campaign::purge::{FolderState, PurgeReport, PurgeRequest, purge};
use crate::vector::StoreTarget;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Arguments of `tianmu campaign purge`.
#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct Args {
    /// The campaign
    #[arg(value_name = "CAMPAIGN")]
    campaign: String,

    /// Folders of packs, reports and chips besides those that the campaign names
    #[arg(value_name = "FOLDER")]
    folders: Vec<PathBuf>,

    /// Also delete workbooks, maps and sheets that hold such pictures
    #[arg(long)]
    documents: bool,

    /// Pictures of every place that nobody confirmed, home or not
    #[arg(long)]
    all: bool,

    /// Even while tasks are open
    #[arg(long)]
    force: bool,

    /// Say what would go, and delete nothing
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    wait: WaitArg,

    /// Print what was done as JSON
    #[arg(long)]
    json: bool,

    /// Print errors only
    #[arg(short, long)]
    quiet: bool,
}

/// Deletes pictures of homes that nobody confirmed.
pub(super) fn run(args: &Args) -> Result<Exit> {
    output::catch_interrupts();
    let now = clock::now();
    let target = StoreTarget::parse(&args.campaign);
    let request = PurgeRequest {
        folders: &args.folders,
        documents: args.documents,
        all: args.all,
        force: args.force,
        dry_run: args.dry_run,
        stop: &output::is_interrupted,
    };
    let report = purge(&target, &request, args.wait.moment(&now))?;
    if args.json {
        output::json(&report)?;
    } else if !args.quiet {
        output::text(&said(&report));
    }
    for failure in &report.failed {
        output::failure(failure);
    }
    Ok(if report.failed.is_empty() {
        Exit::Done
    } else {
        Exit::SomeFailed
    })
}

fn said(report: &PurgeReport) -> String {
    let mut text = String::new();
    let verb = if report.dry_run {
        "would delete"
    } else {
        "deleted"
    };
    for file in &report.deleted {
        let _ = writeln!(text, "{verb} {} ({})", file.path.display(), file.shows);
    }
    for file in &report.holding {
        let _ = writeln!(
            text,
            "still holds pictures: {} ({})",
            file.path.display(),
            file.shows
        );
    }
    for folder in &report.folders {
        let what = match folder.state {
            FolderState::Searched | FolderState::OneFile => continue,
            FolderState::Missing => "is not there; name it where it lies now",
            FolderState::NotOurs => "has no mark of ours: nothing in it was touched",
        };
        let _ = writeln!(text, "folder {} {what}", folder.path.display());
    }
    let _ = writeln!(
        text,
        "{verb} {} files; {} places that nobody confirmed; {} files still hold pictures of such places",
        report.deleted.len(),
        report.places,
        report.holding.len()
    );
    for (count, what) in [
        (
            report.unknown,
            "places of which nobody can say whether they are homes: import buildings and make tasks, or \
             pass `--all`",
        ),
        (
            report.conflicting,
            "places with answers that contradict one another keep their pictures",
        ),
        (report.open_tasks, "tasks are open"),
    ] {
        if count > 0 {
            let _ = writeln!(text, "{count} {what}");
        }
    }
    text
}
