//! Counts by village, town and county.

use super::place::{Place, code_of};
use super::running::Running;
use super::source::Source;
use crate::campaign::coverage::CoverageReport;
use crate::campaign::villages::Location;
use crate::georef::m2_to_mu;
use crate::report::figures::{CoverageTally, UnitTally};
use std::collections::BTreeMap;

/// Counts, and ground looked at.
type Counted = (Running, Option<CoverageTally>);

/// Counts of all units.
pub(super) struct Units {
    pub(super) total: Running,
    pub(super) coverage: Option<CoverageTally>,
    pub(super) by_village: Vec<UnitTally>,
    pub(super) by_town: Vec<UnitTally>,
    pub(super) by_county: Vec<UnitTally>,
}

/// The names of villages by their code.
pub(super) struct Names {
    by_code: BTreeMap<String, Location>,
    county: String,
    county_code: String,
}

impl Names {
    /// The names that the layer of villages has, else those that sites carry.
    pub(super) fn of(source: &Source) -> Self {
        let mut names: BTreeMap<String, Location> = (0..source.villages.villages().len())
            .map(|at| source.villages.describe(at))
            .map(|place| (place.xzqdm.clone(), place))
            .collect();
        for site in &source.sites {
            if !names.contains_key(&site.xzqdm) {
                let place = Location {
                    xzqdm: site.xzqdm.clone(),
                    county: site.county.clone(),
                    town: site.town.clone(),
                    village: site.village.clone(),
                    ..Location::default()
                };
                names.insert(site.xzqdm.clone(), place);
            }
        }
        let said = names.values().map(|place| place.county.as_str());
        let county = std::iter::once(source.facts.county.as_str())
            .chain(said)
            .find(|name| !name.is_empty())
            .unwrap_or_default()
            .to_owned();
        Self {
            by_code: names,
            county,
            county_code: source.facts.county_code.clone(),
        }
    }

    /// The county of the campaign; empty where nobody said it.
    pub(super) fn county(&self) -> &str {
        &self.county
    }

    /// Town and village of a code; empty where they are unknown.
    pub(super) fn of_village(&self, code: &str) -> (&str, &str) {
        let place = self.by_code.get(code);
        place.map_or(("", ""), |place| (&place.town, &place.village))
    }

    fn unit(&self, code: &str) -> UnitTally {
        let place = self.by_code.get(code).cloned().unwrap_or_default();
        let county = if place.county.is_empty() {
            self.county.clone()
        } else {
            place.county
        };
        UnitTally {
            code: code.to_owned(),
            county,
            town: place.town,
            village: place.village,
            ..UnitTally::default()
        }
    }
}

/// Counts everything, village by village; towns and counties are reckoned from the same places.
pub(super) fn units(
    source: &Source,
    places: &[Place<'_>],
    names: &Names,
    coverage: Option<&CoverageReport>,
    date: &str,
) -> Units {
    let mut villages: BTreeMap<&str, Counted> = BTreeMap::new();
    let (mut towns, mut counties) = (BTreeMap::new(), BTreeMap::new());
    let mut total = (Running::default(), None);
    for code in names.by_code.keys().filter(|code| !code.is_empty()) {
        villages.entry(code.as_str()).or_default();
    }
    let mut each = |village: &'_ str, count: &dyn Fn(&mut Counted)| {
        let known = names
            .by_code
            .get_key_value(village)
            .map(|(code, _)| code.as_str());
        count(villages.entry(known.unwrap_or_default()).or_default());
        let (town, county) = codes_above(village, names);
        count(towns.entry(town).or_default());
        count(counties.entry(county).or_default());
        count(&mut total);
    };
    for place in places {
        each(place.village, &|(running, _)| running.place(place, date));
    }
    let of_place: BTreeMap<&str, &str> = places.iter().map(|p| (p.site_id, p.village)).collect();
    let village_of = |site_id: &str| -> String {
        let known = of_place.get(site_id).copied();
        known.unwrap_or_else(|| code_of(site_id)).to_owned()
    };
    for check in source.flagged() {
        each(&village_of(&check.site_id), &|(running, _)| {
            running.tally.flagged += 1;
        });
    }
    for row in &source.rejected {
        each(&village_of(&row.site_id), &|(running, _)| {
            running.tally.rejected += 1;
        });
    }
    for seen in coverage.into_iter().flat_map(|report| &report.villages) {
        each(&seen.xzqdm, &|(_, ground)| {
            let ground = ground.get_or_insert_default();
            ground.villages += 1;
            ground.area_m2 += seen.area_m2;
            ground.imaged_m2 += seen.imaged_m2;
            ground.covered_m2 += seen.covered_m2;
            ground.twice_m2 += seen.twice_m2;
        });
    }
    Units {
        by_village: last_without_code(
            villages
                .into_iter()
                .map(|(code, counted)| finished(names.unit(code), counted)),
        ),
        by_town: last_without_code(towns.into_iter().map(|(code, counted)| {
            let unit = above(names, &code, 9);
            finished(unit, counted)
        })),
        by_county: last_without_code(counties.into_iter().map(|(code, counted)| {
            let unit = above(names, &code, 6);
            finished(unit, counted)
        })),
        coverage: total.1.map(with_share),
        total: total.0,
    }
}

/// The town's code of 9 digits, empty where there is none, and the county's of 6.
fn codes_above(village: &str, names: &Names) -> (String, String) {
    let town = village.get(..9).filter(|town| !town.ends_with("000"));
    let county = village.get(..6).unwrap_or(&names.county_code);
    (town.unwrap_or_default().to_owned(), county.to_owned())
}

/// A town or county, named as the first of its villages says.
fn above(names: &Names, code: &str, digits: usize) -> UnitTally {
    let mut unit = UnitTally {
        code: code.to_owned(),
        county: names.county.clone(),
        ..UnitTally::default()
    };
    if code.is_empty() {
        return unit;
    }
    let within = names.by_code.range(code.to_owned()..);
    let within = within.take_while(|(village, _)| village.starts_with(code));
    for (_, place) in within {
        if unit.town.is_empty() && digits == 9 {
            unit.town.clone_from(&place.town);
        }
        if !place.county.is_empty() {
            unit.county.clone_from(&place.county);
            break;
        }
    }
    unit
}

fn finished(mut unit: UnitTally, (running, ground): Counted) -> UnitTally {
    unit.tally = running.finish();
    unit.tally.coverage = ground.map(with_share);
    unit
}

fn with_share(mut ground: CoverageTally) -> CoverageTally {
    ground.covered_mu = m2_to_mu(ground.covered_m2);
    if ground.area_m2 > 0.0 {
        ground.share = (ground.covered_m2 / ground.area_m2).min(1.0);
    }
    ground
}

fn last_without_code(units: impl Iterator<Item = UnitTally>) -> Vec<UnitTally> {
    let mut units: Vec<UnitTally> = units.collect();
    if units.first().is_some_and(|unit| unit.code.is_empty()) {
        units.rotate_left(1);
    }
    units
}
