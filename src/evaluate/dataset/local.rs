//! Pictures without a place on the map, put at a made-up one so that they can be scanned: each is
//! wrapped in a virtual raster (GDAL's VRT) that only adds a reference system and a scale.

use super::{Dataset, Scene};
use crate::pipeline::acquire::{BandInfo, RasterInfo};
use crate::{Error, Result};
use std::fmt::Write as _;
use std::path::Path;

/// Pictures stand in UTM zone 31, on its middle meridian and near the equator, where a metre of
/// the map is one of the ground but for 0.04 %.
const CRS: &str = "EPSG:32631";

/// Easting of the first picture's left edge, northing of its upper edge.
const CORNER: (f64, f64) = (500_000.0, 1_000_000.0);

/// They stand so far apart, metres.
const APART_M: f64 = 5000.0;

impl Dataset {
    /// Wraps every picture that only has a scale into a virtual raster in `folder`, which must
    /// live as long as the data set is used.
    pub fn place_pictures(&mut self, folder: &Path) -> Result<()> {
        let mut count = 0_u32;
        for scene in &mut self.scenes {
            let Some(gsd_m) = scene.gsd_m.filter(|_| scene.local) else {
                continue;
            };
            let path = folder.join(format!("{count}.vrt"));
            fs_err::write(&path, wrapped(scene, gsd_m, count)?)?;
            scene.placed = Some(path);
            count += 1;
        }
        if count > 0 {
            self.warnings.push(format!(
                "{count} scenes have no place on the map, only a scale: coordinates of plots and sites on them mean nothing"
            ));
        }
        Ok(())
    }
}

fn wrapped(scene: &Scene, gsd_m: f64, number: u32) -> Result<String> {
    let info = RasterInfo::read(&scene.image)?;
    let path = std::path::absolute(&scene.image)?;
    let source = path.to_str().ok_or_else(|| {
        let hint = "rename the file; its name comes from a system with another encoding";
        Error::labels(&scene.image, "has a name that is no UTF-8", hint)
    })?;
    let (width, height) = (info.width, info.height);
    let top = CORNER.1 + APART_M * f64::from(number);
    let mut text = format!(
        "<VRTDataset rasterXSize=\"{width}\" rasterYSize=\"{height}\">\n  <SRS>{CRS}</SRS>\n  \
         <GeoTransform>{}, {gsd_m}, 0, {top}, 0, -{gsd_m}</GeoTransform>\n",
        CORNER.0
    );
    for (index, band) in info.bands.iter().enumerate() {
        let colors = info.palette.as_ref().filter(|_| index == 0);
        band_of(&mut text, band, index + 1, source, colors);
    }
    text.push_str("</VRTDataset>\n");
    Ok(text)
}

fn band_of(
    text: &mut String,
    band: &BandInfo,
    number: usize,
    source: &str,
    palette: Option<&Vec<[u8; 3]>>,
) {
    let (kind, color) = (&band.type_name, escaped(&band.color));
    let _ = writeln!(
        text,
        "  <VRTRasterBand dataType=\"{kind}\" band=\"{number}\">"
    );
    if let Some(nodata) = band.nodata {
        let _ = writeln!(text, "    <NoDataValue>{nodata}</NoDataValue>");
    }
    let _ = writeln!(text, "    <ColorInterp>{color}</ColorInterp>");
    if let Some(colors) = palette {
        text.push_str("    <ColorTable>\n");
        for [red, green, blue] in colors {
            let _ = writeln!(
                text,
                "      <Entry c1=\"{red}\" c2=\"{green}\" c3=\"{blue}\" c4=\"255\"/>"
            );
        }
        text.push_str("    </ColorTable>\n");
    }
    let _ = writeln!(
        text,
        "    <SimpleSource>\n      <SourceFilename relativeToVRT=\"0\">{}</SourceFilename>\n      \
         <SourceBand>{number}</SourceBand>\n    </SimpleSource>\n  </VRTRasterBand>",
        escaped(source)
    );
}

/// Text as XML takes it.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            // XML has line ends in its text changed.
            '\n' | '\r' | '\t' => {
                let _ = write!(safe, "&#{};", u32::from(c));
            }
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::acquire;
    use image::{RgbImage, Rgba, RgbaImage};

    fn placed(folder: &Path, name: &str) -> (Dataset, acquire::Raster) {
        let text = format!("[[scene]]\nimage = '''{name}'''\ngsd-m = 0.02\ntruth = []\n");
        fs_err::write(folder.join("dataset.toml"), text).unwrap();
        let mut dataset = Dataset::read(&folder.join("dataset.toml"), None).unwrap();
        let work = folder.join("work");
        fs_err::create_dir_all(&work).unwrap();
        dataset.place_pictures(&work).unwrap();
        let raster = acquire::open(
            dataset.scenes[0].raster(),
            3,
            &[],
            &acquire::AcquireOptions::default(),
        );
        (dataset, raster.unwrap())
    }

    #[test]
    fn a_picture_gets_a_scale_and_keeps_its_pixels() {
        crate::pipeline::acquire::prepare_gdal();
        let dir = tempfile::tempdir().unwrap();
        let name = "a & <b> 罂粟.png";
        RgbImage::from_fn(40, 30, |x, y| {
            image::Rgb([u8::try_from(x).unwrap(), u8::try_from(y).unwrap(), 7])
        })
        .save(dir.path().join(name))
        .unwrap();
        let (dataset, raster) = placed(dir.path(), name);
        assert_eq!((raster.info.width, raster.info.height), (40, 30));
        assert!((raster.gsd.x_m - 0.02).abs() < 1e-4, "{:?}", raster.gsd);
        assert!(dataset.warnings.iter().any(|w| w.contains("mean nothing")));
        let reader = acquire::RasterReader::open(&raster).unwrap();
        let window = crate::georef::Window {
            col_off: 12,
            row_off: 9,
            width: 1,
            height: 1,
        };
        let acquire::Samples::U8(values) = reader.read(None, window).unwrap().samples else {
            panic!("bytes");
        };
        assert_eq!(values, [12, 9, 7]);
    }

    #[test]
    fn a_transparent_picture_keeps_its_holes() {
        crate::pipeline::acquire::prepare_gdal();
        let dir = tempfile::tempdir().unwrap();
        let half = |x: u32| if x < 20 { 0 } else { 255 };
        RgbaImage::from_fn(40, 30, |x, _| Rgba([1, 2, 3, half(x)]))
            .save(dir.path().join("a.png"))
            .unwrap();
        let (_, raster) = placed(dir.path(), "a.png");
        assert_eq!(raster.info.alpha_band, Some(4));
    }
}
