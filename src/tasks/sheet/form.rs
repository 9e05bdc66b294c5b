//! What is filled in on the ground: boxes for every word of the vocabulary, and lines to write on.

use crate::campaign::Lang;
use crate::campaign::vocabulary::{
    CONFUSER, COUNT_METHOD, DISPOSAL, OUTCOME, SPECIES, STAGE, WordList, YES_NO,
};
use serde::Serialize;

/// A row of the form.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Row {
    /// What is asked.
    pub(super) label: String,
    /// What may be ticked or written.
    pub(super) parts: Vec<Part>,
}

/// Words, and a line behind them to write on. A part is never broken into two lines.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Part {
    /// Whether an empty box to tick stands in front.
    pub(super) tick: bool,
    /// The words; may be empty.
    pub(super) text: String,
    /// Length of the line, 0 for none.
    pub(super) blank_mm: f64,
}

fn tick(text: &str, blank_mm: f64) -> Part {
    Part {
        tick: true,
        text: text.into(),
        blank_mm,
    }
}

fn blank(text: &str, blank_mm: f64) -> Part {
    Part {
        tick: false,
        text: text.into(),
        blank_mm,
    }
}

fn words(list: WordList, lang: Lang) -> Vec<Part> {
    list.words
        .iter()
        .map(|word| {
            // What else it was must be written.
            let blank_mm = if word.name == "other" { 22.0 } else { 0.0 };
            tick(word.say(lang), blank_mm)
        })
        .collect()
}

/// The rows in the order in which they are answered; the outcome is the first, remarks the last.
pub(super) fn form(lang: Lang) -> Vec<Row> {
    let say = |zh: &'static str, en: &'static str| lang.pick(zh, en);
    let row = |zh, en, parts| Row {
        label: say(zh, en).into(),
        parts,
    };
    let [full, sample] = ["full", "sample"].map(|name| {
        let word = COUNT_METHOD.get(name);
        word.map_or(name, |word| word.say(lang))
    });
    let plants = vec![
        tick(full, 0.0),
        blank("", 18.0),
        blank(say("株", "plants"), 0.0),
        tick(sample, 0.0),
        blank(say("个数", "number"), 11.0),
        blank(say("每个 m²", "m² each"), 11.0),
        blank(say("样方内株数合计", "plants in all"), 16.0),
    ];
    let mut measured = vec![blank("", 24.0), blank("m²", 0.0)];
    measured.push(blank(say("此前是否处理过", "handled before"), 0.0));
    measured.extend(words(YES_NO, lang));
    let photos = vec![
        tick(say("全景", "whole scene"), 0.0),
        tick(say("特写", "close-up"), 0.0),
        tick(say("铲除后", "after removal"), 0.0),
        blank(say("照片编号", "numbers of photos"), 58.0),
    ];
    vec![
        row("核查结果", "outcome", words(OUTCOME, lang)),
        row("种类", "species", words(SPECIES, lang)),
        row("误报原因", "mistaken for", words(CONFUSER, lang)),
        row("生长阶段", "stage", words(STAGE, lang)),
        row("株数", "plants", plants),
        row("实测面积", "measured", measured),
        row("处置", "disposal", words(DISPOSAL, lang)),
        row("照片", "photos", photos),
        row("备注", "remarks", Vec::new()),
    ]
}

/// Who signs: two checkers, a witness, and when.
pub(super) fn signatures(lang: Lang) -> Row {
    let say = |zh: &'static str, en: &'static str| lang.pick(zh, en);
    Row {
        label: say("签名", "signed").into(),
        parts: vec![
            blank(say("核查人 1", "checker 1"), 28.0),
            blank(say("核查人 2", "checker 2"), 28.0),
            blank(say("见证人", "witness"), 28.0),
            blank(say("日期", "date"), 26.0),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_a_box() {
        for lang in [Lang::Zh, Lang::En] {
            let rows = form(lang);
            let boxes = |row: &Row| row.parts.iter().filter(|part| part.tick).count();
            let counts: Vec<usize> = rows.iter().map(boxes).collect();
            assert_eq!(counts, [7, 3, 12, 7, 2, 2, 5, 3, 0]);
            let outcome: Vec<&str> = rows[0].parts.iter().map(|p| p.text.as_str()).collect();
            let wanted: Vec<&str> = OUTCOME.words.iter().map(|w| w.say(lang)).collect();
            assert_eq!(outcome, wanted);
        }
        assert_eq!(signatures(Lang::Zh).parts.len(), 4);
    }
}
