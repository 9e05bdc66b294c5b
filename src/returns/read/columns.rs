//! The columns of our ledger and of what `record` itself writes, found by any of their names.

use crate::returns::plain::fold;
use crate::tasks::ledger::COLUMNS;
use std::collections::HashMap;
use std::sync::OnceLock;

/// What a column is to a row that came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::returns) enum Meaning {
    /// An answer, or what names the site; by the name that answers have.
    Answer(&'static str),
    /// A photo of this kind.
    Photo(&'static str),
    /// The key of the answer.
    Key,
    /// Filled by the office, or by `record` itself: not read back.
    Given,
}

/// Columns of the ledger whose answers have another name there, as the office has filled a column of
/// that name.
const RENAMED: [(&str, &str); 3] = [
    ("measured_m2", "area_m2"),
    ("check_lon", "lon"),
    ("check_lat", "lat"),
];

/// Columns beside those of the ledger: names and meaning. Forms and the list of bad rows have them.
const MORE: [(&[&str], Meaning); 18] = [
    (&["unit", "单位"], Meaning::Answer("unit")),
    (&["witness", "见证人"], Meaning::Answer("witness")),
    (
        &["prior_handled", "此前是否处理过", "handled before"],
        Meaning::Answer("prior_handled"),
    ),
    (
        &["quadrat_sum", "样方株数合计", "样方内株数合计"],
        Meaning::Answer("quadrat_sum"),
    ),
    (
        &["gps_accuracy_m", "定位精度m"],
        Meaning::Answer("gps_accuracy_m"),
    ),
    (&["核查结果"], Meaning::Answer("outcome")),
    (&["植物种类"], Meaning::Answer("species")),
    (&["生长阶段"], Meaning::Answer("stage")),
    (&["处置方式"], Meaning::Answer("disposal")),
    (&["各样方株数"], Meaning::Answer("quadrat_counts")),
    (&["key", "答复标识"], Meaning::Key),
    (&["photo_ctx", "全景照片"], Meaning::Photo("photo_ctx")),
    (&["photo_near", "特写照片"], Meaning::Photo("photo_near")),
    (
        &["photo_after", "铲除后照片"],
        Meaning::Photo("photo_after"),
    ),
    (&["photo", "其他照片"], Meaning::Photo("photo")),
    (
        &["file", "文件", "place", "出处", "cell", "单元格"],
        Meaning::Given,
    ),
    (&["reason", "退回原因"], Meaning::Given),
    (&["notice", "提示"], Meaning::Given),
];

/// Stands before the header of a column that is none of ours, where a bad row is written down.
pub(in crate::returns) const ORIGINAL: &str = "原 ";

/// The columns that `record` writes for a bad row, in order: name of the answer, header.
pub(in crate::returns) fn written() -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    for column in &COLUMNS {
        if let Some(answer) = answer_of(column.name, column.is_blank()) {
            all.push((answer, format!("{} {}", column.zh, column.name)));
        }
    }
    for (names, meaning) in MORE {
        if let Meaning::Answer(answer) = meaning
            && let [name, zh, ..] = names
        {
            all.push((answer, format!("{zh} {name}")));
        }
    }
    all
}

/// The header of the column of an answer, for messages.
pub(in crate::returns) fn header_of(answer: &str) -> String {
    let all = written();
    all.into_iter()
        .find(|(name, _)| *name == answer)
        .map_or_else(|| answer.to_owned(), |(_, header)| header)
}

fn answer_of(name: &'static str, is_blank: bool) -> Option<&'static str> {
    match RENAMED.iter().find(|(column, _)| *column == name) {
        Some((_, answer)) => Some(answer),
        None => (is_blank || matches!(name, "site_id" | "code")).then_some(name),
    }
}

/// What a header says its column is; `None` where it is none of ours. The machine name may stand
/// behind other words.
pub(in crate::returns) fn meaning(header: &str) -> Option<Meaning> {
    static KNOWN: OnceLock<HashMap<String, Meaning>> = OnceLock::new();
    let known = KNOWN.get_or_init(known);
    let folded = fold(header);
    if folded.starts_with(ORIGINAL) {
        return Some(Meaning::Given);
    }
    let last = folded.rsplit(' ').next().filter(|word| word.is_ascii());
    let by_last = || {
        last.filter(|word| {
            word.len() < folded.len() && word.contains('_') || MACHINE.contains(word)
        })
        .and_then(|word| known.get(word))
    };
    known.get(&joined(&folded)).or_else(by_last).copied()
}

/// Machine names of one word, which may stand behind other words, too.
const MACHINE: [&str; 12] = [
    "code", "outcome", "species", "confuser", "stage", "disposal", "checker", "note", "unit",
    "witness", "key", "photo",
];

/// Blanks between Chinese words and others are set or left out as people like.
fn joined(folded: &str) -> String {
    if folded.is_ascii() {
        folded.to_owned()
    } else {
        folded.replace(' ', "")
    }
}

fn known() -> HashMap<String, Meaning> {
    let mut known = HashMap::new();
    for column in &COLUMNS {
        let meaning =
            answer_of(column.name, column.is_blank()).map_or(Meaning::Given, Meaning::Answer);
        for names in [
            column.zh.to_owned(),
            column.en.to_owned(),
            column.name.to_owned(),
            format!("{} {}", column.zh, column.name),
            format!("{} {}", column.en, column.name),
        ] {
            known.entry(joined(&fold(&names))).or_insert(meaning);
        }
    }
    for (names, meaning) in MORE {
        for name in names {
            known.entry(joined(&fold(name))).or_insert(meaning);
        }
        for pair in names.windows(2) {
            known
                .entry(joined(&fold(&format!("{} {}", pair[1], pair[0]))))
                .or_insert(meaning);
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_known_by_any_name() {
        for header in [
            "结果\noutcome",
            "结果 outcome",
            "结果",
            "OUTCOME",
            "核查结果",
            "核查结论 outcome",
            "ｏｕｔｃｏｍｅ",
        ] {
            assert_eq!(
                meaning(header),
                Some(Meaning::Answer("outcome")),
                "{header}"
            );
        }
        for (header, wanted) in [
            ("面积m2 area_m2", Meaning::Given),
            ("实测面积m2", Meaning::Answer("area_m2")),
            ("area measured, m2 measured_m2", Meaning::Answer("area_m2")),
            ("经度 (WGS84) lon", Meaning::Given),
            ("现场经度 (WGS84) check_lon", Meaning::Answer("lon")),
            (
                "plants in each quadrat (as 12;9;15)\nquadrat_counts",
                Meaning::Answer("quadrat_counts"),
            ),
            (
                "各样方株数（如 12;9;15）",
                Meaning::Answer("quadrat_counts"),
            ),
            ("疑似点编号", Meaning::Answer("site_id")),
            ("提示 notice", Meaning::Given),
            ("答复标识 key", Meaning::Key),
        ] {
            assert_eq!(meaning(header), Some(wanted), "{header}");
        }
        for header in ["", "棵数", "踏查台账 · 线索，非证据", "the area"] {
            assert_eq!(meaning(header), None, "{header}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let all = written();
        for (answer, header) in &all {
            assert_eq!(meaning(header), Some(Meaning::Answer(answer)), "{header}");
        }
        assert_eq!(all.len(), 25);
        assert_eq!(header_of("area_m2"), "实测面积m2 measured_m2");
    }
}
