//! Which leads are visited: those of the grades that were asked for, those given out before and not
//! answered, and places drawn by lot.

use super::control::{DrawnCell, draw, draw_cells, sample_size};
use super::elevation::Elevation;
use super::grade::{Graded, Lead, grade};
use super::pack::{Grade, TaskKind};
use super::settings::TaskSettings;
use super::source::Source;
use crate::campaign::site::CampaignSite;
use crate::campaign::{CampaignFacts, Lang};
use rayon::prelude::*;

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
    pub(super) cells: Vec<DrawnCell>,
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
    let (mut kept_low, mut kept_cells) = (0, 0);
    for (at, site) in source.sites.iter().enumerate() {
        let before = source.given_out.get(&site.site_id);
        let answer = source.outcomes.get(&site.site_id).filter(|o| o.is_of_round);
        if answer.is_some_and(|o| o.word != "revisit") {
            answered += 1;
        } else if source
            .decisions
            .get(&site.site_id)
            .is_some_and(|d| d == "dismissed")
        {
            dismissed += 1;
        } else if before.is_some_and(|row| row.text("kind") == "control_low") {
            kept_low += 1;
            let count = |name| {
                before
                    .and_then(|row| row.integer(name))
                    .and_then(|n| usize::try_from(n).ok())
            };
            leads.push(Chosen {
                site: at,
                kind: TaskKind::ControlLow,
                drawn_of: count("stratum_cells").zip(count("stratum_drawn")),
            });
        } else if before.is_some() || choice.grades.contains(&graded[at].grade) {
            leads.push(Chosen {
                site: at,
                kind: TaskKind::Lead,
                drawn_of: None,
            });
        } else {
            low.push(at);
        }
    }
    kept_cells += source
        .given_out
        .values()
        .filter(|row| row.text("kind") == "control_random")
        .count();
    let visits = leads.iter().filter(|l| l.kind == TaskKind::Lead).count();
    // What was drawn before stays, and counts.
    let wanted = sample_size(choice.control, visits).saturating_sub(kept_low + kept_cells);
    let seed = facts.uuid("control");
    let of_low = (wanted / 2).min(low.len());
    let cells = draw_cells(
        &source.coverage,
        &source.villages,
        &source.sites,
        wanted - of_low,
        &format!("{seed} {kept_cells}"),
    );
    // Where there is too little ground, more leads of low grade are drawn.
    let of_low = (wanted - cells.len()).min(low.len());
    let drawn = draw(low.len(), of_low, &format!("{seed} low {kept_low}"));
    for at in &drawn {
        leads.push(Chosen {
            site: low[*at],
            kind: TaskKind::ControlLow,
            drawn_of: Some((low.len(), drawn.len())),
        });
    }
    leads.sort_by_key(|lead| lead.site);
    Selection {
        graded,
        leads,
        left: low.len() - drawn.len(),
        cells,
        dismissed,
        answered,
    }
}
