//! What is said of files that came back.

use super::{Ledger, given_out, record, recorded};

#[test]
fn every_bad_row_is_named_with_its_cell_and_reason() {
    let folder = given_out();
    let place = folder.path();
    let ledger = Ledger::of(place)
        .fill(
            0,
            &[
                ("outcome", "确认"),
                ("species", "罂粟"),
                ("plant_count", "12"),
                ("checked_at", "2026-05-04"),
            ],
        )
        .fill(1, &[("outcome", "大概是"), ("plant_count", "-3")])
        .fill(2, &[("checker", "甲")])
        .fill(
            3,
            &[
                ("outcome", "误报"),
                ("checked_at", "2026-05-04"),
                ("site_id", "x"),
                ("code", ""),
            ],
        );
    ledger.save(&place.join("back.csv"));
    fs_err::write(place.join("noise.xlsx"), "noise").unwrap();
    let ran = record(place, "back.csv noise.xlsx gone.csv").expect(3);
    let lines: Vec<&str> = ran.out.lines().collect();
    let rows = ledger.rows.len();
    let words = "确认 (confirmed), 误报 (false_alarm), 合法种植 (legal_crop), 已铲除或已收 (already_removed), \
                 现场无此地块 (not_found), 无法到达 (unreachable), 待复查 (revisit)";
    assert_eq!(
        lines,
        [
            format!(
                "back.csv: {rows} rows: 1 taken, 0 known, {} blank, 3 rejected",
                rows - 4
            ),
            format!("  back.csv AW3: is `大概是`, wanted one of {words}"),
            "  back.csv AZ3: is `-3`, wanted a whole number from 0 to 10,000,000".into(),
            format!("  back.csv AW4: is empty, wanted one of {words}"),
            "  back.csv C5: is `x`, wanted a site, or a place drawn by lot, of this campaign"
                .into(),
        ]
    );
    let errors: Vec<&str> = ran.err.lines().collect();
    assert_eq!(
        errors[0],
        "error: `noise.xlsx` is no workbook, whatever its name says"
    );
    assert!(
        errors[1].starts_with("hint: open it in Excel or WPS"),
        "{errors:?}"
    );
    assert!(errors[2].contains("gone.csv"), "{errors:?}");
}

#[test]
fn a_dry_run_says_all_and_changes_nothing() {
    let folder = given_out();
    let place = folder.path();
    Ledger::of(place)
        .fill(0, &[("outcome", "误报"), ("checked_at", "2026-05-04")])
        .save(&place.join("back.csv"));
    let before = fs_err::read(place.join("second.gpkg")).unwrap();
    let ran = record(place, "back.csv --dry-run").expect(0);
    assert!(
        ran.out.ends_with("nothing was changed (--dry-run)\n"),
        "{}",
        ran.out
    );
    assert!(fs_err::read(place.join("second.gpkg")).unwrap() == before);
    assert_eq!(recorded(place, "back.csv")["files"][0]["taken"], 1);
    let ran = record(place, "back.csv").expect(0);
    assert!(
        ran.out.contains("0 taken, 1 known") && ran.out.ends_with("nothing new\n"),
        "{}",
        ran.out
    );
}

#[test]
fn noise_is_refused_and_never_ends_the_program() {
    let folder = given_out();
    let place = folder.path();
    let mut random = fastrand::Rng::with_seed(8);
    let (mut names, mut count) = (String::new(), 0);
    for (extension, start) in [
        ("csv", &b""[..]),
        ("csv", b"code,outcome,village\n"),
        ("xlsx", b""),
        ("xlsx", b"PK\x03\x04"),
    ] {
        for _ in 0..8 {
            let length = random.usize(1..2000);
            let noise = std::iter::repeat_with(|| random.u8(..)).take(length);
            let bytes: Vec<u8> = start.iter().copied().chain(noise).collect();
            let name = format!("noise{count}.{extension}");
            fs_err::write(place.join(&name), bytes).unwrap();
            names.push(' ');
            names.push_str(&name);
            count += 1;
        }
    }
    let ran = record(place, &format!("{names} --json"));
    assert_eq!(ran.code, 3, "{}", ran.err);
    let said: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    for file in said["files"].as_array().unwrap() {
        assert_eq!(file["taken"], 0);
    }
}

#[test]
fn settings_are_checked() {
    let folder = given_out();
    let place = folder.path();
    fs_err::write(place.join("back.csv"), "code,village,outcome\n").unwrap();
    for (words, wanted) in [
        ("", "<RETURNED>"),
        (
            "back.csv --max-distance 0",
            "setting `max-distance` is `0`, wanted metres above 0",
        ),
        ("--withdraw x", "--reason"),
        (
            "--withdraw x --reason y",
            "setting `withdraw` is `x`, wanted the `check_id` of an answer",
        ),
        ("back.csv --rejects back.csv", "which this run reads"),
    ] {
        let ran = record(place, words).expect(2);
        assert!(ran.err.contains(wanted), "{words}: {}", ran.err);
    }
}
