//! The bundled models on the bundled sample: what `make demo` promises.

use crate::support::Job;
use std::path::Path;
use tianmu::evaluate::{compare_sites, read_truth};

#[test]
fn every_flowering_plot_of_2_m2_is_found_with_at_most_one_false_site() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sample = root.join("samples/hill-county");
    let truth = read_truth(&sample.join("truth.geojson")).unwrap();
    for name in ["poppy-seg", "poppy-tile", "poppy-tile-int8"] {
        let model = root.join("models").join(name);
        let scan = Job::new([&sample.join("scene.tif")], &model).run();
        let comparison = compare_sites(&scan.sites, &truth);
        let missed: Vec<_> = comparison
            .plots
            .iter()
            .filter(|p| p.stage == "flower" && p.area_m2 >= 2.0 && p.sites.is_empty())
            .map(|p| &p.id)
            .collect();
        assert!(missed.is_empty(), "{name} misses {missed:?}");
        assert!(comparison.false_sites.len() <= 1, "{name}");
    }
}
