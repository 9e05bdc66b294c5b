//! The shortest walk through a few places, by dynamic programming over sets of places.
//!
//! Held, M. and Karp, R. M. (1962): A dynamic programming approach to sequencing problems,
//! Journal of the Society for Industrial and Applied Mathematics 10 (1), 196–210.

use super::ground::Costs;

/// Up to so many stops, the shortest walk is found by [`shortest`]: 2¹² sets of stops.
pub(super) const MOST_STOPS: usize = 12;

/// The order in which places 1, 2 and so on cost least, from place 0 and back to it.
pub(super) fn shortest(costs: &Costs) -> Vec<usize> {
    let stops = costs.size - 1;
    if stops == 0 {
        return Vec::new();
    }
    // `best[set * stops + last]`: least cost from the start through a set of stops to the last
    // of them.
    let mut best = vec![f64::INFINITY; (1 << stops) * stops];
    for last in 0..stops {
        best[(1 << last) * stops + last] = costs.between(0, last + 1);
    }
    for set in 1_usize..1 << stops {
        for last in (0..stops).filter(|last| set & (1 << last) != 0) {
            let so_far = best[set * stops + last];
            for next in (0..stops).filter(|next| set & (1 << next) == 0) {
                let cost = so_far + costs.between(last + 1, next + 1);
                let least = &mut best[(set | 1 << next) * stops + next];
                *least = least.min(cost);
            }
        }
    }
    // Backwards: the last stop of each set, from what comes behind it.
    let mut set = (1 << stops) - 1;
    let mut behind = 0;
    let mut order = Vec::with_capacity(stops);
    while set != 0 {
        let whole = |stop: usize| best[set * stops + stop] + costs.between(stop + 1, behind);
        let last = (0..stops)
            .filter(|stop| set & (1 << stop) != 0)
            .min_by(|&a, &b| whole(a).total_cmp(&whole(b)));
        let Some(last) = last else { break };
        order.push(last + 1);
        behind = last + 1;
        set &= !(1 << last);
    }
    order.reverse();
    order
}
