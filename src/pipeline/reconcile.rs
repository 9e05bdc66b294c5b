//! The same ground in several images: sites that are one plot become one site that
//! lists all its images.
//!
//! Two sites of a class from different images are one when their intersection over
//! union is at least 0.1, or when their points lie within the combined position
//! error. Pairs are taken best first, one to one, image by image.

use super::site::{CandidateSite, SeenIn};
use crate::georef::LocalMetres;
use geo::{Area, BooleanOps, BoundingRect, Distance, Euclidean};
use rstar::{AABB, RTree, RTreeObject};
use std::cmp::Ordering;

/// The least intersection over union of one plot seen twice.
const SAME_IOU: f64 = 0.1;

/// Degrees that no position error reaches beyond at any inhabited latitude: 100 m.
const SEARCH_DEGREES: f64 = 0.002;

struct Boxed {
    index: usize,
    envelope: AABB<[f64; 2]>,
}

impl RTreeObject for Boxed {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        self.envelope
    }
}

/// Joins the sites of several images, given image by image. The order is that of the
/// first image that shows a site.
#[must_use]
pub(super) fn reconcile(by_image: Vec<Vec<CandidateSite>>) -> Vec<CandidateSite> {
    let mut images = by_image.into_iter();
    let mut all = images.next().unwrap_or_default();
    for sites in images {
        let tree = RTree::bulk_load(
            all.iter()
                .enumerate()
                .filter_map(|(i, s)| boxed(i, s, 0.0))
                .collect(),
        );
        let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
        for (new, site) in sites.iter().enumerate() {
            let Some(search) = boxed(new, site, SEARCH_DEGREES) else {
                continue;
            };
            for near in tree.locate_in_envelope_intersecting(&search.envelope) {
                if let Some(likeness) = likeness(&all[near.index], site) {
                    pairs.push((likeness, near.index, new));
                }
            }
        }
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
        let mut taken = vec![false; all.len()];
        let mut partner = vec![None; sites.len()];
        for (_, old, new) in pairs {
            if !taken[old] && partner[new].is_none() {
                taken[old] = true;
                partner[new] = Some(old);
            }
        }
        for (site, old) in sites.into_iter().zip(partner) {
            match old {
                Some(old) => join(&mut all[old], site),
                None => all.push(site),
            }
        }
    }
    all
}

fn boxed(index: usize, site: &CandidateSite, margin: f64) -> Option<Boxed> {
    let rect = site.outline.bounding_rect()?;
    Some(Boxed {
        index,
        envelope: AABB::from_corners(
            [rect.min().x - margin, rect.min().y - margin],
            [rect.max().x + margin, rect.max().y + margin],
        ),
    })
}

/// How much two sites are one plot: 1 + overlap where they overlap enough, less than
/// 1 where only their points are near, `None` where they are two.
fn likeness(a: &CandidateSite, b: &CandidateSite) -> Option<f64> {
    if a.class != b.class {
        return None;
    }
    let frame = LocalMetres::around(a.point);
    let (one, other) = (frame.outline(&a.outline), frame.outline(&b.outline));
    let shared = one.intersection(&other).unsigned_area();
    let union = one.unsigned_area() + other.unsigned_area() - shared;
    if union > 0.0 && shared / union >= SAME_IOU {
        return Some(1.0 + shared / union);
    }
    let apart = Euclidean.distance(&frame.point(a.point), &frame.point(b.point));
    let error = a.pos_err_m.hypot(b.pos_err_m);
    (apart <= error).then(|| 1.0 - apart / error.max(f64::MIN_POSITIVE))
}

/// The finer image's site stays and lists the other's image; at equal ground sample
/// distance the higher score stays.
fn join(kept: &mut CandidateSite, mut other: CandidateSite) {
    let finer = other
        .gsd_cm
        .total_cmp(&kept.gsd_cm)
        .then(kept.prob.total_cmp(&other.prob));
    if finer == Ordering::Less {
        std::mem::swap(kept, &mut other);
    }
    name_tiles(kept);
    name_tiles(&mut other);
    kept.prob_max = kept.prob_max.max(other.prob_max);
    kept.n_detections += other.n_detections;
    kept.src_image.append(&mut other.src_image);
    kept.src_sha256.append(&mut other.src_sha256);
    kept.capture_time.append(&mut other.capture_time);
    kept.tile_ids.append(&mut other.tile_ids);
    kept.seen_in.push(SeenIn {
        image: other.source.image,
        outline: other.outline,
    });
    kept.seen_in.append(&mut other.seen_in);
}

/// Tiles of several images are told apart by the image's name.
fn name_tiles(site: &mut CandidateSite) {
    if let [image] = site.src_image.as_slice() {
        for tile in &mut site.tile_ids {
            *tile = format!("{image}:{tile}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::site::example;

    #[test]
    fn one_plot_in_two_images_is_one_site_of_the_finer() {
        let coarse = CandidateSite {
            gsd_cm: 5.0,
            ..example("opium_poppy", 102.0, "a.tif")
        };
        let fine = CandidateSite {
            gsd_cm: 2.0,
            ..example("opium_poppy", 102.000_005, "b.tif")
        };
        let far = example("opium_poppy", 102.01, "b.tif");
        let other = example("cannabis", 102.0, "b.tif");
        let joined = reconcile(vec![vec![coarse], vec![fine.clone(), far, other]]);
        assert_eq!(joined.len(), 3);
        assert_eq!(joined[0].src_image, ["b.tif", "a.tif"]);
        assert_eq!(joined[0].point, fine.point);
        assert_eq!(joined[0].seen_in.len(), 1);
    }

    #[test]
    fn pairs_are_one_to_one_and_best_first() {
        let old = vec![
            example("p", 102.0, "a.tif"),
            example("p", 102.000_02, "a.tif"),
        ];
        let new = vec![
            example("p", 102.000_019, "b.tif"),
            example("p", 102.000_001, "b.tif"),
        ];
        let joined = reconcile(vec![old, new]);
        assert_eq!(joined.len(), 2);
        assert!(joined.iter().all(|s| s.src_image.len() == 2));
        let near = Euclidean.distance(&joined[1].point, &geo::Point::new(102.000_02, 30.0));
        assert!(near < 2e-6, "{near}");
    }
}
