//! Which stops belong to the same days: class by class, and where there are many, part by part.

use super::OrderSettings;
use super::ground::Ground;
use rstar::RTree;
use std::collections::BTreeMap;

/// So many stops are put in order at once; more are cut in parts first. Time grows with the
/// square of this.
const AT_ONCE: usize = 48;

/// The stops cut into groups that fill whole days, the most urgent first. All but the last hold
/// a multiple of `per_day`.
pub(super) fn waves(ground: &Ground, settings: &OrderSettings) -> Vec<Vec<usize>> {
    let per_day = settings.stops_a_day();
    let mut rest: Vec<usize> = (0..ground.len()).collect();
    let mut waves = Vec::new();
    while !rest.is_empty() {
        let mut wave = take_class(ground, &mut rest);
        let full = wave.len().next_multiple_of(per_day);
        while wave.len() < full && !rest.is_empty() {
            let room = full - wave.len();
            let class = take_class(ground, &mut rest);
            let (near, far) = nearest(ground, &wave, class, room);
            wave.extend(near);
            rest.splice(0..0, far);
        }
        waves.push(wave);
    }
    waves
}

/// Takes the stops of the most urgent class left. Stops are sorted by class.
fn take_class(ground: &Ground, rest: &mut Vec<usize>) -> Vec<usize> {
    let class = rest.first().map(|&at| ground.urgency(at));
    let many = rest.partition_point(|&at| Some(ground.urgency(at)) <= class);
    rest.drain(..many).collect()
}

/// Those of the candidates that lie nearest to any stop of a wave, and the others, both in
/// their order.
fn nearest(
    ground: &Ground,
    wave: &[usize],
    candidates: Vec<usize>,
    room: usize,
) -> (Vec<usize>, Vec<usize>) {
    let tree = RTree::bulk_load(wave.iter().map(|&at| ground.local(at)).collect());
    let away = |at: usize| {
        let [x, y] = ground.local(at);
        let next = tree.nearest_neighbor(&[x, y]);
        next.map_or(f64::INFINITY, |next| (next[0] - x).hypot(next[1] - y))
    };
    let mut ranked: Vec<(f64, usize)> = candidates.iter().map(|&at| (away(at), at)).collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut chosen: Vec<usize> = ranked.into_iter().take(room).map(|(_, at)| at).collect();
    chosen.sort_unstable();
    let others = |at: &usize| chosen.binary_search(at).is_err();
    let far = candidates.into_iter().filter(others).collect();
    (chosen, far)
}

/// A wave cut into parts that are small enough to be put in order at once. It is halved across
/// its longer side, between whole days, and village by village: only the village on the cut is
/// divided.
pub(super) fn parts(ground: &Ground, wave: Vec<usize>, per_day: usize) -> Vec<Vec<usize>> {
    let days = wave.len().div_ceil(per_day);
    if wave.len() <= AT_ONCE || days < 2 {
        return vec![wave];
    }
    let axis = longer_side(ground, &wave);
    let along = |at: usize| ground.local(at)[axis];
    let mut villages: BTreeMap<Option<u32>, (f64, f64)> = BTreeMap::new();
    for &at in &wave {
        let (sum, count) = villages.entry(ground.village(at)).or_default();
        *sum += along(at);
        *count += 1.0;
    }
    let middle = |at: usize| match ground.village(at) {
        None => along(at),
        village => villages
            .get(&village)
            .map_or(0.0, |(sum, count)| sum / count),
    };
    let mut sorted = wave;
    sorted.sort_by(|&a, &b| {
        let by_village = middle(a).total_cmp(&middle(b));
        by_village
            .then_with(|| ground.village(a).cmp(&ground.village(b)))
            .then_with(|| along(a).total_cmp(&along(b)))
            .then(a.cmp(&b))
    });
    let right = sorted.split_off(days / 2 * per_day);
    let mut all = parts(ground, sorted, per_day);
    all.extend(parts(ground, right, per_day));
    all
}

/// 0 where stops spread more from west to east, 1 where they do from south to north.
fn longer_side(ground: &Ground, stops: &[usize]) -> usize {
    let extent = |axis: usize| {
        let along = stops.iter().map(|&at| ground.local(at)[axis]);
        let (low, high) = along.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), at| {
            (low.min(at), high.max(at))
        });
        high - low
    };
    usize::from(extent(1) > extent(0))
}
