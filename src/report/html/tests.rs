//! Tests of the page as a whole.

use super::example::{HOSTILE, county, empty, rectangle};
use super::*;
use crate::page::wellformed::{Tag, tags};
use crate::report::figures::{MapFigures, MapVillage};
use crate::report::level::cut;
use geo::Point;

/// Checks that a page is whole, loads nothing, and draws numbers only.
fn check(page: &str) {
    assert!(page.starts_with(BEGINS));
    for Tag { name, attributes } in tags(page) {
        assert!(
            ![
                "script", "link", "iframe", "object", "a", "img", "image", "use"
            ]
            .contains(&name.as_str())
        );
        for (key, value) in attributes {
            assert!(!key.starts_with("on") && !["href", "src", "style"].contains(&key.as_str()));
            if ["x", "y", "x1", "x2", "y1", "y2", "width", "height", "d"].contains(&key.as_str())
                && name != "meta"
            {
                let clean = value.replace(['M', 'L', 'Z', 'a', ','], " ");
                for number in clean.split_whitespace() {
                    let number: f64 = number.parse().unwrap_or(f64::NAN);
                    assert!(number.is_finite(), "{name} {key}={value}");
                }
            }
        }
    }
    let headings: Vec<&str> = page
        .match_indices("<h")
        .filter_map(|(at, _)| page.get(at + 2..at + 3))
        .filter(|digit| "123456".contains(digit))
        .collect();
    assert_eq!(headings[0], "1");
    assert!(
        headings[1..].iter().all(|level| *level == "2"),
        "{headings:?}"
    );
}

#[test]
fn the_page_is_whole_and_loads_nothing() {
    assert!(!STYLE.contains("url(") && !include_str!("report.css").contains("url("));
    for lang in [Lang::Zh, Lang::En] {
        for level in [Level::Field, Level::Superior, Level::Public] {
            for figures in [county(4, 90, lang), empty(lang)] {
                let page = html(&cut(figures.clone(), level));
                check(&page);
                assert_eq!(page, html(&cut(figures, level)), "the same bytes");
                assert!(page.contains(NOT_EVIDENCE.0) || lang == Lang::En);
                let code = lang.pick("lang=\"zh-CN\"", "lang=\"en\"");
                assert!(page.contains(code));
            }
        }
    }
}

#[test]
fn hostile_names_stay_names() {
    let page = html(&county(4, 90, Lang::Zh));
    assert!(!page.contains("<script"));
    assert!(page.contains(&escape(HOSTILE)));
}

#[test]
fn what_nobody_knows_is_said_and_never_0() {
    let page = html(&empty(Lang::Zh));
    for part in [
        "未扫描影像",
        "尚未派单",
        "尚未核查，情况不明",
        "尚无可计算的核查结果",
        "未导入村界，也没有点位，无从绘图",
        "不画覆盖图",
        "靶标吻合率：未导入上级靶标",
        "没有往轮点位",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(
        !page.contains("<dd class=\"value\">0"),
        "no key figure is 0"
    );
}

#[test]
fn each_level_draws_what_it_may() {
    let drawn = |level| html(&cut(county(4, 90, Lang::Zh), level));
    let field = drawn(Level::Field);
    assert!(field.contains("class=\"site o-confirmed\"") && field.contains("class=\"gap\""));
    assert!(field.contains("-2026R2-0001 ") && field.contains("class=\"target\""));
    let superior = drawn(Level::Superior);
    assert!(superior.contains("class=\"village v") && superior.contains("class=\"heap\""));
    for hidden in ["-2026R2-0", "class=\"gap\"", "class=\"target\""] {
        assert!(!superior.contains(hidden), "{hidden}");
    }
    // Charts have marks of outcomes, too; the map has none.
    let map = superior.split("<h2>地图</h2>").nth(1).unwrap();
    let map = &map[..map.find("</section>").unwrap()];
    assert!(!map.contains("class=\"site"));
    let public = drawn(Level::Public);
    for hidden in ["石门村", "云岭镇", "class=\"village", "°E"] {
        assert!(!public.contains(hidden), "{hidden}");
    }
    assert!(public.contains("不附地图"));
}

#[test]
fn a_county_of_5000_villages_and_100_000_sites_stays_small() {
    let figures = county(71, 100_000, Lang::Zh);
    let page = html(&figures);
    check(&page);
    assert!(page.len() < 3_000_000, "{} bytes", page.len());
    assert!(page.contains("按") && page.contains("见方的格子计数，不逐一标出"));
    assert!(!page.contains("<path class=\"site o-confirmed\" d=\"M5"));
    assert!(page.contains("其余5,011个村不低于"));
    assert!(page.contains("只列前200行，共5,041行，全表见report.xlsx"));
}

#[test]
fn strange_places_do_not_spoil_the_map() {
    let mut figures = empty(Lang::En);
    let map = MapFigures {
        villages: vec![MapVillage {
            code: "990101101201".into(),
            name: "a".into(),
            outline: rectangle((101.6, 24.7), (101.7, 24.7)),
        }],
        ..MapFigures::default()
    };
    figures.map = Some(map.clone());
    check(&html(&figures));
    let mut far = county(2, 5, Lang::En);
    if let Some(map) = &mut far.map {
        for (place, point) in map.points.iter_mut().zip([
            Point::new(24.7, 101.6),
            Point::new(f64::NAN, 24.7),
            Point::new(-179.0, -89.0),
        ]) {
            place.point = point;
            place.kind = "lead";
        }
    }
    let page = html(&far);
    check(&page);
    assert!(page.contains("3 places lie beyond the map"));
    let one = MapFigures {
        targets: vec![(Point::new(101.6, 24.7), false)],
        points: county(1, 1, Lang::En)
            .map
            .map(|map| map.points)
            .unwrap_or_default(),
        ..MapFigures::default()
    };
    figures.map = Some(one);
    check(&html(&figures));
}

/// Shows pages to whoever asks for them: `TIANMU_COUNTY_REPORT_EXAMPLE=folder cargo test --lib
/// report::html`.
#[test]
fn the_examples_can_be_looked_at() {
    let Some(folder) = std::env::var_os("TIANMU_COUNTY_REPORT_EXAMPLE") else {
        return;
    };
    let folder = std::path::PathBuf::from(folder);
    fs_err::create_dir_all(&folder).unwrap();
    for (name, lang) in [("zh", Lang::Zh), ("en", Lang::En)] {
        for level in [Level::Field, Level::Superior, Level::Public] {
            let write = |what: &str, figures: Figures| {
                let file = format!("{what}-{}-{name}.html", level.name());
                fs_err::write(folder.join(file), html(&cut(figures, level))).unwrap();
            };
            write("county", county(4, 90, lang));
            write("empty", empty(lang));
            write("huge", county(71, 100_000, lang));
        }
    }
}
