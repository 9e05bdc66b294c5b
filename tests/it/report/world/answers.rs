//! What people found at the places of the campaign made by hand, and what others know of its ground.

use super::{LIUWAN, QINGYAN, SHIMEN, at, check, put, square};
use geo::{MultiPolygon, Point};
use tianmu::campaign::check::{Check, WITHDRAWN};
use tianmu::campaign::tables as t;
use tianmu::vector::{Change, Row, Shape, Value};

#[expect(clippy::too_many_lines, reason = "a list of answers")]
pub(super) fn answers(change: &mut Change<'_>) {
    let id = |number: u32| format!("{SHIMEN}-2026R2-{number:04}");
    let mut checks = vec![
        // Quadrats: 120 plants with a standard error of 9.
        Check {
            plants: Some(120.0),
            plants_se: Some(9.0),
            count_method: "sample".into(),
            quadrat_n: Some(3),
            area_m2: Some(200.0),
            disposal: "forced".into(),
            point: Some(at(0, 1.0, 5.0)),
            flag: "conflict with another answer".into(),
            ..check(&id(1), "confirmed", "2026-05-06T10:00:00")
        },
        // An earlier answer of the same site does not count, one taken back neither.
        check(&id(1), "not_found", "2026-05-05T10:00:00"),
        Check {
            state: WITHDRAWN.into(),
            flag: "taken back".into(),
            ..check(&id(2), "confirmed", "2026-05-30T10:00:00")
        },
        check(&id(2), "false_alarm", "2026-05-11T23:00:00"),
        check(&id(3), "not_found", "2026-05-12T10:00:00"),
        check(&id(4), "legal_crop", "2026-05-06T10:00:00"),
        check(&id(5), "revisit", "2026-05-06T10:00:00"),
        // 006 has no answer.
        Check {
            plants: Some(300.0),
            plant_count: Some(300),
            count_method: "full".into(),
            disposal: "self_before_maturity".into(),
            ..check(
                &format!("{QINGYAN}-2026R2-0007"),
                "confirmed",
                "2026-05-07T10:00:00",
            )
        },
        check(
            &format!("{LIUWAN}-2026R2-0008"),
            "already_removed",
            "2026-06-01",
        ),
        check(&id(11), "false_alarm", "2026-05-06T10:00:00"),
        Check {
            plants: Some(10.0),
            area_m2: Some(2000.0 / 3.0),
            ..check(&id(12), "confirmed", "2026-05-06T10:00:00")
        },
        // A find, with quadrats and a standard error of 12.
        Check {
            plants: Some(40.0),
            plants_se: Some(12.0),
            count_method: "sample".into(),
            area_m2: Some(50.0),
            point: Some(at(1, 2.0, 12.0)),
            ..check(
                &format!("{QINGYAN}-2026R2-F001"),
                "confirmed",
                "2026-05-08T10:00:00",
            )
        },
    ];
    // Eight of ten cells were checked in 石门村, all five in 青岩村; one of these has the crop.
    for number in 1..=8 {
        checks.push(check(
            &format!("{SHIMEN}-2026R2-K{number:03}"),
            "not_found",
            "2026-05-09",
        ));
    }
    checks.push(check(
        &format!("{SHIMEN}-2026R2-K009"),
        "unreachable",
        "2026-05-09",
    ));
    for number in 1..=5 {
        let outcome = if number == 5 {
            "confirmed"
        } else {
            "not_found"
        };
        checks.push(check(
            &format!("{QINGYAN}-2026R2-K{number:03}"),
            outcome,
            "2026-05-09",
        ));
    }
    let rows: Vec<Row<'_>> = checks.iter().map(Check::to_row).collect();
    change.insert(&t::CHECKS, rows.into_iter()).unwrap();
    let rejected = |number: u32, settled: &str| {
        let values = [
            "r",
            &id(number),
            "returned.xlsx",
            "0",
            "汇总!9",
            "AX9",
            "无此词",
            "{}",
            "2026-05-20T00:00:00Z",
            settled,
        ];
        (
            Shape::None,
            values.map(|text| Value::from(text.to_owned())).to_vec(),
        )
    };
    put(
        change,
        &t::REJECTED,
        vec![rejected(6, ""), rejected(3, "a check")],
    );
}

/// Targets and plots of earlier rounds.
pub(super) fn around(change: &mut Change<'_>) {
    let text = |text: &str| Value::from(text.to_owned());
    let metres_east =
        |point: Point<f64>, metres: f64| Point::new(point.x() + metres / 101_200.0, point.y());
    let far = square(at(2, 15.0, 15.0), 1e-4);
    let over = square(at(0, 3.0, 5.0), 1e-4);
    put(
        change,
        &t::TARGETS,
        vec![
            // 29 m from 0001, over 0003.
            (
                Shape::Point(metres_east(at(0, 1.0, 5.0), 29.0)),
                vec![text("靶-1")],
            ),
            (Shape::MultiPolygon(&over), vec![text("靶-2")]),
            // 31 m from 0002, 10 m from 0009, which was not given out, nowhere, and not imaged.
            (
                Shape::Point(metres_east(at(0, 6.0, 5.0), 31.0)),
                vec![text("靶-3")],
            ),
            (
                Shape::Point(metres_east(at(1, 15.0, 15.0), 10.0)),
                vec![text("靶-4")],
            ),
            (Shape::Point(at(1, 18.0, 3.0)), vec![text("靶-5")]),
            (Shape::MultiPolygon(&far), vec![text("靶-6")]),
        ],
    );
    let plots = [
        (
            format!("{SHIMEN}-2026R2-0001"),
            at(0, 1.0, 5.0),
            "confirmed",
        ),
        ("OLD-GONE".to_owned(), at(1, 10.0, 10.0), "confirmed"),
        ("OLD-UNSEEN".to_owned(), at(2, 10.0, 10.0), ""),
        // Where 0007 is, under a number of its own.
        ("OLD-SAME".to_owned(), at(1, 5.0, 5.0), "false_alarm"),
    ];
    let outlines: Vec<MultiPolygon<f64>> = plots
        .iter()
        .map(|(_, point, _)| square(*point, 1e-4))
        .collect();
    let rows = plots
        .iter()
        .zip(&outlines)
        .map(|((id, point, outcome), outline)| {
            let values = vec![
                text(id),
                Value::Integer(2025),
                Value::Integer(1),
                text("opium_poppy"),
                Value::Real(point.x()),
                Value::Real(point.y()),
                Value::Real(2.0),
                text(outcome),
                text(""),
            ];
            (Shape::MultiPolygon(outline), values)
        });
    put(change, &t::PREVIOUS, rows.collect());
}
