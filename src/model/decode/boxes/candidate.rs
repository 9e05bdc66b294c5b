//! What the layouts share: which scores are kept, and how boxes are made of numbers.

use super::PredictedShape;

/// Which candidates are kept.
pub(super) struct Keep<'a> {
    least_score: &'a [f32],
    lowest: f32,
}

impl<'a> Keep<'a> {
    /// By class: the least score.
    pub(super) fn new(least_score: &'a [f32]) -> Self {
        let lowest = least_score.iter().copied().fold(f32::INFINITY, f32::min);
        Self {
            least_score,
            lowest,
        }
    }

    /// Whether a candidate whose highest score is `score` may be kept: the quick test that
    /// most candidates fail.
    #[inline]
    pub(super) fn may_keep(&self, score: f32) -> bool {
        score >= self.lowest
    }

    /// Whether a candidate of this class and score is kept.
    #[inline]
    pub(super) fn keeps(&self, class: usize, score: f32) -> bool {
        score.is_finite()
            && self
                .least_score
                .get(class)
                .is_some_and(|least| score >= *least)
    }

    /// The class with the highest score and that score, where it is kept and all scores are
    /// numbers.
    #[inline]
    pub(super) fn best(&self, class_scores: &[f32]) -> Option<(usize, f32)> {
        let (class, score) = highest(class_scores)?;
        (self.keeps(class, score) && all_finite(class_scores)).then_some((class, score))
    }
}

/// Index and value of the highest score, the first of equals.
#[inline]
pub(super) fn highest<'a>(scores: impl IntoIterator<Item = &'a f32>) -> Option<(usize, f32)> {
    scores
        .into_iter()
        .copied()
        .enumerate()
        .reduce(|best, next| if next.1 > best.1 { next } else { best })
}

/// Whether all are numbers.
#[inline]
pub(super) fn all_finite<'a>(values: impl IntoIterator<Item = &'a f32>) -> bool {
    values.into_iter().all(|value| value.is_finite())
}

/// The edges of an upright box that has an area.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Edges {
    pub(super) left: f32,
    pub(super) top: f32,
    pub(super) right: f32,
    pub(super) bottom: f32,
}

impl Edges {
    /// The box between edges; none where they are not numbers or in the wrong order.
    pub(super) fn between([left, top, right, bottom]: [f32; 4]) -> Option<Self> {
        let proper = all_finite(&[left, top, right, bottom]) && left < right && top < bottom;
        proper.then_some(Self {
            left,
            top,
            right,
            bottom,
        })
    }

    /// The box of a center x, y, width and height.
    pub(super) fn around([x, y, width, height]: [f32; 4]) -> Option<Self> {
        let (half_width, half_height) = (width / 2.0, height / 2.0);
        Self::between([
            x - half_width,
            y - half_height,
            x + half_width,
            y + half_height,
        ])
    }

    /// As a prediction's shape.
    pub(super) fn shape(self) -> PredictedShape {
        PredictedShape::Box {
            left: self.left,
            top: self.top,
            right: self.right,
            bottom: self.bottom,
        }
    }
}

/// The box of a center x, y, width and height, turned; none where they are not numbers or
/// there is no area.
pub(super) fn turned([x, y, width, height]: [f32; 4], angle: f32) -> Option<PredictedShape> {
    let proper = all_finite(&[x, y, width, height, angle]) && width > 0.0 && height > 0.0;
    proper.then_some(PredictedShape::Turned {
        x,
        y,
        width,
        height,
        angle,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equal_scores_is_highest() {
        assert_eq!(highest(&[0.1, 0.7, 0.7]), Some((1, 0.7)));
        assert_eq!(highest(&[]), None);
    }

    #[test]
    fn scores_are_kept_from_the_least_of_their_class_on() {
        let keep = Keep::new(&[0.5, f32::INFINITY]);
        assert!(keep.may_keep(0.5) && !keep.may_keep(0.49) && !keep.may_keep(f32::NAN));
        assert!(keep.keeps(0, 0.5) && !keep.keeps(0, 0.49));
        assert!(!keep.keeps(1, 0.9) && !keep.keeps(1, f32::INFINITY) && !keep.keeps(2, 0.9));
    }

    #[test]
    fn boxes_need_an_area_and_numbers() {
        let edges = Edges::around([10.0, 20.0, 4.0, 6.0]);
        assert_eq!(edges, Edges::between([8.0, 17.0, 12.0, 23.0]));
        assert!(edges.is_some());
        assert_eq!(Edges::around([10.0, 20.0, 0.0, 6.0]), None);
        assert_eq!(Edges::between([8.0, 17.0, 7.0, 23.0]), None);
        assert_eq!(Edges::around([f32::MAX, 0.0, f32::MAX, 1.0]), None);
        assert_eq!(turned([1.0, 1.0, 1.0, -1.0], 0.0), None);
        assert_eq!(turned([1.0, 1.0, 1.0, 1.0], f32::NAN), None);
    }
}
