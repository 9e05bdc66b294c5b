//! A plan into the tables.

use super::plan::{FileRow, Plan};
use crate::Result;
use crate::campaign::check::{Check, digest};
use crate::campaign::tables::{CHECKS, PHOTOS, REJECTED, RETURNS};
use crate::vector::{Change, Filter, Row, Shape, Value};

/// Writes a plan; `now` is ISO 8601 in UTC.
pub(super) fn write(change: &mut Change<'_>, plan: &Plan, now: &str) -> Result<()> {
    write_checks(change, plan, now)?;
    let photos = plan.photos.iter().map(|photo| Row {
        shape: Shape::None,
        values: vec![
            photo.check_id.as_str().into(),
            photo.site_id.as_str().into(),
            photo.path.as_str().into(),
            photo.kind.as_str().into(),
            photo.sha256.as_str().into(),
            photo.taken_at.as_str().into(),
            now.into(),
        ],
    });
    change.insert(&PHOTOS, photos)?;
    let text = |(fid, text): &(i64, String)| (*fid, vec![Value::from(text.clone())]);
    change.update(&PHOTOS, &["check_id"], plan.photo_checks.iter().map(text))?;
    let rejects = plan.rejects.iter().map(|row| Row {
        shape: Shape::None,
        values: vec![
            row.reject_id.as_str().into(),
            row.site_id.as_str().into(),
            row.source.as_str().into(),
            row.source_sha256.as_str().into(),
            row.place.as_str().into(),
            row.cell.as_str().into(),
            row.reason.as_str().into(),
            row.raw.as_str().into(),
            now.into(),
            row.settled_by.as_str().into(),
        ],
    });
    change.insert(&REJECTED, rejects)?;
    change.update(&REJECTED, &["settled_by"], plan.settled.iter().map(text))?;
    write_files(change, &plan.files, now)
}

fn write_checks(change: &mut Change<'_>, plan: &Plan, now: &str) -> Result<()> {
    let fresh: Vec<Check> = plan.checks[plan.had..]
        .iter()
        .map(|check| Check {
            recorded_at: now.to_owned(),
            ..check.clone()
        })
        .collect();
    change.insert(&CHECKS, fresh.iter().map(Check::to_row))?;
    let changed = plan.changed.iter().map(|&at| &plan.checks[at]);
    update_checks(change, changed)
}

/// The hash of all checks as they are now.
pub(super) fn digest_of_checks(change: &Change<'_>) -> Result<String> {
    let rows = change.read(&CHECKS, &Filter::All)?;
    let checks: Vec<Check> = rows.iter().map(Check::from_row).collect();
    Ok(digest(&checks))
}

/// Sets flag and state of checks of the campaign.
pub(super) fn update_checks<'c>(
    change: &mut Change<'_>,
    checks: impl Iterator<Item = &'c Check>,
) -> Result<()> {
    let rows = checks.map(|check| {
        (
            check.fid,
            vec![check.state.as_str().into(), check.flag.as_str().into()],
        )
    });
    change.update(&CHECKS, &["state", "flag"], rows)
}

fn write_files(change: &mut Change<'_>, files: &[FileRow], now: &str) -> Result<()> {
    let counts = |file: &FileRow| file.counts.map(Value::Integer);
    let fresh = files.iter().filter(|file| file.fid.is_none()).map(|file| {
        let mut values: Vec<Value<'_>> = vec![
            file.source.as_str().into(),
            file.path.as_str().into(),
            file.sha256.as_str().into(),
            file.format.into(),
        ];
        values.extend(counts(file));
        values.push(now.into());
        Row {
            shape: Shape::None,
            values,
        }
    });
    change.insert(&RETURNS, fresh)?;
    let again = files
        .iter()
        .filter_map(|file| Some((file.fid?, counts(file).to_vec())));
    change.update(
        &RETURNS,
        &["rows", "taken", "known", "blank", "rejected"],
        again,
    )
}
