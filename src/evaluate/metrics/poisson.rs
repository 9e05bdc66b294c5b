//! How many events there may be where so many were seen.

/// The mean of a Poisson distribution that so few events or fewer would come from only one time
/// in twenty: the upper 95 % bound of a count (Garwood 1936). 3.0 where nothing was seen.
#[must_use]
pub fn upper_bound(seen: f64) -> f64 {
    let (mut low, mut high) = (seen, 2.0 * seen + 10.0);
    // The chance of so few falls as the mean grows.
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if chance_of_at_most(seen, middle) > 0.05 {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// The chance of `most` events or fewer where `mean` are expected. Terms are summed from the
/// largest down, relative to it, so that none is lost for being small.
fn chance_of_at_most(most: f64, mean: f64) -> f64 {
    // mean ^ most / most! by logarithms.
    let mut log = -mean;
    let mut k = 1.0;
    while k <= most {
        log += (mean / k).ln();
        k += 1.0;
    }
    let (mut term, mut sum, mut k) = (1.0, 1.0, most);
    while k > 0.0 && term > 1e-18 * sum {
        term *= k / mean;
        sum += term;
        k -= 1.0;
    }
    log.exp() * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_those_of_the_gamma_distribution() {
        // scipy.stats.gamma.ppf(0.95, n + 1)
        for (seen, bound) in [
            (0.0, 2.995_732_273_553_99),
            (1.0, 4.743_864_518_390_573),
            (5.0, 10.513_034_908_741_535),
            (37.0, 48.675_485_189_516_48),
            (1000.0, 1_053.603_122_133_301),
        ] {
            let own = upper_bound(seen);
            assert!((own / bound - 1.0).abs() < 1e-9, "{seen}: {own}, {bound}");
        }
    }
}
