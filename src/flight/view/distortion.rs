//! How a lens bends the picture: Brown's model, and its way back by iteration.

use crate::flight::photo::Dewarp;

/// How far from the axis, in focal lengths, a lens is believed: 76 degrees. The wildest lens of a camera
/// that maps sees half of that.
const MOST_RADIUS: f64 = 4.0;

/// Steps in which the radius is sought up to which the model can be turned back.
const RADIUS_STEP: f64 = 0.005;

/// The least growth of the bent radius with the straight one that is believed: less is the edge of a
/// polynomial, no lens.
const LEAST_GROWTH: f64 = 0.05;

/// Newton's steps at most; three or four are the rule.
const MOST_STEPS: u32 = 30;

/// What is left at most when the way back has been found, in focal lengths: a ten-thousandth of a pixel
/// in a picture of 100,000 columns.
const RESIDUAL: f64 = 1e-11;

/// Radial (k) and tangential (p) bends (D. C. Brown, "Close-range camera calibration", Photogrammetric
/// Engineering 37(8), 1971), with the terms in the order of `OpenCV`. Points are x right and y down of the
/// axis of the lens in focal lengths: "straight" as a pinhole would show them, "bent" as the picture does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Distortion {
    k: [f64; 3],
    p: [f64; 2],
    /// Beyond this straight radius the model folds the picture back over itself.
    most_radius: f64,
}

impl Distortion {
    /// The bends of a calibrated lens; `None` where a term is no number, and where all are zero.
    pub(super) fn of(dewarp: &Dewarp) -> Option<Self> {
        let k = [dewarp.k1, dewarp.k2, dewarp.k3];
        let p = [dewarp.p1, dewarp.p2];
        let mut terms = k.iter().chain(&p);
        if !terms.clone().all(|term| term.is_finite()) || terms.all(|term| *term == 0.0) {
            return None;
        }
        let growth = |r: f64| {
            let r2 = r * r;
            1.0 + r2 * (3.0 * k[0] + r2 * (5.0 * k[1] + r2 * 7.0 * k[2]))
        };
        let mut most_radius = 0.0;
        while most_radius < MOST_RADIUS && growth(most_radius + RADIUS_STEP) > LEAST_GROWTH {
            most_radius += RADIUS_STEP;
        }
        Some(Self { k, p, most_radius })
    }

    /// A straight point as the picture shows it; `None` where it lies beyond what the model holds for.
    pub(super) fn bend(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        (x.hypot(y) <= self.most_radius).then(|| self.bent(x, y).0)
    }

    /// The straight point that the picture shows at a bent one: Newton's method, from where the bend is
    /// none. `None` where it does not settle, or only beyond what the model holds for.
    pub(super) fn straighten(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let (mut u, mut v) = (x, y);
        for _ in 0..MOST_STEPS {
            let (bent, [[xx, xy], [yx, yy]]) = self.bent(u, v);
            let (left_x, left_y) = (x - bent.0, y - bent.1);
            if left_x.abs().max(left_y.abs()) <= RESIDUAL {
                return (u.hypot(v) <= self.most_radius).then_some((u, v));
            }
            let area = xx * yy - xy * yx;
            u += (left_x * yy - left_y * xy) / area;
            v += (left_y * xx - left_x * yx) / area;
            // A step out of what the model holds for starts again at its edge.
            let radius = u.hypot(v);
            if !radius.is_finite() {
                return None;
            }
            if radius > self.most_radius {
                u *= self.most_radius / radius;
                v *= self.most_radius / radius;
            }
        }
        None
    }

    /// The bent point, and how it moves with the straight one.
    fn bent(&self, x: f64, y: f64) -> ((f64, f64), [[f64; 2]; 2]) {
        let ([k1, k2, k3], [p1, p2]) = (self.k, self.p);
        let r2 = x * x + y * y;
        let radial = 1.0 + r2 * (k1 + r2 * (k2 + r2 * k3));
        let per_r2 = k1 + r2 * (2.0 * k2 + r2 * 3.0 * k3);
        let bent = (
            x * radial + 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x),
            y * radial + p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y,
        );
        let mixed = 2.0 * x * y * per_r2 + 2.0 * p1 * x + 2.0 * p2 * y;
        let xx = radial + 2.0 * x * x * per_r2 + 2.0 * p1 * y + 6.0 * p2 * x;
        let yy = radial + 2.0 * y * y * per_r2 + 6.0 * p1 * y + 2.0 * p2 * x;
        (bent, [[xx, mixed], [mixed, yy]])
    }
}
