//! The ground that a camera looks at: a level plane or an elevation model, and where a ray meets it.

use super::frame::NadirFrame;
use super::rotation::Vector;
use crate::digest::hash_of_file;
use crate::elevation::Elevation;
use geo::Coord;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// Rays that are flatter, in degrees below level, meet no ground: an error of one degree moves their end
/// by a tenth and more.
pub const LEAST_DEPRESSION_DEG: f64 = 10.0;

/// Rays that are steeper, in degrees below level, are brought down by iteration; others are followed.
const STEEP_DEG: f64 = 60.0;

/// Iterations of a steep ray until it must be this near to the ground, in metres.
const MOST_ITERATIONS: u32 = 10;
const NEAR_M: f64 = 0.5;

/// Iterations after that until it has arrived, in metres.
const MOST_REFINEMENTS: u32 = 30;
const ARRIVED_M: f64 = 1e-3;

/// A ray is followed in steps over the ground of this share of the model's pixel, in metres at least
/// (anything thinner may be passed by) and no farther than the last.
const STEP_PIXELS: f64 = 0.5;
const LEAST_STEP_M: f64 = 0.25;
const FARTHEST_M: f64 = 10_000.0;

/// Heights of the ground in metres. The datum is whatever the camera's height is above.
pub trait Heights: Send + Sync {
    /// The height at a longitude and a latitude (WGS 84, degrees); `None` where there is none.
    fn height_m(&self, lon: f64, lat: f64) -> Option<f64>;

    /// Metres of ground between two heights that are told apart.
    fn pixel_m(&self) -> f64;

    /// What tells these heights from others, as text.
    fn facts(&self) -> String;
}

impl Heights for Elevation {
    fn height_m(&self, lon: f64, lat: f64) -> Option<f64> {
        self.height(lon, lat)
    }

    fn pixel_m(&self) -> f64 {
        self.pixel_m()
    }

    /// The hash of the file.
    fn facts(&self) -> String {
        let hash = hash_of_file(self.path(), &|| false);
        hash.unwrap_or_else(|| self.path().display().to_string())
    }
}

/// The ground that a camera looks at. The Earth's curvature is left out: it lowers the ground by 8 cm at
/// one kilometre.
#[derive(Clone)]
pub enum Ground {
    /// Level ground at a height in metres.
    Flat(f64),
    /// Ground with heights of its own.
    Relief {
        /// The heights.
        heights: Arc<dyn Heights>,
        /// Their pixel in metres.
        pixel_m: f64,
        /// What tells them from others, found when somebody asks: it takes the whole file.
        facts: Arc<OnceLock<String>>,
    },
}

impl fmt::Debug for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flat(height_m) => f.debug_tuple("Flat").field(height_m).finish(),
            Self::Relief { pixel_m, .. } => f
                .debug_struct("Relief")
                .field("pixel_m", pixel_m)
                .finish_non_exhaustive(),
        }
    }
}

/// Where a camera is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Eye {
    pub(super) frame: NadirFrame,
    /// Above the datum of the ground.
    pub(super) height_m: f64,
}

/// Where a ray meets the ground.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hit {
    /// Metres east (x) and north (y) of the camera.
    pub(super) metres: Coord<f64>,
    /// Metres below the camera.
    pub(super) drop_m: f64,
}

impl Ground {
    /// Ground with heights of its own, whose pixel is asked for once.
    #[must_use]
    pub fn relief(heights: Arc<dyn Heights>) -> Self {
        Self::Relief {
            pixel_m: heights.pixel_m(),
            facts: Arc::default(),
            heights,
        }
    }

    /// What tells this ground from another one, as text.
    #[must_use]
    pub(super) fn facts(&self) -> String {
        match self {
            Self::Flat(height_m) => format!("level at {height_m:?}"),
            Self::Relief {
                heights,
                pixel_m,
                facts,
            } => {
                let facts = facts.get_or_init(|| heights.facts());
                format!("relief {facts} of {pixel_m:?}")
            }
        }
    }

    /// The height of the ground at a place in metres; `None` where it is not known.
    #[must_use]
    pub fn height_m(&self, lon: f64, lat: f64) -> Option<f64> {
        let height = match self {
            Self::Flat(height_m) => Some(*height_m),
            Self::Relief { heights, .. } => heights.height_m(lon, lat),
        };
        height.filter(|height| height.is_finite())
    }

    /// Where a ray of length 1 (north, east, down) meets the ground first. `None` where it is too flat,
    /// where the camera is not above the ground, and where heights are missing on the way.
    pub(super) fn meet(&self, eye: &Eye, ray: Vector) -> Option<Hit> {
        let [north, east, down] = ray;
        if down < LEAST_DEPRESSION_DEG.to_radians().sin() {
            return None;
        }
        let hit = |drop_m: f64| Hit {
            metres: Coord {
                x: drop_m * (east / down),
                y: drop_m * (north / down),
            },
            drop_m,
        };
        match self {
            Self::Flat(height_m) => {
                let drop = eye.height_m - height_m;
                (drop.is_finite() && drop > 0.0).then(|| hit(drop))
            }
            Self::Relief { pixel_m, .. } => {
                let gap = |drop: f64| {
                    let place = eye.frame.place(hit(drop).metres)?;
                    Some(eye.height_m - drop - self.height_m(place.0, place.1)?)
                };
                let above = gap(0.0).filter(|above| *above > 0.0)?;
                if down >= STEEP_DEG.to_radians().sin() {
                    match settle(above, gap) {
                        Settled::At(drop) => return Some(hit(drop)),
                        Settled::Unknown => return None,
                        Settled::Not => {}
                    }
                }
                let per_metre = down / north.hypot(east).max(1e-6);
                let step = (STEP_PIXELS * pixel_m).max(LEAST_STEP_M) * per_metre;
                follow(step, FARTHEST_M * per_metre, gap).map(hit)
            }
        }
    }
}

/// How the iteration of a steep ray ends.
enum Settled {
    /// So many metres below the camera.
    At(f64),
    /// A height is missing.
    Unknown,
    /// It jumps to and fro.
    Not,
}

/// Lets the end of a ray sink by its height above the ground there, again and again.
fn settle(above: f64, gap: impl Fn(f64) -> Option<f64>) -> Settled {
    let mut drop = above;
    let mut is_near = false;
    for turn in 0..MOST_ITERATIONS + MOST_REFINEMENTS {
        let Some(left) = gap(drop) else {
            return Settled::Unknown;
        };
        drop += left;
        is_near |= left.abs() < NEAR_M;
        if left.abs() < ARRIVED_M {
            return Settled::At(drop);
        }
        if drop <= 0.0 || (turn + 1 >= MOST_ITERATIONS && !is_near) {
            break;
        }
    }
    Settled::Not
}

/// Follows a ray down in steps to the first that is at or below the ground, and halves that one until the
/// ground is met within a tenth of a millimetre.
fn follow(step: f64, farthest: f64, gap: impl Fn(f64) -> Option<f64>) -> Option<f64> {
    let (mut low, mut above) = (0.0, 0.0);
    while gap(low)? > 0.0 {
        above = low;
        low += step;
        if low > farthest {
            return None;
        }
    }
    while low - above > 1e-4 {
        let middle = f64::midpoint(above, low);
        if gap(middle)? > 0.0 {
            above = middle;
        } else {
            low = middle;
        }
    }
    Some(low)
}
