//! What a photo's pixels are worth: whether it is sharp, lit well, shows anything at all, and is there once.
//!
//! [`look_at`] reads a photo at about [`JUDGED_PX`] pixels (of a JPEG, the scale that its decoder offers) and
//! [`look`] judges the pixels; [`duplicates`] finds photos that are there twice. Limits and words stand in
//! `fault.rs`.
//!
//! What is measured at a reduced size says nothing about a blur much narrower than a pixel of it: of a photo
//! of 4000 pixels, one with a standard deviation below some three of its pixels passes.

mod duplicates;
mod fault;
mod grey;
#[cfg(test)]
mod look_tests;
mod sharpness;
#[cfg(test)]
mod testing;
mod tones;

pub use duplicates::{
    Alike, Copied, Duplicates, SAME_BITS, SAME_PLACE_M, SAME_TIME_S, Shot, duplicates,
    hash_candidates,
};
pub use fault::{
    CAP_MEAN, Fault, LEAST_EDGES, MOST_BLUR_PX, MOST_CLIPPED, MOST_DARK, MOST_MOTION_PX,
    MOST_UNEVEN, UNIFORM_CONTRAST, Verdict, Word,
};

use crate::pipeline::acquire::{Picture, read_picture};
use crate::{Error, Result};
use grey::Grey;
use serde::Serialize;
use sharpness::{Spread, spread_of};
use std::path::Path;
use tones::Tones;

/// The longer side in pixels at which photos are judged. Half the size of most cameras' photos: a quarter
/// would be decoded only a little faster, and hides a blur that is worth knowing.
pub const JUDGED_PX: u32 = 1800;

/// What a photo's pixels are worth. Grey values run from 0 to 255; pixels are those of the judged picture,
/// whose longer side has at most [`JUDGED_PX`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Quality {
    /// Pixels of the photo as stored to one pixel judged.
    pub reduction: f64,
    /// The standard deviation in pixels of the blur of edges, in the direction in which they are narrowest;
    /// `None` where there are too few.
    pub blur_px: Option<f64>,
    /// The same in the direction in which they are widest in comparison with the one across it.
    pub motion_px: Option<f64>,
    /// How many times wider that is than across it.
    pub unevenness: Option<f64>,
    /// That direction, in degrees clockwise from the photo's rows: 0, 45, 90 or 135.
    pub motion_deg: Option<u16>,
    /// The share of pixels on edges.
    pub edges: f64,
    /// The share of pixels without detail in the shadows: grey values up to 12.
    pub clipped_dark: f64,
    /// The share of pixels without detail in the lights: grey values from 250.
    pub clipped_bright: f64,
    /// The mean grey value.
    pub mean: f64,
    /// Grey values between the darkest 2 % and the brightest 2 %.
    pub contrast: f64,
    /// A hash of what the photo shows, for comparing it with others; `None` for a damaged or
    /// uniform one.
    pub likeness: Option<u64>,
    /// What is wrong, in the order of [`Fault::ALL`].
    pub verdicts: Vec<Verdict>,
}

impl Quality {
    /// Whether it has a fault.
    #[must_use]
    pub fn has(&self, fault: Fault) -> bool {
        self.verdicts.iter().any(|v| v.fault == fault)
    }

    /// Whether ground on this photo does not count as seen ([`Fault::hides_ground`]).
    #[must_use]
    pub fn hides_ground(&self) -> bool {
        self.verdicts.iter().any(|v| v.fault.hides_ground())
    }

    /// A file of which nothing can be read.
    fn unreadable(reason: String) -> Self {
        let verdict = Verdict::new(Fault::Damaged, 0.0, 1.0);
        Self {
            reduction: 1.0,
            blur_px: None,
            motion_px: None,
            unevenness: None,
            motion_deg: None,
            edges: 0.0,
            clipped_dark: 0.0,
            clipped_bright: 0.0,
            mean: 0.0,
            contrast: 0.0,
            likeness: None,
            verdicts: vec![Verdict { reason, ..verdict }],
        }
    }
}

/// Reads a photo and judges it. One that cannot be decoded is [`Fault::Damaged`], which is no error.
///
/// # Errors
/// [`Error::OpenRaster`] where there is no such file; [`Error::UnusableRaster`] where the values are not those
/// of a photo; [`Error::OutOfMemory`].
pub fn look_at(path: &Path) -> Result<Quality> {
    match read_picture(path, JUDGED_PX) {
        Ok(picture) => Ok(look(&picture)),
        Err(Error::OpenRaster { reason, .. } | Error::ReadRaster { reason, .. })
            if path.is_file() =>
        {
            Ok(Quality::unreadable(reason))
        }
        Err(e) => Err(e),
    }
}

/// Judges pixels. Of a damaged photo what could be read is judged.
#[must_use]
pub fn look(picture: &Picture) -> Quality {
    let damaged = picture.damage.as_ref().map(|damage| {
        let share = f64::from(damage.rows_before) / f64::from(picture.full_size.1.max(1));
        Verdict {
            reason: damage.reason.clone(),
            ..Verdict::new(Fault::Damaged, share, 1.0)
        }
    });
    if picture.width == 0 || picture.height == 0 {
        let reason = damaged.map_or_else(|| "it has no pixels".to_owned(), |v| v.reason);
        return Quality::unreadable(reason);
    }
    let whole = whole_rows(picture);
    let grey = Grey::of(picture).reduced(JUDGED_PX as usize, whole);
    let tones = Tones::of(&grey);
    let (edges, spread) = spread_of(&grey, LEAST_EDGES);
    let mut verdicts: Vec<Verdict> = damaged.into_iter().collect();
    if tones.contrast < UNIFORM_CONTRAST {
        let fault = if tones.mean <= CAP_MEAN {
            Fault::LensCap
        } else {
            Fault::Uniform
        };
        verdicts.push(Verdict::new(fault, tones.contrast, UNIFORM_CONTRAST));
    } else {
        match spread {
            None => verdicts.push(Verdict::new(Fault::NoDetail, edges, LEAST_EDGES)),
            Some(s) if is_smeared(s) => {
                let fault = Fault::MotionBlurred;
                verdicts.push(Verdict::new(fault, s.smeared_px, MOST_MOTION_PX));
            }
            Some(s) if s.narrowest_px > MOST_BLUR_PX => {
                verdicts.push(Verdict::new(Fault::Blurred, s.narrowest_px, MOST_BLUR_PX));
            }
            Some(_) => {}
        }
        for (fault, share, limit) in [
            (Fault::Underexposed, tones.dark, MOST_DARK),
            (Fault::Overexposed, tones.bright, MOST_CLIPPED),
        ] {
            if share > limit {
                verdicts.push(Verdict::new(fault, share, limit));
            }
        }
    }
    let is_comparable = picture.damage.is_none() && tones.contrast >= UNIFORM_CONTRAST;
    let width = u32::try_from(grey.width).unwrap_or(u32::MAX);
    Quality {
        reduction: f64::from(picture.full_size.0) / f64::from(width),
        blur_px: spread.map(|s| s.narrowest_px),
        motion_px: spread.map(|s| s.smeared_px),
        unevenness: spread.map(|s| s.uneven),
        motion_deg: spread.map(|s| s.smeared_deg),
        edges,
        clipped_dark: tones.dark,
        clipped_bright: tones.bright,
        mean: tones.mean,
        contrast: tones.contrast,
        likeness: is_comparable.then(|| likeness(&grey)),
        verdicts,
    }
}

/// Whether edges are wide in one direction and not across it: that would be want of focus, or both.
fn is_smeared(spread: Spread) -> bool {
    spread.smeared_px > MOST_MOTION_PX
        && spread.uneven > MOST_UNEVEN
        && spread.narrowest_px <= MOST_MOTION_PX
}

/// Rows that the picture would have, were its file whole.
fn whole_rows(picture: &Picture) -> usize {
    if picture.damage.is_none() {
        return picture.height;
    }
    let width = u32::try_from(picture.width).unwrap_or(u32::MAX);
    let (full_width, full_height) = picture.full_size;
    let rows = f64::from(full_height) * f64::from(width) / f64::from(full_width.max(1));
    (crate::georef::round_to_u32(rows) as usize).max(picture.height)
}

/// A hash of 64 bits of what a picture shows: it is averaged into 9 columns and 8 rows, and each bit says
/// whether it gets brighter from one column to the next (the difference hash, "dHash", of N. Krawetz).
/// Copies of a photo that was saved anew, made smaller or lit otherwise differ in few bits.
fn likeness(grey: &Grey) -> u64 {
    if grey.width < 9 || grey.height < 8 {
        return 0;
    }
    let small = grey.resized(9, 8);
    let pairs = small.values.chunks_exact(9).flat_map(|row| row.windows(2));
    pairs.fold(0, |hash, pair| hash << 1 | u64::from(pair[1] > pair[0]))
}
