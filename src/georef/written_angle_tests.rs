//! Angles in the forms that people write, and texts that are none.

use super::*;
use crate::georef::Dms;
use proptest::prelude::*;

#[test]
fn common_forms_mean_the_same() {
    for text in [
        "101°38′12.3″E",
        "E101°38′12.3″",
        "101°38'12.3\"E",
        "101°38’12.3”",
        "101°38′12.3′′E",
        "101d38m12.3s",
        "101d38m12.3sE",
        "101D38M12.3S E",
        "101d 38m 12.3s e",
        "101度38分12.3秒",
        "东经101度38分12.3秒",
        "东101度38分12.3秒",
        "101度38分12.3秒东经",
        "１０１°３８′１２．３″Ｅ",
        "101 38 12.3",
        "101 38 12.3 E",
        "e 101 38 12.3",
        "101:38:12.3",
        "101°38.205′E",
        "101 38.205",
        "101.63675",
        "+101.63675",
        "101.63675°E",
        "E 101.63675",
        "  101.636750\u{3000}",
        "101°38′12.3″ E\r\n",
    ] {
        let degrees = parse_angle(text, Axis::Longitude).unwrap_or_else(|e| panic!("{e}"));
        assert!((degrees - 101.636_75).abs() < 1e-12, "{text}: {degrees}");
    }
}

#[test]
fn sides_and_signs_are_read() {
    for (text, axis, wanted) in [
        ("33°30′S", Axis::Latitude, -33.5),
        ("南纬33度30分", Axis::Latitude, -33.5),
        ("S33.5", Axis::Latitude, -33.5),
        ("33.5 s", Axis::Latitude, -33.5),
        ("33d30m0s", Axis::Latitude, 33.5),
        ("33d30m0S", Axis::Latitude, -33.5),
        ("33d30m0sS", Axis::Latitude, -33.5),
        ("33 30 0 s", Axis::Latitude, -33.5),
        ("-0°30′", Axis::Latitude, -0.5),
        ("\u{2212}33.5", Axis::Latitude, -33.5),
        ("70°W", Axis::Longitude, -70.0),
        ("西经70度", Axis::Longitude, -70.0),
        ("180", Axis::Longitude, 180.0),
        (".5", Axis::Latitude, 0.5),
    ] {
        let degrees = parse_angle(text, axis).unwrap_or_else(|e| panic!("{e}"));
        assert!((degrees - wanted).abs() < 1e-12, "{text}: {degrees}");
    }
}

#[test]
fn what_is_doubtful_is_refused_with_what_was_wanted() {
    for (text, wanted) in [
        ("", "an angle such as `101.636750` or `101°38′12.3″E`"),
        ("E", "an angle such as `101.636750` or `101°38′12.3″E`"),
        ("101°38′60.0″E", "minutes and seconds below 60"),
        ("101°60′E", "minutes and seconds below 60"),
        ("101.5°38′", "a decimal point in the last number only"),
        ("101°38′12.3″N", "E or W for a longitude, not N"),
        ("北纬101度", "E or W for a longitude, not N"),
        ("180°00′00.1″E", "at most 180 degrees"),
        ("E101°W", "one sign, or one letter N, S, E or W"),
        ("-101°E", "one sign, or one letter N, S, E or W"),
        ("101E38", "nothing behind the letter N, S, E or W"),
        (
            "1 2 3 4",
            "at most degrees, minutes and seconds: three numbers",
        ),
        ("101 .63675", "a digit before the point of `.63675`"),
        ("东纬101度", "an angle without `纬`"),
        ("1.2.3", "a number in place of `1.2.3`"),
        ("101,63675", "an angle without `,`"),
        ("101.6, 25.3", "an angle without `,`"),
        ("NaN", "an angle without `a`"),
        ("101E°", "nothing behind the letter N, S, E or W"),
        ("inf", "an angle without `i`"),
        ("1e2", "nothing behind the letter N, S, E or W"),
        (
            "101-38-12",
            "a sign in front of everything, and no letter N, S, E or W with it",
        ),
        (
            "101′38″",
            "degrees, then minutes, then seconds, each mark behind its number",
        ),
        (
            "101°12.3″",
            "degrees, then minutes, then seconds, each mark behind its number",
        ),
        (
            "38d12s",
            "degrees, then minutes, then seconds, each mark behind its number",
        ),
        (
            "101°°",
            "degrees, then minutes, then seconds, each mark behind its number",
        ),
        (
            "°101",
            "degrees, then minutes, then seconds, each mark behind its number",
        ),
    ] {
        let error = parse_angle(text, Axis::Longitude).unwrap_err().to_string();
        assert_eq!(error, format!("longitude is `{text}`, wanted {wanted}"));
    }
}

#[test]
fn long_and_odd_texts_are_shown_in_short() {
    let error = parse_angle(&"9".repeat(10_000), Axis::Latitude).unwrap_err();
    let shown = format!(
        "latitude is `{}…`, wanted at most 64 characters",
        "9".repeat(40)
    );
    assert_eq!(error.to_string(), shown);
    let error = parse_angle("1\u{7}\n2", Axis::Latitude).unwrap_err();
    assert!(!error.to_string().contains(char::is_control), "{error}");
}

proptest! {
    #[test]
    fn printed_angles_are_read_back(degrees in -180.0..=180.0f64, north in -90.0..=90.0f64) {
        for (value, axis) in [(degrees, Axis::Longitude), (north, Axis::Latitude)] {
            let printed = Dms::of(value, axis).unwrap();
            let text = printed.to_string();
            prop_assert!(!text.contains("60.0″") && !text.contains("60′"), "{}", text);
            let back = parse_angle(&text, axis).unwrap();
            prop_assert!((back - value).abs() * 3600.0 <= 0.05 + 1e-6, "{} {}", value, text);
            prop_assert!((back - printed.decimal_degrees()).abs() < 1e-12);
        }
    }

    /// Just below and above whole seconds and minutes, where rounding goes wrong.
    #[test]
    fn angles_next_to_whole_minutes_print_no_sixty(minutes in 0u32..10_800, off in -0.2..0.2f64) {
        let value = (f64::from(minutes) / 60.0 + off / 3600.0).min(180.0);
        let text = Dms::of(value, Axis::Longitude).unwrap().to_string();
        prop_assert!(!text.contains("60.0″") && !text.contains("60′"), "{}", text);
        let back = parse_angle(&text, Axis::Longitude).unwrap();
        prop_assert!((back - value).abs() * 3600.0 <= 0.05 + 1e-6);
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        for axis in [Axis::Longitude, Axis::Latitude] {
            if let Ok(degrees) = parse_angle(&text, axis) {
                prop_assert!(degrees.abs() <= f64::from(axis.most_degrees()));
            }
        }
    }

    #[test]
    fn texts_like_angles_are_read_or_refused(
        text in "[-+ .:0-9°′″'\"dmsDMSnNsSeEwW度分秒东西南北经纬９．’”]{0,20}",
    ) {
        for axis in [Axis::Longitude, Axis::Latitude] {
            if let Ok(degrees) = parse_angle(&text, axis) {
                prop_assert!(degrees.abs() <= f64::from(axis.most_degrees()), "{}", text);
            }
        }
    }
}
