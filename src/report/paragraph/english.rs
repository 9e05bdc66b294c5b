//! The paragraph in English.

use super::{counted, is_rounded, percent};
use crate::campaign::coverage::smallest_plot_m2;
use crate::campaign::{Lang, crop_name};
use crate::report::figures::{Figures, LotFigures, SortiesFrom};

/// Its sentences.
pub(super) fn english(figures: &Figures) -> Vec<String> {
    let campaign = &figures.campaign;
    let total = &figures.total;
    let county = if figures.county.is_empty() {
        "the county"
    } else {
        &figures.county
    };
    let mut said = vec![format!(
        "As of {}, {county} has looked for illicit crops in round {} of {} (campaign {}). ",
        figures.date, campaign.round, campaign.year, campaign.name
    )];
    said.push(flown(figures));
    said.push(match &figures.coverage {
        None => "Coverage was not measured. ".into(),
        Some(coverage) => format!(
            "{:.1} mu were seen so that they count, {:.1} % of {} villages (GSD of {} cm or finer, in season). ",
            coverage.total.covered_mu,
            coverage.total.share * 100.0,
            coverage.total.villages,
            coverage.max_gsd_cm
        ),
    });
    said.push(format!(
        "There were {}: {} of grade A, {} of B, {} of C, {} without a grade; {} on licensed ground and {} near a border stand apart. ",
        counted(total.candidates, "candidate", "candidates"),
        total.grade_a.say(),
        total.grade_b.say(),
        total.grade_c.say(),
        total.ungraded.say(),
        total.licensed.say(),
        total.border.say()
    ));
    said.push(format!(
        "{} given out, {} checked, {} closed, {} of them within time. ",
        counted(total.assigned, "place was", "places were"),
        total.checked.say(),
        total.closed.say(),
        total.closed_in_time.say()
    ));
    let outcomes = &total.outcomes;
    said.push(format!(
        "Leads: {} confirmed, {} false alarms, {} legal crops, {} removed or harvested already, {} not there, {} not reached, {} to be visited again; {} confirmed at places drawn by lot, and {} found without a lead. ",
        outcomes.confirmed.say(),
        outcomes.false_alarm.say(),
        outcomes.legal_crop.say(),
        outcomes.already_removed.say(),
        outcomes.not_found.say(),
        outcomes.unreachable.say(),
        outcomes.revisit.say(),
        total.lots_confirmed.say(),
        total.finds.say()
    ));
    said.push(if total.confirmed.is_zero() {
        zero(figures)
    } else {
        found(figures)
    });
    said.push(match percent(&figures.precision.all) {
        Some((share, low, high)) => format!(
            "Field precision of the main list is {share} ({} of {}, 95 % interval {low} to {high}). ",
            figures.precision.all.part.say(),
            figures.precision.all.whole.say()
        ),
        None => "Too few leads were checked for a field precision. ".into(),
    });
    said.push(missed(figures));
    if let Some(targets) = &figures.targets {
        let rate =
            percent(&targets.matched).map_or_else(String::new, |(share, ..)| format!(" ({share})"));
        said.push(format!(
            "Of {}, {} matched within {} m{rate}; the others are explained one by one. ",
            counted(targets.matched.whole, "official target", "official targets"),
            targets.matched.part.say(),
            targets.radius_m
        ));
    }
    if let Some(change) = &figures.change {
        said.push(format!(
            "Against earlier rounds {} sites are new, {} persist, {} are gone, {} were not looked at and are unknown; {} were confirmed before and again. ",
            change.new.say(),
            change.persisting.say(),
            change.gone.say(),
            change.not_seen.say(),
            change.confirmed_again.say()
        ));
    }
    said.push(format!(
        "Still open: {} to be checked ({} overdue), {} answers to look into, {} rows sent back. ",
        counted(total.pending, "place", "places"),
        total.overdue.say(),
        total.flagged.say(),
        total.rejected.say()
    ));
    said.push("Candidates are leads, not evidence; what counts is the check on the ground.".into());
    said
}

fn flown(figures: &Figures) -> String {
    let effort = &figures.effort;
    let mut parts = Vec::new();
    if let Some(people) = effort.typed.people {
        parts.push(format!("{people} people"));
    }
    if let Some(vehicles) = effort.typed.vehicles {
        parts.push(format!("{vehicles} vehicles"));
    }
    parts.push(match (effort.sorties, effort.sorties_from) {
        (Some(sorties), Some(SortiesFrom::Flights)) => {
            format!("{sorties} flights (counted from their photos)")
        }
        (Some(sorties), _) => format!("{sorties} flights"),
        (None, _) => "flights not typed in".into(),
    });
    let days = match (effort.capture_dates.first(), effort.capture_dates.last()) {
        (Some(first), Some(last)) => {
            format!("{} days from {first} to {last}", effort.capture_dates.len())
        }
        _ => "unknown days".into(),
    };
    let images = counted(effort.images, "image", "images");
    // Photos of flights need not be among the images that were scanned.
    if effort.flown_dates.is_empty() {
        parts.push(format!("{images} of {days}"));
    } else {
        parts.push(format!("photos of {days}"));
        parts.push(format!("{images} scanned"));
    }
    format!("Effort: {}. ", parts.join(", "))
}

fn zero(figures: &Figures) -> String {
    let looked = figures
        .coverage
        .as_ref()
        .filter(|c| c.total.covered_m2 > 0.0);
    let Some(coverage) = looked else {
        return "No crop was confirmed; without measured coverage nothing may be said of zero. "
            .into();
    };
    let crops: Vec<&str> = coverage
        .crops
        .iter()
        .map(|crop| crop_name(crop, Lang::En))
        .collect();
    let days = match (coverage.dates.first(), coverage.dates.last()) {
        (Some(first), Some(last)) => format!("{first} to {last}"),
        _ => "unknown days".into(),
    };
    let gsd = coverage
        .median_gsd_cm
        .map_or_else(String::new, |gsd| format!(", median GSD {gsd:.1} cm"));
    let smallest = smallest_plot_m2(coverage.max_gsd_cm)
        .map_or_else(String::new, |m2| format!(", plots of {m2:.0} m2 and more"));
    let open = if figures.total.pending.is_zero() {
        String::new()
    } else {
        format!(
            ", {} are still to be checked",
            counted(figures.total.pending, "place", "places")
        )
    };
    format!(
        "On the {:.1} % of ground that was seen so that it counts ({days}{gsd}{smallest}) no {} was confirmed where \
         somebody went; nothing is said of the other {:.1} %{open}: this is no statement of zero. ",
        coverage.total.share * 100.0,
        crops.join(", "),
        (1.0 - coverage.total.share) * 100.0
    )
}

fn found(figures: &Figures) -> String {
    let total = &figures.total;
    let about = if is_rounded(figures) { "about " } else { "" };
    let plants = match (total.plants.sum, total.plants.standard_error) {
        (Some(plants), Some(error)) if error > 0.0 => {
            format!("{about}{plants:.0} plants (standard error {error:.0})")
        }
        (Some(plants), _) => format!("{about}{plants:.0} plants"),
        (None, _) => "a number of plants that is not published".into(),
    };
    let area = match (total.measured_m2.sum, total.measured_mu) {
        (Some(m2), Some(mu)) => format!("{about}{m2:.1} m2 ({mu:.3} mu)"),
        _ => "an area that is not published".into(),
    };
    let d = &total.disposals;
    format!(
        "In all {} confirmed with {plants} on {area}; {} without a number of plants and {} without an area are not in these. \
         Disposal: {} removed by the grower before maturity, {} after, {} by force, {} handed over, {} untouched, {} not written. ",
        counted(total.confirmed, "place was", "places were"),
        total.plants.without.say(),
        total.measured_m2.without.say(),
        d.self_before_maturity.say(),
        d.self_after.say(),
        d.forced.say(),
        d.transferred.say(),
        d.none.say(),
        d.unsaid.say()
    )
}

fn missed(figures: &Figures) -> String {
    let control = &figures.control;
    if control.random.checked.is_zero() && control.low.checked.is_zero() {
        return "No place drawn by lot was checked: nothing is known of what was missed. ".into();
    }
    let said = |lots: &LotFigures, what: &str| {
        if lots.checked.is_zero() {
            return format!("no {what} checked");
        }
        let upper = lots.share_upper.map_or_else(String::new, |upper| {
            format!(" (at most {:.2} %, 95 %)", upper * 100.0)
        });
        format!(
            "{} of {} {what} had the crop{upper}",
            lots.found.say(),
            lots.checked.say()
        )
    };
    let recall = match (control.missed, control.missed_upper) {
        (Some(missed), Some(upper)) => {
            let recall = control.recall.map_or_else(String::new, |recall| {
                let at_least = control.recall_lower.map_or_else(String::new, |lower| {
                    format!(" (at least {:.1} %, 95 %)", lower * 100.0)
                });
                format!(", recall {:.1} %{at_least}", recall * 100.0)
            });
            format!("; missed: {missed:.1} (at most {upper:.0}, 95 %){recall}")
        }
        _ => String::new(),
    };
    format!(
        "Drawn by lot: {}; {}{recall}. ",
        said(&control.random, "cells without an alarm"),
        said(&control.low, "leads of low grade")
    )
}
