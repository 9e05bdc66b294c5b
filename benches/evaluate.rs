//! Sites against known plots: 100,000 predictions and 10,000 plots, most of them hit several times
//! over, on 40 by 40 km; hits, figures and the curve of thresholds. And as many boxes of one image
//! by COCO's matching. One thread for boxes, all for hits.

use criterion::{Criterion, criterion_group, criterion_main};
use geo::{MultiPolygon, Point, Rect};
use std::hint::black_box;
use std::path::Path;
use tianmu::evaluate::metrics::{FoundBox, TruthBox, match_boxes};
use tianmu::evaluate::{FoundSite, Place, Predictions, TruthPlot, evaluate_predictions};

/// Whole numbers below `below` that look like chance, the same every time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: u32) -> f64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let number = (z ^ (z >> 31)) % u64::from(below);
        f64::from(u32::try_from(number).unwrap_or(0))
    }
}

const METRES_PER_DEGREE: f64 = 111_000.0;

fn square(lon: f64, lat: f64, edge_m: f64) -> MultiPolygon<f64> {
    let half = edge_m / 2.0 / METRES_PER_DEGREE;
    let ring = Rect::new((lon - half, lat - half), (lon + half, lat + half)).to_polygon();
    ring.into()
}

fn county() -> (Vec<FoundSite>, Vec<TruthPlot>) {
    let mut numbers = Numbers(7);
    let mut place = || {
        (
            102.0 + numbers.next(40_000) / METRES_PER_DEGREE,
            25.0 + numbers.next(40_000) / METRES_PER_DEGREE,
        )
    };
    let plots: Vec<TruthPlot> = (0..10_000)
        .map(|i| {
            let (lon, lat) = place();
            TruthPlot {
                id: i.to_string(),
                class: "poppy".into(),
                stage: String::new(),
                note: String::new(),
                place: Place::Area(square(lon, lat, 12.0)),
            }
        })
        .collect();
    let mut numbers = Numbers(8);
    let sites = (0..100_000).map(|i| {
        let plot = &plots[i % plots.len()];
        let Place::Area(outline) = &plot.place else {
            unreachable!("plots are areas");
        };
        let at = outline.0[0].exterior().0[0];
        let shift = |n: f64| (n - 20.0) / METRES_PER_DEGREE;
        let (lon, lat) = (
            at.x + shift(numbers.next(40)),
            at.y + shift(numbers.next(40)),
        );
        FoundSite {
            id: i.to_string(),
            class: "poppy".into(),
            score: numbers.next(10_000) / 10_000.0,
            outline: square(lon, lat, 10.0),
            point: Point::new(lon, lat),
            pos_err_m: 2.0,
            area_m2: 100.0,
        }
    });
    (sites.collect(), plots)
}

fn predictions(criterion: &mut Criterion) {
    let (sites, plots) = county();
    let mut group = criterion.benchmark_group("evaluate");
    group.sample_size(10);
    group.bench_function("100,000 sites against 10,000 plots", |bench| {
        bench.iter(|| {
            black_box(evaluate_predictions(Predictions {
                path: Path::new("sites.geojson"),
                sites: sites.clone(),
                truth_path: Path::new("truth.geojson"),
                plots: plots.clone(),
                lookalikes: Vec::new(),
                area: None,
                limit: None,
                command_line: Vec::new(),
                made: String::new(),
            }))
        });
    });
    let mut numbers = Numbers(9);
    let mut bounds = |edge: f64| {
        let (x, y) = (numbers.next(30_000), numbers.next(30_000));
        [x, y, x + edge, y + edge]
    };
    let truth: Vec<TruthBox> = (0..10_000)
        .map(|_| TruthBox {
            image: 0,
            class: 0,
            bounds: bounds(200.0),
        })
        .collect();
    let mut numbers = Numbers(10);
    let found: Vec<FoundBox> = (0..100_000)
        .map(|i| {
            let [x0, y0, x1, y1] = truth[i % truth.len()].bounds;
            let (dx, dy) = (numbers.next(80) - 40.0, numbers.next(80) - 40.0);
            FoundBox {
                image: 0,
                class: 0,
                bounds: [x0 + dx, y0 + dy, x1 + dx, y1 + dy],
                score: numbers.next(10_000) / 10_000.0,
            }
        })
        .collect();
    group.bench_function("100,000 boxes against 10,000 in one image", |bench| {
        bench.iter(|| {
            black_box(
                match_boxes(&truth, &found, 1, &[0])
                    .precisions(None)
                    .ap50_95(),
            )
        });
    });
    group.finish();
}

criterion_group!(benches, predictions);
criterion_main!(benches);
