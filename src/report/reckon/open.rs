//! What stays to be done, and what a map shows.

use super::change::word;
use super::place::{Kind, Place};
use super::source::Source;
use super::units::Names;
use crate::campaign::coverage::Gap;
use crate::report::figures::{
    FlaggedRow, MapFigures, MapPoint, MapVillage, OpenWork, PendingRow, RejectedRow,
};
use geo::{MultiPolygon, Point};

/// Open work, place by place.
pub(super) fn open(source: &Source, places: &[Place<'_>], names: &Names, date: &str) -> OpenWork {
    let mut pending: Vec<PendingRow> = places
        .iter()
        .filter(|place| place.is_pending())
        .filter_map(|place| Some((place, place.task?)))
        .map(|(place, task)| {
            let (town, village) = names.of_village(place.village);
            PendingRow {
                site_id: place.site_id.to_owned(),
                code: task.code.clone(),
                town: town.to_owned(),
                village: village.to_owned(),
                team: task.team.clone(),
                grade: place.grade().to_owned(),
                assigned_on: task.assigned_on.clone(),
                due: task.due.clone(),
                overdue: place.is_overdue(date),
                outcome: word(place.outcome()).to_owned(),
            }
        })
        .collect();
    pending.sort_by(|a, b| {
        let key = |row: &'_ PendingRow| {
            [&row.due, &row.town, &row.village, &row.site_id].map(Clone::clone)
        };
        key(a).cmp(&key(b))
    });
    OpenWork {
        pending,
        flagged: source
            .flagged()
            .map(|check| FlaggedRow {
                site_id: check.site_id.clone(),
                check_id: check.check_id.clone(),
                outcome: check.outcome.clone(),
                checked_at: check.checked_at.clone(),
                flag: check.flag.clone(),
                source: check.source.clone(),
                place: check.place.clone(),
            })
            .collect(),
        rejected: source
            .rejected
            .iter()
            .map(|row| RejectedRow {
                site_id: row.site_id.clone(),
                source: row.source.clone(),
                place: row.place.clone(),
                cell: row.cell.clone(),
                reason: row.reason.clone(),
            })
            .collect(),
    }
}

/// What a map shows.
pub(super) fn map(
    source: &Source,
    places: &[Place<'_>],
    targets: Vec<(Point<f64>, bool)>,
    gaps: &[Gap],
) -> MapFigures {
    let villages = source.villages.villages().iter().enumerate();
    MapFigures {
        villages: villages
            .map(|(at, unit)| MapVillage {
                code: source.villages.describe(at).xzqdm,
                name: unit.name.clone(),
                outline: unit.area.clone(),
            })
            .collect(),
        points: places
            .iter()
            .filter(|place| place.is_candidate() || place.answer.is_some() || is_lot(place))
            .filter_map(|place| {
                Some(MapPoint {
                    site_id: place.site_id.to_owned(),
                    point: place.point()?,
                    grade: place.grade().to_owned(),
                    kind: place.kind.name(),
                    outcome: word(place.outcome()),
                })
            })
            .collect(),
        cells: Vec::new(),
        targets,
        gaps: gaps
            .iter()
            .map(|gap: &Gap| -> MultiPolygon<f64> { gap.outline.clone() })
            .collect(),
    }
}

fn is_lot(place: &Place<'_>) -> bool {
    place.kind == Kind::ControlRandom && place.assigned_on().is_some()
}
