//! Stage 4, fuse: runs of labelled cells, tracing, outlines, grouping.
//!
//! Inputs: two masks of 2048 × 2048 cells with one class besides nothing, made by
//! numbers that are the same in each run. *Few plots* has 60 slanted ellipses with
//! half axes of 10 to 60 cells, *many plots* 4000 with 2 to 12. Threads: one.
//!
//! Throughput: cells of the mask for runs and tracing, corners of the exact outlines
//! for simplifying, parts for grouping. `cargo bench --bench fuse`

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use geo::Polygon;
use std::hint::black_box;
use tianmu::georef::floor_to_u32;
use tianmu::pipeline::fuse::{
    Component, Part, RunRows, StripTracer, group_parts, simplified_polygon,
};

/// Cells along an edge of the mask.
const SIZE: u32 = 2048;

/// Columns of a tile's core.
const TILE: usize = 512;

/// Nothing, and the class.
const CLASSES: usize = 2;

struct Mask {
    name: &'static str,
    /// `[row, col]`
    labels: Vec<u8>,
    /// Probability of the class, in 1/65535, `[row, col]`.
    scores: Vec<u16>,
}

/// Numbers in 0..1 that look random (a linear congruential generator).
struct Numbers(u32);

impl Numbers {
    fn between(&mut self, low: f64, high: f64) -> f64 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        low + (high - low) * f64::from(self.0 >> 8) / f64::from(1_u32 << 24)
    }
}

impl Mask {
    fn of_ellipses(name: &'static str, count: u32, axes: [f64; 2]) -> Self {
        let mut labels = vec![0; (SIZE * SIZE) as usize];
        let mut numbers = Numbers(7);
        for _ in 0..count {
            let [x, y] = [(); 2].map(|()| numbers.between(0.0, f64::from(SIZE)));
            let [wide, high] = [(); 2].map(|()| numbers.between(axes[0], axes[1]));
            let slant = numbers.between(-0.8, 0.8);
            let reach = 2.0 * axes[1];
            let range = |at: f64| floor_to_u32(at - reach)..floor_to_u32(at + reach).min(SIZE);
            for row in range(y) {
                for col in range(x) {
                    let (dx, dy) = (f64::from(col) - x, f64::from(row) - y);
                    if ((dx + slant * dy) / wide).hypot(dy / high) < 1.0 {
                        labels[(row * SIZE + col) as usize] = 1;
                    }
                }
            }
        }
        let score = |label: &u8| 3_000 + 50_000 * u16::from(*label);
        Self {
            name,
            scores: labels.iter().map(score).collect(),
            labels,
        }
    }

    /// Rows of runs, a column of tiles each.
    fn runs(&self) -> Vec<RunRows> {
        let width = SIZE as usize;
        let nothing = vec![0; TILE];
        (0..width)
            .step_by(TILE)
            .map(|left| {
                let mut rows = RunRows::new(CLASSES);
                let x = u32::try_from(left).expect("narrower than 2^32");
                for row in 0..width {
                    let cols = row * width + left..row * width + left + TILE;
                    let planes = [nothing.as_slice(), &self.scores[cols.clone()]];
                    rows.push_row(x, &self.labels[cols], &planes);
                }
                rows
            })
            .collect()
    }
}

fn trace(tiles: &[RunRows]) -> Vec<Component> {
    let mut tracer = StripTracer::new(SIZE, 0, CLASSES);
    for row in 0..SIZE as usize {
        tracer.push_row(tiles.iter().map(|tile| tile.row(row)));
    }
    tracer.finish().seal()
}

fn masks() -> [Mask; 2] {
    [
        Mask::of_ellipses("few plots", 60, [10.0, 60.0]),
        Mask::of_ellipses("many plots", 4000, [2.0, 12.0]),
    ]
}

fn tracing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fuse/trace");
    group.throughput(Throughput::Elements(u64::from(SIZE) * u64::from(SIZE)));
    for mask in masks() {
        group.bench_function(BenchmarkId::new("runs", mask.name), |bencher| {
            bencher.iter(|| black_box(&mask).runs());
        });
        let tiles = mask.runs();
        group.bench_function(BenchmarkId::new("components", mask.name), |bencher| {
            bencher.iter(|| trace(black_box(&tiles)));
        });
    }
    group.finish();
}

fn outlines(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fuse/outline");
    for mask in masks() {
        let components = trace(&mask.runs());
        let corners: usize = components.iter().flat_map(|c| &c.rings).map(Vec::len).sum();
        group.throughput(Throughput::Elements(corners as u64));
        group.bench_function(BenchmarkId::new("simplify", mask.name), |bencher| {
            let simplify = |c: &Component| simplified_polygon(c, 0.49);
            bencher.iter(|| {
                black_box(&components)
                    .iter()
                    .map(simplify)
                    .collect::<Vec<_>>()
            });
        });
    }
    group.finish();
}

fn grouping(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fuse/group");
    for mask in masks() {
        let components = trace(&mask.runs());
        let polygons: Vec<Polygon<f64>> = components
            .iter()
            .map(|c| simplified_polygon(c, 0.49))
            .collect();
        let parts: Vec<Part<'_>> = polygons
            .iter()
            .map(|polygon| Part { class: 1, polygon })
            .collect();
        group.throughput(Throughput::Elements(parts.len() as u64));
        // Far enough for most plots to find a neighbour where there are many.
        group.bench_function(BenchmarkId::new("within 10 cells", mask.name), |bencher| {
            bencher.iter(|| group_parts(black_box(&parts), 10.0));
        });
    }
    group.finish();
}

criterion_group!(benches, tracing, outlines, grouping);
criterion_main!(benches);
