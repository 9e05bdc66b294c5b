//! The state on a day, and years of several rounds.

use super::world::{LIUWAN, QINGYAN, SHIMEN, check, facts, make, settings, site};
use std::path::Path;
use tianmu::campaign::check::Check;
use tianmu::campaign::site::CampaignSite;
use tianmu::campaign::{Campaign, Moment, tables as t};
use tianmu::report::Level;
use tianmu::report::figures::{Count, Figures, PeriodTally, figures};
use tianmu::vector::{Row, Shape, StoreTarget, Value};

fn reported(target: &StoreTarget, date: &str, previous: Option<StoreTarget>) -> Figures {
    let mut asked = settings(Level::Field);
    date.clone_into(&mut asked.date);
    asked.previous = previous;
    figures(&Campaign::open(target).unwrap(), &asked, None).unwrap()
}

#[test]
fn later_days_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let target = make(folder.path());
    let whole = reported(&target, "2026-06-02", None);
    // The site of 柳湾村 was found on 30 April and answered on 1 June.
    let may = reported(&target, "2026-05-31", None);
    assert_eq!(whole.total.checked, Count::Exact(24));
    assert_eq!(may.total.checked, Count::Exact(23));
    assert_eq!(may.total.candidates, whole.total.candidates);
    let months: Vec<&str> = may.by_month.iter().map(|p| p.period.as_str()).collect();
    assert_eq!(months, ["2026-04", "2026-05"]);
    let early = reported(&target, "2026-05-07", None);
    assert_eq!(early.total.checked, Count::Exact(6));
    // Before anything was given out there are candidates alone, those of images that were flown by then.
    let before = reported(&target, "2026-04-20", None);
    let counts = [
        &before.total.assigned,
        &before.total.checked,
        &before.total.rejected,
    ];
    assert_eq!(counts, [&Count::Exact(0); 3]);
    assert_eq!(before.total.candidates, Count::Exact(10));
    let has_site = before
        .map
        .as_ref()
        .unwrap()
        .points
        .iter()
        .any(|p| p.site_id.starts_with(LIUWAN));
    assert!(!has_site);
}

/// A campaign of round 1 with sites, checks, and the day of each check.
fn first_round(folder: &Path, sites: &[CampaignSite], checks: &[Check]) -> StoreTarget {
    let before = StoreTarget::File(folder.join("before.gpkg"));
    Campaign::create(&before, &facts(1)).unwrap();
    let now = Moment {
        now: "2026-03-20T00:00:00Z",
        wait: std::time::Duration::from_secs(5),
    };
    Campaign::change(&before, now, "test", |change, _| {
        change.insert(&t::SITES, sites.iter().map(CampaignSite::to_row))?;
        change.insert(&t::CHECKS, checks.iter().map(Check::to_row))?;
        Ok(((), Some(serde_json::json!({}))))
    })
    .unwrap();
    before
}

#[test]
fn a_plot_of_two_rounds_is_one_in_the_year() {
    let folder = tempfile::tempdir().unwrap();
    let target = make(folder.path());
    // Round 2 found 0003 not there, 0008 removed, and has no answer for 0006.
    let own = |village: &str, number: u32| format!("{village}-2026R2-{number:04}");
    let place = |id: &str, village: u32, at: (f64, f64)| {
        let mut site = site(id, village, at);
        site.capture_time = "2026-03-05T10:00:00".into();
        site
    };
    let sites = [
        place(&own(SHIMEN, 3), 0, (3.0, 5.0)),
        place(&own(LIUWAN, 8), 2, (5.0, 5.0)),
        place(&own(SHIMEN, 6), 0, (6.0, 5.0)),
        // Gone in round 2.
        place(&format!("{QINGYAN}-2026R1-0001"), 1, (18.0, 2.0)),
    ];
    let confirmed = |id: &str, plants: f64| Check {
        plants: Some(plants),
        area_m2: Some(10.0),
        count_method: "full".into(),
        ..check(id, "confirmed", "2026-03-10")
    };
    let checks = [
        confirmed(&own(SHIMEN, 3), 1000.0),
        confirmed(&own(LIUWAN, 8), 7.0),
        check(&own(SHIMEN, 6), "false_alarm", "2026-03-10"),
        confirmed(&format!("{QINGYAN}-2026R1-0001"), 30.0),
    ];
    let before = first_round(folder.path(), &sites, &checks);
    let f = reported(&target, "2026-06-02", Some(before));
    let row = |periods: &[PeriodTally], name: &str| {
        periods.iter().find(|p| p.period == name).unwrap().clone()
    };
    let (one, two) = (row(&f.by_round, "2026R1"), row(&f.by_round, "2026R2"));
    let year = row(&f.by_year, "2026");
    assert_eq!(year.source, "campaigns");
    let value = |count: &Count| count.value().unwrap();
    assert_eq!(value(&one.tally.candidates), 4);
    assert_eq!(
        value(&year.tally.candidates),
        value(&two.tally.candidates) + 1
    );
    // 0006 is answered by round 1 alone, 0001 of 青岩村 is only there.
    assert_eq!(value(&year.tally.checked), value(&two.tally.checked) + 2);
    // Confirmed and later removed stays confirmed, confirmed and later not found does not.
    assert_eq!(
        value(&year.tally.confirmed),
        value(&two.tally.confirmed) + 2
    );
    let plants = |period: &PeriodTally| period.tally.plants.sum.unwrap();
    assert!((plants(&year) - plants(&two) - 37.0).abs() < 1e-9);
}

#[test]
fn the_answer_for_a_plot_that_grew_into_another_is_that_of_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let target = make(folder.path());
    let whole = reported(&target, "2026-06-02", None);
    let (merged, into) = (
        format!("{SHIMEN}-2026R2-0010"),
        format!("{SHIMEN}-2026R2-0006"),
    );
    Campaign::change(&target, super::world::NOW, "test", |change, _| {
        let link = [merged.as_str(), "merged_into", into.as_str(), "run"];
        let row = Row {
            shape: Shape::None,
            values: link.iter().map(|text| Value::from(*text)).collect(),
        };
        change.insert(&t::LINKS, std::iter::once(row))?;
        let answer = check(&merged, "confirmed", "2026-05-20");
        change.insert(&t::CHECKS, std::iter::once(answer.to_row()))?;
        Ok(((), Some(serde_json::json!({}))))
    })
    .unwrap();
    let f = reported(&target, "2026-06-02", None);
    let points = &f.map.as_ref().unwrap().points;
    let entry = points.iter().find(|p| p.site_id == into).unwrap();
    assert_eq!(entry.outcome, "confirmed");
    assert!(!points.iter().any(|p| p.site_id == merged));
    assert_eq!(f.total.candidates, whole.total.candidates);
    assert_eq!(
        f.total.checked.value().unwrap(),
        whole.total.checked.value().unwrap() + 1
    );
}
