//! The decoders against predictions computed by another program,
//! `tests/golden/decoders/make.py`.

use super::tests::tensor;
use super::{BoxDecoder, BoxFrame, PredictedShape, decode};
use serde::Deserialize;
use std::path::Path;

const TOLERANCE: f32 = 1e-4;
/// Share of a mask's pixels that may differ, for sums that are nearly 0.
const OTHER_PIXELS: f64 = 0.005;

#[derive(Deserialize)]
struct Case {
    decoder: BoxDecoder,
    rows: u32,
    cols: u32,
    item: usize,
    least_score: Vec<Option<f32>>,
    outputs: Vec<Output>,
    expected: Vec<Expected>,
}

#[derive(Deserialize)]
struct Output {
    shape: Vec<usize>,
    values: Vec<f32>,
}

#[derive(Deserialize)]
struct Expected {
    class: usize,
    score: f32,
    class_scores: Vec<f32>,
    shape: ExpectedShape,
}

#[derive(Deserialize)]
struct ExpectedShape {
    kind: String,
    numbers: Vec<f32>,
    #[serde(default)]
    pixels: String,
}

fn check(name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/decoders");
    let text = fs_err::read_to_string(folder.join(format!("{name}.json"))).unwrap();
    let case: Case = serde_json::from_str(&text).unwrap();
    let outputs: Vec<_> = case
        .outputs
        .iter()
        .map(|output| tensor(&output.shape, &output.values))
        .collect();
    let outputs: Vec<_> = outputs.iter().map(|output| output.view()).collect();
    let frame = BoxFrame {
        rows: case.rows,
        cols: case.cols,
    };
    let least_score: Vec<f32> = case
        .least_score
        .iter()
        .map(|least| least.unwrap_or(f32::INFINITY))
        .collect();
    let classes = least_score.len();
    let found = decode(
        case.decoder,
        &outputs,
        case.item,
        frame,
        classes,
        &least_score,
    )
    .unwrap();

    assert_eq!(found.len(), case.expected.len(), "{name}");
    for (at, (seen, wanted)) in found.iter().zip(&case.expected).enumerate() {
        assert_eq!(seen.class, wanted.class, "{name} {at}");
        assert_near(&[seen.score], &[wanted.score], name, at);
        assert_near(&seen.class_scores, &wanted.class_scores, name, at);
        assert_same_shape(&seen.shape, &wanted.shape, name, at);
    }
}

fn assert_near(seen: &[f32], wanted: &[f32], name: &str, at: usize) {
    let near = seen.len() == wanted.len()
        && seen
            .iter()
            .zip(wanted)
            .all(|(s, w)| (s - w).abs() <= TOLERANCE);
    assert!(near, "{name} {at}: {seen:?}, wanted {wanted:?}");
}

fn assert_same_shape(seen: &PredictedShape, wanted: &ExpectedShape, name: &str, at: usize) {
    let (kind, numbers) = match seen {
        PredictedShape::Box {
            left,
            top,
            right,
            bottom,
        } => ("box", vec![*left, *top, *right, *bottom]),
        PredictedShape::Turned {
            x,
            y,
            width,
            height,
            angle,
        } => ("turned", vec![*x, *y, *width, *height, *angle]),
        PredictedShape::Mask {
            col,
            row,
            width,
            pixels,
        } => {
            let digits: Vec<u8> = wanted.pixels.bytes().map(|digit| digit - b'0').collect();
            assert_eq!(pixels.len(), digits.len(), "{name} {at}");
            let others = pixels.iter().zip(&digits).filter(|(s, w)| s != w).count();
            let most = OTHER_PIXELS * f64::from(u32::try_from(digits.len()).unwrap());
            assert!(
                f64::from(u32::try_from(others).unwrap()) <= most,
                "{name} {at}: {others} pixels differ"
            );
            let window = [*col, *row, *width].map(crate::georef::to_f32);
            ("mask", window.to_vec())
        }
    };
    assert_eq!(kind, wanted.kind, "{name} {at}");
    assert_near(&numbers, &wanted.numbers, name, at);
}

#[test]
fn rows_of_yolo() {
    check("yolo-v5");
    check("yolo-v5-objectness");
    check("yolo-v6");
    check("yolo-x");
}

#[test]
fn columns_of_yolo() {
    check("yolo-v8");
    check("yolo-v8-obb");
    check("yolo-v8-seg");
}

#[test]
fn suppressed_rows() {
    check("end-to-end");
    check("end-to-end-obb");
    check("end-to-end-seg");
}

#[test]
fn lists_and_queries() {
    check("retina-net");
    check("detr");
}
