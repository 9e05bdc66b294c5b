//! This round against earlier ones.

use super::ground::Ground;
use super::place::Place;
use super::source::{EarlierPlot, Source};
use crate::campaign::check::Outcome;
use crate::campaign::matching::{Fate, Found, Plot, match_plots};
use crate::campaign::site::{CampaignSite, MERGED_INTO, PERSISTING};
use crate::report::figures::{ChangeFigures, ChangeRow, Count, OutcomeChange};
use std::collections::BTreeMap;

/// What became of plots of earlier rounds. `before` are the sites of the campaign of an earlier
/// round, which come before rows of the table `previous` with the same id. `None` where nothing is
/// known of earlier rounds.
pub(super) fn change(
    source: &Source,
    places: &[Place<'_>],
    ground: &Ground<'_>,
    before: Option<(&Source, &[Place<'_>])>,
) -> Option<Change> {
    let earlier = earlier_plots(source, before);
    if earlier.is_empty() {
        return None;
    }
    let current: Vec<&Place<'_>> = places.iter().filter(|place| place.is_candidate()).collect();
    let of_id: BTreeMap<&str, usize> = (0..).zip(&current).map(|(at, p)| (p.site_id, at)).collect();
    let mut fates: BTreeMap<&str, State> = BTreeMap::new();
    for id in earlier.keys() {
        if let Some(&at) = of_id.get(id) {
            fates.insert(id, State::Again(at));
        }
    }
    for [site_id, relation, other] in &source.links {
        let (id, into) = match relation.as_str() {
            "same_as" => (
                other,
                of_id.get(site_id.as_str()).map(|at| State::Again(*at)),
            ),
            MERGED_INTO => (site_id, Some(State::Merged)),
            _ => continue,
        };
        if let (Some((id, _)), Some(state)) = (earlier.get_key_value(id.as_str()), into) {
            fates.entry(id).or_insert(state);
        }
    }
    match_rest(&earlier, &current, ground, &mut fates);
    let same = fates.iter().filter_map(|(id, state)| match state {
        State::Again(at) => Some(((*id).to_owned(), current[*at].site_id.to_owned())),
        _ => None,
    });
    Some(Change {
        same: same.collect(),
        figures: figures(&earlier, places, &current, &fates),
    })
}

/// This round against earlier ones.
pub(super) struct Change {
    pub(super) figures: ChangeFigures,
    /// Numbers of plots of earlier rounds, and the numbers that they have in this one.
    pub(super) same: BTreeMap<String, String>,
}

/// What became of a plot.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// It is this site of the round.
    Again(usize),
    Merged,
    Gone,
    NotSeen,
}

/// Plots whose fate no number tells are matched by place with sites that nobody saw before.
fn match_rest<'a>(
    earlier: &'a BTreeMap<&'a str, EarlierPlot>,
    current: &[&Place<'_>],
    ground: &Ground<'_>,
    fates: &mut BTreeMap<&'a str, State>,
) {
    let carried: Vec<usize> = fates
        .values()
        .filter_map(|state| match state {
            State::Again(at) => Some(*at),
            _ => None,
        })
        .collect();
    let mut is_fresh = vec![true; current.len()];
    for at in carried {
        is_fresh[at] = false;
    }
    let sites: Vec<(usize, &CampaignSite)> = (0..)
        .zip(current)
        .filter_map(|(at, place)| Some((at, place.site?)))
        .filter(|(at, site)| is_fresh[*at] && site.relation != PERSISTING)
        .collect();
    let open: Vec<(&str, &EarlierPlot)> = earlier
        .iter()
        .filter(|(id, _)| !fates.contains_key(*id))
        .map(|(id, plot)| (*id, plot))
        .collect();
    let old: Vec<Plot<'_>> = open
        .iter()
        .map(|(_, plot)| Plot::of(&plot.outline, plot.point, plot.pos_err_m, &plot.class))
        .collect();
    let new: Vec<Plot<'_>> = sites.iter().map(|(_, site)| site.plot()).collect();
    // What was looked at is asked of the index: the matching would try each image for each plot.
    let matched = match_plots(&old, &new, &[]);
    debug_assert!(
        matched
            .new
            .iter()
            .all(|found| !matches!(found, Found::Again(o) if *o >= old.len()))
    );
    for (((id, _), plot), fate) in open.iter().zip(&old).zip(&matched.old) {
        let state = match fate {
            Fate::Again(new) => State::Again(sites[*new].0),
            Fate::Merged(_) => State::Merged,
            Fate::Gone | Fate::NotSeen if ground.shows(plot) => State::Gone,
            Fate::Gone | Fate::NotSeen => State::NotSeen,
        };
        fates.insert(id, state);
    }
}

/// Plots of earlier rounds by id.
fn earlier_plots<'a>(
    source: &'a Source,
    before: Option<(&'a Source, &'a [Place<'a>])>,
) -> BTreeMap<&'a str, EarlierPlot> {
    let mut plots: BTreeMap<&str, EarlierPlot> = source
        .earlier
        .iter()
        .map(|plot| (plot.site_id.as_str(), plot.clone()))
        .collect();
    let Some((before, places)) = before else {
        return plots;
    };
    for place in places.iter().filter(|place| place.is_candidate()) {
        let Some(site) = place.site else { continue };
        let plot = EarlierPlot {
            site_id: site.site_id.clone(),
            year: before.facts.year.into(),
            round: before.facts.round.into(),
            class: site.class.clone(),
            point: site.point,
            pos_err_m: site.pos_err_m,
            outcome: word(place.outcome()).to_owned(),
            outline: site.outline.clone(),
        };
        plots.insert(&site.site_id, plot);
    }
    plots
}

fn figures(
    earlier: &BTreeMap<&str, EarlierPlot>,
    places: &[Place<'_>],
    current: &[&Place<'_>],
    fates: &BTreeMap<&str, State>,
) -> ChangeFigures {
    let now: BTreeMap<&str, Option<Outcome>> = places
        .iter()
        .map(|place| (place.site_id, place.outcome()))
        .collect();
    let (mut gone, mut not_seen, mut again, mut back) = (0, 0, vec![false; current.len()], 0);
    let mut outcomes: BTreeMap<(String, &str), u64> = BTreeMap::new();
    let mut rows = Vec::with_capacity(fates.len());
    for (id, state) in fates {
        let plot = &earlier[id];
        // A plot that is gone may have been visited again under its own number.
        let mut found = now.get(id).copied().flatten();
        let name = match state {
            State::Again(at) => {
                again[*at] = true;
                found = current[*at].outcome();
                *outcomes
                    .entry((plot.outcome.clone(), word(found)))
                    .or_default() += 1;
                "persisting"
            }
            State::Merged => "merged",
            State::Gone => {
                gone += 1;
                "gone"
            }
            State::NotSeen => {
                not_seen += 1;
                "not_seen"
            }
        };
        let was = Outcome::parse(&plot.outcome);
        back += u64::from(was == Some(Outcome::Confirmed) && found == was);
        rows.push(ChangeRow {
            site_id: (*id).to_owned(),
            round: format!("{}R{}", plot.year, plot.round),
            state: name,
            class: plot.class.clone(),
            lon: plot.point.x(),
            lat: plot.point.y(),
            before: plot.outcome.clone(),
            now: word(found).to_owned(),
        });
    }
    // A site may be known from before, and its plot no more in any table.
    let persisting = current
        .iter()
        .zip(&again)
        .filter(|(place, again)| **again || place.site.is_some_and(|s| s.relation == PERSISTING))
        .count();
    ChangeFigures {
        before: Count::of(earlier.len()),
        new: Count::of(current.len() - persisting),
        persisting: Count::of(persisting),
        gone: Count::Exact(gone),
        not_seen: Count::Exact(not_seen),
        outcomes: outcomes
            .into_iter()
            .map(|((before, now), sites)| OutcomeChange {
                before,
                now: now.to_owned(),
                sites: Count::Exact(sites),
            })
            .collect(),
        confirmed_again: Count::Exact(back),
        plots: rows,
    }
}

/// The machine name of an outcome; empty where there is none.
pub(super) fn word(outcome: Option<Outcome>) -> &'static str {
    outcome.map_or("", |outcome| outcome.word().name)
}
