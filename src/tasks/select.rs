//! Which leads are visited: those of the grades that were asked for, those given out before and not
//! answered, and places drawn by lot.

use super::control::{Lots, draw_cells, sample_size};
use super::grade::{Graded, Lead, grade};
use super::pack::{Grade, TaskKind};
use super::settings::TaskSettings;
use super::source::Source;
use crate::campaign::site::CampaignSite;
use crate::campaign::{CampaignFacts, Lang};
use crate::elevation::Elevation;
use crate::vector::StoredShape;
use geo::Point;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Which leads are visited.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Leads of these grades.
    pub grades: Vec<Grade>,
    /// The share of all visits that is drawn by lot, 0 to below 1.
    pub control: f64,
}

/// A lead that is visited.
pub(super) struct Chosen {
    /// Its place in `Source::sites`.
    pub(super) site: usize,
    /// Why it is visited.
    pub(super) kind: TaskKind,
    /// The stratum that it was drawn from, for a lead drawn by lot: how many there were and how
    /// many were drawn.
    pub(super) drawn_of: Option<(usize, usize)>,
}

/// What is visited, and what is not.
pub(super) struct Selection {
    /// The grade of each site.
    pub(super) graded: Vec<Graded>,
    /// Leads that are visited, in the order of the sites.
    pub(super) leads: Vec<Chosen>,
    /// Ground drawn by lot.
    pub(super) lots: Lots,
    /// Leads dismissed at the screen.
    pub(super) dismissed: usize,
    /// Leads answered in this round.
    pub(super) answered: usize,
    /// Leads of a grade that was not asked for.
    pub(super) left: usize,
}

/// Grades every site.
pub(super) fn grade_all(source: &Source, settings: &TaskSettings, lang: Lang) -> Vec<Graded> {
    let elevation = source.elevation.as_deref();
    source
        .sites
        .par_iter()
        .map(|site| {
            grade(
                &lead(site, elevation),
                &source.layers,
                &settings.grade,
                lang,
            )
        })
        .collect()
}

fn lead<'a>(site: &'a CampaignSite, elevation: Option<&Elevation>) -> Lead<'a> {
    let (lon, lat) = (site.point.x(), site.point.y());
    Lead {
        point: site.point,
        outline: &site.outline,
        class: &site.class,
        prob: site.prob,
        area_m2: site.area_m2,
        pos_err_m: site.pos_err_m,
        gsd_cm: site.gsd_cm,
        capture_time: &site.capture_time,
        border_m: site.border_m,
        border_unit: &site.border_unit,
        height_m: elevation.and_then(|e| e.height(lon, lat)),
        slope_deg: elevation.and_then(|e| e.slope_deg(lon, lat)),
    }
}

/// Chooses what is visited. Lots depend on the campaign alone, so that they cannot be drawn until
/// they please.
pub(super) fn select(
    source: &Source,
    graded: Vec<Graded>,
    choice: &Choice,
    facts: &CampaignFacts,
) -> Selection {
    let (mut leads, mut low) = (Vec::new(), Vec::new());
    let (mut dismissed, mut answered) = (0, 0);
    for (at, site) in source.sites.iter().enumerate() {
        let before = source.given_out.get(&site.site_id);
        let answer = source.visits.get(&site.site_id).filter(|v| v.is_of_round);
        let decision = source.decisions.get(&site.site_id);
        let is_low = before.is_some_and(|row| row.text("kind") == TaskKind::ControlLow.name());
        if answer.is_some_and(|visit| visit.outcome.is_closed()) {
            answered += 1;
        } else if decision.is_some_and(|decision| decision == "dismissed") {
            dismissed += 1;
        } else if is_low || before.is_some() || choice.grades.contains(&graded[at].grade) {
            leads.push(Chosen {
                site: at,
                kind: if is_low {
                    TaskKind::ControlLow
                } else {
                    TaskKind::Lead
                },
                drawn_of: None,
            });
        } else {
            low.push(at);
        }
    }
    // What was drawn before stays and counts, answered or not.
    let of_kind = |kind: TaskKind| {
        source
            .given_out
            .values()
            .filter(|row| row.text("kind") == kind.name())
            .count()
    };
    let kept_low = of_kind(TaskKind::ControlLow);
    let cells_before = drawn_before(source);
    let kept_cells: usize = cells_before.values().map(Vec::len).sum();
    let visits = leads.iter().filter(|l| l.kind == TaskKind::Lead).count();
    let wanted = sample_size(choice.control, visits).saturating_sub(kept_low + kept_cells);
    let seed = facts.uuid("control");
    let of_low = (wanted / 2).min(low.len());
    let lots = draw_cells(
        &source.coverage,
        &source.villages,
        &source.sites,
        &cells_before,
        wanted - of_low,
        &seed,
    );
    // Where there is too little ground, more leads of low grade are drawn.
    let of_low = (wanted - lots.cells.len()).min(low.len());
    // A lot of its own for each lead: who was drawn before does not change who is drawn next.
    let ticket = |at: usize| crate::digest::hash_of(format!("{seed} {}", source.sites[at].site_id));
    low.sort_by_cached_key(|&at| ticket(at));
    leads.extend(low[..of_low].iter().map(|&site| Chosen {
        site,
        kind: TaskKind::ControlLow,
        drawn_of: None,
    }));
    let stratum = (low.len() + kept_low, of_low + kept_low);
    for lead in &mut leads {
        if lead.kind == TaskKind::ControlLow {
            lead.drawn_of = Some(stratum);
        }
    }
    leads.sort_by_key(|lead| lead.site);
    Selection {
        graded,
        leads,
        left: low.len() - of_low,
        lots,
        dismissed,
        answered,
    }
}

/// The cells that earlier calls drew, by village.
fn drawn_before(source: &Source) -> BTreeMap<String, Vec<Point<f64>>> {
    let mut cells: BTreeMap<String, Vec<Point<f64>>> = BTreeMap::new();
    for row in source.given_out.values() {
        if let (true, Some(StoredShape::Point(point))) = (
            row.text("kind") == TaskKind::ControlRandom.name(),
            &row.shape,
        ) {
            cells.entry(row.text("xzqdm")).or_default().push(*point);
        }
    }
    cells
}
