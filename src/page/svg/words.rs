//! How wide text is without a font at hand, and cutting it to fit.

/// Cells that a character takes in a terminal: two for Chinese, none for marks that combine.
fn cells(character: char) -> usize {
    match character {
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200d}' | '\u{fe00}'..='\u{fe0f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe4f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f000}'..='\u{1ffff}'
        | '\u{20000}'..='\u{3ffff}' => 2,
        _ => 1,
    }
}

/// Cells that a text takes in a terminal.
pub(crate) fn cells_of(text: &str) -> usize {
    text.chars().map(cells).sum()
}

/// The text in so many cells at most, its middle left out where it takes more.
pub(crate) fn within_cells(text: &str, most: usize) -> String {
    if cells_of(text) <= most {
        return text.to_owned();
    }
    middle_left_out(text, most.saturating_sub(1) / 2, cells)
}

/// The beginning and the end of a text, each within a half of the room.
fn middle_left_out<T>(text: &str, half: T, width: impl Fn(char) -> T) -> String
where
    T: Copy + Default + PartialOrd + std::ops::AddAssign,
{
    let mut used = T::default();
    let start = text.chars().take_while(|character| {
        used += width(*character);
        used <= half
    });
    let start: String = start.collect();
    used = T::default();
    let end = text.chars().rev().take_while(|character| {
        used += width(*character);
        used <= half
    });
    let end: Vec<char> = end.collect();
    let end: String = end.into_iter().rev().collect();
    format!("{}…{}", start.trim_end(), end.trim_start())
}

/// Width over the size of the font; rather too wide, since fonts differ.
fn ems(character: char) -> f64 {
    match (cells(character), character) {
        (0, _) => 0.0,
        (2, _) => 1.05,
        (_, 'm' | 'w' | 'M' | 'W' | '@' | '%' | '—') => 0.95,
        (_, 'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '|' | '\'' | ' ' | '(' | ')') => 0.38,
        (_, 'A'..='Z') => 0.72,
        (_, '\u{21}'..='\u{24f}' | '–' | '−') => 0.63,
        _ => 0.8,
    }
}

/// How wide a text is at a size of the font, in the same unit.
pub(crate) fn width_of(text: &str, font: f64) -> f64 {
    text.chars().map(ems).sum::<f64>() * font
}

/// The text, its middle left out where it would be wider: names often differ at their ends.
pub(crate) fn fit(text: &str, room: f64, font: f64) -> String {
    if width_of(text, font) <= room {
        return text.to_owned();
    }
    middle_left_out(text, (room - font) / 2.0, |character| ems(character) * font)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_lose_their_middle() {
        assert_eq!(fit("poppy-seg", 200.0, 12.0), "poppy-seg");
        let long = fit("/home/user/models/poppy-segmentation-v2.onnx", 120.0, 12.0);
        assert!(
            long.starts_with("/home") && long.ends_with("v2.onnx"),
            "{long}"
        );
        assert!(width_of(&long, 12.0) <= 120.0);
        let chinese = fit(&"罂粟地块检测模型".repeat(5), 100.0, 12.0);
        assert!(chinese.contains('…') && width_of(&chinese, 12.0) <= 100.0);
        assert_eq!(fit("abc", 0.0, 12.0), "…");
    }

    #[test]
    fn chinese_takes_two_cells() {
        assert_eq!(cells_of("罂粟 a"), 6);
        let short = within_cells(&"罂粟".repeat(20), 21);
        assert!(short.contains('…') && cells_of(&short) <= 21, "{short}");
        assert_eq!(within_cells("abc", 3), "abc");
        assert_eq!(cells_of(""), 0);
    }
}
