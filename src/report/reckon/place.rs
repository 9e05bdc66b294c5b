//! Places: sites, places drawn by lot and finds, each with its task and the answer that counts.

use super::days::{day, first_day};
use super::source::{Source, Task};
use crate::campaign::check::{Check, Outcome, Verdict, verdicts};
use crate::campaign::site::{CANDIDATE, CampaignSite};
use geo::Point;
use std::collections::{BTreeMap, BTreeSet};

/// What a place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Kind {
    /// A lead.
    Lead,
    /// A lead of low grade, drawn by lot.
    ControlLow,
    /// A cell drawn by lot, where the model saw nothing.
    ControlRandom,
    /// What somebody found without a lead.
    Find,
    /// A site of an earlier round, visited again without a new lead.
    Earlier,
}

impl Kind {
    /// Its machine name.
    pub(in crate::report) fn name(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::ControlLow => "control_low",
            Self::ControlRandom => "control_random",
            Self::Find => "find",
            Self::Earlier => "earlier",
        }
    }
}

/// A place.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) site_id: &'a str,
    pub(super) kind: Kind,
    /// The site, for a lead.
    pub(super) site: Option<&'a CampaignSite>,
    pub(super) task: Option<&'a Task>,
    /// The answer of this round that counts.
    pub(super) answer: Option<(Outcome, &'a Check)>,
    /// Village code of 12 digits; empty where it is unknown.
    pub(super) village: &'a str,
}

impl<'a> Place<'a> {
    /// Whether it stands in the list of sites of this round.
    pub(super) fn is_candidate(&self) -> bool {
        self.site.is_some_and(|site| site.status == CANDIDATE)
    }

    /// The day it was given out; `None` where it was not.
    pub(super) fn assigned_on(&self) -> Option<&'a str> {
        let task = self.task.filter(|task| !task.assigned_on.is_empty())?;
        Some(day(&task.assigned_on).unwrap_or(&task.assigned_on))
    }

    /// Its outcome.
    pub(super) fn outcome(&self) -> Option<Outcome> {
        self.answer.map(|(outcome, _)| outcome)
    }

    /// Whether an answer says that nobody needs to go there again.
    pub(super) fn is_closed(&self) -> bool {
        self.outcome().is_some_and(Outcome::is_closed)
    }

    /// Whether it was given out and is not closed. A site that went into another is that one's work.
    pub(super) fn is_pending(&self) -> bool {
        let is_work = self.site.is_none() || self.is_candidate();
        self.assigned_on().is_some() && is_work && !self.is_closed()
    }

    /// Whether it is pending and its last day has passed on a day.
    pub(super) fn is_overdue(&self, on: &str) -> bool {
        let due = self.task.and_then(|task| day(&task.due));
        self.is_pending() && due.is_some_and(|due| due < on)
    }

    /// The list that a lead stands in; `main` where nobody listed it.
    pub(super) fn listing(&self) -> &'a str {
        let listing = self.site.map_or("", |site| site.listing.as_str());
        if listing.is_empty() { "main" } else { listing }
    }

    /// Its grade; empty where it has none.
    pub(super) fn grade(&self) -> &'a str {
        self.site.map_or("", |site| site.grade.as_str())
    }

    /// The day of its first image, else of its run.
    pub(super) fn found_on(&self, source: &Source) -> Option<(String, bool)> {
        let site = self.site?;
        if let Some(first) = first_day(&site.capture_time) {
            return Some((first, true));
        }
        let run = source.runs.get(&site.run_id)?;
        day(run).map(|run| (run.to_owned(), false))
    }

    /// Where it is, WGS 84.
    pub(super) fn point(&self) -> Option<Point<f64>> {
        let site = self.site.map(|site| site.point);
        site.or_else(|| self.task.and_then(|task| task.point))
            .or_else(|| self.answer.and_then(|(_, check)| check.point))
            .filter(|point| point.x().is_finite() && point.y().is_finite())
    }
}

/// All places of a campaign, by id. Sites that went into others are there only with an answer of
/// their own.
pub(super) fn places(source: &Source) -> Vec<Place<'_>> {
    let earlier: BTreeSet<&str> = source.earlier.iter().map(|p| p.site_id.as_str()).collect();
    let answers: BTreeMap<&str, Verdict<'_>> = verdicts(&source.checks, std::iter::empty());
    let sites: BTreeMap<&str, &CampaignSite> = source
        .sites
        .iter()
        .map(|site| (site.site_id.as_str(), site))
        .collect();
    let ids: BTreeSet<&str> = sites
        .keys()
        .copied()
        .chain(source.tasks.keys().map(String::as_str))
        .chain(answers.keys().copied())
        .collect();
    ids.into_iter()
        .filter_map(|site_id| {
            let site = sites.get(site_id).copied();
            let task = source.tasks.get(site_id);
            let answer = answers
                .get(site_id)
                .and_then(|found| Some((found.outcome, source.checks.get(found.check?)?)));
            let is_merged = site.is_some_and(|site| site.status != CANDIDATE);
            (!is_merged || answer.is_some()).then(|| Place {
                site_id,
                kind: kind(site_id, site, task, &earlier),
                site,
                task,
                answer,
                village: village(site_id, site, task),
            })
        })
        .collect()
}

fn kind(
    site_id: &str,
    site: Option<&CampaignSite>,
    task: Option<&Task>,
    earlier: &BTreeSet<&str>,
) -> Kind {
    match (task.map(|task| task.kind.as_str()), site) {
        (Some("control_random"), _) => Kind::ControlRandom,
        (Some("control_low"), _) => Kind::ControlLow,
        (_, Some(_)) => Kind::Lead,
        _ if earlier.contains(site_id) || !site_id.contains("-F") => Kind::Earlier,
        _ => Kind::Find,
    }
}

/// The village of a place; of one without site and task the first 12 digits of its id.
fn village<'a>(
    site_id: &'a str,
    site: Option<&'a CampaignSite>,
    task: Option<&'a Task>,
) -> &'a str {
    if let Some(site) = site {
        return &site.xzqdm;
    }
    task.map_or_else(|| code_of(site_id), |task| &task.xzqdm)
}

/// The village code that an id begins with; empty where it begins with none, or with that of ground
/// outside of every village.
pub(super) fn code_of(site_id: &str) -> &str {
    let head = site_id.split('-').next().unwrap_or_default();
    let is_code = head.len() == 12 && head.bytes().all(|byte| byte.is_ascii_digit());
    if is_code && !head.ends_with("000000") {
        head
    } else {
        ""
    }
}
