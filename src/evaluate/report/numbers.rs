//! How the numbers of a benchmark are written for people: intervals, sizes, places; with what every
//! page has of them.

pub(super) use crate::page::numbers::{NONE, Style, count, counted, fixed, rate, share, signed};

use super::schema::Measured;

/// A number with its interval: `0.912 (0.871–0.944)`.
pub(super) fn measured(number: &Measured, style: Style) -> String {
    match interval(number, style) {
        Some(interval) => format!("{} ({interval})", style(number.value)),
        None => style(number.value),
    }
}

/// The interval alone; `None` where there is none.
pub(super) fn interval(number: &Measured, style: Style) -> Option<String> {
    let finite = |end: Option<f64>| end.filter(|end| end.is_finite());
    let (low, high) = (finite(number.low)?, finite(number.high)?);
    let dash = if low < 0.0 || high < 0.0 {
        " to "
    } else {
        "–"
    };
    Some(format!("{}{dash}{}", style(Some(low)), style(Some(high))))
}

/// Bytes in MiB: one decimal below 10.
pub(super) fn mebibytes(bytes: u64) -> String {
    const MEBIBYTE: u128 = 1024 * 1024;
    let tenths = (u128::from(bytes) * 10 + MEBIBYTE / 2) / MEBIBYTE;
    if tenths < 100 {
        format!("{}.{} MiB", tenths / 10, tenths % 10)
    } else {
        format!("{} MiB", count((tenths + 5) / 10))
    }
}

/// A place as `longitude, latitude (WGS 84)`, six decimals: 0.1 m.
pub(super) fn place(lon: f64, lat: f64) -> String {
    if lon.is_finite() && lat.is_finite() {
        format!("{lon:.6}, {lat:.6} (WGS 84)")
    } else {
        format!("{NONE} (place unknown)")
    }
}

/// Ground in km², with as many decimals as a small flight needs.
pub(super) fn square_kilometres(area: f64) -> String {
    let decimals = match area {
        tiny if tiny < 0.000_995 => 7,
        small if small < 0.0995 => 4,
        medium if medium < 9.95 => 2,
        _ => 1,
    };
    format!("{} km²", fixed(Some(area), decimals))
}

/// A threshold: two to four decimals.
pub(super) fn threshold(value: f64) -> String {
    let text = fixed(Some(value), 4);
    let end = text.find('.').map_or(text.len(), |point| point + 3);
    let (start, rest) = text.split_at(end.min(text.len()));
    format!("{start}{}", rest.trim_end_matches('0'))
}

/// Units as people write them, in texts that the program makes: `km2` becomes `km²`.
pub(super) fn with_units(text: &str) -> String {
    text.replace("km2", "km²").replace(" m2", " m²")
}

/// How a measure is written, by its name or key: what is per area or time is no share.
pub(super) fn style_of(measure: &str) -> Style {
    let rates = ["km2", "per_h", "per h", "seconds", "_per_s", "bytes"];
    if rates.iter().any(|part| measure.contains(part)) {
        rate
    } else {
        share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(value: f64, low: f64, high: f64) -> Measured {
        Measured {
            value: Some(value),
            low: Some(low),
            high: Some(high),
        }
    }

    #[test]
    fn numbers_with_their_intervals() {
        let recall = number(0.912, 0.8711, 0.944);
        assert_eq!(measured(&recall, share), "0.912 (0.871–0.944)");
        assert_eq!(measured(&Measured::default(), share), "–");
        let change = number(-0.02, -0.05, 0.01);
        assert_eq!(measured(&change, share), "−0.020 (−0.050 to 0.010)");
    }

    #[test]
    fn sizes_and_places() {
        let areas = [0.00471, 1.234, 123.44].map(square_kilometres);
        assert_eq!(areas, ["0.0047 km²", "1.23 km²", "123.4 km²"]);
        let thresholds = [0.5, 0.995, 0.99995, 1.0, f64::NAN].map(threshold);
        assert_eq!(thresholds, ["0.50", "0.995", "1.00", "1.00", "–"]);
        assert_eq!(mebibytes(0), "0.0 MiB");
        assert_eq!(mebibytes(1_392_640), "1.3 MiB");
        assert_eq!(mebibytes(205_520_896), "196 MiB");
        assert_eq!(mebibytes(u64::MAX), "17,592,186,044,416 MiB");
        assert_eq!(place(102.5, -24.125), "102.500000, -24.125000 (WGS 84)");
        assert_eq!(place(f64::NAN, 1.0), "– (place unknown)");
    }

    #[test]
    fn measures_know_their_style() {
        let text = |measure| style_of(measure)(Some(0.5));
        assert_eq!(text("site recall"), "0.500");
        assert_eq!(text("false sites per km2"), "0.50");
        assert_eq!(text("km2_per_h"), "0.50");
        assert_eq!(text("recall_at_5"), "0.500");
        assert_eq!(
            with_units("at most 5 false sites per km2"),
            "at most 5 false sites per km²"
        );
        assert_eq!(with_units("below 1 m2"), "below 1 m²");
    }
}
