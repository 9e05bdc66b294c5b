//! Groups parts of one class that touch or lie close together (single linkage).
//!
//! Groups do not depend on the order of the parts, other than through their numbers: members
//! ascend, and groups stand by their smallest member.

use std::cell::OnceCell;

use geo::{BoundingRect, Intersects, Line, LinesIter, MultiPolygon, Point, Polygon};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree, RTreeObject};

use crate::pipeline::fuse::component::Component;
use crate::pipeline::fuse::sets::DisjointSets;

/// Fewer segments than this are searched one by one.
const FEW_SEGMENTS: usize = 24;

/// A part to group: polygon in a frame whose units are metres on the ground, both axes alike.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// Only parts of one class are grouped.
    pub class: u8,
    /// Outline.
    pub polygon: &'a Polygon<f64>,
}

/// Groups components of one class that share a lattice corner: of the same grid, since
/// 4-connected components meet nowhere else, this is 8-connectivity.
#[must_use]
pub fn group_touching(components: &[Component]) -> Vec<Vec<usize>> {
    let mut corners = Vec::new();
    for (component, index) in components.iter().zip(0u32..) {
        let touches = component.touches.iter();
        corners.extend(touches.map(|&corner| (component.class, corner, index)));
    }
    // At most two components of one class meet diagonally at a corner.
    corners.sort_unstable();
    let mut sets = DisjointSets::with_len(components.len());
    for pair in corners.windows(2) {
        let ((class, corner, one), (other_class, other_corner, other)) = (pair[0], pair[1]);
        if class == other_class && corner == other_corner {
            sets.unite(one, other);
        }
    }
    groups(sets, components.len())
}

/// Groups parts of one class that lie within `max_distance` metres of each other, directly or
/// through other parts. Parts that overlap or touch have distance 0; so has one inside another.
///
/// A part without coordinates stays alone.
#[must_use]
pub fn group_parts(parts: &[Part<'_>], max_distance: f64) -> Vec<Vec<usize>> {
    let shapes: Vec<_> = parts.iter().map(Shape::new).collect();
    let boxes = shapes.iter().zip(0u32..).filter_map(|(shape, index)| {
        let extent = shape.extent?;
        Some(GeomWithData::new(Rectangle::from_aabb(extent), index))
    });
    let boxes = RTree::bulk_load(boxes.collect());
    let mut sets = DisjointSets::with_len(parts.len());
    // In the order of the tree, in which neighbours follow each other: kinder to the caches.
    for part in &boxes {
        let (index, extent) = (part.data, part.envelope());
        let shape = &shapes[index as usize];
        for near in boxes.locate_in_envelope_intersecting(&grown(extent, max_distance)) {
            let other = &shapes[near.data as usize];
            if near.data > index
                && other.class == shape.class
                && sets.find(near.data) != sets.find(index)
                && shape.is_within(other, max_distance)
            {
                sets.unite(index, near.data);
            }
        }
    }
    groups(sets, parts.len())
}

/// As [`group_parts`], of outlines by class that may have several pieces each: pieces of
/// one outline belong together however far apart they lie.
#[must_use]
pub fn group_outlines(outlines: &[(u8, MultiPolygon<f64>)], max_distance: f64) -> Vec<Vec<usize>> {
    let mut owners = Vec::new();
    let mut parts = Vec::new();
    for (owner, (class, outline)) in (0u32..).zip(outlines) {
        for polygon in outline {
            owners.push(owner);
            parts.push(Part {
                class: *class,
                polygon,
            });
        }
    }
    let mut sets = DisjointSets::with_len(outlines.len());
    for members in group_parts(&parts, max_distance) {
        for pair in members.windows(2) {
            sets.unite(owners[pair[0]], owners[pair[1]]);
        }
    }
    groups(sets, outlines.len())
}

fn groups(mut sets: DisjointSets, count: usize) -> Vec<Vec<usize>> {
    // Roots are the smallest members, so each group is begun before it is continued.
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut group_of = vec![usize::MAX; count];
    for (member, id) in (0..count).zip(0u32..) {
        let root = sets.find(id) as usize;
        if root == member {
            group_of[member] = groups.len();
            groups.push(Vec::new());
        }
        groups[group_of[root]].push(member);
    }
    groups
}

/// A part with what speeds up measuring from it.
struct Shape<'a> {
    class: u8,
    polygon: &'a Polygon<f64>,
    extent: Option<AABB<[f64; 2]>>,
    segment_count: usize,
    segments: OnceCell<RTree<Line<f64>>>,
}

impl<'a> Shape<'a> {
    fn new(part: &Part<'a>) -> Self {
        let corners = part.polygon.bounding_rect();
        Self {
            class: part.class,
            polygon: part.polygon,
            extent: corners.map(|c| AABB::from_corners(c.min().into(), c.max().into())),
            segment_count: part.polygon.lines_iter().count(),
            segments: OnceCell::new(),
        }
    }

    fn is_within(&self, other: &Self, max_distance: f64) -> bool {
        let (Some(extent), Some(other_extent)) = (self.extent, other.extent) else {
            return false;
        };
        let (fewer, more, more_extent) = if self.segment_count <= other.segment_count {
            (self, other, other_extent)
        } else {
            (other, self, extent)
        };
        let reach = grown(more_extent, max_distance);
        let mut facing = fewer.polygon.lines_iter().filter(|&line| {
            let line = AABB::from_corners(line.start.into(), line.end.into());
            rstar::Envelope::intersects(&line, &reach)
        });
        let is_near = |line: Line<f64>| more.has_segment_within(line, max_distance);
        facing.any(is_near) || self.holds_start_of(other) || other.holds_start_of(self)
    }

    fn has_segment_within(&self, line: Line<f64>, max_distance: f64) -> bool {
        let is_near = |segment: Line<f64>| are_within(segment, line, max_distance);
        if self.segment_count <= FEW_SEGMENTS {
            return self.polygon.lines_iter().any(is_near);
        }
        let segments = self
            .segments
            .get_or_init(|| RTree::bulk_load(self.polygon.lines_iter().collect()));
        let extent = grown(
            AABB::from_corners(line.start.into(), line.end.into()),
            max_distance,
        );
        let [lower, upper] = [extent.lower(), extent.upper()].map(Point::from);
        segments
            .locate_in_envelope_intersecting(&AABB::from_corners(lower, upper))
            .any(|&segment| is_near(segment))
    }

    fn holds_start_of(&self, other: &Self) -> bool {
        let start = other.polygon.exterior().0.first();
        start.is_some_and(|&start| self.polygon.intersects(&Point::from(start)))
    }
}

fn grown(extent: AABB<[f64; 2]>, by: f64) -> AABB<[f64; 2]> {
    let ([left, top], [right, bottom]) = (extent.lower(), extent.upper());
    AABB::from_corners([left - by, top - by], [right + by, bottom + by])
}

/// Whether two segments lie within a distance; the same for either order.
fn are_within(one: Line<f64>, other: Line<f64>, max_distance: f64) -> bool {
    let limit = max_distance * max_distance;
    let is_near = |point, line: Line<f64>| {
        let along = line.end - line.start;
        let offset: geo::Coord<f64> = point - line.start;
        let length = along.x * along.x + along.y * along.y;
        let projection = along.x * offset.x + along.y * offset.y;
        let share = if length > 0.0 {
            (projection / length).clamp(0.0, 1.0)
        } else {
            0.0
        };
        let gap = offset - along * share;
        gap.x * gap.x + gap.y * gap.y <= limit
    };
    is_near(one.start, other)
        || is_near(one.end, other)
        || is_near(other.start, one)
        || is_near(other.end, one)
        || one.intersects(&other)
}

#[cfg(test)]
mod tests {
    use geo::{Distance, Euclidean, Rect, coord};
    use proptest::prelude::*;

    use super::*;
    use crate::pipeline::fuse::testing::{Mask, any_mask, mask};
    use crate::pipeline::fuse::{exact_polygon, simplified_polygon};

    fn square(x: f64, y: f64, side: f64) -> Polygon<f64> {
        Rect::new(coord! { x: x, y: y }, coord! { x: x + side, y: y + side }).to_polygon()
    }

    fn parts(polygons: &[Polygon<f64>]) -> Vec<Part<'_>> {
        polygons
            .iter()
            .map(|polygon| Part { class: 1, polygon })
            .collect()
    }

    #[test]
    fn chains_of_near_parts_are_one_group() {
        let polygons = [0.0, 30.0, 12.0, 6.0].map(|x| square(x, 0.0, 1.0));
        assert_eq!(
            group_parts(&parts(&polygons), 5.0),
            [vec![0, 2, 3], vec![1]]
        );
        assert_eq!(
            group_parts(&parts(&polygons), 4.9),
            [vec![0], vec![1], vec![2], vec![3]]
        );
        assert_eq!(group_parts(&parts(&polygons), 17.0).len(), 1);
    }

    #[test]
    fn distance_zero_joins_what_touches_overlaps_or_lies_inside() {
        let polygons = [
            square(0.0, 0.0, 10.0),
            square(10.0, 10.0, 1.0),
            square(4.0, 4.0, 1.0),
            square(9.0, -1.0, 2.0),
            square(20.0, 0.0, 1.0),
        ];
        assert_eq!(
            group_parts(&parts(&polygons), 0.0),
            [vec![0, 1, 2, 3], vec![4]]
        );
    }

    #[test]
    fn other_classes_and_empty_parts_stay_apart() {
        let polygons = [
            square(0.0, 0.0, 1.0),
            square(1.0, 0.0, 1.0),
            Polygon::empty(),
        ];
        let mut parts = parts(&polygons);
        parts[1].class = 2;
        assert_eq!(group_parts(&parts, 3.0), [vec![0], vec![1], vec![2]]);
    }

    #[test]
    fn diagonal_tiles_of_one_class_are_one_group() {
        let components = mask("#.2 .2# #..").trace();
        assert_eq!(
            group_touching(&components),
            [vec![0], vec![1, 2], vec![3], vec![4]]
        );
        let ring = mask("#.# .#. #.#").trace();
        assert_eq!(group_touching(&ring).len(), 1);
    }

    /// Single linkage by exact distances between all pairs.
    fn naive(parts: &[Part<'_>], max_distance: f64) -> Vec<Vec<usize>> {
        let mut sets = DisjointSets::with_len(parts.len());
        for (one, index) in parts.iter().zip(0..) {
            for (other, other_index) in parts.iter().zip(0..index) {
                let distance = Euclidean.distance(one.polygon, other.polygon);
                if one.class == other.class && distance <= max_distance {
                    sets.unite(index, other_index);
                }
            }
        }
        groups(sets, parts.len())
    }

    fn outlines(mask: &Mask, is_exact: bool) -> Vec<(u8, Polygon<f64>)> {
        let outline = |component: &Component| {
            let polygon = if is_exact {
                exact_polygon(component, f64::from, f64::from)
            } else {
                simplified_polygon(component, 0.49)
            };
            (component.class, polygon)
        };
        mask.trace().iter().map(outline).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn groups_are_those_of_all_pairs(
            mask in any_mask(),
            max_distance in 0.0..4.0,
            is_exact in any::<bool>(),
        ) {
            let outlines = outlines(&mask, is_exact);
            let mut parts: Vec<_> =
                outlines.iter().map(|(class, polygon)| Part { class: *class, polygon }).collect();
            let groups = group_parts(&parts, max_distance);
            prop_assert_eq!(&groups, &naive(&parts, max_distance));
            parts.reverse();
            let mut reversed = group_parts(&parts, max_distance);
            for member in reversed.iter_mut().flatten() {
                *member = parts.len() - 1 - *member;
            }
            for group in &mut reversed {
                group.sort_unstable();
            }
            reversed.sort_unstable();
            prop_assert_eq!(reversed, groups);
        }

        #[test]
        fn touching_on_the_lattice_is_distance_zero(mask in any_mask(), is_exact in any::<bool>()) {
            let outlines = outlines(&mask, is_exact);
            let parts: Vec<_> =
                outlines.iter().map(|(class, polygon)| Part { class: *class, polygon }).collect();
            prop_assert_eq!(group_touching(&mask.trace()), group_parts(&parts, 0.0));
        }
    }
}
