//! Whether models are measured on what they learned from: the same flight, ground or file.

use super::{Dataset, Training, file_name_of, footprint, some_of};
use crate::georef::geodesic_area_m2;
use crate::pipeline::acquire::RasterInfo;
use crate::pipeline::read_area;
use crate::{Error, Result};
use geo::{BooleanOps, BoundingRect, Intersects, MultiPolygon};
use std::path::Path;

/// Ground that is shared counts from here, square metres: borders drawn along one another always
/// share a little.
const LEAST_SHARED_M2: f64 = 1.0;

/// SHA-256 of images, lower-case hex, with their places in the lists of the data set.
#[derive(Debug, Clone, Copy, Default)]
pub struct ImageHashes<'a> {
    /// Of `dataset.scenes`.
    pub scenes: &'a [(usize, String)],
    /// Of `dataset.training.images`.
    pub training: &'a [(usize, String)],
}

/// What makes results on a data set better than they would be on new ground, in sentences that
/// name the scenes. `footprints` are the ground of scenes, longitude and latitude in degrees, with
/// their places in `dataset.scenes`. What cannot be compared is said too.
#[must_use]
pub fn leaks(
    dataset: &Dataset,
    footprints: &[(usize, MultiPolygon<f64>)],
    hashes: ImageHashes<'_>,
) -> Vec<String> {
    let mut warnings = Vec::new();
    same_flights(dataset, &mut warnings);
    let same_files = same_files(dataset, hashes, &mut warnings);
    for area in &dataset.training.areas {
        match read_area(area) {
            Ok(ground) => {
                let shown = file_name_of(area);
                for (scene, shared) in shares(footprints, &ground) {
                    warnings.push(format!(
                        "{shared} of scene `{}` lies in `{shown}`, ground that the models learned \
                         from; leave it out, or cut it off with `aoi`",
                        name(dataset, scene)
                    ));
                }
            }
            Err(e) => warnings.push(format!("training areas cannot be compared: {e}")),
        }
    }
    training_images(dataset, footprints, &same_files, &mut warnings);
    across_flights(dataset, footprints, &mut warnings);
    warnings
}

fn name(dataset: &Dataset, scene: usize) -> &str {
    dataset.scenes.get(scene).map_or("", |s| s.name.as_str())
}

fn same_flights(dataset: &Dataset, warnings: &mut Vec<String>) {
    for flight in &dataset.training.flights {
        let of_it = dataset
            .scenes
            .iter()
            .filter(|s| s.flight.as_ref() == Some(flight));
        let names: Vec<&str> = of_it.map(|s| s.name.as_str()).collect();
        if !names.is_empty() {
            warnings.push(format!(
                "the models learned from flight `{flight}`, to which {} {} too: what is measured \
                 there says little of new ground",
                some_of(names.iter().copied()),
                if names.len() == 1 {
                    "belongs"
                } else {
                    "belong"
                }
            ));
        }
    }
    let unknown = dataset.scenes.iter().filter(|s| s.flight.is_none());
    let names: Vec<&str> = unknown.map(|s| s.name.as_str()).collect();
    if !dataset.training.flights.is_empty() && !names.is_empty() {
        warnings.push(format!(
            "{} may be of a flight that the models learned from: no `flight` is given",
            some_of(names)
        ));
    }
}

/// Pairs of a training image and the scene that is the same file.
fn same_files(
    dataset: &Dataset,
    hashes: ImageHashes<'_>,
    warnings: &mut Vec<String>,
) -> Vec<(usize, usize)> {
    let mut same = Vec::new();
    for (training, hash) in hashes.training {
        for (scene, other) in hashes.scenes {
            if hash == other && !hash.is_empty() {
                same.push((*training, *scene));
                let file = dataset.training.images.get(*training);
                warnings.push(format!(
                    "scene `{}` is the training image `{}` itself (same SHA-256)",
                    name(dataset, *scene),
                    file.map(|f| file_name_of(f)).unwrap_or_default()
                ));
            }
        }
    }
    same
}

fn training_images(
    dataset: &Dataset,
    footprints: &[(usize, MultiPolygon<f64>)],
    same_files: &[(usize, usize)],
    warnings: &mut Vec<String>,
) {
    let Training { images, .. } = &dataset.training;
    let mut unplaced = Vec::new();
    let mut ground = Vec::new();
    for (index, image) in images.iter().enumerate() {
        match ground_of(image) {
            Ok(Some(outline)) => ground.push((index, outline)),
            Ok(None) => unplaced.push(file_name_of(image)),
            Err(e) => warnings.push(format!("a training image cannot be compared: {e}")),
        }
    }
    for (scene, footprint) in footprints {
        let mut shared = MultiPolygon::new(Vec::new());
        let mut files = Vec::new();
        for (index, outline) in &ground {
            let is_known = same_files.contains(&(*index, *scene));
            if !is_known && let Some(part) = shared_ground(footprint, outline) {
                shared = shared.union(&part);
                files.push(file_name_of(&images[*index]));
            }
        }
        if !files.is_empty() {
            warnings.push(format!(
                "{} of scene `{}` lies in {} that the models learned from: {}",
                percent(&shared, footprint),
                name(dataset, *scene),
                if files.len() == 1 {
                    "an image".into()
                } else {
                    format!("{} images", files.len())
                },
                some_of(files.iter().map(String::as_str))
            ));
        }
    }
    if !unplaced.is_empty() {
        warnings.push(format!(
            "training images without a place on the map are compared by their bytes only: {}",
            some_of(unplaced.iter().map(String::as_str))
        ));
    }
}

/// Scenes of different flights over the same ground: intervals take flights for independent.
fn across_flights(
    dataset: &Dataset,
    footprints: &[(usize, MultiPolygon<f64>)],
    warnings: &mut Vec<String>,
) {
    let flight = |scene: usize| dataset.scenes.get(scene).and_then(|s| s.flight.as_ref());
    let mut pairs = Vec::new();
    for (place, (one, ground)) in footprints.iter().enumerate() {
        for (other, beside) in &footprints[place + 1..] {
            let differ = flight(*one)
                .zip(flight(*other))
                .is_some_and(|(a, b)| a != b);
            if differ && shared_ground(ground, beside).is_some() {
                pairs.push(format!(
                    "{}` and `{}",
                    name(dataset, *one),
                    name(dataset, *other)
                ));
            }
        }
    }
    if !pairs.is_empty() {
        warnings.push(format!(
            "scenes of different flights show the same ground, so intervals are narrower than \
             they should be: {}",
            some_of(pairs.iter().map(String::as_str))
        ));
    }
}

/// Which footprints share ground with an area, and how much of them.
fn shares(
    footprints: &[(usize, MultiPolygon<f64>)],
    area: &MultiPolygon<f64>,
) -> Vec<(usize, String)> {
    let share = |(scene, footprint): &(usize, MultiPolygon<f64>)| {
        let shared = shared_ground(footprint, area)?;
        Some((*scene, percent(&shared, footprint)))
    };
    footprints.iter().filter_map(share).collect()
}

/// The ground that both cover, if it is worth a word.
fn shared_ground(one: &MultiPolygon<f64>, other: &MultiPolygon<f64>) -> Option<MultiPolygon<f64>> {
    let (a, b) = (one.bounding_rect()?, other.bounding_rect()?);
    if !a.intersects(&b) {
        return None;
    }
    let shared = one.intersection(other);
    (geodesic_area_m2(&shared) > LEAST_SHARED_M2).then_some(shared)
}

fn percent(part: &MultiPolygon<f64>, whole: &MultiPolygon<f64>) -> String {
    let share = 100.0 * geodesic_area_m2(part) / geodesic_area_m2(whole);
    if share < 1.0 {
        "less than 1 %".into()
    } else {
        format!("{:.0} %", share.min(100.0))
    }
}

/// The ground of an image; `None` where it has no place on the map.
fn ground_of(image: &Path) -> Result<Option<MultiPolygon<f64>>> {
    let info = RasterInfo::read(image)?;
    let (Some(transform), Some(crs)) = (info.transform, info.crs) else {
        return Ok(None);
    };
    match footprint(&transform, &crs, info.width, info.height) {
        Ok(ground) => Ok(Some(ground)),
        Err(Error::Crs { .. }) => Ok(None),
        Err(e) => Err(e),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Folder;
    use super::*;
    use std::path::PathBuf;

    /// Scenes `a` (flight 1), `b` (flight 2) and `c` side by side, 4 m by 2 m each; `b` lies 2 m
    /// east of `a`.
    fn dataset(folder: &Folder) -> (Dataset, Vec<(usize, MultiPolygon<f64>)>) {
        folder.placed_at("a.png", 200, 100, 0.0);
        folder.placed_at("b.png", 200, 100, 2.0);
        folder.placed_at("c.png", 200, 100, 1000.0);
        let scene = |name: &str, rest: &str| {
            format!("[[scene]]\nimage = \"{name}.png\"\ntruth = []\n{rest}\n")
        };
        let text = scene("a", "flight = \"1\"") + &scene("b", "flight = \"2\"") + &scene("c", "");
        let path = folder.file("dataset.toml", text);
        let dataset = Dataset::read(&path, None).unwrap();
        let grounds = dataset
            .scenes
            .iter()
            .map(|s| ground_of(&s.image).unwrap().unwrap());
        let grounds = grounds.enumerate().collect();
        (dataset, grounds)
    }

    #[test]
    fn new_ground_needs_no_word() {
        let folder = Folder::new();
        let (mut dataset, mut grounds) = dataset(&folder);
        grounds.remove(1);
        dataset.training.images = vec![folder.placed_at("t.png", 200, 100, 5000.0)];
        assert_eq!(leaks(&dataset, &grounds, ImageHashes::default()), [""; 0]);
    }

    #[test]
    fn flights_ground_and_files_are_named() {
        let folder = Folder::new();
        let (mut dataset, grounds) = dataset(&folder);
        let ring = &grounds[2].1.0[0].exterior().0;
        let corners: Vec<String> = ring.iter().map(|c| format!("[{}, {}]", c.x, c.y)).collect();
        let area = folder.file(
            "areas.geojson",
            format!(
                r#"{{"type":"Polygon","coordinates":[[{}]]}}"#,
                corners.join(",")
            ),
        );
        dataset.training = Training {
            flights: vec!["2".into(), "9".into()],
            areas: vec![area, PathBuf::from("gone.gpkg")],
            images: vec![
                folder.placed_at("t.png", 200, 100, 1.0),
                folder.picture("chip.png", 8, 8),
                PathBuf::from("gone.tif"),
            ],
        };
        let (scenes, training) = ([(1, "ff".to_owned())], [(0, "ff".to_owned())]);
        let hashes = ImageHashes {
            scenes: &scenes,
            training: &training,
        };
        let said = leaks(&dataset, &grounds, hashes);
        let wanted = [
            "the models learned from flight `2`, to which `b` belongs too",
            "`c` may be of a flight",
            "scene `b` is the training image `t.png` itself",
            "100 % of scene `c` lies in `areas.geojson`",
            "training areas cannot be compared: vector file `gone.gpkg` does not exist",
            "a training image cannot be compared: cannot open `gone.tif`",
            "% of scene `a` lies in an image that the models learned from: `t.png`",
            "compared by their bytes only: `chip.png`",
            "scenes of different flights show the same ground",
        ];
        assert_eq!(said.len(), wanted.len(), "{said:#?}");
        for (said, wanted) in said.iter().zip(wanted) {
            assert!(said.contains(wanted), "{said} / {wanted}");
        }
        // The turned scene shares a little less with one that lies a metre beside it than 3 of 4.
        let share: f64 = said[6].split(' ').next().unwrap().parse().unwrap();
        assert!((60.0..80.0).contains(&share), "{share}");
    }
}
