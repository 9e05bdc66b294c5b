//! Which village a site lies in, and how near its border is.

use super::DivisionCode;
use crate::georef::{LocalMetres, union};
use crate::vector::StoredRow;
use geo::{
    Area, BooleanOps, BoundingRect, Contains, CoordsIter, Distance, Euclidean, Intersects,
    MultiPolygon, Point,
};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use std::collections::BTreeMap;

/// Within so many metres of a border both units are named: nobody's land is a hot spot, too.
pub const NEAR_BORDER_M: f64 = 50.0;

/// Degrees that hold [`NEAR_BORDER_M`] at any inhabited latitude.
const NEAR_DEGREES: f64 = 0.001;

/// A unit as the office's layer has it, WGS 84.
#[derive(Debug, Clone)]
pub struct Unit {
    /// Its code; the length says which level.
    pub code: DivisionCode,
    /// Its name.
    pub name: String,
    /// The county, where the layer says it.
    pub county: String,
    /// The town, where the layer says it.
    pub town: String,
    /// Its ground.
    pub area: MultiPolygon<f64>,
}

/// Where a site lies.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Location {
    /// Village code of 12 digits; of a town or county followed by zeros, where no village is known.
    pub xzqdm: String,
    /// County.
    pub county: String,
    /// Town.
    pub town: String,
    /// Village.
    pub village: String,
    /// Village group.
    pub group: String,
    /// Metres from the point to the border of that unit.
    pub border_m: f64,
    /// The unit beyond, where the border is near; empty where none is known.
    pub border_unit: String,
}

/// Units by place.
pub struct VillageIndex {
    villages: Vec<Unit>,
    groups: Vec<Unit>,
    tree: RTree<Boxed>,
    group_tree: RTree<Boxed>,
    names: BTreeMap<String, String>,
}

impl VillageIndex {
    /// The index of a layer. Rows of one village (its groups, its islands) become one; towns and
    /// the county give names, and ground only where no village is known at all.
    #[must_use]
    pub fn new(units: Vec<Unit>) -> Self {
        let mut names = BTreeMap::new();
        let mut villages: BTreeMap<String, Vec<Unit>> = BTreeMap::new();
        let (mut groups, mut larger) = (Vec::new(), Vec::new());
        for unit in units {
            let code = unit.code.as_str().to_owned();
            if let Some(village) = unit.code.village() {
                if !unit.code.group().is_empty() {
                    groups.push(unit.clone());
                }
                villages.entry(village.to_owned()).or_default().push(unit);
            } else {
                names.insert(code, unit.name.clone());
                larger.push(unit);
            }
        }
        if villages.is_empty() {
            // The finest level there is stands for the villages.
            let finest = larger.iter().map(|u| u.code.as_str().len()).max();
            for unit in larger {
                if Some(unit.code.as_str().len()) == finest {
                    villages.insert(format!("{:0<12}", unit.code.as_str()), vec![unit]);
                }
            }
        }
        let villages: Vec<Unit> = villages.into_values().map(dissolved).collect();
        Self {
            tree: tree(&villages),
            group_tree: tree(&groups),
            villages,
            groups,
            names,
        }
    }

    /// The index of the rows of the table `villages`; rows without a code were never let in.
    #[must_use]
    pub fn of_rows(rows: Vec<StoredRow>) -> Self {
        let units = rows.into_iter().filter_map(|row| {
            Some(Unit {
                code: DivisionCode::parse(&row.text("xzqdm"))?,
                name: row.text("name"),
                county: row.text("county"),
                town: row.text("town"),
                area: row.shape?.into_area(),
            })
        });
        Self::new(units.collect())
    }

    /// Whether there is no unit at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.villages.is_empty()
    }

    /// The villages, in the order of their codes.
    #[must_use]
    pub fn villages(&self) -> &[Unit] {
        &self.villages
    }

    /// A village by its place in [`villages`](Self::villages), with the names of the units above it;
    /// what depends on a point is left empty.
    #[must_use]
    pub fn describe(&self, village: usize) -> Location {
        let unit = &self.villages[village];
        Location {
            xzqdm: format!("{:0<12}", unit.code.village().unwrap_or(unit.code.as_str())),
            county: self.name_above(unit, 6, &unit.county),
            town: self.name_above(unit, 9, &unit.town),
            village: unit.name.clone(),
            ..Location::default()
        }
    }

    /// The unit with the largest share of an outline; where it shares none, the one that holds the
    /// point. `None` outside of all.
    #[must_use]
    pub fn locate(&self, outline: &MultiPolygon<f64>, point: Point<f64>) -> Option<Location> {
        let at = largest_share(&self.tree, &self.villages, outline, point)?;
        let unit = &self.villages[at];
        let group = largest_share(&self.group_tree, &self.groups, outline, point)
            .map(|g| &self.groups[g].code)
            .filter(|code| code.village() == unit.code.village())
            .map_or("", DivisionCode::group);
        let frame = LocalMetres::around(point);
        let border_m = to_border(&frame, &unit.area, point);
        let beyond = if border_m <= NEAR_BORDER_M {
            self.beyond(at, &frame, point)
        } else {
            None
        };
        Some(Location {
            group: group.to_owned(),
            border_m,
            border_unit: beyond.map_or_else(String::new, |u| u.name.clone()),
            ..self.describe(at)
        })
    }

    /// The nearest other unit within reach of a point.
    fn beyond(&self, own: usize, frame: &LocalMetres, point: Point<f64>) -> Option<&Unit> {
        let near = AABB::from_corners(
            [point.x() - NEAR_DEGREES, point.y() - NEAR_DEGREES],
            [point.x() + NEAR_DEGREES, point.y() + NEAR_DEGREES],
        );
        self.tree
            .locate_in_envelope_intersecting(&near)
            .filter(|b| b.data != own)
            .map(|b| (to_border(frame, &self.villages[b.data].area, point), b.data))
            .filter(|(distance, _)| *distance <= NEAR_BORDER_M)
            .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))
            .map(|(_, index)| &self.villages[index])
    }

    /// The name of the unit above: said by the row itself, else by a row with the shorter code.
    fn name_above(&self, unit: &Unit, digits: usize, said: &str) -> String {
        if !said.is_empty() {
            return said.to_owned();
        }
        let code = unit.code.as_str();
        let above = code.get(..digits).filter(|_| code.len() > digits);
        above
            .and_then(|code| self.names.get(code))
            .cloned()
            .unwrap_or_default()
    }
}

/// Rows of one village as one unit; its name is that of its own row, else of its first group.
fn dissolved(mut rows: Vec<Unit>) -> Unit {
    rows.sort_by(|a, b| a.code.cmp(&b.code));
    let own_rows = rows.iter().filter(|u| u.code.group().is_empty()).count();
    // Groups that lie in a village drawn as a whole add nothing to it.
    let counted = if own_rows > 0 { own_rows } else { rows.len() };
    let area = if counted == 1 {
        rows[0].area.clone()
    } else {
        union(rows[..counted].iter().flat_map(|u| &u.area))
    };
    let first = rows.swap_remove(0);
    let code = first.code.village().and_then(DivisionCode::parse);
    Unit {
        area,
        code: code.unwrap_or_else(|| first.code.clone()),
        ..first
    }
}

/// A bounding box and the place of what it bounds.
type Boxed = GeomWithData<Rectangle<[f64; 2]>, usize>;

fn tree(units: &[Unit]) -> RTree<Boxed> {
    let boxed = units.iter().enumerate().filter_map(|(index, unit)| {
        let rect = unit.area.bounding_rect()?;
        let corners = (rect.min().into(), rect.max().into());
        Some(Boxed::new(
            Rectangle::from_corners(corners.0, corners.1),
            index,
        ))
    });
    RTree::bulk_load(boxed.collect())
}

fn largest_share(
    tree: &RTree<Boxed>,
    units: &[Unit],
    outline: &MultiPolygon<f64>,
    point: Point<f64>,
) -> Option<usize> {
    let rect = outline
        .bounding_rect()
        .unwrap_or_else(|| geo::Rect::new(geo::Coord::from(point), geo::Coord::from(point)));
    let envelope = AABB::from_corners(rect.min().into(), rect.max().into());
    let mut near: Vec<usize> = tree
        .locate_in_envelope_intersecting(&envelope)
        .map(|b| b.data)
        .collect();
    near.sort_unstable();
    // Most sites lie in the middle of a village: no polygon needs to be cut then.
    let box_of_site = rect.to_polygon();
    let meets: Vec<usize> = near
        .iter()
        .copied()
        .filter(|&i| units[i].area.intersects(&box_of_site))
        .collect();
    if let [only] = meets[..]
        && outline
            .coords_iter()
            .all(|c| units[only].area.intersects(&c))
    {
        return Some(only);
    }
    let share = |i: usize| units[i].area.intersection(outline).unsigned_area();
    let best = meets
        .into_iter()
        .map(|i| (share(i), i))
        .filter(|(share, _)| *share > 0.0)
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))
        .map(|(_, i)| i);
    best.or_else(|| near.into_iter().find(|&i| units[i].area.contains(&point)))
}

/// Metres from a point to the rings of an area.
fn to_border(frame: &LocalMetres, area: &MultiPolygon<f64>, point: Point<f64>) -> f64 {
    let here = frame.point(point);
    let area = frame.outline(area);
    area.iter()
        .flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()))
        .map(|ring| Euclidean.distance(&here, ring))
        .fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Coord, Rect};

    const PER_M: f64 = 1.0 / 96_486.0;

    /// A square kilometre at 30 degrees north, `east` kilometres from 102 degrees east.
    fn unit(code: &str, name: &str, east: f64) -> Unit {
        let x = |km: f64| 102.0 + km * 1000.0 * PER_M;
        Unit {
            code: DivisionCode::parse(code).unwrap(),
            name: name.into(),
            county: String::new(),
            town: String::new(),
            area: Rect::new(
                Coord {
                    x: x(east),
                    y: 30.0,
                },
                Coord {
                    x: x(east + 1.0),
                    y: 30.009,
                },
            )
            .to_polygon()
            .into(),
        }
    }

    fn site(east_m: f64, width_m: f64) -> (MultiPolygon<f64>, Point<f64>) {
        let x = |m: f64| 102.0 + m * PER_M;
        let rect = Rect::new(
            Coord {
                x: x(east_m - width_m / 2.0),
                y: 30.004,
            },
            Coord {
                x: x(east_m + width_m / 2.0),
                y: 30.00405,
            },
        );
        (rect.to_polygon().into(), rect.center().into())
    }

    fn index() -> VillageIndex {
        VillageIndex::new(vec![
            unit("990101", "天目县", -1.0),
            unit("990101101", "云岭镇", -1.0),
            unit("990101101202", "青岩村", 1.0),
            unit("990101101201", "石门村", 0.0),
        ])
    }

    #[test]
    fn the_largest_share_decides_and_names_come_from_above() {
        let index = index();
        let (outline, point) = site(998.0, 10.0);
        let place = index.locate(&outline, point).unwrap();
        assert_eq!(
            (
                place.xzqdm.as_str(),
                place.village.as_str(),
                place.border_unit.as_str()
            ),
            ("990101101201", "石门村", "青岩村")
        );
        assert_eq!(
            (place.county.as_str(), place.town.as_str()),
            ("天目县", "云岭镇")
        );
        assert!((place.border_m - 2.0).abs() < 0.1, "{}", place.border_m);
        let (outline, point) = site(1003.0, 10.0);
        assert_eq!(index.locate(&outline, point).unwrap().village, "青岩村");
    }

    #[test]
    fn far_from_borders_no_other_unit_is_named() {
        let (outline, point) = site(500.0, 10.0);
        let place = index().locate(&outline, point).unwrap();
        assert_eq!(place.border_unit, "");
        assert!((place.border_m - 444.0).abs() < 10.0, "{}", place.border_m);
        let (outline, point) = site(5000.0, 10.0);
        assert_eq!(index().locate(&outline, point), None);
    }

    #[test]
    fn groups_make_a_village_and_are_named() {
        let index = VillageIndex::new(vec![
            unit("99010110120102", "二组", 1.0),
            unit("99010110120101", "一组", 0.0),
        ]);
        assert_eq!(index.villages().len(), 1);
        let (outline, point) = site(1100.0, 10.0);
        let place = index.locate(&outline, point).unwrap();
        assert_eq!(
            (place.xzqdm.as_str(), place.group.as_str()),
            ("990101101201", "02")
        );
        // The border between two groups of one village is none.
        assert!(place.border_m > 400.0, "{}", place.border_m);
    }

    #[test]
    fn towns_stand_in_where_no_village_is_known() {
        let index = VillageIndex::new(vec![unit("990101101", "云岭镇", 0.0)]);
        let (outline, point) = site(500.0, 10.0);
        let place = index.locate(&outline, point).unwrap();
        assert_eq!(
            (place.xzqdm.as_str(), place.village.as_str()),
            ("990101101000", "云岭镇")
        );
    }
}
