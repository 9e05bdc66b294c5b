//! `tianmu report`.

use super::campaign::WaitArg;
use super::{Exit, clock, output};
use crate::Result;
use crate::campaign::coverage::{CoverageReport, CoverageSettings, measure};
use crate::campaign::tables::{COVERAGE, VILLAGES};
use crate::campaign::{Campaign, Lang};
use crate::report::figures::TypedEffort;
use crate::report::{Level, ReportDone, ReportJob, ReportSettings, report};
use crate::vector::{Filter, StoreTarget};
use clap::ValueEnum;
use clap::builder::PossibleValue;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Arguments of `tianmu report`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The campaign
    #[arg(value_name = "CAMPAIGN")]
    campaign: String,

    /// The folder of the report
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,

    /// Replace a report that exists, unless somebody worked in it
    #[arg(long)]
    overwrite: bool,

    /// Who reads it
    #[arg(long, value_enum, default_value = "field")]
    level: Level,

    /// The language
    #[arg(long, value_enum, default_value = "zh")]
    lang: Lang,

    /// The day of the report, today otherwise: answers, tasks and images of later days are left out
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<String>,

    /// The campaign of an earlier round, to compare with
    #[arg(long, value_name = "CAMPAIGN")]
    previous: Option<String>,

    /// A place within so many metres of an official target matches it
    #[arg(long, value_name = "METRES", default_value_t = 30.0)]
    target_radius: f64,

    /// Flights (架次); those that `flight --campaign` put into the campaign otherwise
    #[arg(long, value_name = "N")]
    sorties: Option<u64>,

    /// People who took part
    #[arg(long, value_name = "N")]
    people: Option<u64>,

    /// Vehicles
    #[arg(long, value_name = "N")]
    vehicles: Option<u64>,

    #[command(flatten)]
    wait: WaitArg,

    /// Print what was made, with all figures, as JSON
    #[arg(long)]
    json: bool,

    /// Print errors only
    #[arg(short, long)]
    quiet: bool,
}

impl ValueEnum for Level {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Field, Self::Superior, Self::Public]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self {
            Self::Field => "The office and its teams: everything",
            Self::Superior => {
                "The levels above: counts of villages, blurred coordinates, no people"
            }
            Self::Public => "Everybody: counts of the county, small ones hidden, no places",
        };
        Some(PossibleValue::new(self.name()).help(help))
    }
}

/// Makes a report.
pub(super) fn run(args: &Args) -> Result<Exit> {
    output::catch_interrupts();
    let now = clock::now();
    let settings = ReportSettings {
        level: args.level,
        lang: args.lang,
        date: args.date.clone().unwrap_or_else(clock::today),
        target_radius_m: args.target_radius,
        previous: args.previous.as_deref().map(StoreTarget::parse),
        effort: TypedEffort {
            sorties: args.sorties,
            people: args.people,
            vehicles: args.vehicles,
        },
    };
    let coverage = |campaign: &Campaign| coverage(campaign, &settings.date);
    let tell = |what: &str| output::stage(what, args.quiet || args.json);
    let done = report(&ReportJob {
        target: &StoreTarget::parse(&args.campaign),
        output: &args.output,
        overwrite: args.overwrite,
        settings: &settings,
        coverage: &coverage,
        moment: args.wait.moment(&now),
        tell: &tell,
        interrupted: &output::is_interrupted,
    })?;
    if args.json {
        output::json(&done)?;
    } else if !args.quiet {
        output::text(&said(&done, &args.output.display().to_string()));
    }
    Ok(Exit::Done)
}

/// The ground that was looked at; `None` where there are no villages, or nothing was scanned.
fn coverage(campaign: &Campaign, until: &str) -> Result<Option<CoverageReport>> {
    for table in [&VILLAGES, &COVERAGE] {
        if campaign.store.count(table, &Filter::All)? == 0 {
            return Ok(None);
        }
    }
    let settings = CoverageSettings {
        until: Some(until.to_owned()),
        ..CoverageSettings::default()
    };
    measure(campaign, &settings).map(Some)
}

/// What was made, as text.
fn said(done: &ReportDone, place: &str) -> String {
    let mut text = format!("{}\n\n", done.paragraph);
    for name in &done.files {
        let _ = writeln!(text, "{place}/{name}");
    }
    text
}
