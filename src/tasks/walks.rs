//! Teams, days and stops of the tasks, and the walks that they make.

use super::make::Draft;
use super::order::{OrderSettings, Stop, TaskPlace, TeamPlan, assign, order_all};
use super::pack::{FieldTask, Grade, TaskKind, TeamDay};
use super::source::Source;
use crate::Result;
use crate::campaign::Lang;
use crate::georef::{Wgs84Place, geodesic_distance_m};
use geo::Point;
use std::collections::BTreeMap;

/// Where a task stands in the walks.
pub(super) struct Placed {
    /// The team.
    pub(super) team: String,
    /// The grid worker in charge.
    pub(super) grid_worker: String,
    /// The day of the team.
    pub(super) day: u32,
    /// The stop of that day.
    pub(super) stop: u32,
}

/// Who takes each task, and when.
pub(super) fn placed(
    source: &Source,
    drafts: &[Draft<'_>],
    settings: &OrderSettings,
    lang: Lang,
) -> Result<Vec<Placed>> {
    let grounds: Vec<TaskPlace<'_>> = drafts
        .iter()
        .map(|draft| TaskPlace {
            point: draft.point,
            xzqdm: &draft.village.code,
            town: &draft.village.town,
            village: &draft.village.village,
            group: &draft.group,
        })
        .collect();
    let charges = assign(&grounds, &source.grid, lang);
    let mut placed: Vec<Placed> = charges
        .iter()
        .map(|charge| Placed {
            team: charge.team.clone(),
            grid_worker: charge
                .grid
                .map_or_else(String::new, |row| source.grid[row].grid_worker.clone()),
            day: 1,
            stop: 1,
        })
        .collect();
    let mut teams: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, charge) in charges.iter().enumerate() {
        teams.entry(&charge.team).or_default().push(at);
    }
    let height = |p: Point<f64>| {
        source
            .elevation
            .as_ref()
            .and_then(|e| e.height(p.x(), p.y()))
    };
    let stops: Vec<Vec<Stop>> = teams
        .values()
        .map(|members| {
            let stop = |&at: &usize| Stop {
                point: drafts[at].point,
                height_m: height(drafts[at].point),
                village: drafts[at].village.code.clone(),
                urgency: urgency(&drafts[at]),
                key: drafts[at].site_id.clone(),
            };
            members.iter().map(stop).collect()
        })
        .collect();
    let starts = starts(source);
    let plans: Vec<TeamPlan<'_>> = teams
        .keys()
        .zip(&stops)
        .map(|(team, stops)| TeamPlan {
            team,
            start: starts.get(team).map(|&p| (p, height(p))),
            stops,
        })
        .collect();
    let walks = order_all(&plans, settings)?;
    for (members, walks) in teams.values().zip(walks) {
        for walk in walks {
            for (stop, of_team) in (1..).zip(walk.stops) {
                let at = &mut placed[members[of_team]];
                (at.day, at.stop) = (walk.day, stop);
            }
        }
    }
    Ok(placed)
}

/// Where each team starts: the first start that its rows name.
fn starts(source: &Source) -> BTreeMap<&str, Point<f64>> {
    let mut starts = BTreeMap::new();
    for cell in &source.grid {
        if let Some(start) = cell.start {
            starts.entry(cell.team.trim()).or_insert(start);
        }
    }
    starts
}

fn urgency(draft: &Draft<'_>) -> u8 {
    match (draft.kind, draft.graded.grade) {
        (TaskKind::Lead, Grade::A) => 0,
        (TaskKind::Lead, Grade::B) => 1,
        _ => 2,
    }
}

/// The days of all teams.
pub(super) fn routes(source: &Source, tasks: &[FieldTask]) -> Result<Vec<TeamDay>> {
    let mut days: BTreeMap<(&str, u32), Vec<usize>> = BTreeMap::new();
    for (at, task) in tasks.iter().enumerate() {
        days.entry((&task.team, task.day)).or_default().push(at);
    }
    let height = |p: Point<f64>| {
        source
            .elevation
            .as_ref()
            .and_then(|e| e.height(p.x(), p.y()))
    };
    let starts = starts(source);
    days.into_iter()
        .map(|((team, day), mut stops)| {
            stops.sort_by_key(|&at| tasks[at].stop);
            let start = starts.get(team).copied();
            let points = stops.iter().map(|&at| {
                let place = tasks[at].forms.wgs84;
                Point::new(place.lon(), place.lat())
            });
            let way: Vec<Point<f64>> = start.into_iter().chain(points).chain(start).collect();
            let length = |pair: &[Point<f64>]| geodesic_distance_m(pair[0].x_y(), pair[1].x_y());
            let climb = |pair: &[Point<f64>]| Some((height(pair[1])? - height(pair[0])?).max(0.0));
            Ok(TeamDay {
                team: team.to_owned(),
                day,
                start: start.map(|p| Wgs84Place::new(p.x(), p.y())).transpose()?,
                stops,
                length_m: way.windows(2).map(length).sum(),
                climb_m: way.windows(2).map(climb).sum(),
            })
        })
        .collect()
}
