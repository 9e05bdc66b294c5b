//! What is drawn on a picture: the site's outline, and grey over what it must not show.

use super::MARGIN_M;
use super::fill::fill;
use super::frame::Frame;
use super::sample::Sampled;
use crate::georef::{LocalMetres, floor_to_u32, union};
use geo::{BoundingRect, Buffer, Coord, MultiPolygon, Point, Rect};
use image::{Rgb, RgbImage};

/// Colour of ground further than [`MARGIN_M`] from the site.
const HIDDEN: Rgb<u8> = Rgb([190, 190, 190]);

/// Colour of ground that the image does not show.
const EMPTY: Rgb<u8> = Rgb([255, 255, 255]);

/// The outline: bright, with dark beside it, so that it stands out from any ground and in print.
const LINE: Rgb<u8> = Rgb([255, 236, 0]);
const HALO: Rgb<u8> = Rgb([20, 20, 20]);

/// Pixels between the plot and the halo, the line, the halo again and the ground, at 500 pixels
/// along the picture's longer edge and more: nothing is drawn on the plants.
const BANDS_PX: [f64; 4] = [1.0, 2.0, 4.0, 5.0];

/// Metres to each side of a point that has no outline.
const POINT_M: f64 = 0.5;

/// Metres taken off the margin, for rounding where outlines are widened.
const CARE_M: f64 = 0.01;

/// The outline to draw: overlapping and crossing parts as one; a small square for none.
pub(super) fn drawable(point: Point<f64>, outline: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    let joined = union(outline.iter().filter(|part| part.exterior().0.len() > 3));
    if !joined.0.is_empty() {
        return joined;
    }
    let frame = LocalMetres::around(point);
    let corner = |sign: f64| -> Coord<f64> {
        frame
            .place(Point::new(sign * POINT_M, sign * POINT_M))
            .into()
    };
    Rect::new(corner(-1.0), corner(1.0)).to_polygon().into()
}

/// The picture of a site; `None` where the image shows nothing of the site itself.
pub(super) fn close_up(
    seen: Sampled,
    frame: &Frame,
    outline: &MultiPolygon<f64>,
) -> Option<RgbImage> {
    let (width, height) = (frame.width, frame.height);
    let outline = frame.outline_px(outline);
    let within = |pixels: f64| fill(&outline.buffer(pixels), width, height);
    let site = fill(&outline, width, height);
    let is_shown = |(site, valid): (&bool, &bool)| *site && *valid;
    // A site smaller than a pixel has no pixel's middle in it.
    let middle = || {
        let middle = outline.bounding_rect()?.center();
        let (x, y) = (floor_to_u32(middle.x), floor_to_u32(middle.y));
        let is_inside = middle.x >= 0.0 && middle.y >= 0.0 && x < width && y < height;
        is_inside.then(|| seen.valid[(y * width + x) as usize])
    };
    let shows_site = if site.contains(&true) {
        site.iter().zip(&seen.valid).any(is_shown)
    } else {
        middle() == Some(true)
    };
    if !shows_site {
        return None;
    }
    // All of a pixel's ground must lie within the margin, not only its middle.
    let metres = frame.m_per_px();
    let blur_m = seen.blur_px * frame.raster_px_m;
    let margin_m = MARGIN_M - CARE_M - metres / std::f64::consts::SQRT_2 - blur_m;
    let near = if margin_m > 0.0 {
        within(margin_m / metres)
    } else {
        site.clone()
    };
    let bands = BANDS_PX.map(|px| {
        let small = f64::from(width.max(height)) / 500.0;
        within(px * small.clamp(0.5, 1.0))
    });
    let mut image = seen.image;
    for (i, pixel) in image.pixels_mut().enumerate() {
        if !near[i] && !site[i] {
            *pixel = HIDDEN;
        } else if !seen.valid[i] {
            *pixel = EMPTY;
        }
        if bands[2][i] && !bands[1][i] {
            *pixel = LINE;
        } else if bands[3][i] && !bands[0][i] {
            *pixel = HALO;
        }
    }
    Some(image)
}

/// A photograph under a map.
pub(super) fn background(seen: Sampled) -> RgbImage {
    let mut image = seen.image;
    for (pixel, valid) in image.pixels_mut().zip(&seen.valid) {
        if !valid {
            *pixel = EMPTY;
        }
    }
    image
}
