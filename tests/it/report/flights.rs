//! Flights (架次) in a report: counted from the campaign where nobody typed a number.

use super::world::{NOW, make, settings};
use geo::{MultiLineString, MultiPolygon};
use tianmu::campaign::flights::{FlightRow, keep_flights};
use tianmu::campaign::{Campaign, Lang};
use tianmu::report::figures::{Figures, PeriodTally, SortiesFrom, figures};
use tianmu::report::paragraph::paragraph;
use tianmu::report::{Level, ReportSettings};
use tianmu::vector::StoreTarget;

fn flight(begun: &str) -> FlightRow {
    FlightRow {
        flight_id: format!("flight {begun}"),
        begun: begun.into(),
        ended: begun.into(),
        camera: "DJI FC6310".into(),
        photos: 40,
        placed: 40,
        counted: 40,
        track_m: 1000.0,
        area_m2: 0.0,
        gsd_cm: None,
        source: "photos".into(),
        track: MultiLineString::new(vec![]),
        ground: MultiPolygon::new(vec![]),
    }
}

fn reported(target: &StoreTarget, change: impl Fn(&mut ReportSettings)) -> Figures {
    let mut asked = settings(Level::Field);
    asked.effort.sorties = None;
    change(&mut asked);
    figures(&Campaign::open(target).unwrap(), &asked, None).unwrap()
}

fn sorties(periods: &[PeriodTally]) -> Vec<(&str, Option<u64>)> {
    let named = periods.iter().map(|p| (p.period.as_str(), p.sorties));
    named.collect()
}

#[test]
fn flights_are_counted_where_nobody_typed_their_number() {
    let folder = tempfile::tempdir().unwrap();
    let target = make(folder.path());
    let none = reported(&target, |_| {});
    assert_eq!(
        (none.effort.sorties, none.effort.sorties_from),
        (None, None)
    );
    assert!(none.by_month.iter().all(|month| month.sorties.is_none()));
    assert!(paragraph(&none).contains("飞行架次未填报"));

    let begun = [
        "2026-03-30T09:00:00+08:00",
        "2026-04-20T09:00:00",
        "2026-04-20T14:00:00",
        "2026-06-30T09:00:00",
        "",
    ];
    keep_flights(&target, &begun.map(flight), NOW).unwrap();
    let f = reported(&target, |_| {});
    // That of 30 June is later than the report.
    let counted = (f.effort.sorties, f.effort.sorties_from);
    assert_eq!(counted, (Some(4), Some(SortiesFrom::Flights)));
    assert_eq!(f.effort.flown_dates, ["2026-03-30", "2026-04-20"]);
    let days = ["2026-03-30", "2026-04-20", "2026-04-21"];
    assert_eq!(f.effort.capture_dates, days);
    assert_eq!(
        sorties(&f.by_month),
        [
            ("2026-03", Some(1)),
            ("2026-04", Some(2)),
            ("2026-05", Some(0)),
            ("2026-06", Some(0)),
            ("", Some(1)),
        ]
    );
    let quarters = sorties(&f.by_quarter);
    assert_eq!(quarters[..2], [("2026-Q1", Some(1)), ("2026-Q2", Some(2))]);
    let round = |f: &Figures| {
        f.by_round
            .iter()
            .find(|p| p.period == "2026R2")
            .unwrap()
            .sorties
    };
    assert_eq!(round(&f), Some(4));
    let said = paragraph(&f);
    assert!(said.contains("飞行4架次（按航摄照片统计）"), "{said}");
    assert!(said.contains("使用影像2幅"), "{said}");
    let said = paragraph(&reported(&target, |asked| asked.lang = Lang::En));
    assert!(
        said.contains("4 flights (counted from their photos)"),
        "{said}"
    );
    assert!(said.contains("2 images scanned"), "{said}");

    // What the user types wins, for the whole; months know the campaign alone.
    let typed = reported(&target, |asked| asked.effort.sorties = Some(9));
    let said = (typed.effort.sorties, typed.effort.sorties_from);
    assert_eq!(said, (Some(9), Some(SortiesFrom::Typed)));
    assert_eq!(
        (round(&typed), typed.by_month[1].sorties),
        (Some(9), Some(2))
    );
    assert!(paragraph(&typed).contains("飞行9架次，"));
}

#[test]
fn a_year_has_flights_where_each_of_its_rounds_has() {
    let folder = tempfile::tempdir().unwrap();
    let target = make(folder.path());
    let before = folder.path().join("before");
    fs_err::create_dir(&before).unwrap();
    let before = StoreTarget::File(before.join("first.gpkg"));
    Campaign::create(&before, &super::world::facts(1)).unwrap();
    let year = || {
        let f = reported(&target, |asked| {
            asked.effort.sorties = Some(9);
            asked.previous = Some(before.clone());
        });
        let found = f.by_year.iter().find(|p| p.source == "campaigns");
        found.map(|year| year.sorties)
    };
    assert_eq!(year(), Some(None));
    keep_flights(&before, &[flight("2026-03-01T09:00:00")], NOW).unwrap();
    assert_eq!(year(), Some(Some(10)));
}
