//! Windows of crops: dates, latitudes, heights, and tables that are refused.

use super::Lang;
use super::phenology::{DEFAULT, NoSeason, Phenology, Season};
use chrono::NaiveDate;
use proptest::prelude::*;
use std::path::Path;

const HIGH: &str = "elev_min_m = 1800\n";

fn window(crop: &str, lat: [i32; 2], more: &str, start: &str, end: &str) -> String {
    format!(
        "[[window]]\nregion = 'x'\ncrop = '{crop}'\nstage = 'flower'\nlat_min = {}\n\
         lat_max = {}\n{more}start = '{start}'\nend = '{end}'\nsource = 's'\n",
        lat[0], lat[1]
    )
}

fn parse(text: &str) -> Phenology {
    Phenology::parse(text, Path::new("p.toml")).unwrap()
}

fn refused(text: &str) -> String {
    let error = Phenology::parse(text, Path::new("p.toml")).unwrap_err();
    assert!(error.hint().contains("[[window]]"));
    error.to_string()
}

fn in_window(phenology: &Phenology, date: &str) -> bool {
    matches!(
        phenology.season("opium_poppy", 30.0, None, date),
        Season::InWindow(_)
    )
}

#[test]
fn both_bundled_tables_are_read() {
    assert_eq!(parse(DEFAULT).windows.len(), 17);
    let sample = include_str!("../../samples/ridge-county/phenology.toml");
    let sample = parse(sample);
    assert_eq!(sample.windows.len(), 3);
    let said: Vec<String> = sample.windows.iter().map(|w| w.say(Lang::Zh)).collect();
    assert_eq!(said[1], "罂粟 花 03-15 至 05-10");
    assert_eq!(said[2], "大麻 营养生长 04-10 至 08-10");
    assert_eq!(
        sample.windows[2].say(Lang::En),
        "cannabis leafy growth 04-10 to 08-10"
    );
}

#[test]
fn both_ends_belong_to_a_window() {
    let phenology = parse(&window("opium_poppy", [28, 32], "", "04-01", "05-31"));
    for (date, wanted) in [
        ("2026-03-31", false),
        ("2026-04-01", true),
        ("2026-05-31T23:59:59+08:00", true),
        ("2026-06-01", false),
    ] {
        assert_eq!(in_window(&phenology, date), wanted, "{date}");
    }
    let at = |lat| phenology.season("opium_poppy", lat, None, "2026-05-01");
    assert!(matches!(at(28.0), Season::InWindow(_)) && matches!(at(32.0), Season::InWindow(_)));
    let none = Season::NotComputed(NoSeason::NoWindow);
    assert_eq!((at(32.001), at(f64::NAN)), (none, none));
    assert_eq!(phenology.season("cannabis", 30.0, None, "2026-05-01"), none);
}

#[test]
fn a_window_may_cross_the_new_year() {
    let phenology = parse(&window("opium_poppy", [28, 32], "", "12-01", "02-29"));
    for (date, wanted) in [
        ("2025-11-30", false),
        ("2025-12-01", true),
        ("2026-01-01", true),
        ("2026-02-28", true),
        ("2024-02-29", true),
        ("2024-03-01", false),
    ] {
        assert_eq!(in_window(&phenology, date), wanted, "{date}");
    }
    // A day that its year does not have is none.
    let season = phenology.season("opium_poppy", 30.0, None, "2026-02-29");
    assert_eq!(season, Season::NotComputed(NoSeason::NoDate));
}

#[test]
fn the_twenty_ninth_of_february_lies_between_its_neighbours() {
    let phenology = parse(&window("opium_poppy", [28, 32], "", "02-28", "03-01"));
    assert!(in_window(&phenology, "2024-02-29"));
    let to_end_of_february = parse(&window("opium_poppy", [28, 32], "", "02-01", "02-28"));
    assert!(!in_window(&to_end_of_february, "2024-02-29"));
}

#[test]
fn the_nearest_window_is_named_around_the_year() {
    let early = window("opium_poppy", [28, 32], "", "01-20", "02-10");
    let late = window("opium_poppy", [28, 32], "", "06-01", "11-20");
    let phenology = parse(&(early + &late));
    let nearest = |date: &str| match phenology.season("opium_poppy", 30.0, None, date) {
        Season::Outside(window) => window.start.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(nearest("2025-12-31"), "01-20");
    assert_eq!(nearest("2025-12-01"), "06-01");
    assert_eq!(nearest("2025-04-01"), "01-20");
    assert_eq!(nearest("2025-05-01"), "06-01");
}

#[test]
fn heights_count_where_a_window_names_them() {
    let low = window("opium_poppy", [28, 32], "", "04-01", "05-31");
    let high = window("opium_poppy", [28, 32], HIGH, "07-01", "08-31");
    let both = parse(&(low + &high));
    let season = |elev, date| both.season("opium_poppy", 30.0, elev, date);
    assert!(matches!(
        season(Some(2000.0), "2026-07-15"),
        Season::InWindow(_)
    ));
    assert!(matches!(
        season(Some(1800.0), "2026-07-15"),
        Season::InWindow(_)
    ));
    assert!(matches!(
        season(Some(900.0), "2026-07-15"),
        Season::Outside(_)
    ));
    let open = Season::NotComputed(NoSeason::NoHeight);
    assert_eq!(season(None, "2026-07-15"), open);
    assert!(matches!(season(None, "2026-04-15"), Season::InWindow(_)));
    // In no window, however high.
    assert!(matches!(season(None, "2026-10-15"), Season::Outside(_)));

    let only_high = parse(&window("opium_poppy", [28, 32], HIGH, "07-01", "08-31"));
    let season = |elev| only_high.season("opium_poppy", 30.0, elev, "2026-10-15");
    assert_eq!(season(None), open);
    assert_eq!(season(Some(900.0)), Season::NotComputed(NoSeason::NoWindow));
}

#[test]
fn the_narrowest_window_is_named() {
    let wide = window("opium_poppy", [20, 50], "", "04-01", "06-30");
    let narrow = window("opium_poppy", [29, 31], "", "04-10", "05-10");
    let phenology = parse(&(wide + &narrow));
    let start = |date: &str| match phenology.season("opium_poppy", 30.0, None, date) {
        Season::InWindow(window) => window.start.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(start("2026-04-20"), "04-10");
    assert_eq!(start("2026-05-20"), "04-01");
}

#[test]
fn what_is_wrong_is_named_with_its_window() {
    let good = window("opium_poppy", [28, 32], "", "04-01", "05-31");
    let second = |from: &str, to: &str| refused(&(good.clone() + &good.replace(from, to)));
    assert_eq!(
        second("end = '05-31'", "end = '05-32'"),
        "`p.toml` window 2: end is `05-32`, wanted a month and a day such as `04-30`"
    );
    assert!(second("'04-01'", "'4-1'").contains("window 2: start is `4-1`"));
    assert_eq!(
        second("lat_min = 28", "lat_min = 33"),
        "`p.toml` window 2: lat_min is `33` and lat_max `32`, wanted the smaller one first"
    );
    assert_eq!(
        second("lat_max = 32", "lat_max = 132"),
        "`p.toml` window 2: lat_max is `132`, wanted degrees from -90 to 90"
    );
    assert!(second("stage = 'flower'", "stage = ' '").contains("stage is ` `, wanted a word"));
    let unknown = second("source = 's'", "source = 's'\nsauce = 1");
    assert!(
        unknown.contains("window 2") && unknown.contains("sauce"),
        "{unknown}"
    );
    let kind = second("lat_min = 28", "lat_min = 'north'");
    assert!(
        kind.contains("window 2") && kind.contains("north") && kind.contains("f64"),
        "{kind}"
    );
    let missing = second("crop = 'opium_poppy'\n", "");
    assert!(
        missing.contains("window 2") && missing.contains("crop"),
        "{missing}"
    );
    let heights = second("start", "elev_min_m = 900\nelev_max_m = 100\nstart");
    assert!(
        heights.contains("elev_min_m is `900` and elev_max_m `100`"),
        "{heights}"
    );
    assert!(refused("").contains("no `[[window]]`"));
    assert!(refused("windows = 1").contains("line 1 is `windows = 1`"));
    assert!(refused(&(good + "[[window]\n")).contains("line 10 is `[[window]`"));
}

proptest! {
    /// Going through the days from the first, a window holds them until its last and no other.
    #[test]
    fn a_window_holds_the_days_from_its_first_to_its_last(first in 0_u32..366, length in 0_u32..366) {
        let day = |number: u32| {
            let date = NaiveDate::from_yo_opt(2000, number % 366 + 1).unwrap();
            date.to_string()[5..].to_owned()
        };
        let text = window("opium_poppy", [28, 32], "", &day(first), &day(first + length));
        let phenology = parse(&text);
        for step in 0..366 {
            let date = format!("2024-{}", day(first + step));
            prop_assert_eq!(in_window(&phenology, &date), step <= length, "{}", date);
        }
    }
}
