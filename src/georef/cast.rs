//! The few conversions between float and integer that raster maths needs, with
//! their bounds checked in one place.

/// `value` rounded down to a whole number, kept within `u32`.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped"
)]
pub fn floor_to_u32(value: f64) -> u32 {
    value.floor().clamp(0.0, f64::from(u32::MAX)) as u32
}

/// `value` rounded up to a whole number, kept within `u32`.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped"
)]
pub fn ceil_to_u32(value: f64) -> u32 {
    value.ceil().clamp(0.0, f64::from(u32::MAX)) as u32
}

/// `value` rounded to the nearest whole number, kept within `u32`.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped"
)]
pub fn round_to_u32(value: f64) -> u32 {
    value.round().clamp(0.0, f64::from(u32::MAX)) as u32
}

/// `value` rounded to the nearest whole number, kept within `u16`; NaN gives 0.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped"
)]
pub fn round_to_u16(value: f32) -> u16 {
    value.round().clamp(0.0, f32::from(u16::MAX)) as u16
}

/// `value` as a float, exact up to 2²⁴: pixels and grid cells of a chip.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "chips are smaller")]
pub fn to_f32(value: u32) -> f32 {
    value as f32
}
