//! One village in the plane: how much of it was seen, how often, and what is missing.

use super::gaps::{Grounds, RawGap, gaps_of};
use super::plane::union;
use super::source::SeenGround;
use super::{CoverageSettings, CropCoverage};
use crate::campaign::phenology::{NoSeason, Phenology, Season};
use chrono::NaiveDate;
use geo::{Area, BooleanOps, MultiPolygon, Polygon};
use std::collections::{BTreeMap, BTreeSet};

/// An image near a village: its parts there, in metres.
pub(super) struct NearImage<'a> {
    pub(super) index: usize,
    pub(super) image: &'a SeenGround,
    pub(super) pieces: Vec<&'a Polygon<f64>>,
}

/// What all villages are measured by.
pub(super) struct Rule<'a> {
    pub(super) settings: &'a CoverageSettings,
    pub(super) phenology: &'a Phenology,
    pub(super) crops: &'a [String],
}

/// A village, measured in the plane.
#[derive(Debug, Default)]
pub(super) struct Measured {
    pub(super) area_m2: f64,
    pub(super) imaged_m2: f64,
    pub(super) covered_m2: f64,
    pub(super) twice_m2: f64,
    pub(super) median_gsd_cm: Option<f64>,
    /// Finest and coarsest of what counts.
    pub(super) gsd_cm: Option<[f64; 2]>,
    pub(super) dates: BTreeSet<NaiveDate>,
    pub(super) crops: Vec<CropCoverage>,
    /// Images that show some of the village.
    pub(super) images: Vec<usize>,
    pub(super) gaps: Vec<RawGap>,
    pub(super) left_out_m2: f64,
}

/// Why an image counts or not.
enum Standing {
    TooCoarse,
    Undated,
    OutOfSeason,
    /// For each crop whether it counts.
    Counts(Vec<bool>),
}

/// Measures a village. `lat` is its latitude in degrees, by which seasons are told.
pub(super) fn measure(
    ground: &MultiPolygon<f64>,
    lat: f64,
    near: &[NearImage<'_>],
    rule: &Rule<'_>,
) -> Measured {
    let mut measured = Measured {
        area_m2: ground.unsigned_area(),
        crops: rule
            .crops
            .iter()
            .map(|crop| rule.blank(crop, lat))
            .collect(),
        ..Measured::default()
    };
    let mut grounds = Grounds::default();
    let mut counted: Vec<Counted<'_>> = Vec::new();
    for near in near {
        let mut area_m2 = 0.0;
        // Only parts that show some of the village are joined below.
        let mut pieces = near.pieces.clone();
        pieces.retain(|piece| {
            let share = ground.intersection(*piece).unsigned_area();
            area_m2 += share;
            share > 0.0
        });
        if pieces.is_empty() {
            continue;
        }
        measured.images.push(near.index);
        match rule.standing(near.image, lat, &mut measured.crops) {
            Standing::TooCoarse => grounds.too_coarse.extend(pieces),
            Standing::Undated => grounds.undated.extend(pieces),
            Standing::OutOfSeason => grounds.out_of_season.extend(pieces),
            Standing::Counts(crops) => counted.push(Counted {
                day: near.image.day.unwrap_or_default(),
                gsd_cm: near.image.gsd_cm.unwrap_or_default(),
                area_m2,
                crops,
                pieces,
            }),
        }
    }
    let area = |seen: &MultiPolygon<f64>| {
        if seen.0.is_empty() {
            return 0.0;
        }
        seen.intersection(ground).unsigned_area()
    };
    let seen = union(counted.iter().flat_map(|c| c.pieces.iter().copied()));
    measured.covered_m2 = area(&seen);
    measured.imaged_m2 = if grounds.is_empty() {
        measured.covered_m2
    } else {
        area(&union(seen.iter().chain(grounds.all())))
    };
    measured.median_gsd_cm = median_gsd_cm(counted.iter().map(|c| (c.gsd_cm, c.area_m2)));
    measured.gsd_cm = range(&counted);
    measured.dates = counted.iter().map(|c| c.day).collect();
    let mut twice: Vec<MultiPolygon<f64>> = Vec::new();
    for (at, crop) in measured.crops.iter_mut().enumerate() {
        let own: Vec<&Counted<'_>> = counted.iter().filter(|c| c.crops[at]).collect();
        let dates: BTreeSet<NaiveDate> = own.iter().map(|c| c.day).collect();
        crop.dates = dates.iter().map(NaiveDate::to_string).collect();
        crop.covered_m2 = if own.len() == counted.len() {
            measured.covered_m2
        } else {
            area(&union(own.iter().flat_map(|c| c.pieces.iter().copied())))
        };
        let own_twice = seen_twice(&own, rule.settings.days_apart);
        crop.twice_m2 = area(&own_twice);
        twice.push(own_twice);
    }
    twice.retain(|t| !t.0.is_empty());
    measured.twice_m2 = area(&union(twice.iter().flatten()));
    let rest = if seen.0.is_empty() {
        ground.clone()
    } else {
        ground.difference(&seen)
    };
    let (gaps, left_out_m2) = gaps_of(rest, &grounds, rule.settings);
    measured.gaps = gaps;
    measured.left_out_m2 = left_out_m2;
    measured
}

/// An image that counts.
struct Counted<'a> {
    day: NaiveDate,
    gsd_cm: f64,
    /// Of the village, in square metres.
    area_m2: f64,
    crops: Vec<bool>,
    pieces: Vec<&'a Polygon<f64>>,
}

impl Rule<'_> {
    fn blank(&self, crop: &str, lat: f64) -> CropCoverage {
        let windows = &self.phenology.windows;
        let has_window = windows
            .iter()
            .any(|w| w.crop == crop && (w.lat[0]..=w.lat[1]).contains(&lat));
        CropCoverage {
            crop: crop.to_owned(),
            no_window: usize::from(!has_window),
            ..CropCoverage::default()
        }
    }

    /// Notes in `crops` where an image counts only as far as the height allows.
    fn standing(&self, image: &SeenGround, lat: f64, crops: &mut [CropCoverage]) -> Standing {
        if image.gsd_cm.is_none_or(|cm| cm > self.settings.max_gsd_cm) {
            return Standing::TooCoarse;
        }
        if image.day.is_none() {
            return Standing::Undated;
        }
        let mut counts = vec![false; crops.len()];
        for (at, crop) in crops.iter_mut().enumerate() {
            if !image.searched[at] {
                continue;
            }
            // Nobody knows the height of a whole village.
            let season = self
                .phenology
                .season(&crop.crop, lat, None, &image.capture_time);
            match season {
                Season::InWindow(_) => counts[at] = true,
                Season::NotComputed(NoSeason::NoHeight)
                    if self.is_in_season_somewhere(&crop.crop, lat, &image.capture_time) =>
                {
                    counts[at] = true;
                    crop.height_unknown = 1;
                }
                Season::Outside(_) | Season::NotComputed(_) => {}
            }
        }
        if counts.contains(&true) {
            Standing::Counts(counts)
        } else {
            Standing::OutOfSeason
        }
    }
}

impl Rule<'_> {
    /// Whether a date lies in a window at one height or another: where it lies in none, the height
    /// does not matter.
    fn is_in_season_somewhere(&self, crop: &str, lat: f64, date: &str) -> bool {
        let heights = self
            .phenology
            .windows
            .iter()
            .flat_map(|w| w.elev_m)
            .flatten();
        let mut seasons = heights.map(|h| self.phenology.season(crop, lat, Some(h), date));
        seasons.any(|season| matches!(season, Season::InWindow(_)))
    }
}

/// Ground that was seen on two days at least `days_apart` apart.
fn seen_twice(images: &[&Counted<'_>], days_apart: u32) -> MultiPolygon<f64> {
    let mut by_day: BTreeMap<NaiveDate, Vec<&Polygon<f64>>> = BTreeMap::new();
    for image in images {
        let pieces = by_day.entry(image.day).or_default();
        pieces.extend(image.pieces.iter().copied());
    }
    let days: Vec<(NaiveDate, MultiPolygon<f64>)> = by_day
        .into_iter()
        .map(|(day, pieces)| (day, union(pieces)))
        .collect();
    let mut long_before = MultiPolygon::new(vec![]);
    let mut next = 0;
    let mut twice = Vec::new();
    for (day, seen) in &days {
        while (*day - days[next].0).num_days() >= i64::from(days_apart) {
            long_before = union(long_before.iter().chain(&days[next].1));
            next += 1;
        }
        if !long_before.0.is_empty() {
            twice.extend(seen.intersection(&long_before));
        }
    }
    union(&twice)
}

/// The ground sample distance at which half of the area is as fine or finer, of distances in
/// centimetres each with its area.
#[must_use]
pub fn median_gsd_cm(sizes: impl IntoIterator<Item = (f64, f64)>) -> Option<f64> {
    let mut sorted: Vec<(f64, f64)> = sizes.into_iter().collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let half = sorted.iter().map(|(_, area)| area).sum::<f64>() / 2.0;
    let mut so_far = 0.0;
    let median = sorted.iter().find(|(_, area)| {
        so_far += area;
        so_far >= half
    });
    median.or(sorted.last()).map(|(cm, _)| *cm)
}

fn range(images: &[Counted<'_>]) -> Option<[f64; 2]> {
    images.iter().fold(None, |range, image| {
        let [fine, coarse] = range.unwrap_or([image.gsd_cm; 2]);
        Some([fine.min(image.gsd_cm), coarse.max(image.gsd_cm)])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::phenology::calendar_day;
    use geo::Rect;
    use std::path::Path;

    const WINDOWS: &str = "[[window]]\nregion='x'\ncrop='opium_poppy'\nstage='flower'\nlat_min=20\n\
        lat_max=30\nstart='04-01'\nend='05-31'\nsource='s'\n[[window]]\nregion='x'\ncrop='cannabis'\n\
        stage='flower'\nlat_min=20\nlat_max=30\nelev_min_m=1000\nstart='05-20'\nend='09-30'\nsource='s'\n";

    fn square(x: f64, side: f64) -> Polygon<f64> {
        Rect::new((x, 0.0), (x + side, side)).to_polygon()
    }

    fn image(gsd_cm: f64, day: &str) -> SeenGround {
        SeenGround {
            gsd_cm: Some(gsd_cm),
            capture_time: day.into(),
            day: calendar_day(day),
            searched: vec![true, true],
        }
    }

    /// A village of 100 m a side at 25 degrees north, and images of 100 m from `x` metres on.
    fn measured(images: &[(f64, SeenGround)]) -> Measured {
        let pieces: Vec<Polygon<f64>> = images.iter().map(|(x, _)| square(*x, 100.0)).collect();
        let near: Vec<NearImage<'_>> = images
            .iter()
            .zip(&pieces)
            .enumerate()
            .map(|(index, ((_, image), piece))| NearImage {
                index,
                image,
                pieces: vec![piece],
            })
            .collect();
        let settings = CoverageSettings::default();
        let phenology = Phenology::parse(WINDOWS, Path::new("p")).unwrap();
        let crops = ["opium_poppy".to_owned(), "cannabis".to_owned()];
        let rule = Rule {
            settings: &settings,
            phenology: &phenology,
            crops: &crops,
        };
        measure(&square(0.0, 100.0).into(), 25.0, &near, &rule)
    }

    fn near(seen: f64, wanted: f64) {
        assert!((seen - wanted).abs() < 1e-3, "{seen}, wanted {wanted}");
    }

    fn said(measured: &Measured) -> Vec<(&'static str, f64)> {
        let said = measured.gaps.iter().map(|g| (g.reason, g.area_m2.round()));
        said.collect()
    }

    #[test]
    fn a_village_that_nobody_flew_is_one_gap() {
        let m = measured(&[(200.0, image(2.0, "2026-04-10"))]);
        assert_eq!(
            (m.covered_m2, m.imaged_m2, m.median_gsd_cm),
            (0.0, 0.0, None)
        );
        assert_eq!(said(&m), [("not_imaged", 10_000.0)]);
        assert!(m.images.is_empty() && m.dates.is_empty());
    }

    #[test]
    fn two_dates_of_one_crop_are_twice() {
        let m = measured(&[
            (-50.0, image(2.0, "2026-04-10")),
            (30.0, image(4.0, "2026-04-20T10:00:00")),
            // Five days after one and fifteen after the other.
            (-90.0, image(3.0, "2026-04-25")),
        ]);
        near(m.covered_m2, 10_000.0);
        // From 30 to 50 m ten days apart, from 0 to 10 m fifteen.
        near(m.twice_m2, 3000.0);
        near(m.crops[0].twice_m2, 3000.0);
        near(m.crops[1].covered_m2, 0.0);
        assert_eq!(m.gsd_cm, Some([2.0, 4.0]));
        // 50 m at 2 cm, 70 m at 4 cm, 10 m at 3 cm.
        assert_eq!(m.median_gsd_cm, Some(4.0));
        assert_eq!(m.crops[0].dates, ["2026-04-10", "2026-04-20", "2026-04-25"]);
        assert!(m.gaps.is_empty());
    }

    #[test]
    fn a_date_of_each_of_two_crops_is_not_twice() {
        let m = measured(&[
            (0.0, image(2.0, "2026-04-10")),
            (0.0, image(2.0, "2026-08-10")),
        ]);
        near(m.covered_m2, 10_000.0);
        near(m.twice_m2, 0.0);
        assert_eq!(m.crops[0].dates, ["2026-04-10"]);
        assert_eq!(m.crops[1].dates, ["2026-08-10"]);
        assert_eq!(
            (m.crops[0].height_unknown, m.crops[1].height_unknown),
            (0, 1)
        );
    }

    #[test]
    fn a_model_that_did_not_look_for_a_crop_does_not_count_for_it() {
        let mut only_poppy = image(2.0, "2026-05-25");
        only_poppy.searched = vec![true, false];
        let m = measured(&[(0.0, only_poppy)]);
        near(m.crops[0].covered_m2, 10_000.0);
        near(m.crops[1].covered_m2, 0.0);
    }

    #[test]
    fn what_does_not_count_says_why() {
        let m = measured(&[
            (-80.0, image(2.0, "2026-04-10")),
            (-60.0, image(2.0, "")),
            (-40.0, image(2.0, "2026-01-10")),
            (-20.0, image(10.1, "2026-04-10")),
        ]);
        near(m.covered_m2, 2000.0);
        near(m.imaged_m2, 8000.0);
        let wanted = ["undated", "out_of_season", "too_coarse", "not_imaged"];
        assert_eq!(said(&m), wanted.map(|reason| (reason, 2000.0)));
        let mut unknown = image(1.0, "2026-04-10");
        unknown.gsd_cm = None;
        assert_eq!(
            said(&measured(&[(0.0, unknown)])),
            [("too_coarse", 10_000.0)]
        );
    }
}
