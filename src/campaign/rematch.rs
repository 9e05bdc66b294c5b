//! How the sites of a round stand to what was known before: new, persisting, gone, already checked,
//! near a plot of earlier years. Identity is settled anew, as an earlier round may have come in
//! after the scan.

use super::check::{Check, verdicts};
use super::earlier::{Earlier, settled};
use super::matching::{Fate, Found, Plot, Seen, match_plots};
use super::moved::Moved;
use super::site::{CampaignSite, MERGED, MERGED_INTO, NEW, PERSISTING, RENUMBERED, SPLIT_FROM};
use super::tables::{CHECKS, COVERAGE, HISTORY, LINKS, SIGHTINGS, SITES, TASKS};
use super::{Campaign, CampaignFacts, Moment};
use crate::Result;
use crate::georef::LocalMetres;
use crate::vector::{Change, Filter, Row, Shape, StoreTarget, StoredShape, Value};
use geo::{Distance, Euclidean, MultiPolygon, Point};
use serde::Serialize;
use std::collections::BTreeSet;

/// A plot of earlier years within so many metres is said.
const NEAR_HISTORY_M: f64 = 100.0;

/// Degrees of latitude that hold [`NEAR_HISTORY_M`].
const SEARCH_DEGREES: f64 = 0.002;

/// How one plot stands to what was known before.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MatchRow {
    /// Its id.
    pub site_id: String,
    /// `new`, `persisting`, `gone` or `not_seen`.
    pub state: &'static str,
    /// Its class.
    pub class: String,
    /// WGS 84 longitude in degrees.
    pub lon: f64,
    /// WGS 84 latitude in degrees.
    pub lat: f64,
    /// The outcome of the last check; empty where nobody went.
    pub outcome: String,
    /// Metres to the nearest plot of earlier years, within 100 m.
    pub history_m: Option<f64>,
}

/// How a round stands to what was known before.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct MatchReport {
    /// Never seen before.
    pub new: usize,
    /// Found by an earlier round, too.
    pub persisting: usize,
    /// Found by an earlier round, looked at now, and not found.
    pub gone: usize,
    /// Found by an earlier round, and not looked at now.
    pub not_seen: usize,
    /// With an outcome of an earlier check.
    pub checked: usize,
    /// Within 100 m of a plot of earlier years.
    pub near_history: usize,
    /// Sites that took the number they had in an earlier round.
    pub renumbered: usize,
    /// Sites that keep a second number, as tasks with it are out.
    pub linked: usize,
    /// Links that are new: plots that fell in two, or grew together.
    pub related: usize,
    /// All of them, in the order of their ids.
    pub plots: Vec<MatchRow>,
}

/// Matches a campaign with what it knows of earlier rounds, in one transaction.
pub fn rematch(target: &StoreTarget, moment: Moment<'_>) -> Result<MatchReport> {
    Campaign::change(target, moment, "match", |change, facts| {
        let report = settle(change, facts)?;
        let detail = serde_json::json!({
            "new": report.new,
            "persisting": report.persisting,
            "gone": report.gone,
            "not_seen": report.not_seen,
            "renumbered": report.renumbered,
            "linked": report.linked,
            "related": report.related,
        });
        let is_change = report.renumbered + report.linked + report.related > 0;
        Ok((report, is_change.then_some(detail)))
    })
}

fn settle(change: &mut Change<'_>, facts: &CampaignFacts) -> Result<MatchReport> {
    let mut sites: Vec<CampaignSite> = change
        .read(&SITES, &Filter::All)?
        .into_iter()
        .map(CampaignSite::from_row)
        .filter(|site| site.status != MERGED)
        .collect();
    let known = settled(change, &sites)?;
    let earlier = Earlier::read(change)?;
    let open: Vec<&Earlier> = earlier
        .iter()
        .filter(|plot| !known.contains(&plot.site_id))
        .collect();
    let covered = change.read(&COVERAGE, &Filter::All)?;
    let covered: Vec<(MultiPolygon<f64>, Option<f64>)> = covered
        .into_iter()
        .filter_map(|row| {
            let gsd_cm = row.real("gsd_cm");
            Some((row.shape.map(StoredShape::into_area)?, gsd_cm))
        })
        .collect();
    let fresh: Vec<usize> = (0..sites.len())
        .filter(|&i| sites[i].relation == NEW)
        .collect();
    let matched = {
        let old: Vec<Plot<'_>> = open.iter().map(|e| e.plot()).collect();
        let new: Vec<Plot<'_>> = fresh.iter().map(|&i| sites[i].plot()).collect();
        let covered = covered.iter().map(|(outline, gsd_cm)| Seen {
            outline,
            gsd_cm: *gsd_cm,
        });
        match_plots(&old, &new, &covered.collect::<Vec<_>>())
    };
    let tasks = change.read(&TASKS, &Filter::All)?;
    let given_out: BTreeSet<String> = tasks.iter().map(|t| t.text("site_id")).collect();
    let mut report = MatchReport::default();
    for (&at, found) in fresh.iter().zip(&matched.new) {
        let Found::Again(old) = *found else { continue };
        let first_id = open[old].site_id.clone();
        if given_out.contains(&sites[at].site_id) {
            report.linked += link(change, &sites[at], &first_id)?;
        } else {
            renumber(change, facts, &mut sites[at], &first_id)?;
            report.renumbered += 1;
        }
        sites[at].relation = PERSISTING.into();
    }
    let ids = |at: usize| sites[fresh[at]].site_id.clone();
    let parts = matched
        .new
        .iter()
        .enumerate()
        .filter_map(|(at, found)| match found {
            Found::Part(old) => Some([ids(at), SPLIT_FROM.into(), open[*old].site_id.clone()]),
            Found::Again(_) | Found::New => None,
        });
    let merged = matched
        .old
        .iter()
        .zip(&open)
        .filter_map(|(fate, plot)| match fate {
            Fate::Merged(into) => Some([plot.site_id.clone(), MERGED_INTO.into(), ids(*into)]),
            Fate::Again(_) | Fate::Gone | Fate::NotSeen => None,
        });
    let links: Vec<[String; 3]> = parts.chain(merged).collect();
    report.related = relate(change, &links)?;
    fill(change, &mut report, &sites, &earlier)?;
    for (old, fate) in matched.old.iter().enumerate() {
        let state = match fate {
            Fate::Gone => "gone",
            Fate::NotSeen => "not_seen",
            Fate::Again(_) | Fate::Merged(_) => continue,
        };
        let point = open[old].point;
        report.plots.push(MatchRow {
            site_id: open[old].site_id.clone(),
            state,
            class: open[old].class.clone(),
            lon: point.x(),
            lat: point.y(),
            outcome: open[old].outcome.clone(),
            history_m: None,
        });
    }
    report.plots.sort_by(|a, b| a.site_id.cmp(&b.site_id));
    let count = |state: &str| report.plots.iter().filter(|p| p.state == state).count();
    (report.new, report.persisting) = (count(NEW), count(PERSISTING));
    (report.gone, report.not_seen) = (count("gone"), count("not_seen"));
    report.checked = report
        .plots
        .iter()
        .filter(|p| !p.outcome.is_empty())
        .count();
    report.near_history = report
        .plots
        .iter()
        .filter(|p| p.history_m.is_some())
        .count();
    Ok(report)
}

/// The rows of this round's sites.
fn fill(
    change: &Change<'_>,
    report: &mut MatchReport,
    sites: &[CampaignSite],
    earlier: &[Earlier],
) -> Result<()> {
    let checks = change.read(&CHECKS, &Filter::All)?;
    let mut checks: Vec<Check> = checks.iter().map(Check::from_row).collect();
    Moved::of_rows(&change.read(&LINKS, &Filter::All)?).follow(&mut checks);
    let before = earlier
        .iter()
        .map(|plot| (&*plot.site_id, &*plot.outcome, &*plot.checked_at));
    let outcomes = verdicts(&checks, before);
    let history = change.read(&HISTORY, &Filter::All)?;
    let history: Vec<StoredShape> = history.into_iter().filter_map(|row| row.shape).collect();
    for site in sites {
        let outcome = outcomes.get(site.site_id.as_str());
        report.plots.push(MatchRow {
            site_id: site.site_id.clone(),
            state: if site.relation == PERSISTING {
                PERSISTING
            } else {
                NEW
            },
            class: site.class.clone(),
            lon: site.point.x(),
            lat: site.point.y(),
            outcome: outcome.map_or("", |v| v.outcome.word().name).into(),
            history_m: nearest(&history, site.point),
        });
    }
    Ok(())
}

fn nearest(history: &[StoredShape], point: Point<f64>) -> Option<f64> {
    let frame = LocalMetres::around(point);
    let here = frame.point(point);
    let is_near = |other: Point<f64>| {
        (other.x() - point.x()).abs() < SEARCH_DEGREES
            && (other.y() - point.y()).abs() < SEARCH_DEGREES
    };
    let distance = |shape: &StoredShape| match shape {
        StoredShape::Point(other) if is_near(*other) => {
            Some(Euclidean.distance(&here, &frame.point(*other)))
        }
        StoredShape::Area(area) => Some(Euclidean.distance(&here, &frame.outline(area))),
        StoredShape::Point(_) | StoredShape::Lines(_) => None,
    };
    let nearest = history.iter().filter_map(distance).min_by(f64::total_cmp);
    nearest.filter(|m| *m <= NEAR_HISTORY_M)
}

/// Gives a site the number that its plot had first, wherever it stands.
fn renumber(
    change: &mut Change<'_>,
    facts: &CampaignFacts,
    site: &mut CampaignSite,
    first_id: &str,
) -> Result<()> {
    let uuid = facts.uuid(first_id);
    change.update(
        &SITES,
        &["site_id", "uuid", "relation"],
        std::iter::once((
            site.fid,
            vec![first_id.into(), uuid.as_str().into(), PERSISTING.into()],
        )),
    )?;
    for table in [&SIGHTINGS, &LINKS] {
        let rows = change.read(
            table,
            &Filter::Equals("site_id", site.site_id.clone().into()),
        )?;
        let renamed = rows
            .iter()
            .map(|row| (row.fid, vec![Value::from(first_id)]));
        change.update(table, &["site_id"], renamed)?;
    }
    let of_other = Filter::Equals("other_id", site.site_id.clone().into());
    let rows = change.read(&LINKS, &of_other)?;
    let renamed = rows
        .iter()
        .map(|row| (row.fid, vec![Value::from(first_id)]));
    change.update(&LINKS, &["other_id"], renamed)?;
    let row = Row {
        shape: Shape::None,
        values: vec![
            first_id.into(),
            RENUMBERED.into(),
            site.site_id.as_str().into(),
            site.run_id.as_str().into(),
        ],
    };
    change.insert(&LINKS, std::iter::once(row))?;
    first_id.clone_into(&mut site.site_id);
    Ok(())
}

/// Writes links that are not there yet; says how many.
fn relate(change: &mut Change<'_>, links: &[[String; 3]]) -> Result<usize> {
    if links.is_empty() {
        return Ok(0);
    }
    let known: BTreeSet<[String; 3]> = change
        .read(&LINKS, &Filter::All)?
        .iter()
        .map(|row| ["site_id", "relation", "other_id"].map(|name| row.text(name)))
        .collect();
    let fresh: Vec<&[String; 3]> = links.iter().filter(|link| !known.contains(*link)).collect();
    let rows = fresh.iter().map(|link| Row {
        shape: Shape::None,
        values: link
            .iter()
            .map(|text| Value::from(text.as_str()))
            .chain(["".into()])
            .collect(),
    });
    change.insert(&LINKS, rows)?;
    Ok(fresh.len())
}

/// Notes that a site with tasks is a plot of an earlier round; says how many links are new.
fn link(change: &mut Change<'_>, site: &CampaignSite, first_id: &str) -> Result<usize> {
    change.update(
        &SITES,
        &["relation"],
        std::iter::once((site.fid, vec![PERSISTING.into()])),
    )?;
    let row = Row {
        shape: Shape::None,
        values: vec![
            site.site_id.as_str().into(),
            "same_as".into(),
            first_id.into(),
            site.run_id.as_str().into(),
        ],
    };
    change.insert(&LINKS, std::iter::once(row))?;
    Ok(1)
}
