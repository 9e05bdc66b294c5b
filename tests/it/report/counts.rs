//! What is counted, and what the counts mean.

use super::world::{LIUWAN, QINGYAN, SHIMEN, facts, make, reckoned, settings, site};
use tianmu::campaign::site::CampaignSite;
use tianmu::campaign::tables::SITES;
use tianmu::campaign::{Campaign, Moment};
use tianmu::report::Level;
use tianmu::report::figures::{Count, Figures, PeriodTally, Tally, UnmatchedReason, figures};
use tianmu::report::statistics::{upper_share, upper_total, wilson};
use tianmu::vector::StoreTarget;

fn near(one: Option<f64>, other: f64) -> bool {
    one.is_some_and(|one| (one - other).abs() < 1e-9)
}

/// Candidates, A, B, C, none, licensed, border, given out, checked, closed, in time, pending, overdue.
fn work(tally: &Tally) -> [u64; 13] {
    [
        tally.candidates,
        tally.grade_a,
        tally.grade_b,
        tally.grade_c,
        tally.ungraded,
        tally.licensed,
        tally.border,
        tally.assigned,
        tally.checked,
        tally.closed,
        tally.closed_in_time,
        tally.pending,
        tally.overdue,
    ]
    .map(|count| count.value().unwrap())
}

/// Outcomes in their order.
fn outcomes(tally: &Tally) -> [u64; 7] {
    let o = &tally.outcomes;
    [
        o.confirmed,
        o.false_alarm,
        o.legal_crop,
        o.already_removed,
        o.not_found,
        o.unreachable,
        o.revisit,
    ]
    .map(|count| count.value().unwrap())
}

#[test]
fn the_whole_is_counted_as_on_paper() {
    let f = reckoned();
    // Eleven candidates; given out: ten of them and 15 cells. The merged one is nobody's work.
    assert_eq!(work(&f.total), [11, 3, 2, 3, 1, 1, 1, 25, 24, 21, 19, 4, 4]);
    assert_eq!(outcomes(&f.total), [3, 2, 1, 1, 1, 0, 1]);
    let t = &f.total;
    assert_eq!(
        [t.lots_checked, t.lots_confirmed, t.finds, t.confirmed],
        [13, 1, 1, 5].map(Count::Exact)
    );
    // 120 ± 9, 300 counted, 10 counted, 40 ± 12: 470 ± 15; the cell has no number.
    assert!(near(t.plants.sum, 470.0) && near(t.plants.standard_error, 15.0));
    assert_eq!(
        [t.plants.places, t.plants.without],
        [4, 1].map(Count::Exact)
    );
    assert!(near(t.measured_m2.sum, 250.0 + 2000.0 / 3.0));
    assert!(near(t.measured_mu, 0.375 + 1.0));
    let d = &t.disposals;
    assert_eq!(
        [d.forced, d.self_before_maturity, d.unsaid],
        [1, 1, 3].map(Count::Exact)
    );
    assert_eq!([t.flagged, t.rejected], [1, 1].map(Count::Exact));
    assert_eq!(f.effort.images, Count::Exact(2));
    assert_eq!(f.effort.images_failed, Count::Exact(1));
    assert_eq!(f.effort.capture_dates, ["2026-04-20", "2026-04-21"]);
}

#[test]
fn units_and_periods_add_up() {
    let f = reckoned();
    let codes: Vec<&str> = f.by_village.iter().map(|unit| unit.code.as_str()).collect();
    assert_eq!(codes, [SHIMEN, QINGYAN, LIUWAN]);
    assert_eq!(
        work(&f.by_village[2].tally),
        [1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0]
    );
    let towns: Vec<(&str, &str)> = f
        .by_town
        .iter()
        .map(|u| (u.code.as_str(), u.town.as_str()))
        .collect();
    assert_eq!(towns, [("990101101", "云岭镇"), ("990101102", "柳湾镇")]);
    for units in [&f.by_village, &f.by_town, &f.by_county] {
        let sum = (0..13).map(|at| units.iter().map(|unit| work(&unit.tally)[at]).sum::<u64>());
        assert_eq!(sum.collect::<Vec<_>>(), work(&f.total));
        let plants: f64 = units.iter().filter_map(|unit| unit.tally.plants.sum).sum();
        assert!((plants - 470.0).abs() < 1e-9);
    }
    for periods in [&f.by_month, &f.by_quarter] {
        let sum = (0..13).map(|at| periods.iter().map(|p| work(&p.tally)[at]).sum::<u64>());
        assert_eq!(sum.collect::<Vec<_>>(), work(&f.total));
    }
    let months: Vec<(&str, u64, u64)> = f.by_month.iter().map(of_period).collect();
    // Without a day of capture a candidate counts on the day its run came in: April, too.
    assert_eq!(
        months,
        [("2026-04", 11, 0), ("2026-05", 0, 23), ("2026-06", 0, 1)]
    );
    assert_eq!(f.candidates_by_import_date, Count::Exact(1));
    let rounds: Vec<(&str, u64, u64)> = f.by_round.iter().map(of_period).collect();
    assert_eq!(rounds, [("2025R1", 4, 3), ("2026R2", 11, 24)]);
    assert_eq!(f.by_round[0].source, "previous_table");
    assert_eq!(f.by_round[0].tally.plants.sum, None);
    let years: Vec<(&str, u64, u64)> = f.by_year.iter().map(of_period).collect();
    assert_eq!(years, [("2025", 4, 3), ("2026", 11, 24)]);
}

fn of_period(period: &PeriodTally) -> (&str, u64, u64) {
    let value = |count: Count| count.value().unwrap();
    (
        &period.period,
        value(period.tally.candidates),
        value(period.tally.checked),
    )
}

#[test]
fn precision_is_of_the_main_list() {
    let f = reckoned();
    let p = &f.precision;
    // 0001 and 0007 of grade A; 0002 and 0003 of grade B.
    let (low, high) = wilson(2, 4).unwrap();
    assert_eq!(
        (p.all.part, p.all.whole),
        (Count::Exact(2), Count::Exact(4))
    );
    assert!(near(p.all.share, 0.5) && near(p.all.low, low) && near(p.all.high, high));
    let grades: Vec<(&str, Count, Count)> = p
        .by_grade
        .iter()
        .map(|g| (g.grade.as_str(), g.precision.part, g.precision.whole))
        .collect();
    let count = |a: u64, b: u64| (Count::Exact(a), Count::Exact(b));
    let wanted = [
        ("A", count(2, 2)),
        ("B", count(0, 2)),
        ("C", count(0, 0)),
        ("", count(0, 0)),
    ];
    assert_eq!(grades, wanted.map(|(grade, (a, b))| (grade, a, b)));
    assert_eq!(
        [p.by_grade[1].false_alarm, p.by_grade[1].not_found],
        [1, 1].map(Count::Exact)
    );
    assert_eq!((p.control_low.part, p.control_low.whole), count(1, 2));
    assert_eq!(
        (p.apart.part, p.apart.whole, p.apart.share),
        (Count::Exact(0), Count::Exact(0), None)
    );
}

#[test]
fn what_was_missed_is_reckoned_from_the_lots() {
    let f = reckoned();
    let c = &f.control;
    assert_eq!(
        [
            c.random.cells,
            c.random.drawn,
            c.random.checked,
            c.random.found
        ],
        [1500, 15, 13, 1].map(Count::Exact)
    );
    // 1000 · 0/8 + 500 · 1/5, and 20 · 1/2 of low grade.
    assert!(near(c.random.missed, 100.0) && near(c.low.missed, 10.0) && near(c.missed, 110.0));
    assert_eq!(c.true_positives, Count::Exact(2));
    assert!(near(c.recall, 2.0 / 112.0));
    assert!(near(
        c.random.share_upper,
        upper_share(1, 13, 0.05).unwrap()
    ));
    assert_eq!(c.random.rule_of_three, None);
    let strata = [(1000, 8, 0), (500, 5, 1)];
    assert!(near(
        c.random.missed_upper,
        upper_total(&strata, 0.05).unwrap()
    ));
    let both = upper_total(&strata, 0.025).unwrap() + upper_total(&[(20, 2, 1)], 0.025).unwrap();
    assert!(near(c.missed_upper, both));
    let villages: Vec<&str> = c.random.strata.iter().map(|s| s.village.as_str()).collect();
    assert_eq!(villages, ["石门村", "青岩村"]);
    assert!(near(
        c.random.strata[0].share_upper,
        1.0 - 0.05_f64.powf(1.0 / 8.0)
    ));
}

#[test]
fn targets_are_matched_within_the_radius() {
    let f = reckoned();
    let t = f.targets.as_ref().unwrap();
    assert_eq!(
        (t.matched.part, t.matched.whole),
        (Count::Exact(2), Count::Exact(6))
    );
    let unmatched: Vec<(&str, UnmatchedReason, bool)> = t
        .unmatched
        .iter()
        .map(|u| (u.target_id.as_str(), u.reason, u.imaged))
        .collect();
    assert_eq!(
        unmatched,
        [
            ("靶-3", UnmatchedReason::FurtherAway, true),
            ("靶-4", UnmatchedReason::NotGivenOut, true),
            ("靶-5", UnmatchedReason::NothingSeen, true),
            ("靶-6", UnmatchedReason::NotImaged, false),
        ]
    );
    let [t3, t4, t5, t6] = t.unmatched.as_slice() else {
        panic!("four")
    };
    assert!((t3.nearest_m.unwrap() - 31.0).abs() < 0.2, "{t3:?}");
    assert!(near(t4.best_prob, 0.3) && t4.best_site.ends_with("0009"));
    assert_eq!(
        (t5.gsd_cm, t5.dates.join(" ")),
        (Some(2.5), "2026-04-20".into())
    );
    assert_eq!(
        (t6.village.as_str(), t6.best_prob, t6.nearest_m),
        ("柳湾村", None, None)
    );
    // Given out or checked: ten sites, a find, and of 15 cells the one with the crop; 0001 and 0003
    // match.
    assert_eq!(
        [t.places, t.places_outside, t.confirmed_outside],
        [12, 10, 4].map(Count::Exact)
    );
}

#[test]
fn rounds_are_compared() {
    let f = reckoned();
    let c = f.change.as_ref().unwrap();
    let counts = [
        c.before,
        c.new,
        c.persisting,
        c.gone,
        c.not_seen,
        c.confirmed_again,
    ];
    assert_eq!(counts, [4, 9, 2, 1, 1, 1].map(Count::Exact));
    let states: Vec<(&str, &str, &str)> = c
        .plots
        .iter()
        .map(|p| (p.site_id.as_str(), p.state, p.now.as_str()))
        .collect();
    assert_eq!(
        states[1..],
        [
            ("OLD-GONE", "gone", ""),
            ("OLD-SAME", "persisting", "confirmed"),
            ("OLD-UNSEEN", "not_seen", "")
        ]
    );
    let outcomes: Vec<(&str, &str, Count)> = c
        .outcomes
        .iter()
        .map(|o| (o.before.as_str(), o.now.as_str(), o.sites))
        .collect();
    let one = Count::Exact(1);
    assert_eq!(
        outcomes,
        [
            ("confirmed", "confirmed", one),
            ("false_alarm", "confirmed", one)
        ]
    );
}

#[test]
fn the_campaign_of_an_earlier_round_is_compared_with() {
    let folder = tempfile::tempdir().unwrap();
    let target = make(folder.path());
    let before = StoreTarget::File(folder.path().join("before.gpkg"));
    Campaign::create(&before, &facts(1)).unwrap();
    let now = Moment {
        now: "2026-03-10T00:00:00Z",
        wait: std::time::Duration::from_secs(5),
    };
    Campaign::change(&before, now, "test", |change, _| {
        // Where 0002 is now, 2 m off.
        let mut plot = site(&format!("{SHIMEN}-2026R1-0001"), 0, (2.0, 5.0));
        plot.capture_time = String::new();
        change.insert(&SITES, [CampaignSite::to_row(&plot)].into_iter())?;
        Ok(((), Some(serde_json::json!({}))))
    })
    .unwrap();
    let mut asked = settings(Level::Field);
    asked.previous = Some(before);
    let f: Figures = figures(&Campaign::open(&target).unwrap(), &asked, None).unwrap();
    let c = f.change.unwrap();
    assert_eq!([c.before, c.new, c.persisting], [5, 8, 3].map(Count::Exact));
    let rounds: Vec<(&str, &str)> = f
        .by_round
        .iter()
        .map(|r| (r.period.as_str(), r.source))
        .collect();
    assert_eq!(
        rounds,
        [
            ("2025R1", "previous_table"),
            ("2026R1", "previous_campaign"),
            ("2026R2", "campaign")
        ]
    );
    assert_eq!(f.by_year[1].tally.candidates, Count::Exact(11));
}

#[test]
fn an_empty_campaign_has_no_figures_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let target = StoreTarget::File(folder.path().join("empty.gpkg"));
    Campaign::create(&target, &facts(1)).unwrap();
    let campaign = Campaign::open(&target).unwrap();
    let f = figures(&campaign, &settings(Level::Field), None).unwrap();
    assert_eq!(work(&f.total), [0; 13]);
    assert!(f.targets.is_none() && f.change.is_none() && f.coverage.is_none());
    assert_eq!(
        (f.precision.all.share, f.control.missed, f.control.recall),
        (None, None, None)
    );
    let said = tianmu::report::paragraph::paragraph(&f);
    for part in ["不得据此认定“零种植”", "漏检情况不明", "线索，非证据"] {
        assert!(said.contains(part), "{said}");
    }
    for (name, change) in [("date", "2026-6-2"), ("target-radius", "")] {
        let mut wrong = settings(Level::Field);
        if name == "date" {
            wrong.date = change.into();
        } else {
            wrong.target_radius_m = 0.0;
        }
        let said = figures(&campaign, &wrong, None).unwrap_err().to_string();
        assert!(said.contains(name), "{said}");
    }
}
