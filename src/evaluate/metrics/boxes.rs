//! Average precision of boxes, as COCO has it.
//!
//! What pycocotools computes for `bbox` with the area range `all` and no crowds, but without its
//! limit of 100 boxes an image: each found box, by descending score within its image and class,
//! takes the truth that it overlaps most among those not taken, from an intersection over union
//! on; precision is the highest at that recall or beyond; its mean over 101 recalls is the average
//! precision.

use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The intersections over union of a match: 0.5, 0.55 … 0.95, bit by bit as `numpy.linspace`
/// gives them to pycocotools, since boxes of whole pixels often meet one exactly.
pub const BOX_IOUS: [f64; 10] = [
    0.5,
    0.55,
    0.6,
    0.65,
    0.7,
    0.75,
    0.8,
    0.85,
    0.899_999_999_999_999_9,
    0.95,
];

/// The number of recalls, 0, 0.01 … 1, whose precisions are averaged.
const RECALLS: usize = 101;

/// An object that is there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TruthBox {
    /// The image it lies in.
    pub image: usize,
    /// Its class.
    pub class: usize,
    /// Left, top, right, bottom in pixels of the image.
    pub bounds: [f64; 4],
}

/// An object that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FoundBox {
    /// The image it lies in.
    pub image: usize,
    /// Its class.
    pub class: usize,
    /// Left, top, right, bottom in pixels of the image.
    pub bounds: [f64; 4],
    /// Its score; NaN ranks last.
    pub score: f64,
}

/// Which found boxes are right, at each of [`BOX_IOUS`].
#[derive(Debug, Clone)]
pub struct BoxMatches {
    classes: Vec<ClassMatches>,
}

/// Average precisions by class.
#[derive(Debug, Clone, PartialEq)]
pub struct BoxPrecisions {
    /// At each of [`BOX_IOUS`]; `None` of a class without truth.
    pub by_class: Vec<Option<[f64; 10]>>,
}

impl BoxPrecisions {
    /// At an intersection over union of 0.5: mean of the classes that have truth.
    #[must_use]
    pub fn ap50(&self) -> Option<f64> {
        self.mean(|precisions| precisions[0])
    }

    /// Mean over [`BOX_IOUS`] and the classes that have truth.
    #[must_use]
    pub fn ap50_95(&self) -> Option<f64> {
        self.mean(mean)
    }

    /// At an intersection over union of 0.5, of one class.
    #[must_use]
    pub fn class_ap50(&self, class: usize) -> Option<f64> {
        self.by_class[class].map(|precisions| precisions[0])
    }

    /// Mean over [`BOX_IOUS`], of one class.
    #[must_use]
    pub fn class_ap50_95(&self, class: usize) -> Option<f64> {
        self.by_class[class].as_ref().map(mean)
    }

    fn mean(&self, of: impl Fn(&[f64; 10]) -> f64) -> Option<f64> {
        let known: Vec<f64> = self.by_class.iter().flatten().map(of).collect();
        let sum: f64 = known.iter().sum();
        (!known.is_empty()).then(|| sum / super::to_f64(known.len()))
    }
}

/// Matches found boxes with truth, image by image and class by class.
///
/// Boxes of equal score go by image and then as they stand; of two truths that a box overlaps
/// alike it takes the later; both as pycocotools does. A box without extent, or whose bounds are
/// not finite, matches nothing.
///
/// # Panics
///
/// Where a class is not below `classes`, or an image has no group.
#[must_use]
pub fn match_boxes(
    truth: &[TruthBox],
    found: &[FoundBox],
    classes: usize,
    group_of_image: &[usize],
) -> BoxMatches {
    let groups = group_of_image.iter().max().map_or(0, |last| last + 1);
    let mut matches = vec![
        ClassMatches {
            truth: vec![0.0; groups],
            found: Vec::new(),
        };
        classes
    ];
    let mut places: BTreeMap<(usize, usize), Vec<TruthPlace>> = BTreeMap::new();
    for (index, object) in truth.iter().enumerate() {
        matches[object.class].truth[group_of_image[object.image]] += 1.0;
        if let Some(rectangle) = rectangle(&object.bounds) {
            let place = GeomWithData::new(rectangle, index);
            places
                .entry((object.image, object.class))
                .or_default()
                .push(place);
        }
    }
    let trees: BTreeMap<_, RTree<TruthPlace>> = places
        .into_iter()
        .map(|(field, places)| (field, RTree::bulk_load(places)))
        .collect();
    let mut order: Vec<&FoundBox> = found.iter().collect();
    order.sort_by(|a, b| {
        let by_score = super::rank(b.score).total_cmp(&super::rank(a.score));
        by_score.then(a.image.cmp(&b.image))
    });
    let mut taken = vec![0; truth.len()];
    for object in order {
        let tree = trees.get(&(object.image, object.class));
        let near = tree.map_or_else(Vec::new, |tree| overlapping(object, tree, truth));
        matches[object.class].found.push(Found {
            group: group_of_image[object.image],
            hits: take(&near, &mut taken),
        });
    }
    BoxMatches { classes: matches }
}

impl BoxMatches {
    /// Average precisions of all classes.
    ///
    /// # Panics
    ///
    /// Where a group has no weight.
    #[must_use]
    pub fn precisions(&self, weights: Option<&[f64]>) -> BoxPrecisions {
        let by_class = self.classes.iter().map(|class| class.precisions(weights));
        BoxPrecisions {
            by_class: by_class.collect(),
        }
    }

    /// The precision-recall curve of a class at an intersection over union of 0.5: recall and
    /// precision at the 101 recalls. Empty without truth.
    #[must_use]
    pub fn curve50(&self, class: usize) -> Vec<(f64, f64)> {
        let Some(points) = self.classes[class].points(None) else {
            return Vec::new();
        };
        let precisions = at_recalls(&points[0]);
        (0..RECALLS).map(recall).zip(precisions).collect()
    }
}

type TruthPlace = GeomWithData<Rectangle<[f64; 2]>, usize>;

/// Whether a found box is right: a bit for each of [`BOX_IOUS`].
type Hits = u16;

#[derive(Debug, Clone)]
struct ClassMatches {
    /// Number of boxes in truth, by group.
    truth: Vec<f64>,
    /// By descending score.
    found: Vec<Found>,
}

#[derive(Debug, Clone, Copy)]
struct Found {
    group: usize,
    hits: Hits,
}

impl ClassMatches {
    fn precisions(&self, weights: Option<&[f64]>) -> Option<[f64; 10]> {
        let points = self.points(weights)?;
        let average = |points: &Vec<_>| {
            let sum: f64 = at_recalls(points).iter().sum();
            sum / super::to_f64(RECALLS)
        };
        Some(points.each_ref().map(average))
    }

    /// Recall and precision after each right box, by descending score, at each of [`BOX_IOUS`].
    /// Wrong boxes only lower precision, and so never make the highest at some recall or beyond.
    fn points(&self, weights: Option<&[f64]>) -> Option<[Vec<(f64, f64)>; 10]> {
        let weighted = |(group, count): (usize, &f64)| super::weight(weights, group) * count;
        let truth: f64 = self.truth.iter().enumerate().map(weighted).sum();
        if truth <= 0.0 {
            return None;
        }
        let mut points: [Vec<(f64, f64)>; 10] = Default::default();
        let mut right = [0.0; 10];
        let mut all = 0.0;
        for found in &self.found {
            let weight = super::weight(weights, found.group);
            all += weight;
            if found.hits == 0 || weight <= 0.0 {
                continue;
            }
            for (index, points) in points.iter_mut().enumerate() {
                if found.hits & (1 << index) != 0 {
                    right[index] += weight;
                    // pycocotools adds so much to keep the quotient finite, which leaves the
                    // first of all boxes a rounding below a precision of 1.
                    let precision = right[index] / (all + f64::EPSILON);
                    points.push((right[index] / truth, precision));
                }
            }
        }
        Some(points)
    }
}

/// The highest precision at each of the 101 recalls or beyond; 0 where recall does not get there.
fn at_recalls(points: &[(f64, f64)]) -> [f64; RECALLS] {
    let mut precisions = [0.0; RECALLS];
    let mut rest = points.iter().rev().peekable();
    let mut highest: f64 = 0.0;
    for (index, precision) in precisions.iter_mut().enumerate().rev() {
        while let Some(point) = rest.next_if(|point| point.0 >= recall(index)) {
            highest = highest.max(point.1);
        }
        *precision = highest;
    }
    precisions
}

/// One of the 101 recalls, rounded as `numpy.linspace` rounds it: 0.35 is a little more.
fn recall(index: usize) -> f64 {
    super::to_f64(index) * 0.01
}

/// Truth that a box overlaps enough for the least of [`BOX_IOUS`], by its number, with the
/// intersection over union.
fn overlapping(
    object: &FoundBox,
    tree: &RTree<TruthPlace>,
    truth: &[TruthBox],
) -> Vec<(usize, f64)> {
    let [left, top, right, bottom] = object.bounds;
    if rectangle(&object.bounds).is_none() {
        return Vec::new();
    }
    // Boxes that share half their union share at least half of either's width and height, and so
    // each other's middle; a thousandth of the box is more than rounding can move it.
    let middle = [f64::midpoint(left, right), f64::midpoint(top, bottom)];
    let reach = [(right - left) * 1e-3, (bottom - top) * 1e-3];
    let around = AABB::from_corners(
        [middle[0] - reach[0], middle[1] - reach[1]],
        [middle[0] + reach[0], middle[1] + reach[1]],
    );
    let mut near: Vec<(usize, f64)> = tree
        .locate_in_envelope_intersecting(&around)
        .map(|place| (place.data, iou(&object.bounds, &truth[place.data].bounds)))
        .filter(|&(_, iou)| iou >= BOX_IOUS[0])
        .collect();
    near.sort_by_key(|&(index, _)| Reverse(index));
    near
}

/// Takes the best of the truth that is left, at each of [`BOX_IOUS`]. Of equals the first.
fn take(near: &[(usize, f64)], taken: &mut [Hits]) -> Hits {
    let mut hits = 0;
    for (bit, least) in BOX_IOUS
        .iter()
        .enumerate()
        .map(|(i, least)| (1 << i, least))
    {
        let mut best: Option<(usize, f64)> = None;
        for &(index, iou) in near {
            let better = best.map_or(iou >= *least, |(_, highest)| iou > highest);
            if better && taken[index] & bit == 0 {
                best = Some((index, iou));
            }
        }
        if let Some((index, _)) = best {
            taken[index] |= bit;
            hits |= bit;
        }
    }
    hits
}

/// Bounds as a rectangle; `None` where they enclose nothing.
fn rectangle(&[left, top, right, bottom]: &[f64; 4]) -> Option<Rectangle<[f64; 2]>> {
    let finite = [left, top, right, bottom].iter().all(|v| v.is_finite());
    (finite && left < right && top < bottom)
        .then(|| Rectangle::from_corners([left, top], [right, bottom]))
}

fn iou(a: &[f64; 4], b: &[f64; 4]) -> f64 {
    let width = a[2].min(b[2]) - a[0].max(b[0]);
    let height = a[3].min(b[3]) - a[1].max(b[1]);
    if width <= 0.0 || height <= 0.0 {
        return 0.0;
    }
    let area = |bounds: &[f64; 4]| (bounds[2] - bounds[0]) * (bounds[3] - bounds[1]);
    let shared = width * height;
    shared / (area(a) + area(b) - shared)
}

fn mean(precisions: &[f64; 10]) -> f64 {
    precisions.iter().sum::<f64>() / 10.0
}
