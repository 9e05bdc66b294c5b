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

/// Scenes that are the same file: they are no independent samples, and plots count twice.
pub(super) fn same_images(scenes: &[SceneSummary]) -> Vec<String> {
    let mut by_hash: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for scene in scenes.iter().filter(|scene| !scene.sha256.is_empty()) {
        by_hash.entry(&scene.sha256).or_default().push(&scene.name);
    }
    let same = by_hash.into_values().filter(|names| names.len() > 1);
    same.map(|names| {
        format!(
            "the scenes `{}` are the same image: its plots count several times, and intervals are narrower than they should be",
            names.join("`, `")
        )
    })
    .collect()
}

/// Warnings of scenes, those of a kind together once there are several: what one says of
/// `a scene` many others say too.
pub(super) fn gathered(warnings: Vec<String>) -> Vec<String> {
    const FEW: usize = 3;
    let kind = |text: &str| -> String {
        // What stands in backticks, and numbers, differ from scene to scene.
        let plain = text.split('`').step_by(2).collect::<String>();
        plain.chars().filter(|c| !c.is_ascii_digit()).collect()
    };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for text in &warnings {
        *counts.entry(kind(text)).or_default() += 1;
    }
    let mut said: BTreeSet<String> = BTreeSet::new();
    let mut all = Vec::new();
    for text in warnings {
        let kind = kind(&text);
        let count = counts.get(&kind).copied().unwrap_or(0);
        if count <= FEW {
            all.push(text);
        } else if said.insert(kind) {
            all.push(format!("{text} (and {} like it)", count - 1));
        }
    }
    all
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
