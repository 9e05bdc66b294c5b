//! A photo's pixels at about a wanted size, for judging it rather than scanning it.
//!
//! GDAL offers a JPEG at a half, a quarter and an eighth of its size, decoded at that scale (its
//! "implicit overviews"); what the file does not offer is averaged in whole blocks.

use super::open::{check_way, open_dataset, plain_reason};
use super::samples::Sample;
use super::{Samples, reader::OUT_OF_MEMORY};
use crate::{Error, Result};
use gdal::errors::GdalError;
use gdal::raster::{ColorInterpretation, GdalDataType, RasterBand};
use gdal::{Dataset, Metadata};
use std::path::Path;

/// A photo at a reduced size, or as much of it as could be read.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Columns and rows of the photo as stored.
    pub full_size: (u32, u32),
    /// Columns.
    pub width: usize,
    /// Rows that could be read.
    pub height: usize,
    /// Bands: 1, or 3 of red, green and blue.
    pub bands: usize,
    /// Bytes or 16-bit values, `[band, row, col]`.
    pub samples: Samples,
    /// Bits of a value that are used, where the file says so; else those of its type.
    pub bits: u32,
    /// Where the file is damaged.
    pub damage: Option<Damage>,
}

/// Where reading a photo came to an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Rows of the photo as stored before that; about, as it was read at a reduced size.
    pub rows_before: u32,
    /// What GDAL said.
    pub reason: String,
}

/// Reads a photo at the smallest size on offer whose longer side has `about_px` pixels or more: less than
/// twice as many. A photo that is smaller comes as it is.
///
/// A file that breaks off gives what stands before that, and where it ends.
///
/// # Errors
/// [`Error::OpenRaster`] where not even its size can be read; [`Error::UnusableRaster`] where its values are
/// neither bytes nor of 16 bits, or stand for colours of a palette; [`Error::OutOfMemory`].
pub fn read_picture(path: &Path, about_px: u32) -> Result<Picture> {
    check_way(path)?;
    let dataset = open_dataset(path)?;
    let sides = dataset.raster_size();
    let (Ok(width), Ok(height)) = (u32::try_from(sides.0), u32::try_from(sides.1)) else {
        return Err(unusable(path, &format!("has {sides:?} columns and rows")));
    };
    let reading = |e: &GdalError| Error::ReadRaster {
        path: path.to_owned(),
        window: "its bands".into(),
        reason: plain_reason(e),
    };
    let full = color_bands(&dataset).map_err(|e| reading(&e))?;
    let Some(first) = full.first() else {
        return Err(unusable(path, "has no band of values"));
    };
    if first.color_interpretation() == ColorInterpretation::PaletteIndex {
        return Err(unusable(path, "has a palette"));
    }
    let kind = first.band_type();
    let bits = first.metadata_item("NBITS", "IMAGE_STRUCTURE");
    let bits = bits.and_then(|bits| bits.parse().ok());
    let bands = at_level(full, about_px).map_err(|e| reading(&e))?;
    let read = match kind {
        GdalDataType::UInt8 => read_planes::<u8>(&bands, about_px),
        GdalDataType::UInt16 => read_planes::<u16>(&bands, about_px),
        other => {
            return Err(unusable(
                path,
                &format!("has values of type {}", other.name()),
            ));
        }
    };
    let planes = read.map_err(|e| Error::OutOfMemory {
        path: path.to_owned(),
        reason: plain_reason(&e),
    })?;
    let share = |rows: usize| {
        let rows = u64::try_from(rows).unwrap_or(u64::MAX);
        let whole = u64::try_from(planes.whole_height).unwrap_or(1).max(1);
        u32::try_from(rows.saturating_mul(u64::from(height)) / whole).unwrap_or(height)
    };
    Ok(Picture {
        full_size: (width, height),
        width: planes.width,
        height: planes.height,
        bands: bands.len(),
        bits: bits.unwrap_or(if kind == GdalDataType::UInt8 { 8 } else { 16 }),
        damage: planes.problem.map(|reason| Damage {
            rows_before: share(planes.height),
            reason,
        }),
        samples: planes.samples,
    })
}

fn unusable(path: &Path, problem: &str) -> Error {
    Error::UnusableRaster {
        path: path.to_owned(),
        problem: format!("{problem}, wanted a photo of bytes or 16-bit values"),
        hint: "give the photos as the camera wrote them".into(),
    }
}

/// Red, green and blue where there are three of a kind, else the first.
fn color_bands(dataset: &Dataset) -> Result<Vec<RasterBand<'_>>, GdalError> {
    let mut bands = Vec::new();
    for index in 1..=dataset.raster_count() {
        let band = dataset.rasterband(index)?;
        if band.color_interpretation() != ColorInterpretation::AlphaBand {
            bands.push(band);
        }
    }
    let alike = bands
        .iter()
        .take_while(|b| b.band_type() == bands[0].band_type());
    let wanted = if alike.count() >= 3 { 3 } else { 1 };
    bands.truncate(wanted);
    Ok(bands)
}

/// The bands at the smallest size on offer that is large enough.
fn at_level(full: Vec<RasterBand<'_>>, about_px: u32) -> Result<Vec<RasterBand<'_>>, GdalError> {
    let first = &full[0];
    let long_side = |band: &RasterBand<'_>| band.x_size().max(band.y_size());
    let mut best = (long_side(first), None);
    for index in 0..usize::try_from(first.overview_count()?).unwrap_or(0) {
        let side = long_side(&first.overview(index)?);
        if side >= about_px as usize && side < best.0 {
            best = (side, Some(index));
        }
    }
    full.into_iter()
        .map(|band| match best.1 {
            Some(index) => band.overview(index),
            None => Ok(band),
        })
        .collect()
}

struct Planes {
    width: usize,
    height: usize,
    whole_height: usize,
    samples: Samples,
    problem: Option<String>,
}

/// Reads the bands, averaged in blocks of whole pixels where they are still twice as large as wanted or
/// more. An error is one of memory; others end the rows.
fn read_planes<T>(bands: &[RasterBand<'_>], about_px: u32) -> Result<Planes, GdalError>
where
    T: Sample + Into<u64> + TryFrom<u64>,
{
    let (full_width, full_height) = bands[0].size();
    let block = (full_width.max(full_height) / (about_px.max(1) as usize)).max(1);
    let block = block.min(full_width).min(full_height).max(1);
    let (width, whole_height) = (full_width / block, full_height / block);
    let mut values = vec![T::default(); bands.len() * width * whole_height];
    let mut strip = vec![T::default(); full_width * block];
    let (mut row, mut problem) = (0, None);
    // A row of all bands at a time: so none is decoded twice, however small GDAL's cache is, and it shows
    // how far a damaged file goes. After an error the decoder makes rows up, so nothing is read behind it.
    while row < whole_height && problem.is_none() {
        let read = (0..bands.len()).try_for_each(|index| {
            read_rows(&bands[index], row * block, full_width, &mut strip)?;
            let start = (index * whole_height + row) * width;
            let target = &mut values[start..start + width];
            if block == 1 {
                target.copy_from_slice(&strip);
            } else {
                average(&strip, full_width, block, target);
            }
            Ok(())
        });
        match read {
            Ok(()) => row += 1,
            Err(e) if is_out_of_memory(&e) => return Err(e),
            Err(e) => problem = Some(plain_reason(&e)),
        }
    }
    if row < whole_height {
        for index in 1..bands.len() {
            let from = index * whole_height * width;
            values.copy_within(from..from + row * width, index * row * width);
        }
        values.truncate(bands.len() * row * width);
    }
    Ok(Planes {
        width,
        height: row,
        whole_height,
        samples: T::wrap(values),
        problem,
    })
}

fn is_out_of_memory(error: &GdalError) -> bool {
    matches!(error, GdalError::CplError { number, .. } if *number == OUT_OF_MEMORY)
}

fn read_rows<T: Sample>(
    band: &RasterBand<'_>,
    row: usize,
    width: usize,
    rows: &mut [T],
) -> Result<(), GdalError> {
    let size = (width, rows.len() / width.max(1));
    let offset = (0, isize::try_from(row)?);
    band.read_into_slice(offset, size, size, rows, None)
}

/// Averages a strip of `block` rows into one row.
fn average<T: Sample + Into<u64> + TryFrom<u64>>(
    strip: &[T],
    full_width: usize,
    block: usize,
    target: &mut [T],
) {
    let count = u64::try_from(block * block).unwrap_or(u64::MAX);
    for (col, value) in target.iter_mut().enumerate() {
        let sum: u64 = strip
            .chunks_exact(full_width)
            .flat_map(|row| &row[col * block..(col + 1) * block])
            .map(|v| (*v).into())
            .sum();
        *value = T::try_from((sum + count / 2) / count).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::write_photo;
    use super::*;

    fn grey(size: (usize, usize)) -> Vec<u8> {
        let pixel = |i: usize| u8::try_from((i % size.0 * 7 + i / size.0 * 13) % 200).unwrap();
        (0..size.0 * size.1).map(pixel).collect()
    }

    #[test]
    fn a_jpeg_comes_at_a_size_that_it_offers() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.jpg");
        let plane = grey((640, 400));
        write_photo(
            "JPEG",
            &path,
            (640, 400),
            &[plane.clone(), plane.clone(), plane],
        );
        for (about, size) in [
            (1000, (640, 400)),
            (321, (640, 400)),
            (320, (320, 200)),
            (100, (160, 100)),
        ] {
            let picture = read_picture(&path, about).unwrap();
            assert_eq!((picture.width, picture.height), size, "{about}");
            assert_eq!(picture.bands, 3);
            assert_eq!(picture.full_size, (640, 400));
            assert_eq!(picture.damage, None);
        }
    }

    #[test]
    fn what_offers_no_size_is_averaged() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.tif");
        let pixel = |i: usize| u16::try_from(i % 8).unwrap() * 1000;
        write_photo(
            "GTiff",
            &path,
            (8, 6),
            &[(0..48).map(pixel).collect::<Vec<u16>>()],
        );
        let picture = read_picture(&path, 4).unwrap();
        assert_eq!((picture.width, picture.height, picture.bits), (4, 3, 16));
        let Samples::U16(values) = &picture.samples else {
            panic!("{:?}", picture.samples);
        };
        assert_eq!(values[..4], [500, 2500, 4500, 6500]);
    }

    #[test]
    fn a_file_cut_off_gives_what_stands_before() {
        let dir = tempfile::tempdir().unwrap();
        for (driver, name) in [("JPEG", "a.jpg"), ("GTiff", "a.tif")] {
            let path = dir.path().join(name);
            let mut rng = fastrand::Rng::with_seed(1);
            let plane: Vec<u8> = (0..640 * 480).map(|_| rng.u8(..)).collect();
            write_photo(
                driver,
                &path,
                (640, 480),
                &[plane.clone(), plane.clone(), plane],
            );
            let bytes = fs_err::read(&path).unwrap();
            fs_err::write(&path, &bytes[..bytes.len() / 2]).unwrap();
            let picture = read_picture(&path, 640).unwrap();
            let damage = picture.damage.expect(name);
            assert!(
                (120..=300).contains(&damage.rows_before),
                "{name} {damage:?}"
            );
            assert_eq!(picture.height, damage.rows_before as usize);
            let Samples::U8(values) = &picture.samples else {
                panic!("{name}");
            };
            assert_eq!(values.len(), 3 * 640 * picture.height);
        }
    }

    #[test]
    fn what_is_no_photo_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.tif");
        write_photo("GTiff", &path, (4, 4), &[vec![0.5_f32; 16]]);
        let error = read_picture(&path, 4).unwrap_err().to_string();
        assert!(error.contains("type Float32"), "{error}");
        fs_err::write(&path, b"II*\0").unwrap();
        assert!(matches!(
            read_picture(&path, 4),
            Err(Error::OpenRaster { .. })
        ));
    }
}
