//! `tianmu tasks` on one screen: from a campaign to a field pack in its place, and the tasks in the
//! campaign. The pack appears whole or not at all; the campaign is changed in one transaction.

use super::files::fill;
use super::job::{TaskJob, TasksDone};
use super::make::{Dates, Made, make};
use super::note::{ToNote, note_tasks};
use super::pack::{FieldTask, Grade, Listing, TaskKind};
use super::select::{Selection, grade_all, select};
use super::source::Source;
use super::{readme, write};
use crate::campaign::Campaign;
use crate::pipeline::report::{FolderKind, NewFolder, Placing, check_folder, write_noted};
use crate::{Error, Result};
use std::path::{Path, PathBuf};

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
    let notes = fill(job, &mut source, &mut made, folder.path()).map_err(|e| folder.name(e))?;
    let done = summary(&made, &selection, &source, notes);
    stop(job)?;
    let note = ToNote {
        facts: &campaign.facts,
        changes,
        source: &source,
        selection: &selection,
        made: &made,
        done: &done,
    };
    note_and_place(job, &note, folder)?;
    Ok(done)
}

/// Ends where the user called a halt.
pub(super) fn stop(job: &TaskJob<'_>) -> Result<()> {
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

/// Notes the pack in the campaign once all of it is written, and puts it in its place.
fn note_and_place(job: &TaskJob<'_>, note: &ToNote<'_>, folder: NewFolder) -> Result<()> {
    let noted = |pack: &Path| {
        (job.tell)("noting tasks in the campaign");
        note_tasks(job, note, pack)
    };
    let Some(passphrase) = job.passphrase else {
        noted(folder.path())?;
        return folder.finish();
    };
    let target = [job.output.to_owned()];
    let mut placing = Placing {
        replace: job.overwrite.into(),
        note: &mut |places| places.iter().try_for_each(|(_, sealed)| noted(sealed)),
    };
    write_noted(&target, &mut placing, |_, temporary| {
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

fn summary(made: &Made, selection: &Selection, source: &Source, notes: Vec<String>) -> TasksDone {
    let tasks = &made.pack.tasks;
    let count = |what: &dyn Fn(&FieldTask) -> bool| tasks.iter().filter(|t| what(t)).count();
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
        later: made.later.len(),
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
