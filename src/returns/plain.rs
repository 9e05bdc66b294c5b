//! What people write, made plain: full-width characters, blanks, numbers with their units, words of
//! lists.

use crate::campaign::vocabulary::{Word, WordList};

/// Units that may stand behind a number, as [`fold`] leaves them; none of them changes its size.
const UNITS: [&str; 13] = [
    "平方米",
    "平米",
    "m2",
    "m²",
    "㎡",
    "株",
    "棵",
    "颗",
    "个",
    "张",
    "米",
    "m",
    "plants",
];

/// Text with plain ASCII in place of full-width characters, single blanks, and lower case.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        let plain = match c {
            '\u{3000}' | '\u{a0}' | '\u{feff}' | '\u{200b}' => ' ',
            '\u{ff01}'..='\u{ff5e}' => {
                char::from_u32(u32::from(c) - 0xff01 + u32::from('!')).unwrap_or(c)
            }
            '。' => '.',
            '、' => ',',
            '−' | '–' | '—' => '-',
            c if c.is_whitespace() => ' ',
            c => c,
        };
        if plain == ' ' && (folded.is_empty() || folded.ends_with(' ')) {
            continue;
        }
        folded.extend(plain.to_lowercase());
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// Text without blanks at its ends, full-width ones too.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'))
}

/// A number as people write it: digits of either width, commas between thousands, a unit behind it
/// that does not change its size. `None` where it is none.
pub(super) fn number(text: &str) -> Option<f64> {
    // Between numbers, never within one.
    if text.contains('、') {
        return None;
    }
    let folded = fold(text);
    let mut digits = folded.as_str();
    for unit in UNITS {
        if let Some(rest) = digits.strip_suffix(unit) {
            digits = rest.trim_end();
            break;
        }
    }
    let plain = without_thousands(digits)?;
    let is_number = plain.bytes().any(|b| b.is_ascii_digit())
        && plain
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e'));
    let number: f64 = plain.parse().ok()?;
    (is_number && number.is_finite()).then_some(number)
}

/// `1,200` as `1200`; `None` where commas stand in other places.
fn without_thousands(digits: &str) -> Option<String> {
    let (whole, behind) = digits.split_once('.').unwrap_or((digits, ""));
    if behind.contains(',') {
        return None;
    }
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let mut rest = groups.peekable();
    if rest.peek().is_some() {
        let begins_well = (1..=3).contains(&first.trim_start_matches(['-', '+']).len());
        if !begins_well || !rest.all(|group| group.len() == 3) {
            return None;
        }
    }
    Some(digits.replace(',', ""))
}

/// A number in its shortest form.
pub(super) fn shortest(number: f64) -> String {
    // Adding zero turns -0 into 0.
    format!("{}", number + 0.0)
}

/// A whole number; `None` where it is none or beyond what a float holds exactly.
pub(super) fn whole(text: &str) -> Option<i64> {
    let number = number(text)?;
    let is_whole = number.fract() == 0.0 && number.abs() < 9e15;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole, and below 2^53 as was just asked"
    )]
    let whole = number as i64;
    is_whole.then_some(whole)
}

/// The word of a list that a text says, by machine name, in Chinese or in English.
pub(super) fn word(list: WordList, text: &str) -> Option<&'static Word> {
    let said = spoken(text);
    let is_said = |word: &&Word| {
        [word.name, word.zh, word.en]
            .iter()
            .any(|w| spoken(w) == said)
    };
    list.words.iter().find(is_said)
}

/// The words of a list, for messages.
pub(super) fn wanted(list: WordList) -> String {
    let words: Vec<String> = list
        .words
        .iter()
        .map(|word| format!("{} ({})", word.zh, word.name))
        .collect();
    words.join(", ")
}

/// Text without what does not make another word of it: case, width, blanks, underscores, a full stop.
fn spoken(text: &str) -> String {
    let folded = fold(text).replace(['_', '-'], " ");
    let mut text = folded
        .trim_matches(['.', ',', ';', ':', ' ', '"', '\''])
        .to_owned();
    if !text.is_ascii() {
        text.retain(|c| c != ' ');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::vocabulary::{CONFUSER, OUTCOME, YES_NO};

    #[test]
    fn numbers_of_any_hand_are_read() {
        for (text, wanted) in [
            ("12", 12.0),
            (" １２ 株", 12.0),
            ("1,200", 1200.0),
            ("12,345.5 ㎡", 12345.5),
            ("3.5平方米", 3.5),
            ("－４", -4.0),
            ("1e3", 1000.0),
        ] {
            assert_eq!(number(text), Some(wanted), "{text}");
        }
        for text in [
            "", "株", "约12", "12-15", "1,20", "十二", "2亩", "inf", "nan", "e", "1234,567", "0x10",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
        assert_eq!(whole("12.0"), Some(12));
        assert_eq!(whole("12.5"), None);
        assert_eq!(whole("1e300"), None);
        assert_eq!(shortest(12.0), "12");
        assert_eq!(shortest(-0.0), "0");
        assert_eq!(shortest(0.25), "0.25");
    }

    #[test]
    fn words_are_found_however_they_are_written() {
        for text in [
            "false_alarm",
            " 误报 ",
            "误 报。",
            "FALSE  ALARM",
            "ｆａｌｓｅ＿ａｌａｒｍ",
        ] {
            assert_eq!(
                word(OUTCOME, text).map(|w| w.name),
                Some("false_alarm"),
                "{text}"
            );
        }
        assert_eq!(
            word(CONFUSER, "红麻,苎麻等").map(|w| w.name),
            Some("fibre_crop")
        );
        assert_eq!(word(YES_NO, "是").map(|w| w.name), Some("yes"));
        for text in ["", "确认罂粟", "alarm"] {
            assert_eq!(word(OUTCOME, text), None, "{text}");
        }
    }
}
