//! Pictures of the leads of a pack, cut from the images that the campaign names.

use super::job::TaskJob;
use super::make::Made;
use super::pictures::{Cut, Pictures, Scene, Wanted};
use super::source::Source;
use crate::Result;
use crate::campaign::Lang;
use crate::pipeline::acquire::AcquireOptions;
use std::collections::BTreeMap;
use std::path::Path;

/// Cuts the pictures of leads; gives why some are missing.
pub(super) fn cut_pictures(
    job: &TaskJob<'_>,
    source: &Source,
    made: &mut Made,
    folder: &Path,
) -> Result<Vec<String>> {
    let mut wanted = Vec::new();
    for (at, site) in made.sites.iter().enumerate() {
        let Some(site) = site.map(|site| &source.sites[site]) else {
            continue;
        };
        let of_site = scenes_of(source, &site.src_sha256, &site.src_image);
        let Some(&best) = of_site.first() else {
            continue;
        };
        let picture = |scene: usize, is_earlier: bool| Wanted {
            site_id: site.site_id.clone(),
            is_earlier,
            point: site.point,
            outline: site.outline.clone(),
            scene,
        };
        wanted.push((at, picture(best, false)));
        let day = |scene: usize| {
            source.scenes[scene]
                .capture_time
                .get(..10)
                .map(str::to_owned)
        };
        let earlier = of_site
            .iter()
            .skip(1)
            .copied()
            .filter(|&s| day(s).is_some() && day(s) < day(best));
        wanted.extend(
            earlier
                .min_by_key(|&s| day(s))
                .map(|s| (at, picture(s, true))),
        );
    }
    let pictures = Pictures::new(
        source.scenes.clone(),
        &folder.join("pictures"),
        &AcquireOptions {
            photos: source.photos.clone(),
            ..AcquireOptions::default()
        },
    )?;
    let list: Vec<Wanted> = wanted.iter().map(|(_, wanted)| wanted.clone()).collect();
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let cuts = pictures.cut_all(&list, workers, job.interrupted)?;
    let mut missing: BTreeMap<String, usize> = BTreeMap::new();
    for ((at, wanted), cut) in wanted.iter().zip(cuts) {
        match cut {
            Cut::Made(picture) if wanted.is_earlier => {
                made.pack.tasks[*at].earlier_picture = Some(picture);
            }
            Cut::Made(picture) => made.pack.tasks[*at].close_up = Some(picture),
            Cut::Missing(why) => *missing.entry(why.say(job.lang)).or_default() += 1,
        }
    }
    let note = |(why, count): (&String, &usize)| match job.lang {
        Lang::Zh => format!("{count} 张图缺失：{why}"),
        Lang::En => format!("{count} pictures are missing: {why}"),
    };
    Ok(missing.iter().map(note).collect())
}

/// The scenes that show a site, the finest first; but where the first one named is a raw photo it comes
/// first: it is the one that the outline was drawn on, and others lie off by their own error.
fn scenes_of(source: &Source, hashes: &str, images: &str) -> Vec<usize> {
    let by_hash = |hash: &str| {
        let same = |scene: &Scene| !hash.is_empty() && scene.sha256 == hash;
        source.scenes.iter().position(same)
    };
    let by_name = |image: &str| {
        let name = Path::new(image).file_name()?;
        let same = |scene: &Scene| scene.path.file_name() == Some(name);
        source.scenes.iter().position(same)
    };
    let mut hashes = hashes.split("; ");
    let mut scenes: Vec<usize> = images
        .split("; ")
        .filter_map(|image| by_hash(hashes.next().unwrap_or_default()).or_else(|| by_name(image)))
        .collect();
    let drawn_on = scenes
        .first()
        .copied()
        .filter(|&scene| source.photos.get(&source.scenes[scene].path).is_some());
    scenes.sort_by(|&a, &b| source.scenes[a].gsd_cm.total_cmp(&source.scenes[b].gsd_cm));
    scenes.dedup();
    if let Some(at) = drawn_on.and_then(|scene| scenes.iter().position(|s| *s == scene)) {
        scenes[..=at].rotate_right(1);
    }
    scenes
}
