//! Plants, counted one by one or by quadrats.

use super::row::Row;
use crate::campaign::check::Check;
use crate::returns::plain::{fold, whole};
use crate::returns::returned::Fault;

/// As many plants no county has on one plot.
const MOST_PLANTS: i64 = 10_000_000;

/// The largest plot, square metres.
const MOST_AREA_M2: f64 = 1_000_000.0;

/// Fewer quadrats say little.
const FEW_QUADRATS: i64 = 3;

/// So many quadrats nobody counts.
const MOST_QUADRATS: i64 = 10_000;

/// Reads what was counted and measured into a check, and works out the plants and their standard
/// error.
///
/// `walked_m2` is the area of the outline that was walked, for where nobody wrote one down.
///
/// Plants are the mean of the quadrats per square metre times the measured area. Their standard error
/// is that of the mean, `s / √n` with `n − 1` in `s`, scaled likewise; where only the sum of the
/// quadrats is known it is that of a Poisson count, `√sum`, which is too small where plants stand in
/// clumps.
pub(super) fn count(row: &mut Row<'_>, check: &mut Check, walked_m2: Option<f64>) {
    check.plant_count = row.whole("plant_count", 0..=MOST_PLANTS);
    check.quadrat_n = row.whole("quadrat_n", 1..=MOST_QUADRATS);
    check.quadrat_sum = row.whole("quadrat_sum", 0..=MOST_PLANTS);
    check.quadrat_m2 = row.real("quadrat_m2", "square metres above 0", |m2| {
        m2 > 0.0 && m2 <= MOST_AREA_M2
    });
    check.area_m2 = row.real(
        "area_m2",
        "square metres above 0, at most 1,000,000",
        |m2| m2 > 0.0 && m2 <= MOST_AREA_M2,
    );
    if let (None, Some(walked)) = (check.area_m2, walked_m2) {
        check.area_m2 = Some(walked);
        row.flag("area of the outline that was walked");
    }
    let counts = quadrats(row, check);
    if row.has_faults() {
        return;
    }
    settle_method(row, check);
    match check.count_method.as_str() {
        "full" => check.plants = check.plant_count.map(real),
        "sample" => sample(row, check, counts.as_deref()),
        _ => {}
    }
}

/// The plants of each quadrat, which must agree with what else is said of them.
fn quadrats(row: &mut Row<'_>, check: &mut Check) -> Option<Vec<i64>> {
    let text = row.text("quadrat_counts");
    if text.is_empty() {
        return None;
    }
    let parts: Vec<String> = fold(text)
        .split([';', ',', '+', ' ', '/', '|'])
        .map(str::to_owned)
        .filter(|part| !part.is_empty())
        .collect();
    let counts: Option<Vec<i64>> = parts
        .iter()
        .map(|part| whole(part).filter(|n| (0..=MOST_PLANTS).contains(n)))
        .collect();
    let Some(counts) = counts.filter(|counts| !counts.is_empty()) else {
        row.wrong(
            "quadrat_counts",
            "the plants of each quadrat, such as `12;9;15`",
        );
        return None;
    };
    let n = i64::try_from(counts.len()).unwrap_or(i64::MAX);
    let sum: i64 = counts.iter().sum();
    for (name, said, counted, what) in [
        (
            "quadrat_n",
            check.quadrat_n,
            n,
            "as many quadrats as are listed",
        ),
        (
            "quadrat_sum",
            check.quadrat_sum,
            sum,
            "the sum of the quadrats that are listed",
        ),
    ] {
        if said.is_some_and(|said| said != counted) {
            row.wrong(name, &format!("{what}, {counted}"));
        }
    }
    (check.quadrat_n, check.quadrat_sum) = (Some(n), Some(sum));
    let shown: Vec<String> = counts.iter().map(i64::to_string).collect();
    check.quadrat_counts = shown.join(";");
    Some(counts)
}

/// How the plants were counted, where nobody said it.
fn settle_method(row: &mut Row<'_>, check: &mut Check) {
    let has_quadrats = check.quadrat_n.or(check.quadrat_sum).is_some();
    if !check.count_method.is_empty() {
        return;
    }
    match (check.plant_count.is_some(), has_quadrats) {
        (true, true) => row.faults.push(Fault {
            cell: row.cell("count_method"),
            reason: "is empty, though there is a full count and one by quadrats; wanted 逐株清点 (full) or 样方抽样 \
                     (sample)"
                .into(),
        }),
        (true, false) => "full".clone_into(&mut check.count_method),
        (false, true) => "sample".clone_into(&mut check.count_method),
        (false, false) => {}
    }
}

fn sample(row: &mut Row<'_>, check: &mut Check, counts: Option<&[i64]>) {
    for (name, is_there, wanted) in [
        (
            "quadrat_counts",
            check.quadrat_sum.is_some(),
            "the plants of each quadrat, such as `12;9;15`",
        ),
        (
            "quadrat_n",
            check.quadrat_n.is_some(),
            "how many quadrats were counted",
        ),
        (
            "quadrat_m2",
            check.quadrat_m2.is_some(),
            "the area of one quadrat in square metres",
        ),
        (
            "area_m2",
            check.area_m2.is_some(),
            "the area of the plot, as plants were counted by quadrats",
        ),
    ] {
        if !is_there {
            row.wrong(name, wanted);
        }
    }
    let (Some(n), Some(sum), Some(m2), Some(area)) = (
        check.quadrat_n,
        check.quadrat_sum,
        check.quadrat_m2,
        check.area_m2,
    ) else {
        return;
    };
    let scale = area / m2;
    check.plants = Some(real(sum) / real(n) * scale);
    check.plants_se = if let Some(counts) = counts {
        standard_error(counts).map(|se| se * scale)
    } else {
        row.flag("standard error as of a Poisson count, as only the sum of the quadrats is known");
        Some(real(sum).sqrt() / real(n) * scale)
    };
    if check.plants_se.is_none() {
        row.flag("no standard error, as there is one quadrat");
    }
    if n < FEW_QUADRATS {
        row.flag(&format!("{n} of at least {FEW_QUADRATS} quadrats"));
    }
    if real(n) * m2 > area {
        row.flag("the quadrats together are larger than the plot");
    }
}

/// Standard error of the mean of counts, with one degree of freedom taken; `None` for fewer than two.
fn standard_error(counts: &[i64]) -> Option<f64> {
    let n = real(i64::try_from(counts.len()).ok()?);
    if counts.len() < 2 {
        return None;
    }
    let mean = counts.iter().copied().map(real).sum::<f64>() / n;
    let squares: f64 = counts.iter().map(|c| (real(*c) - mean).powi(2)).sum();
    Some((squares / (n - 1.0)).sqrt() / n.sqrt())
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn real(count: i64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::returns::{Returned, Written};

    fn counted(answers: &[(&'static str, &str)]) -> (Check, Vec<String>, Vec<String>) {
        let mut returned = Returned::default();
        let mut check = Check::default();
        for (name, text) in answers {
            if *name == "count_method" {
                check.count_method = (*text).into();
            }
            let cell = format!("{name}!");
            returned.answers.insert(
                name,
                Written {
                    text: (*text).into(),
                    cell,
                },
            );
        }
        let mut row = Row::new(&returned);
        count(&mut row, &mut check, None);
        let faults = row
            .faults
            .iter()
            .map(|f| format!("{} {}", f.cell, f.reason))
            .collect();
        (check, faults, row.flags)
    }

    #[test]
    fn quadrats_give_plants_and_their_standard_error() {
        // scipy.stats.sem([12, 9, 15]) is √3; 36 plants on 3 m2, on 50 m2.
        for text in ["12;9;15", "12, 9，15", "12+9+15", "12、9、15", "１２ 9  15"] {
            let (check, faults, flags) = counted(&[
                ("quadrat_counts", text),
                ("quadrat_m2", "1"),
                ("area_m2", "50 m2"),
            ]);
            assert_eq!(faults, [""; 0], "{text}");
            assert_eq!(flags, [""; 0]);
            assert_eq!((check.quadrat_n, check.quadrat_sum), (Some(3), Some(36)));
            assert_eq!(
                (check.count_method.as_str(), check.quadrat_counts.as_str()),
                ("sample", "12;9;15")
            );
            assert_eq!(check.plants, Some(600.0));
            assert!((check.plants_se.unwrap() - 50.0 * 3_f64.sqrt()).abs() < 1e-9);
        }
    }

    #[test]
    fn a_sum_alone_gives_a_poisson_error_and_one_quadrat_none() {
        let (check, faults, flags) = counted(&[
            ("quadrat_n", "4"),
            ("quadrat_sum", "36"),
            ("quadrat_m2", "0.5"),
            ("area_m2", "100"),
        ]);
        assert_eq!(faults, [""; 0]);
        assert_eq!(check.plants, Some(1800.0));
        assert!((check.plants_se.unwrap() - 300.0).abs() < 1e-9);
        assert!(flags[0].contains("Poisson"));
        let (check, _, flags) = counted(&[
            ("quadrat_counts", "12"),
            ("quadrat_m2", "1"),
            ("area_m2", "50"),
        ]);
        assert_eq!(check.plants_se, None);
        assert_eq!(flags.len(), 2, "{flags:?}");
    }

    #[test]
    fn what_cannot_be_is_named_with_its_cell() {
        for (answers, wanted) in [
            (
                &[("plant_count", "-1")][..],
                "plant_count! is `-1`, wanted a whole number from 0 to 10,000,000",
            ),
            (
                &[("plant_count", "12.5")],
                "plant_count! is `12.5`, wanted a whole number from 0 to 10,000,000",
            ),
            (
                &[("plant_count", "99999999")],
                "plant_count! is `99999999`, wanted",
            ),
            (&[("plant_count", "很多")], "plant_count! is `很多`, wanted"),
            (
                &[("area_m2", "0")],
                "area_m2! is `0`, wanted square metres above 0, at most 1,000,000",
            ),
            (
                &[("area_m2", "2亩")],
                "area_m2! is `2亩`, wanted square metres",
            ),
            (
                &[("quadrat_counts", "12;x")],
                "quadrat_counts! is `12;x`, wanted the plants of each quadrat",
            ),
            (
                &[("quadrat_counts", "12;9"), ("quadrat_n", "3")],
                "quadrat_n! is `3`, wanted as many quadrats as are listed, 2",
            ),
            (
                &[("quadrat_counts", "12;9"), ("quadrat_sum", "22")],
                "quadrat_sum! is `22`, wanted the sum of the quadrats that are listed, 21",
            ),
            (
                &[("quadrat_counts", "12;9"), ("quadrat_m2", "1")],
                "实测面积m2 measured_m2 is empty, wanted the area of the plot",
            ),
            (
                &[
                    ("count_method", "sample"),
                    ("plant_count", "9"),
                    ("area_m2", "9"),
                ],
                "各样方株数 (如 12;9;15) quadrat_counts is empty, wanted the plants",
            ),
            (
                &[("plant_count", "9"), ("quadrat_counts", "9;9")],
                "株数方法 count_method is empty, though",
            ),
        ] {
            let (_, faults, _) = counted(answers);
            assert!(
                faults.first().is_some_and(|f| f.starts_with(wanted)),
                "{answers:?}: {faults:?}"
            );
        }
        let (check, faults, _) = counted(&[("plant_count", "１２ 株")]);
        assert_eq!(
            (check.plants, check.count_method.as_str(), faults.len()),
            (Some(12.0), "full", 0)
        );
    }
}
