//! What lies around a site, for the map beside it: roads, buildings, water, forest and borders,
//! cut out of a county's layers on demand, with contours and the other tasks.
//!
//! Layers are indexed once; a map then costs what lies in its square, not what the county holds.
//! No photograph lies under the map unless one is given: half a kilometre of it would show homes
//! that no lead concerns (see `tasks::pictures`).

mod clip;
mod layers;

use super::pack::{FieldTask, LocalMap, MapSource, Picture};
use crate::elevation::Elevation;
use crate::georef::LocalMetres;
use geo::{MultiLineString, MultiPolygon, Point};
use layers::{AreaLayer, LineLayer};
use rstar::primitives::GeomWithData;
use rstar::{AABB, RTree};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The layers of a county on WGS 84, longitude first. A layer that is not there is empty.
#[derive(Debug, Clone, Default)]
pub struct MapData {
    /// Roads and paths.
    pub roads: Vec<MultiLineString<f64>>,
    /// Buildings.
    pub buildings: Vec<MultiPolygon<f64>>,
    /// Lakes, ponds, broad rivers.
    pub water: Vec<MultiPolygon<f64>>,
    /// Streams and ditches.
    pub streams: Vec<MultiLineString<f64>>,
    /// Forest.
    pub forest: Vec<MultiPolygon<f64>>,
    /// Villages, whose rings are the borders; what two of them share is drawn once.
    pub villages: Vec<MultiPolygon<f64>>,
}

/// Maps around tasks from a county's layers.
pub struct MapLayers {
    roads: LineLayer,
    streams: LineLayer,
    borders: LineLayer,
    buildings: AreaLayer,
    water: AreaLayer,
    forest: AreaLayer,
    /// Points of tasks with their places in `codes`.
    tasks: RTree<GeomWithData<[f64; 2], usize>>,
    /// Number in the pack and short code.
    codes: Vec<(u32, String)>,
    elevation: Option<Arc<Elevation>>,
    photographs: BTreeMap<u32, (Picture, [f64; 4])>,
}

impl MapLayers {
    /// Indexes layers and the tasks of a pack. With an elevation model maps have contours.
    #[must_use]
    pub fn new(data: MapData, tasks: &[FieldTask], elevation: Option<Arc<Elevation>>) -> Self {
        let points = tasks.iter().enumerate().map(|(at, task)| {
            let place = task.forms.wgs84;
            GeomWithData::new([place.lon(), place.lat()], at)
        });
        Self {
            roads: LineLayer::of_lines(&data.roads),
            streams: LineLayer::of_lines(&data.streams),
            borders: LineLayer::of_borders(&data.villages),
            buildings: AreaLayer::new(data.buildings),
            water: AreaLayer::new(data.water),
            forest: AreaLayer::new(data.forest),
            tasks: RTree::bulk_load(points.collect()),
            codes: tasks.iter().map(|t| (t.seq, t.code.clone())).collect(),
            elevation,
            photographs: BTreeMap::new(),
        }
    }

    /// Lays photographs under maps, by the number of the task in the pack, as
    /// `Pictures::background` cuts them. Only for who may see the homes around a site.
    #[must_use]
    pub fn with_photographs(mut self, photographs: BTreeMap<u32, (Picture, [f64; 4])>) -> Self {
        self.photographs = photographs;
        self
    }

    fn neighbours(&self, task: &FieldTask, square: &Square) -> Vec<(Point<f64>, String)> {
        let mut near: Vec<_> = self
            .tasks
            .locate_in_envelope(&square.degrees)
            .filter(|found| self.codes[found.data].0 != task.seq)
            .collect();
        near.sort_unstable_by_key(|found| found.data);
        near.into_iter()
            .map(|found| {
                let [lon, lat] = *found.geom();
                let place = square.frame.point(Point::new(lon, lat));
                (place, self.codes[found.data].1.clone())
            })
            .collect()
    }
}

/// The square of a map.
struct Square {
    frame: LocalMetres,
    half_m: f64,
    /// The same square in degrees.
    degrees: AABB<[f64; 2]>,
}

impl Square {
    fn around(place: Point<f64>, half_m: f64) -> Self {
        let frame = LocalMetres::around(place);
        let corner = |sign: f64| {
            let corner = frame.place(Point::new(sign * half_m, sign * half_m));
            [corner.x(), corner.y()]
        };
        Self {
            frame,
            half_m,
            degrees: AABB::from_corners(corner(-1.0), corner(1.0)),
        }
    }
}

impl MapSource for MapLayers {
    fn around(&self, task: &FieldTask, half_m: f64) -> LocalMap {
        let place = task.forms.wgs84;
        let place = Point::new(place.lon(), place.lat());
        let square = Square::around(place, half_m);
        let contours = |elevation: &Arc<Elevation>| elevation.contours_by_relief(place, half_m);
        LocalMap {
            half_m,
            roads: self.roads.within(&square),
            buildings: self.buildings.within(&square),
            water: self.water.within(&square),
            streams: self.streams.within(&square),
            forest: self.forest.within(&square),
            borders: self.borders.within(&square),
            contours: self.elevation.as_ref().map(contours).unwrap_or_default(),
            neighbours: self.neighbours(task, &square),
            outline: clip::areas(&square.frame.outline(&task.outline), half_m),
            background: self.photographs.get(&task.seq).cloned(),
        }
    }
}

#[cfg(test)]
mod tests;
