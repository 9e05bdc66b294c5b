//! A picture of each site, cut from its image: what a person looks at first.

use crate::georef::{Window, ceil_to_u32};
use crate::model::ValueRange;
use crate::pipeline::acquire::{
    self, AcquireOptions, Raster, RasterReader, SampleType, Samples, SourcePixels,
};
use crate::pipeline::site::CandidateSite;
use crate::{Error, Result};
use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage, imageops};
use std::path::{Path, PathBuf};

/// Ground around a site that its picture shows, metres. Never more than 20: what lies
/// around is somebody's home.
const MARGIN_M: f64 = 5.0;

/// Pixels along the longer edge of a picture.
const EDGE_PX: u32 = 512;

/// Source pixels along an edge that are read at most.
const MOST_SOURCE_PX: u32 = 4096;

/// Colour of the frame around the site.
const FRAME: Rgb<u8> = Rgb([255, 0, 255]);

/// Writes `<site id>.jpg` for every site into a folder, which is made; pictures that exist are
/// replaced only with `overwrite`. Pictures show the image's first three data bands, or its one
/// band in grey. Gives how many could not be made, as the image cannot be read there.
pub fn write_thumbs(
    folder: &Path,
    sites: &[CandidateSite],
    images: &[PathBuf],
    options: &AcquireOptions,
    overwrite: bool,
) -> Result<usize> {
    let mut unreadable = 0;
    fs_err::create_dir_all(folder)?;
    for (index, path) in images.iter().enumerate() {
        let mut of_image = sites.iter().filter(|s| s.shown().image == index).peekable();
        if of_image.peek().is_none() {
            continue;
        }
        let eyes = Eyes::open(path, options)?;
        for site in of_image {
            let target = folder.join(format!("{}.jpg", site.site_id));
            let Some(jpeg) = acquire::readable(eyes.jpeg(site.shown().window))? else {
                unreadable += 1;
                continue;
            };
            super::write_atomically(&[target], overwrite, |_, temporary| {
                Ok(fs_err::write(temporary, &jpeg)?)
            })?;
        }
    }
    Ok(unreadable)
}

/// How an image is shown to people: which of its bands, and between which values. Found once for
/// an image, however many threads look at it.
#[derive(Debug, Clone)]
pub struct Sight {
    raster: Raster,
    stretch: Option<ValueRange>,
}

impl Sight {
    /// Looks into an image: its first three data bands, or its one band in grey.
    pub fn of(path: &Path, options: &AcquireOptions) -> Result<Self> {
        let raster = open_for_eyes(path, options)?;
        Ok(Self {
            stretch: stretch_of(&raster)?,
            raster,
        })
    }
}

/// An image as a person sees it, opened for one thread.
pub struct Eyes {
    sight: Sight,
    reader: RasterReader,
}

/// A window of an image in colours.
pub struct Seen {
    /// The colours; whatever the file holds where the image is empty.
    pub image: RgbImage,
    /// 1 where the image holds something, row by row; `None`: everywhere.
    pub valid: Option<Vec<u8>>,
}

impl Eyes {
    /// Opens an image: its first three data bands, or its one band in grey.
    pub fn open(path: &Path, options: &AcquireOptions) -> Result<Self> {
        Self::with(Sight::of(path, options)?)
    }

    /// Opens an image that was looked into before.
    pub fn with(sight: Sight) -> Result<Self> {
        Ok(Self {
            reader: RasterReader::open(&sight.raster)?,
            sight,
        })
    }

    /// The image.
    #[must_use]
    pub fn raster(&self) -> &Raster {
        &self.sight.raster
    }

    /// The colours of a window of the full level, or of an overview. The window must lie inside
    /// of it.
    pub fn look(&self, level: Option<usize>, window: Window) -> Result<Seen> {
        let pixels = self.reader.read(level, window)?;
        let mut image = RgbImage::new(window.width, window.height);
        let bands = self.sight.raster.bands.len();
        let count = pixels.width * pixels.height;
        for (i, pixel) in image.pixels_mut().enumerate() {
            let value = |band: usize| {
                let at = band.min(bands - 1) * count + i;
                byte(&pixels, at, self.sight.stretch)
            };
            *pixel = Rgb([value(0), value(1), value(2)]);
        }
        Ok(Seen {
            image,
            valid: pixels.valid,
        })
    }

    /// A picture of a window in raster pixels and some ground around it, the window framed.
    pub fn jpeg(&self, window: Window) -> Result<Vec<u8>> {
        let picture = self.picture(window)?;
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, 88)
            .encode_image(&picture)
            .map_err(|e| Error::Internal(format!("a picture cannot be compressed: {e}")))?;
        Ok(bytes)
    }

    fn picture(&self, site: Window) -> Result<RgbImage> {
        let window = with_margin(&self.sight.raster, site);
        let image = self.look(None, window)?.image;
        let longest = window.width.max(window.height);
        let scale = f64::from(EDGE_PX) / f64::from(longest);
        let scaled = |n: u32| ceil_to_u32(f64::from(n) * scale).max(1);
        let mut picture = imageops::resize(
            &image,
            scaled(window.width),
            scaled(window.height),
            imageops::FilterType::Triangle,
        );
        draw_frame(&mut picture, window, site, scale);
        Ok(picture)
    }
}

/// Opens an image with the bands a person sees.
fn open_for_eyes(path: &Path, options: &AcquireOptions) -> Result<Raster> {
    let options = AcquireOptions {
        bands: None,
        ..options.clone()
    };
    let names = ["red", "green", "blue"].map(str::to_owned);
    acquire::open(path, 3, &names, &options).or_else(|_| acquire::open(path, 1, &[], &options))
}

fn stretch_of(raster: &Raster) -> Result<Option<ValueRange>> {
    let eight_bit = raster
        .info
        .bands
        .iter()
        .all(|b| b.sample == Some(SampleType::U8));
    if eight_bit {
        Ok(None)
    } else {
        acquire::value_range(raster, 0.02)
    }
}

/// The site's window and some ground around it, inside the raster.
fn with_margin(raster: &Raster, site: Window) -> Window {
    let margin = |gsd: f64| ceil_to_u32(MARGIN_M / gsd);
    let middle = |offset: u32, length: u32| f64::from(offset) + f64::from(length) / 2.0;
    let own = raster.placement.gsd_at(
        middle(site.col_off, site.width),
        middle(site.row_off, site.height),
    );
    // Pixels of a photo are not of one size.
    let gsd = own.unwrap_or(raster.gsd);
    let span = |offset: u32, length: u32, margin: u32, extent: u32| {
        let start = offset.saturating_sub(margin).min(extent - 1);
        let end = (offset + length).saturating_add(margin).min(extent);
        let shown = (end - start).clamp(1, MOST_SOURCE_PX);
        // Too large to show whole: its middle.
        (start + (end - start - shown) / 2, shown)
    };
    let (col_off, width) = span(site.col_off, site.width, margin(gsd.x_m), raster.info.width);
    let (row_off, height) = span(
        site.row_off,
        site.height,
        margin(gsd.y_m),
        raster.info.height,
    );
    Window {
        col_off,
        row_off,
        width,
        height,
    }
}

fn byte(pixels: &SourcePixels, at: usize, stretch: Option<ValueRange>) -> u8 {
    let value = match &pixels.samples {
        Samples::U8(v) => f32::from(v[at]),
        Samples::U16(v) => f32::from(v[at]),
        Samples::F32(v) => v[at],
    };
    let value = stretch.map_or(value, |range| {
        (value - range.low) / (range.high - range.low).max(f32::MIN_POSITIVE) * 255.0
    });
    u8::try_from(crate::georef::round_to_u16(value).min(255)).unwrap_or(u8::MAX)
}

fn draw_frame(picture: &mut RgbImage, window: Window, site: Window, scale: f64) {
    let place = |n: u32, offset: u32, extent: u32| {
        crate::georef::floor_to_u32(f64::from(n.saturating_sub(offset)) * scale).min(extent - 1)
    };
    let (width, height) = picture.dimensions();
    let (left, right) = (
        place(site.col_off, window.col_off, width),
        place(site.col_end(), window.col_off, width),
    );
    let (top, bottom) = (
        place(site.row_off, window.row_off, height),
        place(site.row_end(), window.row_off, height),
    );
    for x in left..=right {
        picture.put_pixel(x, top, FRAME);
        picture.put_pixel(x, bottom, FRAME);
    }
    for y in top..=bottom {
        picture.put_pixel(left, y, FRAME);
        picture.put_pixel(right, y, FRAME);
    }
}
