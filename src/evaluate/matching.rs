//! Which sites hit which plots.
//!
//! A site hits a plot when their intersection over union is at least [`HIT_IOU`], or when its
//! point lies in the plot buffered by the site's position error. A plot that is known as a point
//! has no outline: it is hit where it lies in a site, or within the position error of its point.

use super::found::FoundSite;
use super::truth::{Place, TruthPlot};
use crate::georef::LocalMetres;
use geo::{
    Area, BooleanOps, BoundingRect, Centroid, Contains, Distance, Euclidean, MultiPolygon, Point,
    Rect,
};
use rayon::prelude::*;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

/// The least intersection over union of a hit.
pub const HIT_IOU: f64 = 0.1;

/// Metres in a degree of latitude, a little less than anywhere.
const LEAST_METRES_PER_DEGREE: f64 = 110_500.0;

type Entry = GeomWithData<Rectangle<[f64; 2]>, usize>;

/// For each plot the sites that hit it, whatever their class, ascending.
#[must_use]
pub fn hits(sites: &[FoundSite], plots: &[TruthPlot]) -> Vec<Vec<usize>> {
    let entries = sites.iter().enumerate().map(|(index, site)| {
        let (low, high) = reach(site);
        Entry::new(Rectangle::from_corners(low, high), index)
    });
    let tree = RTree::bulk_load(entries.collect());
    plots
        .par_iter()
        .map(|plot| {
            let Some(target) = Target::new(&plot.place) else {
                return Vec::new();
            };
            let (low, high) = target.bounds;
            let near = tree.locate_in_envelope_intersecting(&AABB::from_corners(low, high));
            let mut hits: Vec<usize> = near
                .map(|entry| entry.data)
                .filter(|index| target.is_hit_by(&sites[*index]))
                .collect();
            hits.sort_unstable();
            hits
        })
        .collect()
}

/// Longitudes and latitudes that a site reaches, position error included.
fn reach(site: &FoundSite) -> ([f64; 2], [f64; 2]) {
    let point = Rect::new(site.point, site.point);
    let rect = site.outline.bounding_rect().map_or(point, |rect| {
        let low = |a: f64, b: f64| a.min(b);
        let high = |a: f64, b: f64| a.max(b);
        Rect::new(
            (
                low(rect.min().x, site.point.x()),
                low(rect.min().y, site.point.y()),
            ),
            (
                high(rect.max().x, site.point.x()),
                high(rect.max().y, site.point.y()),
            ),
        )
    });
    let dy = site.pos_err_m / LEAST_METRES_PER_DEGREE;
    let dx = dy / site.point.y().to_radians().cos().max(0.01);
    (
        [rect.min().x - dx, rect.min().y - dy],
        [rect.max().x + dx, rect.max().y + dy],
    )
}

/// A plot in metres around itself.
struct Target {
    frame: LocalMetres,
    shape: TargetShape,
    /// Longitudes and latitudes.
    bounds: ([f64; 2], [f64; 2]),
}

enum TargetShape {
    Point(Point<f64>),
    Area {
        outline: MultiPolygon<f64>,
        bounds: Rect<f64>,
        area_m2: f64,
    },
}

impl Target {
    fn new(place: &Place) -> Option<Self> {
        match place {
            Place::Point(point) => {
                let frame = LocalMetres::around(*point);
                let at = [point.x(), point.y()];
                Some(Self {
                    shape: TargetShape::Point(frame.point(*point)),
                    frame,
                    bounds: (at, at),
                })
            }
            Place::Area(outline) => {
                let frame = LocalMetres::around(outline.centroid()?);
                let rect = outline.bounding_rect()?;
                let outline = frame.outline(outline);
                Some(Self {
                    bounds: (rect.min().into(), rect.max().into()),
                    shape: TargetShape::Area {
                        bounds: outline.bounding_rect()?,
                        area_m2: outline.unsigned_area(),
                        outline,
                    },
                    frame,
                })
            }
        }
    }

    fn is_hit_by(&self, site: &FoundSite) -> bool {
        let point = self.frame.point(site.point);
        match &self.shape {
            TargetShape::Point(plot) => {
                Euclidean.distance(point, *plot) <= site.pos_err_m
                    || self.frame.outline(&site.outline).contains(plot)
            }
            TargetShape::Area {
                outline,
                bounds,
                area_m2,
            } => {
                Euclidean.distance(&point, outline) <= site.pos_err_m
                    || self.overlaps(site, outline, *bounds, *area_m2)
            }
        }
    }

    fn overlaps(
        &self,
        site: &FoundSite,
        plot: &MultiPolygon<f64>,
        plot_bounds: Rect<f64>,
        plot_m2: f64,
    ) -> bool {
        let outline = self.frame.outline(&site.outline);
        let Some(bounds) = outline.bounding_rect() else {
            return false;
        };
        // What the bounds share is the most that the shapes can share; cutting polygons costs.
        let span = |a0: f64, a1: f64, b0: f64, b1: f64| (a1.min(b1) - a0.max(b0)).max(0.0);
        let most = span(
            bounds.min().x,
            bounds.max().x,
            plot_bounds.min().x,
            plot_bounds.max().x,
        ) * span(
            bounds.min().y,
            bounds.max().y,
            plot_bounds.min().y,
            plot_bounds.max().y,
        );
        let site_m2 = outline.unsigned_area();
        let enough = |shared: f64| {
            let union = site_m2 + plot_m2 - shared;
            union > 0.0 && shared / union >= HIT_IOU
        };
        let most = most.min(site_m2).min(plot_m2);
        most > 0.0 && enough(most) && enough(outline.intersection(plot).unsigned_area())
    }
}
