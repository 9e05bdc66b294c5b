//! Flights into the campaign's own tables.

use super::FlightRow;
use crate::Result;
use crate::campaign::tables::{FLIGHT_GROUND, FLIGHTS};
use crate::campaign::{Campaign, Moment};
use crate::vector::{Change, Filter, Row, Shape, StoreTarget, StoredRow, StoredShape, Value};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;

/// What became of flights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Kept {
    /// That are new.
    pub added: usize,
    /// That were there and came out otherwise now.
    pub updated: usize,
    /// That were there, just so.
    pub unchanged: usize,
    /// That were there with more photos than now, and stay as they were.
    pub partial: usize,
}

/// Puts flights into a campaign, in one transaction with a row of the audit. Those that are there
/// (by their id) are replaced where something but the folder differs, unless they had more photos. Where
/// nothing changes the campaign stays as it is, without a row of the audit.
///
/// # Errors
/// [`crate::Error::Store`] where the campaign cannot be changed.
pub fn keep_flights(target: &StoreTarget, rows: &[FlightRow], moment: Moment<'_>) -> Result<Kept> {
    Campaign::change(target, moment, "flight", |change, _| {
        let ids = || Filter::In("flight_id", ids(rows));
        let there = by_id(change.read(&FLIGHTS, &ids())?);
        let grounds = by_id(change.read(&FLIGHT_GROUND, &ids())?);
        let mut kept = Kept::default();
        // Of a flight that comes twice the fuller one.
        let mut fullest: BTreeMap<&str, &FlightRow> = BTreeMap::new();
        for row in rows {
            let known = fullest.entry(&row.flight_id).or_insert(row);
            if row.photos > known.photos {
                *known = row;
            }
        }
        let mut new: Vec<(&FlightRow, String)> = Vec::new();
        let mut replaced: Vec<Value<'static>> = Vec::new();
        for row in fullest.into_values() {
            let Some(old) = there.get(&row.flight_id) else {
                kept.added += 1;
                new.push((row, moment.now.to_owned()));
                continue;
            };
            if old.integer("photos") > Some(whole(row.photos)) {
                kept.partial += 1;
            } else if holds(old, grounds.get(&row.flight_id), row) {
                kept.unchanged += 1;
            } else {
                kept.updated += 1;
                replaced.push(row.flight_id.clone().into());
                new.push((row, old.text("added_at")));
            }
        }
        if new.is_empty() {
            return Ok((kept, None));
        }
        new.sort_by(|(a, _), (b, _)| (&a.begun, &a.flight_id).cmp(&(&b.begun, &b.flight_id)));
        put(change, &new, replaced)?;
        let flights: Vec<_> = new
            .iter()
            .map(|(row, _)| {
                json!({
                    "flight_id": row.flight_id,
                    "begun": row.begun,
                    "photos": row.photos,
                    "counted": row.counted,
                    "area_m2": row.area_m2,
                })
            })
            .collect();
        let detail = json!({
            "added": kept.added,
            "updated": kept.updated,
            "flights": flights,
        });
        Ok((kept, Some(detail)))
    })
}

fn ids(rows: &[FlightRow]) -> Vec<Value<'static>> {
    rows.iter()
        .map(|row| row.flight_id.clone().into())
        .collect()
}

fn by_id(rows: Vec<StoredRow>) -> BTreeMap<String, StoredRow> {
    let keyed = rows.into_iter().map(|row| (row.text("flight_id"), row));
    keyed.collect()
}

/// Takes the old rows out and puts the new ones in, each with the time when its flight came first.
fn put(
    change: &mut Change<'_>,
    new: &[(&FlightRow, String)],
    replaced: Vec<Value<'static>>,
) -> Result<()> {
    let old = Filter::In("flight_id", replaced);
    change.delete(&FLIGHTS, &old)?;
    change.delete(&FLIGHT_GROUND, &old)?;
    let flights = new.iter().map(|(row, added_at)| Row {
        shape: if row.track.0.is_empty() {
            Shape::None
        } else {
            Shape::Lines(&row.track)
        },
        values: vec![
            row.flight_id.as_str().into(),
            row.begun.as_str().into(),
            row.ended.as_str().into(),
            row.camera.as_str().into(),
            whole(row.photos).into(),
            whole(row.placed).into(),
            whole(row.counted).into(),
            row.track_m.into(),
            row.area_m2.into(),
            row.gsd_cm.map_or(Value::Null, Value::Real),
            row.source.as_str().into(),
            added_at.as_str().into(),
        ],
    });
    change.insert(&FLIGHTS, flights)?;
    let with_ground = new.iter().filter(|(row, _)| !row.ground.0.is_empty());
    let grounds = with_ground.map(|(row, _)| Row {
        shape: Shape::MultiPolygon(&row.ground),
        values: vec![
            row.flight_id.as_str().into(),
            row.begun.as_str().into(),
            row.gsd_cm.map_or(Value::Null, Value::Real),
            row.area_m2.into(),
        ],
    });
    change.insert(&FLIGHT_GROUND, grounds).map(drop)
}

/// Whether the campaign holds a flight just so; the folder does not matter.
fn holds(old: &StoredRow, ground: Option<&StoredRow>, row: &FlightRow) -> bool {
    let track = match &old.shape {
        Some(StoredShape::Lines(lines)) => *lines == row.track,
        _ => row.track.0.is_empty(),
    };
    let area = match ground.and_then(|ground| ground.shape.as_ref()) {
        Some(StoredShape::Area(area)) => *area == row.ground,
        _ => row.ground.0.is_empty(),
    };
    track
        && area
        && old.text("begun") == row.begun
        && old.text("ended") == row.ended
        && old.text("camera") == row.camera
        && old.integer("photos") == Some(whole(row.photos))
        && old.integer("placed") == Some(whole(row.placed))
        && old.integer("counted") == Some(whole(row.counted))
        && old.real("track_m") == Some(row.track_m)
        && old.real("area_m2") == Some(row.area_m2)
        && old.real("gsd_cm") == row.gsd_cm
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
