//! Which question a column answers: by its machine name, or by the label that the form, the layer or
//! the ledger shows in its place.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Machine names, each with the labels of the form for ODK (`tasks/write/xlsform`), the layer for
/// `QField` (`tasks/write/qfield`) and the ledger. What is no answer but has its own meaning stands
/// here too: `uuid`, `gps`, `start`, `end`, the photos.
const QUESTIONS: [(&str, &[&str]); 33] = [
    ("uuid", &["任务标识", "task key"]),
    (
        "site_id",
        &["选择疑似点", "choose the site", "疑似点编号", "site id"],
    ),
    ("code", &["简码", "short code"]),
    ("start", &[]),
    ("end", &[]),
    ("checked_at", &["核查时间", "checked at"]),
    ("checker", &["核查人", "checked by"]),
    ("unit", &["单位"]),
    ("gps", &["现场定位", "position at the site"]),
    (
        "lon",
        &[
            "check_lon",
            "gps_lon",
            "gnss_lon",
            "现场经度 (WGS84)",
            "longitude where checked (WGS 84)",
        ],
    ),
    (
        "lat",
        &[
            "check_lat",
            "gps_lat",
            "gnss_lat",
            "现场纬度 (WGS84)",
            "latitude where checked (WGS 84)",
        ],
    ),
    (
        "gps_accuracy_m",
        &["gps_accuracy", "gnss_accuracy", "horizontal_accuracy"],
    ),
    ("outcome", &["核查结果", "结果"]),
    ("species", &["植物种类", "种类"]),
    ("confuser", &["误报原因", "mistaken for"]),
    ("stage", &["生长阶段", "阶段", "stage of growth"]),
    (
        "count_method",
        &["株数方法", "plants counted by", "counted by"],
    ),
    ("plant_count", &["株数", "plants"]),
    ("quadrat_n", &["样方个数", "number of quadrats", "quadrats"]),
    (
        "quadrat_m2",
        &[
            "样方面积 m2",
            "area of one quadrat, m2",
            "area of a quadrat, m2",
        ],
    ),
    (
        "quadrat_sum",
        &[
            "样方内株数合计",
            "plants in all quadrats together",
            "plants in all quadrats",
        ],
    ),
    (
        "quadrat_counts",
        &[
            "各样方株数，如 12;9;15",
            "plants in each quadrat, as 12;9;15",
            "各样方株数 (如 12;9;15)",
            "plants in each quadrat (as 12;9;15)",
        ],
    ),
    ("plot", &["绕地块一圈", "walk around the plot"]),
    (
        "area_m2",
        &[
            "面积 m2",
            "area, m2",
            "measured_m2",
            "实测面积m2",
            "area measured, m2",
        ],
    ),
    ("disposal", &["处置方式", "处置"]),
    ("prior_handled", &["此前是否处理过", "handled before"]),
    (
        "photo_ctx",
        &[
            "全景照片",
            "photo of the surroundings",
            "photo of the place",
        ],
    ),
    ("photo_near", &["特写照片", "close-up photo", "close photo"]),
    (
        "photo_after",
        &[
            "铲除后照片",
            "photo after the removal",
            "photo after removal",
        ],
    ),
    ("photo_count", &["照片数"]),
    ("witness", &["见证人"]),
    ("evidence_no", &["证据编号", "number of the record"]),
    ("note", &["备注", "remarks"]),
];

/// Machine names by themselves and by their labels, as [`squeezed`] leaves them.
static BY_LABEL: LazyLock<BTreeMap<String, &'static str>> = LazyLock::new(|| {
    let of = |(name, labels): &(&'static str, &[&str])| {
        let labels: Vec<String> = labels.iter().chain([name]).map(|l| squeezed(l)).collect();
        let name = *name;
        labels.into_iter().map(move |label| (label, name))
    };
    QUESTIONS.iter().flat_map(of).collect()
});

/// The columns of photos.
pub(super) const PHOTOS: [&str; 3] = ["photo_ctx", "photo_near", "photo_after"];

/// What is read but is no answer of its own.
const APART: [&str; 7] = [
    "uuid",
    "gps",
    "start",
    "end",
    "photo_ctx",
    "photo_near",
    "photo_after",
];

/// Whether a name is an answer that goes into the row as it is.
pub(super) fn is_answer(name: &str) -> bool {
    !APART.contains(&name)
}

/// The machine name of the question that a header is for, written as the name or as a label, in any
/// case and with any blanks.
pub(super) fn named(header: &str) -> Option<&'static str> {
    BY_LABEL.get(&squeezed(header)).copied()
}

/// The same where groups may stand in front: `visit/outcome`, and `visit-outcome` as ODK Central
/// writes it. Machine names hold no `/` and no `-`, labels may.
pub(super) fn named_in_group(header: &str) -> Option<&'static str> {
    let last = |text, separator| str::rsplit(text, separator).next().and_then(named);
    named(header)
        .or_else(|| last(header, '/'))
        .or_else(|| last(header, '-'))
}

fn squeezed(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && *c != '\u{feff}')
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::tables::CHECKS;
    use std::collections::BTreeSet;

    #[test]
    fn headers_of_every_program_are_known() {
        for (header, wanted) in [
            ("outcome", "outcome"),
            ("\u{feff}Outcome ", "outcome"),
            ("visit-outcome", "outcome"),
            ("a/b/outcome", "outcome"),
            ("核查/株数方法", "count_method"),
            ("close-up photo", "photo_near"),
            ("样方面积m2", "quadrat_m2"),
            ("area,  m2", "area_m2"),
        ] {
            assert_eq!(named_in_group(header), Some(wanted), "{header}");
        }
        for header in ["", " ", "lead_note", "species/other", "gps-Latitude", "_id"] {
            assert_eq!(named_in_group(header), None, "{header}");
        }
        assert_eq!(named("visit-outcome"), None);
    }

    #[test]
    fn no_label_means_two_things_and_answers_are_columns() {
        let mut seen = BTreeSet::new();
        for (name, labels) in QUESTIONS {
            let all: BTreeSet<String> = labels.iter().map(|l| squeezed(l)).collect();
            for label in all.into_iter().chain([name.to_owned()]) {
                assert!(seen.insert(label.clone()), "{label}");
            }
            let others = [
                "site_id",
                "code",
                "lon",
                "lat",
                "gps_accuracy_m",
                "photo_count",
            ];
            assert!(
                !is_answer(name) || CHECKS.column(name).is_some() || others.contains(&name),
                "{name}"
            );
        }
    }
}
