//! The layers around the sites: what the office has of houses, roads, water, forest, plots of
//! earlier years and licences, each by place.

use super::areas::Areas;
use super::space::{Edge, Edges, Frame};
use crate::campaign::home::may_be_home;
use crate::campaign::phenology::Phenology;
use crate::tasks::pack::Access;
use geo::{Geometry, MultiLineString, MultiPolygon};
use std::cmp::Reverse;

/// Buildings further away than this are not looked for, in metres.
pub const BUILDING_REACH_M: f64 = 500.0;
/// Water further away than this is not looked for, in metres.
pub const WATER_REACH_M: f64 = 500.0;
/// Plots of earlier years further away than this are not looked for, in metres.
pub const HISTORY_REACH_M: f64 = 1000.0;
/// Roads further away than this are not looked for, in metres.
pub const ROAD_REACH_M: f64 = 2000.0;
/// The share of forest is that of a disc of this radius, in metres.
pub const CANOPY_RADIUS_M: f64 = 200.0;

/// What is known around the sites. All shapes are in WGS 84 longitude and latitude. `None` is a
/// layer that the office does not have, which every grade then says.
#[derive(Default)]
pub struct Layers {
    /// Houses, sheds, greenhouses.
    pub buildings: Option<Buildings>,
    /// Roads and tracks.
    pub roads: Option<Roads>,
    /// Lakes, rivers and streams.
    pub water: Option<Water>,
    /// Forest.
    pub forest: Option<Forest>,
    /// Plots of earlier years.
    pub history: Option<History>,
    /// Ground with a licence.
    pub licences: Option<Licences>,
    /// When crops stand how.
    pub phenology: Option<Phenology>,
    /// Whether borders of villages are known, so that `Lead::border_m` means something.
    pub has_villages: bool,
    /// Whether there is an elevation model, so that `Lead::height_m` means something.
    pub has_elevation: bool,
}

/// Buildings by place.
pub struct Buildings {
    homes: Ground,
    greenhouses: Ground,
}

impl Buildings {
    /// The index of outlines with their kinds, as the file says them: greenhouses, and what may be a
    /// home.
    #[must_use]
    pub fn new(buildings: Vec<(MultiPolygon<f64>, String)>) -> Self {
        let (mut homes, mut greenhouses) = (Vec::new(), Vec::new());
        for (outline, kind) in buildings {
            if may_be_home(&kind) {
                homes.push(outline);
            } else {
                greenhouses.push(outline);
            }
        }
        Self {
            homes: Ground::new(&homes),
            greenhouses: Ground::new(&greenhouses),
        }
    }

    /// Whether the site's point lies on one that may be a home.
    pub(super) fn on_home(&self, frame: &Frame) -> bool {
        self.homes.areas.holding(frame.origin).next().is_some()
    }

    /// Whether the site's point lies in a greenhouse.
    pub(super) fn in_greenhouse(&self, frame: &Frame) -> bool {
        self.greenhouses
            .areas
            .holding(frame.origin)
            .next()
            .is_some()
    }

    /// Metres to the nearest that may be a home; 0 inside of one.
    pub(super) fn home_m(&self, frame: &Frame) -> Option<f64> {
        self.homes.distance_m(frame, BUILDING_REACH_M)
    }

    /// Metres to the nearest greenhouse; 0 inside of one.
    pub(super) fn greenhouse_m(&self, frame: &Frame) -> Option<f64> {
        self.greenhouses.distance_m(frame, BUILDING_REACH_M)
    }
}

/// Roads by place.
pub struct Roads {
    edges: Edges,
}

impl Roads {
    /// The index of lines.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the shapes are not needed beside their index"
    )]
    pub fn new(roads: Vec<MultiLineString<f64>>) -> Self {
        Self {
            edges: Edges::new(Edge::of_lines(&roads)),
        }
    }

    /// The nearest place on a road, and the way from there to the site as the crow flies.
    pub(super) fn access(&self, frame: &Frame) -> Option<Access> {
        // Teams go to the point, so it is not the way to the nearest edge that they are told.
        let near = self
            .edges
            .nearest(&Frame::around(frame.origin), ROAD_REACH_M)?;
        let (distance_m, place) = (near.distance_m, near.place);
        // The site is the origin, so the way back is the place turned around.
        let bearing = (-place.x).atan2(-place.y).to_degrees();
        Some(Access {
            distance_m,
            bearing_deg: if distance_m > 0.0 {
                bearing.rem_euclid(360.0)
            } else {
                0.0
            },
            place: frame.in_degrees(place)?,
        })
    }
}

/// Water by place.
pub struct Water {
    areas: Ground,
    streams: Edges,
}

impl Water {
    /// The index of water areas and of streams.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the shapes are not needed beside their index"
    )]
    pub fn new(areas: Vec<MultiPolygon<f64>>, streams: Vec<MultiLineString<f64>>) -> Self {
        Self {
            areas: Ground::new(&areas),
            streams: Edges::new(Edge::of_lines(&streams)),
        }
    }

    /// Metres to the nearest water; 0 in it.
    pub(super) fn distance_m(&self, frame: &Frame) -> Option<f64> {
        let stream = self.streams.nearest(frame, WATER_REACH_M);
        nearer(
            self.areas.distance_m(frame, WATER_REACH_M),
            stream.map(|s| s.distance_m),
        )
    }
}

/// Forest by place.
pub struct Forest {
    areas: Areas,
}

impl Forest {
    /// The index of forest areas.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the shapes are not needed beside their index"
    )]
    pub fn new(areas: Vec<MultiPolygon<f64>>) -> Self {
        Self {
            areas: Areas::new(areas.iter().enumerate()),
        }
    }

    /// Whether the site lies in forest.
    pub(super) fn holds(&self, frame: &Frame) -> bool {
        self.areas.holding(frame.origin).next().is_some()
    }

    /// The share of the disc of [`CANOPY_RADIUS_M`] that is forest, 0 to 1.
    pub(super) fn canopy_ratio(&self, frame: &Frame) -> f64 {
        self.areas.share_of_disc(frame, CANOPY_RADIUS_M)
    }
}

/// A plot that was found in an earlier year.
#[derive(Debug, Clone)]
pub struct EarlierPlot {
    /// A point or areas.
    pub shape: Geometry<f64>,
    /// The year.
    pub year: Option<i32>,
    /// The crop, as the office's file says it; empty where it says none. Any crop counts.
    pub crop: String,
}

/// Plots of earlier years by place.
pub struct History {
    areas: Areas,
    edges: Edges,
    plots: Vec<EarlierPlot>,
}

impl History {
    /// The index of plots.
    #[must_use]
    pub fn new(plots: Vec<EarlierPlot>) -> Self {
        let (mut areas, mut edges) = (Vec::new(), Vec::new());
        for (owner, plot) in plots.iter().enumerate() {
            Edge::add_shape(&mut edges, &mut areas, owner, &plot.shape);
        }
        Self {
            areas: Areas::new(areas.iter().map(|(owner, area)| (*owner, area))),
            edges: Edges::new(edges),
            plots,
        }
    }

    /// The nearest plot and its distance in metres; 0 inside of it. Of several that are as near,
    /// the latest.
    pub(super) fn nearest(&self, frame: &Frame) -> Option<(f64, &EarlierPlot)> {
        let latest = |owner: usize| Reverse(self.plots[owner].year);
        let around = self.areas.under(frame);
        if let Some(owner) = around.min_by_key(|&owner| (latest(owner), owner)) {
            return Some((0.0, &self.plots[owner]));
        }
        let near = self.edges.nearest_by(frame, HISTORY_REACH_M, latest)?;
        Some((near.distance_m, &self.plots[near.owner]))
    }
}

/// Ground where a crop is licensed.
#[derive(Debug, Clone)]
pub struct Licence {
    /// Its number.
    pub id: String,
    /// The unit that holds it.
    pub holder_unit: String,
    /// The crop; empty for any.
    pub crop: String,
    /// First day, ISO 8601; empty for no limit.
    pub valid_from: String,
    /// Last day, ISO 8601; empty for no limit.
    pub valid_to: String,
    /// The ground.
    pub area: MultiPolygon<f64>,
}

/// Licences by place.
pub struct Licences {
    areas: Areas,
    edges: Edges,
    list: Vec<Licence>,
}

impl Licences {
    /// The index of licences.
    #[must_use]
    pub fn new(licences: Vec<Licence>) -> Self {
        let areas = || licences.iter().map(|l| &l.area).enumerate();
        Self {
            areas: Areas::new(areas()),
            edges: Edges::new(Edge::of_areas(areas())),
            list: licences,
        }
    }

    /// Those whose ground a site meets within its position error, in the order given.
    pub(super) fn touched(&self, frame: &Frame, pos_err_m: f64) -> Vec<&Licence> {
        // An error that is no number reaches nowhere.
        let reach_m = if pos_err_m > 0.0 {
            pos_err_m.min(MOST_ERROR_M)
        } else {
            0.0
        };
        let mut met: Vec<usize> = self.areas.under(frame).collect();
        met.extend(self.edges.within(frame, reach_m));
        met.sort_unstable();
        met.dedup();
        met.into_iter().map(|owner| &self.list[owner]).collect()
    }
}

/// A position error beyond this, in metres, tells nothing of a place, and no licence holds by it.
const MOST_ERROR_M: f64 = 2000.0;

/// Areas that may also be near without holding the site.
struct Ground {
    areas: Areas,
    edges: Edges,
}

impl Ground {
    fn new(areas: &[MultiPolygon<f64>]) -> Self {
        Self {
            areas: Areas::new(areas.iter().enumerate()),
            edges: Edges::new(Edge::of_areas(areas.iter().enumerate())),
        }
    }

    fn distance_m(&self, frame: &Frame, reach_m: f64) -> Option<f64> {
        if self.areas.under(frame).next().is_some() {
            return Some(0.0);
        }
        let near = self.edges.nearest(frame, reach_m);
        near.map(|n| n.distance_m)
    }
}

/// The smaller of two distances, as far as there are any.
pub(super) fn nearer(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
