//! `tianmu tasks` on one screen: from a campaign to a field pack in its place, and the tasks in the
//! campaign. The pack appears whole or not at all; the campaign is changed in one transaction.

use super::make::{Dates, Made, make};
use super::map_layers::MapLayers;
use super::pack::{FieldPack, Grade, Listing, MapSource, TaskKind};
use super::pictures::{Cut, Pictures, Wanted};
use super::select::{Choice, Selection, grade_all, select};
use super::settings::TaskSettings;
use super::source::Source;
use super::{readme, write};
use crate::campaign::tables::{SITES, TASKS};
use crate::campaign::{Campaign, CampaignFacts, Lang, Moment};
use crate::pipeline::acquire::AcquireOptions;
use crate::pipeline::report::{FolderKind, NewFolder, check_folder};
use crate::vector::{Change, Filter, Row, Shape, StoreTarget, Value};
use crate::{Error, Result};
use geo::Point;
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A format of the pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// The ledger as a workbook.
    Xlsx,
    /// The ledger as CSV.
    Csv,
    /// For map programs on phones.
    Kmz,
    /// For satellite receivers.
    Gpx,
    /// For `QField`.
    Qfield,
    /// For ODK and `KoBo`.
    Odk,
    /// For Ovital.
    Ovital,
    /// For `MapRoulette`.
    Maproulette,
    /// A printed page a site, PDF.
    Pdf,
    /// A printed page a site, HTML.
    Html,
}

impl Format {
    /// All that this program can write.
    #[must_use]
    pub fn all() -> Vec<Self> {
        use Format::{Csv, Gpx, Html, Kmz, Maproulette, Odk, Ovital, Pdf, Qfield, Xlsx};
        let mut all = vec![Xlsx, Csv, Kmz, Gpx, Qfield, Odk, Ovital, Maproulette, Html];
        if cfg!(feature = "pdf") {
            all.insert(8, Pdf);
        }
        all
    }

    /// Its files within the pack, and what they are for, in Chinese and English.
    pub(super) fn about(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Xlsx => (
                "ledger.xlsx",
                "台账（汇总表与分村表）",
                "ledger: summary and a sheet a village",
            ),
            Self::Csv => ("ledger.csv", "台账，UTF-8", "ledger in UTF-8"),
            Self::Kmz => (
                "sites.kmz",
                "手机地图软件、谷歌地球",
                "map programs on phones, Google Earth",
            ),
            Self::Gpx => (
                "sites.gpx",
                "手持导航仪：航点与每日路线",
                "receivers: waypoints, a route a team and day",
            ),
            Self::Qfield => (
                "qfield/checks.gpkg",
                "QField / QGIS 现场填报",
                "forms in QField and QGIS",
            ),
            Self::Odk => (
                "odk/",
                "ODK、KoBo 表单与点位",
                "form and sites for ODK and KoBo",
            ),
            Self::Ovital => ("ovital.txt", "奥维导入", "for Ovital"),
            Self::Maproulette => (
                "maproulette.geojson",
                "MapRoulette 逐行 GeoJSON",
                "line by line for MapRoulette",
            ),
            Self::Pdf => (
                "sheets/*.pdf",
                "核查单，每处一页",
                "sheets to print, a page a site",
            ),
            Self::Html => (
                "sheets/*.html",
                "核查单，浏览器打印",
                "the same for a browser",
            ),
        }
    }
}

/// Which tasks get a printed sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SheetChoice {
    /// Every task.
    All,
    /// So many of the most urgent.
    Most(usize),
}

/// What `tasks` is asked for.
pub struct TaskJob<'a> {
    /// The campaign.
    pub target: &'a StoreTarget,
    /// The folder of the pack; with a passphrase the file that it is sealed in.
    pub output: &'a Path,
    /// Replace a pack that exists, unless somebody worked in it.
    pub overwrite: bool,
    /// Seals the pack in one file.
    pub passphrase: Option<&'a str>,
    /// Settings of grade and order.
    pub settings: &'a TaskSettings,
    /// Which leads are visited.
    pub choice: &'a Choice,
    /// The language.
    pub lang: Lang,
    /// The day they are given out, `2026-05-04`.
    pub date: &'a str,
    /// Days until the answer is due.
    pub due_days: u32,
    /// Only so many days of each team.
    pub most_days: Option<u32>,
    /// An elevation model in place of the one that the campaign names.
    pub dem: Option<&'a Path>,
    /// Where images are looked for by name that are no longer where they were scanned.
    pub images: Option<&'a Path>,
    /// What is written.
    pub formats: &'a [Format],
    /// Which tasks get a printed sheet.
    pub sheets: SheetChoice,
    /// Fonts that have what the bundled one lacks.
    pub fonts: &'a [PathBuf],
    /// When, and how long to wait for another program.
    pub moment: Moment<'a>,
    /// Says what is being done.
    pub tell: &'a (dyn Fn(&str) + Sync),
    /// Whether the user called a halt.
    pub interrupted: &'a (dyn Fn() -> bool + Sync),
}

/// What became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TasksDone {
    /// Tasks in the pack.
    pub tasks: usize,
    /// Of those, in no earlier pack.
    pub new: usize,
    /// Leads by grade, A, B, C.
    pub by_grade: [usize; 3],
    /// Places drawn by lot.
    pub control: usize,
    /// On licensed ground.
    pub licensed: usize,
    /// Near a border.
    pub near_border: usize,
    /// Villages with a task.
    pub villages: usize,
    /// Teams.
    pub teams: usize,
    /// Days of teams.
    pub team_days: usize,
    /// Pictures.
    pub pictures: usize,
    /// Leads of a grade that was not asked for.
    pub left: usize,
    /// Tasks of later days than were asked for.
    pub later: usize,
    /// Leads dismissed at the screen.
    pub dismissed: usize,
    /// Leads answered in this round.
    pub answered: usize,
    /// What to know of the pack.
    pub notes: Vec<String>,
}

/// What marks a folder as a pack.
const KIND: FolderKind = FolderKind {
    marker: readme::NAME,
    begins: readme::BEGINS,
    others: &[
        "ledger.xlsx",
        "ledger.csv",
        "sites.kmz",
        "sites.gpx",
        "qfield",
        "odk",
        "ovital.txt",
        "maproulette.geojson",
        "sheets",
        "pictures",
        "manifest.csv",
    ],
};

/// Makes a field pack.
///
/// # Errors
/// [`Error::Store`] with what is wrong with the campaign, [`Error::Setting`] with what was asked for,
/// [`Error::OutputExists`] and [`Error::OutputTaken`] for the pack's place.
pub fn tasks(job: &TaskJob<'_>) -> Result<TasksDone> {
    job.settings.check()?;
    check_place(job)?;
    let campaign = Campaign::open(job.target)?;
    let changes = campaign.audit()?.len();
    (job.tell)("reading the campaign");
    let mut source = Source::read(&campaign, job.dem)?;
    find_images(&mut source, job.images);
    stop(job)?;
    (job.tell)("grading");
    let graded = grade_all(&source, job.settings, job.lang);
    let selection = select(&source, graded, job.choice, &campaign.facts);
    stop(job)?;
    (job.tell)("ordering visits");
    let dates = Dates {
        date: job.date,
        due_days: job.due_days,
        most_days: job.most_days,
    };
    let mut made = make(
        &source,
        &selection,
        &campaign.facts,
        job.settings,
        job.lang,
        dates,
    )?;
    if made.pack.tasks.is_empty() {
        return Err(Error::Store {
            target: job.target.to_string(),
            problem: format!(
                "has nothing to visit: {} sites, {} of them answered, {} dismissed, {} of another grade",
                source.sites.len(),
                selection.answered,
                selection.dismissed,
                selection.left
            ),
            hint: "scan with `--campaign`, or ask for more grades with `--grades A,B,C`".into(),
        });
    }
    stop(job)?;
    let folder = NewFolder::begin(&staging_place(job), KIND, job.overwrite)?;
    let notes = fill(job, &source, &mut made, folder.path()).map_err(|e| folder.name(e))?;
    let done = summary(&made, &selection, &source, notes);
    stop(job)?;
    (job.tell)("noting tasks in the campaign");
    note_tasks(
        job,
        &campaign.facts,
        changes,
        &source,
        &selection,
        &made,
        &done,
    )?;
    put_in_place(job, folder)?;
    Ok(done)
}

fn stop(job: &TaskJob<'_>) -> Result<()> {
    if (job.interrupted)() {
        return Err(Error::Interrupted);
    }
    Ok(())
}

/// Refuses a place where the pack cannot appear, before any work.
fn check_place(job: &TaskJob<'_>) -> Result<()> {
    if job.passphrase.is_some() {
        if job.output.exists() && !job.overwrite {
            return Err(Error::OutputExists {
                path: job.output.to_owned(),
            });
        }
        if job.output.is_dir() {
            return Err(Error::OutputTaken {
                path: job.output.to_owned(),
                reason: "a folder stands there; a sealed pack is one file".into(),
            });
        }
        return Ok(());
    }
    check_folder(job.output, KIND, job.overwrite)?;
    if job.output.join(readme::NAME).exists() {
        return write::manifest::check_untouched(job.output);
    }
    Ok(())
}

/// Where the folder would stand; a sealed one never does.
fn staging_place(job: &TaskJob<'_>) -> PathBuf {
    if job.passphrase.is_some() {
        let mut name = job.output.as_os_str().to_owned();
        name.push(".unsealed");
        return name.into();
    }
    job.output.to_owned()
}

fn put_in_place(job: &TaskJob<'_>, folder: NewFolder) -> Result<()> {
    let Some(passphrase) = job.passphrase else {
        return folder.finish();
    };
    let target = [job.output.to_owned()];
    crate::pipeline::report::write_atomically(&target, job.overwrite, |_, temporary| {
        write::encrypt::seal(folder.path(), temporary, passphrase, job.date)
    })
}

/// Images that are no longer where they were scanned, by their name in a folder.
fn find_images(source: &mut Source, folder: Option<&Path>) {
    let Some(folder) = folder else { return };
    for scene in &mut source.scenes {
        let name = scene.path.file_name().map(|name| folder.join(name));
        if let Some(here) = name.filter(|here| here.exists() && !scene.path.exists()) {
            scene.path = here;
        }
    }
}

/// Writes every format into a folder; gives what to know of it.
fn fill(job: &TaskJob<'_>, source: &Source, made: &mut Made, folder: &Path) -> Result<Vec<String>> {
    (job.tell)("cutting pictures");
    let mut notes = cut_pictures(job, source, made, folder)?;
    made.pack.facts.notes.extend(notes.iter().cloned());
    let pack = &made.pack;
    for inner in ["qfield", "odk", "sheets"] {
        fs_err::create_dir_all(folder.join(inner))?;
    }
    (job.tell)("writing the pack");
    let sheets = sheet_tasks(pack, job.sheets);
    let maps = MapLayers::new(source.map.clone(), &pack.tasks, source.elevation.clone());
    let files: Vec<Format> = job
        .formats
        .iter()
        .copied()
        .filter(|f| !matches!(f, Format::Pdf | Format::Html))
        .collect();
    files.par_iter().try_for_each(|format| {
        stop(job)?;
        write_file(*format, folder, pack)
    })?;
    let wants = |format| job.formats.contains(&format);
    if wants(Format::Pdf) || wants(Format::Html) {
        let shown: usize = sheets.values().map(Vec::len).sum();
        if shown < pack.tasks.len() {
            let (left, all) = (pack.tasks.len() - shown, pack.tasks.len());
            notes.push(match job.lang {
                Lang::Zh => format!("核查单只打印最急的 {shown} 处，其余 {left} 处见台账（共 {all} 处）；全部打印用 --sheets all"),
                Lang::En => format!(
                    "sheets are printed for the {shown} most urgent of {all} places; `--sheets all` prints all"
                ),
            });
        }
        notes.extend(write_sheets(job, pack, &sheets, &maps, folder)?);
    }
    for inner in ["qfield", "odk", "sheets", "pictures"] {
        // Fails for a folder that holds something, which stays.
        let _ = fs_err::remove_dir(folder.join(inner));
    }
    let mut formats = job.formats.to_vec();
    formats.sort_unstable();
    readme::write(folder, pack, &formats)?;
    write::manifest::write(folder, pack)?;
    Ok(notes)
}

fn write_file(format: Format, folder: &Path, pack: &FieldPack) -> Result<()> {
    let at = |name: &str| folder.join(name);
    match format {
        Format::Xlsx => write::xlsx::write(&at("ledger.xlsx"), pack),
        Format::Csv => write::csv::write(&at("ledger.csv"), pack),
        Format::Kmz => write::kmz::write(&at("sites.kmz"), pack),
        Format::Gpx => write::gpx::write(&at("sites.gpx"), pack),
        Format::Qfield => write::qfield::write(&at("qfield/checks.gpkg"), pack),
        Format::Odk => {
            write::xlsform::write(&at("odk/form.xlsx"), pack)?;
            write::geojson::write(&at("odk/sites.geojson"), pack)
        }
        Format::Ovital => write::ovital::write(&at("ovital.txt"), pack),
        Format::Maproulette => write::maproulette::write(&at("maproulette.geojson"), pack),
        Format::Pdf | Format::Html => Ok(()),
    }
}

/// The tasks that get a sheet, by village, in the order of the list.
fn sheet_tasks(pack: &FieldPack, choice: SheetChoice) -> BTreeMap<String, Vec<usize>> {
    let mut places: Vec<usize> = (0..pack.tasks.len()).collect();
    if let SheetChoice::Most(most) = choice {
        // Places drawn by lot have no priority, and come after the leads.
        let priority = |at: &usize| pack.tasks[*at].priority.unwrap_or(-1.0);
        places.sort_by(|a, b| priority(b).total_cmp(&priority(a)).then(a.cmp(b)));
        places.truncate(most);
        places.sort_unstable();
    }
    let mut by_village: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for at in places {
        let code = &pack.tasks[at].village.code;
        let name = if code.is_empty() { "outside" } else { code };
        by_village.entry(name.to_owned()).or_default().push(at);
    }
    by_village
}

fn write_sheets(
    job: &TaskJob<'_>,
    pack: &FieldPack,
    sheets: &BTreeMap<String, Vec<usize>>,
    maps: &dyn MapSource,
    folder: &Path,
) -> Result<Vec<String>> {
    (job.tell)("printing sheets");
    let folder = folder.join("sheets");
    #[cfg(feature = "pdf")]
    let press = job
        .formats
        .contains(&Format::Pdf)
        .then(|| super::sheet::Press::new(job.fonts))
        .transpose()?;
    let written: Vec<Vec<String>> = sheets
        .par_iter()
        .map(|(name, tasks)| {
            stop(job)?;
            if job.formats.contains(&Format::Html) {
                let path = folder.join(format!("{name}.html"));
                super::sheet::write_html(&path, pack, tasks, maps)?;
            }
            #[cfg(feature = "pdf")]
            if let Some(press) = &press {
                let path = folder.join(format!("{name}.pdf"));
                return super::sheet::write_pdf(&path, pack, tasks, maps, press);
            }
            Ok(Vec::new())
        })
        .collect::<Result<_>>()?;
    let mut notes: Vec<String> = written.concat();
    notes.sort();
    notes.dedup();
    Ok(notes)
}

/// Cuts the pictures of leads; gives why some are missing.
fn cut_pictures(
    job: &TaskJob<'_>,
    source: &Source,
    made: &mut Made,
    folder: &Path,
) -> Result<Vec<String>> {
    let mut wanted = Vec::new();
    for (at, site) in made.sites.iter().enumerate() {
        let Some(site) = site.map(|site| &source.sites[site]) else {
            continue;
        };
        let of_site = scenes_of(source, &site.src_sha256, &site.src_image);
        let Some(&best) = of_site.first() else {
            continue;
        };
        let picture = |scene: usize, is_earlier: bool| Wanted {
            site_id: site.site_id.clone(),
            is_earlier,
            point: site.point,
            outline: site.outline.clone(),
            scene,
        };
        wanted.push((at, picture(best, false)));
        let day = |scene: usize| {
            source.scenes[scene]
                .capture_time
                .get(..10)
                .map(str::to_owned)
        };
        let earlier = of_site
            .iter()
            .skip(1)
            .copied()
            .filter(|&s| day(s).is_some() && day(s) < day(best));
        wanted.extend(
            earlier
                .min_by_key(|&s| day(s))
                .map(|s| (at, picture(s, true))),
        );
    }
    let pictures = Pictures::new(
        source.scenes.clone(),
        &folder.join("pictures"),
        &AcquireOptions::default(),
    )?;
    let list: Vec<Wanted> = wanted.iter().map(|(_, wanted)| wanted.clone()).collect();
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let cuts = pictures.cut_all(&list, workers, job.interrupted)?;
    let mut missing: BTreeMap<String, usize> = BTreeMap::new();
    for ((at, wanted), cut) in wanted.iter().zip(cuts) {
        match cut {
            Cut::Made(picture) if wanted.is_earlier => {
                made.pack.tasks[*at].earlier_picture = Some(picture);
            }
            Cut::Made(picture) => made.pack.tasks[*at].close_up = Some(picture),
            Cut::Missing(why) => *missing.entry(why.say(job.lang)).or_default() += 1,
        }
    }
    let note = |(why, count): (&String, &usize)| match job.lang {
        Lang::Zh => format!("{count} 张图缺失：{why}"),
        Lang::En => format!("{count} pictures are missing: {why}"),
    };
    Ok(missing.iter().map(note).collect())
}

/// The scenes that show a site, the finest first as they are listed.
fn scenes_of(source: &Source, hashes: &str, images: &str) -> Vec<usize> {
    let by_hash = |hash: &str| {
        let same = |scene: &super::pictures::Scene| !hash.is_empty() && scene.sha256 == hash;
        source.scenes.iter().position(same)
    };
    let by_name = |image: &str| {
        let name = Path::new(image).file_name()?;
        let same = |scene: &super::pictures::Scene| scene.path.file_name() == Some(name);
        source.scenes.iter().position(same)
    };
    let mut hashes = hashes.split("; ");
    images
        .split("; ")
        .filter_map(|image| by_hash(hashes.next().unwrap_or_default()).or_else(|| by_name(image)))
        .collect()
}

fn summary(made: &Made, selection: &Selection, source: &Source, notes: Vec<String>) -> TasksDone {
    let tasks = &made.pack.tasks;
    let count =
        |what: &dyn Fn(&super::pack::FieldTask) -> bool| tasks.iter().filter(|t| what(t)).count();
    let grade = |grade: Grade| count(&|t| t.kind == TaskKind::Lead && t.grade == Some(grade));
    let mut teams: Vec<&str> = tasks.iter().map(|t| t.team.as_str()).collect();
    teams.sort_unstable();
    teams.dedup();
    TasksDone {
        tasks: tasks.len(),
        new: count(&|t| !source.given_out.contains_key(&t.site_id)),
        by_grade: [grade(Grade::A), grade(Grade::B), grade(Grade::C)],
        control: count(&|t| t.listing == Listing::Control),
        licensed: count(&|t| t.listing == Listing::LegalCrop),
        near_border: count(&|t| t.listing == Listing::NearBorder),
        villages: made.pack.villages.len(),
        teams: teams.len(),
        team_days: made.pack.routes.len(),
        pictures: count(&|t| t.close_up.is_some()),
        left: selection.left,
        later: made.later,
        dismissed: selection.dismissed,
        answered: selection.answered,
        notes: made.pack.facts.notes.iter().cloned().chain(notes).fold(
            Vec::new(),
            |mut all: Vec<String>, note| {
                if !all.contains(&note) {
                    all.push(note);
                }
                all
            },
        ),
    }
}

/// Writes grades and tasks into the campaign, unless it was changed since it was read.
fn note_tasks(
    job: &TaskJob<'_>,
    facts: &CampaignFacts,
    changes: usize,
    source: &Source,
    selection: &Selection,
    made: &Made,
    done: &TasksDone,
) -> Result<()> {
    Campaign::change(job.target, job.moment, "tasks", |change, now| {
        let audit = change.count(&crate::campaign::tables::AUDIT, &Filter::All)?;
        if audit != changes as u64 || now != facts {
            return Err(Error::Store {
                target: job.target.to_string(),
                problem: "was changed by another program while tasks were made".into(),
                hint: "run the same command again".into(),
            });
        }
        write_grades(change, source, selection)?;
        write_tasks(change, job, source, made)?;
        let detail = serde_json::json!({
            "output": job.output.display().to_string(),
            "date": job.date,
            "settings": job.settings,
            "control": job.choice.control,
            "tasks": done.tasks,
            "new": done.new,
            "by_grade": done.by_grade,
        });
        Ok(((), Some(detail)))
    })
}

fn write_grades(change: &mut Change<'_>, source: &Source, selection: &Selection) -> Result<()> {
    let columns = ["grade", "priority", "listing", "setting", "reasons"];
    let rows = source
        .sites
        .iter()
        .zip(&selection.graded)
        .filter_map(|(site, graded)| {
            let listing = match graded.listing {
                Listing::Main => "main",
                Listing::LegalCrop => "legal_crop",
                Listing::NearBorder => "near_border",
                Listing::Control => "control",
            };
            let reasons = graded.reasons.join("; ");
            let is_same = site.grade == graded.grade.letter()
                && site.priority == Some(graded.priority)
                && site.listing == listing
                && site.setting == graded.setting.name()
                && site.reasons == reasons;
            (!is_same).then(|| {
                let values = vec![
                    graded.grade.letter().into(),
                    graded.priority.into(),
                    listing.into(),
                    graded.setting.name().into(),
                    reasons.into(),
                ];
                (site.fid, values)
            })
        });
    change.update(&SITES, &columns, rows)
}

fn write_tasks(
    change: &mut Change<'_>,
    job: &TaskJob<'_>,
    source: &Source,
    made: &Made,
) -> Result<()> {
    let tasks = &made.pack.tasks;
    let known: Vec<Value<'static>> = tasks
        .iter()
        .filter_map(|task| source.given_out.get(&task.site_id))
        .map(|row| Value::Integer(row.fid))
        .collect();
    for some in known.chunks(500) {
        change.delete(&TASKS, &Filter::In("fid", some.to_vec()))?;
    }
    let rows = tasks.iter().zip(&made.drawn_of).map(|(task, drawn_of)| {
        let first = source.given_out.get(&task.site_id);
        let assigned = first
            .map(|row| row.text("assigned_on"))
            .filter(|d| !d.is_empty());
        let place = task.forms.wgs84;
        let whole = |number: usize| i64::try_from(number).map_or(Value::Null, Value::Integer);
        let kind = match task.kind {
            TaskKind::Lead => "lead",
            TaskKind::ControlLow => "control_low",
            TaskKind::ControlRandom => "control_random",
        };
        let listing = match task.listing {
            Listing::Main => "main",
            Listing::LegalCrop => "legal_crop",
            Listing::NearBorder => "near_border",
            Listing::Control => "control",
        };
        let stratum = match task.kind {
            TaskKind::ControlRandom => task.village.code.as_str(),
            TaskKind::ControlLow => "low grade",
            TaskKind::Lead => "",
        };
        Row {
            shape: Shape::Point(Point::new(place.lon(), place.lat())),
            values: vec![
                task.site_id.as_str().into(),
                task.uuid.as_str().into(),
                task.code.as_str().into(),
                kind.into(),
                listing.into(),
                task.village.code.as_str().into(),
                task.team.as_str().into(),
                Value::Integer(task.day.into()),
                Value::Integer(task.stop.into()),
                assigned.unwrap_or_else(|| job.date.to_owned()).into(),
                task.due.as_str().into(),
                stratum.into(),
                drawn_of.map_or(Value::Null, |(of, _)| whole(of)),
                drawn_of.map_or(Value::Null, |(_, drawn)| whole(drawn)),
            ],
        }
    });
    change.insert(&TASKS, rows).map(drop)
}
