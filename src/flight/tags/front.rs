//! The front of a photo: its size, its Exif directories and its packet of XMP. Pixels are never read.

use super::ifd::{self, Directory};
use crate::{Error, Result};
use fs_err::File;
use std::io::{BufReader, Cursor, Read};
use std::path::Path;

/// Numbers of the tags that are read (Exif 2.32, tables 4 to 15; TIFF 6.0; XMP part 3 for 700).
pub(super) mod tag {
    pub(in super::super) const WIDTH: u16 = 0x0100;
    pub(in super::super) const HEIGHT: u16 = 0x0101;
    pub(in super::super) const MAKE: u16 = 0x010f;
    pub(in super::super) const MODEL: u16 = 0x0110;
    pub(in super::super) const ORIENTATION: u16 = 0x0112;
    pub(in super::super) const XMP: u16 = 0x02bc;
    pub(in super::super) const EXIF: u16 = 0x8769;
    pub(in super::super) const GPS: u16 = 0x8825;
    pub(in super::super) const TAKEN: u16 = 0x9003;
    pub(in super::super) const DIGITIZED: u16 = 0x9004;
    pub(in super::super) const OFFSET: u16 = 0x9010;
    pub(in super::super) const TAKEN_OFFSET: u16 = 0x9011;
    pub(in super::super) const DIGITIZED_OFFSET: u16 = 0x9012;
    pub(in super::super) const FOCAL: u16 = 0x920a;
    pub(in super::super) const FULL_WIDTH: u16 = 0xa002;
    pub(in super::super) const FULL_HEIGHT: u16 = 0xa003;
    pub(in super::super) const PLANE_X: u16 = 0xa20e;
    pub(in super::super) const PLANE_UNIT: u16 = 0xa210;
    pub(in super::super) const ZOOM: u16 = 0xa404;
    pub(in super::super) const FOCAL_35: u16 = 0xa405;
    pub(in super::super) const LAT_REF: u16 = 1;
    pub(in super::super) const LAT: u16 = 2;
    pub(in super::super) const LON_REF: u16 = 3;
    pub(in super::super) const LON: u16 = 4;
    pub(in super::super) const ALTITUDE_REF: u16 = 5;
    pub(in super::super) const ALTITUDE: u16 = 6;
    pub(in super::super) const GPS_TIME: u16 = 7;
    pub(in super::super) const DATUM: u16 = 18;
    pub(in super::super) const GPS_DATE: u16 = 29;
}

const MAIN: [u16; 8] = [
    tag::WIDTH,
    tag::HEIGHT,
    tag::MAKE,
    tag::MODEL,
    tag::ORIENTATION,
    tag::XMP,
    tag::EXIF,
    tag::GPS,
];
const EXIF: [u16; 12] = [
    tag::TAKEN,
    tag::DIGITIZED,
    tag::OFFSET,
    tag::TAKEN_OFFSET,
    tag::DIGITIZED_OFFSET,
    tag::FOCAL,
    tag::FULL_WIDTH,
    tag::FULL_HEIGHT,
    tag::PLANE_X,
    tag::PLANE_UNIT,
    tag::ZOOM,
    tag::FOCAL_35,
];
const GPS: [u16; 9] = [
    tag::LAT_REF,
    tag::LAT,
    tag::LON_REF,
    tag::LON,
    tag::ALTITUDE_REF,
    tag::ALTITUDE,
    tag::GPS_TIME,
    tag::DATUM,
    tag::GPS_DATE,
];

/// What stands at the front of a photo.
#[derive(Debug, Default)]
pub(super) struct Front {
    /// Columns and rows as stored; 0 where the file does not say.
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) main: Directory,
    pub(super) exif: Directory,
    pub(super) gps: Directory,
    /// XMP as it stands; empty where there is none.
    pub(super) packet: Vec<u8>,
    pub(super) notes: Vec<String>,
}

/// Reads the front of a JPEG or a TIFF.
pub(super) fn read(path: &Path) -> Result<Front> {
    // Tags of most cameras lie within the first 64 kB.
    let mut file = BufReader::with_capacity(1 << 16, File::open(path)?);
    let mut start = Vec::new();
    (&mut file).take(8).read_to_end(&mut start)?;
    let mut front = Front::default();
    match start.as_slice() {
        [0xff, 0xd8, ..] => {
            file.seek_relative(2 - i64::try_from(start.len()).unwrap_or(8))?;
            jpeg(&mut file, &mut front)?;
        }
        // BigTIFF is written of pictures over 4 GB, which no camera takes.
        [b'I', b'I', 43, 0, ..] | [b'M', b'M', 0, 43, ..] => {
            return Err(no_photo(path, "a BigTIFF"));
        }
        _ => {
            let Some((order, offset)) = ifd::header(&start) else {
                return Err(no_photo(path, &described(&start)));
            };
            // Tags lie far apart, and a buffer would read much more than they are.
            tiff(&mut file.into_inner(), &mut front, order, offset);
            front.width = front.main.whole(tag::WIDTH).unwrap_or(0);
            front.height = front.main.whole(tag::HEIGHT).unwrap_or(0);
            front.packet = front.main.bytes(tag::XMP).to_vec();
        }
    }
    if front.width == 0 || front.height == 0 {
        let full = |tag| front.exif.whole(tag).unwrap_or(0);
        (front.width, front.height) = (full(tag::FULL_WIDTH), full(tag::FULL_HEIGHT));
        let problem = "the file does not say how large the picture is: it is damaged";
        front.notes.push(problem.into());
    }
    Ok(front)
}

fn no_photo(path: &Path, seen: &str) -> Error {
    Error::UnusableRaster {
        path: path.to_owned(),
        problem: format!("is {seen}, wanted a photo as JPEG or TIFF"),
        hint: "give the photos as they came from the camera; an empty or cut-off copy must be copied again"
            .into(),
    }
}

/// What the first bytes of a file that is no photo are, in words.
fn described(start: &[u8]) -> String {
    match start {
        [] => "empty".into(),
        [0x89, b'P', b'N', b'G', ..] => "a PNG picture".into(),
        [_, _, _, _, b'f', b't', b'y', b'p'] => "a video or a HEIC picture".into(),
        _ => {
            let bytes: Vec<String> = start.iter().map(|b| format!("{b:02x}")).collect();
            format!("something that begins with the bytes {}", bytes.join(" "))
        }
    }
}

/// The directories behind a TIFF header at the front of `source`.
fn tiff<R: Read + std::io::Seek>(
    source: &mut R,
    front: &mut Front,
    order: ifd::ByteOrder,
    offset: u32,
) {
    let (main, mut is_whole) = ifd::directory(source, order, offset, &MAIN);
    let mut part = |pointer, wanted: &[u16]| match main.whole(pointer) {
        Some(offset) => {
            let (found, part_is_whole) = ifd::directory(source, order, offset, wanted);
            is_whole &= part_is_whole;
            found
        }
        None => Directory::default(),
    };
    front.exif = part(tag::EXIF, &EXIF);
    front.gps = part(tag::GPS, &GPS);
    front.main = main;
    if !is_whole {
        let problem = "its Exif tags are damaged; what can be read was taken";
        front.notes.push(problem.into());
    }
}

/// Head of a segment that holds Exif, XMP, and a piece of XMP that one segment cannot hold.
const EXIF_HEAD: &[u8] = b"Exif\0";
const XMP_HEAD: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const MORE_XMP_HEAD: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";
/// Behind the head of a piece: a digest of 32 letters, the length of all and the place of this one.
const MORE_XMP_BYTES: usize = 40;
/// Cameras hide maps of depth in such pieces, which nobody wants here.
const MOST_MORE_XMP: usize = 1 << 20;

/// Walks the segments of a JPEG behind its first marker up to the picture (ISO/IEC 10918-1, annex B).
fn jpeg(file: &mut BufReader<File>, front: &mut Front) -> Result<()> {
    let mut more_xmp: Vec<(u32, Vec<u8>)> = Vec::new();
    let mut more_bytes = 0;
    loop {
        let Some((marker, length)) = segment(file)? else {
            let problem = "its front is damaged or cut off; what can be read was taken";
            front.notes.push(problem.into());
            break;
        };
        // 0xda begins the pixels, 0xd9 ends the file.
        if matches!(marker, 0xda | 0xd9) {
            break;
        }
        let is_size = matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
        if marker != 0xe1 && !is_size {
            file.seek_relative(i64::from(length))?;
            continue;
        }
        let mut body = Vec::new();
        (&mut *file)
            .take(u64::from(length))
            .read_to_end(&mut body)?;
        if is_size {
            if let [_, a, b, c, d, ..] = body[..] {
                front.height = u32::from(u16::from_be_bytes([a, b]));
                front.width = u32::from(u16::from_be_bytes([c, d]));
            }
        } else if body.starts_with(EXIF_HEAD) && front.main.is_empty() {
            // One byte of padding follows the head.
            let body = body.get(EXIF_HEAD.len() + 1..).unwrap_or_default();
            match ifd::header(body) {
                Some((order, offset)) => tiff(&mut Cursor::new(body), front, order, offset),
                None => front.notes.push("its Exif tags are damaged".into()),
            }
        } else if let Some(packet) = body.strip_prefix(XMP_HEAD)
            && front.packet.is_empty()
        {
            front.packet = packet.to_vec();
        } else if let Some(piece) = body.strip_prefix(MORE_XMP_HEAD)
            && let Some((&[a, b, c, d], rest)) = piece
                .get(MORE_XMP_BYTES - 4..)
                .and_then(<[u8]>::split_first_chunk)
            && more_bytes + rest.len() <= MOST_MORE_XMP
        {
            more_bytes += rest.len();
            more_xmp.push((u32::from_be_bytes([a, b, c, d]), rest.to_vec()));
        }
    }
    more_xmp.sort();
    for (_, piece) in more_xmp {
        front.packet.extend(piece);
    }
    Ok(())
}

/// Marker of the next segment and bytes behind its length; none where the file is damaged or ends.
fn segment(file: &mut BufReader<File>) -> Result<Option<(u8, u16)>> {
    loop {
        let mut bytes = Vec::new();
        (&mut *file).take(2).read_to_end(&mut bytes)?;
        let [0xff, mut marker] = bytes[..] else {
            return Ok(None);
        };
        // Any number of fill bytes may stand before a marker.
        while marker == 0xff {
            let mut next = [0];
            if file.read(&mut next)? == 0 {
                return Ok(None);
            }
            marker = next[0];
        }
        match marker {
            0x00 => return Ok(None),
            // These stand alone.
            0x01 | 0xd0..=0xd8 => {}
            0xda | 0xd9 => return Ok(Some((marker, 0))),
            _ => {
                let mut length = Vec::new();
                (&mut *file).take(2).read_to_end(&mut length)?;
                let [a, b] = length[..] else {
                    return Ok(None);
                };
                let length = u16::from_be_bytes([a, b]).checked_sub(2);
                return Ok(length.map(|length| (marker, length)));
            }
        }
    }
}
