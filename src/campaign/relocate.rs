//! Villages that come in after a scan: its sites are found in them, and keep their numbers.

use super::CampaignFacts;
use super::site::CampaignSite;
use super::tables::{SITES, VILLAGES};
use super::villages::VillageIndex;
use crate::Result;
use crate::vector::{Change, Filter, Value};

/// The columns that say where a site lies.
const COLUMNS: [&str; 7] = [
    "xzqdm",
    "county",
    "town",
    "village",
    "grp",
    "border_m",
    "border_unit",
];

/// Finds every site in the villages as they are now; says how many lie elsewhere than before.
pub(super) fn relocate(change: &mut Change<'_>, facts: &CampaignFacts) -> Result<usize> {
    let sites = change.read(&SITES, &Filter::All)?;
    if sites.is_empty() {
        return Ok(0);
    }
    let villages = VillageIndex::of_rows(change.read(&VILLAGES, &Filter::All)?);
    let mut moved = Vec::new();
    for row in sites {
        let mut site = CampaignSite::from_row(row);
        let before = site.xzqdm.clone();
        let old = place_of(&site);
        site.lie_in(villages.locate(&site.outline, site.point), &facts.county);
        let new = place_of(&site);
        if new != old {
            moved.push((site.fid, new, before != site.xzqdm));
        }
    }
    let elsewhere = moved.iter().filter(|(_, _, is_other)| *is_other).count();
    let rows = moved.into_iter().map(|(fid, values, _)| (fid, values));
    change.update(&SITES, &COLUMNS, rows)?;
    Ok(elsewhere)
}

fn place_of(site: &CampaignSite) -> Vec<Value<'static>> {
    vec![
        site.xzqdm.clone().into(),
        site.county.clone().into(),
        site.town.clone().into(),
        site.village.clone().into(),
        site.group.clone().into(),
        site.border_m.map_or(Value::Null, Value::Real),
        site.border_unit.clone().into(),
    ]
}
