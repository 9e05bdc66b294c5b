//! The one list of a field pack: teams, days and stops, numbers and codes, village by village.

use super::codes::Codes;
use super::control::{DrawnCell, cell_around};
use super::grade::{Graded, Lead, grade};
use super::pack::{FieldPack, FieldTask, Listing, PackFacts, TaskKind, Village};
use super::select::Selection;
use super::settings::TaskSettings;
use super::source::{Source, Visit};
use super::walks::{placed, routes};
use crate::campaign::{CampaignFacts, Lang};
use crate::georef::{CoordinateForms, Wgs84Place, ZoneProjectors};
use crate::vector::StoredShape;
use crate::{Error, Result};
use geo::{MultiPolygon, Point};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// When tasks are given out and due.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dates<'a> {
    /// The day they are given out, `2026-05-04`.
    pub(super) date: &'a str,
    /// Days until the answer is due.
    pub(super) due_days: u32,
    /// Only so many days of each team; all where it is `None`.
    pub(super) most_days: Option<u32>,
}

/// What a task is made of, before it has a place in the list.
pub(super) struct Draft<'a> {
    /// Its id.
    pub(super) site_id: String,
    /// Why it is visited.
    pub(super) kind: TaskKind,
    /// Its place in `Source::sites`; `None` for ground drawn by lot.
    pub(super) site: Option<usize>,
    /// The size of its stratum and how many were drawn of it.
    pub(super) drawn_of: Option<(usize, usize)>,
    /// Its village.
    pub(super) village: Village,
    /// Its village group.
    pub(super) group: String,
    /// Its point, WGS 84.
    pub(super) point: Point<f64>,
    outline: Cow<'a, MultiPolygon<f64>>,
    /// Its grade.
    pub(super) graded: Cow<'a, Graded>,
}

/// The pack, and for each of its tasks where it came from.
pub(super) struct Made {
    /// The list.
    pub(super) pack: FieldPack,
    /// For each task its place in `Source::sites`; `None` for ground drawn by lot.
    pub(super) sites: Vec<Option<usize>>,
    /// For each task the size of its stratum and how many were drawn of it.
    pub(super) drawn_of: Vec<Option<(usize, usize)>>,
    /// Tasks of later days than were asked for: noted, not handed out, numbered from 0.
    pub(super) later: Vec<(FieldTask, Option<(usize, usize)>)>,
}

/// Makes the list.
pub(super) fn make(
    source: &Source,
    selection: &Selection,
    facts: &CampaignFacts,
    settings: &TaskSettings,
    lang: Lang,
    dates: Dates<'_>,
) -> Result<Made> {
    let drafts = drafts(source, selection, facts, settings, lang);
    let placed = placed(source, &drafts, &settings.order, lang)?;
    let due = due_day(dates)?;
    let shown = |at: usize| dates.most_days.is_none_or(|most| placed[at].day <= most);
    let mut sequence: Vec<usize> = (0..drafts.len()).collect();
    sequence.sort_by(|&a, &b| {
        // Ground outside of every village comes last.
        let key = |at: usize| {
            let village = &drafts[at].village;
            (
                village.code.is_empty(),
                &village.code,
                &placed[at].team,
                placed[at].day,
                placed[at].stop,
            )
        };
        key(a)
            .cmp(&key(b))
            .then_with(|| drafts[a].site_id.cmp(&drafts[b].site_id))
    });
    let mut codes = Codes::of(source);
    let mut villages: BTreeMap<&Village, Arc<Village>> = BTreeMap::new();
    let (mut tasks, mut ordered_villages) = (Vec::new(), Vec::new());
    let (mut sites, mut drawn_of, mut later) = (Vec::new(), Vec::new(), Vec::new());
    let mut projectors = ZoneProjectors::default();
    for at in sequence {
        let draft = &drafts[at];
        let village = villages
            .entry(&draft.village)
            .or_insert_with(|| Arc::new(draft.village.clone()));
        if shown(at) && ordered_villages.last() != Some(village) {
            ordered_villages.push(Arc::clone(village));
        }
        let place = Wgs84Place::new(draft.point.x(), draft.point.y())?;
        let forms = CoordinateForms::of(place, &mut projectors)?;
        let site = draft.site.map(|site| &source.sites[site]);
        let before = source.given_out.get(&draft.site_id);
        let first = |name| {
            before
                .map(|row| row.text(name))
                .filter(|text| !text.is_empty())
        };
        let task = FieldTask {
            seq: 0,
            code: codes.code(&draft.site_id, &draft.village.code),
            uuid: facts.uuid(&draft.site_id),
            site_id: draft.site_id.clone(),
            kind: draft.kind,
            listing: listing(draft),
            village: Arc::clone(village),
            group: draft.group.clone(),
            grid_worker: placed[at].grid_worker.clone(),
            team: placed[at].team.clone(),
            day: placed[at].day,
            stop: placed[at].stop,
            assigned: first("assigned_on").unwrap_or_else(|| dates.date.to_owned()),
            due: first("due").unwrap_or_else(|| due.clone()),
            forms,
            pos_err_m: site.map_or(0.0, |s| s.pos_err_m),
            outline: draft.outline.clone().into_owned(),
            class: site.map_or_else(String::new, |s| s.class.clone()),
            prob: site.map(|s| s.prob),
            priority: site.map(|_| draft.graded.priority),
            grade: site.map(|_| draft.graded.grade),
            area_m2: site.map_or(super::control::CELL_M.powi(2), |s| s.area_m2),
            setting: draft.graded.setting,
            near: draft.graded.near.clone(),
            courtyard: draft.graded.courtyard,
            licence: draft.graded.licence.clone(),
            reasons: reasons(draft, lang),
            src_image: site.map_or_else(String::new, |s| s.src_image.clone()),
            capture_time: site.map_or_else(String::new, |s| s.capture_time.clone()),
            gsd_cm: site.and_then(|s| s.gsd_cm),
            earlier: earlier(source.visits.get(&draft.site_id), lang),
            close_up: None,
            earlier_picture: None,
        };
        if shown(at) {
            tasks.push(task);
            sites.push(draft.site);
            drawn_of.push(draft.drawn_of);
        } else {
            later.push((task, draft.drawn_of));
        }
    }
    for (number, task) in (1..).zip(&mut tasks) {
        task.seq = number;
    }
    let routes = routes(source, &tasks)?;
    Ok(Made {
        pack: FieldPack {
            facts: pack_facts(source, facts, selection, lang, dates),
            villages: ordered_villages,
            tasks,
            routes,
        },
        sites,
        drawn_of,
        later,
    })
}

fn drafts<'a>(
    source: &'a Source,
    selection: &'a Selection,
    facts: &CampaignFacts,
    settings: &TaskSettings,
    lang: Lang,
) -> Vec<Draft<'a>> {
    let mut drafts: Vec<Draft<'a>> = selection
        .leads
        .iter()
        .map(|lead| {
            let site = &source.sites[lead.site];
            Draft {
                site_id: site.site_id.clone(),
                kind: lead.kind,
                site: Some(lead.site),
                drawn_of: lead.drawn_of,
                village: Source::village_of(site),
                group: site.group.clone(),
                point: site.point,
                outline: Cow::Borrowed(&site.outline),
                graded: Cow::Borrowed(&selection.graded[lead.site]),
            }
        })
        .collect();
    let mut cells = kept_cells(source);
    let strata = &selection.lots.strata;
    let mut last: BTreeMap<String, usize> = BTreeMap::new();
    for id in source.given_out.keys() {
        if let Some((head, number)) = id.rsplit_once("-K")
            && let Ok(number) = number.parse::<usize>()
        {
            let entry = last.entry(head.to_owned()).or_default();
            *entry = number.max(*entry);
        }
    }
    for cell in &selection.lots.cells {
        let head = format!("{}-{}", cell.village.code, facts.label());
        let number = last.entry(head.clone()).or_default();
        *number += 1;
        cells.push((format!("{head}-K{number:03}"), cell.clone()));
    }
    for (site_id, cell) in cells {
        let graded = around(source, &cell, settings, lang);
        drafts.push(Draft {
            site_id,
            kind: TaskKind::ControlRandom,
            site: None,
            drawn_of: strata.get(&cell.village.code).copied(),
            village: cell.village,
            group: cell.group,
            point: cell.point,
            outline: Cow::Owned(cell.outline),
            graded: Cow::Owned(graded),
        });
    }
    drafts
}

/// Ground drawn by lot in earlier calls and not answered yet.
fn kept_cells(source: &Source) -> Vec<(String, DrawnCell)> {
    let cell = |(id, row): (&String, &crate::vector::StoredRow)| {
        let visit = source.visits.get(id);
        let is_closed = visit.is_some_and(|visit| visit.outcome.is_closed());
        if row.text("kind") != TaskKind::ControlRandom.name() || is_closed {
            return None;
        }
        let Some(StoredShape::Point(point)) = row.shape.clone() else {
            return None;
        };
        let outline = cell_around(point);
        let place = source.villages.locate(&outline, point).unwrap_or_default();
        Some((
            id.clone(),
            DrawnCell {
                village: Village {
                    code: row.text("xzqdm"),
                    county: place.county,
                    town: place.town,
                    village: place.village,
                },
                group: place.group,
                outline,
                point,
            },
        ))
    };
    source.given_out.iter().filter_map(cell).collect()
}

/// What lies around a place drawn by lot; its grade means nothing.
fn around(source: &Source, cell: &DrawnCell, settings: &TaskSettings, lang: Lang) -> Graded {
    let (lon, lat) = (cell.point.x(), cell.point.y());
    let place = source
        .villages
        .locate(&cell.outline, cell.point)
        .unwrap_or_default();
    let elevation = source.elevation.as_deref();
    let lead = Lead {
        point: cell.point,
        outline: &cell.outline,
        class: "",
        prob: 0.0,
        area_m2: 0.0,
        pos_err_m: 0.0,
        gsd_cm: None,
        capture_time: "",
        border_m: Some(place.border_m),
        border_unit: &place.border_unit,
        height_m: elevation.and_then(|e| e.height(lon, lat)),
        slope_deg: elevation.and_then(|e| e.slope_deg(lon, lat)),
    };
    let mut graded = grade(&lead, &source.layers, &settings.grade, lang);
    graded.licence = None;
    graded
}

fn listing(draft: &Draft<'_>) -> Listing {
    match draft.kind {
        TaskKind::Lead => draft.graded.listing,
        TaskKind::ControlLow | TaskKind::ControlRandom => Listing::Control,
    }
}

/// Why a place is visited, in words.
fn reasons(draft: &Draft<'_>, lang: Lang) -> Vec<String> {
    let lot = draft.drawn_of.map(|(of, drawn)| match (draft.kind, lang) {
        (TaskKind::ControlRandom, Lang::Zh) => {
            format!("随机抽查：本村已覆盖且未报警的 {of} 个 20 m 网格中抽取 {drawn} 个")
        }
        (TaskKind::ControlRandom, Lang::En) => format!(
            "drawn by lot: {drawn} of the village's {of} cells of 20 m that were covered and gave no alarm"
        ),
        (_, Lang::Zh) => format!("低等级抽查：{of} 处中抽取 {drawn} 处"),
        (_, Lang::En) => format!("drawn by lot: {drawn} of {of} leads of low grade"),
    });
    match draft.kind {
        TaskKind::ControlRandom => lot.into_iter().collect(),
        TaskKind::Lead | TaskKind::ControlLow => lot
            .into_iter()
            .chain(draft.graded.reasons.clone())
            .collect(),
    }
}

fn earlier(visit: Option<&Visit>, lang: Lang) -> String {
    let Some(visit) = visit else {
        return String::new();
    };
    let word = visit.outcome.word().say(lang);
    let day = visit.checked_at.get(..10).unwrap_or(&visit.checked_at);
    let when = match (visit.is_of_round, lang) {
        (true, Lang::Zh) => "本轮",
        (false, Lang::Zh) => "往轮",
        (true, Lang::En) => "this round",
        (false, Lang::En) => "earlier round",
    };
    format!("{when} {day} {word}").replace("  ", " ")
}

fn due_day(dates: Dates<'_>) -> Result<String> {
    let day: chrono::NaiveDate = dates
        .date
        .parse()
        .map_err(|_| Error::setting("date", dates.date, "a day such as 2026-05-04"))?;
    let due = day.checked_add_days(chrono::Days::new(dates.due_days.into()));
    due.map(|due| due.to_string())
        .ok_or_else(|| Error::setting("due-days", dates.due_days, "a day of the calendar"))
}

fn pack_facts(
    source: &Source,
    facts: &CampaignFacts,
    selection: &Selection,
    lang: Lang,
    dates: Dates<'_>,
) -> PackFacts {
    // What no lead could be graded by stands once for all of them.
    let missing = ["未计算：无", "not computed: no "];
    let notes: BTreeSet<&String> = selection
        .graded
        .iter()
        .flat_map(|graded| &graded.reasons)
        .filter(|reason| missing.iter().any(|start| reason.starts_with(start)))
        .collect();
    let county = source
        .sites
        .iter()
        .map(|s| &s.county)
        .find(|c| !c.is_empty());
    PackFacts {
        campaign: facts.name.clone(),
        year: facts.year,
        round: facts.round,
        county: if facts.county.is_empty() {
            county.cloned().unwrap_or_default()
        } else {
            facts.county.clone()
        },
        county_code: facts.county_code.clone(),
        date: dates.date.to_owned(),
        lang,
        program: concat!("tianmu ", env!("CARGO_PKG_VERSION")).into(),
        notes: notes.into_iter().cloned().collect(),
    }
}
