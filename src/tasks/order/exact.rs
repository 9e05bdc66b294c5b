//! The best days and walks of a few stops, by dynamic programming over sets of stops.
//!
//! Held, M. and Karp, R. M. (1962): A dynamic programming approach to sequencing problems,
//! Journal of the Society for Industrial and Applied Mathematics 10 (1), 196–210.

use super::ground::Costs;

/// So many stops at most: there are 2¹² sets of them, and 3¹² ways to cut one set off another.
pub(super) const MOST_STOPS: usize = 12;

/// Days of places 1, 2 and so on, each from place 0 and back to it: as few days as can be, and
/// then those that cost least.
pub(super) fn days(costs: &Costs, per_day: usize) -> Vec<Vec<usize>> {
    let walks = Walks::new(costs);
    let all = (1_usize << walks.stops) - 1;
    if walks.stops <= per_day {
        return vec![walks.shortest(all)];
    }
    let a_day: Vec<Option<f64>> = (0..=all)
        .map(|set| ((1..=per_day).contains(&members(set))).then(|| walks.back(set, 0).1))
        .collect();
    // Days and costs of the best plan for each set, and its first day.
    let mut plans = vec![(0_u32, 0.0_f64, 0_usize); all + 1];
    for set in 1..=all {
        plans[set] = (u32::MAX, f64::INFINITY, 0);
        // The first stop is in the first day; the rest of that day is any part of the others.
        let first = set & set.wrapping_neg();
        let others = set ^ first;
        let mut part = others;
        loop {
            let day = part | first;
            if let Some(cost) = a_day[day] {
                let (days, so_far, _) = plans[set ^ day];
                let plan = (days + 1, so_far + cost, day);
                if (plan.0, plan.1) < (plans[set].0, plans[set].1) {
                    plans[set] = plan;
                }
            }
            if part == 0 {
                break;
            }
            part = (part - 1) & others;
        }
    }
    let mut left = all;
    let mut days = Vec::new();
    while left != 0 {
        let day = plans[left].2;
        days.push(walks.shortest(day));
        left ^= day;
    }
    days
}

/// Number of stops in a set, whose bits are the stops.
fn members(set: usize) -> usize {
    set.count_ones() as usize
}

/// The least costs of walks from the start through all stops of a set to one of them.
struct Walks<'a> {
    costs: &'a Costs,
    stops: usize,
    /// `[set, last stop]`
    least: Vec<f64>,
}

impl<'a> Walks<'a> {
    fn new(costs: &'a Costs) -> Self {
        let stops = costs.size - 1;
        let mut least = vec![f64::INFINITY; (1 << stops) * stops];
        for last in 0..stops {
            least[(1 << last) * stops + last] = costs.between(0, last + 1);
        }
        for set in 1_usize..1 << stops {
            for last in (0..stops).filter(|last| set & (1 << last) != 0) {
                let so_far = least[set * stops + last];
                for next in (0..stops).filter(|next| set & (1 << next) == 0) {
                    let cost = so_far + costs.between(last + 1, next + 1);
                    let slot = &mut least[(set | 1 << next) * stops + next];
                    *slot = slot.min(cost);
                }
            }
        }
        Self {
            costs,
            stops,
            least,
        }
    }

    /// The last stop of the cheapest walk through a set that goes on to a place, and the cost of
    /// the whole.
    fn back(&self, set: usize, to: usize) -> (usize, f64) {
        let within = (0..self.stops).filter(|stop| set & (1 << stop) != 0);
        let whole = within.map(|stop| {
            let cost = self.least[set * self.stops + stop] + self.costs.between(stop + 1, to);
            (stop, cost)
        });
        whole
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .unwrap_or((0, f64::INFINITY))
    }

    /// The places of a set in the order that costs least from place 0 and back to it.
    fn shortest(&self, mut set: usize) -> Vec<usize> {
        let mut order = Vec::with_capacity(members(set));
        let mut behind = 0;
        while set != 0 {
            let (last, _) = self.back(set, behind);
            order.push(last + 1);
            behind = last + 1;
            set &= !(1 << last);
        }
        order.reverse();
        order
    }
}
