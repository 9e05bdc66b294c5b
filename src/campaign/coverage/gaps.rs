//! Ground that does not count as seen, and why.

use super::CoverageSettings;
use super::plane::union;
use crate::campaign::Lang;
use geo::{Area, BooleanOps, Euclidean, Length, MultiPolygon, Polygon};

/// In no image at all.
const NOT_IMAGED: &str = "not_imaged";
/// In images that are too coarse, or of which nobody knows how coarse.
const TOO_COARSE: &str = "too_coarse";
/// In images fine enough, but of no season of a crop that was looked for.
const OUT_OF_SEASON: &str = "out_of_season";
/// In images fine enough, but without a date.
const UNDATED: &str = "undated";

/// A reason as people read it; the word itself where it is none of ours.
#[must_use]
pub fn reason_name(reason: &str, lang: Lang) -> &str {
    let (zh, en) = match reason {
        NOT_IMAGED => ("未拍摄", "not imaged"),
        TOO_COARSE => ("分辨率不足", "images too coarse"),
        OUT_OF_SEASON => ("不在物候期", "out of season"),
        UNDATED => ("拍摄日期不明", "date of the image unknown"),
        other => (other, other),
    };
    lang.pick(zh, en)
}

/// Ground of images that do not count, in metres.
#[derive(Default)]
pub(super) struct Grounds<'a> {
    pub(super) undated: Vec<&'a Polygon<f64>>,
    pub(super) out_of_season: Vec<&'a Polygon<f64>>,
    pub(super) too_coarse: Vec<&'a Polygon<f64>>,
}

impl<'a> Grounds<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.all().next().is_none()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &'a Polygon<f64>> {
        let (a, b, c) = (&self.undated, &self.out_of_season, &self.too_coarse);
        a.iter().chain(b).chain(c).copied()
    }

    /// The ground of each reason, what takes the least to mend first: a date that is found out, a
    /// flight at another time, a lower flight.
    fn by_reason(&self) -> Vec<(&'static str, MultiPolygon<f64>)> {
        [
            (UNDATED, &self.undated),
            (OUT_OF_SEASON, &self.out_of_season),
            (TOO_COARSE, &self.too_coarse),
        ]
        .into_iter()
        .filter(|(_, ground)| !ground.is_empty())
        .map(|(reason, ground)| (reason, union(ground.iter().copied())))
        .collect()
    }
}

/// A gap in the plane.
#[derive(Debug)]
pub(super) struct RawGap {
    pub(super) reason: &'static str,
    pub(super) area_m2: f64,
    pub(super) outline: Polygon<f64>,
}

/// The gaps in the rest of a village, each with one reason, and the area that is in none of them,
/// its parts being too small or too narrow to fly.
///
/// A part of the rest falls apart by reasons; where no such part is large enough, the whole stays one
/// gap with the reason of most of it.
pub(super) fn gaps_of(
    rest: MultiPolygon<f64>,
    grounds: &Grounds<'_>,
    settings: &CoverageSettings,
) -> (Vec<RawGap>, f64) {
    let by_reason = grounds.by_reason();
    let (mut gaps, mut left_out_m2) = (Vec::new(), 0.0);
    for part in rest {
        let area_m2 = part.unsigned_area();
        if !is_worth_a_flight(&part, area_m2, settings) {
            left_out_m2 += area_m2;
            continue;
        }
        let pieces = split(&part, &by_reason);
        let mut most: [(&str, f64); 4] =
            [NOT_IMAGED, TOO_COARSE, OUT_OF_SEASON, UNDATED].map(|reason| (reason, 0.0));
        for piece in &pieces {
            if let Some(sum) = most.iter_mut().find(|(reason, _)| *reason == piece.reason) {
                sum.1 += piece.area_m2;
            }
        }
        let reason = most
            .into_iter()
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .map_or(NOT_IMAGED, |(reason, _)| reason);
        let kept: Vec<RawGap> = pieces
            .into_iter()
            .filter(|piece| is_worth_a_flight(&piece.outline, piece.area_m2, settings))
            .collect();
        if kept.is_empty() {
            gaps.push(RawGap {
                reason,
                area_m2,
                outline: part,
            });
            continue;
        }
        let in_gaps: f64 = kept.iter().map(|gap| gap.area_m2).sum();
        left_out_m2 += (area_m2 - in_gaps).max(0.0);
        gaps.extend(kept);
    }
    (gaps, left_out_m2)
}

fn split(part: &Polygon<f64>, by_reason: &[(&'static str, MultiPolygon<f64>)]) -> Vec<RawGap> {
    let mut pieces = Vec::new();
    let mut left = MultiPolygon::new(vec![part.clone()]);
    let mut take = |reason: &'static str, ground: MultiPolygon<f64>| {
        pieces.extend(ground.into_iter().map(|outline| RawGap {
            reason,
            area_m2: outline.unsigned_area(),
            outline,
        }));
    };
    for (reason, ground) in by_reason {
        if left.0.is_empty() {
            break;
        }
        let found = left.intersection(ground);
        if found.0.is_empty() {
            continue;
        }
        take(reason, found);
        left = left.difference(ground);
    }
    take(NOT_IMAGED, left);
    pieces
}

/// Whether ground is large enough, and wide enough on average: a strip of length l and width w has the
/// area l·w and a perimeter of about 2·l.
fn is_worth_a_flight(ground: &Polygon<f64>, area_m2: f64, settings: &CoverageSettings) -> bool {
    let rings = std::iter::once(ground.exterior()).chain(ground.interiors());
    let perimeter_m: f64 = rings.map(|ring| Euclidean.length(ring)).sum();
    area_m2 >= settings.min_gap_m2 && 2.0 * area_m2 >= settings.min_width_m * perimeter_m
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::Rect;

    fn rect(x: [f64; 2], y: [f64; 2]) -> Polygon<f64> {
        Rect::new((x[0], y[0]), (x[1], y[1])).to_polygon()
    }

    fn gaps(rest: Vec<Polygon<f64>>, grounds: &Grounds<'_>) -> (Vec<(&'static str, f64)>, f64) {
        let settings = CoverageSettings::default();
        let (gaps, left_out) = gaps_of(MultiPolygon::new(rest), grounds, &settings);
        let said = gaps.iter().map(|g| (g.reason, g.area_m2.round()));
        (said.collect(), left_out.round())
    }

    #[test]
    fn small_and_narrow_ground_is_left_out_and_said() {
        let rest = vec![
            rect([0.0, 10.0], [0.0, 10.0]),
            rect([100.0, 109.0], [0.0, 9.0]),
            rect([200.0, 1200.0], [0.0, 0.9]),
        ];
        let (gaps, left_out) = gaps(rest, &Grounds::default());
        assert_eq!(gaps, [(NOT_IMAGED, 100.0)]);
        assert!((left_out - 981.0).abs() < 1e-9);
    }

    #[test]
    fn small_parts_by_reason_stay_one_gap() {
        let (coarse, old) = (
            rect([0.0, 8.0], [0.0, 10.0]),
            rect([8.0, 12.0], [0.0, 10.0]),
        );
        let grounds = Grounds {
            too_coarse: vec![&coarse],
            out_of_season: vec![&old],
            ..Grounds::default()
        };
        let (one, left_out) = gaps(vec![rect([0.0, 15.0], [0.0, 10.0])], &grounds);
        assert_eq!((one, left_out), (vec![(TOO_COARSE, 150.0)], 0.0));
        // With a large part the small ones are left to it.
        let (one, left_out) = gaps(vec![rect([0.0, 30.0], [0.0, 10.0])], &grounds);
        assert_eq!((one, left_out), (vec![(NOT_IMAGED, 180.0)], 120.0));
    }

    #[test]
    fn reasons_are_said_in_both_languages() {
        for reason in [NOT_IMAGED, TOO_COARSE, OUT_OF_SEASON, UNDATED] {
            assert_ne!(reason_name(reason, Lang::Zh), reason_name(reason, Lang::En));
        }
        assert_eq!(reason_name("cloud", Lang::Zh), "cloud");
    }
}
