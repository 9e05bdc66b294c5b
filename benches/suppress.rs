//! Stage 4, fuse: suppression of detections over a whole raster, and joining of cut ones.
//!
//! Inputs: boxes made by numbers that are the same in each run, their scores in no order, one
//! class, threshold 0.5 of intersection over union unless said otherwise. Threads: one.
//! - *crowded*: 100,000 boxes of 30 to 50 pixels in 3000 × 3000 pixels, so that each overlaps
//!   about 70 others; *crowded quads* are such squares, turned;
//! - *duplicates*: 10,000 objects in 10,000 × 10,000 pixels, each seen 10 times within 4 pixels;
//! - *one place*: 100,000 boxes of 40 pixels within 1 pixel;
//! - *giant*: a box of 10,000 × 10,000 pixels over 99,999 of 10 to 20 pixels, the best of all
//!   or the worst, by intersection over the smaller, and the best once more *by union*.
//!
//! *A million*: 250,000 objects in 100,000 × 100,000 pixels, each seen 4 times within 4 pixels, are
//! joined and suppressed as a scan does, and what is left grouped within 20 pixels.
//!
//! For joining: 10,000 rows of 10 boxes that seams cut. Throughput: detections.
//! `cargo bench --bench suppress`

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use geo::{Coord, Rect};
use std::hint::black_box;
use tianmu::georef::floor_to_u32;
use tianmu::model::decode::Overlap;
use tianmu::pipeline::fuse::{
    CutEdges, Detection, Outline, Part, group_parts, join_cut, single_objects, suppress,
};

/// Numbers in 0..1 that look random (a linear congruential generator).
struct Numbers(u32);

impl Numbers {
    fn between(&mut self, low: f64, high: f64) -> f64 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        low + (high - low) * f64::from(self.0 >> 8) / f64::from(1_u32 << 24)
    }

    fn score(&mut self) -> u16 {
        u16::try_from(floor_to_u32(self.between(1.0, 65_535.0))).expect("below 65,535")
    }

    fn scored(&mut self, outline: Outline) -> Detection {
        let score = self.score();
        Detection {
            class: 1,
            score,
            class_scores: vec![score],
            outline,
            cut: CutEdges::default(),
            n_detections: 1,
            is_seen: true,
        }
    }
}

fn square(x: f64, y: f64, side: f64) -> Outline {
    Outline::Box(Rect::new([x, y], [x + side, y + side]))
}

/// A square about its center, turned by an angle in radians.
fn turned(x: f64, y: f64, side: f64, angle: f64) -> Outline {
    let (sin, cos) = angle.sin_cos();
    let corners = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]];
    Outline::Quad(corners.map(|[u, v]| Coord {
        x: x + (u * cos - v * sin) * side / 2.0,
        y: y + (u * sin + v * cos) * side / 2.0,
    }))
}

struct Case {
    name: &'static str,
    by: Overlap,
    detections: Vec<Detection>,
}

fn cases() -> Vec<Case> {
    let mut numbers = Numbers(7);
    let mut crowded = |is_turned: bool| -> Vec<Detection> {
        let mut detection = |_| {
            let [x, y] = [(); 2].map(|()| numbers.between(0.0, 3000.0));
            let side = numbers.between(30.0, 50.0);
            let outline = if is_turned {
                turned(x, y, side, numbers.between(0.0, 3.2))
            } else {
                square(x, y, side)
            };
            numbers.scored(outline)
        };
        (0..100_000).map(&mut detection).collect()
    };
    let (boxes, quads) = (crowded(false), crowded(true));
    let mut duplicates = Vec::new();
    for _ in 0..10_000 {
        let [x, y] = [(); 2].map(|()| numbers.between(0.0, 10_000.0));
        for _ in 0..10 {
            let [dx, dy] = [(); 2].map(|()| numbers.between(-2.0, 2.0));
            duplicates.push(numbers.scored(square(x + dx, y + dy, 40.0)));
        }
    }
    let mut one_place = |_| {
        let [x, y] = [(); 2].map(|()| numbers.between(0.0, 1.0));
        numbers.scored(square(x, y, 40.0))
    };
    let one_place = (0..100_000).map(&mut one_place).collect();
    let mut giant = |score| -> Vec<Detection> {
        let mut small = |_| {
            let [x, y] = [(); 2].map(|()| numbers.between(0.0, 9_980.0));
            let side = numbers.between(10.0, 20.0);
            numbers.scored(square(x, y, side))
        };
        let mut detections: Vec<_> = (1..100_000).map(&mut small).collect();
        let mut giant = numbers.scored(square(0.0, 0.0, 10_000.0));
        giant.score = score;
        detections.push(giant);
        detections
    };
    let (best, worst) = (giant(u16::MAX), giant(0));
    let case = |name, by, detections| Case {
        name,
        by,
        detections,
    };
    vec![
        case("crowded", Overlap::Iou, boxes),
        case("crowded quads", Overlap::Iou, quads),
        case("duplicates", Overlap::Iou, duplicates),
        case("one place", Overlap::Iou, one_place),
        case("giant first", Overlap::Ios, best.clone()),
        case("giant last", Overlap::Ios, worst),
        case("giant first, by union", Overlap::Iou, best),
    ]
}

fn suppressing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("suppress");
    for case in cases() {
        group.throughput(Throughput::Elements(case.detections.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(case.name), |bencher| {
            let suppress = |detections| suppress(black_box(detections), 0.5, case.by);
            bencher.iter_batched(|| case.detections.clone(), suppress, BatchSize::LargeInput);
        });
    }
    group.finish();
}

fn joining(criterion: &mut Criterion) {
    let mut numbers = Numbers(7);
    let mut pieces = Vec::new();
    for row in 0..10_000 {
        for piece in 0..10 {
            let (x, y) = (f64::from(piece) * 512.0, f64::from(row) * 50.0);
            let outline = Outline::Box(Rect::new([x, y], [x + 640.0, y + 40.0]));
            let cut = CutEdges {
                left: piece > 0,
                right: piece < 9,
                ..CutEdges::default()
            };
            pieces.push(Detection {
                cut,
                ..numbers.scored(outline)
            });
        }
    }
    let mut group = criterion.benchmark_group("join_cut");
    group.throughput(Throughput::Elements(pieces.len() as u64));
    group.bench_function("rows", |bencher| {
        let join = |pieces| join_cut(black_box(pieces));
        bencher.iter_batched(|| pieces.clone(), join, BatchSize::LargeInput);
    });
    group.finish();
}

fn a_million(criterion: &mut Criterion) {
    let mut numbers = Numbers(7);
    let mut detections = Vec::new();
    for _ in 0..250_000 {
        let [x, y] = [(); 2].map(|()| numbers.between(0.0, 100_000.0));
        for _ in 0..4 {
            let [dx, dy] = [(); 2].map(|()| numbers.between(-2.0, 2.0));
            detections.push(numbers.scored(square(x + dx, y + dy, 40.0)));
        }
    }
    let mut group = criterion.benchmark_group("a million");
    group.sample_size(10);
    group.throughput(Throughput::Elements(detections.len() as u64));
    let fuse = |detections| {
        let single = single_objects(black_box(detections), 0.5, Overlap::Iou);
        let outlines: Vec<_> = single.iter().flat_map(|d| d.outline.to_polygon()).collect();
        let parts: Vec<Part<'_>> = outlines
            .iter()
            .map(|polygon| Part { class: 1, polygon })
            .collect();
        group_parts(&parts, 20.0).len()
    };
    group.bench_function("fused and grouped", |bencher| {
        bencher.iter_batched(|| detections.clone(), fuse, BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group!(benches, suppressing, joining, a_million);
criterion_main!(benches);
