//! `tianmu campaign`.

use super::{Exit, campaign_text, clock, output};
use crate::campaign::import::{ImportRequest, Role, import};
use crate::campaign::{Campaign, CampaignFacts, Moment, rematch};
use crate::vector::StoreTarget;
use crate::{Error, Result};
use clap::ValueEnum;
use clap::builder::PossibleValue;
use std::path::PathBuf;
use std::time::Duration;

/// Arguments of `tianmu campaign`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Make a campaign: one file (or database) a year and round
    New(NewArgs),
    /// Take in a file: villages, grid workers, history, licences, layers…
    Import(ImportArgs),
    /// Say what stands in a campaign
    Info(InfoArgs),
    /// Say what is new, persisting, gone, already checked, near an earlier plot
    Match(MatchArgs),
    /// After a round: delete pictures of homes that nobody confirmed
    Purge(super::purge::Args),
}

/// How long a change waits for another program.
#[derive(clap::Args)]
pub(super) struct WaitArg {
    /// Wait so many seconds for another program that is writing
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    wait: u64,
}

impl WaitArg {
    pub(super) fn moment<'a>(&self, now: &'a str) -> Moment<'a> {
        Moment {
            now,
            wait: Duration::from_secs(self.wait),
        }
    }
}

#[derive(clap::Args)]
struct NewArgs {
    /// The campaign: a name that ends in .gpkg, or `PG:…` for PostGIS
    #[arg(value_name = "CAMPAIGN")]
    campaign: String,

    /// The year
    #[arg(long)]
    year: i32,

    /// The round within the year
    #[arg(long, default_value_t = 1)]
    round: u32,

    /// The county's code, 6 digits
    #[arg(long, value_name = "CODE")]
    county_code: String,

    /// The county's name
    #[arg(long, value_name = "NAME", default_value = "")]
    county: String,

    /// The campaign's name; `天目-NN` with the year otherwise
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// Print errors only
    #[arg(short, long)]
    quiet: bool,
}

#[derive(clap::Args)]
struct ImportArgs {
    /// The campaign
    #[arg(value_name = "CAMPAIGN")]
    campaign: String,

    /// The files
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// What they are
    #[arg(long, value_enum)]
    role: Role,

    /// The layer, where only one of several is meant
    #[arg(long, value_name = "NAME")]
    layer: Option<String>,

    /// The encoding of a shapefile's text, such as GBK, where the guess is wrong
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,

    /// The field of division codes, where it is not found by itself
    #[arg(long, value_name = "FIELD")]
    code_field: Option<String>,

    /// The field of names, where it is not found by itself
    #[arg(long, value_name = "FIELD")]
    name_field: Option<String>,

    /// First take out what came in this role before
    #[arg(long)]
    replace: bool,

    #[command(flatten)]
    wait: WaitArg,

    /// Print what came in as JSON
    #[arg(long)]
    json: bool,

    /// Print errors only
    #[arg(short, long)]
    quiet: bool,
}

#[derive(clap::Args)]
struct InfoArgs {
    /// The campaign
    #[arg(value_name = "CAMPAIGN")]
    campaign: String,

    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
struct MatchArgs {
    /// The campaign
    #[arg(value_name = "CAMPAIGN")]
    campaign: String,

    #[command(flatten)]
    wait: WaitArg,

    /// Print every plot as JSON
    #[arg(long)]
    json: bool,
}

impl ValueEnum for Role {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self {
            Self::Villages => "Villages, towns, the county: polygons with division codes",
            Self::Grid => {
                "Grid workers and teams: a CSV with `xzqdm,group,grid_id,grid_worker,team,phone`"
            }
            Self::History => "Plots of earlier years: points or polygons with `year`, `crop`",
            Self::Whitelist => {
                "Licensed growing: polygons with `licence_id`, `crop`, `valid_from`, `valid_to`"
            }
            Self::Targets => "Official targets: a CSV with `target_id,lon,lat[,wkt]`, or a layer",
            Self::Tips => "Tips from the public: a CSV with `tip_id,received,lon,lat`, or a layer",
            Self::Phenology => "When crops can be told apart: phenology.toml",
            Self::Buildings => "Outlines of buildings",
            Self::Roads => "Roads and paths",
            Self::Water => "Streams and ponds",
            Self::Forest => "Outlines of forest",
            Self::Dem => "An elevation model; it stays where it is",
            Self::Previous => "An earlier round: its campaign, or polygons with `site_id`",
            Self::Scan => "A finished scan: its GeoPackage",
        };
        Some(PossibleValue::new(self.name()).help(help))
    }
}

/// Does what the subcommand says.
pub(super) fn run(args: &Args) -> Result<Exit> {
    match &args.command {
        Command::New(args) => new(args),
        Command::Import(args) => take_in(args),
        Command::Info(args) => info(args),
        Command::Match(args) => match_rounds(args),
        Command::Purge(args) => super::purge::run(args),
    }
}

fn new(args: &NewArgs) -> Result<Exit> {
    let target = StoreTarget::parse(&args.campaign);
    if let Some(path) = target.file()
        && !path
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("gpkg"))
    {
        return Err(Error::setting(
            "CAMPAIGN",
            path.display(),
            "a name that ends in `.gpkg`, or `PG:…`",
        ));
    }
    let name = args
        .name
        .clone()
        .unwrap_or_else(|| format!("天目-{:02}", args.year.rem_euclid(100)));
    let facts = CampaignFacts {
        name,
        year: args.year,
        round: args.round,
        county_code: args.county_code.clone(),
        county: args.county.clone(),
        created_at: clock::now(),
        program: concat!("tianmu ", env!("CARGO_PKG_VERSION")).into(),
    };
    Campaign::create(&target, &facts).map_err(|e| match e {
        // What is said of results elsewhere does not hold here.
        Error::OutputExists { path } => Error::Store {
            target: path.display().to_string(),
            problem: "exists already".into(),
            hint: "choose another name; a campaign is never replaced".into(),
        },
        other => other,
    })?;
    if !args.quiet {
        output::text(&format!(
            "campaign {} {} of county {} is in `{target}`",
            facts.name,
            facts.label(),
            facts.county_code
        ));
    }
    Ok(Exit::Done)
}

fn take_in(args: &ImportArgs) -> Result<Exit> {
    let target = StoreTarget::parse(&args.campaign);
    let now = clock::now();
    let mut all = Vec::new();
    for (index, path) in args.files.iter().enumerate() {
        let request = ImportRequest {
            role: args.role,
            path: path.clone(),
            layer: args.layer.clone(),
            encoding: args.encoding.clone(),
            code_field: args.code_field.clone(),
            name_field: args.name_field.clone(),
            // Of several files the first takes the place of what was there.
            replace: args.replace && index == 0,
        };
        let imported = import(&target, &request, args.wait.moment(&now))?;
        if !args.quiet && !args.json {
            output::text(&campaign_text::imported(&imported));
        }
        all.push(imported);
    }
    if args.json {
        output::json(&all)?;
    }
    Ok(Exit::Done)
}

fn info(args: &InfoArgs) -> Result<Exit> {
    let info = Campaign::open(&StoreTarget::parse(&args.campaign))?.info()?;
    if args.json {
        output::json(&info)?;
    } else {
        output::text(&campaign_text::info(&info));
    }
    Ok(if info.audit_broken.is_some() {
        Exit::SomeFailed
    } else {
        Exit::Done
    })
}

fn match_rounds(args: &MatchArgs) -> Result<Exit> {
    let now = clock::now();
    let target = StoreTarget::parse(&args.campaign);
    let report = rematch(&target, args.wait.moment(&now))?;
    if args.json {
        output::json(&report)?;
    } else {
        output::text(&campaign_text::matched(&report));
    }
    Ok(Exit::Done)
}
