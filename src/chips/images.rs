//! The images of a campaign that are at hand, checked against their hashes, and which of them each
//! place is cut from.

use super::ChipsRequest;
use super::examples::{Example, Role};
use crate::campaign::Campaign;
use crate::campaign::scene_photos::{elevation_model, scene_photos};
use crate::campaign::tables::SCENES;
use crate::digest::hash_of_file;
use crate::flight::survey::is_photo;
use crate::pipeline::acquire::{AcquireOptions, Photos, Raster};
use crate::pipeline::chip::ModelGrid;
use crate::pipeline::report::Eyes;
use crate::pipeline::report::chips::shapes::Shapes;
use crate::vector::Filter;
use crate::{Error, Result};
use geo::BoundingRect;
use std::collections::BTreeMap;
use std::path::Path;

/// An image at hand.
pub(super) struct Image {
    /// Its name, without its folder.
    pub(super) name: String,
    /// Its SHA-256; empty where nobody knows what it was.
    pub(super) sha256: String,
    /// When it was taken, ISO 8601; empty where unknown.
    pub(super) capture_time: String,
    /// What is read of it.
    pub(super) raster: Raster,
    /// The grid that chips are cut on.
    pub(super) grid: ModelGrid,
}

/// Images, and what became of the others.
pub(super) struct Images {
    /// At hand, the finest first.
    pub(super) list: Vec<Image>,
    /// Names of those that are nowhere.
    pub(super) missing: Vec<String>,
    /// Those whose bytes are not those that were scanned.
    pub(super) refused: Vec<String>,
    /// Those far coarser than chips are to be.
    pub(super) coarse: Vec<String>,
    /// Those that are raw photos, placed.
    photos: Photos,
}

impl Images {
    /// Finds the images that were scanned.
    pub(super) fn find(
        campaign: &Campaign,
        request: &ChipsRequest<'_>,
        examples: &[Example],
    ) -> Result<Self> {
        // A scan that came in as a file names its images without hashes; its sites have them.
        let mut hashes: BTreeMap<&str, &str> = BTreeMap::new();
        for (hash, name) in examples.iter().flat_map(|e| &e.seen_in) {
            hashes.insert(file_name(name), hash);
        }
        let mut scenes = BTreeMap::new();
        for row in campaign.store.read(&SCENES, &Filter::All)? {
            if !row.text("failure").is_empty() {
                continue;
            }
            let path = row.text("path");
            let mut hash = row.text("sha256");
            if hash.is_empty() {
                let known = hashes.get(file_name(&path)).copied();
                known.unwrap_or_default().clone_into(&mut hash);
            }
            let key = if hash.is_empty() {
                path.clone()
            } else {
                hash.clone()
            };
            scenes.insert(key, (path, hash, row.text("capture_time")));
        }
        let mut images = Self {
            list: Vec::new(),
            missing: Vec::new(),
            refused: Vec::new(),
            coarse: Vec::new(),
            photos: scene_photos(
                campaign,
                elevation_model(campaign, None).ok().flatten().as_ref(),
                request.images,
            )?,
        };
        for (path, hash, capture_time) in scenes.into_values() {
            images.look(Path::new(&path), &hash, capture_time, request)?;
        }
        images.list.sort_by(|a, b| {
            let gsd = |image: &Image| image.raster.gsd.mean_m();
            gsd(a)
                .total_cmp(&gsd(b))
                .then_with(|| b.capture_time.cmp(&a.capture_time))
                .then_with(|| (&a.name, &a.sha256).cmp(&(&b.name, &b.sha256)))
        });
        Ok(images)
    }

    fn look(
        &mut self,
        path: &Path,
        hash: &str,
        capture_time: String,
        request: &ChipsRequest<'_>,
    ) -> Result<()> {
        let name = path.file_name().unwrap_or_default();
        let shown = name.to_string_lossy().into_owned();
        let places = std::iter::once(path.to_owned())
            .chain(request.images.map(|folder| folder.join(name)))
            .filter(|place| place.is_file());
        let mut is_refused = false;
        for place in places {
            (request.tell)(&format!("hashing image `{}`", place.display()));
            let now = hash_of_file(&place, request.stop);
            if (request.stop)() {
                return Err(Error::Interrupted);
            }
            if !hash.is_empty() && now.as_deref() != Some(hash) {
                is_refused = true;
                continue;
            }
            let options = AcquireOptions {
                photos: self.photos.clone(),
                ..AcquireOptions::default()
            };
            let raster = match Eyes::open(&place, &options) {
                Ok(eyes) => eyes.raster().clone(),
                // A photo whose elevation model is not there: its pixels have no place.
                Err(Error::UnusableRaster { .. }) if is_photo(&place) => {
                    self.missing.push(shown);
                    return Ok(());
                }
                Err(error) => return Err(error),
            };
            let info = &raster.info;
            let grid = ModelGrid::new(info.width, info.height, raster.gsd, request.gsd_m);
            if grid.too_coarse().is_some() {
                self.coarse.push(shown);
                return Ok(());
            }
            self.list.push(Image {
                name: shown,
                sha256: hash.to_owned(),
                capture_time,
                grid,
                raster,
            });
            return Ok(());
        }
        if is_refused {
            self.refused.push(shown);
        } else {
            self.missing.push(shown);
        }
        Ok(())
    }
}

impl Image {
    /// Whether it was taken before somebody looked, by the day; where one of the two is not known it
    /// may have been.
    pub(super) fn is_before(&self, example: &Example) -> bool {
        let (taken, checked) = (self.capture_time.get(..10), example.checked_at.get(..10));
        taken
            .zip(checked)
            .is_none_or(|(taken, checked)| taken <= checked)
    }

    /// Whether a run saw the place in it.
    fn saw(&self, example: &Example) -> bool {
        example.seen_in.iter().any(|(hash, name)| {
            if hash.is_empty() || self.sha256.is_empty() {
                file_name(name) == self.name
            } else {
                *hash == self.sha256
            }
        })
    }

    /// Places that lie in it as a whole, by their place in the list.
    fn holds(&self, examples: &[Example]) -> Result<Vec<usize>> {
        let outlines = examples
            .iter()
            .enumerate()
            .map(|(at, e)| (at, 0, &e.outline));
        let shapes = Shapes::of_outlines(outlines, &self.raster, &self.grid)?;
        let (width, height) = (f64::from(self.grid.width), f64::from(self.grid.height));
        let is_whole = |rect: geo::Rect<f64>| {
            rect.min().x > 0.0
                && rect.min().y > 0.0
                && rect.max().x < width
                && rect.max().y < height
        };
        let whole = shapes
            .found()
            .filter(|shape| shape.outline.bounding_rect().is_some_and(is_whole));
        Ok(whole.map(|shape| shape.site).collect())
    }
}

/// For each place the images that it may be cut from, the best last: those in which a run saw it, the
/// finest; then others that hold it, the finest.
pub(super) fn choices(images: &[Image], examples: &[Example]) -> Result<Vec<Vec<usize>>> {
    let mut choices = vec![Vec::new(); examples.len()];
    for (at, image) in images.iter().enumerate() {
        for example in image.holds(examples)? {
            let is_wanted = examples[example].role != Role::Hidden;
            if is_wanted && image.is_before(&examples[example]) {
                choices[example].push(at);
            }
        }
    }
    for (found, example) in choices.iter_mut().zip(examples) {
        // Images stand in the order of their fineness, which stays among equals.
        found.sort_by_key(|at| !images[*at].saw(example));
        found.reverse();
    }
    Ok(choices)
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
