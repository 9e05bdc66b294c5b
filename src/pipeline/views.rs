//! The same ground in several photos: sites that are one plot become one site, with how many of the
//! photos that could see it do.
//!
//! Two sites of a class from different images may be one when their intersection over union is at least
//! 0.1, or when their points are near: within the combined position error where both images are maps, as
//! in `reconcile.rs`, and within twice that where one is a photo. Its error is a standard error, and two
//! looks at one place lie within it in only 39 of 100 cases, within twice as much in 86 (Rayleigh).
//! Pairs are taken best first and join what they belong to, unless that would put two sites of one image
//! into one: what one look shows as two plots is two. So errors between photos do not split a plot,
//! a chain of them does not run through several plots, and the order of the images does not matter.
//!
//! Photos of one flight mostly agree better than their errors say, since much of these is common to all.
//! Where several looks agree on one place and several others on another, the two are joined only if they
//! lie no farther apart than the looks of each do among themselves, and a part of their error that falls
//! with their number: `least of (spread + REACH · error / looks)` over both, the criterion of Felzenszwalb
//! and Huttenlocher (Efficient graph-based image segmentation, International Journal of Computer Vision
//! 59(2), 2004) with the error as its scale. A single look joins within its whole reach.
//!
//! **Whose geometry stays.** Of several photos that of the best view: one that shows the plot whole before
//! one that cuts it at its edge, then the smallest position error, the finest pixels, the highest score.
//! An orthomosaic's stays before that of photos, for it shows plots whole and lies where other layers of
//! the same flight lie, unless one of its pixels is larger than what the photo may be off by.

use super::acquire::Raster;
use super::reconcile::{absorb, seen};
use super::site::{CandidateSite, Coverage, Views};
use crate::georef::{PixelGround, geodesic_distance_m};
use geo::{BoundingRect, Intersects, Point, Polygon};
use rayon::prelude::*;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use std::cmp::Ordering;
use std::sync::Arc;

/// Points of one plot in a photo and another image are apart by at most so many times their combined
/// position error.
const REACH: f64 = 2.0;

/// No error makes one plot of two that are farther apart, metres.
const MOST_REACH_M: f64 = 100.0;

/// Metres in a degree of latitude at the least.
const DEGREE_M: f64 = 110_000.0;

/// A place that is not seen where its pixel looks lies behind a ridge if the two are farther apart than
/// this many metres, or than the position error.
const HIDDEN_M: f64 = 1.0;

/// How a photo sees the ground.
#[derive(Debug, Clone)]
pub(super) struct View {
    ground: Arc<dyn PixelGround>,
    /// Columns and rows.
    size: (u32, u32),
    usable: Polygon<f64>,
}

impl View {
    /// How a raster that is a photo sees the ground.
    pub(super) fn of(raster: &Raster) -> Option<Self> {
        let ground = raster.placement.rays()?;
        Some(Self {
            ground: Arc::clone(ground),
            size: (raster.info.width, raster.info.height),
            usable: ground.usable(),
        })
    }

    /// Whether it shows a place, longitude and latitude, in its usable part and not behind a ridge.
    fn shows(&self, place: Point<f64>) -> bool {
        let Some((col, row)) = self.ground.pixel(place.x(), place.y()) else {
            return false;
        };
        let inside = (0.0..=f64::from(self.size.0)).contains(&col)
            && (0.0..=f64::from(self.size.1)).contains(&row);
        if !inside || !self.usable.intersects(&Point::new(col, row)) {
            return false;
        }
        let off = self
            .ground
            .ground(col, row)
            .map(|there| geodesic_distance_m(there, place.x_y()));
        off.is_some_and(|m| m <= HIDDEN_M.max(self.ground.position_error_m(col, row)))
    }

    /// Whether a site's window reaches an edge of the picture.
    fn cuts(&self, site: &CandidateSite) -> bool {
        let window = site.source.window;
        window.col_off == 0
            || window.row_off == 0
            || window.col_end() >= self.size.0
            || window.row_end() >= self.size.1
    }
}

/// One image of a run that was looked at.
pub(super) struct Look<'a> {
    /// What was found in it.
    pub(super) sites: Vec<CandidateSite>,
    /// How it sees the ground, if it is a photo.
    pub(super) view: Option<&'a View>,
    /// The ground that was looked at.
    pub(super) coverage: &'a Coverage,
}

/// Joins the sites of several images, photos among them. The order is that of the first image that shows
/// a site. `threshold` says from which probability on a class makes a site.
pub(super) fn fuse(
    looks: Vec<Look<'_>>,
    threshold: &(dyn Fn(&str) -> f64 + Sync),
) -> Vec<CandidateSite> {
    let mut sites = Vec::new();
    let mut images = Vec::new();
    for look in looks {
        let number = images.len();
        sites.extend(look.sites.into_iter().map(|site| (number, site)));
        images.push((look.view, look.coverage));
    }
    let is_photo = |look: usize| images[look].0.is_some();
    let plots = plots(&sites, links(&sites, &is_photo));
    let finder = Finder::new(&images);
    let fused: Vec<Fused> = plots
        .par_iter()
        .map(|members| {
            let kept = kept(members, &sites, &images);
            let point = sites[kept].1.point;
            let mut looks: Vec<usize> = members.iter().map(|m| sites[*m].0).collect();
            looks.sort_unstable();
            let seen = count(looks.iter().filter(|look| is_photo(**look)).count());
            let missed = finder.showing(point, &looks);
            let views = Views {
                seen,
                could: seen + missed,
            };
            let scores = (views.could > 0).then(|| {
                let members: Vec<&CandidateSite> = members.iter().map(|m| &sites[*m].1).collect();
                Scores::of(&members, missed, threshold(&members[0].class))
            });
            Fused {
                kept,
                sharpest: sharpest(members, &sites, &images).filter(|s| *s != kept),
                views,
                scores,
            }
        })
        .collect();
    let mut sites: Vec<Option<CandidateSite>> = sites.into_iter().map(|s| Some(s.1)).collect();
    let mut joined = Vec::with_capacity(plots.len());
    for (members, fused) in plots.iter().zip(fused) {
        let sharpest = fused.sharpest.and_then(|at| sites[at].as_ref());
        let picture = sharpest.map(|site| site.source);
        let Some(mut site) = sites[fused.kept].take() else {
            continue;
        };
        site.picture = picture;
        for member in members {
            if let Some(other) = sites[*member].take() {
                absorb(&mut site, other);
            }
        }
        site.views = Some(fused.views);
        if let Some(scores) = fused.scores {
            site.prob = scores.prob;
            site.evidence = scores.evidence;
        }
        joined.push(site);
    }
    joined
}

/// What several looks at a plot come to.
struct Fused {
    /// The site whose geometry stays.
    kept: usize,
    /// The site whose picture is the sharpest, if that is another one.
    sharpest: Option<usize>,
    views: Views,
    scores: Option<Scores>,
}

/// A site and the number of the look that shows it.
type Numbered = (usize, CandidateSite);

/// A box around something, and its number.
type Boxed = GeomWithData<Rectangle<[f64; 2]>, usize>;

/// Two sites that may be one plot.
#[derive(Debug, Clone, Copy)]
struct Link {
    one: usize,
    two: usize,
    /// Metres between their points; 0 where they share ground.
    apart_m: f64,
    /// How far their points may be apart by their errors, in metres.
    reach_m: f64,
}

/// Pairs of sites that may be one plot, the most alike first.
fn links(sites: &[Numbered], is_photo: &(dyn Fn(usize) -> bool + Sync)) -> Vec<Link> {
    let tree = RTree::bulk_load(
        sites
            .iter()
            .enumerate()
            .filter_map(|(i, (_, site))| Some(Boxed::new(grown(site)?.into(), i)))
            .collect(),
    );
    let of_site = |(i, (look, site)): (usize, &Numbered)| {
        let mut links = Vec::new();
        let Some(around) = grown(site) else {
            return links;
        };
        for near in tree.locate_in_envelope_intersecting(&around) {
            let (other_look, other) = &sites[near.data];
            if near.data <= i || other_look == look || other.class != site.class {
                continue;
            }
            let error = site.pos_err_m.hypot(other.pos_err_m);
            let times = if is_photo(*look) || is_photo(*other_look) {
                REACH
            } else {
                1.0
            };
            // Always measured from the same one of the two, whichever image came first.
            let (one, two) = match by_place(site, other) {
                Ordering::Greater => (other, site),
                _ => (site, other),
            };
            let reach_m = (times * error).min(MOST_REACH_M);
            let like = seen(one).likeness_within(&seen(two), reach_m);
            links.extend(like.map(|like| {
                let link = Link {
                    one: i,
                    two: near.data,
                    apart_m: ((1.0 - like) * reach_m).max(0.0),
                    reach_m,
                };
                (like, link)
            }));
        }
        links
    };
    let links = sites.par_iter().enumerate().map(of_site);
    let mut links: Vec<(f64, Link)> = links.collect::<Vec<_>>().concat();
    links.par_sort_unstable_by(|(a_like, a), (b_like, b)| {
        let first = by_place(&sites[a.one].1, &sites[b.one].1);
        let by_number = a.one.cmp(&b.one).then(a.two.cmp(&b.two));
        b_like.total_cmp(a_like).then(first).then(by_number)
    });
    links.into_iter().map(|(_, link)| link).collect()
}

fn by_place(one: &CandidateSite, two: &CandidateSite) -> Ordering {
    let (one, two) = (one.point, two.point);
    one.x()
        .total_cmp(&two.x())
        .then(one.y().total_cmp(&two.y()))
}

/// The box around a site, in degrees, with as much around it as its own error may reach.
fn grown(site: &CandidateSite) -> Option<AABB<[f64; 2]>> {
    let rect = site.outline.bounding_rect()?;
    let lat = (REACH * site.pos_err_m).min(MOST_REACH_M) / DEGREE_M;
    let lon = lat / site.point.y().to_radians().cos().max(0.01);
    Some(AABB::from_corners(
        [rect.min().x - lon, rect.min().y - lat],
        [rect.max().x + lon, rect.max().y + lat],
    ))
}

/// Which sites are one plot, given the pairs that may be, best first. No plot has two sites of one look.
fn plots(sites: &[Numbered], links: Vec<Link>) -> Vec<Vec<usize>> {
    let mut plot_of: Vec<usize> = (0..sites.len()).collect();
    // The longest link within each plot, metres.
    let mut spread: Vec<f64> = vec![0.0; sites.len()];
    let mut members: Vec<Vec<usize>> = (0..sites.len()).map(|i| vec![i]).collect();
    // In order, for each plot.
    let mut looks: Vec<Vec<usize>> = sites.iter().map(|(look, _)| vec![*look]).collect();
    for link in links {
        let (mut large, mut small) = (plot_of[link.one], plot_of[link.two]);
        if large == small || share(&looks[large], &looks[small]) {
            continue;
        }
        let several = members[large].len() > 1 && members[small].len() > 1;
        let most_m =
            |plot: usize| spread[plot] + link.reach_m / f64::from(count(members[plot].len()));
        if several && link.apart_m > most_m(large).min(most_m(small)) {
            continue;
        }
        if members[large].len() < members[small].len() {
            std::mem::swap(&mut large, &mut small);
        }
        spread[large] = spread[large].max(spread[small]).max(link.apart_m);
        let moved = std::mem::take(&mut members[small]);
        for site in &moved {
            plot_of[*site] = large;
        }
        members[large].extend(moved);
        let moved = std::mem::take(&mut looks[small]);
        looks[large].extend(moved);
        looks[large].sort_unstable();
    }
    members.retain(|members| !members.is_empty());
    for members in &mut members {
        members.sort_unstable();
    }
    members.sort_unstable_by_key(|members| members[0]);
    members
}

/// Whether two lists in order have something in common.
fn share(one: &[usize], two: &[usize]) -> bool {
    let (short, long) = if one.len() < two.len() {
        (one, two)
    } else {
        (two, one)
    };
    short.iter().any(|look| long.binary_search(look).is_ok())
}

/// The site whose geometry stays.
fn kept(members: &[usize], sites: &[Numbered], images: &[Image<'_>]) -> usize {
    let view = |member: usize| images[sites[member].0].0;
    let finest = |one: &CandidateSite, two: &CandidateSite| {
        one.gsd_cm
            .total_cmp(&two.gsd_cm)
            .then(two.prob.total_cmp(&one.prob))
            .then(by_place(one, two))
    };
    let of_maps = members.iter().copied().filter(|m| view(*m).is_none());
    let map = of_maps.min_by(|a, b| finest(&sites[*a].1, &sites[*b].1));
    let photos = members
        .iter()
        .filter_map(|m| Some((*m, view(*m)?.cuts(&sites[*m].1))));
    let photo = photos.min_by(|(a, a_is_cut), (b, b_is_cut)| {
        let (one, two) = (&sites[*a].1, &sites[*b].1);
        a_is_cut
            .cmp(b_is_cut)
            .then(one.pos_err_m.total_cmp(&two.pos_err_m))
            .then(finest(one, two))
    });
    match (map, photo) {
        (Some(map), Some((photo, _))) => {
            let is_coarse = sites[map].1.gsd_cm / 100.0 > sites[photo].1.pos_err_m;
            if is_coarse { photo } else { map }
        }
        (Some(map), None) => map,
        (None, Some((photo, _))) => photo,
        (None, None) => members[0],
    }
}

/// The photo that shows a plot the most sharply on the ground, whole before cut; `None` where the plot is
/// on a map, or where nobody looked how sharp photos are.
fn sharpest(members: &[usize], sites: &[Numbered], images: &[Image<'_>]) -> Option<usize> {
    let view = |member: usize| images[sites[member].0].0;
    if members.iter().any(|member| view(*member).is_none()) {
        return None;
    }
    let known = members.iter().filter_map(|member| {
        let view = view(*member)?;
        let site = &sites[*member].1;
        Some((*member, view.cuts(site), view.ground.spread_m()?))
    });
    known
        .min_by(|(a, a_is_cut, a_m), (b, b_is_cut, b_m)| {
            a_is_cut
                .cmp(b_is_cut)
                .then(a_m.total_cmp(b_m))
                .then_with(|| by_place(&sites[*a].1, &sites[*b].1))
        })
        .map(|(member, ..)| member)
}

/// An image: how it sees the ground, if it is a photo, and the ground that was looked at.
type Image<'a> = (Option<&'a View>, &'a Coverage);

/// Finds the photos that show a place.
struct Finder<'a> {
    images: &'a [Image<'a>],
    tree: RTree<Boxed>,
}

impl<'a> Finder<'a> {
    fn new(images: &'a [Image<'a>]) -> Self {
        let boxed = |(number, (view, coverage)): (usize, &Image<'_>)| {
            let rect = view.and_then(|_| coverage.outline.bounding_rect())?;
            let (low, high) = (rect.min(), rect.max());
            let rectangle = Rectangle::from_corners([low.x, low.y], [high.x, high.y]);
            Some(Boxed::new(rectangle, number))
        };
        Self {
            tree: RTree::bulk_load(images.iter().enumerate().filter_map(boxed).collect()),
            images,
        }
    }

    /// How many photos show a place on ground that was looked at, those in `but` (in order) left out.
    fn showing(&self, place: Point<f64>, but: &[usize]) -> u32 {
        let shows = |number: usize| {
            let (view, coverage) = self.images[number];
            view.is_some_and(|view| view.shows(place)) && coverage.outline.intersects(&place)
        };
        let near = self.tree.locate_all_at_point(&[place.x(), place.y()]);
        count(
            near.filter(|near| but.binary_search(&near.data).is_err() && shows(near.data))
                .count(),
        )
    }
}

/// What all looks together say of a plot.
struct Scores {
    prob: f64,
    evidence: Vec<(String, f64)>,
}

impl Scores {
    /// The mean over the images in which it was found and the photos that could see it and do not show
    /// it: see [`mean_of_looks`]. The evidence is that of those that show it, class by class. A map
    /// that does not show it is left out, for its pixels come from these photos.
    fn of(found: &[&CandidateSite], missed: u32, threshold: f64) -> Self {
        let probs = found.iter().map(|site| site.prob).collect();
        let mean = |class: usize| {
            let values = found.iter().filter_map(|s| Some(s.evidence.get(class)?.1));
            mean_of_looks(values.collect(), 0, 0.0)
        };
        let names = found[0].evidence.iter().enumerate();
        Self {
            prob: mean_of_looks(probs, missed, threshold),
            evidence: names
                .map(|(k, (name, _))| (name.clone(), mean(k)))
                .collect(),
        }
    }
}

/// The mean score over all looks at a plot: those that show it with theirs, each of the `missed` ones that
/// do not with half of the threshold, or of the lowest score found where that is less.
///
/// What a look that shows nothing would have scored is only known to lie between 0 and the threshold; the
/// middle is the guess that is off by the least at worst. A mean, since looks from one flight share light,
/// season and model, and multiplying their odds as if they knew nothing of one another would turn five
/// weak looks into certainty. Each look that finds the plot instead of missing it raises the mean, for a
/// score found is above what a miss counts as, and the mean of scores is a score: it stays within 0 and 1.
fn mean_of_looks(mut found: Vec<f64>, missed: u32, threshold: f64) -> f64 {
    // In order of size, so that the sum does not depend on the order of the images.
    found.sort_unstable_by(f64::total_cmp);
    let lowest = found.first().copied().unwrap_or(threshold);
    let absent = threshold.min(lowest).max(0.0) / 2.0;
    let looks = f64::from(count(found.len()) + missed);
    (found.iter().sum::<f64>() + absent * f64::from(missed)) / looks.max(1.0)
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[path = "views_tests.rs"]
mod tests;
