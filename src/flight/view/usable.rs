//! Which part of a photo may be scanned: where it looks down steeply enough.

use super::View;
use super::lens::Lens;

/// Points to a side of the picture, one of its corners included.
const SIDE_POINTS: u32 = 25;

/// Halvings of the way to a point of the frame: a ten-thousandth of a pixel.
const HALVINGS: u32 = 28;

impl View {
    /// The outline in pixels of what may be scanned, clockwise as the picture is seen; empty where nothing
    /// may.
    ///
    /// All that looks down by so many degrees is a cone about the plumb line, so what the picture shows
    /// of it is convex (but for the lens's distortion, which bends it slightly), and can be reached
    /// from its steepest point along straight lines. They are drawn to points of the frame, and cut
    /// where they become too flat, as is the frame itself.
    pub(super) fn usable_outline(&self) -> Vec<(f64, f64)> {
        let is_steep = |pixel: (f64, f64)| {
            self.depression_deg(pixel.0, pixel.1)
                .is_some_and(|depression| depression >= self.least_depression_deg)
        };
        let frame = frame(&self.lens);
        let Some(steepest) = self.steepest(&frame).filter(|pixel| is_steep(*pixel)) else {
            return Vec::new();
        };
        if self.above_ground_m().is_none() {
            return Vec::new();
        }
        // The last steep point on the way from a steep one to a flat one.
        let cut = |steep: (f64, f64), flat: (f64, f64)| {
            let at = |share: f64| {
                (
                    steep.0 + share * (flat.0 - steep.0),
                    steep.1 + share * (flat.1 - steep.1),
                )
            };
            let (mut near, mut far) = (0.0, 1.0);
            for _ in 0..HALVINGS {
                let middle = f64::midpoint(near, far);
                if is_steep(at(middle)) {
                    near = middle;
                } else {
                    far = middle;
                }
            }
            at(near)
        };
        let mut outline = Vec::with_capacity(frame.len() + 2);
        for (&here, &next) in frame.iter().zip(frame.iter().cycle().skip(1)) {
            match (is_steep(here), is_steep(next)) {
                (true, true) => outline.push(here),
                (true, false) => outline.extend([here, cut(here, next)]),
                (false, false) => outline.push(cut(steepest, here)),
                (false, true) => outline.extend([cut(steepest, here), cut(next, here)]),
            }
        }
        // Lines along one side of the frame end at one point.
        outline.dedup_by(|a, b| (a.0 - b.0).abs() < 1e-2 && (a.1 - b.1).abs() < 1e-2);
        if outline.len() < 3 {
            outline.clear();
        }
        outline
    }

    /// The pixel position that looks down most steeply: straight down, or a point of the frame.
    fn steepest(&self, frame: &[(f64, f64)]) -> Option<(f64, f64)> {
        let (width, height) = (f64::from(self.lens.width), f64::from(self.lens.height));
        let inside = |pixel: &(f64, f64)| {
            (0.0..=width).contains(&pixel.0) && (0.0..=height).contains(&pixel.1)
        };
        let nadir = self.pixel_of([0.0, 0.0, 1.0]).filter(inside);
        nadir.or_else(|| {
            let depression = |pixel: &(f64, f64)| self.depression_deg(pixel.0, pixel.1);
            let known = frame.iter().filter_map(|p| Some((*p, depression(p)?)));
            known
                .max_by(|a, b| a.1.total_cmp(&b.1))
                .map(|(pixel, _)| pixel)
        })
    }
}

/// The corners of a photo, clockwise from the first pixel.
pub(super) fn corners(lens: &Lens) -> [(f64, f64); 4] {
    let (width, height) = (f64::from(lens.width), f64::from(lens.height));
    [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)]
}

/// Whether an outline is the whole frame.
pub(super) fn is_whole(outline: &[(f64, f64)], lens: &Lens) -> bool {
    outline == frame(lens)
}

/// Points along the four sides of a photo, clockwise from the first pixel.
fn frame(lens: &Lens) -> Vec<(f64, f64)> {
    let corners = corners(lens);
    let mut points = Vec::with_capacity(4 * SIDE_POINTS as usize);
    for (from, to) in corners.iter().zip(corners.iter().cycle().skip(1)) {
        points.extend((0..SIDE_POINTS).map(|step| {
            let share = f64::from(step) / f64::from(SIDE_POINTS);
            (
                from.0 + share * (to.0 - from.0),
                from.1 + share * (to.1 - from.1),
            )
        }));
    }
    points
}
