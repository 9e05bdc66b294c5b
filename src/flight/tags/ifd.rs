//! Directories of a TIFF file, which are also what Exif stands in (TIFF 6.0, section 2; Exif 2.32, section
//! 4.6). Only tags that are asked for are read, and of them no more than the file holds: a photo of 8 MB
//! costs two small reads, whatever sizes it claims.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};

/// More entries than any camera writes.
const MOST_ENTRIES: usize = 4096;
/// No tag that is asked for is longer, packets of XMP included.
const MOST_BYTES: u64 = 1 << 20;

/// Which byte of a number comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum ByteOrder {
    #[default]
    Little,
    Big,
}

impl ByteOrder {
    fn u16(self, bytes: &[u8]) -> Option<u16> {
        let bytes = bytes.get(..2)?.try_into().ok()?;
        Some(match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        })
    }

    fn u32(self, bytes: &[u8]) -> Option<u32> {
        let bytes = bytes.get(..4)?.try_into().ok()?;
        Some(match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        })
    }

    fn i32(self, bytes: &[u8]) -> Option<i32> {
        self.u32(bytes).map(u32::cast_signed)
    }

    fn u64(self, bytes: &[u8]) -> Option<u64> {
        let bytes = bytes.get(..8)?.try_into().ok()?;
        Some(match self {
            Self::Little => u64::from_le_bytes(bytes),
            Self::Big => u64::from_be_bytes(bytes),
        })
    }
}

/// A number of a tag, and how fine it is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Number {
    /// NaN where a fraction has no denominator.
    pub(super) value: f64,
    /// The smallest difference that could be written.
    pub(super) step: f64,
}

/// One tag as it stands in the file.
#[derive(Debug, Clone)]
struct Entry {
    kind: u16,
    bytes: Vec<u8>,
}

/// The tags of one directory that were asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Directory {
    order: ByteOrder,
    entries: BTreeMap<u16, Entry>,
}

impl Directory {
    /// The bytes of a tag as they stand.
    pub(super) fn bytes(&self, tag: u16) -> &[u8] {
        self.entries.get(&tag).map_or(&[], |e| &e.bytes)
    }

    /// The text of a tag without blanks around it; empty where there is none.
    pub(super) fn text(&self, tag: u16) -> String {
        let bytes = self.bytes(tag);
        let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
        String::from_utf8_lossy(&bytes[..end]).trim().to_owned()
    }

    /// The numbers of a tag, of whatever kind they are; none where it holds none.
    pub(super) fn numbers(&self, tag: u16) -> Vec<Number> {
        let Some(entry) = self.entries.get(&tag) else {
            return Vec::new();
        };
        let size = size_of(entry.kind).unwrap_or(1);
        let numbers = entry.bytes.chunks_exact(size).take(16);
        numbers
            .map_while(|bytes| number(entry.kind, self.order, bytes))
            .collect()
    }

    /// The first number of a tag; NaN, infinity and fractions without denominator are none.
    pub(super) fn number(&self, tag: u16) -> Option<f64> {
        let value = self.numbers(tag).first()?.value;
        value.is_finite().then_some(value)
    }

    /// The first number of a tag as a whole number.
    pub(super) fn whole(&self, tag: u16) -> Option<u32> {
        let value = self.number(tag)?;
        let is_whole = value >= 0.0 && value <= f64::from(u32::MAX) && value.fract() == 0.0;
        is_whole.then(|| crate::georef::round_to_u32(value))
    }

    pub(super) fn has(&self, tag: u16) -> bool {
        self.entries.contains_key(&tag)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// Order and place of the first directory, as the eight bytes at the front say.
pub(super) fn header(bytes: &[u8]) -> Option<(ByteOrder, u32)> {
    let order = match bytes.get(..2)? {
        b"II" => ByteOrder::Little,
        b"MM" => ByteOrder::Big,
        _ => return None,
    };
    (order.u16(&bytes[2..])? == 42).then_some(())?;
    Some((order, order.u32(bytes.get(4..)?)?))
}

/// Reads the wanted tags of the directory at `offset`, and whether all of them were whole.
pub(super) fn directory<R: Read + Seek>(
    source: &mut R,
    order: ByteOrder,
    offset: u32,
    wanted: &[u16],
) -> (Directory, bool) {
    let mut found = Directory {
        order,
        entries: BTreeMap::new(),
    };
    let count = order.u16(&read_at(source, offset, 2));
    let Some(count) = count.map(usize::from) else {
        return (found, false);
    };
    let listed = count.min(MOST_ENTRIES);
    let list = read_at(source, offset.saturating_add(2), 12 * listed as u64);
    let mut is_whole = count <= MOST_ENTRIES && list.len() == 12 * listed;
    for entry in list.chunks_exact(12) {
        let (Some(tag), Some(kind), Some(count)) = (
            order.u16(entry),
            order.u16(&entry[2..]),
            order.u32(&entry[4..]),
        ) else {
            continue;
        };
        if !wanted.contains(&tag) || found.entries.contains_key(&tag) {
            continue;
        }
        let Some(size) = size_of(kind) else {
            is_whole = false;
            continue;
        };
        let length = u64::from(count) * size as u64;
        let bytes = match usize::try_from(length) {
            Ok(length @ 0..=4) => entry[8..8 + length].to_vec(),
            _ => read_at(
                source,
                order.u32(&entry[8..]).unwrap_or(u32::MAX),
                length.min(MOST_BYTES),
            ),
        };
        is_whole &= bytes.len() as u64 == length;
        if !bytes.is_empty() {
            found.entries.insert(tag, Entry { kind, bytes });
        }
    }
    (found, is_whole)
}

/// What the source holds of `length` bytes at `offset`.
fn read_at<R: Read + Seek>(source: &mut R, offset: u32, length: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    if source.seek(SeekFrom::Start(u64::from(offset))).is_ok() {
        // What was read before an error is kept; the caller sees that it is short.
        let _ = source.take(length).read_to_end(&mut bytes);
    }
    bytes
}

/// Bytes of one number of a kind.
fn size_of(kind: u16) -> Option<usize> {
    match kind {
        1 | 2 | 6 | 7 => Some(1),
        3 | 8 => Some(2),
        4 | 9 | 11 | 13 => Some(4),
        5 | 10 | 12 => Some(8),
        _ => None,
    }
}

fn number(kind: u16, order: ByteOrder, bytes: &[u8]) -> Option<Number> {
    let fraction = |over: f64, under: f64| Number {
        value: if under == 0.0 { f64::NAN } else { over / under },
        step: 1.0 / under.abs(),
    };
    let whole = |value: f64| Number { value, step: 1.0 };
    Some(match kind {
        1 | 7 => whole(f64::from(*bytes.first()?)),
        6 => whole(f64::from(bytes.first()?.cast_signed())),
        3 => whole(f64::from(order.u16(bytes)?)),
        8 => whole(f64::from(order.u16(bytes)?.cast_signed())),
        4 | 13 => whole(f64::from(order.u32(bytes)?)),
        9 => whole(f64::from(order.i32(bytes)?)),
        5 => fraction(
            f64::from(order.u32(bytes)?),
            f64::from(order.u32(bytes.get(4..)?)?),
        ),
        10 => fraction(
            f64::from(order.i32(bytes)?),
            f64::from(order.i32(bytes.get(4..)?)?),
        ),
        11 => Number {
            value: f64::from(f32::from_bits(order.u32(bytes)?)),
            step: 0.0,
        },
        12 => Number {
            value: f64::from_bits(order.u64(bytes)?),
            step: 0.0,
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn numbers_of_every_kind_are_read_in_both_orders() {
        let one = |kind, order, bytes: &[u8]| number(kind, order, bytes).unwrap().value;
        assert_eq!(
            one(3, ByteOrder::Big, &[1, 2]).to_bits(),
            258.0f64.to_bits()
        );
        assert_eq!(
            one(3, ByteOrder::Little, &[1, 2]).to_bits(),
            513.0f64.to_bits()
        );
        assert_eq!(
            one(9, ByteOrder::Big, &[255, 255, 255, 254]).to_bits(),
            (-2.0f64).to_bits()
        );
        let half = number(5, ByteOrder::Big, &[0, 0, 0, 1, 0, 0, 0, 2]).unwrap();
        assert_eq!(
            half,
            Number {
                value: 0.5,
                step: 0.5
            }
        );
        assert!(one(5, ByteOrder::Big, &[0, 0, 0, 1, 0, 0, 0, 0]).is_nan());
        assert_eq!(
            one(12, ByteOrder::Big, &2.5f64.to_be_bytes()).to_bits(),
            2.5f64.to_bits()
        );
    }

    #[test]
    fn claims_of_a_file_allocate_nothing() {
        // A directory of 65,535 entries of which the first claims 4 GiB.
        let mut bytes = b"II\x2a\0\x08\0\0\0\xff\xff".to_vec();
        bytes.extend([0x0f, 0x01, 2, 0, 0xff, 0xff, 0xff, 0xff, 10, 0, 0, 0]);
        let (order, offset) = header(&bytes).unwrap();
        let (found, is_whole) = directory(&mut Cursor::new(&bytes), order, offset, &[0x010f]);
        assert!(!is_whole);
        assert!(found.bytes(0x010f).len() <= bytes.len());
    }
}
