//! A made-up report for tests: two models, all levels, Chinese and hostile names.

mod levels;

use super::schema::{
    BaselineChange, BenchReport, Change, Cost, DatasetSummary, Difference, Example, Measured,
    Method, ModelReport, SCHEMA_VERSION, SceneSummary, ThresholdChoice,
};
use std::collections::BTreeMap;

/// The name of the second model: whatever a file can bear.
pub(super) const HOSTILE: &str =
    "</title><script>alert(\"1\")</script>' onload='x\n|云南 罂粟`b`\\|& https://example.org/x.js";

/// A number with its interval.
pub(super) fn number(value: f64, low: f64, high: f64) -> Measured {
    Measured {
        value: Some(value),
        low: Some(low),
        high: Some(high),
    }
}

/// A report of nothing.
pub(super) fn empty() -> BenchReport {
    BenchReport {
        schema_version: SCHEMA_VERSION,
        program: "tianmu 0.1.0".into(),
        onnx_runtime: String::new(),
        gdal: "3.10.3".into(),
        command_line: Vec::new(),
        made: "2026-05-04T08:30:00Z".into(),
        dataset: DatasetSummary::default(),
        method: Method::default(),
        models: Vec::new(),
        differences: Vec::new(),
        baseline: None,
    }
}

/// A report of all there can be.
pub(super) fn example() -> BenchReport {
    let (first, second) = (segmenter(), classifier());
    let differences = differences(&first.name, &second.name);
    BenchReport {
        onnx_runtime: "1.22.0".into(),
        command_line: [
            "tianmu",
            "bench",
            "山区/bench.toml",
            "--model",
            "poppy-seg",
            "--at-most",
        ]
        .map(String::from)
        .to_vec(),
        dataset: dataset(),
        method: Method {
            hit_iou: 0.1,
            bootstrap: 2000,
            seed: 7,
        },
        baseline: Some(BaselineChange {
            path: "去年/report.json".into(),
            made: "2025-05-02T10:00:00Z".into(),
            changes: vec![
                change(&first.name, "site_recall", Some(0.853), Some(0.912)),
                change(&first.name, "false_per_km2", Some(4.4), Some(3.21)),
                change(&second.name, "site_recall", None, Some(0.735)),
            ],
            notes: vec!["The scene “村北 <3>” is new; figures are of other ground.".into()],
        }),
        models: vec![first, second],
        differences,
        ..empty()
    }
}

fn change(model: &str, measure: &str, before: Option<f64>, now: Option<f64>) -> Change {
    Change {
        model: model.into(),
        measure: measure.into(),
        before,
        now,
    }
}

fn dataset() -> DatasetSummary {
    let scene = |name: &str, flight: &str, stage: &str, gsd_cm: f64, poppy: usize| SceneSummary {
        name: name.into(),
        image: format!("images/{name}.tif"),
        sha256: "ab".repeat(32),
        flight: flight.into(),
        date: "2026-04-18".into(),
        stage: stage.into(),
        gsd_cm,
        truth: "polygons".into(),
        plots: BTreeMap::from([("opium_poppy".into(), poppy), ("cannabis".into(), 1)]),
        lookalikes: 3,
    };
    DatasetSummary {
        name: "山区 2026 春 <hill county>".into(),
        path: "/data/山区".into(),
        scenes: vec![
            scene("沟口", "F-01", "flowering", 2.5, 12),
            scene("村北 <3>", "F-02", "flowering", 2.5, 9),
            scene("大坪", "F-03", "rosette", 3.1, 6),
            scene("no flight known", "", "", 4.9, 3),
        ],
        group_unit: "flight".into(),
        groups: 4,
        warnings: vec![
            "3 plots of `test` lie within 50 m of plots that “poppy-seg” was trained on: its \
             recall may be too high."
                .into(),
            "No model knows the class `khat` <b>(2 plots)</b>; they are left out.".into(),
        ],
    }
}

fn segmenter() -> ModelReport {
    ModelReport {
        name: "罂粟分割 poppy-seg v3".into(),
        path: "models/poppy-seg/model.onnx".into(),
        sha256: "0f".repeat(32),
        bytes: 1_392_640,
        task: "segmentation".into(),
        gsd_m: Some(0.025),
        classes: vec!["opium_poppy".into(), "cannabis".into()],
        threshold: "opium_poppy=0.5,cannabis=0.7".into(),
        settings: BTreeMap::from([
            ("tile-size".into(), serde_json::json!(512)),
            ("overlap".into(), serde_json::json!(112)),
            (
                "min-area".into(),
                serde_json::json!({"cannabis": 0.6, "opium_poppy": 1}),
            ),
            ("activation".into(), serde_json::json!("softmax")),
        ]),
        km2: 1.234,
        site: Some(levels::site(0.0)),
        tile: Some(levels::tile(0.0)),
        pixel: Some(levels::pixel()),
        object: None,
        left_out: BTreeMap::from([("object".into(), "its sites are outlines, not boxes".into())]),
        calibration: Some(levels::reliability()),
        thresholds: levels::thresholds(0.0),
        choices: vec![ThresholdChoice {
            class: "opium_poppy".into(),
            limit: "at most 5 false sites per km2".into(),
            row: levels::thresholds(0.0).get(16).cloned(),
            written_to: Some("poppy-seg/model.json".into()),
        }],
        cost: Some(cost()),
        worst_misses: (0..6).map(|index| example_of(index, None)).collect(),
        worst_false: (0..5).map(|index| example_of(index, Some(0.991))).collect(),
        notes: vec!["the sidecar tells no `tianmu:stride_px`".into()],
    }
}

fn classifier() -> ModelReport {
    ModelReport {
        name: HOSTILE.into(),
        path: "D:\\models\\tile classifier.onnx".into(),
        bytes: 45_100_000,
        task: "classification".into(),
        threshold: "0.5".into(),
        site: Some(levels::site(0.177)),
        tile: Some(levels::tile(0.08)),
        pixel: None,
        object: Some(levels::object()),
        left_out: BTreeMap::from([
            ("pixel".into(), "it gives labels of tiles <only>".into()),
            ("cost".into(), "`--no-speed` was given".into()),
        ]),
        calibration: None,
        thresholds: levels::thresholds(0.15),
        choices: vec![ThresholdChoice {
            class: "opium_poppy".into(),
            limit: "at most 5 false sites per km2".into(),
            row: None,
            written_to: None,
        }],
        cost: None,
        worst_misses: Vec::new(),
        worst_false: vec![example_of(7, Some(0.8))],
        notes: Vec::new(),
        ..segmenter()
    }
}

fn cost() -> Cost {
    Cost {
        scene: "沟口".into(),
        repeats: 5,
        threads: 2,
        processor: "AMD EPYC 7B13".into(),
        cores: 2,
        device: "cpu".into(),
        seconds: 12.5,
        seconds_range: (12.1, 13.4),
        stages: BTreeMap::from([
            ("read".into(), 3.2),
            ("infer".into(), 20.1),
            ("decode".into(), 1.25),
            ("locate".into(), 0.05),
        ]),
        mpx_per_s: 5.5,
        tiles_per_s: 24.5,
        km2_per_h: 12.4,
        decode_alone_s: 2.9,
        infer_alone_s: 19.5,
        share_of_limit: 0.896,
        peak_memory_bytes: Some(205_520_896),
        pixels: 7_864_320,
        tiles: 56,
    }
}

fn example_of(index: u8, score: Option<f64>) -> Example {
    let shade = index.wrapping_mul(30);
    Example {
        scene: "村北 <3>".into(),
        id: format!("P-{index:02}"),
        class: "opium_poppy".into(),
        lon: 102.123_456_7,
        lat: 24.5 + f64::from(index) / 1024.0,
        area_m2: (index != 2).then_some(12.25 - f64::from(index)),
        score,
        note: if index == 1 {
            "大棚 \"greenhouse\""
        } else {
            "flowering"
        }
        .into(),
        picture: (index != 2).then(|| picture(shade)),
    }
}

fn picture(shade: u8) -> Vec<u8> {
    let pixels = image::RgbImage::from_fn(96, 96, |x, y| {
        let ripple = u8::try_from((x * 7 + y * 13) % 60).unwrap();
        let near = (x.abs_diff(48) + y.abs_diff(48)) < 20;
        let red = if near { 170 } else { 70 };
        image::Rgb([red + ripple, 80 + ripple + shade / 4, 60 + ripple / 2])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    pixels
        .write_to(&mut bytes, image::ImageFormat::Jpeg)
        .unwrap();
    bytes.into_inner()
}

fn differences(first: &str, second: &str) -> Vec<Difference> {
    let row = |measure: &str, difference: Measured, verdict: &str| Difference {
        first: first.into(),
        second: second.into(),
        measure: measure.into(),
        difference,
        verdict: verdict.into(),
    };
    vec![
        row(
            "site recall",
            number(-0.177, -0.29, -0.06),
            "first is better",
        ),
        row("false sites per km2", number(1.3, -0.8, 3.9), "cannot tell"),
        row(
            "site precision",
            Measured {
                value: Some(-0.1),
                ..Measured::default()
            },
            "cannot tell",
        ),
    ]
}
