//! What a report is reckoned from: the tables of a campaign, read once.

use super::days::first_day;
use crate::Result;
use crate::campaign::check::{COUNTED, Check, WITHDRAWN};
use crate::campaign::moved::Moved;
use crate::campaign::site::CampaignSite;
use crate::campaign::tables as t;
use crate::campaign::villages::VillageIndex;
use crate::campaign::{Campaign, CampaignFacts};
use crate::vector::{Filter, StoredRow, StoredShape};
use geo::{Geometry, MultiPolygon, Point};
use std::collections::BTreeMap;

/// A campaign as a report needs it.
pub(super) struct Source {
    /// What it is.
    pub(super) facts: CampaignFacts,
    /// Sites, those that went into others among them, in the order of their ids.
    pub(super) sites: Vec<CampaignSite>,
    /// Places given out or drawn, by id.
    pub(super) tasks: BTreeMap<String, Task>,
    /// Answers, in the order in which they came.
    pub(super) checks: Vec<Check>,
    /// Photos by check and by site, for those without a check.
    pub(super) photos: BTreeMap<String, usize>,
    /// Rows that could not be taken and are open.
    pub(super) rejected: Vec<Rejected>,
    /// Plots of earlier rounds.
    pub(super) earlier: Vec<EarlierPlot>,
    /// Sites that have to do with each other: site, relation, other.
    pub(super) links: Vec<[String; 3]>,
    /// Official targets.
    pub(super) targets: Vec<Target>,
    /// Ground that was looked at.
    pub(super) ground: Vec<SeenGround>,
    /// Images, each once.
    pub(super) scenes: Vec<SceneFact>,
    /// The day of each flight; empty where unknown.
    pub(super) flights: Vec<String>,
    /// When each run came in, by its id.
    pub(super) runs: BTreeMap<String, String>,
    /// Villages by place.
    pub(super) villages: VillageIndex,
    /// Grid workers by village and group; with an empty group where the table names none.
    pub(super) workers: BTreeMap<(String, String), String>,
}

/// A row of the table `tasks`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::report) struct Task {
    pub(in crate::report) uuid: String,
    pub(in crate::report) code: String,
    pub(in crate::report) kind: String,
    pub(in crate::report) listing: String,
    pub(in crate::report) xzqdm: String,
    pub(in crate::report) team: String,
    pub(in crate::report) day: u32,
    pub(in crate::report) stop: u32,
    /// Empty where it is for a later day and not given out yet.
    pub(in crate::report) assigned_on: String,
    pub(in crate::report) due: String,
    pub(in crate::report) stratum: String,
    pub(in crate::report) stratum_cells: u64,
    pub(in crate::report) stratum_drawn: u64,
    pub(in crate::report) point: Option<Point<f64>>,
}

/// A row that could not be taken.
pub(super) struct Rejected {
    pub(super) site_id: String,
    pub(super) source: String,
    pub(super) place: String,
    pub(super) cell: String,
    pub(super) reason: String,
    pub(super) read_at: String,
}

/// A plot of an earlier round.
#[derive(Debug, Clone)]
pub(super) struct EarlierPlot {
    pub(super) site_id: String,
    pub(super) year: i64,
    pub(super) round: i64,
    pub(super) class: String,
    pub(super) point: Point<f64>,
    pub(super) pos_err_m: f64,
    pub(super) outcome: String,
    pub(super) outline: MultiPolygon<f64>,
}

/// An official target.
pub(super) struct Target {
    pub(super) id: String,
    pub(super) shape: Geometry<f64>,
}

/// Ground that an image shows.
pub(super) struct SeenGround {
    /// Day of the image; empty where unknown.
    pub(super) day: String,
    pub(super) gsd_cm: Option<f64>,
    pub(super) outline: MultiPolygon<f64>,
}

/// An image.
pub(super) struct SceneFact {
    /// Its day; empty where unknown.
    pub(super) day: String,
    pub(super) gsd_cm: Option<f64>,
    pub(super) failed: bool,
}

impl Source {
    /// Reads a campaign.
    pub(super) fn read(campaign: &Campaign) -> Result<Self> {
        let rows = |table| campaign.store.read(table, &Filter::All);
        let mut sites: Vec<CampaignSite> = Vec::new();
        campaign
            .store
            .for_each(&t::SITES, &Filter::All, &mut |row| {
                sites.push(CampaignSite::from_row(row));
                Ok(())
            })?;
        sites.sort_by(|a, b| a.site_id.cmp(&b.site_id));
        let rejected = rows(&t::REJECTED)?;
        let links = rows(&t::LINKS)?;
        let runs = rows(&t::RUNS)?;
        let moved = Moved::of_rows(&links);
        let mut checks: Vec<Check> = rows(&t::CHECKS)?.iter().map(Check::from_row).collect();
        checks.sort_by_key(|check| check.fid);
        moved.follow(&mut checks);
        Ok(Self {
            facts: campaign.facts.clone(),
            sites,
            tasks: tasks(&rows(&t::TASKS)?, &moved),
            checks,
            photos: photos(&rows(&t::PHOTOS)?, &moved),
            rejected: rejected
                .iter()
                .filter(|row| row.text("settled_by").is_empty())
                .map(refused)
                .collect(),
            earlier: rows(&t::PREVIOUS)?.into_iter().map(earlier).collect(),
            links: links
                .iter()
                .map(|row| ["site_id", "relation", "other_id"].map(|name| row.text(name)))
                .collect(),
            targets: rows(&t::TARGETS)?.into_iter().filter_map(target).collect(),
            ground: rows(&t::COVERAGE)?.into_iter().filter_map(seen).collect(),
            scenes: scenes(&rows(&t::SCENES)?),
            flights: rows(&t::FLIGHTS)?
                .iter()
                .map(|row| first_day(&row.text("begun")).unwrap_or_default())
                .collect(),
            runs: runs
                .iter()
                .map(|row| (row.text("run_id"), row.text("added_at")))
                .collect(),
            villages: VillageIndex::of_rows(rows(&t::VILLAGES)?),
            workers: workers(&rows(&t::GRID)?),
        })
    }

    /// How many flights the campaign keeps; `None` where it keeps none, which is not to say that nobody
    /// flew.
    pub(super) fn sorties(&self) -> Option<u64> {
        u64::try_from(self.flights.len()).ok().filter(|n| *n > 0)
    }

    /// Answers that nobody took back and that something has to be looked into for.
    pub(super) fn flagged(&self) -> impl Iterator<Item = &Check> {
        debug_assert_ne!(COUNTED, WITHDRAWN);
        self.checks
            .iter()
            .filter(|check| check.state != WITHDRAWN && !check.flag.is_empty())
    }
}

/// Tasks by the number that their place has now: the own one of a site before that of a site which
/// went into it.
fn tasks(rows: &[StoredRow], moved: &Moved) -> BTreeMap<String, Task> {
    let mut tasks: BTreeMap<String, Task> = BTreeMap::new();
    for row in rows {
        let (site_id, task) = task(row);
        let now = moved.now(&site_id);
        if now == site_id || !tasks.contains_key(now) {
            tasks.insert(now.to_owned(), task);
        }
    }
    tasks
}

fn task(row: &StoredRow) -> (String, Task) {
    let whole = |name: &str| row.integer(name).and_then(|n| u64::try_from(n).ok());
    let small = |name: &str| whole(name).and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    let task = Task {
        uuid: row.text("uuid"),
        code: row.text("code"),
        kind: row.text("kind"),
        listing: row.text("listing"),
        xzqdm: row.text("xzqdm"),
        team: row.text("team"),
        day: small("day"),
        stop: small("stop"),
        assigned_on: row.text("assigned_on"),
        due: row.text("due"),
        stratum: row.text("stratum"),
        stratum_cells: whole("stratum_cells").unwrap_or(0),
        stratum_drawn: whole("stratum_drawn").unwrap_or(0),
        point: match row.shape {
            Some(StoredShape::Point(point)) => Some(point),
            _ => None,
        },
    };
    (row.text("site_id"), task)
}

/// Photos are counted by their check where they have one, else by their site.
fn photos(rows: &[StoredRow], moved: &Moved) -> BTreeMap<String, usize> {
    let mut photos = BTreeMap::new();
    for row in rows {
        let check = row.text("check_id");
        let key = if check.is_empty() {
            moved.now(&row.text("site_id")).to_owned()
        } else {
            check
        };
        *photos.entry(key).or_default() += 1;
    }
    photos
}

fn refused(row: &StoredRow) -> Rejected {
    Rejected {
        site_id: row.text("site_id"),
        source: row.text("source"),
        place: row.text("place"),
        cell: row.text("cell"),
        reason: row.text("reason"),
        read_at: row.text("read_at"),
    }
}

fn earlier(row: StoredRow) -> EarlierPlot {
    let degrees = |name: &str| row.real(name).unwrap_or(f64::NAN);
    EarlierPlot {
        site_id: row.text("site_id"),
        year: row.integer("year").unwrap_or(0),
        round: row.integer("round").unwrap_or(0),
        class: row.text("class"),
        point: Point::new(degrees("lon"), degrees("lat")),
        pos_err_m: row.real("pos_err_m").unwrap_or(0.0),
        outcome: row.text("outcome"),
        outline: row
            .shape
            .map_or_else(|| MultiPolygon::new(vec![]), StoredShape::into_area),
    }
}

fn target(row: StoredRow) -> Option<Target> {
    let id = row.text("target_id");
    let shape = match row.shape? {
        StoredShape::Point(point) => Geometry::Point(point),
        StoredShape::Area(area) => Geometry::MultiPolygon(area),
        StoredShape::Lines(lines) => Geometry::MultiLineString(lines),
    };
    Some(Target { id, shape })
}

fn seen(row: StoredRow) -> Option<SeenGround> {
    Some(SeenGround {
        day: first_day(&row.text("capture_time")).unwrap_or_default(),
        gsd_cm: row.real("gsd_cm"),
        outline: row.shape.map(StoredShape::into_area)?,
    })
}

/// Images of all runs, each once: one that some run could scan did not fail.
fn scenes(rows: &[StoredRow]) -> Vec<SceneFact> {
    let mut scenes: BTreeMap<String, SceneFact> = BTreeMap::new();
    for row in rows {
        let hash = row.text("sha256");
        let key = if hash.is_empty() {
            row.text("path")
        } else {
            hash
        };
        let failed = !row.text("failure").is_empty();
        let fact = SceneFact {
            day: first_day(&row.text("capture_time")).unwrap_or_default(),
            gsd_cm: row.real("gsd_cm"),
            failed,
        };
        if !failed || !scenes.contains_key(&key) {
            scenes.insert(key, fact);
        }
    }
    scenes.into_values().collect()
}

fn workers(rows: &[StoredRow]) -> BTreeMap<(String, String), String> {
    rows.iter()
        .map(|row| {
            let key = (
                row.text("xzqdm").chars().take(12).collect(),
                row.text("grp"),
            );
            (key, row.text("grid_worker"))
        })
        .collect()
}
