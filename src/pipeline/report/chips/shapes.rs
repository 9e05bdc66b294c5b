//! Outlines of sites on the model grid of one image: those found in it, and those that
//! only other images show of the same ground.

use crate::Result;
use crate::georef::Window;
use crate::pipeline::acquire::Raster;
use crate::pipeline::area::{ToGrid, surroundings};
use crate::pipeline::chip::ModelGrid;
use crate::pipeline::site::CandidateSite;
use geo::{Area, BooleanOps, BoundingRect, Intersects, MultiPolygon, Rect};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

/// The outline of a site on an image's grid.
pub(crate) struct Shape {
    /// The site's place in the list of the run.
    pub(crate) site: usize,
    /// Its class, counted from 0 among those that can become sites.
    pub(crate) class: usize,
    /// Whether the site was found in other images only.
    pub(crate) is_borrowed: bool,
    /// In grid pixels.
    pub(crate) outline: MultiPolygon<f64>,
}

/// All outlines of one image.
pub(crate) struct Shapes {
    shapes: Vec<Shape>,
    tree: RTree<GeomWithData<Rectangle<[f64; 2]>, usize>>,
}

impl Shapes {
    /// Brings the outlines of all sites that an image shows onto its grid. A site of another
    /// image counts where this one found nothing.
    pub(crate) fn of_image(
        index: usize,
        sites: &[CandidateSite],
        classes: &[&str],
        raster: &Raster,
        grid: &ModelGrid,
    ) -> Result<Self> {
        let to_grid = ToGrid::new(raster, grid)?;
        let (width, height) = (f64::from(grid.width), f64::from(grid.height));
        let extent = Rect::new((0.0, 0.0), (width, height)).to_polygon();
        let near = surroundings(raster)?;
        let class_of = |site: &CandidateSite| classes.iter().position(|c| *c == site.class);
        let mut own = Vec::new();
        let mut others = Vec::new();
        for (number, site) in sites.iter().enumerate() {
            let Some(class) = class_of(site) else {
                continue;
            };
            let mine = site.outline_in(index);
            let outline = mine.unwrap_or(&site.outline);
            if mine.is_none() && !outline.bounding_rect().is_some_and(|r| r.intersects(&near)) {
                continue;
            }
            let outline = inside(to_grid.outline(outline)?, &extent);
            if outline.unsigned_area() > 0.0 {
                let shape = Shape {
                    site: number,
                    class,
                    is_borrowed: mine.is_none(),
                    outline,
                };
                if mine.is_some() {
                    own.push(shape);
                } else {
                    others.push(shape);
                }
            }
        }
        let found = Self::new(own);
        others.retain(|shape| {
            let near = shape.outline.bounding_rect().map(|r| found.in_bounds(r));
            near.is_some_and(|near| !near.iter().any(|o| o.outline.intersects(&shape.outline)))
        });
        let mut shapes = found.shapes;
        shapes.extend(others);
        shapes.sort_by_key(|s| s.site);
        Ok(Self::new(shapes))
    }

    /// Outlines on WGS 84, each with its place in a list and its class, as far as an image shows them.
    pub(crate) fn of_outlines<'a>(
        outlines: impl Iterator<Item = (usize, usize, &'a MultiPolygon<f64>)>,
        raster: &Raster,
        grid: &ModelGrid,
    ) -> Result<Self> {
        let to_grid = ToGrid::new(raster, grid)?;
        let extent = Rect::new((0.0, 0.0), (f64::from(grid.width), f64::from(grid.height)));
        let near = surroundings(raster)?;
        let mut shapes = Vec::new();
        for (site, class, outline) in outlines {
            if !outline.bounding_rect().is_some_and(|r| r.intersects(&near)) {
                continue;
            }
            let outline = inside(to_grid.outline(outline)?, &extent.to_polygon());
            if outline.unsigned_area() > 0.0 {
                shapes.push(Shape {
                    site,
                    class,
                    is_borrowed: false,
                    outline,
                });
            }
        }
        Ok(Self::new(shapes))
    }

    fn new(shapes: Vec<Shape>) -> Self {
        let boxed = |(i, shape): (usize, &Shape)| {
            let rect = shape.outline.bounding_rect()?;
            let (low, high) = (rect.min(), rect.max());
            let rectangle = Rectangle::from_corners([low.x, low.y], [high.x, high.y]);
            Some(GeomWithData::new(rectangle, i))
        };
        let tree = RTree::bulk_load(shapes.iter().enumerate().filter_map(boxed).collect());
        Self { shapes, tree }
    }

    /// The outlines of sites that were found in this image, in the order of the sites.
    pub(crate) fn found(&self) -> impl Iterator<Item = &Shape> {
        self.shapes.iter().filter(|s| !s.is_borrowed)
    }

    /// The outlines whose bounds a window meets when it is grown by `margin` pixels, in the
    /// order of the sites.
    pub(crate) fn near(&self, window: Window, margin: f64) -> Vec<&Shape> {
        self.in_bounds(Rect::new(
            (
                f64::from(window.col_off) - margin,
                f64::from(window.row_off) - margin,
            ),
            (
                f64::from(window.col_end()) + margin,
                f64::from(window.row_end()) + margin,
            ),
        ))
    }

    fn in_bounds(&self, rect: Rect<f64>) -> Vec<&Shape> {
        let (low, high) = (rect.min(), rect.max());
        let envelope = AABB::from_corners([low.x, low.y], [high.x, high.y]);
        let mut near: Vec<usize> = self
            .tree
            .locate_in_envelope_intersecting(&envelope)
            .map(|found| found.data)
            .collect();
        near.sort_unstable();
        near.into_iter().map(|i| &self.shapes[i]).collect()
    }
}

/// The part of an outline inside a rectangle; as it is where all of it lies inside.
pub(crate) fn inside(
    outline: MultiPolygon<f64>,
    rectangle: &geo::Polygon<f64>,
) -> MultiPolygon<f64> {
    let whole = outline.bounding_rect().zip(rectangle.bounding_rect());
    let is_inside = whole.is_some_and(|(part, all)| {
        all.min().x <= part.min().x
            && all.min().y <= part.min().y
            && part.max().x <= all.max().x
            && part.max().y <= all.max().y
    });
    if is_inside {
        outline
    } else {
        outline.intersection(rectangle)
    }
}
