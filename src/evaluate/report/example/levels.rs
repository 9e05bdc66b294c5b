//! The levels of the made-up report.

use super::number;
use crate::evaluate::report::schema::{
    CountError, LookalikeRow, Measured, ObjectClass, ObjectLevel, PixelClass, PixelLevel,
    Reliability, ReliabilityBin, SiteBreakdown, SiteLevel, ThresholdRow, TileClass, TileLevel,
};

/// Rounded, so that JSON gives back the same number.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

fn spread(value: f64, width: f64) -> Measured {
    let (low, high) = ((value - width).max(0.0), (value + width).min(1.0));
    number(rounded(value), rounded(low), rounded(high))
}

fn kind(name: &str, plots: u32, recall: f64) -> SiteBreakdown {
    let found = whole((f64::from(plots) * recall).round());
    let plots = plots as usize;
    SiteBreakdown {
        name: name.into(),
        plots,
        found,
        recall: spread(recall, 0.12),
        false_sites: None,
        false_per_km2: Measured::default(),
    }
}

/// Sites of a model that is so much worse.
pub(super) fn site(less: f64) -> SiteLevel {
    let scene = |name: &str, plots: u32, recall: f64| SiteBreakdown {
        false_sites: Some(2),
        false_per_km2: number(6.5, 2.0, 11.0),
        ..kind(name, plots, recall)
    };
    SiteLevel {
        plots: 34,
        found: if less > 0.0 { 25 } else { 31 },
        sites: 39,
        false_sites: 4,
        recall: number(
            rounded(0.912 - less),
            rounded(0.824 - less),
            rounded(0.971 - less),
        ),
        precision: spread(0.897 - less, 0.07),
        f1: spread(0.905 - less, 0.06),
        false_per_km2_below: Some(12.3),
        false_per_km2: number(rounded(3.21 + less * 8.0), 1.9, 5.02),
        recall_at_1: spread(0.7 - less, 0.1),
        recall_at_5: spread(0.92 - less, 0.06),
        recall_at_20: spread(0.96 - less, 0.03),
        classes: vec![
            scene("opium_poppy", 30, 0.933 - less),
            scene("cannabis", 4, 0.75),
        ],
        by_size: vec![
            kind("below 1 m2", 5, 0.6 - less),
            kind("1-4 m2", 11, 0.909 - less),
            kind("4-20 m2", 15, 1.0),
            kind("above 20 m2", 3, 1.0),
        ],
        by_gsd: vec![
            kind("2-3 cm", 23, 0.957),
            kind("3-4 cm", 7, 0.857 - less),
            kind("4-6 cm", 4, 0.75 - less),
        ],
        by_stage: vec![
            kind("flowering", 21, 1.0),
            kind("rosette 莲座期 <early>", 9, 0.667 - less),
            SiteBreakdown {
                name: String::new(),
                plots: 4,
                ..SiteBreakdown::default()
            },
        ],
        by_scene: vec![
            scene("沟口", 13, 1.0),
            scene("村北 <3>", 10, 0.9 - less),
            scene("大坪", 7, 0.857),
            scene("no flight known", 4, 0.75),
        ],
        lookalikes: vec![
            LookalikeRow {
                name: "油菜 rapeseed".into(),
                patches: 8,
                hit: 2,
                false_sites: 3,
            },
            LookalikeRow {
                name: "greenhouse".into(),
                patches: 4,
                hit: 0,
                false_sites: 0,
            },
            LookalikeRow {
                false_sites: 1,
                ..LookalikeRow::default()
            },
        ],
        count: CountError {
            relative: Some(0.147),
            mean_absolute: 1.75,
            mean: 1.25,
        },
    }
}

/// Tiles of a model that is so much worse.
pub(super) fn tile(less: f64) -> TileLevel {
    let class = |name: &str, positive: usize, area: f64| TileClass {
        name: name.into(),
        tiles: 4_210,
        positive,
        precision: spread(area - 0.02, 0.05),
        recall: spread(area - 0.05, 0.05),
        f1: spread(area - 0.03, 0.05),
        pr_auc: spread(area, 0.03),
        roc_auc: spread(0.98, 0.01),
        curve: (0..=40_u8)
            .map(|step| {
                let recall = f64::from(step) / 40.0;
                (recall, rounded(1.0 - (1.0 - area) * 3.0 * recall.powi(4)))
            })
            .collect(),
    };
    TileLevel {
        classes: vec![
            class("opium_poppy", 131, 0.93 - less),
            class("cannabis", 12, 0.81 - less),
        ],
    }
}

/// Labels of pixels.
pub(super) fn pixel() -> PixelLevel {
    PixelLevel {
        classes: vec![PixelClass {
            name: "opium_poppy".into(),
            iou: spread(0.712, 0.05),
            f1: spread(0.832, 0.04),
            precision: spread(0.861, 0.04),
            recall: spread(0.805, 0.05),
            truth: 182_331,
            found: 170_440,
        }],
        mean_iou: spread(0.712, 0.05),
        pixels: 31_457_280,
    }
}

/// Boxes of objects.
pub(super) fn object() -> ObjectLevel {
    ObjectLevel {
        truth: 34,
        found: 210,
        ap50: spread(0.66, 0.09),
        ap50_95: spread(0.41, 0.08),
        classes: vec![ObjectClass {
            name: "opium_poppy".into(),
            truth: 30,
            found: 190,
            ap50: spread(0.69, 0.09),
            ap50_95: spread(0.43, 0.08),
            curve: (0..=100_u8)
                .map(|step| {
                    let recall = f64::from(step) / 100.0;
                    let precision = if step > 83 {
                        0.0
                    } else {
                        1.0 - recall * recall / 2.0
                    };
                    (recall, rounded(precision))
                })
                .collect(),
        }],
    }
}

/// Scores that are a little too sure of themselves.
pub(super) fn reliability() -> Reliability {
    let counts = [0, 4, 7, 0, 12, 9, 1_234, 18, 33, 204];
    let bins = (0..10_u8).zip(counts).filter(|(_, count)| *count > 0);
    let bins = bins.map(|(index, count)| {
        let from = f64::from(index) / 10.0;
        ReliabilityBin {
            from: rounded(from),
            to: rounded(from + 0.1),
            count,
            mean_score: rounded(from + 0.06),
            hit_share: rounded(((from + 0.06) * 0.9).min(1.0)),
        }
    });
    Reliability {
        of: "site".into(),
        ece: spread(0.061, 0.02),
        bins: bins.collect(),
        brier: Some(0.084),
        calibrated: true,
    }
}

/// What other thresholds would give to a model that is so much worse.
pub(super) fn thresholds(less: f64) -> Vec<ThresholdRow> {
    let mut rows: Vec<ThresholdRow> = (0..30_u32)
        .map(|step| {
            let threshold = 0.02 + 0.033 * f64::from(step);
            let found = (34.0 * (1.0 - less - 0.9 * threshold.powi(6))).round();
            let false_sites = (900.0 * (-9.0 * threshold).exp()).round();
            let sites = found + false_sites;
            ThresholdRow {
                class: String::new(),
                threshold: Some(rounded(threshold)),
                sites: whole(sites),
                found: whole(found),
                recall: Some(rounded(found / 34.0)),
                false_sites: whole(false_sites),
                false_per_km2: Some(rounded(false_sites / 1.234)),
                false_per_km2_below: Some(rounded((false_sites + 5.0) / 1.234)),
                precision: (sites > 0.0).then(|| rounded(found / sites)),
                visits_per_100_km2: Some(rounded(sites / 1.234 * 100.0)),
            }
        })
        .collect();
    let own = rows[16].clone();
    rows.push(ThresholdRow {
        threshold: None,
        ..own
    });
    rows
}

fn whole(value: f64) -> usize {
    crate::georef::round_to_u32(value) as usize
}
