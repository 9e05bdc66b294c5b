//! The one list of a field pack: teams, days and stops, numbers and codes, village by village.

use super::control::{DrawnCell, cell_around};
use super::grade::{Graded, Lead, grade};
use super::order::{OrderSettings, Stop, TaskPlace, TeamPlan, assign, order_all};
use super::pack::{FieldPack, FieldTask, Grade, Listing, PackFacts, TaskKind, TeamDay, Village};
use super::select::Selection;
use super::settings::TaskSettings;
use super::source::{Outcome, Source};
use crate::campaign::vocabulary::OUTCOME;
use crate::campaign::{CampaignFacts, Lang};
use crate::georef::{CoordinateForms, Wgs84Place, ZoneProjectors};
use crate::vector::StoredShape;
use crate::{Error, Result};
use geo::{MultiPolygon, Point};
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
pub(super) struct Draft {
    site_id: String,
    kind: TaskKind,
    /// Its place in `Source::sites`; `None` for ground drawn by lot.
    pub(super) site: Option<usize>,
    pub(super) drawn_of: Option<(usize, usize)>,
    village: Village,
    group: String,
    point: Point<f64>,
    outline: MultiPolygon<f64>,
    graded: Graded,
}

/// The pack, and for each of its tasks where it came from.
pub(super) struct Made {
    /// The list.
    pub(super) pack: FieldPack,
    /// For each task its place in `Source::sites`; `None` for ground drawn by lot.
    pub(super) sites: Vec<Option<usize>>,
    /// For each task the size of its stratum and how many were drawn of it.
    pub(super) drawn_of: Vec<Option<(usize, usize)>>,
    /// Tasks of later days than were asked for.
    pub(super) later: usize,
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
    let shown = |at: &usize| dates.most_days.is_none_or(|most| placed[*at].day <= most);
    let mut sequence: Vec<usize> = (0..drafts.len()).filter(shown).collect();
    let later = drafts.len() - sequence.len();
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
    let mut projectors = ZoneProjectors::default();
    for (number, &at) in (1..).zip(&sequence) {
        let draft = &drafts[at];
        let village = villages.entry(&draft.village).or_insert_with(|| {
            let village = Arc::new(draft.village.clone());
            ordered_villages.push(Arc::clone(&village));
            village
        });
        let place = Wgs84Place::new(draft.point.x(), draft.point.y())?;
        let forms = CoordinateForms::of(place, &mut projectors)?;
        let site = draft.site.map(|site| &source.sites[site]);
        tasks.push(FieldTask {
            seq: number,
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
            due: due.clone(),
            forms,
            pos_err_m: site.map_or(0.0, |s| s.pos_err_m),
            outline: draft.outline.clone(),
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
            earlier: earlier(source.outcomes.get(&draft.site_id), lang),
            close_up: None,
            earlier_picture: None,
        });
    }
    let routes = routes(source, &tasks)?;
    Ok(Made {
        pack: FieldPack {
            facts: pack_facts(source, facts, selection, lang, dates),
            villages: ordered_villages,
            tasks,
            routes,
        },
        sites: sequence.iter().map(|&at| drafts[at].site).collect(),
        drawn_of: sequence.iter().map(|&at| drafts[at].drawn_of).collect(),
        later,
    })
}

fn drafts(
    source: &Source,
    selection: &Selection,
    facts: &CampaignFacts,
    settings: &TaskSettings,
    lang: Lang,
) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = selection
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
                outline: site.outline.clone(),
                graded: selection.graded[lead.site].clone(),
            }
        })
        .collect();
    let mut cells = kept_cells(source);
    let mut last: BTreeMap<String, usize> = BTreeMap::new();
    for id in source.given_out.keys() {
        if let Some((head, number)) = id.rsplit_once("-K")
            && let Ok(number) = number.parse::<usize>()
        {
            let entry = last.entry(head.to_owned()).or_default();
            *entry = number.max(*entry);
        }
    }
    for cell in &selection.cells {
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
            drawn_of: Some((cell.stratum_cells, cell.stratum_drawn)),
            village: cell.village,
            group: cell.group,
            point: cell.point,
            outline: cell.outline,
            graded,
        });
    }
    drafts
}

/// Ground drawn by lot in earlier calls and not answered yet.
fn kept_cells(source: &Source) -> Vec<(String, DrawnCell)> {
    let cell = |(id, row): (&String, &crate::vector::StoredRow)| {
        if row.text("kind") != "control_random" || source.outcomes.contains_key(id) {
            return None;
        }
        let Some(StoredShape::Point(point)) = row.shape.clone() else {
            return None;
        };
        let count = |name| {
            row.integer(name)
                .and_then(|n| usize::try_from(n).ok())
                .unwrap_or(0)
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
                stratum_cells: count("stratum_cells"),
                stratum_drawn: count("stratum_drawn"),
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

/// Where a task stands in the walks.
struct Placed {
    team: String,
    grid_worker: String,
    day: u32,
    stop: u32,
}

fn placed(
    source: &Source,
    drafts: &[Draft],
    settings: &OrderSettings,
    lang: Lang,
) -> Result<Vec<Placed>> {
    let places: Vec<TaskPlace<'_>> = drafts
        .iter()
        .map(|draft| TaskPlace {
            point: draft.point,
            xzqdm: &draft.village.code,
            town: &draft.village.town,
            village: &draft.village.village,
            group: &draft.group,
        })
        .collect();
    let charges = assign(&places, &source.grid, lang);
    let mut placed: Vec<Placed> = charges
        .iter()
        .map(|charge| Placed {
            team: charge.team.clone(),
            grid_worker: charge
                .grid
                .map_or_else(String::new, |row| source.grid[row].grid_worker.clone()),
            day: 1,
            stop: 1,
        })
        .collect();
    let mut teams: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, charge) in charges.iter().enumerate() {
        teams.entry(&charge.team).or_default().push(at);
    }
    let height = |p: Point<f64>| {
        source
            .elevation
            .as_ref()
            .and_then(|e| e.height(p.x(), p.y()))
    };
    let stops: Vec<Vec<Stop>> = teams
        .values()
        .map(|members| {
            let stop = |&at: &usize| Stop {
                point: drafts[at].point,
                height_m: height(drafts[at].point),
                village: drafts[at].village.code.clone(),
                urgency: urgency(&drafts[at]),
                key: drafts[at].site_id.clone(),
            };
            members.iter().map(stop).collect()
        })
        .collect();
    let plans: Vec<TeamPlan<'_>> = teams
        .keys()
        .zip(&stops)
        .map(|(team, stops)| TeamPlan {
            team,
            start: start_of(source, team).map(|p| (p, height(p))),
            stops,
        })
        .collect();
    let walks = order_all(&plans, settings)?;
    for (members, walks) in teams.values().zip(walks) {
        for walk in walks {
            for (stop, of_team) in (1..).zip(walk.stops) {
                let at = &mut placed[members[of_team]];
                (at.day, at.stop) = (walk.day, stop);
            }
        }
    }
    Ok(placed)
}

/// Where a team starts: the first start that its rows name.
fn start_of(source: &Source, team: &str) -> Option<Point<f64>> {
    let own = source.grid.iter().filter(|cell| cell.team.trim() == team);
    own.filter_map(|cell| cell.start).next()
}

fn urgency(draft: &Draft) -> u8 {
    match (draft.kind, draft.graded.grade) {
        (TaskKind::Lead, Grade::A) => 0,
        (TaskKind::Lead, Grade::B) => 1,
        _ => 2,
    }
}

fn listing(draft: &Draft) -> Listing {
    match draft.kind {
        TaskKind::Lead => draft.graded.listing,
        TaskKind::ControlLow | TaskKind::ControlRandom => Listing::Control,
    }
}

/// Why a place is visited, in words.
fn reasons(draft: &Draft, lang: Lang) -> Vec<String> {
    let lot = draft.drawn_of.map(|(of, drawn)| match (draft.kind, lang) {
        (TaskKind::ControlRandom, Lang::Zh) => {
            format!("随机抽查：本村已覆盖且未报警的 {of} 个 50 m 网格中抽取 {drawn} 个")
        }
        (TaskKind::ControlRandom, Lang::En) => format!(
            "drawn by lot: {drawn} of the village's {of} cells of 50 m that were covered and gave no alarm"
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

fn earlier(outcome: Option<&Outcome>, lang: Lang) -> String {
    let Some(outcome) = outcome else {
        return String::new();
    };
    let word = OUTCOME.get(&outcome.outcome);
    let word = word.map_or(outcome.outcome.as_str(), |w| w.say(lang));
    let day = outcome.checked_at.get(..10).unwrap_or(&outcome.checked_at);
    let when = match (outcome.is_of_round, lang) {
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

fn routes(source: &Source, tasks: &[FieldTask]) -> Result<Vec<TeamDay>> {
    let mut days: BTreeMap<(&str, u32), Vec<usize>> = BTreeMap::new();
    for (at, task) in tasks.iter().enumerate() {
        days.entry((&task.team, task.day)).or_default().push(at);
    }
    let height = |p: Point<f64>| {
        source
            .elevation
            .as_ref()
            .and_then(|e| e.height(p.x(), p.y()))
    };
    days.into_iter()
        .map(|((team, day), mut stops)| {
            stops.sort_by_key(|&at| tasks[at].stop);
            let start = start_of(source, team);
            let points = stops.iter().map(|&at| {
                let place = tasks[at].forms.wgs84;
                Point::new(place.lon(), place.lat())
            });
            let way: Vec<Point<f64>> = start.into_iter().chain(points).chain(start).collect();
            let length = |pair: &[Point<f64>]| {
                crate::georef::geodesic_distance_m(pair[0].x_y(), pair[1].x_y())
            };
            let climb = |pair: &[Point<f64>]| Some((height(pair[1])? - height(pair[0])?).max(0.0));
            Ok(TeamDay {
                team: team.to_owned(),
                day,
                start: start.map(|p| Wgs84Place::new(p.x(), p.y())).transpose()?,
                stops,
                length_m: way.windows(2).map(length).sum(),
                climb_m: way.windows(2).map(climb).sum(),
            })
        })
        .collect()
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

/// Short codes: six digits of town and village and a number that is never given twice.
struct Codes {
    given: BTreeMap<String, String>,
    last: BTreeMap<String, u32>,
}

impl Codes {
    fn of(source: &Source) -> Self {
        let mut codes = Self {
            given: BTreeMap::new(),
            last: BTreeMap::new(),
        };
        for (site_id, row) in &source.given_out {
            let code = row.text("code");
            if let Some((head, number)) = code.split_once('-')
                && let Ok(number) = number.parse::<u32>()
            {
                let last = codes.last.entry(head.to_owned()).or_default();
                *last = number.max(*last);
            }
            codes.given.insert(site_id.clone(), code);
        }
        codes
    }

    fn code(&mut self, site_id: &str, village_code: &str) -> String {
        if let Some(code) = self.given.get(site_id).filter(|code| !code.is_empty()) {
            return code.clone();
        }
        let head = village_code.get(6..12).unwrap_or("000000");
        let number = self.last.entry(head.to_owned()).or_default();
        *number += 1;
        format!("{head}-{number:02}")
    }
}
