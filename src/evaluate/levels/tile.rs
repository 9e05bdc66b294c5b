//! Tiles with a plot against tiles without.

use super::{Evidence, mean};
use crate::evaluate::metrics::{Confusion, Ranking, Scored};
use crate::evaluate::observation::{Observation, TileOutcome};
use crate::evaluate::report::schema::{TileClass, TileLevel};

/// Points of a curve that are enough to draw it.
const CURVE_POINTS: usize = 200;

/// The level of tiles; none where no scene allows it.
#[must_use]
pub fn tile_level(evidence: &Evidence<'_>) -> Option<TileLevel> {
    let has_tiles = evidence.observations.iter().any(|o| o.tiles.is_some());
    let classes = evidence.classes.iter().enumerate();
    has_tiles.then(|| TileLevel {
        classes: classes
            .map(|(class, name)| class_of(evidence, class, name))
            .collect(),
    })
}

/// Tiles of every class, ranked by score.
pub(in crate::evaluate) struct TileRankings(Vec<Ranking>);

impl TileRankings {
    pub(in crate::evaluate) fn new(evidence: &Evidence<'_>) -> Self {
        let classes = 0..evidence.classes.len();
        Self(
            classes
                .map(|class| ranking(&tiles_of(evidence, class)))
                .collect(),
        )
    }

    /// The mean over the classes that have positive tiles.
    pub(in crate::evaluate) fn pr_auc(&self, weights: Option<&[f64]>) -> Option<f64> {
        mean(
            self.0
                .iter()
                .map(|ranking| ranking.average_precision(weights)),
        )
    }
}

/// The tiles of a class, each with its group.
fn tiles_of<'a>(evidence: &'a Evidence<'_>, class: usize) -> Vec<(usize, &'a TileOutcome)> {
    let of = |o: &'a Observation| {
        let of_class = o.tiles.iter().flat_map(move |tiles| &tiles[class]);
        let group = evidence.group(o);
        of_class.map(move |tile| (group, tile))
    };
    evidence.observations.iter().flat_map(of).collect()
}

fn ranking(tiles: &[(usize, &TileOutcome)]) -> Ranking {
    let scored = tiles.iter().map(|(group, tile)| Scored {
        score: tile.score,
        positive: tile.is_positive,
        group: *group,
    });
    Ranking::new(scored.collect())
}

fn class_of(evidence: &Evidence<'_>, class: usize, name: &str) -> TileClass {
    let tiles = tiles_of(evidence, class);
    let mut groups = vec![Confusion::default(); evidence.group_count()];
    for (group, tile) in &tiles {
        let counts = &mut groups[*group];
        match (tile.is_positive, tile.is_called) {
            (true, true) => counts.true_positive += 1.0,
            (false, true) => counts.false_positive += 1.0,
            (true, false) => counts.false_negative += 1.0,
            (false, false) => {}
        }
    }
    let ranking = ranking(&tiles);
    let resamples = evidence.resamples;
    let called = |of: fn(&Confusion) -> Option<f64>| {
        resamples.measure(|weights| of(&Confusion::sum(&groups, weights)))
    };
    TileClass {
        name: name.to_owned(),
        tiles: tiles.len(),
        positive: tiles.iter().filter(|(_, tile)| tile.is_positive).count(),
        precision: called(Confusion::precision),
        recall: called(Confusion::recall),
        f1: called(Confusion::f1),
        pr_auc: resamples.measure(|weights| ranking.average_precision(weights)),
        roc_auc: resamples.measure(|weights| ranking.roc_auc(weights)),
        curve: ranking.curve_of(CURVE_POINTS),
    }
}
