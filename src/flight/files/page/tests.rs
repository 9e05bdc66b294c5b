//! Tests of the page as a whole.

use super::html;
use crate::flight::coverage::ground_seen;
use crate::flight::files::testing::Made;
use crate::lang::Lang;
use crate::page::wellformed::tags;
use geo::{MapCoords, coord};

fn page(made: &Made, lang: Lang) -> String {
    html(
        &made.survey,
        &made.record,
        lang,
        &Made::villages(),
        &Made::gaps(),
    )
}

#[test]
fn pages_are_well_formed_and_load_nothing() {
    let made = Made::new();
    for lang in [Lang::Zh, Lang::En] {
        let page = page(&made, lang);
        for tag in tags(&page) {
            assert_ne!(tag.name, "script");
            assert_ne!(tag.name, "b", "a file name became markup");
            for (name, _) in &tag.attributes {
                assert!(
                    !["src", "href", "style"].contains(&name.as_str()),
                    "{tag:?}"
                );
                assert!(!name.starts_with("on"), "{tag:?}");
            }
        }
        assert!(!page.contains("url(") && !page.contains("@import"));
        assert!(page.contains("=HYPERLINK(&lt;b&gt;&quot;x&quot;&amp;&#39;y&#39;,1).JPG"));
        assert_eq!(page, self::page(&made, lang), "the same bytes");
    }
}

#[test]
fn numbers_and_reasons_are_there() {
    let made = Made::new();
    let zh = page(&made, Lang::Zh);
    let coverage = &made.record.coverage;
    for wanted in [
        "<html lang=\"zh-CN\">".to_owned(),
        "<title>航摄检查</title>".to_owned(),
        format!("<dd class=\"value\">{}</dd>", coverage.photos),
        "另有 1 个文件无法读取".to_owned(),
        "缺少相机朝向".to_owned(),
        "疑似未取下镜头盖".to_owned(),
        "与 A_008.JPG 内容相同".to_owned(),
        "分辨率不足：每像素 6.9 厘米".to_owned(),
        "待补飞 1".to_owned(),
        "和&lt;平&gt;村".to_owned(),
        "曝光不足 1 张".to_owned(),
        "视为平地".to_owned(),
    ] {
        assert!(zh.contains(&wanted), "{wanted}");
    }
    let en = page(&made, Lang::En);
    for wanted in [
        "<title>Flight check</title>",
        "not placed: does not say the direction of the camera",
        "too coarse: 6.9 cm a pixel",
        "looks too flat: no part",
        "the same bytes as A_008.JPG",
        "cannot be read: ",
        "taken as level at the height of the take-off",
    ] {
        assert!(en.contains(wanted), "{wanted}");
    }
}

#[test]
fn nothing_to_show_is_said() {
    let made = Made::empty();
    for lang in [Lang::Zh, Lang::En] {
        let page = html(&made.survey, &made.record, lang, &[], &[]);
        tags(&page);
        assert!(page.contains(lang.pick("没有照片。", "There is no photo.")));
    }
}

#[test]
fn flights_far_apart_have_maps_of_their_own() {
    let mut made = Made::new();
    let page_of = |made: &Made| html(&made.survey, &made.record, Lang::En, &[], &[]);
    assert!(!page_of(&made).contains("Area 1"));
    // The second flight goes to another valley.
    let moved: Vec<usize> = made.survey.sorties[1].photos.clone();
    for at in moved {
        let photo = &mut made.survey.photos[at];
        let ground = photo.footprint.take().unwrap();
        photo.footprint = Some(ground.map_coords(|c| coord! { x: c.x + 0.1, y: c.y }));
        photo.tags.position = photo.tags.position.map(|(x, y)| (x + 0.1, y));
    }
    let grounds: Vec<_> = made.survey.footprints().map(|(_, ground)| ground).collect();
    made.survey.seen = ground_seen(&grounds);
    let page = page_of(&made);
    tags(&page);
    assert!(page.contains("Area 1") && page.contains("Area 2") && !page.contains("Area 3"));
    made.survey.seen.cell_m = 40.0;
    assert!(page_of(&made).contains("too scattered"));
}

#[test]
fn thousands_of_photos_stay_small() {
    let made = Made::many(4000);
    let page = page(&made, Lang::Zh);
    tags(&page);
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
    assert!(page.contains("以上为前 200 行"));
}

/// The page for looking at: `TIANMU_PAGES=folder cargo test --lib flight::files -- --ignored`.
#[test]
#[ignore = "writes pages to be looked at"]
fn pages_to_look_at() {
    let Some(folder) = std::env::var_os("TIANMU_PAGES") else {
        return;
    };
    let folder = std::path::PathBuf::from(folder);
    for (name, made) in [
        ("few", Made::new()),
        ("many", Made::many(4000)),
        ("none", Made::empty()),
    ] {
        for (code, lang) in [("zh", Lang::Zh), ("en", Lang::En)] {
            fs_err::write(
                folder.join(format!("{name}-{code}.html")),
                page(&made, lang),
            )
            .unwrap();
        }
    }
}
