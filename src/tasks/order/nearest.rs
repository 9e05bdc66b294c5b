//! A first order as it is made on paper: on to the nearest stop, a new day when one is full, then
//! pieces of a day turned round or put elsewhere for as long as that shortens it (2-opt and
//! Or-opt).

use super::ground::Costs;

/// A gain below this many metres is one of rounding.
const LEAST_GAIN_M: f64 = 1e-6;

/// At most as many stops are put elsewhere at once.
const LONGEST_PIECE: usize = 3;

/// Days of places 1, 2 and so on, each from place 0 and back to it, as few as can be.
pub(super) fn days(costs: &Costs, per_day: usize) -> Vec<Vec<usize>> {
    let mut left: Vec<usize> = (1..costs.size).collect();
    let mut days = Vec::new();
    while !left.is_empty() {
        let mut day = Vec::new();
        let mut here = 0;
        while day.len() < per_day {
            let away = |&at: &usize| costs.between(here, left[at]);
            let nearest = (0..left.len()).min_by(|a, b| away(a).total_cmp(&away(b)));
            let Some(nearest) = nearest else { break };
            here = left.remove(nearest);
            day.push(here);
        }
        days.push(day);
    }
    for day in &mut days {
        shorten(costs, day);
    }
    days
}

/// Turns pieces of a day round and puts some elsewhere until none of that shortens it.
pub(super) fn shorten(costs: &Costs, day: &mut Vec<usize>) {
    while turn(costs, day) || put_elsewhere(costs, day) {}
}

/// The place at a position of a day, where 0 is the start and that behind the last stop is the
/// end.
fn place(day: &[usize], position: usize) -> usize {
    let stop = position.checked_sub(1).and_then(|at| day.get(at));
    stop.copied().unwrap_or(0)
}

/// Turns every piece round that gets shorter by it; whether there was one.
fn turn(costs: &Costs, day: &mut [usize]) -> bool {
    let mut turned = false;
    for from in 1..=day.len() {
        for to in from + 1..=day.len() {
            let [before, first] = [from - 1, from].map(|at| place(day, at));
            let [last, behind] = [to, to + 1].map(|at| place(day, at));
            let now = costs.between(before, first) + costs.between(last, behind);
            let then = costs.between(before, last) + costs.between(first, behind);
            if now - then > LEAST_GAIN_M {
                day[from - 1..to].reverse();
                turned = true;
            }
        }
    }
    turned
}

/// Puts the first piece found elsewhere that gains by it; whether there was one.
fn put_elsewhere(costs: &Costs, day: &mut Vec<usize>) -> bool {
    for long in 1..=LONGEST_PIECE.min(day.len()) {
        for from in 1..=day.len() + 1 - long {
            let to = from + long - 1;
            let [before, first] = [from - 1, from].map(|at| place(day, at));
            let [last, behind] = [to, to + 1].map(|at| place(day, at));
            let freed = costs.between(before, first) + costs.between(last, behind)
                - costs.between(before, behind);
            for gap in (0..from - 1).chain(to + 1..=day.len()) {
                let (left, right) = (place(day, gap), place(day, gap + 1));
                let closed = costs.between(left, right);
                let straight = costs.between(left, first) + costs.between(last, right);
                let turned = costs.between(left, last) + costs.between(first, right);
                if freed + closed - straight.min(turned) > LEAST_GAIN_M {
                    let mut piece: Vec<usize> = day.drain(from - 1..to).collect();
                    if turned < straight {
                        piece.reverse();
                    }
                    let at = if gap < from { gap } else { gap - long };
                    day.splice(at..at, piece);
                    return true;
                }
            }
        }
    }
    false
}
