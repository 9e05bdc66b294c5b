//! The ledger with its answers: the columns that teams were given, filled in, and what was reckoned
//! from the answers. Rows are made one by one.

use super::figures::{Ledger, LedgerEntry};
use super::reckon::Kind;
use crate::Result;
use crate::campaign::Lang;
use crate::campaign::check::{Check, Outcome};
use crate::campaign::vocabulary::{
    CONFUSER, COUNT_METHOD, DISPOSAL, OUTCOME, SPECIES, STAGE, WordList,
};
use crate::georef::{CoordinateForms, Wgs84Place, ZoneProjectors};
use crate::tasks::ledger::COLUMNS;
use crate::tasks::pack::{
    FieldTask, Grade, Listing, PackFacts, Setting, Surroundings, TaskKind, Village,
};
use crate::vector::{FieldKind, Value};
use geo::MultiPolygon;
use std::sync::Arc;

/// A column of the report's ledger.
#[derive(Debug, Clone, Copy)]
pub struct LedgerColumn {
    /// The machine name.
    pub name: &'static str,
    /// The header in Chinese.
    pub zh: &'static str,
    /// The header in English.
    pub en: &'static str,
    /// What it holds.
    pub kind: FieldKind,
    /// Width in characters.
    pub width: f64,
}

/// Columns behind those of the tasks' ledger: what was reckoned from the answer.
const BEHIND: [(&str, &str, &str, FieldKind, f64); 4] = [
    (
        "plants",
        "株数结果",
        "plants, reckoned",
        FieldKind::Real,
        10.0,
    ),
    (
        "plants_se",
        "株数标准误",
        "standard error of plants",
        FieldKind::Real,
        10.0,
    ),
    (
        "off_m",
        "距疑似点m",
        "metres from the site",
        FieldKind::Real,
        9.0,
    ),
    ("flag", "提示", "to look into", FieldKind::Text, 24.0),
];

/// Columns of the tasks' ledger that a campaign does not keep.
const LEFT_OUT: [&str; 8] = [
    "dist_building_m",
    "dist_road_m",
    "hist",
    "licence",
    "earlier",
    "thumb",
    "gcj02",
    "bd09",
];

/// The columns, in order.
#[must_use]
pub fn columns() -> Vec<LedgerColumn> {
    let tasks = kept().map(|(_, column)| LedgerColumn {
        name: column.name,
        zh: column.zh,
        en: column.en,
        kind: column.kind,
        width: column.width,
    });
    let behind = BEHIND.map(|(name, zh, en, kind, width)| LedgerColumn {
        name,
        zh,
        en,
        kind,
        width,
    });
    tasks.chain(behind).collect()
}

fn kept() -> impl Iterator<Item = (usize, &'static crate::tasks::ledger::Column)> {
    COLUMNS
        .iter()
        .enumerate()
        .filter(|(_, column)| !LEFT_OUT.contains(&column.name))
}

/// Makes rows of a ledger.
pub struct Rows<'a> {
    ledger: &'a Ledger,
    facts: PackFacts,
    projectors: ZoneProjectors,
    next: usize,
}

impl<'a> Rows<'a> {
    /// The rows of a ledger, in a language.
    #[must_use]
    pub fn of(ledger: &'a Ledger, lang: Lang) -> Self {
        Self {
            facts: PackFacts {
                campaign: ledger.campaign.clone(),
                year: ledger.year,
                round: ledger.round,
                county: ledger.county.clone(),
                county_code: ledger.county_code.clone(),
                date: String::new(),
                lang,
                program: String::new(),
                notes: Vec::new(),
            },
            ledger,
            projectors: ZoneProjectors::default(),
            next: 0,
        }
    }

    fn row(&mut self, entry: &LedgerEntry, number: usize) -> Result<Vec<Value<'static>>> {
        let lang = self.facts.lang;
        let task = match entry.point {
            Some(point) => {
                let place = Wgs84Place::new(point.x(), point.y())?;
                let forms = CoordinateForms::of(place, &mut self.projectors)?;
                Some(field_task(entry, number, forms, &self.facts))
            }
            None => None,
        };
        let check = entry.check.as_ref();
        let mut row: Vec<Value<'static>> = kept()
            .map(|(_, column)| match (column.name, &task) {
                ("seq", _) => Value::Integer(i64::try_from(number).unwrap_or(i64::MAX)),
                ("status", _) => status(entry, lang).into(),
                ("listing", _) if matches!(entry.kind, Kind::Find | Kind::Earlier) => {
                    listing(entry.kind, lang).into()
                }
                (name, _) if column.is_blank() => {
                    check.map_or(Value::Null, |check| answer(name, check, entry, lang))
                }
                (_, Some(task)) => owned(column.value(task, &self.facts)),
                ("site_id", None) => entry.site_id.clone().into(),
                ("town", None) => entry.town.clone().into(),
                ("village", None) => entry.village.clone().into(),
                ("xzqdm", None) => entry.code.clone().into(),
                (_, None) => Value::Null,
            })
            .collect();
        let real =
            |value: Option<f64>, decimals: i32| value.map_or(Value::Null, |v| round(v, decimals));
        row.push(real(check.and_then(|c| c.plants), 1));
        row.push(real(check.and_then(|c| c.plants_se), 1));
        row.push(real(check.and_then(|c| c.off_m), 1));
        row.push(check.map_or(Value::Null, |c| c.flag.clone().into()));
        Ok(row)
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<Vec<Value<'static>>>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.ledger.entries.get(self.next)?;
        self.next += 1;
        Some(self.row(entry, self.next))
    }
}

/// A task as packs have it, as far as the campaign keeps it.
fn field_task(
    entry: &LedgerEntry,
    number: usize,
    forms: CoordinateForms,
    facts: &PackFacts,
) -> FieldTask {
    let site = entry.site.as_ref();
    let task = entry.task.as_ref();
    let text = |value: Option<&String>| value.cloned().unwrap_or_default();
    FieldTask {
        seq: u32::try_from(number).unwrap_or(u32::MAX),
        code: text(task.map(|t| &t.code)),
        uuid: text(task.map(|t| &t.uuid)),
        site_id: entry.site_id.clone(),
        kind: match entry.kind {
            Kind::ControlLow => TaskKind::ControlLow,
            Kind::ControlRandom => TaskKind::ControlRandom,
            Kind::Lead | Kind::Find | Kind::Earlier => TaskKind::Lead,
        },
        listing: match task
            .map(|t| t.listing.as_str())
            .or(site.map(|s| s.listing.as_str()))
        {
            Some("legal_crop") => Listing::LegalCrop,
            Some("near_border") => Listing::NearBorder,
            Some("control") => Listing::Control,
            _ => Listing::Main,
        },
        village: Arc::new(Village {
            code: entry.code.clone(),
            county: facts.county.clone(),
            town: entry.town.clone(),
            village: entry.village.clone(),
        }),
        group: text(site.map(|s| &s.group)),
        grid_worker: entry.grid_worker.clone(),
        team: text(task.map(|t| &t.team)),
        day: task.map_or(0, |t| t.day),
        stop: task.map_or(0, |t| t.stop),
        assigned: text(task.map(|t| &t.assigned_on)),
        due: text(task.map(|t| &t.due)),
        forms,
        pos_err_m: site.map_or(0.0, |s| s.pos_err_m),
        outline: MultiPolygon::new(vec![]),
        class: text(site.map(|s| &s.class)),
        prob: site.map(|s| s.prob),
        priority: site.and_then(|s| s.priority),
        grade: site.and_then(|s| grade(&s.grade)),
        area_m2: site.map_or(f64::NAN, |s| s.area_m2),
        setting: site.map_or(Setting::Unknown, |s| setting(&s.setting)),
        near: Surroundings {
            border_m: site.and_then(|s| s.border_m),
            border_unit: text(site.map(|s| &s.border_unit)),
            ..Surroundings::default()
        },
        courtyard: false,
        licence: None,
        reasons: site
            .map(|s| s.reasons.clone())
            .into_iter()
            .filter(|r| !r.is_empty())
            .collect(),
        src_image: text(site.map(|s| &s.src_image)),
        capture_time: text(site.map(|s| &s.capture_time)),
        gsd_cm: site.and_then(|s| s.gsd_cm),
        earlier: String::new(),
        close_up: None,
        earlier_picture: None,
    }
}

fn grade(letter: &str) -> Option<Grade> {
    [Grade::A, Grade::B, Grade::C]
        .into_iter()
        .find(|grade| grade.letter() == letter)
}

fn setting(name: &str) -> Setting {
    [
        Setting::Roof,
        Setting::Greenhouse,
        Setting::Courtyard,
        Setting::Clearing,
        Setting::Forest,
        Setting::Waterside,
        Setting::Open,
    ]
    .into_iter()
    .find(|setting| setting.name() == name)
    .unwrap_or(Setting::Unknown)
}

/// Where a place stands in the work.
fn status(entry: &LedgerEntry, lang: Lang) -> &'static str {
    let outcome = entry
        .check
        .as_ref()
        .and_then(|check| Outcome::parse(&check.outcome));
    let given_out = entry
        .task
        .as_ref()
        .is_some_and(|task| !task.assigned_on.is_empty());
    match outcome {
        Some(outcome) if outcome.is_closed() => lang.pick("已核查", "checked"),
        Some(_) => lang.pick("待复查", "to be visited again"),
        None if given_out => lang.pick("待核查", "to be visited"),
        None => lang.pick("未派单", "not given out"),
    }
}

fn listing(kind: Kind, lang: Lang) -> &'static str {
    match kind {
        Kind::Find => lang.pick("线索外发现", "found without a lead"),
        _ => lang.pick("往轮点复查", "site of an earlier round"),
    }
}

/// What somebody answered in a column.
fn answer(column: &str, check: &Check, entry: &LedgerEntry, lang: Lang) -> Value<'static> {
    let whole = |value: Option<i64>| value.map_or(Value::Null, Value::Integer);
    let said = |list: WordList, name: &str| -> Value<'static> {
        let word = list.get(name).map(|word| word.say(lang).to_owned());
        word.unwrap_or_else(|| name.to_owned()).into()
    };
    match column {
        "checked_at" => check.checked_at.clone().into(),
        "checker" => check.checker.clone().into(),
        "outcome" => said(OUTCOME, &check.outcome),
        "species" => said(SPECIES, &check.species),
        "confuser" => said(CONFUSER, &check.confuser),
        "plant_count" => whole(check.plant_count),
        "count_method" => said(COUNT_METHOD, &check.count_method),
        "quadrat_n" => whole(check.quadrat_n),
        "quadrat_m2" => check.quadrat_m2.map_or(Value::Null, Value::Real),
        "quadrat_counts" => check.quadrat_counts.clone().into(),
        "measured_m2" => check.area_m2.map_or(Value::Null, Value::Real),
        "stage" => said(STAGE, &check.stage),
        "disposal" => said(DISPOSAL, &check.disposal),
        "photo_count" => Value::Integer(i64::try_from(entry.photos).unwrap_or(i64::MAX)),
        "evidence_no" => check.evidence_no.clone().into(),
        "check_lon" => check.point.map_or(Value::Null, |p| round(p.x(), 7)),
        "check_lat" => check.point.map_or(Value::Null, |p| round(p.y(), 7)),
        "note" => check.note.clone().into(),
        _ => Value::Null,
    }
}

fn round(value: f64, decimals: i32) -> Value<'static> {
    let scale = 10_f64.powi(decimals);
    Value::Real((value * scale).round() / scale + 0.0)
}

fn owned(value: Value<'_>) -> Value<'static> {
    match value {
        Value::Null => Value::Null,
        Value::Text(text) => Value::Text(text.into_owned().into()),
        Value::Integer(number) => Value::Integer(number),
        Value::Real(number) => Value::Real(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_blank_of_the_tasks_ledger_is_answered() {
        let check = Check {
            checked_at: "2026-05-01".into(),
            checker: "x".into(),
            outcome: "confirmed".into(),
            species: "cannabis".into(),
            confuser: "rape".into(),
            plant_count: Some(1),
            count_method: "full".into(),
            quadrat_n: Some(1),
            quadrat_m2: Some(1.0),
            quadrat_counts: "1".into(),
            area_m2: Some(1.0),
            stage: "bud".into(),
            disposal: "forced".into(),
            evidence_no: "1".into(),
            note: "1".into(),
            point: Some(geo::Point::new(101.0, 30.0)),
            ..Check::default()
        };
        let entry = LedgerEntry {
            site_id: String::new(),
            kind: Kind::Find,
            code: String::new(),
            town: String::new(),
            village: String::new(),
            grid_worker: String::new(),
            point: None,
            site: None,
            task: None,
            check: None,
            photos: 2,
        };
        for column in COLUMNS.iter().filter(|column| column.is_blank()) {
            let value = answer(column.name, &check, &entry, Lang::Zh);
            assert!(value != Value::Null, "{} stays empty", column.name);
        }
        let names: Vec<&str> = COLUMNS.iter().map(|column| column.name).collect();
        assert!(LEFT_OUT.iter().all(|name| names.contains(name)));
        assert_eq!(
            columns().len(),
            COLUMNS.len() - LEFT_OUT.len() + BEHIND.len()
        );
    }
}
