//! Finding a plot again: new sightings against the sites of this round and of earlier ones.
//!
//! Pairs are taken best first, one to one; a pair of one class comes before a pair of two. What is
//! left over but shares ground with a pair is a split or a merge, and is recorded as one.

use super::coverage::{PLOT_M2, smallest_plot_m2};
use crate::georef::{PlotIndex, SAME_IOU, SeenPlot, geodesic_area_m2, pair};
use geo::{Contains, MultiPolygon, Point};

/// A plot that takes part in the matching.
#[derive(Debug, Clone, Copy)]
pub struct Plot<'a> {
    /// Where.
    pub seen: SeenPlot<'a>,
    /// The class of the model.
    pub class: &'a str,
}

impl<'a> Plot<'a> {
    /// A plot with its parts and a point inside, WGS 84, its position error in metres, and its class.
    #[must_use]
    pub fn of(
        outline: &'a MultiPolygon<f64>,
        point: Point<f64>,
        pos_err_m: f64,
        class: &'a str,
    ) -> Self {
        let seen = SeenPlot {
            outline,
            point,
            pos_err_m,
        };
        Self { seen, class }
    }
}

/// What became of a new sighting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It is this old plot.
    Again(usize),
    /// It shares ground with this old plot, which is another sighting: a part of what was one.
    Part(usize),
    /// Nobody saw it before.
    New,
}

/// What became of an old plot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is this new sighting.
    Again(usize),
    /// It shares ground with this new sighting, which is another old plot: two have grown into one.
    Merged(usize),
    /// Its ground was looked at, in an image that shows plots of its size, and it was not found.
    Gone,
    /// Its ground was not looked at, or only in images too coarse for it.
    NotSeen,
}

/// Ground that an image shows.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// WGS 84.
    pub outline: &'a MultiPolygon<f64>,
    /// Ground sample distance in centimetres, where it is known.
    pub gsd_cm: Option<f64>,
}

impl Plot<'_> {
    /// Whether an image of a ground sample distance, in centimetres, shows plots of this size.
    #[must_use]
    pub fn shows_at(&self, gsd_cm: Option<f64>) -> bool {
        let area_m2 = if self.seen.outline.0.is_empty() {
            PLOT_M2
        } else {
            geodesic_area_m2(self.seen.outline).max(PLOT_M2)
        };
        let smallest_m2 = gsd_cm.and_then(smallest_plot_m2);
        smallest_m2.is_some_and(|smallest_m2| smallest_m2 <= area_m2)
    }
}

/// The old plots and the new sightings, matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// One for each new sighting.
    pub new: Vec<Found>,
    /// One for each old plot.
    pub old: Vec<Fate>,
}

/// A share of the smaller outline from which on two outlines have to do with each other.
const PART_OF_SMALLER: f64 = 0.5;

/// Matches new sightings with old plots. `covered` is the ground that was looked at.
#[must_use]
pub fn match_plots(old: &[Plot<'_>], new: &[Plot<'_>], covered: &[Seen<'_>]) -> Matched {
    let old_seen: Vec<SeenPlot<'_>> = old.iter().map(|p| p.seen).collect();
    let new_seen: Vec<SeenPlot<'_>> = new.iter().map(|p| p.seen).collect();
    let partner = pair(&old_seen, &new_seen, |o, n| {
        let like = old_seen[o].likeness(&new_seen[n])?;
        // The same ground keeps its number even if the model now takes it for another crop.
        Some(if old[o].class == new[n].class {
            like + 2.0
        } else {
            like
        })
    });
    let mut fate: Vec<Option<usize>> = vec![None; old.len()];
    for (n, o) in partner.iter().enumerate() {
        if let Some(o) = o {
            fate[*o] = Some(n);
        }
    }
    let old_index = PlotIndex::new(old_seen.iter().copied());
    let part_of = |n: usize| {
        old_index
            .near(&new_seen[n])
            .filter(|o| fate[*o].is_some())
            .filter_map(|o| shared(&old_seen[o], &new_seen[n]).map(|share| (share, o)))
            .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))
            .map(|(_, o)| o)
    };
    let found = partner.iter().enumerate().map(|(n, o)| match o {
        Some(o) => Found::Again(*o),
        None => part_of(n).map_or(Found::New, Found::Part),
    });
    let found: Vec<Found> = found.collect();
    let new_index = PlotIndex::new(new_seen.iter().copied());
    let merged_into = |o: usize| {
        new_index
            .near(&old_seen[o])
            .filter(|n| matches!(found[*n], Found::Again(_)))
            .filter_map(|n| shared(&old_seen[o], &new_seen[n]).map(|share| (share, n)))
            .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))
            .map(|(_, n)| n)
    };
    let fates = fate.iter().enumerate().map(|(o, n)| match n {
        Some(n) => Fate::Again(*n),
        None => match merged_into(o) {
            Some(n) => Fate::Merged(n),
            None if is_covered(covered, &old[o]) => Fate::Gone,
            None => Fate::NotSeen,
        },
    });
    Matched {
        old: fates.collect(),
        new: found,
    }
}

/// The shared ground as a share of the smaller, where it is enough to make them parts of one.
fn shared(one: &SeenPlot<'_>, other: &SeenPlot<'_>) -> Option<f64> {
    let overlap = one.overlap(other);
    let enough = overlap.iou >= SAME_IOU || overlap.of_smaller >= PART_OF_SMALLER;
    enough.then_some(overlap.of_smaller)
}

fn is_covered(covered: &[Seen<'_>], plot: &Plot<'_>) -> bool {
    let shows =
        |seen: &Seen<'_>| plot.shows_at(seen.gsd_cm) && seen.outline.contains(&plot.seen.point);
    covered.iter().any(shows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{BoundingRect, Coord, Rect};

    /// A square of so many metres, metres east and north of 102 E 30 N.
    fn square(east: f64, north: f64, width: f64, height: f64) -> MultiPolygon<f64> {
        let coord = |e: f64, n: f64| Coord {
            x: 102.0 + e / 96_486.0,
            y: 30.0 + n / 110_852.0,
        };
        Rect::new(coord(east, north), coord(east + width, north + height))
            .to_polygon()
            .into()
    }

    fn plot(outline: &MultiPolygon<f64>) -> Plot<'_> {
        Plot {
            seen: SeenPlot {
                outline,
                point: outline.bounding_rect().unwrap().center().into(),
                pos_err_m: 2.0,
            },
            class: "opium_poppy",
        }
    }

    fn seen(outline: &MultiPolygon<f64>, gsd_cm: f64) -> Seen<'_> {
        Seen {
            outline,
            gsd_cm: Some(gsd_cm),
        }
    }

    fn matched(old: &[MultiPolygon<f64>], new: &[MultiPolygon<f64>]) -> Matched {
        let everything = square(-500.0, -500.0, 1000.0, 1000.0);
        let old: Vec<_> = old.iter().map(plot).collect();
        let new: Vec<_> = new.iter().map(plot).collect();
        match_plots(&old, &new, &[seen(&everything, 5.0)])
    }

    #[test]
    fn a_shift_of_two_metres_changes_nothing() {
        let places = [(0.0, 0.0), (40.0, 5.0), (90.0, -60.0), (91.5, -50.0)];
        let sizes = [1.0, 3.0, 8.0, 5.0];
        let make = |shift: f64| -> Vec<_> {
            let plots = places.iter().zip(sizes);
            plots
                .map(|((e, n), s)| square(e + shift, *n, s, s))
                .collect()
        };
        let matched = matched(&make(0.0), &make(2.0));
        assert_eq!(matched.new, [0, 1, 2, 3].map(Found::Again));
        assert_eq!(matched.old, [0, 1, 2, 3].map(Fate::Again));
    }

    #[test]
    fn a_plot_that_falls_in_two_keeps_its_number_once() {
        let whole = square(0.0, 0.0, 20.0, 8.0);
        let parts = [square(0.0, 0.0, 8.0, 8.0), square(10.0, 0.0, 10.0, 8.0)];
        let matched = matched(&[whole], &parts);
        assert_eq!(matched.new, [Found::Part(0), Found::Again(0)]);
        assert_eq!(matched.old, [Fate::Again(1)]);
    }

    #[test]
    fn two_plots_that_grow_into_one_leave_one_number() {
        let parts = [square(0.0, 0.0, 8.0, 8.0), square(10.0, 0.0, 10.0, 8.0)];
        let matched = matched(&parts, &[square(0.0, 0.0, 20.0, 8.0)]);
        assert_eq!(matched.new, [Found::Again(1)]);
        assert_eq!(matched.old, [Fate::Merged(0), Fate::Again(0)]);
    }

    #[test]
    fn what_is_not_found_again_is_gone_only_where_somebody_looked() {
        let old = [square(0.0, 0.0, 5.0, 5.0), square(100.0, 0.0, 5.0, 5.0)];
        let covered = square(-10.0, -10.0, 50.0, 50.0);
        let old: Vec<_> = old.iter().map(plot).collect();
        let far = square(300.0, 0.0, 5.0, 5.0);
        let matched = match_plots(&old, &[plot(&far)], &[seen(&covered, 5.0)]);
        assert_eq!(matched.old, [Fate::Gone, Fate::NotSeen]);
        assert_eq!(matched.new, [Found::New]);
    }

    #[test]
    fn one_class_comes_before_two() {
        let old = [square(0.0, 0.0, 5.0, 5.0), square(0.0, 0.0, 5.0, 5.0)];
        let mut plots: Vec<_> = old.iter().map(plot).collect();
        plots[1].class = "cannabis";
        let new = square(0.5, 0.0, 5.0, 5.0);
        let hemp = Plot {
            class: "cannabis",
            ..plot(&new)
        };
        assert_eq!(match_plots(&plots, &[hemp], &[]).new, [Found::Again(1)]);
        // With nothing better there, the ground decides.
        assert_eq!(
            match_plots(&plots[..1], &[hemp], &[]).new,
            [Found::Again(0)]
        );
    }
}
