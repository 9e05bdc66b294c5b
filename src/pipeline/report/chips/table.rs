//! `chips.csv`: a row per chip with where it was cut and which sites it shows. UTF-8 with
//! byte order mark and CRLF, as the list of sites.

use super::label::Label;
use crate::georef::{GeoTransform, Window};
use crate::pipeline::acquire::Raster;
use crate::pipeline::chip::ModelGrid;
use crate::pipeline::report::columns::NOTE;
use crate::pipeline::report::csv::formula_safe;
use crate::pipeline::site::CandidateSite;
use crate::{Error, Result};
use std::borrow::Cow;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The name of the file.
pub(super) const FILE: &str = "chips.csv";

/// How every such file begins.
pub(super) const BEGINS: &str = "\u{feff}chip,kind,group,site_ids,";

const COLUMNS: [&str; 25] = [
    "chip",
    "kind",
    "group",
    "site_ids",
    "classes",
    "probs",
    // Sites that were found in other images only.
    "borrowed_site_ids",
    "src_image",
    "src_sha256",
    // The window in pixels of the source image.
    "src_col",
    "src_row",
    "src_width",
    "src_height",
    // The chip's centre.
    "map_x",
    "map_y",
    "map_crs",
    "lon",
    "lat",
    // From pixels of the chip to the map, GDAL's six numbers; empty of a photo.
    "geotransform",
    "gsd_m",
    "capture_time",
    "valid_share",
    "run_id",
    "model",
    "note",
];

/// Where a chip lies.
pub(crate) struct Place<'a> {
    /// The image.
    pub(crate) raster: &'a Raster,
    /// Its model grid.
    pub(crate) grid: &'a ModelGrid,
    /// The chip in grid pixels.
    pub(crate) window: Window,
}

impl Place<'_> {
    /// The window in pixels of the source image: column, row, width, height.
    pub(crate) fn source(&self) -> [f64; 4] {
        let (x, y) = (self.grid.scale_x, self.grid.scale_y);
        let window = self.window;
        [
            f64::from(window.col_off) * x,
            f64::from(window.row_off) * y,
            f64::from(window.width) * x,
            f64::from(window.height) * y,
        ]
    }

    /// What both tables of chips say of a place, from `src_col` to `gsd_m`: the window in pixels of the
    /// source image, the chip's centre on the map and on WGS 84, the way from its pixels to the map, and
    /// the size of these.
    pub(crate) fn fields(&self) -> Result<[String; 11]> {
        let center = self.center();
        let degrees = |(x, y): (f64, f64)| self.raster.crs.to_wgs84()?.point(x, y);
        let place = center.map(degrees).transpose()?;
        // A chip of a photo may look at the sky in its middle.
        let text = |value: Option<f64>| value.map_or_else(String::new, |v| v.to_string());
        let degrees = |value: Option<f64>| value.map_or_else(String::new, |v| format!("{v:.8}"));
        let numbers = |t: GeoTransform| t.0.map(|v| v.to_string()).join(" ");
        let [col, row, width, height] = self.source();
        Ok([
            col.to_string(),
            row.to_string(),
            width.to_string(),
            height.to_string(),
            text(center.map(|c| c.0)),
            text(center.map(|c| c.1)),
            self.raster.crs.label().to_owned(),
            degrees(place.map(|p| p.0)),
            degrees(place.map(|p| p.1)),
            self.transform().map_or_else(String::new, numbers),
            self.gsd_m().to_string(),
        ])
    }

    /// From pixels of the chip to the map; `None` of a photo, whose pixels lie on no map.
    pub(crate) fn transform(&self) -> Option<GeoTransform> {
        let (x, y) = (self.grid.scale_x, self.grid.scale_y);
        let mut transform = self.raster.placement.affine()?.scaled(x, y);
        let (col, row) = (self.window.col_off, self.window.row_off);
        let (x, y) = transform.pixel_to_map(col.into(), row.into());
        (transform.0[0], transform.0[3]) = (x, y);
        Some(transform)
    }

    /// The chip's centre on the map; `None` where a photo sees no ground there.
    pub(crate) fn center(&self) -> Option<(f64, f64)> {
        let half = f64::from(self.window.width) / 2.0;
        if let Some(transform) = self.transform() {
            return Some(transform.pixel_to_map(half, half));
        }
        let (col, row) = (self.window.col_off, self.window.row_off);
        self.raster
            .placement
            .scaled(self.grid.scale_x, self.grid.scale_y)
            .pixel_to_map(f64::from(col) + half, f64::from(row) + half)
    }

    /// Metres of ground a pixel, the mean of both directions; of a photo at the chip's centre.
    pub(crate) fn gsd_m(&self) -> f64 {
        let [col, row, width, height] = self.source();
        let own = (col + width / 2.0, row + height / 2.0);
        let own = self.raster.placement.gsd_at(own.0, own.1);
        let gsd = own.unwrap_or(self.raster.gsd);
        let mean = f64::midpoint(gsd.x_m * self.grid.scale_x, gsd.y_m * self.grid.scale_y);
        // A micrometre; more digits are noise of the measuring.
        (mean * 1e6).round() / 1e6
    }
}

/// What a row says besides the place.
pub(super) struct Row<'a> {
    /// The chip's file name.
    pub(super) chip: &'a str,
    /// Whether it was cut where there is no site.
    pub(super) is_background: bool,
    /// The image as sites call it.
    pub(super) image: &'a str,
    /// SHA-256 of the image.
    pub(super) sha256: &'a str,
    /// The labels of the chip.
    pub(super) labels: &'a [Label],
    /// All sites of the run.
    pub(super) sites: &'a [CandidateSite],
    /// The share of pixels that show ground, 0 to 1.
    pub(super) valid_share: f64,
    /// The run.
    pub(super) run_id: &'a str,
    /// The model.
    pub(super) model: &'a str,
}

/// The table being written.
pub(super) struct Table {
    path: PathBuf,
    rows: csv::Writer<Vec<u8>>,
}

impl Table {
    /// Begins it with the names of its columns.
    pub(super) fn new(folder: &Path) -> Result<Self> {
        let mut table = Self {
            path: folder.join(FILE),
            rows: csv::WriterBuilder::new()
                .terminator(csv::Terminator::CRLF)
                .from_writer("\u{feff}".as_bytes().to_vec()),
        };
        table.put(COLUMNS.map(str::to_owned).iter())?;
        Ok(table)
    }

    /// Adds a chip.
    pub(super) fn add(&mut self, place: &Place<'_>, row: &Row<'_>) -> Result<()> {
        let list = |of: &dyn Fn(&Label) -> Option<String>| -> String {
            let texts: Vec<String> = row.labels.iter().filter_map(of).collect();
            texts.join("; ")
        };
        let site = |label: &Label| &row.sites[label.site];
        let kind = if row.is_background {
            "background"
        } else {
            "sites"
        };
        let info = &place.raster.info;
        let shown = [
            row.chip.to_owned(),
            kind.to_owned(),
            row.image.to_owned(),
            list(&|l| Some(site(l).site_id.clone())),
            list(&|l| Some(site(l).class.clone())),
            list(&|l| Some(format!("{:.4}", site(l).prob))),
            list(&|l| l.is_borrowed.then(|| site(l).site_id.clone())),
            row.image.to_owned(),
            row.sha256.to_owned(),
        ];
        let rest = [
            info.capture_time.clone().unwrap_or_default(),
            format!("{:.4}", row.valid_share),
            row.run_id.to_owned(),
            row.model.to_owned(),
            NOTE.to_owned(),
        ];
        self.put(shown.iter().chain(&place.fields()?).chain(&rest))
    }

    /// Writes the file.
    pub(super) fn finish(self) -> Result<()> {
        let bytes = self
            .rows
            .into_inner()
            .map_err(|e| Error::Io(e.into_error()))?;
        let mut file = fs_err::File::create(&self.path)?;
        Ok(file.write_all(&bytes)?)
    }

    fn put<'t>(&mut self, fields: impl Iterator<Item = &'t String>) -> Result<()> {
        self.rows
            .write_record(fields.map(|text| safe(text).into_owned()))
            .map_err(|e| Error::Internal(e.to_string()))
    }
}

/// A cell that no spreadsheet takes for a formula. Numbers below zero begin like one and are none.
pub(crate) fn safe(text: &str) -> Cow<'_, str> {
    if text.parse::<f64>().is_ok() {
        text.into()
    } else {
        formula_safe(text.into())
    }
}
