//! Official targets against own places (靶标吻合率).

use super::ground::{Boxed, Ground, around};
use super::place::{Kind, Place};
use super::precision::share;
use super::source::{Source, Target};
use crate::campaign::check::Outcome;
use crate::georef::LocalMetres;
use crate::report::figures::{Count, TargetFigures, UnmatchedReason, UnmatchedTarget};
use geo::{
    BoundingRect, Centroid, Distance, Euclidean, Geometry, Intersects, MapCoords, MultiPolygon,
    Point,
};
use rstar::RTree;
use rstar::primitives::Rectangle;

/// Around an unmatched target, sites within so many metres are named.
const NEAR_M: f64 = 200.0;

/// The shortest degree of latitude on the ellipsoid, metres; shorter than any, so that a search
/// misses nothing.
const METRES_PER_DEGREE: f64 = 110_500.0;

/// How targets and places meet.
pub(super) struct Met {
    pub(super) figures: TargetFigures,
    /// A point of each target, and whether it is matched.
    pub(super) points: Vec<(Point<f64>, bool)>,
}

/// Matches targets with places that were given out, or have an answer. `None` without targets.
pub(super) fn targets(
    source: &Source,
    places: &[Place<'_>],
    ground: &Ground<'_>,
    radius_m: f64,
) -> Option<Met> {
    if source.targets.is_empty() {
        return None;
    }
    let index = Index::of(places);
    let mut touched = vec![false; places.len()];
    let (mut unmatched, mut points) = (Vec::new(), Vec::new());
    let mut matched = 0;
    let mut sorted: Vec<&Target> = source.targets.iter().collect();
    sorted.sort_by(|a, b| a.id.cmp(&b.id));
    for target in sorted {
        let Some(middle) = target.shape.centroid() else {
            continue;
        };
        let near = index.near(places, &target.shape, middle, NEAR_M.max(radius_m));
        let meets = |found: &&Near| found.overlaps || found.distance_m <= radius_m;
        let mut is_matched = false;
        for found in near
            .iter()
            .filter(meets)
            .filter(|f| counts(&places[f.place]))
        {
            touched[found.place] = true;
            is_matched = true;
        }
        points.push((middle, is_matched));
        if is_matched {
            matched += 1;
        } else {
            unmatched.push(explained(
                source, places, ground, target, middle, &near, radius_m,
            ));
        }
    }
    let of_places = |is_one: &dyn Fn(usize) -> bool| {
        Count::of(
            (0..places.len())
                .filter(|&at| counts(&places[at]) && is_one(at))
                .count(),
        )
    };
    let confirmed = |at: usize| places[at].outcome() == Some(Outcome::Confirmed);
    let reason = |reason: UnmatchedReason| {
        let count = unmatched
            .iter()
            .filter(|target| target.reason == reason)
            .count();
        (reason, Count::of(count))
    };
    let all = u64::try_from(points.len()).unwrap_or(u64::MAX);
    Some(Met {
        figures: TargetFigures {
            radius_m,
            matched: share(matched, all),
            places: of_places(&|_| true),
            places_outside: of_places(&|at| !touched[at]),
            confirmed_outside: of_places(&|at| !touched[at] && confirmed(at)),
            reasons: UnmatchedReason::ALL.map(reason).to_vec(),
            unmatched,
        },
        points,
    })
}

/// Whether a place counts: it was given out, or somebody was there. Ground drawn by lot is near a target
/// by chance, and counts where the crop was found on it.
fn counts(place: &Place<'_>) -> bool {
    if place.kind == Kind::ControlRandom {
        return place.outcome() == Some(Outcome::Confirmed);
    }
    place.assigned_on().is_some() || place.answer.is_some()
}

fn explained(
    source: &Source,
    places: &[Place<'_>],
    ground: &Ground<'_>,
    target: &Target,
    middle: Point<f64>,
    near: &[Near],
    radius_m: f64,
) -> UnmatchedTarget {
    let images = ground.showing(&target.shape);
    let mut dates: Vec<String> = images
        .iter()
        .map(|seen| seen.day.clone())
        .filter(|day| !day.is_empty())
        .collect();
    dates.sort();
    dates.dedup();
    let sites = || {
        near.iter()
            .filter(|found| found.distance_m <= NEAR_M || found.overlaps)
            .filter_map(|found| Some((found, places[found.place].site?)))
    };
    let best = sites().max_by(|a, b| {
        let by_id = b.1.site_id.cmp(&a.1.site_id);
        a.1.prob.total_cmp(&b.1.prob).then(by_id)
    });
    let within = sites().any(|(found, _)| found.overlaps || found.distance_m <= radius_m);
    let empty = MultiPolygon::new(vec![]);
    let outline = match &target.shape {
        Geometry::MultiPolygon(area) => area,
        _ => &empty,
    };
    let place = source.villages.locate(outline, middle).unwrap_or_default();
    UnmatchedTarget {
        target_id: target.id.clone(),
        lon_lat: Some((middle.x(), middle.y())),
        xzqdm: place.xzqdm,
        town: place.town,
        village: place.village,
        imaged: !images.is_empty(),
        gsd_cm: images
            .iter()
            .filter_map(|seen| seen.gsd_cm)
            .min_by(f64::total_cmp),
        dates,
        best_prob: best.map(|(_, site)| site.prob),
        best_site: best.map_or_else(String::new, |(_, site)| site.site_id.clone()),
        nearest_m: sites()
            .map(|(found, _)| {
                if found.overlaps {
                    0.0
                } else {
                    found.distance_m
                }
            })
            .min_by(f64::total_cmp),
        reason: if within {
            UnmatchedReason::NotGivenOut
        } else if best.is_some() {
            UnmatchedReason::FurtherAway
        } else if images.is_empty() {
            UnmatchedReason::NotImaged
        } else {
            UnmatchedReason::NothingSeen
        },
    }
}

/// A place near a target.
struct Near {
    /// Its place in the list.
    place: usize,
    /// Metres from the target to its point.
    distance_m: f64,
    /// Whether the target shares ground with its outline.
    overlaps: bool,
}

struct Index {
    tree: RTree<Boxed>,
}

impl Index {
    fn of(places: &[Place<'_>]) -> Self {
        let boxed = places.iter().enumerate().filter_map(|(at, place)| {
            let point = place.point()?;
            let outline = place.site.and_then(|site| site.outline.bounding_rect());
            let rect = outline.unwrap_or_else(|| geo::Rect::new(point, point));
            let low = (rect.min().x.min(point.x()), rect.min().y.min(point.y()));
            let high = (rect.max().x.max(point.x()), rect.max().y.max(point.y()));
            let envelope = around(geo::Rect::new(low, high), 0.0, 0.0);
            Some(Boxed::new(Rectangle::from_aabb(envelope), at))
        });
        Self {
            tree: RTree::bulk_load(boxed.collect()),
        }
    }

    /// Places that overlap a target or whose point lies within so many metres of it.
    fn near(
        &self,
        places: &[Place<'_>],
        target: &Geometry<f64>,
        middle: Point<f64>,
        most_m: f64,
    ) -> Vec<Near> {
        let Some(rect) = target.bounding_rect() else {
            return Vec::new();
        };
        let north = most_m / METRES_PER_DEGREE;
        let east = north
            / rect
                .max()
                .y
                .abs()
                .max(rect.min().y.abs())
                .to_radians()
                .cos()
                .max(0.01);
        let frame = LocalMetres::around(middle);
        let in_metres = target.map_coords(|c| frame.coord(c));
        let mut found: Vec<Near> = self
            .tree
            .locate_in_envelope_intersecting(&around(rect, east, north))
            .filter_map(|boxed| {
                let place = &places[boxed.data];
                let distance_m = distance_m(&in_metres, frame.point(place.point()?));
                let outline = place.site.map(|site| &site.outline);
                let overlaps = outline.is_some_and(|outline| outline.intersects(target));
                (overlaps || distance_m <= most_m).then_some(Near {
                    place: boxed.data,
                    distance_m,
                    overlaps,
                })
            })
            .collect();
        found.sort_by_key(|near| near.place);
        found
    }
}

/// Metres between a shape and a point; 0 within it.
fn distance_m(shape: &Geometry<f64>, point: Point<f64>) -> f64 {
    if shape.intersects(&point) {
        return 0.0;
    }
    Euclidean.distance(shape, &Geometry::Point(point))
}
