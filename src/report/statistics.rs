//! Intervals of shares, and sums with their standard errors.

/// The 97.5 % point of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// Wilson's interval of 95 % of a share, without correction for continuity (Wilson, Probable
/// inference, the law of succession, and statistical inference, JASA 22, 1927): the shares p for which
/// `part` is within z standard errors of p·`whole`. `None` of nothing.
#[must_use]
pub fn wilson(part: u64, whole: u64) -> Option<(f64, f64)> {
    if whole == 0 {
        return None;
    }
    let (n, share) = (float(whole), float(part) / float(whole));
    let scale = 1.0 + Z * Z / n;
    let middle = (share + Z * Z / (2.0 * n)) / scale;
    let half = Z / scale * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    // The ends are exact there, and rounding must not move them.
    let low = if part == 0 { 0.0 } else { middle - half };
    let high = if part >= whole { 1.0 } else { middle + half };
    Some((low, high))
}

/// The exact upper end, one-sided, of a share of which `found` of `drawn` were seen (Clopper and
/// Pearson, Biometrika 26, 1934): the share at which no more than `found` come with probability
/// `risk`. With nothing found it is 1 − `risk`^(1/`drawn`). `None` of nothing.
#[must_use]
pub fn upper_share(found: u64, drawn: u64, risk: f64) -> Option<f64> {
    if drawn == 0 {
        return None;
    }
    if found == 0 {
        // -exp_m1 keeps the digits that 1 - exp would lose for large samples.
        return Some(-(risk.ln() / float(drawn)).exp_m1());
    }
    if found >= drawn {
        return Some(1.0);
    }
    let (mut low, mut high) = (float(found) / float(drawn), 1.0);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if at_most(found, drawn, middle) > risk {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(f64::midpoint(low, high))
}

/// The upper end of how many there are in strata that were drawn from, with nothing assumed of how
/// they are spread over the strata. Each stratum is (its size, drawn, found); those without a draw are
/// left out.
///
/// The number found is a sum of independent draws whose mean is Σ `n_h`·`p_h` (without replacement,
/// too: Vatutin and Mikhailov 1982), and no such sum has a heavier lower tail than the binomial with
/// the same mean once that mean exceeds what was found by one (Hoeffding, Annals of Mathematical
/// Statistics 27, 1956; with nothing found it follows for any mean from the inequality of means). So
/// Σ `n_h`·`p_h` is at most n times the exact upper end of all draws together, and Σ `N_h`·`p_h` at
/// most the largest `N_h`/`n_h` times that.
#[must_use]
pub fn upper_total(strata: &[(u64, u64, u64)], risk: f64) -> Option<f64> {
    let drawn_from = || strata.iter().filter(|(_, drawn, _)| *drawn > 0);
    let (all, drawn, found) = drawn_from().fold((0, 0, 0), |(a, d, f), (size, n, m)| {
        (a + size, d + n, f + m)
    });
    let share = upper_share(found, drawn, risk)?;
    let mean = share * float(drawn);
    let weight = drawn_from().map(|(size, n, _)| float(*size) / float(*n));
    let weight = weight.fold(0.0, f64::max);
    let is_proven = found == 0 || mean >= float(found) + 1.0;
    let upper = if is_proven {
        weight * mean
    } else {
        f64::INFINITY
    };
    Some(upper.min(float(all)))
}

/// The probability of at most `found` of `drawn` with a share between 0 and 1.
fn at_most(found: u64, drawn: u64, share: f64) -> f64 {
    // Logarithms: the first terms are too small for a float.
    let odds = share.ln() - (-share).ln_1p();
    let mut term = float(drawn) * (-share).ln_1p();
    let mut terms = vec![term];
    for k in 0..found {
        term += (float(drawn - k) / float(k + 1)).ln() + odds;
        terms.push(term);
    }
    let most = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = terms.iter().map(|t| (t - most).exp()).sum();
    (most + sum.ln()).exp().min(1.0)
}

/// A count as a float.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(one: f64, other: f64) -> bool {
        (one - other).abs() < 1e-9
    }

    #[test]
    fn wilson_is_that_of_scipy() {
        // scipy.stats.binomtest(k, n).proportion_ci(method="wilson")
        for (part, whole, low, high) in [
            (8, 10, 0.490_162_471_536_642_2, 0.943_317_848_545_624_7),
            (0, 10, 0.0, 0.277_532_799_862_889_3),
            (10, 10, 0.722_467_200_137_110_7, 1.0),
        ] {
            let (l, h) = wilson(part, whole).unwrap();
            assert!(near(l, low) && near(h, high), "{part} of {whole}: {l} {h}");
        }
        assert_eq!(wilson(0, 0), None);
    }

    #[test]
    fn upper_ends_are_exact() {
        let nothing = upper_share(0, 300, 0.05).unwrap();
        assert!(near(nothing, 1.0 - 0.05_f64.powf(1.0 / 300.0)), "{nothing}");
        assert!((nothing - 3.0 / 300.0).abs() < 1e-4, "the rule of three");
        // One of two: 1 - p² = 0.05.
        assert!(near(upper_share(1, 2, 0.05).unwrap(), 0.95_f64.sqrt()));
        assert_eq!(upper_share(4, 4, 0.05), Some(1.0));
        assert_eq!(upper_share(0, 0, 0.05), None);
        assert!(upper_share(3, 100_000, 0.05).unwrap() < 1e-4);
    }

    #[test]
    fn strata_are_taken_together() {
        let one = upper_total(&[(1000, 50, 0)], 0.05).unwrap();
        assert!(near(one, 1000.0 * upper_share(0, 50, 0.05).unwrap()));
        // In proportion to their sizes: as good as one sample.
        let two = upper_total(&[(400, 20, 0), (600, 30, 0), (70, 0, 0)], 0.05).unwrap();
        assert!(near(one, two));
        // Unequal shares can only be worse, and never more than all.
        assert!(upper_total(&[(700, 20, 0), (300, 30, 0)], 0.05).unwrap() > two);
        assert_eq!(upper_total(&[(10, 2, 1)], 0.05), Some(10.0));
        assert_eq!(upper_total(&[(10, 0, 0)], 0.05), None);
    }
}
