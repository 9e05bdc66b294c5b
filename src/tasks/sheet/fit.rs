//! How much paper a text takes, so that every sheet keeps to one page: sizes and cuts are settled
//! here, once for all formats. Widths are estimated a little too wide, never measured.

/// Millimetres of a typographic point.
const MM_PER_PT: f64 = 25.4 / 72.0;

/// Height of a line in ems.
const LINE_EM: f64 = 1.35;

/// Width of a character in ems: Noto Sans CJK's figures, rounded up.
fn char_em(character: char) -> f64 {
    match character {
        ' ' | 'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 0.3,
        'f' | 'r' | 't' | 'I' | '-' | '(' | ')' | '/' => 0.4,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 0.95,
        'A'..='Z' => 0.72,
        '\u{0}'..='\u{7f}' => 0.6,
        '\u{80}'..='\u{2ff}' => 0.7,
        _ => 1.0,
    }
}

/// Width of a text in ems.
pub(super) fn width_em(text: &str) -> f64 {
    text.chars().map(char_em).sum()
}

/// The text, or as much of it as takes `most_em` ems with `…` at its end.
pub(super) fn cut(text: &str, most_em: f64) -> String {
    if width_em(text) <= most_em {
        return text.to_owned();
    }
    let mut left = most_em - 1.0;
    let kept: String = text
        .chars()
        .take_while(|c| {
            left -= char_em(*c);
            left >= 0.0
        })
        .collect();
    format!("{}…", kept.trim_end())
}

/// The largest of the sizes in points at which a text stands in one line, or the last one.
pub(super) fn line_pt(text: &str, width_mm: f64, sizes: &[f64]) -> f64 {
    let fits = |size: &&f64| width_em(text) * **size * MM_PER_PT <= width_mm;
    let found = sizes.iter().find(fits).or(sizes.last());
    found.copied().unwrap_or(8.0)
}

/// Ems that stand in a line of a width at a size.
pub(super) fn line_em(width_mm: f64, size_pt: f64) -> f64 {
    width_mm / (size_pt * MM_PER_PT)
}

/// Finds a size for paragraphs in a box, and shortens the longest where none is small enough;
/// `tail` then says where the rest stands.
pub(super) fn paragraphs(
    texts: &mut [String],
    (width_mm, height_mm): (f64, f64),
    sizes: &[f64],
    tail: &str,
) -> f64 {
    let mut size = 8.0;
    for candidate in sizes {
        size = *candidate;
        if height(texts, width_mm, size) <= height_mm {
            return size;
        }
    }
    // Each turn takes some away; the bound only keeps a box without room from being an endless one.
    for _ in 0..200 {
        if height(texts, width_mm, size) <= height_mm {
            break;
        }
        let Some(longest) = texts.iter_mut().max_by_key(|t| t.chars().count()) else {
            break;
        };
        let body = longest.strip_suffix(tail).unwrap_or(longest);
        let keep = body.chars().count() * 9 / 10;
        *longest = body.chars().take(keep).chain(tail.chars()).collect();
    }
    size
}

/// Millimetres that paragraphs take below one another.
fn height(texts: &[String], width_mm: f64, size_pt: f64) -> f64 {
    // A word that does not fit moves to the next line and leaves a gap.
    let room = (line_em(width_mm, size_pt) - 4.0).max(1.0);
    let lines: f64 = texts
        .iter()
        .map(|text| (width_em(text) / room).ceil().max(1.0))
        .sum();
    lines * size_pt * MM_PER_PT * LINE_EM
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "sizes are chosen, not computed")]
    fn names_shrink_before_they_are_cut() {
        let sizes = [13.0, 10.0, 8.0];
        assert_eq!(line_pt("石门村", 128.0, &sizes), 13.0);
        assert_eq!(line_pt(&"村".repeat(32), 128.0, &sizes), 10.0);
        assert_eq!(line_pt(&"村".repeat(99), 128.0, &sizes), 8.0);
        assert_eq!(cut("石门村", 3.0), "石门村");
        assert_eq!(cut("石门村委会", 4.0), "石门村…");
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "sizes are chosen, not computed")]
    fn long_lists_shrink_and_are_shortened_at_last() {
        let sizes = [8.0, 6.0];
        let mut few = vec!["置信 0.83；".repeat(5)];
        assert_eq!(paragraphs(&mut few, (190.0, 20.0), &sizes, "…见台账"), 8.0);
        let mut many = vec!["置信 0.83；".repeat(400), "短".into()];
        assert_eq!(paragraphs(&mut many, (190.0, 20.0), &sizes, "…见台账"), 6.0);
        assert!(many[0].ends_with("…见台账") && many[0].matches('见').count() == 1);
        assert_eq!(many[1], "短");
        assert!(height(&many, 190.0, 6.0) <= 20.0);
    }
}
