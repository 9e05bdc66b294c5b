//! Tiles with a plot, and what the model said of them.

use super::ground::OnGrid;
use super::{Known, no_tiles};
use crate::Result;
use crate::evaluate::observation::TileOutcome;
use crate::evaluate::truth::{Place, TruthPlot};
use crate::georef::{Window, floor_to_u32};
use crate::model::ModelTask;
use crate::model::decode::LabelRule;
use crate::pipeline::chip::{AoiMask, Cover};
use crate::pipeline::detect::TileAnswer;
use crate::pipeline::{Answers, ScanJob};
use geo::MultiPolygon;
use std::collections::BTreeSet;

/// By class the tiles that were looked at. A tile has a plot where a pixel of one lies in its
/// core, or the point that stands for it. A detector calls a tile positive whose core holds the
/// centre of an object that passes `rule`. Tiles with nothing but a plot that was hardly seen are
/// left out.
pub(super) fn outcomes(
    job: &ScanJob<'_>,
    answers: &Answers,
    ground: &OnGrid<'_>,
    known: &Known<'_>,
    rule: &LabelRule,
) -> Result<Vec<Vec<TileOutcome>>> {
    let mut outcomes = no_tiles(known.question.classes.len());
    let tiles = answers.tiles(job)?;
    for (class, (outcomes, name)) in outcomes.iter_mut().zip(known.question.classes).enumerate() {
        let contract = &job.model.contract;
        let Some(index) = contract.classes.iter().position(|c| c == name) else {
            continue;
        };
        let of_class = known.plots.iter().zip(&known.classes);
        let of_class = of_class.filter(|(_, k)| **k == class).map(|(plot, _)| plot);
        let plots = Plots::of(of_class, ground)?;
        let half_seen = known.unseen.iter().filter(|plot| plot.class == *name);
        let half_seen = Plots::of(half_seen, ground)?;
        let least = rule.least_scores()[index];
        let asked = tiles
            .iter()
            .filter(|tile| plots.lie_in(tile) || !half_seen.lie_in(tile));
        outcomes.extend(asked.map(|tile| TileOutcome {
            score: tile.highest[index],
            is_positive: plots.lie_in(tile),
            is_called: if contract.task == ModelTask::Detection {
                tile.highest[index] > 0.0 && tile.highest[index] >= f64::from(least) - 1e-9
            } else {
                tile.is_called[index]
            },
        }));
    }
    Ok(outcomes)
}

/// Plots of one class on the grid.
struct Plots {
    areas: AoiMask,
    /// Column and row of pixels.
    points: BTreeSet<(u32, u32)>,
}

impl Plots {
    fn of<'a>(plots: impl Iterator<Item = &'a TruthPlot>, ground: &OnGrid<'_>) -> Result<Self> {
        let mut areas = Vec::new();
        let mut points = BTreeSet::new();
        for plot in plots {
            match &plot.place {
                Place::Area(_) => areas.extend(ground.outline(&plot.place)?.0),
                Place::Point(point) => {
                    let at = ground.point(*point)?;
                    points.insert((floor_to_u32(at.x), floor_to_u32(at.y)));
                }
            }
        }
        Ok(Self {
            areas: AoiMask::new(&MultiPolygon::new(areas), ground.grid.height),
            points,
        })
    }

    /// Whether any of them lies on seen ground of a tile.
    fn lie_in(&self, tile: &TileAnswer) -> bool {
        let core = tile.core;
        let has = |point: &(u32, u32)| holds(core, *point);
        if self.points.iter().any(has) {
            return true;
        }
        match (self.areas.cover(core), &tile.seen) {
            (Cover::None, _) => false,
            (_, None) => true,
            (cover, Some(seen)) => seen
                .iter()
                .enumerate()
                .any(|(i, seen)| *seen && cover.has(i)),
        }
    }
}

fn holds(window: Window, (col, row): (u32, u32)) -> bool {
    (window.col_off..window.col_end()).contains(&col)
        && (window.row_off..window.row_end()).contains(&row)
}
