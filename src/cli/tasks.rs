//! `tianmu tasks`.

use super::campaign::WaitArg;
use super::{Exit, clock, output};
use crate::campaign::Lang;
use crate::tasks::pack::Grade;
use crate::tasks::{Choice, Format, SheetChoice, TaskJob, TaskSettings, TasksDone, tasks};
use crate::vector::StoreTarget;
use crate::{Error, Result};
use clap::ValueEnum;
use clap::builder::PossibleValue;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Keys of the settings file, for the long help.
const SETTINGS: &str = "\
Settings of --config (TOML; the values are the defaults):
  [grade]                       priority = 100 · prob · season · resolution · (1 + Σ weights)
    history-weight = 0.5        a plot of earlier years within history-m = 100
    clearing-weight = 0.3       a clearing: forest around has clearing-share = 0.5
    courtyard-weight = 0.2      a building within courtyard-m = 30
    border-weight = 0.1         a border within border-m = 50
    area-weight = 0.3           larger than large-m2 = 200
    out-of-season = 0.5         factor where no image is in the season of the crop
    too-coarse = 0.5            factor where the images are too coarse for the plot
    grade-a = 70, grade-b = 40  least priority
  [order]
    per_day = 10                stops of a team a day (--per-day)
    urgent_first = true         grade A first
    village_change_m = 500      going on to another village counts as so much walking";

/// Arguments of `tianmu tasks`.
#[derive(clap::Args)]
#[command(after_long_help = SETTINGS)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct Args {
    /// The campaign
    #[arg(value_name = "CAMPAIGN")]
    campaign: String,

    /// The folder of the pack; with --encrypt the file that it is sealed in
    #[arg(short, long, value_name = "PACK")]
    output: PathBuf,

    /// Replace a pack that exists, unless somebody worked in it
    #[arg(long)]
    overwrite: bool,

    /// Seal the pack in one file (age): the passphrase is in `TIANMU_PASSPHRASE` or --passphrase-file
    #[arg(long)]
    encrypt: bool,

    /// A file whose first line is the passphrase
    #[arg(long, value_name = "FILE", requires = "encrypt")]
    passphrase_file: Option<PathBuf>,

    /// Visit leads of these grades
    #[arg(long, value_name = "A,B", default_value = "A,B")]
    grades: String,

    /// The share of visits that is drawn by lot, so that recall can be known
    #[arg(long, value_name = "SHARE", default_value = "10%")]
    control: String,

    /// At most as many stops of a team a day
    #[arg(long, value_name = "N")]
    per_day: Option<u32>,

    /// Only the first days of each team
    #[arg(long, value_name = "N")]
    days: Option<u32>,

    /// The day the tasks are given out; today otherwise
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<String>,

    /// Days until the answer is due
    #[arg(long, value_name = "N", default_value_t = 7)]
    due_days: u32,

    /// An elevation model, in place of the campaign's
    #[arg(long, value_name = "FILE")]
    dem: Option<PathBuf>,

    /// Where images lie now, if not where they were scanned
    #[arg(long, value_name = "FOLDER")]
    images: Option<PathBuf>,

    /// The language of the pack
    #[arg(long, value_enum, default_value = "zh")]
    lang: Lang,

    /// Formats, separated by commas; all otherwise
    #[arg(long, value_enum, value_delimiter = ',', value_name = "FORMAT")]
    formats: Vec<Format>,

    /// Sheets to print: a number of the most urgent, `all`, or `none`
    #[arg(long, value_name = "N", default_value = "500")]
    sheets: String,

    /// A font that has what the bundled one lacks; may be repeated
    #[arg(long = "font", value_name = "FILE")]
    fonts: Vec<PathBuf>,

    /// Weights, thresholds and order: a TOML file
    #[arg(long, value_name = "TOML")]
    config: Option<PathBuf>,

    #[command(flatten)]
    wait: WaitArg,

    /// Print what was made as JSON
    #[arg(long)]
    json: bool,

    /// Print errors only
    #[arg(short, long)]
    quiet: bool,
}

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (name, help) = match self {
            Self::Xlsx => ("xlsx", "The ledger as a workbook"),
            Self::Csv => ("csv", "The ledger as CSV"),
            Self::Kmz => ("kmz", "For map programs on phones"),
            Self::Gpx => ("gpx", "For receivers"),
            Self::Qfield => ("qfield", "For `QField`"),
            Self::Odk => ("odk", "For ODK and `KoBo`"),
            Self::Ovital => ("ovital", "For Ovital"),
            Self::Maproulette => ("maproulette", "For `MapRoulette`"),
            Self::Pdf => ("pdf", "A printed page a site"),
            Self::Html => ("html", "The same for a browser"),
        };
        Some(PossibleValue::new(name).help(help))
    }
}

/// Makes a field pack.
pub(super) fn run(args: &Args) -> Result<Exit> {
    output::catch_interrupts();
    let now = clock::now();
    let passphrase = args.passphrase()?;
    let (formats, sheets) = args.formats()?;
    if let Some(folder) = args.images.as_ref().filter(|folder| !folder.is_dir()) {
        return Err(Error::setting(
            "images",
            folder.display(),
            "a folder that is there",
        ));
    }
    let settings = args.settings()?;
    let choice = Choice {
        grades: grades(&args.grades)?,
        control: share(&args.control)?,
    };
    let tell = |what: &str| output::stage(what, args.quiet || args.json);
    let date = args.date.clone().unwrap_or_else(clock::today);
    let target = StoreTarget::parse(&args.campaign);
    let job = TaskJob {
        target: &target,
        output: &args.output,
        overwrite: args.overwrite,
        passphrase: passphrase.as_deref(),
        settings: &settings,
        choice: &choice,
        lang: args.lang,
        date: &date,
        due_days: args.due_days,
        most_days: args.days,
        dem: args.dem.as_deref(),
        images: args.images.as_deref(),
        formats: &formats,
        sheets,
        fonts: &args.fonts,
        moment: args.wait.moment(&now),
        tell: &tell,
        interrupted: &output::is_interrupted,
    };
    let done = tasks(&job)?;
    if args.json {
        output::json(&done)?;
    } else if !args.quiet {
        output::text(&said(&done, &args.output.display().to_string()));
    }
    Ok(Exit::Done)
}

impl Args {
    fn passphrase(&self) -> Result<Option<String>> {
        if !self.encrypt {
            return Ok(None);
        }
        let found = match &self.passphrase_file {
            Some(path) => fs_err::read_to_string(path)?
                // Windows puts a mark in front of a text, which is no part of it.
                .trim_start_matches('\u{feff}')
                .lines()
                .next()
                .map(str::to_owned),
            None => std::env::var("TIANMU_PASSPHRASE").ok(),
        };
        match found.filter(|text| !text.trim().is_empty()) {
            Some(text) => Ok(Some(text)),
            None => Err(Error::setting(
                "encrypt",
                "without a passphrase",
                "a passphrase in `TIANMU_PASSPHRASE`, or a file with `--passphrase-file`",
            )),
        }
    }

    fn settings(&self) -> Result<TaskSettings> {
        let mut settings = match &self.config {
            Some(path) => TaskSettings::read(path)?,
            None => TaskSettings::default(),
        };
        if let Some(per_day) = self.per_day {
            settings.order.per_day = per_day;
        }
        settings.check()?;
        Ok(settings)
    }

    fn formats(&self) -> Result<(Vec<Format>, SheetChoice)> {
        let known = Format::known();
        let mut formats = self.formats.clone();
        if let Some(missing) = formats.iter().find(|f| !known.contains(f)) {
            return Err(Error::setting(
                "formats",
                format!("{missing:?}").to_lowercase(),
                "a program that was built with the feature `pdf`; HTML prints the same pages",
            ));
        }
        if formats.is_empty() {
            formats = known;
        }
        let sheets = match self.sheets.as_str() {
            "all" => SheetChoice::All,
            "none" => {
                formats.retain(|f| !matches!(f, Format::Pdf | Format::Html));
                SheetChoice::Most(0)
            }
            text => SheetChoice::Most(
                text.parse()
                    .map_err(|_| Error::setting("sheets", text, "a number, `all` or `none`"))?,
            ),
        };
        Ok((formats, sheets))
    }
}

fn grades(text: &str) -> Result<Vec<Grade>> {
    text.split(',')
        .map(|letter| match letter.trim() {
            "A" | "a" => Ok(Grade::A),
            "B" | "b" => Ok(Grade::B),
            "C" | "c" => Ok(Grade::C),
            other => Err(Error::setting(
                "grades",
                other,
                "letters of A, B, C, separated by commas",
            )),
        })
        .collect()
}

/// `10%` or `0.1`.
fn share(text: &str) -> Result<f64> {
    let number = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map(|p| p / 100.0),
        None => text.trim().parse::<f64>(),
    };
    number
        .ok()
        .filter(|share| (0.0..=0.5).contains(share))
        .ok_or_else(|| Error::setting("control", text, "a share from 0 to 50%, such as 10%"))
}

/// What was made, as text.
fn said(done: &TasksDone, place: &str) -> String {
    let [a, b, c] = done.by_grade;
    let mut text = format!(
        "{} places in `{place}`: {a} of grade A, {b} of B, {c} of C, {} drawn by lot; {} new\n",
        done.tasks, done.control, done.new
    );
    let _ = writeln!(
        text,
        "{} villages, {} teams, {} days of teams; {} pictures",
        done.villages, done.teams, done.team_days, done.pictures
    );
    for (count, what) in [
        (done.licensed, "on licensed ground, listed apart"),
        (done.near_border, "near a border, listed apart"),
        (done.left, "of a grade that was not asked for"),
        (done.later, "on later days than were asked for"),
        (done.dismissed, "dismissed at the screen"),
        (done.answered, "answered already"),
    ] {
        if count > 0 {
            let _ = writeln!(text, "{count} {what}");
        }
    }
    for note in &done.notes {
        let _ = writeln!(text, "note: {note}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_grades_are_read() {
        assert_eq!(share("10%").ok(), Some(0.1));
        assert_eq!(share("0.2").ok(), Some(0.2));
        assert_eq!(share("0").ok(), Some(0.0));
        for wrong in ["10", "-1%", "x", "90%", ""] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
        assert_eq!(grades("a, C").ok(), Some(vec![Grade::A, Grade::C]));
        assert!(grades("D").is_err());
    }
}
