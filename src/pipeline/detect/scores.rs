//! Scores of a tile's core, and how they are kept for a later run: little-endian, compressed as
//! an LZ4 block behind its length.
//!
//! `col_off`, `row_off`, `width`, `height` and the number of planes as `u32`; then for each plane
//! a byte for its kind and its values in row-major order. Scores are whole 65535ths and take two
//! bytes each, before them a bit for each that is a hole where there are any; values of a
//! regression take four.

use crate::georef::Window;
use crate::{Error, Result};

/// Kinds of planes.
const WHOLE: u8 = 0;
const WITH_HOLES: u8 = 1;
const FLOATS: u8 = 2;

/// Scores or values of a tile's core.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TileScores {
    /// In grid pixels.
    pub(super) core: Window,
    /// A plane a class or value, `[row, col]`; NaN is a hole.
    pub(super) planes: Vec<Vec<f32>>,
}

impl TileScores {
    /// What is kept of them.
    pub(super) fn encode(&self) -> Vec<u8> {
        let core = &self.core;
        let count = u32::try_from(self.planes.len()).unwrap_or(u32::MAX);
        let mut bytes = Vec::new();
        for number in [core.col_off, core.row_off, core.width, core.height, count] {
            bytes.extend(number.to_le_bytes());
        }
        for plane in &self.planes {
            encode_plane(plane, &mut bytes);
        }
        lz4_flex::compress_prepend_size(&bytes)
    }

    /// What was kept, of `planes` planes within `bounds`.
    pub(super) fn decode(kept: &[u8], planes: usize, bounds: Window) -> Result<Self> {
        let damaged = || Error::Internal("kept scores do not fit this run".into());
        // Nobody may ask for more room than the largest tile takes.
        let most = 20 + planes as u64 * (1 + 5 * bounds.area());
        let (size, _) = lz4_flex::block::uncompressed_size(kept).map_err(|_| damaged())?;
        if size as u64 > most {
            return Err(damaged());
        }
        let bytes = lz4_flex::decompress_size_prepended(kept).map_err(|_| damaged())?;
        let mut rest = Bytes(&bytes);
        let mut decode = || -> Option<Self> {
            let core = Window {
                col_off: rest.number()?,
                row_off: rest.number()?,
                width: rest.number()?,
                height: rest.number()?,
            };
            core.col_off.checked_add(core.width)?;
            core.row_off.checked_add(core.height)?;
            if rest.number()? as usize != planes || core.intersection(&bounds) != Some(core) {
                return None;
            }
            let count = usize::try_from(core.area()).ok()?;
            let planes = (0..planes).map(|_| decode_plane(&mut rest, count));
            let planes = planes.collect::<Option<_>>()?;
            rest.0.is_empty().then_some(Self { core, planes })
        };
        decode().ok_or_else(damaged)
    }
}

/// The number of 65535ths, where a score is one.
fn code(value: f32) -> Option<u16> {
    let whole = (value * 65_535.0).round();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number in the range of u16"
    )]
    let code = (0.0..=65_535.0).contains(&whole).then_some(whole as u16)?;
    (score(code).to_bits() == value.to_bits()).then_some(code)
}

/// A score of so many 65535ths.
pub(super) fn score(code: u16) -> f32 {
    f32::from(code) / 65_535.0
}

fn encode_plane(plane: &[f32], bytes: &mut Vec<u8>) {
    let is_hole = |v: &f32| v.to_bits() == f32::NAN.to_bits();
    let codes = plane
        .iter()
        .map(|v| if is_hole(v) { Some(0) } else { code(*v) });
    let Some(codes) = codes.collect::<Option<Vec<u16>>>() else {
        bytes.push(FLOATS);
        bytes.extend(plane.iter().flat_map(|v| v.to_le_bytes()));
        return;
    };
    if plane.iter().any(is_hole) {
        bytes.push(WITH_HOLES);
        let holes = plane.chunks(8).map(|eight| {
            let bits = eight.iter().enumerate();
            bits.fold(0, |byte, (i, v)| byte | u8::from(is_hole(v)) << i)
        });
        bytes.extend(holes);
    } else {
        bytes.push(WHOLE);
    }
    bytes.extend(codes.iter().flat_map(|c| c.to_le_bytes()));
}

fn decode_plane(rest: &mut Bytes<'_>, count: usize) -> Option<Vec<f32>> {
    let scores = |bytes: &[u8]| -> Vec<f32> {
        let pairs = bytes.chunks_exact(2);
        pairs
            .map(|b| score(u16::from_le_bytes([b[0], b[1]])))
            .collect()
    };
    match rest.take(1)?[0] {
        WHOLE => Some(scores(rest.take(2 * count)?)),
        WITH_HOLES => {
            let holes = rest.take(count.div_ceil(8))?;
            let mut plane = scores(rest.take(2 * count)?);
            for (i, value) in plane.iter_mut().enumerate() {
                if holes[i / 8] >> (i % 8) & 1 == 1 {
                    *value = f32::NAN;
                }
            }
            Some(plane)
        }
        FLOATS => {
            let fours = rest.take(4 * count)?.chunks_exact(4);
            Some(
                fours
                    .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                    .collect(),
            )
        }
        _ => None,
    }
}

/// Bytes not yet read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        let bytes = self.take(4)?;
        Some(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BOUNDS: Window = Window {
        col_off: 0,
        row_off: 0,
        width: 100,
        height: 100,
    };

    fn value() -> impl Strategy<Value = f32> {
        prop_oneof![
            any::<u16>().prop_map(score),
            Just(f32::NAN),
            Just(-0.0),
            any::<f32>().prop_filter("no other not-a-number", |v| !v.is_nan()),
        ]
    }

    fn tile() -> impl Strategy<Value = TileScores> {
        (1_u32..9, 1_u32..9, 1_usize..4, any::<bool>()).prop_flat_map(
            |(width, height, n, exact)| {
                let count = (width * height) as usize;
                let value = if exact {
                    any::<u16>().prop_map(score).boxed()
                } else {
                    value().boxed()
                };
                let planes = prop::collection::vec(prop::collection::vec(value, count), n);
                planes.prop_map(move |planes| TileScores {
                    core: Window {
                        col_off: 3,
                        row_off: 5,
                        width,
                        height,
                    },
                    planes,
                })
            },
        )
    }

    fn bits(tile: &TileScores) -> Vec<u32> {
        tile.planes.iter().flatten().map(|v| v.to_bits()).collect()
    }

    proptest! {
        #[test]
        fn what_is_kept_comes_back(tile in tile()) {
            let back = TileScores::decode(&tile.encode(), tile.planes.len(), BOUNDS).unwrap();
            prop_assert_eq!(back.core, tile.core);
            prop_assert_eq!(bits(&back), bits(&tile));
        }

        #[test]
        fn damage_is_refused(tile in tile(), at in any::<prop::sample::Index>(), bit in 0_u32..8) {
            let mut kept = tile.encode();
            let at = at.index(kept.len());
            kept[at] ^= 1_u8 << bit;
            // Another value may come of it, but no panic and no other shape.
            if let Ok(back) = TileScores::decode(&kept, tile.planes.len(), BOUNDS) {
                prop_assert!(back.planes.iter().all(|p| p.len() as u64 == back.core.area()));
            }
        }
    }

    #[test]
    fn scores_take_two_bytes_and_no_room_is_asked_for_in_vain() {
        let core = Window {
            width: 64,
            height: 64,
            ..BOUNDS
        };
        let noise = |i: u32| score(u16::try_from(i * 40_503 % 65_536).unwrap());
        let tile = TileScores {
            core,
            planes: vec![(0..64 * 64).map(noise).collect()],
        };
        assert!(tile.encode().len() < 64 * 64 * 2 + 100);
        let mut kept = tile.encode();
        kept[3] = 0x7f;
        assert!(TileScores::decode(&kept, 1, BOUNDS).is_err());
        assert!(TileScores::decode(&tile.encode(), 2, BOUNDS).is_err());
        let elsewhere = Window {
            col_off: 50,
            ..BOUNDS
        };
        assert!(TileScores::decode(&tile.encode(), 1, elsewhere).is_err());
    }
}
