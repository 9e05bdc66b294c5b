//! `tianmu flight`.

use super::campaign::WaitArg;
use super::photos::{PhotoArgs, photo_files};
use super::{Exit, clock, output};
use crate::campaign::Campaign;
use crate::campaign::coverage::{CoverageReport, CoverageSettings, measure_with, write_gaps};
use crate::campaign::flights::{FlightRow, Kept, flown, keep_flights};
use crate::campaign::phenology::{self, NoSeason, Phenology, Season};
use crate::campaign::tables::VILLAGES;
use crate::campaign::villages::VillageIndex;
use crate::flight::files;
use crate::flight::project::project;
use crate::flight::record::{SurveyRecord, problem};
use crate::flight::survey::{FlightPhoto, Survey, SurveyJob, name_of, survey};
use crate::georef::m2_to_mu;
use crate::lang::Lang;
use crate::pipeline::report::{check_outputs, refuse_inputs, write_atomically};
use crate::vector::{Filter, StoreTarget};
use crate::{Error, Result};
use chrono::NaiveDate;
use geo::MultiPolygon;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Photos with something wrong that are named on the screen, at most.
const NAMED: usize = 40;

/// What gaps need.
const WITH_VILLAGES: &str = "a campaign with villages: take them in with `tianmu campaign import CAMPAIGN FILE --role villages`";

/// Arguments of `tianmu flight`.
#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct Args {
    /// Raw photos of a drone: files, patterns, folders with their subfolders
    #[arg(required = true, value_name = "PHOTO")]
    photos: Vec<String>,

    /// Where the result goes: .html for the page with the map, .gpkg, .csv or .json; may be repeated
    #[arg(short, long, value_name = "FILE")]
    output: Vec<PathBuf>,

    /// Replace files that exist
    #[arg(long)]
    overwrite: bool,

    /// Keep the flights in this campaign, and say what is to be flown again in its villages
    #[arg(long, value_name = "CAMPAIGN")]
    campaign: Option<String>,

    /// Write the gaps for flight planning: a name that ends in .geojson
    #[arg(long, value_name = "GEOJSON", requires = "campaign")]
    gaps: Option<PathBuf>,

    #[command(flatten)]
    wait: WaitArg,

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
    let now = clock::now();
    if !(args.max_gsd > 0.0 && args.max_gsd.is_finite()) {
        return Err(Error::setting(
            "max-gsd",
            args.max_gsd,
            "centimetres per pixel above 0",
        ));
    }
    let (files, maps) = photo_files(&args.photos)?;
    for path in &maps {
        output::note(&format!(
            "`{}` has a place of its own on a map: it is no raw photo, and is left to `tianmu scan`",
            path.display()
        ));
    }
    let target = args.campaign.as_deref().map(StoreTarget::parse);
    let outputs = args.outputs()?;
    let mut inputs = files.clone();
    inputs.extend(args.place.files());
    inputs.extend(
        target
            .as_ref()
            .and_then(StoreTarget::file)
            .map(Path::to_owned),
    );
    refuse_inputs(&outputs, &inputs)?;
    check_outputs(&outputs, args.overwrite)?;
    // A campaign that cannot be opened is said before thousands of photos are looked at.
    if let Some(target) = &target {
        let campaign = Campaign::open(target)?;
        if args.gaps.is_some() && campaign.store.count(&VILLAGES, &Filter::All)? == 0 {
            return Err(Error::setting(
                "gaps",
                args.campaign.as_deref().unwrap_or_default(),
                WITH_VILLAGES,
            ));
        }
    }
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
    let mut county = target
        .as_ref()
        .map(|target| County::of(target, &done))
        .transpose()?;
    write_atomically(&outputs, args.overwrite, |place, temporary| {
        args.write(place, temporary, &done, &record, county.as_ref())
    })?;
    // Last, so that a campaign stays as it is where a file could not be written.
    if let (Some(target), Some(county)) = (&target, &mut county) {
        county.kept = keep_flights(target, &county.rows, args.wait.moment(&now))?;
    }
    if args.json {
        let mut all = serde_json::to_value(&record)
            .map_err(|e| Error::Internal(format!("the survey is no JSON: {e}")))?;
        if let Some(county) = &county {
            all["campaign"] = county.json();
        }
        output::json(&all)?;
    } else if !args.quiet {
        output::text(&said(&done, &record, args.lang));
        if let Some(county) = &county {
            output::text(&county.said(args.lang));
        }
        for path in &outputs {
            output::text(&path.display().to_string());
        }
    }
    Ok(exit(&done))
}

/// The villages of a campaign after a flight.
struct County {
    /// Flights with a photo that is placed.
    rows: Vec<FlightRow>,
    kept: Kept,
    /// As if a model had looked at all that was flown.
    coverage: Option<CoverageReport>,
    villages: Vec<(String, MultiPolygon<f64>)>,
}

impl County {
    /// Measures what the flights cover, with those that the campaign keeps already.
    fn of(target: &StoreTarget, done: &Survey) -> Result<Self> {
        let mut rows = FlightRow::of(done);
        rows.retain(|row| row.placed > 0);
        let campaign = Campaign::open(target)?;
        let villages = VillageIndex::of_rows(campaign.store.read(&VILLAGES, &Filter::All)?);
        let coverage = if villages.is_empty() {
            None
        } else {
            let extra = flown(&campaign, &rows)?;
            Some(measure_with(
                &campaign,
                &CoverageSettings::default(),
                &extra,
            )?)
        };
        Ok(Self {
            rows,
            kept: Kept::default(),
            coverage,
            villages: villages
                .villages()
                .iter()
                .map(|unit| (unit.name.clone(), unit.area.clone()))
                .collect(),
        })
    }

    fn gaps(&self) -> Vec<MultiPolygon<f64>> {
        let gaps = self.coverage.iter().flat_map(|report| &report.gaps);
        gaps.map(|gap| gap.outline.clone()).collect()
    }

    fn json(&self) -> serde_json::Value {
        serde_json::json!({ "kept": self.kept, "coverage": self.coverage })
    }

    fn said(&self, lang: Lang) -> String {
        let Kept {
            added,
            updated,
            unchanged,
            partial,
        } = self.kept;
        let mut text = match lang {
            Lang::Zh => format!(
                "任务：新增 {added} 架次，更新 {updated}，不变 {unchanged}，照片少于已存 {partial}\n"
            ),
            Lang::En => format!(
                "campaign: {added} flights added, {updated} updated, {unchanged} unchanged, {partial} with fewer photos than before\n"
            ),
        };
        let Some(report) = &self.coverage else {
            text.push_str(lang.pick(
                "任务中没有村界，未计算补飞范围",
                "the campaign has no villages: what to fly again is not known",
            ));
            return text;
        };
        let touched = report.villages.iter().filter(|v| v.imaged_m2 > 0.0);
        for village in touched {
            let percent = village.share() * 100.0;
            let _ = writeln!(text, "  {} {percent:.1} %", village.village);
        }
        let area_m2: f64 = report.gaps.iter().map(|gap| gap.area_m2).sum();
        let (count, mu) = (report.gaps.len(), m2_to_mu(area_m2));
        let _ = match lang {
            Lang::Zh => writeln!(text, "待补飞 {count} 处，{mu:.1} 亩（按已扫描计）"),
            Lang::En => writeln!(
                text,
                "to fly again: {count} gaps, {mu:.1} mu, as if all photos had been scanned"
            ),
        };
        text
    }
}

impl Args {
    /// All files that are written; a name that says no format is refused.
    fn outputs(&self) -> Result<Vec<PathBuf>> {
        for path in &self.output {
            if !["html", "gpkg", "csv", "json"].contains(&ending(path).as_str()) {
                let wanted = "a name that ends in `.html`, `.gpkg`, `.csv` or `.json`";
                return Err(Error::setting("output", path.display(), wanted));
            }
        }
        if let Some(path) = &self.gaps
            && !["geojson", "json"].contains(&ending(path).as_str())
        {
            let wanted = "a name that ends in `.geojson`";
            return Err(Error::setting("gaps", path.display(), wanted));
        }
        Ok(self.output.iter().chain(&self.gaps).cloned().collect())
    }

    fn write(
        &self,
        place: &Path,
        temporary: &Path,
        done: &Survey,
        record: &SurveyRecord,
        county: Option<&County>,
    ) -> Result<()> {
        if self.gaps.as_deref() == Some(place) {
            let coverage = county.and_then(|county| county.coverage.as_ref());
            return match coverage {
                Some(coverage) => write_gaps(temporary, coverage, self.lang),
                None => Err(Error::setting("gaps", place.display(), WITH_VILLAGES)),
            };
        }
        match ending(place).as_str() {
            "csv" => files::write_csv(temporary, done, record),
            "gpkg" => files::write_geopackage(temporary, done, record, &date(record)),
            "html" => {
                let villages = county.map_or(&[][..], |county| &county.villages);
                let gaps = county.map(County::gaps).unwrap_or_default();
                let page = files::html(done, record, self.lang, villages, &gaps);
                Ok(fs_err::write(temporary, page)?)
            }
            _ => {
                let json = serde_json::to_string_pretty(record)
                    .map_err(|e| Error::Internal(format!("the survey is no JSON: {e}")))?;
                Ok(fs_err::write(temporary, json + "\n")?)
            }
        }
    }
}

fn ending(path: &Path) -> String {
    let ending = path.extension().unwrap_or_default();
    ending.to_string_lossy().to_lowercase()
}

/// What stands in a `GeoPackage` wherever a time is asked for: the last day of the photos.
fn date(record: &SurveyRecord) -> String {
    let last = record
        .photos
        .iter()
        .filter_map(|photo| photo.taken.get(..10))
        .max();
    format!("{}T00:00:00.000Z", last.unwrap_or("1970-01-01"))
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
    for datum in done.datums.iter().flatten() {
        if let Some(relief_m) = datum.guessed_m.filter(|m| *m > 1.0) {
            let _ = match lang {
                Lang::Zh => writeln!(
                    text,
                    "  起飞点未知，按首张照片处的地面高程计：可能相差 {relief_m:.0} 米，请用 `--takeoff` 给出"
                ),
                Lang::En => writeln!(
                    text,
                    "  the take-off is not known: the ground below the first photo was taken for it, which may be off by {relief_m:.0} m; give it with `--takeoff`"
                ),
            };
        }
        if let Some(doubt) = &datum.doubt {
            let _ = writeln!(text, "  {doubt}");
        }
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
        .filter(|photo| {
            let has_fault = photo
                .quality
                .as_ref()
                .is_some_and(|q| !q.verdicts.is_empty());
            !photo.against.is_empty() || has_fault
        })
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
