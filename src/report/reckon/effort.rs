//! Images, flights, people; ground looked at.

use super::source::Source;
use crate::campaign::Lang;
use crate::campaign::coverage::{CoverageReport, median_gsd_cm};
use crate::report::figures::{
    Count, CoverageFigures, CoverageTally, EffortFigures, GapRow, SortiesFrom, TypedEffort,
};
use std::collections::BTreeSet;

/// What was flown and looked at.
pub(super) fn effort(source: &Source, typed: TypedEffort) -> EffortFigures {
    let good = || source.scenes.iter().filter(|scene| !scene.failed);
    let mut days: BTreeSet<&String> = good()
        .map(|s| &s.day)
        .filter(|day| !day.is_empty())
        .collect();
    let flown: BTreeSet<&String> = source.flights.iter().filter(|d| !d.is_empty()).collect();
    days.extend(&flown);
    let (sorties, sorties_from) = match (typed.sorties, source.sorties()) {
        (Some(typed), _) => (Some(typed), Some(SortiesFrom::Typed)),
        (None, Some(counted)) => (Some(counted), Some(SortiesFrom::Flights)),
        (None, None) => (None, None),
    };
    let sizes = || {
        good()
            .filter_map(|scene| scene.gsd_cm)
            .filter(|gsd| gsd.is_finite())
    };
    EffortFigures {
        typed,
        sorties,
        sorties_from,
        flown_dates: flown.into_iter().cloned().collect(),
        images: Count::of(good().count()),
        images_failed: Count::of(source.scenes.len() - good().count()),
        capture_dates: days.into_iter().cloned().collect(),
        images_undated: Count::of(good().filter(|scene| scene.day.is_empty()).count()),
        runs: Count::of(source.runs.len()),
        gsd_cm: sizes()
            .min_by(f64::total_cmp)
            .zip(sizes().max_by(f64::total_cmp)),
    }
}

/// Ground looked at; `total` was reckoned with the counts of the county.
pub(super) fn coverage(
    report: CoverageReport,
    total: Option<CoverageTally>,
    candidates: Count,
    lang: Lang,
) -> CoverageFigures {
    let candidates = candidates.value().and_then(|n| usize::try_from(n).ok());
    let statement = report.statement(lang, candidates.unwrap_or(0));
    let mut by_share = [0; 4];
    for village in &report.villages {
        let share = village.share();
        let class = [0.5, 0.8, 0.95]
            .iter()
            .filter(|least| share >= **least)
            .count();
        by_share[class] += 1;
    }
    let dates: BTreeSet<&String> = report.villages.iter().flat_map(|v| &v.dates).collect();
    CoverageFigures {
        // What no image that counts was taken for was not looked for.
        crops: report
            .by_crop
            .iter()
            .filter(|crop| crop.covered_m2 > 0.0)
            .map(|crop| crop.crop.clone())
            .collect(),
        max_gsd_cm: report.max_gsd_cm,
        days_apart: report.days_apart,
        undated: report.undated,
        total: total.unwrap_or_default(),
        statement,
        villages_by_share: by_share,
        dates: dates.into_iter().cloned().collect(),
        median_gsd_cm: median_gsd_cm(
            report
                .villages
                .iter()
                .filter_map(|v| Some((v.median_gsd_cm?, v.covered_m2))),
        ),
        gaps: report
            .gaps
            .iter()
            .map(|gap| GapRow {
                xzqdm: gap.xzqdm.clone(),
                village: gap.village.clone(),
                area_m2: gap.area_m2,
                reason: gap.reason,
            })
            .collect(),
        villages: report.villages,
    }
}
