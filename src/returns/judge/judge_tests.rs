//! Tests of how rows are judged.

use super::*;
use crate::returns::{Photo, Written};
use geo::{MultiPolygon, Point};

const SITE: &str = "990101201202-2026R1-0001";

fn ground() -> Ground {
    let mut ground = Ground::default();
    ground.add(Place {
        site_id: SITE.into(),
        point: Point::new(101.63, 24.75),
        outline: MultiPolygon::new(vec![]),
        pos_err_m: 5.0,
        area_m2: Some(20.0),
        assigned_on: "2026-04-21".into(),
    });
    ground
}

fn row(answers: &[(&'static str, &str)]) -> Returned {
    let mut row = Returned {
        place: "石门村!4".into(),
        ..Returned::default()
    };
    for (name, text) in answers {
        let written = Written {
            text: (*text).into(),
            cell: format!("[{name}]"),
        };
        row.answers.insert(name, written);
    }
    row
}

fn judged(row: &Returned, format: ReturnFormat) -> Judged {
    let ground = ground();
    let rules = Rules {
        ground: &ground,
        now: "2026-05-20T04:00:00Z",
        year: 2026,
        round: 2,
        max_distance_m: 1000.0,
    };
    judge(row, format, &rules)
}

/// The flag of a good row.
fn flag(answers: &[(&'static str, &str)]) -> String {
    match judged(&row(answers), ReturnFormat::Xlsx) {
        Judged::Good { check, .. } => check.flag,
        other => panic!("{answers:?}: {other:?}"),
    }
}

/// What is wrong with a bad row.
fn faults(answers: &[(&'static str, &str)], format: ReturnFormat) -> String {
    match judged(&row(answers), format) {
        Judged::Bad { faults, .. } => {
            let said: Vec<String> = faults
                .iter()
                .map(|f| format!("{} {}", f.cell, f.reason))
                .collect();
            said.join(" | ")
        }
        other => panic!("{answers:?}: {other:?}"),
    }
}

#[test]
fn a_whole_answer_becomes_a_check() {
    let answers = [
        ("site_id", SITE),
        ("outcome", "确认"),
        ("species", "罂粟"),
        ("stage", "flower"),
        ("checked_at", "2026年5月4日 14:30"),
        ("checker", " 张三 "),
        ("plant_count", "１２"),
        ("area_m2", "18.5"),
        ("disposal", "强制铲除"),
        ("lon", "101.6301"),
        ("lat", "24.75"),
    ];
    let Judged::Good {
        check,
        is_find,
        notes,
    } = judged(&row(&answers), ReturnFormat::Xlsx)
    else {
        panic!("not taken")
    };
    assert!(!is_find && notes.is_empty());
    assert_eq!(check.flag, "");
    assert_eq!(
        (
            check.site_id.as_str(),
            check.outcome.as_str(),
            check.species.as_str(),
            check.stage.as_str()
        ),
        (SITE, "confirmed", "opium_poppy", "flower")
    );
    assert_eq!(
        (check.checked_at.as_str(), check.checker.as_str()),
        ("2026-05-04T14:30:00", "张三")
    );
    assert_eq!(
        (check.plants, check.plants_se, check.count_method.as_str()),
        (Some(12.0), None, "full")
    );
    assert!(check.off_m.unwrap() < 11.0 && check.point.is_some());
}

#[test]
fn rows_without_an_answer_are_blank() {
    for answers in [
        &[("site_id", SITE)][..],
        &[("site_id", SITE), ("code", "201202-01"), ("outcome", "")],
        &[
            ("site_id", SITE),
            ("lon", "101.63"),
            ("lat", "24.75"),
            ("gps_accuracy_m", "4"),
        ],
        &[("site_id", "nobody's")],
    ] {
        // A form notes by itself where it stood; in a ledger somebody wrote it down.
        let has_place = answers.iter().any(|(name, _)| *name == "lon");
        for format in [ReturnFormat::Qfield, ReturnFormat::Xlsx] {
            let is_blank = matches!(judged(&row(answers), format), Judged::Blank);
            let is_ledger = format == ReturnFormat::Xlsx;
            assert_eq!(
                is_blank,
                !(has_place && is_ledger),
                "{answers:?} {format:?}"
            );
        }
    }
}

#[test]
fn what_is_wrong_is_said_cell_by_cell() {
    let xlsx = ReturnFormat::Xlsx;
    let good = [("site_id", SITE), ("outcome", "误报"), ("checker", "甲")];
    let with = |more: &[(&'static str, &'static str)]| -> String {
        let all: Vec<_> = good.iter().chain(more).copied().collect();
        faults(&all, xlsx)
    };
    assert!(
        with(&[("outcome", "")])
            .starts_with("[outcome] is empty, wanted one of 确认 (confirmed), 误报 (false_alarm),")
    );
    assert!(
        with(&[("outcome", "大概是")]).starts_with("[outcome] is `大概是`, wanted one of 确认")
    );
    assert!(
        with(&[("confuser", "花")])
            .starts_with("[confuser] is `花`, wanted one of 虞美人 (corn_poppy)")
    );
    assert_eq!(
        with(&[("site_id", "x")]),
        "[site_id] is `x`, wanted a site, or a place drawn by lot, of this campaign"
    );
    assert!(
        with(&[("site_id", "")]).starts_with("[site_id] is empty, wanted the number of a site")
    );
    assert!(
        with(&[("checked_at", "04/05/2026")])
            .starts_with("[checked_at] is `04/05/2026`, wanted a day such as")
    );
    assert!(
        with(&[("checked_at", "2026-02-30")])
            .starts_with("[checked_at] is `2026-02-30`, wanted a day")
    );
    assert_eq!(
        with(&[("checked_at", "2026-05-22")]),
        "[checked_at] is `2026-05-22`, wanted a day that has come, 2026-05-20 or before"
    );
    assert!(with(&[("photo_count", "-1")]).starts_with("[photo_count] is `-1`, wanted"));
    assert!(with(&[("plot", "POINT(1 2)")]).starts_with("[plot] is `POINT(1 2)`, wanted"));
    // All of it, not the first alone.
    let all = with(&[("outcome", "?"), ("plant_count", "-1"), ("lon", "101.63")]);
    assert_eq!(all.matches(" | ").count(), 2, "{all}");
}

#[test]
fn what_to_look_into_is_said_and_taken() {
    let confirmed = [
        ("site_id", SITE),
        ("outcome", "确认"),
        ("species", "罂粟"),
        ("plant_count", "3"),
        ("checked_at", "2026-05-04"),
    ];
    let with = |more: &[(&'static str, &'static str)]| -> String {
        let all: Vec<_> = confirmed.iter().chain(more).copied().collect();
        flag(&all)
    };
    assert_eq!(with(&[]), "");
    assert_eq!(with(&[("species", "")]), "no species");
    assert_eq!(with(&[("plant_count", "")]), "no plants counted");
    assert_eq!(with(&[("checked_at", "")]), "no day of the check");
    // The day has begun east of Greenwich.
    assert_eq!(with(&[("checked_at", "2026-05-20")]), "");
    assert_eq!(
        with(&[("checked_at", "2026-04-20")]),
        "checked on 2026-04-20, before it was given out on 2026-04-21"
    );
    assert_eq!(
        with(&[("checked_at", "1926-04-20")]),
        "checked on 1926-04-20, long before the campaign of 2026"
    );
    assert_eq!(
        with(&[("area_m2", "250")]),
        "250 m2 measured, 20.0 m2 in the image"
    );
    assert_eq!(with(&[("area_m2", "199")]), "");
    assert_eq!(
        with(&[("outcome", "误报")]),
        "plants counted, though the outcome is false_alarm"
    );
}

#[test]
fn a_plot_without_a_lead_needs_a_position() {
    let answers = [("outcome", "confirmed"), ("plant_count", "3")];
    let placed: Vec<_> = answers
        .iter()
        .copied()
        .chain([("lon", "101.7"), ("lat", "24.8")])
        .collect();
    for format in [ReturnFormat::Qfield, ReturnFormat::Odk, ReturnFormat::Kobo] {
        let Judged::Good { is_find, check, .. } = judged(&row(&placed), format) else {
            panic!("{format:?}")
        };
        assert!(
            is_find && check.site_id.is_empty() && check.off_m.is_none() && check.point.is_some()
        );
        assert!(faults(&answers, format).contains("wanted the position of a plot without a lead"));
    }
    assert!(
        faults(&placed, ReturnFormat::Csv)
            .contains("wanted the number of a site, or `新发现` (find)")
    );
    let said: Vec<_> = placed
        .iter()
        .copied()
        .chain([("site_id", "新发现")])
        .collect();
    assert!(matches!(
        judged(&row(&said), ReturnFormat::Csv),
        Judged::Good { is_find: true, .. }
    ));
}

#[test]
fn missing_photos_take_nothing_from_an_answer() {
    let mut row = row(&[
        ("site_id", SITE),
        ("outcome", "误报"),
        ("checked_at", "2026-05-04"),
        ("photo_count", "3"),
    ]);
    row.photos.push(Photo {
        kind: "photo_ctx".into(),
        name: "DCIM/a.jpg".into(),
        path: None,
        taken_at: String::new(),
    });
    row.notes.push("C4 is a formula, read as `x`".into());
    let Judged::Good { check, notes, .. } = judged(&row, ReturnFormat::Odk) else {
        panic!()
    };
    assert_eq!(
        check.flag,
        "photo `DCIM/a.jpg` is missing; C4 is a formula, read as `x`"
    );
    assert_eq!(notes, ["1 photos, and the row says 3"]);
}
