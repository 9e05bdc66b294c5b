//! The same ground in several images: sites that are one plot become one site that
//! lists all its images.
//!
//! Two sites of a class from different images are one when their intersection over
//! union is at least 0.1, or when their points lie within the combined position
//! error. Pairs are taken best first, one to one, image by image. Where some of the images
//! are photos, `views.rs` joins all of them instead.

use super::site::{CandidateSite, SeenIn};
use crate::georef::{PlotIndex, SeenPlot, pair_with};
use std::cmp::Ordering;

/// Joins the sites of several images, given image by image. The order is that of the
/// first image that shows a site.
#[must_use]
pub(super) fn reconcile(by_image: Vec<Vec<CandidateSite>>) -> Vec<CandidateSite> {
    let mut images = by_image.into_iter();
    let mut all = images.next().unwrap_or_default();
    let mut index = PlotIndex::new(all.iter().map(seen));
    for sites in images {
        let partner = {
            let new: Vec<SeenPlot<'_>> = sites.iter().map(seen).collect();
            pair_with(&index, &new, |o, n| {
                let same_class = all[o].class == sites[n].class;
                same_class
                    .then(|| seen(&all[o]).likeness(&new[n]))
                    .flatten()
            })
        };
        for (site, old) in sites.into_iter().zip(partner) {
            let Some(old) = old else {
                index.insert(all.len(), &seen(&site));
                all.push(site);
                continue;
            };
            // Its outline may become the other's.
            index.remove(old, &seen(&all[old]));
            join(&mut all[old], site);
            index.insert(old, &seen(&all[old]));
        }
    }
    all
}

/// A site as a plot that one look at the ground shows.
pub(super) fn seen(site: &CandidateSite) -> SeenPlot<'_> {
    SeenPlot {
        outline: &site.outline,
        point: site.point,
        pos_err_m: site.pos_err_m,
    }
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
    absorb(kept, other);
}

/// Takes over what another image says of a site: that it shows it, with which tiles and scores.
pub(super) fn absorb(kept: &mut CandidateSite, mut other: CandidateSite) {
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
    use geo::{Distance, Euclidean};

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
