//! Small pieces of text: compass points, times, names without what could mislead.

use crate::campaign::Lang;
use crate::georef::round_to_u32;

/// One of the eight compass points for degrees clockwise from north.
pub(super) fn compass(bearing_deg: f64, lang: Lang) -> &'static str {
    const POINTS: [(&str, &str); 8] = [
        ("北", "north"),
        ("东北", "north-east"),
        ("东", "east"),
        ("东南", "south-east"),
        ("南", "south"),
        ("西南", "south-west"),
        ("西", "west"),
        ("西北", "north-west"),
    ];
    let eighth = round_to_u32(bearing_deg.rem_euclid(360.0) / 45.0) % 8;
    let (zh, en) = POINTS[usize::try_from(eighth).unwrap_or(0)];
    lang.pick(zh, en)
}

/// A time of ISO 8601 as people read it: `2026-04-20 10:30`.
pub(super) fn time(iso: &str) -> String {
    let readable: String = iso.replacen('T', " ", 1);
    let is_plain = readable.is_ascii() && readable.len() > 16 && readable.as_bytes()[10] == b' ';
    if is_plain {
        // Seconds and zone are of no use on paper, but a zone must not be lost silently.
        let zone =
            readable[16..].trim_start_matches(|c: char| c == ':' || c == '.' || c.is_ascii_digit());
        format!("{}{zone}", &readable[..16])
    } else {
        readable
    }
}

/// Text in one line, without characters that are invisible and change what is around them.
pub(super) fn clean(text: &str) -> String {
    let shown = text.chars().filter_map(|character| match character {
        '\n' | '\r' | '\t' => Some(' '),
        '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' => None,
        other if other.is_control() => None,
        other => Some(other),
    });
    shown.collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_said_in_words() {
        let said = [0.0, 37.0, 67.6, 180.0, 350.0, -90.0, 720.0].map(|b| compass(b, Lang::Zh));
        assert_eq!(said, ["北", "东北", "东", "南", "北", "西", "北"]);
        assert_eq!(compass(f64::NAN, Lang::En), "north");
    }

    #[test]
    fn times_are_short() {
        assert_eq!(time("2026-04-20T10:30:00"), "2026-04-20 10:30");
        assert_eq!(
            time("2026-04-20T10:30:00.5+08:00"),
            "2026-04-20 10:30+08:00"
        );
        assert_eq!(time("2026-04-20T02:30:00Z"), "2026-04-20 02:30Z");
        assert_eq!(time("2026-04-20"), "2026-04-20");
        assert_eq!(time(""), "");
    }

    #[test]
    fn names_cannot_turn_the_writing_around() {
        assert_eq!(clean(" 石门\u{202e}村\n3\u{0}组 "), "石门村 3组");
    }
}
