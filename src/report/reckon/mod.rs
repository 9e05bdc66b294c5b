//! From the tables of a campaign to the figures of a report.
//!
//! In the order of the work: `source.rs` reads the tables, `place.rs` makes places of them, each with
//! its task and the answer that counts; `units.rs` and `periods.rs` count them (`running.rs`),
//! `precision.rs`, `control.rs`, `targets.rs` and `change.rs` ask what the counts mean.

mod change;
mod control;
mod days;
mod effort;
mod ground;
mod leads;
mod open;
mod periods;
mod place;
mod precision;
mod running;
mod source;
mod targets;
mod units;
mod until;
mod years;

pub(super) use place::Kind;
pub(super) use source::Task;

use super::figures::{Figures, Ledger, LedgerEntry, ReportSettings, SCHEMA_VERSION};
use crate::campaign::Campaign;
use crate::campaign::coverage::CoverageReport;
use crate::{Error, Result};
use ground::Ground;
use place::Place;
use source::Source;
use std::collections::BTreeMap;
use units::Names;

/// Farther from a target no place is said to match it.
const MOST_RADIUS_M: f64 = 1000.0;

/// Reckons all figures of a campaign, for the level `field`; [`crate::report::level::cut`] takes out
/// what another level does not show. `coverage` is the ground that was measured, if it was.
///
/// # Errors
/// [`Error::Setting`] for a date or radius that is none, [`Error::Store`] where a campaign cannot be
/// read.
pub fn figures(
    campaign: &Campaign,
    settings: &ReportSettings,
    coverage: Option<CoverageReport>,
) -> Result<Figures> {
    check(settings)?;
    let date = settings.date.as_str();
    let mut source = Source::read(campaign)?;
    until::until(&mut source, date);
    let before = match &settings.previous {
        Some(target) => Some(Source::read(&Campaign::open(target)?)?),
        None => None,
    };
    let places = place::places(&source);
    let before_places = before.as_ref().map(place::places);
    let before: Option<(&Source, &[Place<'_>])> = before.as_ref().zip(before_places.as_deref());
    let names = Names::of(&source);
    let ground = Ground::of(&source.ground);
    let counted = units::units(&source, &places, &names, coverage.as_ref(), date);
    let mut total = counted.total.finish();
    total.coverage = counted.coverage;
    let periods = periods::periods(&source, &places, date);
    let effort = effort::effort(&source, settings.effort);
    let by_round = periods::rounds(&source, (&total, effort.sorties), before, date);
    let (change, same) = change::change(&source, &places, &ground, before)
        .map_or((None, BTreeMap::new()), |change| {
            (Some(change.figures), change.same)
        });
    let by_year = years::years((&source, &places), effort.sorties, before, &same, date);
    let met = targets::targets(&source, &places, &ground, settings.target_radius_m);
    let (met, target_points) =
        met.map_or((None, Vec::new()), |met| (Some(met.figures), met.points));
    let gaps = coverage.as_ref().map_or(&[][..], |report| &report.gaps);
    let figures = Figures {
        schema_version: SCHEMA_VERSION,
        county: names.county().to_owned(),
        date: settings.date.clone(),
        level: super::Level::Field,
        lang: settings.lang,
        program: concat!("tianmu ", env!("CARGO_PKG_VERSION")).into(),
        effort,
        by_village: counted.by_village,
        by_town: counted.by_town,
        by_county: counted.by_county,
        by_month: periods.months,
        by_quarter: periods.quarters,
        by_round,
        by_year,
        candidates_by_import_date: periods.imported,
        leads: leads::leads(&places),
        precision: precision::precision(&places),
        control: control::control(&source, &places, &names),
        targets: met,
        change,
        open: open::open(&source, &places, &names, date),
        map: Some(open::map(&source, &places, target_points, gaps)),
        ledger: ledger(&source, &places, &names),
        coverage: coverage.map(|report| {
            effort::coverage(report, counted.coverage, total.candidates, settings.lang)
        }),
        total,
        campaign: source.facts.clone(),
    };
    Ok(figures)
}

fn check(settings: &ReportSettings) -> Result<()> {
    let radius = settings.target_radius_m;
    if !(radius > 0.0 && radius <= MOST_RADIUS_M) {
        return Err(Error::setting(
            "target-radius",
            radius,
            "metres, more than 0 and at most 1000",
        ));
    }
    // The parser takes days without leading zeros, which do not sort as text.
    let is_day = days::day(&settings.date) == Some(&settings.date);
    if !is_day || settings.date.parse::<chrono::NaiveDate>().is_err() {
        return Err(Error::setting(
            "date",
            &settings.date,
            "a day such as 2026-05-31",
        ));
    }
    Ok(())
}

/// The ledger's rows, by village and id; ground outside of every village last.
fn ledger(source: &Source, places: &[Place<'_>], names: &Names) -> Ledger {
    let mut sorted: Vec<&Place<'_>> = places.iter().collect();
    sorted.sort_by(|a, b| {
        let key = |place: &Place<'_>| (place.village.is_empty(), place.village.to_owned());
        key(a).cmp(&key(b)).then_with(|| a.site_id.cmp(b.site_id))
    });
    let entries = sorted.into_iter().map(|place| {
        let (town, village) = names.of_village(place.village);
        let check = place.answer.map(|(_, check)| check);
        let photos = check.and_then(|check| source.photos.get(&check.check_id));
        let group = place.site.map_or("", |site| site.group.as_str());
        let worker = |group: &str| {
            source
                .workers
                .get(&(place.village.to_owned(), group.to_owned()))
        };
        LedgerEntry {
            site_id: place.site_id.to_owned(),
            kind: place.kind,
            code: place.village.to_owned(),
            town: town.to_owned(),
            village: village.to_owned(),
            grid_worker: worker(group)
                .or_else(|| worker(""))
                .cloned()
                .unwrap_or_default(),
            point: place.point(),
            site: place.site.map(|site| crate::campaign::site::CampaignSite {
                // The outline is the larger part of a site, and no column shows it.
                outline: geo::MultiPolygon::new(vec![]),
                ..site.clone()
            }),
            task: place.task.cloned(),
            check: check.cloned(),
            photos: photos
                .or_else(|| source.photos.get(place.site_id))
                .copied()
                .unwrap_or(0),
        }
    });
    Ledger {
        year: source.facts.year,
        round: source.facts.round,
        county: names.county().to_owned(),
        county_code: source.facts.county_code.clone(),
        campaign: source.facts.name.clone(),
        entries: entries.collect(),
    }
}
