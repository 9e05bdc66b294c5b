//! The command line: one file a command, no algorithm in any of them.

mod bench;
mod campaign;
mod campaign_text;
mod chips;
mod chips_campaign;
mod clock;
mod coverage;
mod flight;
mod inspect;
mod lang;
mod limits;
mod merge;
mod output;
mod photos;
mod purge;
mod record;
mod report;
mod request;
mod results;
mod resume;
mod scan;
mod scan_campaign;
mod settings;
mod tasks;
mod verify;
mod write_back;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All done.
    Done = 0,
    /// The command could not be carried out.
    Failed = 1,
    /// The command line is wrong. (Given by the parser itself.)
    Usage = 2,
    /// Done, but some inputs failed, even if all did: the record says which and why.
    SomeFailed = 3,
}

/// Finds suspected drug-crop plots in drone and satellite imagery.
///
/// What it finds are leads for verification on the ground, never evidence.
#[derive(Parser)]
#[command(name = "tianmu", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Say what images and models are and whether they fit
    Inspect(Box<inspect::Args>),
    /// Scan images with a model for candidate sites
    Scan(Box<scan::Args>),
    /// Say where the raw photos of a drone were taken, what they show and what they are worth
    Flight(Box<flight::Args>),
    /// Measure models on labelled imagery, or sites against known plots
    Bench(Box<bench::Args>),
    /// Join the parts of a scan that was done in shards
    Merge(Box<merge::Args>),
    /// Make a campaign, take in what the office has, match rounds
    Campaign(Box<campaign::Args>),
    /// Make a field pack: who walks where, in which order, with lists, maps and sheets
    Tasks(Box<tasks::Args>),
    /// Take in what came back from the field: ledgers, forms, photos
    Record(Box<record::Args>),
    /// Say which ground was really seen, and what to fly again
    Coverage(Box<coverage::Args>),
    /// Make a report: counts, precision, what was missed, targets, the paragraph of a summary
    Report(Box<report::Args>),
    /// Make training chips of what a round found on the ground
    Chips(chips_campaign::Args),
    /// Say whether the files of a run or a campaign are still the same
    Verify(verify::Args),
}

/// Runs the program on the process's own command line.
#[must_use]
pub fn main() -> ExitCode {
    let foreign = std::env::args_os().find(|word| word.to_str().is_none());
    if let Some(word) = foreign {
        output::error(&crate::Error::setting(
            "command line",
            word.display(),
            "text in UTF-8; rename the file, it comes from a system with another encoding",
        ));
        return ExitCode::from(Exit::Usage as u8);
    }
    let cli = Cli::parse();
    crate::pipeline::acquire::prepare_gdal();
    let outcome = match cli.command {
        Command::Inspect(args) => inspect::run(&args),
        Command::Scan(mut args) => scan::run(&mut args),
        Command::Flight(args) => flight::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Merge(args) => merge::run(&args),
        Command::Campaign(args) => campaign::run(&args),
        Command::Tasks(args) => tasks::run(&args),
        Command::Record(args) => record::run(&args),
        Command::Coverage(args) => coverage::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Chips(args) => chips_campaign::run(&args),
        Command::Verify(args) => verify::run(&args),
    };
    match outcome {
        Ok(_) if output::result_lost() => {
            output::error(&crate::Error::WriteOutput {
                path: "standard output".into(),
                reason: "it takes no more".into(),
            });
            ExitCode::from(Exit::Failed as u8)
        }
        Ok(exit) => ExitCode::from(exit as u8),
        Err(error) => {
            output::error(&error);
            let exit = if matches!(
                error,
                crate::Error::Setting { .. }
                    | crate::Error::OutputIsInput { .. }
                    | crate::Error::Device { .. }
            ) {
                Exit::Usage
            } else {
                Exit::Failed
            };
            ExitCode::from(exit as u8)
        }
    }
}
