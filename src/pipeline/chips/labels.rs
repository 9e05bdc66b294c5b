//! What a chip shows of the sites: their class and outline, cut at the chip's edge.

use crate::georef::Window;
use crate::pipeline::chip::{AoiMask, Cover};
use geo::{Area, BooleanOps, BoundingRect, Coord, MapCoords, MultiPolygon, Rect};

/// Parts smaller than this, in chip pixels, are left out: an edge of a site that just reaches in.
const LEAST_PX: f64 = 0.5;

/// A site over the model grid of one image.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    /// Its place among the sites of the run.
    pub site: usize,
    /// Number of its class, from 1; 0 is the background.
    pub class: u8,
    /// Its outline in grid pixels.
    pub outline: MultiPolygon<f64>,
    /// Bounds of the outline.
    pub bounds: Rect<f64>,
}

impl Placed {
    /// `None` for an outline without any extent.
    pub(super) fn new(site: usize, class: u8, outline: MultiPolygon<f64>) -> Option<Self> {
        let bounds = outline.bounding_rect()?;
        Some(Self {
            site,
            class,
            outline,
            bounds,
        })
    }
}

/// One site in one chip.
#[derive(Debug, Clone)]
pub(super) struct Label {
    /// Its place among the sites of the run.
    pub site: usize,
    /// Number of its class, from 1.
    pub class: u8,
    /// What the chip shows of it, chip pixels: x along a row, y down, from the outer corner.
    pub outline: MultiPolygon<f64>,
}

/// The labels of a chip, in the order of the sites.
pub(super) fn labels_of(sites: &[Placed], window: Window) -> Vec<Label> {
    let corner = Coord {
        x: f64::from(window.col_off),
        y: f64::from(window.row_off),
    };
    let size = Coord {
        x: f64::from(window.width),
        y: f64::from(window.height),
    };
    let frame = Rect::new(corner, corner + size);
    sites
        .iter()
        .filter(|s| {
            s.bounds.min().x < frame.max().x
                && s.bounds.max().x > frame.min().x
                && s.bounds.min().y < frame.max().y
                && s.bounds.max().y > frame.min().y
        })
        .filter_map(|s| {
            let shown = s
                .outline
                .intersection(&MultiPolygon::from(frame.to_polygon()));
            let outline: MultiPolygon<f64> = shown
                .into_iter()
                .filter(|p| p.unsigned_area() >= LEAST_PX)
                .map(|p| p.map_coords(|c| c - corner))
                .collect();
            (!outline.0.is_empty()).then_some(Label {
                site: s.site,
                class: s.class,
                outline,
            })
        })
        .collect()
}

/// The pixels of a square chip that an outline in chip pixels covers: 1 inside, `[row, col]`. A pixel
/// is inside when its centre is.
pub(super) fn pixels_of(outline: &MultiPolygon<f64>, size: u32) -> Vec<u8> {
    let whole = Window {
        col_off: 0,
        row_off: 0,
        width: size,
        height: size,
    };
    let count = size as usize * size as usize;
    match AoiMask::new(outline, size).cover(whole) {
        Cover::None => vec![0; count],
        Cover::All => vec![1; count],
        Cover::Part(mask) => mask,
    }
}

/// The bounds (left, top, width, height) of an outline, chip pixels.
pub(super) fn box_of(outline: &MultiPolygon<f64>) -> Option<[f64; 4]> {
    let bounds = outline.bounding_rect()?;
    Some([
        bounds.min().x,
        bounds.min().y,
        bounds.width(),
        bounds.height(),
    ])
}
