//! The folder of a report, and what the campaign notes of it.

use super::levels::written;
use super::world::{NOW, make, settings};
use crate::support::rows;
use crate::tasks::files_below;
use tianmu::campaign::Campaign;
use tianmu::campaign::tables::FILES;
use tianmu::report::{Level, ReportJob, report};

#[test]
fn the_same_campaign_gives_the_same_bytes_and_one_row() {
    let folder = tempfile::tempdir().unwrap();
    let target = make(folder.path());
    let output = folder.path().join("report");
    let done = written(&target, &output, Level::Field);
    let first = files_below(&output);
    let names: Vec<&str> = first.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "manifest.csv",
            "paragraph.txt",
            "report.html",
            "report.json",
            "report.xlsx"
        ]
    );
    assert!(done.files.iter().all(|name| first.contains_key(name)));
    written(&target, &output, Level::Field);
    assert_eq!(files_below(&output), first);

    let noted = rows(&folder.path().join("county.gpkg"), &FILES);
    assert_eq!(noted.len(), 1, "the second takes the place of the first");
    assert_eq!(noted[0].text("kind"), "report");
    let path = std::path::absolute(&output).unwrap();
    assert_eq!(noted[0].text("path"), path.display().to_string());
    let audit = Campaign::open(&target).unwrap().audit().unwrap();
    let last = audit.last().unwrap();
    assert_eq!(last.action, "report");
    let detail: serde_json::Value = serde_json::from_str(&last.detail).unwrap();
    assert_eq!(detail["manifest_sha256"], noted[0].text("sha256"));
    assert_eq!(
        (&detail["level"], &detail["candidates"]),
        (&"field".into(), &11.into())
    );
    assert_eq!(tianmu::campaign::audit::broken(&audit), None);
}

#[test]
fn a_report_that_somebody_worked_in_stays() {
    let folder = tempfile::tempdir().unwrap();
    let target = make(folder.path());
    let output = folder.path().join("report");
    written(&target, &output, Level::Field);
    let settings = settings(Level::Field);
    let again = |overwrite: bool| {
        report(&ReportJob {
            target: &target,
            output: &output,
            overwrite,
            settings: &settings,
            coverage: &|_| Ok(None),
            moment: NOW,
            tell: &|_| (),
            interrupted: &|| false,
        })
        .map(|_| ())
        .map_err(|e| e.to_string())
    };
    assert!(again(false).unwrap_err().contains("exists"));
    fs_err::write(output.join("paragraph.txt"), "改过").unwrap();
    let said = again(true).unwrap_err();
    assert!(
        said.contains("`paragraph.txt`") && said.contains("somebody worked there"),
        "{said}"
    );
    let left = fs_err::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 2, "the campaign and the report");
}

#[test]
fn the_paragraph_has_its_figures() {
    let folder = tempfile::tempdir().unwrap();
    let target = make(folder.path());
    let output = folder.path().join("report");
    let said = written(&target, &output, Level::Field).paragraph;
    for part in [
        "截至2026年6月2日，天目县开展“天目-26”2026年第2轮禁种铲毒踏查。",
        "飞行7架次，使用影像2幅（2026年4月20日至2026年4月21日共2天拍摄）",
        "覆盖面积未计算。",
        "共排查疑似点11个，其中A级3个、B级2个、C级3个、未定级1个，许可种植范围内1个、临界1个另列。",
        "派单核查25处，已核查24处，办结21处，其中按时办结19处。",
        "确认合计5处，470株（抽样估计，标准误15株）（1处未报株数，未计入）",
        "主清单实地准确率50.0%（2/4，95%置信区间15.0%至85.0%）。",
        "未报警网格抽查13处，发现1处",
        "靶标6个，与本地点位吻合（30 m内）2个，吻合率33.3%",
        "新增9个、延续2个、消失1个",
        "尚有4处待核查（其中逾期4处）、1条答复待核对、1条退回记录未处理。",
        "线索，非证据",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let file = fs_err::read_to_string(output.join("paragraph.txt")).unwrap();
    assert!(file.starts_with('\u{feff}') && file.contains(&said));
}
