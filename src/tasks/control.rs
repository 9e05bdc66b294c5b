//! The control sample: places drawn by lot, so that recall can be known. Half of it are leads of
//! low grade that nobody would visit, half is ground that was looked at and where the model saw
//! nothing.
//!
//! A stratum is a village. Cells of 20 m are drawn in proportion to the cells of each village; how
//! many cells there were and how many were drawn stands in the task, as the estimate of missed
//! sites needs both: missed = Σ `N_h`·`m_h`/`n_h`.

use super::pack::Village;
use crate::campaign::site::CampaignSite;
use crate::campaign::villages::VillageIndex;
use crate::georef::{floor_to_u32, geodesic_distance_m};
use geo::{BoundingRect, Contains, Coord, MultiPolygon, Point, Rect};
use std::collections::{BTreeMap, BTreeSet};

/// Metres along the edge of a cell.
pub(super) const CELL_M: f64 = 20.0;

/// A cell drawn by lot.
#[derive(Debug, Clone)]
pub(super) struct DrawnCell {
    /// The village that it lies in.
    pub(super) village: Village,
    /// Village group; empty where it is unknown.
    pub(super) group: String,
    /// Its outline, WGS 84.
    pub(super) outline: MultiPolygon<f64>,
    /// Its middle.
    pub(super) point: Point<f64>,
    /// Cells of that village that could have been drawn.
    pub(super) stratum_cells: usize,
    /// Cells of that village that were drawn.
    pub(super) stratum_drawn: usize,
}

/// How many places are drawn, so that they are `share` of all visits.
#[must_use]
pub(super) fn sample_size(share: f64, leads: usize) -> usize {
    if share <= 0.0 || leads == 0 {
        return 0;
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts of leads are far below 2^53"
    )]
    let wanted = share / (1.0 - share) * leads as f64;
    floor_to_u32(wanted + 0.5).max(1) as usize
}

/// Draws `count` of a list by lot; the same every time for the same `seed`. Gives their places, in
/// the order of the list.
#[must_use]
pub(super) fn draw(total: usize, count: usize, seed: &str) -> Vec<usize> {
    let hash = crate::digest::hash_of(seed);
    let seed = u64::from_str_radix(&hash[..16], 16).unwrap_or_default();
    let mut random = fastrand::Rng::with_seed(seed);
    let mut places: Vec<usize> = (0..total).collect();
    random.shuffle(&mut places);
    places.truncate(count);
    places.sort_unstable();
    places
}

/// Draws cells of ground that was looked at, inside of a village, away from every site.
#[must_use]
pub(super) fn draw_cells(
    coverage: &[MultiPolygon<f64>],
    villages: &VillageIndex,
    sites: &[CampaignSite],
    count: usize,
    seed: &str,
) -> Vec<DrawnCell> {
    let Some(lattice) = Lattice::over(coverage) else {
        return Vec::new();
    };
    let mut taken = BTreeSet::new();
    for site in sites {
        if let Some(rect) = site.outline.bounding_rect() {
            taken.extend(lattice.cells(rect));
        }
    }
    let mut cells = BTreeSet::new();
    for area in coverage {
        let Some(rect) = area.bounding_rect() else {
            continue;
        };
        let inside = lattice
            .cells(rect)
            .filter(|cell| !taken.contains(cell) && area.contains(&lattice.middle(*cell)));
        cells.extend(inside);
    }
    let mut strata: BTreeMap<String, Stratum> = BTreeMap::new();
    for cell in cells {
        let point = lattice.middle(cell);
        let outline: MultiPolygon<f64> = lattice.outline(cell).to_polygon().into();
        let Some(place) = villages.locate(&outline, point) else {
            continue;
        };
        let stratum = strata
            .entry(place.xzqdm.clone())
            .or_insert_with(|| Stratum {
                village: Village {
                    code: place.xzqdm,
                    county: place.county,
                    town: place.town,
                    village: place.village,
                },
                cells: Vec::new(),
            });
        stratum.cells.push((cell, place.group));
    }
    let shares = proportional(
        &strata.values().map(|s| s.cells.len()).collect::<Vec<_>>(),
        count,
    );
    let mut drawn = Vec::new();
    for (stratum, share) in strata.values().zip(shares) {
        let seed = format!("{seed} {}", stratum.village.code);
        for at in draw(stratum.cells.len(), share, &seed) {
            let (cell, group) = &stratum.cells[at];
            drawn.push(DrawnCell {
                village: stratum.village.clone(),
                group: group.clone(),
                outline: lattice.outline(*cell).to_polygon().into(),
                point: lattice.middle(*cell),
                stratum_cells: stratum.cells.len(),
                stratum_drawn: share,
            });
        }
    }
    drawn
}

/// The cell of 20 m with this middle.
#[must_use]
pub(super) fn cell_around(point: Point<f64>) -> MultiPolygon<f64> {
    let step = step_at(point.y());
    let half = |sign: f64| Coord {
        x: point.x() + sign * step.x / 2.0,
        y: point.y() + sign * step.y / 2.0,
    };
    Rect::new(half(-1.0), half(1.0)).to_polygon().into()
}

/// Degrees along the edges of a cell at a latitude.
fn step_at(lat: f64) -> Coord<f64> {
    let degree = 1e-3;
    let per_degree = |there| geodesic_distance_m((0.0, lat), there) / degree;
    Coord {
        x: CELL_M / per_degree((degree, lat)),
        y: CELL_M / per_degree((0.0, lat + degree)),
    }
}

struct Stratum {
    village: Village,
    cells: Vec<((i64, i64), String)>,
}

/// A count shared out in proportion to sizes, by largest remainders; never more than there are.
fn proportional(sizes: &[usize], count: usize) -> Vec<usize> {
    let total: usize = sizes.iter().sum();
    if total == 0 {
        return vec![0; sizes.len()];
    }
    let count = count.min(total);
    let mut shares: Vec<usize> = sizes.iter().map(|size| size * count / total).collect();
    let mut rest: Vec<(usize, usize)> = sizes
        .iter()
        .enumerate()
        .map(|(at, size)| (size * count % total, at))
        .collect();
    rest.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let missing = count - shares.iter().sum::<usize>();
    for (_, at) in rest.into_iter().take(missing) {
        shares[at] += 1;
    }
    shares
}

/// Cells of 20 m on the ground, at the latitude of the middle of what was looked at.
struct Lattice {
    step: Coord<f64>,
}

impl Lattice {
    fn over(coverage: &[MultiPolygon<f64>]) -> Option<Self> {
        let boxes = coverage.iter().filter_map(BoundingRect::bounding_rect);
        let (low, high) = boxes.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), rect| {
            (low.min(rect.min().y), high.max(rect.max().y))
        });
        if low > high {
            return None;
        }
        Some(Self {
            step: step_at(low.midpoint(high)),
        })
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "degrees over a step are far below 2^53"
    )]
    fn cells(&self, rect: Rect<f64>) -> impl Iterator<Item = (i64, i64)> + use<> {
        let cell = |value: f64, step: f64| (value / step).floor() as i64;
        let (x0, x1) = (
            cell(rect.min().x, self.step.x),
            cell(rect.max().x, self.step.x),
        );
        let (y0, y1) = (
            cell(rect.min().y, self.step.y),
            cell(rect.max().y, self.step.y),
        );
        (y0..=y1).flat_map(move |y| (x0..=x1).map(move |x| (x, y)))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "cells of the Earth are far below 2^53"
    )]
    fn outline(&self, (x, y): (i64, i64)) -> Rect<f64> {
        let corner = |x: i64, y: i64| Coord {
            x: x as f64 * self.step.x,
            y: y as f64 * self.step.y,
        };
        Rect::new(corner(x, y), corner(x + 1, y + 1))
    }

    fn middle(&self, cell: (i64, i64)) -> Point<f64> {
        self.outline(cell).center().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_its_share_of_all_visits() {
        assert_eq!(sample_size(0.1, 90), 10);
        assert_eq!(sample_size(0.2, 40), 10);
        assert_eq!(sample_size(0.1, 1), 1);
        assert_eq!(sample_size(0.0, 90), 0);
        assert_eq!(sample_size(0.1, 0), 0);
    }

    #[test]
    fn lots_are_the_same_every_time_and_fair() {
        assert_eq!(draw(100, 10, "a"), draw(100, 10, "a"));
        assert_ne!(draw(100, 10, "a"), draw(100, 10, "b"));
        assert_eq!(draw(3, 10, "a"), [0, 1, 2]);
        let mut hits = [0_u32; 10];
        for seed in 0..2000 {
            for at in draw(10, 3, &seed.to_string()) {
                hits[at] += 1;
            }
        }
        assert!(hits.iter().all(|h| (500..700).contains(h)), "{hits:?}");
    }

    #[test]
    fn shares_follow_sizes() {
        assert_eq!(proportional(&[10, 30, 60], 10), [1, 3, 6]);
        assert_eq!(proportional(&[1, 1, 1], 2), [1, 1, 0]);
        assert_eq!(proportional(&[2, 0], 9), [2, 0]);
        assert_eq!(proportional(&[], 9), [0_usize; 0]);
    }
}
