//! Grades and tasks into the campaign, in one transaction.

use super::job::{TaskJob, TasksDone};
use super::make::Made;
use super::pack::TaskKind;
use super::select::Selection;
use super::source::Source;
use crate::campaign::files::{MadeFile, MadeKind};
use crate::campaign::tables::{AUDIT, SITES, TASKS};
use crate::campaign::{Campaign, CampaignFacts};
use crate::vector::{Change, Filter, Row, Shape, Value};
use crate::{Error, Result};
use geo::Point;
use std::path::Path;

/// What is noted of a pack.
pub(super) struct ToNote<'a> {
    /// The campaign as it was read.
    pub(super) facts: &'a CampaignFacts,
    /// The rows that its audit had then.
    pub(super) changes: usize,
    /// What the pack was made of.
    pub(super) source: &'a Source,
    /// What is visited.
    pub(super) selection: &'a Selection,
    /// The list.
    pub(super) made: &'a Made,
    /// What became of it.
    pub(super) done: &'a TasksDone,
}

/// Writes grades and tasks into the campaign, unless it was changed since it was read, and names the
/// pack, whose folder or sealed file lies at `pack` until it is put in place.
pub(super) fn note_tasks(job: &TaskJob<'_>, note: &ToNote<'_>, pack: &Path) -> Result<()> {
    let ToNote {
        facts,
        changes,
        source,
        selection,
        made,
        done,
    } = *note;
    let file = MadeFile::of(MadeKind::Pack, job.output, pack)?;
    Campaign::change(job.target, job.moment, "tasks", |change, now| {
        let audit = change.count(&AUDIT, &Filter::All)?;
        if audit != changes as u64 || now != facts {
            return Err(Error::Store {
                target: job.target.to_string(),
                problem: "was changed by another program while tasks were made".into(),
                hint: "run the same command again".into(),
            });
        }
        write_grades(change, source, selection)?;
        write_tasks(change, source, made)?;
        file.note(change, job.moment)?;
        let detail = serde_json::json!({
            "output": job.output.display().to_string(),
            "sha256": file.sha256,
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
            let listing = graded.listing.name();
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

fn write_tasks(change: &mut Change<'_>, source: &Source, made: &Made) -> Result<()> {
    let tasks = &made.pack.tasks;
    // What is for later days is noted, too: places drawn by lot are not drawn anew for the next days.
    let later = made.later.iter().map(|(task, _)| task);
    let known: Vec<Value<'static>> = tasks
        .iter()
        .chain(later)
        .filter_map(|task| source.given_out.get(&task.site_id))
        .map(|row| Value::Integer(row.fid))
        .collect();
    for some in known.chunks(500) {
        change.delete(&TASKS, &Filter::In("fid", some.to_vec()))?;
    }
    let now = tasks
        .iter()
        .zip(&made.drawn_of)
        .map(|(task, of)| (task, of, true));
    let later = made.later.iter().map(|(task, of)| (task, of, false));
    let rows = now.chain(later).map(|(task, drawn_of, is_given_out)| {
        // What was given out before stays so, even if it comes on a later day now.
        let was_given_out = source
            .given_out
            .get(&task.site_id)
            .is_some_and(|row| !row.text("assigned_on").is_empty());
        let dated = |date: &'_ str| -> Value<'static> {
            if is_given_out || was_given_out {
                date.to_owned().into()
            } else {
                "".into()
            }
        };
        let place = task.forms.wgs84;
        let whole = |number: usize| i64::try_from(number).map_or(Value::Null, Value::Integer);
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
                task.kind.name().into(),
                task.listing.name().into(),
                task.village.code.as_str().into(),
                task.team.as_str().into(),
                Value::Integer(task.day.into()),
                Value::Integer(task.stop.into()),
                dated(&task.assigned),
                dated(&task.due),
                stratum.into(),
                drawn_of.map_or(Value::Null, |(of, _)| whole(of)),
                drawn_of.map_or(Value::Null, |(_, drawn)| whole(drawn)),
            ],
        }
    });
    change.insert(&TASKS, rows).map(drop)
}
