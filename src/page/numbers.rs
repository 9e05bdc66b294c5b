//! How numbers are written for people: shares, rates, counts.

use std::fmt::Display;

/// Stands for a number that does not exist.
pub(crate) const NONE: &str = "–";

/// Writes a number that may not exist.
pub(crate) type Style = fn(Option<f64>) -> String;

/// A share from 0 to 1: three decimals.
pub(crate) fn share(value: Option<f64>) -> String {
    fixed(value, 3)
}

/// A rate per area or time: two decimals below 10, one below 100, none above.
pub(crate) fn rate(value: Option<f64>) -> String {
    let Some(value) = value.filter(|v| v.is_finite()) else {
        return NONE.into();
    };
    let decimals = match value.abs() {
        size if size < 9.995 => 2,
        size if size < 99.95 => 1,
        _ => 0,
    };
    fixed(Some(value), decimals)
}

/// A number with so many decimals, its thousands set apart.
pub(crate) fn fixed(value: Option<f64>, decimals: usize) -> String {
    match value {
        Some(value) if value.is_finite() => {
            let text = format!("{:.decimals$}", value.abs());
            let whole = text.split('.').next().unwrap_or_default();
            let fraction = &text[whole.len()..];
            let zero = !text.contains(|c: char| ('1'..='9').contains(&c));
            let sign = if value < 0.0 && !zero { "−" } else { "" };
            format!("{sign}{}{fraction}", count(whole))
        }
        _ => NONE.into(),
    }
}

/// The same with its sign also above zero, for differences.
pub(crate) fn signed(value: Option<f64>, style: Style) -> String {
    let text = style(value);
    match value {
        Some(value) if value > 0.0 && value.is_finite() => format!("+{text}"),
        _ => text,
    }
}

/// A whole number, its thousands set apart.
pub(crate) fn count(number: impl Display) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 plot`, `2 plots`.
pub(crate) fn counted(number: usize, one: &str, more: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { more })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_rates() {
        assert_eq!(signed(Some(0.05), share), "+0.050");
        assert_eq!(signed(Some(0.0), share), "0.000");
        assert_eq!(signed(None, share), "–");
        let rates = [0.0, 3.456, 9.996, 12.34, 99.96, 1234.5, -0.001];
        let texts = rates.map(|value| rate(Some(value)));
        assert_eq!(
            texts,
            ["0.00", "3.46", "10.0", "12.3", "100", "1,234", "0.00"]
        );
        assert_eq!(rate(Some(f64::NAN)), "–");
        assert_eq!(share(Some(f64::INFINITY)), "–");
    }

    #[test]
    fn counts() {
        let texts = [0, 999, 1000, 1_234_567].map(|number: u32| count(number));
        assert_eq!(texts, ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(counted(1, "plot", "plots"), "1 plot");
    }
}
