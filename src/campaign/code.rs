//! Division codes as text: 6 digits county (GB/T 2260), 9 town (GB/T 10114), 12 village, 14 village
//! group, 19 parcel of the land survey, whose first 12 are the village.

use crate::vector::Value;

/// Lengths a code may have.
const LENGTHS: [usize; 5] = [6, 9, 12, 14, 19];

/// A division code of 6, 9, 12 or 14 digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DivisionCode(String);

impl DivisionCode {
    /// Reads a code as people and files write it: text, or a number that lost its form (`9.9e11`,
    /// `990101101201.0`). Codes of 19 digits are cut to their village. `None` where it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches('\'');
        let digits = text.strip_suffix(".0").unwrap_or(text);
        let is_code = LENGTHS.contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        let kept = if digits.len() == 19 { 12 } else { digits.len() };
        is_code.then(|| Self(digits[..kept].to_owned()))
    }

    /// Reads a code from a field of any kind.
    #[must_use]
    pub fn from_value(value: &Value<'_>) -> Option<Self> {
        match value {
            Value::Text(text) => Self::parse(text),
            Value::Integer(number) => Self::parse(&number.to_string()),
            // 14 digits are exact in 53 bits.
            Value::Real(number) if number.fract() == 0.0 => Self::parse(&format!("{number:.0}")),
            Value::Real(_) | Value::Null => None,
        }
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The code of the village, 12 digits; of what is no village or group, `None`.
    #[must_use]
    pub fn village(&self) -> Option<&str> {
        self.0.get(..12)
    }

    /// The digits of the village group; empty where it is none.
    #[must_use]
    pub fn group(&self) -> &str {
        self.0.get(12..14).unwrap_or_default()
    }
}

/// Whether a text is a county's code.
#[must_use]
pub fn is_county(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_all_lengths_are_text() {
        let read = |text: &str| DivisionCode::parse(text).map(|c| c.0);
        assert_eq!(read(" 990101101201 ").as_deref(), Some("990101101201"));
        assert_eq!(read("9901011012010000123").as_deref(), Some("990101101201"));
        assert_eq!(read("990101101201.0").as_deref(), Some("990101101201"));
        assert_eq!(read("012345"), Some("012345".into()));
        for none in ["", "99010110120", "99010110120x", "石门村", "9.9e11"] {
            assert_eq!(read(none), None, "{none}");
        }
        let group = DivisionCode::parse("99010110120103").unwrap();
        assert_eq!(
            (group.village(), group.group()),
            (Some("990101101201"), "03")
        );
        let value = Value::Real(990_101_101_201.0);
        assert_eq!(
            DivisionCode::from_value(&value).unwrap().as_str(),
            "990101101201"
        );
        assert_eq!(DivisionCode::parse("990101").unwrap().village(), None);
    }
}
