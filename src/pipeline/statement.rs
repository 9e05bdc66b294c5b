//! What a run may say of itself: its id, its statement on the ground, and the facts
//! that go into output files.

use super::ScanJob;
use super::fit::COARSER;
use super::record::{ImageRecord, RunRecord};
use super::site::{CandidateSite, Coverage, PHOTOS, RunFacts};
use crate::digest::hash_of;
use crate::georef::{geodesic_area_m2, union};
use crate::model::ModelTask;

/// Whether a setting changes what is found; workers and batches only change how.
fn decides_result(name: &str) -> bool {
    !matches!(name, "workers" | "batch" | "screen")
}

/// Hash of the plan: what decides the result, nothing else.
pub(super) fn run_id(job: &ScanJob<'_>, images: &[ImageRecord]) -> String {
    let aoi = job.aoi.as_ref().map(|a| format!("{a:?}"));
    let settings: Vec<_> = job
        .settings
        .record
        .iter()
        .filter(|s| decides_result(s.name))
        .map(|s| (s.name, &s.value))
        .collect();
    let mut plan = serde_json::json!({
        "program": env!("CARGO_PKG_VERSION"),
        "model": job.model.file.identity(),
        "device": job.model.file.device,
        // The sidecar decides too: scaling, activation, background.
        "contract": format!("{:?}", job.model.contract),
        "settings": settings,
        "images": images.iter().map(|i| &i.sha256).collect::<Vec<_>>(),
        "aoi": aoi,
    });
    if let Some(screen) = job.screen {
        plan["screen"] = screen.file.identity().into();
    }
    let photos: Vec<_> = images.iter().map(|i| &i.photo).collect();
    if photos.iter().any(|photo| photo.is_some()) {
        plan["photos"] = serde_json::json!(photos);
    }
    hash_of(plan.to_string())[..32].to_owned()
}

/// The number of sites of each class that was searched for.
pub(super) fn by_class(job: &ScanJob<'_>, sites: &[CandidateSite]) -> Vec<(String, usize)> {
    let count = |name: &str| sites.iter().filter(|s| s.class == name).count();
    searched_classes(job)
        .map(|n| (n.to_owned(), count(n)))
        .collect()
}

fn searched_classes<'a>(job: &'a ScanJob<'_>) -> impl Iterator<Item = &'a str> {
    let contract = &job.model.contract;
    let wanted = job.settings.rule.wanted.iter();
    contract
        .classes
        .iter()
        .zip(wanted)
        .filter(|(_, wanted)| **wanted)
        .map(|(name, _)| name.as_str())
}

fn searched_values(job: &ScanJob<'_>) -> String {
    job.model.contract.classes.join(" and ")
}

/// Square metres covered by all images together, ground seen twice counted once.
pub(super) fn covered_once(coverage: &[Coverage]) -> f64 {
    let exact: f64 = coverage.iter().map(|c| c.area_m2).sum();
    if coverage.len() < 2 {
        return exact + 0.0;
    }
    let outlines: f64 = coverage.iter().map(|c| geodesic_area_m2(&c.outline)).sum();
    let joined = union(coverage.iter().flat_map(|c| &c.outline));
    exact - (outlines - geodesic_area_m2(&joined)).max(0.0)
}

/// What may be said of the ground: a zero only with what was covered.
pub(super) fn statement(
    job: &ScanJob<'_>,
    sites: &[CandidateSite],
    images: &[ImageRecord],
    covered: f64,
) -> String {
    let looked_at: Vec<&ImageRecord> = images.iter().filter(|i| i.covered_m2 > 0.0).collect();
    let gsds: Vec<f64> = looked_at
        .iter()
        .filter_map(|i| i.seen_gsd_m)
        .map(|m| m * 100.0)
        .collect();
    let (low, high) = gsds
        .iter()
        .fold((f64::INFINITY, 0.0_f64), |(l, h), g| (l.min(*g), h.max(*g)));
    let mut dates: Vec<&str> = looked_at
        .iter()
        .map(|i| {
            i.capture_time
                .as_deref()
                .map_or("unknown date", |t| t.get(..10).unwrap_or(t))
        })
        .collect();
    dates.sort_unstable();
    dates.dedup();
    let lead = match sites.len() {
        0 => "none found".to_owned(),
        1 => "1 candidate site".to_owned(),
        n => format!("{n} candidate sites"),
    };
    let failed = images.iter().filter(|i| i.failure.is_some()).count();
    if failed == images.len() {
        return "no image could be scanned, which says nothing of the ground".to_owned();
    }
    if looked_at.is_empty() {
        let screened = images.iter().map(|i| i.tiles.screened).sum::<u64>() > 0;
        let why = if screened {
            "the screen left out what there is"
        } else {
            "the images lie outside the area of interest, or have no valid pixel"
        };
        return format!("nothing was looked at: {why}; this says nothing of the ground");
    }
    if job.model.contract.task == ModelTask::Regression {
        return format!(
            "values of {} on {} ({:.1} mu); they are no sites",
            searched_values(job),
            area_text(covered),
            crate::georef::m2_to_mu(covered)
        );
    }
    let smallest = smallest_plot(job, high / 100.0);
    let resolution = if high - low < 0.05 {
        format!("{high:.1}")
    } else {
        format!("{low:.1}–{high:.1}")
    };
    let least = job.settings.min_area_text.as_ref();
    let least = least.map_or_else(String::new, |area| format!(" of {area} and more"));
    let unread = match failed {
        0 => String::new(),
        n => format!(
            "; {n} of {} images could not be scanned, of which nothing is known",
            images.len()
        ),
    };
    let holes = match images.iter().map(|i| i.tiles.unreadable).sum::<u64>() {
        0 => String::new(),
        n => format!("; {n} tiles could not be read, of which nothing is known"),
    };
    let screened = match images.iter().map(|i| i.tiles.screened).sum::<u64>() {
        0 => String::new(),
        n => format!(
            "; {n} tiles were looked at coarsely only, and hold no open ground by `{}`",
            job.screen.map_or("", |s| &s.contract.name)
        ),
    };
    let blind = match images.iter().map(|i| i.not_numbers).sum::<u64>() {
        0 => String::new(),
        n => format!("; the model gave no number for {n} cells, of which nothing is known"),
    };
    format!(
        "{lead}{least} on {} ({:.1} mu) covered, searched for {}, {resolution} cm per pixel, dated {}; {smallest}{unread}{holes}{screened}{blind}",
        area_text(covered),
        crate::georef::m2_to_mu(covered),
        searched_classes(job).collect::<Vec<_>>().join(" and "),
        dates.join(", "),
    )
}

/// What the model was shown to find, as far as that holds at `seen_m` metres per pixel.
fn smallest_plot(job: &ScanJob<'_>, seen_m: f64) -> String {
    let contract = &job.model.contract;
    let too_coarse = contract
        .gsd_m
        .is_some_and(|made_for| seen_m > COARSER * made_for);
    match (contract.smallest_plot_m2, contract.gsd_m) {
        (_, Some(made_for)) if too_coarse => format!(
            "the model was made for {:.1} cm, so any plot may be missed",
            made_for * 100.0
        ),
        (Some(m2), _) => format!(
            "the smallest plot this model was shown to find has {m2} m²; smaller ones may be there"
        ),
        (None, _) => {
            "the model does not say which plots it was shown to find, so any may be missed"
                .to_owned()
        }
    }
}

fn area_text(m2: f64) -> String {
    if m2 < 1e5 {
        format!("{m2:.0} m²")
    } else {
        format!("{:.3} km²", m2 / 1e6)
    }
}

/// Facts for the output files: nothing that depends on workers, paths or the clock.
pub(super) fn facts(record: &RunRecord) -> RunFacts {
    let settings: serde_json::Map<String, serde_json::Value> = record
        .settings
        .iter()
        .filter(|s| decides_result(s.name))
        .map(|s| (s.name.to_owned(), s.value.clone()))
        .collect();
    let newest = record
        .images
        .iter()
        .filter_map(|i| i.capture_time.as_deref())
        .max();
    let date = newest.and_then(|t| t.get(..10)).unwrap_or("2000-01-01");
    let mut facts = RunFacts {
        plan_date: format!("{date}T00:00:00.000Z"),
        facts: vec![
            ("run_id".into(), record.run_id.clone()),
            ("program".into(), record.program.clone()),
            ("model".into(), record.model.clone()),
            ("model_sha256".into(), record.model_sha256.clone()),
            (
                "settings".into(),
                serde_json::Value::Object(settings).to_string(),
            ),
            ("statement".into(), record.statement.clone()),
        ],
    };
    let photos = record.images.iter().filter(|i| i.photo.is_some()).count();
    if photos > 0 {
        facts.facts.push((PHOTOS.into(), photos.to_string()));
    }
    facts
}
