//! The state of a campaign on a day: what came later is left out.

use super::days::{day, first_day};
use super::source::Source;
use std::collections::BTreeSet;

/// Leaves out answers, tasks, images, flights and sites of later days than that of a report. What has no day
/// stays.
pub(super) fn until(source: &mut Source, date: &str) {
    let is_later = |found: Option<&str>| found.is_some_and(|found| found > date);
    source
        .checks
        .retain(|check| !is_later(day(&check.checked_at)));
    source
        .tasks
        .retain(|_, task| !is_later(day(&task.assigned_on)));
    source.rejected.retain(|row| !is_later(day(&row.read_at)));
    source.ground.retain(|seen| !is_later(day(&seen.day)));
    source.scenes.retain(|scene| !is_later(day(&scene.day)));
    source.flights.retain(|flown| !is_later(day(flown)));
    let answered: BTreeSet<&str> = source.checks.iter().map(|c| c.site_id.as_str()).collect();
    let tasks = &source.tasks;
    source.sites.retain(|site| {
        let found = first_day(&site.capture_time);
        let is_worked = tasks.contains_key(&site.site_id) || answered.contains(&*site.site_id);
        is_worked || !is_later(found.as_deref())
    });
}
