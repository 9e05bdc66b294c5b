//! `tianmu flight`.

use super::photos::PhotoArgs;
use super::{Exit, output};
use crate::Result;
use crate::campaign::phenology::{self, NoSeason, Phenology, Season};
use crate::flight::project::project;
use crate::flight::record::{SurveyRecord, problem};
use crate::flight::survey::{FlightPhoto, Survey, SurveyJob, name_of, survey};
use crate::lang::Lang;
use crate::pipeline::acquire::expand_inputs;
use chrono::NaiveDate;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Photos with something wrong that are named on the screen, at most.
const NAMED: usize = 40;

/// Arguments of `tianmu flight`.
#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct Args {
    /// Raw photos of a drone: files, folders, patterns
    #[arg(required = true, value_name = "PHOTO")]
    photos: Vec<String>,

    #[command(flatten)]
    place: PhotoArgs,

    /// Keep photos whose direction or height is not known as points
    #[arg(long)]
    allow_points: bool,

    /// The coarsest ground sample distance that counts, in centimetres
    #[arg(long, value_name = "CM", default_value_t = 10.0)]
    max_gsd: f64,

    /// Put pixels on the ground instead: a CSV with `path`, `col` and `row`; the result is printed
    #[arg(long, value_name = "CSV")]
    project: Option<PathBuf>,

    /// The language of what is printed
    #[arg(long, value_enum, default_value = "zh")]
    lang: Lang,

    /// Print everything as JSON
    #[arg(long)]
    json: bool,

    /// Print errors only
    #[arg(short, long)]
    quiet: bool,
}

/// Reads, places and judges photos.
pub(super) fn run(args: &Args) -> Result<Exit> {
    output::catch_interrupts();
    let files = expand_inputs(&args.photos)?;
    let settings = args.place.settings(args.allow_points)?;
    let phenology = Phenology::parse(phenology::DEFAULT, Path::new("phenology.toml"))?;
    let in_season = |day: NaiveDate, lat: f64| in_season(&phenology, day, lat);
    let bar = output::Counting::new(args.quiet || args.json);
    let done = survey(&SurveyJob {
        files: &files,
        place: &settings,
        usual_offset: args.place.offset()?,
        judge: args.place.judges() && args.project.is_none(),
        max_gsd_cm: args.max_gsd,
        in_season: &in_season,
        progress: &|what, done, all| bar.tell(what, done, all),
        stop: &output::is_interrupted,
    });
    bar.finish();
    let done = done?;
    for (path, problem) in &done.failed {
        output::failed_input(&format!("`{}`: {problem}", path.display()), "");
    }
    if let Some(table) = &args.project {
        output::text(&project(table, &done)?);
        return Ok(exit(&done));
    }
    let record = SurveyRecord::of(&done);
    if args.json {
        output::json(&record)?;
    } else if !args.quiet {
        output::text(&said(&done, &record, args.lang));
    }
    Ok(exit(&done))
}

/// Whether a day is in season at a latitude for a crop that is looked for; `None` where that depends on
/// the height.
fn in_season(phenology: &Phenology, day: NaiveDate, lat: f64) -> Option<bool> {
    let day = day.to_string();
    let seasons = ["opium_poppy", "cannabis"].map(|c| phenology.season(c, lat, None, &day));
    let is_in = |season: &Season<'_>| matches!(season, Season::InWindow(_));
    let is_open = |season: &Season<'_>| {
        matches!(
            season,
            Season::NotComputed(NoSeason::NoHeight | NoSeason::NoDate)
        )
    };
    if seasons.iter().any(is_in) {
        Some(true)
    } else if seasons.iter().any(is_open) {
        None
    } else {
        Some(false)
    }
}

fn exit(done: &Survey) -> Exit {
    let is_refused = |photo: &FlightPhoto| photo.placed.view().is_none();
    if done.failed.is_empty() && !done.photos.iter().any(is_refused) {
        Exit::Done
    } else {
        Exit::SomeFailed
    }
}

/// The survey in words: flights, ground, and what is wrong with which photo.
fn said(done: &Survey, record: &SurveyRecord, lang: Lang) -> String {
    let mut text = String::new();
    let cm = |value: Option<f64>| value.map_or_else(|| "–".into(), |cm| format!("{cm:.1}"));
    for sortie in &record.sorties {
        let _ = writeln!(
            text,
            "{} {}: {} {} – {}, {} {}, {} {}, {} {}, {:.0} m, {} cm",
            lang.pick("架次", "flight"),
            sortie.number,
            sortie.camera,
            sortie.begun.replace('T', " "),
            sortie.ended.get(11..).unwrap_or_default(),
            sortie.photos,
            lang.pick("张", "photos"),
            sortie.placed,
            lang.pick("张可定位", "placed"),
            sortie.counted,
            lang.pick("张计入", "counted"),
            sortie.track_m,
            cm(sortie.gsd_cm),
        );
    }
    let ground = &record.coverage;
    let share = |times: &str| 100.0 * ground.overlap.get(times).copied().unwrap_or(0.0);
    let _ = writeln!(
        text,
        "{} {:.0} m2 ({:.1} {}), {} {:.0} %, {} {:.0} %, {} {} cm",
        lang.pick("有效覆盖", "ground seen:"),
        ground.area_m2,
        ground.area_mu,
        lang.pick("亩", "mu"),
        lang.pick("两张以上", "by two photos or more"),
        share("2"),
        lang.pick("三张以上", "by three or more"),
        share("3"),
        lang.pick("分辨率中位数", "median ground sample distance"),
        cm(ground.gsd_cm),
    );
    let wrong: Vec<&FlightPhoto> = done
        .photos
        .iter()
        .filter(|photo| !photo.against.is_empty())
        .collect();
    for photo in wrong.iter().take(NAMED) {
        let _ = writeln!(
            text,
            "  {}: {}",
            name_of(&photo.tags.path),
            reasons(photo, lang)
        );
    }
    if wrong.len() > NAMED {
        let more = wrong.len() - NAMED;
        let _ = match lang {
            Lang::Zh => writeln!(text, "  另有 {more} 张"),
            Lang::En => writeln!(text, "  and {more} more"),
        };
    }
    text
}

/// Why the ground of a photo does not count, in words.
fn reasons(photo: &FlightPhoto, lang: Lang) -> String {
    let mut all: Vec<String> = photo
        .against
        .iter()
        .map(|against| {
            let (zh, en) = against.words();
            lang.pick(zh, en).to_owned()
        })
        .collect();
    let problem = problem(photo);
    if !problem.is_empty() {
        all.push(problem);
    }
    let verdicts = photo.quality.iter().flat_map(|quality| &quality.verdicts);
    all.extend(verdicts.map(|verdict| match lang {
        Lang::Zh => verdict.zh(),
        Lang::En => verdict.en(),
    }));
    if let Some((_, [en, zh])) = &photo.copy_of {
        all.push(lang.pick(zh, en).to_owned());
    }
    all.join("; ")
}
