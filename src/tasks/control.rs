//! The control sample: places drawn by lot, so that recall can be known. Half of it are leads of
//! low grade that nobody would visit, half is ground that was looked at and where the model saw
//! nothing.
//!
//! A stratum is a village. Cells of 20 m are drawn in proportion to the cells of each village; how
//! many cells there were and how many were drawn stands in the task, as the estimate of missed
//! sites needs both: missed = Σ `N_h`·`m_h`/`n_h`.

use super::pack::Village;
use crate::campaign::site::CampaignSite;
use crate::campaign::villages::{Unit, VillageIndex};
use crate::georef::{floor_to_u32, geodesic_area_m2, geodesic_distance_m, union};
use geo::{
    Area, BooleanOps, BoundingRect, Contains, Coord, Intersects, MultiPolygon, Point, Polygon, Rect,
};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Metres along the edge of a cell.
pub(super) const CELL_M: f64 = 20.0;

/// A cell is looked for so many times before there is taken to be no room.
const TRIES: usize = 400;

/// Ground of so many cells, what lies between them counted, is gone through cell by cell.
const FEW_CELLS: i64 = 50_000;

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

fn random(seed: &str) -> fastrand::Rng {
    let hash = crate::digest::hash_of(seed);
    fastrand::Rng::with_seed(u64::from_str_radix(&hash[..16], 16).unwrap_or_default())
}

/// Draws cells of ground that was looked at, inside of a village, away from every site. A county has
/// millions of cells: they are counted by area and drawn by trial, never listed.
#[must_use]
pub(super) fn draw_cells(
    coverage: &[MultiPolygon<f64>],
    villages: &VillageIndex,
    sites: &[CampaignSite],
    before: &BTreeMap<String, Vec<Point<f64>>>,
    count: usize,
    seed: &str,
) -> Lots {
    let mut lots = Lots::default();
    if count == 0 && before.is_empty() {
        return lots;
    }
    let Some(lattice) = Lattice::over(coverage) else {
        return lots;
    };
    let (mut taken, mut taken_in) = (BTreeSet::new(), BTreeMap::<&str, usize>::new());
    for site in sites {
        let rect = site.outline.bounding_rect();
        for cell in rect.into_iter().flat_map(|rect| lattice.cells(rect)) {
            if taken.insert(cell) {
                *taken_in.entry(&site.xzqdm).or_default() += 1;
            }
        }
    }
    let grounds = strata(coverage, villages, &lattice, (&taken, &taken_in));
    // What was drawn before is not drawn again: the same sequence of lots goes on.
    let drawn_cells = before
        .values()
        .flatten()
        .map(|point| lattice.cell((*point).into()));
    let drawn_cells: BTreeSet<Cell> = drawn_cells.collect();
    let already = |stratum: &Stratum| before.get(&stratum.code).map_or(0, Vec::len);
    let room: Vec<usize> = grounds
        .iter()
        .map(|stratum| stratum.cells.saturating_sub(already(stratum)))
        .collect();
    for (stratum, share) in grounds.iter().zip(proportional(&room, count)) {
        if share + already(stratum) == 0 {
            continue;
        }
        let place = villages.describe(stratum.village);
        let chosen = draw_within(
            &lattice,
            stratum,
            share,
            (&taken, &drawn_cells),
            &format!("{seed} {}", stratum.code),
        );
        let size = (stratum.cells, chosen.len() + already(stratum));
        lots.strata.insert(stratum.code.clone(), size);
        lots.cells.extend(chosen.into_iter().map(|cell| {
            let point = lattice.middle(cell);
            let outline = cell_around(point);
            let found = villages.locate(&outline, point);
            DrawnCell {
                village: Village {
                    code: place.xzqdm.clone(),
                    county: place.county.clone(),
                    town: place.town.clone(),
                    village: place.village.clone(),
                },
                group: found.map_or_else(String::new, |found| found.group),
                outline,
                point,
            }
        }));
    }
    lots
}

/// What was drawn.
#[derive(Debug, Default)]
pub(super) struct Lots {
    /// Cells that no call drew before.
    pub(super) cells: Vec<DrawnCell>,
    /// By village: cells that could have been drawn, and those that this and earlier calls drew.
    pub(super) strata: BTreeMap<String, (usize, usize)>,
}

/// The ground of a village that was looked at.
struct Stratum {
    /// Its place among the villages.
    village: usize,
    /// Its code, 12 digits.
    code: String,
    /// Where it was looked at.
    seen: MultiPolygon<f64>,
    /// Cells whose middle lies there, those with a site left out: counted one by one where there are
    /// few, else reckoned from the area.
    cells: usize,
    /// Whether they were counted, and are drawn from their list.
    is_counted: bool,
}

/// The cells of a village that may be drawn, one by one.
fn free_cells<'a>(
    lattice: &'a Lattice,
    seen: &'a MultiPolygon<f64>,
    taken: &'a BTreeSet<Cell>,
) -> impl Iterator<Item = Cell> + 'a {
    let inside = move |cell: &Cell| !taken.contains(cell) && seen.contains(&lattice.middle(*cell));
    let rect = seen.bounding_rect();
    rect.into_iter()
        .flat_map(|rect| lattice.cells(rect))
        .filter(inside)
}

/// Column and row of a cell.
type Cell = (i64, i64);

fn strata(
    coverage: &[MultiPolygon<f64>],
    villages: &VillageIndex,
    lattice: &Lattice,
    (taken, taken_in): (&BTreeSet<Cell>, &BTreeMap<&str, usize>),
) -> Vec<Stratum> {
    // Ground that several images show counts once.
    let seen = union(coverage.iter().flatten());
    let parts: Vec<(Rect<f64>, &Polygon<f64>)> = seen
        .iter()
        .filter_map(|part| part.bounding_rect().map(|rect| (rect, part)))
        .collect();
    let of_village = |(at, unit): (usize, &Unit)| {
        let rect = unit.area.bounding_rect()?;
        let near: Vec<Polygon<f64>> = parts
            .iter()
            .filter(|(part, _)| part.intersects(&rect))
            .map(|(_, part)| (*part).clone())
            .collect();
        if near.is_empty() {
            return None;
        }
        let seen = MultiPolygon::new(near).intersection(&unit.area);
        let code = villages.describe(at).xzqdm;
        let rect = seen.bounding_rect()?;
        let ((x0, y0), (x1, y1)) = (lattice.cell(rect.min()), lattice.cell(rect.max()));
        let is_counted = (x1 - x0 + 1) * (y1 - y0 + 1) <= FEW_CELLS;
        let cells = if is_counted {
            free_cells(lattice, &seen, taken).count()
        } else {
            let fit = floor_to_u32(geodesic_area_m2(&seen) / CELL_M.powi(2)) as usize;
            fit.saturating_sub(taken_in.get(code.as_str()).copied().unwrap_or(0))
        };
        (cells > 0).then_some(Stratum {
            village: at,
            code,
            seen,
            cells,
            is_counted,
        })
    };
    let units: Vec<(usize, &Unit)> = villages.villages().iter().enumerate().collect();
    units.into_par_iter().filter_map(of_village).collect()
}

/// Draws different cells whose middle lies within a stratum and that no site touches: fewer than
/// asked for where there is too little room.
fn draw_within(
    lattice: &Lattice,
    stratum: &Stratum,
    count: usize,
    (taken, drawn_before): (&BTreeSet<Cell>, &BTreeSet<Cell>),
    seed: &str,
) -> BTreeSet<Cell> {
    if stratum.is_counted {
        let mut order: Vec<Cell> = free_cells(lattice, &stratum.seen, taken).collect();
        random(seed).shuffle(&mut order);
        return order
            .into_iter()
            .filter(|cell| !drawn_before.contains(cell))
            .take(count)
            .collect();
    }
    // Part by part, as parts may lie far from each other.
    let parts: Vec<_> = stratum
        .seen
        .iter()
        .filter_map(|part| {
            let rect = part.bounding_rect()?;
            let (low, high) = (lattice.cell(rect.min()), lattice.cell(rect.max()));
            Some((part.unsigned_area(), low, high, part))
        })
        .collect();
    let whole: f64 = parts.iter().map(|part| part.0).sum();
    let mut drawn = BTreeSet::new();
    let mut random = random(seed);
    for _ in 0..count.saturating_mul(TRIES) {
        if drawn.len() == count {
            break;
        }
        let mut left = random.f64() * whole;
        let part = parts.iter().find(|part| {
            left -= part.0;
            left <= 0.0
        });
        let Some((_, low, high, area)) = part.or(parts.last()) else {
            break;
        };
        let cell = (random.i64(low.0..=high.0), random.i64(low.1..=high.1));
        let is_free = !taken.contains(&cell) && !drawn_before.contains(&cell);
        if is_free && area.contains(&lattice.middle(cell)) {
            drawn.insert(cell);
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
    fn cell(&self, place: Coord<f64>) -> (i64, i64) {
        let cell = |value: f64, step: f64| (value / step).floor() as i64;
        (cell(place.x, self.step.x), cell(place.y, self.step.y))
    }

    /// The cells that a rectangle touches.
    fn cells(&self, rect: Rect<f64>) -> impl Iterator<Item = (i64, i64)> + use<> {
        let ((x0, y0), (x1, y1)) = (self.cell(rect.min()), self.cell(rect.max()));
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
    fn shares_follow_sizes() {
        assert_eq!(proportional(&[10, 30, 60], 10), [1, 3, 6]);
        assert_eq!(proportional(&[1, 1, 1], 2), [1, 1, 0]);
        assert_eq!(proportional(&[2, 0], 9), [2, 0]);
        assert_eq!(proportional(&[], 9), [0_usize; 0]);
    }
}
