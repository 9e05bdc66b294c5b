//! What a field pack is made of: a campaign's sites, layers, workers and earlier tasks, read once.

use super::grade::{
    Buildings, EarlierPlot, Forest, History, Layers, Licence, Licences, Roads, Water,
};
use super::map_layers::MapData;
use super::order::GridCell;
use super::pack::Village;
use super::pictures::Scene;
use crate::Result;
use crate::campaign::Campaign;
use crate::campaign::check::{Check, Outcome, Verdict, verdicts};
use crate::campaign::moved::Moved;
use crate::campaign::phenology::Phenology;
use crate::campaign::scene_photos::{elevation_model, scene_photos};
use crate::campaign::site::{CANDIDATE, CampaignSite};
use crate::campaign::tables as t;
use crate::campaign::villages::VillageIndex;
use crate::elevation::Elevation;
use crate::pipeline::acquire::Photos;
use crate::vector::{Filter, StoredRow, StoredShape};
use geo::{Geometry, MultiLineString, MultiPolygon, Point};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// A campaign as `tasks` needs it.
pub(super) struct Source {
    /// Candidates, those merged into others left out, by village and id.
    pub(super) sites: Vec<CampaignSite>,
    /// Villages by place.
    pub(super) villages: VillageIndex,
    /// What the grade is reckoned from.
    pub(super) layers: Layers,
    /// What maps are drawn from.
    pub(super) map: MapData,
    /// Grid workers.
    pub(super) grid: Vec<GridCell>,
    /// Heights, where there is a model.
    pub(super) elevation: Option<Arc<Elevation>>,
    /// Images that are raw photos, placed.
    pub(super) photos: Photos,
    /// Images, each once.
    pub(super) scenes: Vec<Scene>,
    /// Ground that was looked at.
    pub(super) coverage: Vec<MultiPolygon<f64>>,
    /// Rows of earlier calls, by site.
    pub(super) given_out: BTreeMap<String, StoredRow>,
    /// What the check found that counts, here or in an earlier round, by site.
    pub(super) visits: BTreeMap<String, Visit>,
    /// The decision at the screen, by site.
    pub(super) decisions: BTreeMap<String, String>,
}

/// What became of a visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Visit {
    /// When, ISO 8601; empty where unknown.
    pub(super) checked_at: String,
    /// What stood there.
    pub(super) outcome: Outcome,
    /// Whether it was in this round.
    pub(super) is_of_round: bool,
}

impl Source {
    /// Reads a campaign. `dem` takes the place of the elevation model that the campaign names.
    pub(super) fn read(campaign: &Campaign, dem: Option<&Path>) -> Result<Self> {
        let rows = |table| campaign.store.read(table, &Filter::All);
        let mut sites = Vec::new();
        campaign
            .store
            .for_each(&t::SITES, &Filter::All, &mut |row| {
                let site = CampaignSite::from_row(row);
                if site.status == CANDIDATE {
                    sites.push(site);
                }
                Ok(())
            })?;
        sites.sort_by(|a, b| (&a.xzqdm, &a.site_id).cmp(&(&b.xzqdm, &b.site_id)));
        let elevation = elevation_model(campaign, dem)?;
        let village_rows = rows(&t::VILLAGES)?;
        let borders: Vec<MultiPolygon<f64>> = village_rows
            .iter()
            .filter(|row| row.text("xzqdm").len() >= 12)
            .filter_map(|row| row.shape.clone().map(StoredShape::into_area))
            .collect();
        let villages = VillageIndex::of_rows(village_rows);
        let mut map = MapData {
            villages: borders,
            ..MapData::default()
        };
        let layers = Layers {
            has_villages: !villages.is_empty(),
            has_elevation: elevation.is_some(),
            history: some(history(rows(&t::HISTORY)?)).map(History::new),
            licences: some(licences(rows(&t::LICENCES)?)).map(Licences::new),
            phenology: phenology(&rows(&t::PHENOLOGY)?)?,
            ..surroundings(campaign, &mut map)?
        };
        let coverage = rows(&t::COVERAGE)?;
        Ok(Self {
            sites,
            villages,
            layers,
            map,
            grid: rows(&t::GRID)?.iter().map(grid_cell).collect(),
            photos: scene_photos(campaign, elevation.as_ref(), None)?,
            elevation,
            scenes: scenes(&rows(&t::SCENES)?),
            coverage: coverage
                .into_iter()
                .filter_map(|row| row.shape.map(StoredShape::into_area))
                .collect(),
            given_out: rows(&t::TASKS)?
                .into_iter()
                .map(|row| (row.text("site_id"), row))
                .collect(),
            visits: visits(campaign)?,
            decisions: rows(&t::REVIEWS)?
                .iter()
                .map(|row| (row.text("site_id"), row.text("decision")))
                .collect(),
        })
    }

    /// The village of a site, each once.
    pub(super) fn village_of(site: &CampaignSite) -> Village {
        Village {
            code: site.xzqdm.clone(),
            county: site.county.clone(),
            town: site.town.clone(),
            village: site.village.clone(),
        }
    }
}

fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

/// Buildings, roads, water and forest, for the grade and for maps.
fn surroundings(campaign: &Campaign, map: &mut MapData) -> Result<Layers> {
    let rows = |table| campaign.store.read(table, &Filter::All);
    let mut buildings = Vec::new();
    for row in rows(&t::BUILDINGS)? {
        let kind = row.text("kind");
        buildings.extend(row.shape.map(|shape| (shape.into_area(), kind)));
    }
    let (mut roads, mut streams, mut water, mut forest) = (vec![], vec![], vec![], vec![]);
    for row in rows(&t::ROADS)? {
        roads.extend(lines(row.shape));
    }
    for row in rows(&t::WATER)? {
        match row.shape {
            Some(StoredShape::Area(area)) => water.push(area),
            other => streams.extend(lines(other)),
        }
    }
    for row in rows(&t::FOREST)? {
        forest.extend(row.shape.map(StoredShape::into_area));
    }
    map.buildings = buildings.iter().map(|(area, _)| area.clone()).collect();
    map.roads.clone_from(&roads);
    map.streams.clone_from(&streams);
    map.water.clone_from(&water);
    map.forest.clone_from(&forest);
    let has_water = !water.is_empty() || !streams.is_empty();
    Ok(Layers {
        buildings: some(buildings).map(Buildings::new),
        roads: some(roads).map(Roads::new),
        water: has_water.then(|| Water::new(water, streams)),
        forest: some(forest).map(Forest::new),
        ..Layers::default()
    })
}

fn lines(shape: Option<StoredShape>) -> Option<MultiLineString<f64>> {
    match shape {
        Some(StoredShape::Lines(lines)) => Some(lines),
        _ => None,
    }
}

fn history(rows: Vec<StoredRow>) -> Vec<EarlierPlot> {
    let plot = |mut row: StoredRow| {
        let shape = match row.shape.take()? {
            StoredShape::Point(point) => Geometry::Point(point),
            StoredShape::Area(area) => Geometry::MultiPolygon(area),
            StoredShape::Lines(_) => return None,
        };
        Some(EarlierPlot {
            shape,
            year: row.integer("year").and_then(|y| i32::try_from(y).ok()),
            crop: row.text("crop"),
        })
    };
    rows.into_iter().filter_map(plot).collect()
}

fn licences(rows: Vec<StoredRow>) -> Vec<Licence> {
    let licence = |mut row: StoredRow| {
        let area = row.shape.take()?.into_area();
        Some(Licence {
            id: row.text("licence_id"),
            holder_unit: row.text("holder_unit"),
            crop: row.text("crop"),
            valid_from: row.text("valid_from"),
            valid_to: row.text("valid_to"),
            area,
        })
    };
    rows.into_iter().filter_map(licence).collect()
}

fn phenology(rows: &[StoredRow]) -> Result<Option<Phenology>> {
    let last = rows.last();
    last.map(|row| Phenology::parse(&row.text("text"), Path::new(&row.text("source"))))
        .transpose()
}

fn grid_cell(row: &StoredRow) -> GridCell {
    let start = row.real("lon").zip(row.real("lat"));
    GridCell {
        xzqdm: row.text("xzqdm"),
        group: row.text("grp"),
        grid_id: row.text("grid_id"),
        grid_worker: row.text("grid_worker"),
        team: row.text("team"),
        start: start.map(|(lon, lat)| Point::new(lon, lat)),
    }
}

/// Images of all runs, each once, those that could not be scanned left out.
fn scenes(rows: &[StoredRow]) -> Vec<Scene> {
    let mut scenes: BTreeMap<(String, String), Scene> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.text("failure").is_empty()) {
        let scene = Scene {
            path: row.text("path").into(),
            sha256: row.text("sha256"),
            capture_time: row.text("capture_time"),
            gsd_cm: row.real("gsd_cm").unwrap_or(f64::NAN),
        };
        scenes.insert((row.text("sha256"), row.text("path")), scene);
    }
    scenes.into_values().collect()
}

/// The check that counts for each site. Few plots of earlier rounds were checked: rows are looked at
/// one by one and not kept.
fn visits(campaign: &Campaign) -> Result<BTreeMap<String, Visit>> {
    let (mut before, mut checks) = (Vec::new(), Vec::new());
    let all = &Filter::All;
    campaign.store.for_each(&t::PREVIOUS, all, &mut |row| {
        if !row.text("outcome").is_empty() {
            before.push(["site_id", "outcome", "checked_at"].map(|name| row.text(name)));
        }
        Ok(())
    })?;
    campaign.store.for_each(&t::CHECKS, all, &mut |row| {
        checks.push(Check::from_row(&row));
        Ok(())
    })?;
    Moved::of_rows(&campaign.store.read(&t::LINKS, all)?).follow(&mut checks);
    let earlier = before
        .iter()
        .map(|[id, found, at]| (&**id, &**found, &**at));
    let visit = |(id, verdict): (&str, Verdict<'_>)| {
        let visit = Visit {
            checked_at: verdict.checked_at.to_owned(),
            outcome: verdict.outcome,
            is_of_round: verdict.is_of_round(),
        };
        (id.to_owned(), visit)
    };
    Ok(verdicts(&checks, earlier).into_iter().map(visit).collect())
}
