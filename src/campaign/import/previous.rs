//! An earlier round: its campaign, or polygons with `site_id`.

use super::{FileRows, ImportRequest, NewRow, unusable};
use crate::Result;
use crate::campaign::Campaign;
use crate::campaign::check::{Check, Outcome, verdicts};
use crate::campaign::moved::Moved;
use crate::campaign::site::{CampaignSite, MERGED};
use crate::campaign::tables::{CHECKS, LINKS, PREVIOUS, SITES};
use crate::georef::Crs;
use crate::vector::{Change, Filter, StoreTarget, StoredShape, Value, geopackage, read_features};
use geo::{Area, InteriorPoint};
use std::collections::{BTreeMap, BTreeSet};

/// The position error of a site whose file does not say it, in metres.
const USUAL_ERROR_M: f64 = 5.0;

/// The position error of a plot that somebody stood in with a phone, in metres.
const FOUND_ERROR_M: f64 = 10.0;

pub(super) fn read(request: &ImportRequest) -> Result<FileRows> {
    let target = StoreTarget::parse(&request.path.to_string_lossy());
    let is_campaign = match target.file() {
        Some(path) => geopackage::is_database(path)? && geopackage::has_table(path, &["audit"])?,
        None => true,
    };
    if is_campaign {
        read_campaign(&target)
    } else {
        read_polygons(request)
    }
}

/// Which rows go in: a site stands once, as its latest round and check have it. Older rows of the same
/// sites are taken out.
pub(super) fn settle<'r>(change: &mut Change<'_>, rows: &'r [NewRow]) -> Result<Vec<&'r NewRow>> {
    let mut there: BTreeMap<String, (i64, (i64, i64, String))> = BTreeMap::new();
    for row in change.read(&PREVIOUS, &Filter::All)? {
        let whole = |name: &str| row.integer(name).unwrap_or(0);
        let age = (whole("year"), whole("round"), row.text("checked_at"));
        there.insert(row.text("site_id"), (row.fid, age));
    }
    let (mut newest, mut outdated) = (Vec::new(), Vec::new());
    for row in rows {
        let text = |at: usize| match &row.values[at] {
            Value::Text(text) => text.clone().into_owned(),
            _ => String::new(),
        };
        let whole = |at: usize| match row.values[at] {
            Value::Integer(number) => number,
            _ => 0,
        };
        match there.get(&text(0)) {
            Some((_, age)) if (whole(1), whole(2), text(8)) < *age => {}
            Some((fid, _)) => {
                outdated.push(Value::Integer(*fid));
                newest.push(row);
            }
            None => newest.push(row),
        }
    }
    for some in outdated.chunks(500) {
        change.delete(&PREVIOUS, &Filter::In("fid", some.to_vec()))?;
    }
    Ok(newest)
}

/// The sites of a campaign with the outcome of their last check, plots that stood where there was no
/// lead, and those of rounds before it.
fn read_campaign(target: &StoreTarget) -> Result<FileRows> {
    let campaign = Campaign::open(target)?;
    let facts = &campaign.facts;
    let checks = campaign.store.read(&CHECKS, &Filter::All)?;
    let mut checks: Vec<Check> = checks.iter().map(Check::from_row).collect();
    let moved = Moved::of_rows(&campaign.store.read(&LINKS, &Filter::All)?);
    moved.follow(&mut checks);
    let outcomes = verdicts(&checks, []);
    let mut found = FileRows::default();
    let mut known = BTreeSet::new();
    for row in campaign.store.read(&SITES, &Filter::All)? {
        let site = CampaignSite::from_row(row);
        if site.status == MERGED {
            known.insert(site.site_id);
            continue;
        }
        let last = outcomes.get(site.site_id.as_str());
        found.rows.push(NewRow {
            values: vec![
                site.site_id.clone().into(),
                Value::Integer(facts.year.into()),
                Value::Integer(facts.round.into()),
                site.class.into(),
                site.point.x().into(),
                site.point.y().into(),
                site.pos_err_m.into(),
                last.map_or("", |v| v.outcome.word().name).into(),
                last.map_or("", |v| v.checked_at).to_owned().into(),
            ],
            shape: Some(StoredShape::Area(site.outline)),
        });
        known.insert(site.site_id);
    }
    for (site_id, verdict) in &outcomes {
        let check = verdict.check.map(|at| &checks[at]);
        let crop = check.filter(|c| verdict.outcome == Outcome::Confirmed && !c.species.is_empty());
        let outline = crop.and_then(Check::walked);
        let walked = outline.as_ref().and_then(InteriorPoint::interior_point);
        let (Some(check), Some(point)) = (crop, walked.or(crop.and_then(|c| c.point))) else {
            continue;
        };
        if known.insert((*site_id).to_owned()) {
            found.rows.push(NewRow {
                values: vec![
                    (*site_id).to_owned().into(),
                    Value::Integer(facts.year.into()),
                    Value::Integer(facts.round.into()),
                    check.species.clone().into(),
                    point.x().into(),
                    point.y().into(),
                    FOUND_ERROR_M.into(),
                    verdict.outcome.word().name.into(),
                    verdict.checked_at.to_owned().into(),
                ],
                shape: outline.map(StoredShape::Area),
            });
        }
    }
    for row in campaign.store.read(&PREVIOUS, &Filter::All)? {
        if known.insert(row.text("site_id")) {
            found.rows.push(NewRow {
                shape: row.shape,
                values: row.values,
            });
        }
    }
    Ok(found)
}

/// Polygons of any file that name their site.
fn read_polygons(request: &ImportRequest) -> Result<FileRows> {
    let layer = request.layer.as_deref();
    let features = read_features(
        &request.path,
        &Crs::wgs84()?,
        layer,
        request.encoding.as_deref(),
    )?;
    let mut found = FileRows::default();
    let (mut passed_over, mut ids) = (0, BTreeSet::new());
    for feature in features {
        let id = feature.text(&["site_id", "疑似点编号"]);
        let area = feature.shapes.into_iter().find_map(|shape| match shape {
            StoredShape::Area(area) => Some(area),
            _ => None,
        });
        let largest = area.as_ref().and_then(|area| {
            area.iter()
                .max_by(|a, b| a.unsigned_area().total_cmp(&b.unsigned_area()))
                .and_then(InteriorPoint::interior_point)
        });
        let (Some(area), Some(point), false) = (area, largest, id.is_empty()) else {
            passed_over += 1;
            continue;
        };
        if !ids.insert(id.clone()) {
            return Err(unusable(
                &request.path,
                format!("has site `{id}` twice"),
                "give one row a site; `--layer` names one layer of several",
            ));
        }
        let text = |names: &[&str]| {
            let found = names.iter().find_map(|name| {
                let same = |(n, _): &&(String, Value<'static>)| n.eq_ignore_ascii_case(name);
                feature.attributes.iter().find(same)
            });
            found.map_or(Value::Null, |(_, value)| value.clone())
        };
        let whole = |names: &[&str]| match text(names) {
            Value::Text(text) => text.trim().parse().map_or(Value::Null, Value::Integer),
            other => other,
        };
        let real = |names: &[&str], usual: f64| match text(names) {
            Value::Real(number) => Value::Real(number),
            Value::Text(text) => Value::Real(text.trim().parse().unwrap_or(usual)),
            _ => Value::Real(usual),
        };
        let words = |names: &[&str]| match text(names) {
            text @ Value::Text(_) => text,
            _ => "".into(),
        };
        found.rows.push(NewRow {
            values: vec![
                id.into(),
                whole(&["year", "年度"]),
                whole(&["round", "轮次"]),
                words(&["class", "类别"]),
                real(&["lon", "经度"], point.x()),
                real(&["lat", "纬度"], point.y()),
                real(&["pos_err_m", "定位误差m"], USUAL_ERROR_M),
                words(&["outcome", "结果"]),
                words(&["checked_at", "核查时间"]),
            ],
            shape: Some(StoredShape::Area(area)),
        });
    }
    if passed_over > 0 {
        let note = format!("{passed_over} features without `site_id` or an area were passed over");
        found.notes.push(note);
    }
    Ok(found)
}
