//! Whose pictures go: homes that nobody confirmed.

use crate::Result;
use crate::campaign::Campaign;
use crate::campaign::check::{Check, Outcome, Verdict, conflicting, verdicts};
use crate::campaign::home::{Homes, is_unknown};
use crate::campaign::moved::Moved;
use crate::campaign::site::{CampaignSite, MERGED, RENUMBERED};
use crate::campaign::tables::{BUILDINGS, CHECKS, LINKS, PREVIOUS, RUNS, SIGHTINGS, SITES, TASKS};
use crate::vector::{Filter, Table};
use std::collections::{BTreeMap, BTreeSet};

/// Places by what becomes of their pictures.
pub(super) struct Places {
    /// Whose pictures go, with the code of their village.
    gone: BTreeMap<String, String>,
    /// Every number of a place: that of the campaign, numbers it bore before, numbers within runs.
    numbers: BTreeMap<String, String>,
    /// Ids of runs, and of the campaign itself, that chips name.
    pub(super) runs: BTreeSet<String>,
    /// Buildings that may be homes.
    pub(super) homes: Homes,
    /// Nobody confirmed them, nobody knows whether they are homes.
    pub(super) unknown: usize,
    /// Answers contradict one another.
    pub(super) conflicting: usize,
    /// Tasks that are open.
    pub(super) open_tasks: usize,
    /// Whether there is an answer of this round.
    pub(super) is_begun: bool,
}

impl Places {
    pub(super) fn read(campaign: &Campaign, all: bool) -> Result<Self> {
        let rows = |table: &Table| campaign.store.read(table, &Filter::All);
        let links = rows(&LINKS)?;
        let moved = Moved::of_rows(&links);
        let mut checks: Vec<Check> = rows(&CHECKS)?.iter().map(Check::from_row).collect();
        moved.follow(&mut checks);
        let previous: Vec<[String; 3]> = rows(&PREVIOUS)?
            .iter()
            .map(|row| ["site_id", "outcome", "checked_at"].map(|name| row.text(name)))
            .collect();
        let earlier = previous
            .iter()
            .map(|[id, found, at]| (&**id, &**found, &**at));
        let verdicts = verdicts(&checks, earlier);
        let conflicts = conflicting(&checks);
        let mut places = Self {
            gone: BTreeMap::new(),
            numbers: BTreeMap::new(),
            runs: rows(&RUNS)?.iter().map(|row| row.text("run_id")).collect(),
            homes: Homes::of_rows(rows(&BUILDINGS)?),
            unknown: 0,
            conflicting: 0,
            open_tasks: 0,
            is_begun: !checks.is_empty(),
        };
        places.runs.insert(campaign.facts.label());
        for site in rows(&SITES)?.into_iter().map(CampaignSite::from_row) {
            places
                .numbers
                .insert(site.site_id.clone(), site.site_id.clone());
            // The answers for what went into another stand there.
            let now = moved.now(&site.site_id);
            if is_kept(verdicts.get(now)) || is_kept(verdicts.get(site.site_id.as_str())) {
                continue;
            }
            let is_home = places.homes.holds(&site.setting, site.point);
            if conflicts.contains(now) {
                places.conflicting += 1;
            } else if is_home || all {
                places.gone.insert(site.site_id, site.xzqdm);
            } else if is_unknown(&site.setting) && places.homes.is_empty() && site.status != MERGED
            {
                places.unknown += 1;
            }
        }
        let renumbered = links
            .iter()
            .filter(|row| row.text("relation") == RENUMBERED);
        let sightings = rows(&SIGHTINGS)?;
        let within_runs = sightings.iter().map(|row| (row, "run_site_id"));
        for (row, column) in renumbered.map(|row| (row, "other_id")).chain(within_runs) {
            let number = places.numbers.entry(row.text(column));
            number.or_insert_with(|| row.text("site_id"));
        }
        places.open_tasks = rows(&TASKS)?
            .iter()
            .filter(|row| {
                let verdict = verdicts.get(moved.now(&row.text("site_id"))).copied();
                !verdict.is_some_and(|v| v.is_of_round() && v.outcome.is_closed())
            })
            .count();
        Ok(places)
    }

    /// How many places.
    pub(super) fn count(&self) -> usize {
        self.gone.len()
    }

    /// The place whose pictures go and that bears a number, in the campaign or within a run.
    pub(super) fn gone(&self, number: &str) -> Option<&str> {
        let own = self.numbers.get(number)?;
        self.gone.get_key_value(own).map(|(id, _)| id.as_str())
    }

    /// Whether the campaign knows a number.
    pub(super) fn knows(&self, number: &str) -> bool {
        self.numbers.contains_key(number)
    }

    /// The village code of a place whose pictures go; empty outside of every village.
    pub(super) fn village(&self, site_id: &str) -> &str {
        self.gone.get(site_id).map_or("", String::as_str)
    }
}

/// Whether the crop stood there.
fn is_kept(verdict: Option<&Verdict<'_>>) -> bool {
    verdict.is_some_and(|v| matches!(v.outcome, Outcome::Confirmed | Outcome::LegalCrop))
}
