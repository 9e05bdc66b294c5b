//! What whoever reads a benchmark must know: classes that no model knows, and where training and
//! test meet.

use super::dataset::{Dataset, ImageHashes, leaks};
use super::report::schema::SceneSummary;
use crate::pipeline::provenance::hash_of_image;
use geo::MultiPolygon;
use std::collections::{BTreeMap, BTreeSet};

/// Classes in truth that models do not search for: all of them, or some.
pub(super) fn unknown_classes(scenes: &[SceneSummary], classes: &[Vec<String>]) -> Vec<String> {
    let mut plots: BTreeMap<&str, usize> = BTreeMap::new();
    for (class, count) in scenes.iter().flat_map(|scene| &scene.plots) {
        *plots.entry(class).or_default() += count;
    }
    let searched: BTreeSet<&str> = classes.iter().flatten().map(String::as_str).collect();
    let mut warnings = Vec::new();
    for (class, count) in plots {
        let knowing = classes.iter().filter(|own| own.iter().any(|c| c == class));
        match knowing.count() {
            0 => warnings.push(format!(
                "no model searches for `{class}` ({count} plots are left out), but for {}; the table [classes] of dataset.toml gives classes of the truth the models' names",
                searched.iter().copied().collect::<Vec<_>>().join(", ")
            )),
            some if some < classes.len() => warnings.push(format!(
                "not every model searches for `{class}`: they are not asked for the same plots"
            )),
            _ => {}
        }
    }
    warnings
}

/// Says where there is nothing to find.
pub(super) fn no_plots(scenes: &[SceneSummary]) -> Option<String> {
    let is_bare = scenes.iter().all(|scene| scene.plots.is_empty());
    is_bare.then(|| {
        "no plot is known on ground that was looked at: what share a model finds cannot be said, and every site counts as false".into()
    })
}

/// Where training and test meet.
pub(super) fn leaks_of(
    dataset: &Dataset,
    footprints: &[(usize, MultiPolygon<f64>)],
    scenes: &[SceneSummary],
) -> Vec<String> {
    // A made-up place overlaps with nothing.
    let real = footprints
        .iter()
        .filter(|(index, _)| !dataset.scenes[*index].local);
    let real: Vec<(usize, MultiPolygon<f64>)> = real.cloned().collect();
    let hashes = footprints.iter().zip(scenes);
    let hashes: Vec<(usize, String)> = hashes
        .map(|((index, _), scene)| (*index, scene.sha256.clone()))
        .collect();
    let training = dataset.training.images.iter().enumerate();
    let training: Vec<(usize, String)> = training
        .filter_map(|(index, path)| Some((index, hash_of_image(path)?)))
        .collect();
    let hashes = ImageHashes {
        scenes: &hashes,
        training: &training,
    };
    leaks(dataset, &real, hashes)
}
