//! The page of a report: what it has of the campaign at each level.

use super::world::{LIUWAN, NOW, QINGYAN, SHIMEN, at, make, settings, square};
use std::path::Path;
use tianmu::campaign::Lang;
use tianmu::campaign::coverage::{CoverageReport, Gap, VillageCoverage};
use tianmu::report::{Level, ReportJob, report};
use tianmu::vector::StoreTarget;

/// 石门村 was seen, 青岩村 half, 柳湾村 not at all.
fn coverage() -> CoverageReport {
    let villages = [
        (SHIMEN, "石门村", 0.97),
        (QINGYAN, "青岩村", 0.5),
        (LIUWAN, "柳湾村", 0.0),
    ];
    CoverageReport {
        villages: villages
            .iter()
            .map(|(code, name, share)| VillageCoverage {
                xzqdm: (*code).into(),
                county: "天目县".into(),
                town: "镇".into(),
                village: (*name).into(),
                area_m2: 4e6,
                imaged_m2: 4e6 * share,
                covered_m2: 4e6 * share,
                twice_m2: 0.0,
                median_gsd_cm: Some(2.5),
                dates: vec!["2026-04-20".into()],
                crops: Vec::new(),
            })
            .collect(),
        gaps: vec![Gap {
            id: format!("{LIUWAN}-G01"),
            xzqdm: LIUWAN.into(),
            village: "柳湾村".into(),
            area_m2: 4e6,
            reason: "not_imaged",
            outline: square(at(2, 10.0, 10.0), 0.02),
        }],
        undated: 0,
        crops: vec!["opium_poppy".into()],
        max_gsd_cm: 5.0,
        days_apart: 7,
        images: 1,
        supposed: 0,
        outside: 0,
        without_gsd: 0,
        by_crop: Vec::new(),
        gsd_cm: Some([2.5, 2.5]),
        left_out_m2: 0.0,
        overlap_m2: 0.0,
        zone: 34,
        audit_rows: 1,
    }
}

fn page(target: &StoreTarget, output: &Path, level: Level, lang: Lang) -> String {
    let mut settings = settings(level);
    settings.lang = lang;
    report(&ReportJob {
        target,
        output,
        overwrite: true,
        settings: &settings,
        coverage: &|_| Ok(Some(coverage())),
        moment: NOW,
        tell: &|_| (),
        interrupted: &|| false,
    })
    .unwrap();
    fs_err::read_to_string(output.join("report.html")).unwrap()
}

#[test]
fn the_page_shows_the_campaign() {
    let folder = tempfile::tempdir().unwrap();
    let target = make(folder.path());
    let output = folder.path().join("report");
    let page = page(&target, &output, Level::Field, Lang::Zh);
    for part in [
        "<html lang=\"zh-CN\">",
        "线索，非证据",
        "截至2026年6月2日，天目县开展",
        // Two of the three leads of grade A and a find; one cell drawn by lot.
        "<path class=\"site o-confirmed\"",
        "石门村 97.0%",
        "覆盖低于50%：1村",
        "待补飞 1",
        "靶标：吻合 2",
        "靶标：未吻合 4",
        "<caption>未吻合靶标</caption>",
        "有影像，200 m内无疑似点",
        "<caption>退回未处理</caption>",
        "往轮表",
    ] {
        assert!(page.contains(part), "{part}");
    }
    // Eleven candidates; ten given out, eight of nine answers are of candidates that stand.
    let json = fs_err::read_to_string(output.join("report.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let leads = &json["leads"];
    assert_eq!(
        (&leads["candidates"], &leads["assigned"]),
        (&11.into(), &10.into())
    );
    let of_grades = leads["by_grade"].as_array().unwrap();
    let numbers: Vec<u64> = of_grades
        .iter()
        .map(|g| g["leads"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, [3, 2, 3, 1]);
    assert_eq!(of_grades[0]["outcomes"]["confirmed"], 2);
}

#[test]
fn higher_levels_have_no_places_on_the_map() {
    let folder = tempfile::tempdir().unwrap();
    let target = make(folder.path());
    let output = folder.path().join("report");
    let superior = page(&target, &output, Level::Superior, Lang::En);
    assert!(superior.contains("<html lang=\"en\">") && superior.contains("石门村 97.0%"));
    assert!(!superior.contains("2026R2-0") && !superior.contains("class=\"target\""));
    let public = page(&target, &output, Level::Public, Lang::En);
    assert!(!public.contains("石门村") && !public.contains("class=\"village"));
    assert!(public.contains("there is no map") && public.contains("&lt;5"));
}
