//! Painter of tiny images in GeoTIFF files.

use gdal::raster::{
    Buffer, ColorEntry, ColorInterpretation, ColorTable, PaletteInterpretation,
    RasterCreationOptions,
};
use gdal::spatial_ref::SpatialRef;
use gdal::{Dataset, DriverManager, Metadata};
use std::path::{Path, PathBuf};
use tianmu::georef::GeoTransform;

/// Red, green, blue.
pub(crate) type Color = [u8; 3];

pub(crate) const GROUND: Color = [60, 120, 50];
pub(crate) const POPPY: Color = [220, 60, 70];
pub(crate) const HEMP: Color = [70, 90, 220];

/// Column and row of the upper left pixel, width, height.
pub(crate) type Rect = [u32; 4];

/// What is stored for a colour of 0 to 255: the colour times gain plus offset.
#[derive(Clone, Copy)]
pub(crate) enum Pixels {
    Byte,
    Uint16 { gain: f64, offset: f64 },
    Float { gain: f64, offset: f64 },
}

/// Which bands there are, in file order.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Bands {
    Rgb,
    /// Stored the other way round; said so by the colour interpretation, or not.
    Bgr {
        tagged: bool,
    },
    /// A fourth band that is tagged alpha but holds near infrared.
    FalseAlpha,
    /// Indices into a table of colours.
    Palette,
    /// One grey band.
    Grey,
}

/// What tells empty pixels.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Empty {
    Nodata(f64),
    NotANumber,
    /// A mask inside the file; colours stay below it.
    Mask,
    /// A fourth band; colours stay below it.
    Alpha,
}

/// A scene to be painted. Ground everywhere, then plots in the order given.
#[derive(Clone)]
pub(crate) struct Scene {
    size: (u32, u32),
    crs: Option<String>,
    transform: GeoTransform,
    is_photo: bool,
    plots: Vec<(Rect, Color)>,
    pixels: Pixels,
    bands: Bands,
    empty: Vec<Rect>,
    told_by: Option<Empty>,
    options: Vec<String>,
    overviews: Vec<i32>,
    taken: Option<String>,
}

impl Scene {
    /// North up in a UTM zone of the northern half, `gsd_m` metres a pixel.
    pub(crate) fn utm(zone: u32, gsd_m: f64) -> Self {
        let transform = [412_345.0, gsd_m, 0.0, 2_890_123.0, 0.0, -gsd_m];
        Self::at(&format!("EPSG:326{zone:02}"), transform)
    }

    /// North up in WGS 84 degrees.
    pub(crate) fn degrees(lon: f64, lat: f64, step: f64) -> Self {
        Self::at("EPSG:4326", [lon, step, 0.0, lat, 0.0, -step])
    }

    fn at(crs: &str, transform: [f64; 6]) -> Self {
        Self {
            size: (200, 150),
            crs: Some(crs.into()),
            transform: GeoTransform(transform),
            is_photo: false,
            plots: Vec::new(),
            pixels: Pixels::Byte,
            bands: Bands::Rgb,
            empty: Vec::new(),
            told_by: None,
            options: vec!["TILED=YES".into(), "COMPRESS=DEFLATE".into()],
            overviews: Vec::new(),
            taken: None,
        }
    }

    pub(crate) fn size(mut self, width: u32, height: u32) -> Self {
        self.size = (width, height);
        self
    }

    pub(crate) fn plot(mut self, rect: Rect, color: Color) -> Self {
        self.plots.push((rect, color));
        self
    }

    pub(crate) fn pixels(mut self, pixels: Pixels) -> Self {
        self.pixels = pixels;
        self
    }

    pub(crate) fn bands(mut self, bands: Bands) -> Self {
        self.bands = bands;
        self
    }

    /// Pixels that are empty, and what tells so.
    pub(crate) fn empty(mut self, rect: Rect, told_by: Empty) -> Self {
        self.empty.push(rect);
        self.told_by = Some(told_by);
        self
    }

    /// In strips, not compressed.
    pub(crate) fn striped(mut self) -> Self {
        self.options = vec!["BLOCKYSIZE=3".into()];
        self
    }

    pub(crate) fn overviews(mut self, factors: &[i32]) -> Self {
        self.overviews = factors.to_vec();
        self
    }

    /// The date and time in the file, as cameras write it.
    pub(crate) fn taken(mut self, when: &str) -> Self {
        self.taken = Some(when.into());
        self
    }

    pub(crate) fn without_crs(mut self) -> Self {
        self.crs = None;
        self
    }

    /// Saved without a place on the map, as photos are.
    pub(crate) fn photo(mut self) -> Self {
        self.is_photo = true;
        self
    }

    /// Moved on the map by whole pixels, rightwards and downwards.
    pub(crate) fn moved(mut self, columns: f64, rows: f64) -> Self {
        let (x, y) = self.transform.pixel_to_map(columns, rows);
        (self.transform.0[0], self.transform.0[3]) = (x, y);
        self
    }

    /// The first row lies in the south.
    pub(crate) fn south_up(mut self) -> Self {
        self.transform.0[5] = -self.transform.0[5];
        self
    }

    /// Turned about its first corner.
    pub(crate) fn rotated(mut self, degrees: f64) -> Self {
        let [x, step, _, y, _, _] = self.transform.0;
        let (sine, cosine) = degrees.to_radians().sin_cos();
        let (along, across) = (step * cosine, step * sine);
        self.transform.0 = [x, along, across, y, across, -along];
        self
    }

    pub(crate) fn transform(&self) -> GeoTransform {
        self.transform
    }

    /// The code of its reference system.
    pub(crate) fn crs(&self) -> &str {
        self.crs.as_deref().unwrap_or("EPSG:32650")
    }

    /// Paints it into `folder/name`.
    pub(crate) fn save(&self, folder: &Path, name: &str) -> PathBuf {
        tianmu::pipeline::acquire::prepare_gdal();
        let path = folder.join(name);
        let mut dataset = self.create(&path);
        if !self.is_photo {
            dataset.set_geo_transform(&self.transform.0).unwrap();
        }
        if let Some(crs) = self.crs.as_ref().filter(|_| !self.is_photo) {
            let srs = SpatialRef::from_definition(crs).unwrap();
            dataset.set_spatial_ref(&srs).unwrap();
        }
        if let Some(when) = &self.taken {
            dataset
                .set_metadata_item("TIFFTAG_DATETIME", when, "")
                .unwrap();
        }
        self.tag_bands(&dataset);
        let size = (self.size.0 as usize, self.size.1 as usize);
        for (index, values) in self.planes().into_iter().enumerate() {
            let mut buffer = Buffer::new(size, values);
            let mut band = dataset.rasterband(index + 1).unwrap();
            band.write((0, 0), size, &mut buffer).unwrap();
        }
        if self.told_by == Some(Empty::Mask) {
            gdal::config::set_thread_local_config_option("GDAL_TIFF_INTERNAL_MASK", "YES").unwrap();
            let mut band = dataset.rasterband(1).unwrap();
            band.create_mask_band(true).unwrap();
            let mut buffer = Buffer::new(size, self.validity());
            let mut mask = band.open_mask_band().unwrap();
            mask.write((0, 0), size, &mut buffer).unwrap();
        }
        dataset.flush_cache().unwrap();
        if !self.overviews.is_empty() {
            dataset
                .build_overviews("AVERAGE", &self.overviews, &[])
                .unwrap();
        }
        dataset.close().unwrap();
        path
    }

    fn create(&self, path: &Path) -> Dataset {
        let driver = DriverManager::get_driver_by_name("GTiff").unwrap();
        let mut options = RasterCreationOptions::new();
        for option in &self.options {
            options.add_string(option).unwrap();
        }
        let (width, height) = (self.size.0 as usize, self.size.1 as usize);
        let colors = match self.bands {
            Bands::Palette | Bands::Grey => 1,
            Bands::FalseAlpha => 4,
            Bands::Rgb | Bands::Bgr { .. } => 3,
        };
        let bands = colors + usize::from(self.told_by == Some(Empty::Alpha));
        if bands == 4 {
            options.add_string("ALPHA=UNSPECIFIED").unwrap();
        }
        match self.pixels {
            Pixels::Byte => driver
                .create_with_band_type_with_options::<u8, _>(path, width, height, bands, &options),
            Pixels::Uint16 { .. } => driver
                .create_with_band_type_with_options::<u16, _>(path, width, height, bands, &options),
            Pixels::Float { .. } => driver
                .create_with_band_type_with_options::<f32, _>(path, width, height, bands, &options),
        }
        .unwrap()
    }

    fn tag_bands(&self, dataset: &Dataset) {
        use ColorInterpretation::{AlphaBand, BlueBand, GreenBand, RedBand};
        let tags = match self.bands {
            Bands::Bgr { tagged: true } => vec![BlueBand, GreenBand, RedBand],
            Bands::Palette | Bands::Grey => Vec::new(),
            _ if dataset.raster_count() == 4 => vec![RedBand, GreenBand, BlueBand, AlphaBand],
            _ => Vec::new(),
        };
        for (index, tag) in tags.into_iter().enumerate() {
            let mut band = dataset.rasterband(index + 1).unwrap();
            band.set_color_interpretation(tag).unwrap();
        }
        if self.bands == Bands::Palette {
            let mut table = ColorTable::new(PaletteInterpretation::Rgba);
            for ([r, g, b], index) in self.palette().into_iter().zip(0..) {
                let entry = ColorEntry::rgba(r.into(), g.into(), b.into(), 255);
                table.set_color_entry(index, &entry);
            }
            dataset.rasterband(1).unwrap().set_color_table(&table);
        }
        if let Some(Empty::Nodata(value)) = self.told_by {
            for index in 1..=dataset.raster_count() {
                let mut band = dataset.rasterband(index).unwrap();
                band.set_no_data_value(Some(value)).unwrap();
            }
        }
    }

    /// Colours by index: the ground, then those of the plots.
    fn palette(&self) -> Vec<Color> {
        let plots = self.plots.iter().map(|(_, color)| *color);
        std::iter::once(GROUND).chain(plots).collect()
    }

    /// For each pixel, the index of its colour.
    fn indices(&self) -> Vec<usize> {
        let mut indices = vec![0; (self.size.0 * self.size.1) as usize];
        for (plot, (rect, _)) in self.plots.iter().enumerate() {
            self.fill(&mut indices, *rect, plot + 1);
        }
        indices
    }

    fn fill<T: Copy>(&self, plane: &mut [T], [col, row, width, height]: Rect, value: T) {
        let (columns, rows) = self.size;
        for line in row.min(rows)..(row + height).min(rows) {
            let from = (line * columns + col.min(columns)) as usize;
            let to = (line * columns + (col + width).min(columns)) as usize;
            plane[from..to].fill(value);
        }
    }

    /// Values by band, row-major.
    fn planes(&self) -> Vec<Vec<f64>> {
        let indices = self.indices();
        let palette = self.palette();
        let channel = |channel: usize| -> Vec<f64> {
            let value = |index: &usize| self.stored(palette[*index][channel]);
            indices.iter().map(value).collect()
        };
        let mut planes: Vec<Vec<f64>> = match self.bands {
            Bands::Rgb | Bands::FalseAlpha => [0, 1, 2].map(channel).into(),
            Bands::Bgr { .. } => [2, 1, 0].map(channel).into(),
            Bands::Grey => vec![channel(0)],
            Bands::Palette => {
                let number = |index: &usize| f64::from(u32::try_from(*index).unwrap());
                vec![indices.iter().map(number).collect()]
            }
        };
        if self.bands == Bands::FalseAlpha {
            // Infrared of living things: all values, few at either end.
            let infrared = (0..self.size.0 * self.size.1)
                .map(|i| self.stored(u8::try_from(40 + i % 180).unwrap()));
            planes.push(infrared.collect());
        }
        let filling = match self.told_by {
            Some(Empty::Nodata(value)) => Some(value),
            Some(Empty::NotANumber) => Some(f64::NAN),
            Some(Empty::Alpha) => {
                planes.push(self.validity());
                None
            }
            Some(Empty::Mask) | None => None,
        };
        if let Some(value) = filling {
            for plane in &mut planes {
                for rect in &self.empty {
                    self.fill(plane, *rect, value);
                }
            }
        }
        planes
    }

    fn stored(&self, color: u8) -> f64 {
        let color = f64::from(color);
        match self.pixels {
            Pixels::Byte => color,
            Pixels::Uint16 { gain, offset } | Pixels::Float { gain, offset } => {
                color * gain + offset
            }
        }
    }

    /// 255 where a pixel counts, 0 where it is empty.
    fn validity(&self) -> Vec<f64> {
        let mut valid = vec![255.0; (self.size.0 * self.size.1) as usize];
        for rect in &self.empty {
            self.fill(&mut valid, *rect, 0.0);
        }
        valid
    }
}
