//! A run into a campaign: its sites find their plots again, or become new ones.

use super::added::Added;
use super::earlier::{Earlier, settled};
use super::matching::{Fate, Found, Plot, Seen, match_plots};
use super::run::{RunSite, RunToAdd};
use super::site::{
    CANDIDATE, CampaignSite, MERGED, MERGED_INTO, NEW, PERSISTING, RENUMBERED, SPLIT_FROM,
};
use super::tables::{COVERAGE, LINKS, RUNS, SCENES, SIGHTINGS, SITES};
use super::villages::{Location, VillageIndex};
use super::{Campaign, CampaignFacts, Moment};
use crate::Result;
use crate::vector::{Change, Filter, Row, Shape, StoreTarget, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Adds a run in one transaction. The very same run is not added twice.
pub fn add(target: &StoreTarget, run: &RunToAdd, moment: Moment<'_>) -> Result<Added> {
    Campaign::change(target, moment, "scan", |change, facts| {
        let (added, detail) = add_run(change, facts, run, moment)?;
        Ok((added, detail))
    })
}

/// Adds a run within a change; gives the facts for the audit unless it was there.
#[expect(
    clippy::too_many_lines,
    reason = "one step after the other, as they are read"
)]
pub(super) fn add_run(
    change: &mut Change<'_>,
    facts: &CampaignFacts,
    run: &RunToAdd,
    moment: Moment<'_>,
) -> Result<(Added, Option<serde_json::Value>)> {
    let run_id = run.facts.get("run_id").to_owned();
    let mut added = Added {
        run_id: run_id.clone(),
        found: run.sites.len() as u64,
        ..Added::default()
    };
    if change.count(&RUNS, &Filter::Equals("run_id", run_id.clone().into()))? > 0 {
        added.was_there = true;
        return Ok((added, None));
    }
    let villages = VillageIndex::read(change)?;
    let mut sites: Vec<CampaignSite> = change
        .read(&SITES, &Filter::All)?
        .into_iter()
        .map(CampaignSite::from_row)
        .collect();
    // Numbers that `match` took back are out in the world, too.
    let renumbered = change.read(&LINKS, &Filter::Equals("relation", RENUMBERED.into()))?;
    let renumbered: Vec<String> = renumbered.iter().map(|r| r.text("other_id")).collect();
    let ids = sites.iter().map(|s| s.site_id.as_str());
    let mut numbers = Numbers::of(facts, ids.chain(renumbered.iter().map(String::as_str)));
    let known = settled(change, &sites)?;
    let mut earlier = Earlier::read(change)?;
    earlier.retain(|plot| !known.contains(&plot.site_id));
    let current: Vec<usize> = (0..sites.len())
        .filter(|&i| sites[i].status != MERGED)
        .collect();
    let matched = {
        let of_round = current.iter().map(|&i| sites[i].plot());
        let old: Vec<Plot<'_>> = of_round.chain(earlier.iter().map(Earlier::plot)).collect();
        let new: Vec<Plot<'_>> = run.sites.iter().map(RunSite::plot).collect();
        let covered = run.coverage.iter().map(|c| Seen {
            outline: &c.outline,
            gsd_cm: Some(c.gsd_cm),
        });
        let covered: Vec<Seen<'_>> = covered.collect();
        match_plots(&old, &new, &covered)
    };
    let old_id = |sites: &[CampaignSite], old: usize| match current.get(old) {
        Some(&at) => sites[at].site_id.clone(),
        None => earlier[old - current.len()].site_id.clone(),
    };
    let mut links: Vec<[String; 3]> = Vec::new();
    let (mut changed, mut fresh) = (BTreeSet::new(), Vec::new());
    let mut ids = Vec::with_capacity(run.sites.len());
    // Whether a sighting's outline is now that of its site.
    let mut took = Vec::with_capacity(run.sites.len());
    for (site, found) in run.sites.iter().zip(&matched.new) {
        if let Found::Again(old) = *found
            && let Some(&at) = current.get(old)
        {
            added.again += 1;
            took.push(join(&mut sites[at], site, &run_id, run.facts.get("model")));
            changed.insert(at);
            ids.push(sites[at].site_id.clone());
            continue;
        }
        let location = villages.locate(&site.outline, site.point);
        added.outside += u64::from(location.is_none());
        let mut own = new_site(facts, site, run, location);
        match *found {
            Found::Again(old) => {
                added.persisting += 1;
                own.relation = PERSISTING.into();
                own.site_id = old_id(&sites, old);
            }
            Found::Part(old) => {
                added.parts += 1;
                own.site_id = numbers.next(facts, &own.xzqdm);
                links.push([own.site_id.clone(), SPLIT_FROM.into(), old_id(&sites, old)]);
            }
            Found::New => {
                added.new += 1;
                own.site_id = numbers.next(facts, &own.xzqdm);
            }
        }
        own.uuid = facts.uuid(&own.site_id);
        ids.push(own.site_id.clone());
        took.push(true);
        fresh.push(own);
    }
    for (old, fate) in matched.old.iter().enumerate() {
        match *fate {
            // A coarser look takes two for one: the finer one knows better.
            Fate::Merged(into) if !took[into] => links.push([
                old_id(&sites, old),
                "seen_as_one_with".into(),
                ids[into].clone(),
            ]),
            Fate::Merged(into) => {
                added.merged += 1;
                links.push([old_id(&sites, old), MERGED_INTO.into(), ids[into].clone()]);
                if let Some(&at) = current.get(old) {
                    sites[at].status = MERGED.into();
                    changed.insert(at);
                }
            }
            Fate::Gone => added.gone += 1,
            Fate::Again(_) | Fate::NotSeen => {}
        }
    }
    write_sites(change, &sites, &changed, &fresh)?;
    write_links(change, &links, &run_id)?;
    write_sightings(change, run, &ids, &run_id)?;
    write_run(change, run, &run_id, moment)?;
    let detail = serde_json::json!({
        "model": run.facts.get("model"),
        "model_sha256": run.facts.get("model_sha256"),
        "images": run.scenes.iter().map(|s| [&s.path, &s.sha256]).collect::<Vec<_>>(),
        "added": added,
    });
    Ok((added, Some(detail)))
}

impl VillageIndex {
    /// The villages of a campaign that is being changed.
    pub(super) fn read(change: &Change<'_>) -> Result<Self> {
        let rows = change.read(&super::tables::VILLAGES, &Filter::All)?;
        Ok(Self::of_rows(rows))
    }
}

/// The last number given in each village; numbers are never given twice.
struct Numbers {
    last: BTreeMap<String, u64>,
}

impl Numbers {
    fn of<'a>(facts: &CampaignFacts, ids: impl Iterator<Item = &'a str>) -> Self {
        let label = facts.label();
        let mut last: BTreeMap<String, u64> = BTreeMap::new();
        for id in ids {
            let mut parts = id.rsplitn(3, '-');
            let (number, round, code) = (parts.next(), parts.next(), parts.next());
            if let (Some(number), Some(round), Some(code)) = (number, round, code)
                && round == label
                && let Ok(number) = number.parse::<u64>()
            {
                let entry = last.entry(code.to_owned()).or_default();
                *entry = number.max(*entry);
            }
        }
        Self { last }
    }

    fn next(&mut self, facts: &CampaignFacts, village_code: &str) -> String {
        let code = if village_code.is_empty() {
            facts.outside_code()
        } else {
            village_code.to_owned()
        };
        let number = self.last.entry(code.clone()).or_default();
        *number += 1;
        facts.site_id(&code, *number)
    }
}

fn new_site(
    facts: &CampaignFacts,
    site: &RunSite,
    run: &RunToAdd,
    location: Option<Location>,
) -> CampaignSite {
    let mut own = CampaignSite {
        fid: 0,
        site_id: String::new(),
        uuid: String::new(),
        status: CANDIDATE.into(),
        relation: NEW.into(),
        class: site.class.clone(),
        prob: site.prob,
        point: site.point,
        pos_err_m: site.pos_err_m,
        area_m2: site.area_m2,
        gsd_cm: site.gsd_cm,
        n_detections: site.n_detections,
        src_image: site.src_image.clone(),
        src_sha256: site.src_sha256.clone(),
        capture_time: site.capture_time.clone(),
        run_id: run.facts.get("run_id").to_owned(),
        model: run.facts.get("model").to_owned(),
        times_seen: 1,
        xzqdm: String::new(),
        county: String::new(),
        town: String::new(),
        village: String::new(),
        group: String::new(),
        border_m: None,
        border_unit: String::new(),
        grade: String::new(),
        priority: None,
        listing: String::new(),
        setting: String::new(),
        reasons: String::new(),
        outline: site.outline.clone(),
    };
    own.lie_in(location, &facts.county);
    own
}

/// A site that was found once more: the finer look's outline, place and score stay, at equal ground
/// sample distance the higher score; images are listed together. Its village stays: ids hold it.
/// Says whether the new look's outline is the site's now.
fn join(kept: &mut CampaignSite, site: &RunSite, run_id: &str, model: &str) -> bool {
    let (old, new) = (
        kept.gsd_cm.unwrap_or(f64::INFINITY),
        site.gsd_cm.unwrap_or(f64::INFINITY),
    );
    let is_better = new < old || (new <= old && site.prob > kept.prob);
    if is_better {
        kept.class.clone_from(&site.class);
        kept.prob = site.prob;
        kept.point = site.point;
        kept.pos_err_m = site.pos_err_m;
        kept.area_m2 = site.area_m2;
        kept.gsd_cm = site.gsd_cm;
        kept.outline.clone_from(&site.outline);
        model.clone_into(&mut kept.model);
    }
    kept.times_seen += 1;
    kept.n_detections += site.n_detections;
    run_id.clone_into(&mut kept.run_id);
    if kept.src_sha256 != site.src_sha256 || kept.src_image != site.src_image {
        for (list, more) in [
            (&mut kept.src_image, &site.src_image),
            (&mut kept.src_sha256, &site.src_sha256),
            (&mut kept.capture_time, &site.capture_time),
        ] {
            if list.is_empty() {
                list.clone_from(more);
            } else if !more.is_empty() {
                list.push_str("; ");
                list.push_str(more);
            }
        }
    }
    is_better
}

fn write_sites(
    change: &mut Change<'_>,
    sites: &[CampaignSite],
    changed: &BTreeSet<usize>,
    fresh: &[CampaignSite],
) -> Result<()> {
    let fids = changed
        .iter()
        .map(|&i| Value::Integer(sites[i].fid))
        .collect::<Vec<_>>();
    for some in fids.chunks(500) {
        change.delete(&SITES, &Filter::In("fid", some.to_vec()))?;
    }
    let rows = changed.iter().map(|&i| &sites[i]).chain(fresh);
    change
        .insert(&SITES, rows.map(CampaignSite::to_row))
        .map(drop)
}

fn write_links(change: &mut Change<'_>, links: &[[String; 3]], run_id: &str) -> Result<()> {
    let rows = links.iter().map(|link| Row {
        shape: Shape::None,
        values: link
            .iter()
            .map(|text| Value::from(text.as_str()))
            .chain([run_id.into()])
            .collect(),
    });
    change.insert(&LINKS, rows).map(drop)
}

fn write_sightings(
    change: &mut Change<'_>,
    run: &RunToAdd,
    ids: &[String],
    run_id: &str,
) -> Result<()> {
    let rows = run.sites.iter().zip(ids).map(|(site, id)| Row {
        shape: Shape::MultiPolygon(&site.outline),
        values: vec![
            id.as_str().into(),
            run_id.into(),
            site.own_id.as_str().into(),
            site.class.as_str().into(),
            site.prob.into(),
            site.point.x().into(),
            site.point.y().into(),
            site.pos_err_m.into(),
            site.area_m2.into(),
            site.gsd_cm.map_or(Value::Null, Value::Real),
            site.capture_time.as_str().into(),
            site.src_image.as_str().into(),
        ],
    });
    change.insert(&SIGHTINGS, rows).map(drop)
}

fn write_run(
    change: &mut Change<'_>,
    run: &RunToAdd,
    run_id: &str,
    moment: Moment<'_>,
) -> Result<()> {
    let covered = run.coverage.iter().map(|covered| Row {
        shape: Shape::MultiPolygon(&covered.outline),
        values: vec![
            run_id.into(),
            covered.image.as_str().into(),
            covered.capture_time.as_str().into(),
            covered.gsd_cm.into(),
            covered.area_m2.into(),
        ],
    });
    change.insert(&COVERAGE, covered)?;
    let scenes = run.scenes.iter().map(|scene| Row {
        shape: Shape::None,
        values: vec![
            run_id.into(),
            scene.path.as_str().into(),
            scene.sha256.as_str().into(),
            scene.capture_time.as_str().into(),
            scene.gsd_cm.map_or(Value::Null, Value::Real),
            scene.crs.as_str().into(),
            scene.failure.as_str().into(),
        ],
    });
    change.insert(&SCENES, scenes)?;
    let facts: serde_json::Map<String, serde_json::Value> = run
        .facts
        .facts
        .iter()
        .map(|(k, v)| (k.clone(), v.as_str().into()))
        .collect();
    let covered_m2: f64 = run.coverage.iter().map(|c| c.area_m2).sum();
    let count = i64::try_from(run.sites.len()).unwrap_or(i64::MAX);
    let row = Row {
        shape: Shape::None,
        values: vec![
            run_id.into(),
            run.facts.get("model").into(),
            run.facts.get("model_sha256").into(),
            run.facts.get("program").into(),
            covered_m2.into(),
            run.facts.get("statement").into(),
            serde_json::Value::Object(facts).to_string().into(),
            Value::Integer(count),
            moment.now.into(),
        ],
    };
    change.insert(&RUNS, std::iter::once(row)).map(drop)
}
