//! Which places are homes: pictures of a home that nobody confirmed do not outlive the round.

use crate::georef::LocalMetres;
use crate::vector::{StoredRow, StoredShape};
use geo::{BoundingRect, Coord, MultiPolygon, Point, Rect};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

/// Settings of the table `sites` that mean a home: on its roof, or beside it.
pub const HOMES: [&str; 2] = ["roof", "courtyard"];

/// Whether a setting means a home.
#[must_use]
pub fn is_home(setting: &str) -> bool {
    HOMES.contains(&setting)
}

/// Whether nobody can say if it is a home: no grade was made, or there was no layer of buildings.
#[must_use]
pub fn is_unknown(setting: &str) -> bool {
    setting.is_empty() || setting == "unknown"
}

/// Whether a building of some kind, as a file says it, may be a home: one that holds `大棚`, `温室`
/// or `greenhouse` is none.
#[must_use]
pub fn may_be_home(kind: &str) -> bool {
    let kind = kind.to_lowercase();
    !["大棚", "温室", "greenhouse"]
        .iter()
        .any(|word| kind.contains(word))
}

/// Within so many metres of a home one stands in its yard, or in front of or behind it.
const YARD_M: f64 = 30.0;

/// Buildings that may be homes, by place.
pub struct Homes {
    outlines: Vec<MultiPolygon<f64>>,
    tree: RTree<GeomWithData<Rectangle<[f64; 2]>, usize>>,
}

impl Homes {
    /// Those among rows of the table `buildings`.
    #[must_use]
    pub fn of_rows(rows: Vec<StoredRow>) -> Self {
        let homes = rows
            .into_iter()
            .filter(|row| may_be_home(&row.text("kind")));
        let outlines: Vec<MultiPolygon<f64>> = homes
            .filter_map(|row| row.shape.map(StoredShape::into_area))
            .collect();
        let indexed = |(at, outline): (usize, &MultiPolygon<f64>)| {
            let rect = outline.bounding_rect()?;
            let (low, high) = (rect.min(), rect.max());
            let rectangle = Rectangle::from_corners([low.x, low.y], [high.x, high.y]);
            Some(GeomWithData::new(rectangle, at))
        };
        let boxes = outlines.iter().enumerate().filter_map(indexed).collect();
        Self {
            tree: RTree::bulk_load(boxes),
            outlines,
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.outlines.is_empty()
    }

    /// Those whose bounds meet a box, longitude and latitude in degrees of WGS 84.
    #[must_use]
    pub fn within(&self, rect: Rect<f64>) -> Vec<&MultiPolygon<f64>> {
        let (low, high) = (rect.min(), rect.max());
        let envelope = AABB::from_corners([low.x, low.y], [high.x, high.y]);
        let mut found: Vec<usize> = self
            .tree
            .locate_in_envelope_intersecting(&envelope)
            .map(|found| found.data)
            .collect();
        found.sort_unstable();
        found.into_iter().map(|at| &self.outlines[at]).collect()
    }

    /// Whether a place is a home: by its setting, or, where the setting tells another thing of it or
    /// nothing, by a building within 30 m that may be one.
    #[must_use]
    pub fn holds(&self, setting: &str, place: Point<f64>) -> bool {
        let may_be_beside = is_unknown(setting) || setting == "greenhouse";
        is_home(setting) || (may_be_beside && self.are_near(place, YARD_M))
    }

    /// Whether one may lie within `half_m` metres to each side of a place.
    #[must_use]
    pub fn are_near(&self, place: Point<f64>, half_m: f64) -> bool {
        let frame = LocalMetres::around(place);
        let corner = |x: f64, y: f64| -> Coord<f64> { frame.place(Point::new(x, y)).into() };
        let rect = Rect::new(corner(-half_m, -half_m), corner(half_m, half_m));
        !self.within(rect).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_and_kinds_that_mean_a_home() {
        assert!(is_home("courtyard") && is_home("roof"));
        for other in ["greenhouse", "clearing", "forest", "waterside", "open", ""] {
            assert!(!is_home(other), "{other}");
        }
        assert!(is_unknown("") && is_unknown("unknown") && !is_unknown("open"));
        assert!(may_be_home("") && may_be_home("砖房"));
        assert!(!may_be_home("蔬菜大棚") && !may_be_home("Greenhouse"));
    }
}
