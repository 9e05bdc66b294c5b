//! Masks: rasters with the number of a class in each pixel of the image. What hangs together by
//! shared edges is a plot; what every pixel is, is kept for measuring pixels.

use super::{Gathered, Place, TruthKind, TruthPlot};
use crate::georef::{Crs, Window};
use crate::pipeline::acquire::{LabelRaster, NO_LABEL, Raster};
use crate::pipeline::fuse::{Component, RunRows, StripTracer, exact_polygon, sort_components};
use crate::{Error, Result};
use geo::MultiPolygon;
use std::collections::BTreeMap;
use std::path::Path;

/// The label of pixels that are left out.
pub const IGNORED: u8 = u8::MAX;

/// More patches are noise, or a picture that is no mask.
const MOST_PLOTS: usize = 1_000_000;

/// A mask that is placed on the ground fits the image if its corners lie nearer than this to the
/// image's, pixels.
const FIT_PX: f64 = 0.5;

/// What every pixel of an image is, kept as stretches of equal pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthMask {
    /// Its classes, as the models call them; label `k + 1` is class `k`.
    pub classes: Vec<String>,
    width: u32,
    /// `[row]`: its first stretch, then the number of stretches.
    rows: Vec<usize>,
    /// `[stretch]`: its first column; the first of a row begins at 0.
    starts: Vec<u32>,
    /// `[stretch]`
    labels: Vec<u8>,
}

impl TruthMask {
    /// Labels of a window of the image, `[row, col]`: 0 is nothing, `k + 1` is class `k`,
    /// [`IGNORED`] is left out.
    ///
    /// # Errors
    /// [`Error::Internal`] when the window does not lie in the image.
    pub fn read(&self, window: Window) -> Result<Vec<u8>> {
        let (from, to) = (window.col_off, window.col_end());
        let rows = window.row_off as usize..window.row_end() as usize;
        if to > self.width || rows.end >= self.rows.len() {
            return Err(Error::Internal(format!("{window} lie beyond a mask")));
        }
        let mut labels = Vec::with_capacity(rows.len() * window.width as usize);
        for row in rows {
            let (first, end) = (self.rows[row], self.rows[row + 1]);
            let starts = &self.starts[first..end];
            let begins = starts.partition_point(|start| *start <= from).max(1) - 1;
            for (stretch, start) in starts.iter().enumerate().skip(begins) {
                if *start >= to {
                    break;
                }
                let until = starts.get(stretch + 1).map_or(to, |next| to.min(*next));
                let count = until - (*start).max(from);
                let label = self.labels[first + stretch];
                labels.extend(std::iter::repeat_n(label, count as usize));
            }
        }
        Ok(labels)
    }

    fn push_row(&mut self, labels: &[u8]) {
        let mut before = None;
        for (label, col) in labels.iter().zip(0..) {
            if before != Some(label) {
                self.starts.push(col);
                self.labels.push(*label);
                before = Some(label);
            }
        }
        self.rows.push(self.starts.len());
    }
}

/// Takes the patches of a mask as plots. `numbers` says which number is which class.
pub(super) fn gather(
    gathered: &mut Gathered<'_>,
    path: &Path,
    numbers: &BTreeMap<u32, String>,
    ignore: &[u32],
) -> Result<TruthMask> {
    let context = &gathered.context;
    let labels = LabelRaster::open(path)?;
    check_grid(&labels, context.raster, context.scene.local)?;
    let legend = Legend::new(path, numbers, ignore, labels.nodata(), |name| {
        context.class(name)
    })?;
    let (mask, components) = trace(&labels, legend)?;
    for (component, number) in components.iter().zip(1..) {
        let outline = exact_polygon(component, f64::from, f64::from);
        let outline = MultiPolygon::new(vec![outline]);
        let plot = TruthPlot {
            id: number.to_string(),
            class: mask.classes[usize::from(component.class) - 1].clone(),
            stage: gathered.context.stage(),
            note: String::new(),
            place: Place::Area(gathered.context.shapes.ground(&outline)?),
        };
        gathered.add(TruthKind::Mask, plot);
    }
    Ok(mask)
}

/// Which label a number is.
struct Legend<'a> {
    path: &'a Path,
    classes: Vec<String>,
    labels: BTreeMap<u32, u8>,
}

impl<'a> Legend<'a> {
    fn new(
        path: &'a Path,
        numbers: &BTreeMap<u32, String>,
        ignore: &[u32],
        nodata: Option<u32>,
        rename: impl Fn(&str) -> String,
    ) -> Result<Self> {
        let mut classes: Vec<String> = Vec::new();
        // What no one names: nothing where it is 0, left out where the file calls it empty.
        let mut labels = BTreeMap::from([(NO_LABEL, IGNORED)]);
        labels.extend(nodata.map(|number| (number, IGNORED)));
        labels.insert(0, 0);
        for (number, name) in numbers {
            let name = rename(name);
            let label = if name.eq_ignore_ascii_case("background") {
                0
            } else {
                let known = classes.iter().position(|c| *c == name);
                let place = known.unwrap_or(classes.len());
                if known.is_none() {
                    classes.push(name);
                }
                u8::try_from(place + 1).unwrap_or(IGNORED)
            };
            labels.insert(*number, label);
        }
        if classes.len() >= usize::from(IGNORED) {
            return Err(Error::labels(
                path,
                format!("has {} classes, wanted at most 254", classes.len()),
                "leave out classes that no model knows",
            ));
        }
        labels.extend(ignore.iter().map(|number| (*number, IGNORED)));
        Ok(Self {
            path,
            classes,
            labels,
        })
    }

    fn label(&self, number: u32) -> Result<u8> {
        self.labels.get(&number).copied().ok_or_else(|| {
            let known: Vec<String> = self
                .labels
                .keys()
                .filter(|n| **n != NO_LABEL)
                .take(8)
                .map(u32::to_string)
                .collect();
            Error::labels(
                self.path,
                format!(
                    "has a pixel of {number}, which no class is; known are {}",
                    known.join(", ")
                ),
                "name it in `mask-classes`, or in `mask-ignore` where it means nothing",
            )
        })
    }
}

/// Reads a mask from top to bottom.
fn trace(raster: &LabelRaster, legend: Legend<'_>) -> Result<(TruthMask, Vec<Component>)> {
    let (width, height) = (raster.info.width, raster.info.height);
    let planes = legend.classes.len() + 1;
    let zeros = vec![0_u16; width as usize];
    let zeros = vec![&zeros[..]; planes];
    let mut tracer = StripTracer::new(width, 0, planes);
    let mut components = Vec::new();
    let mut mask = TruthMask {
        classes: Vec::new(),
        width,
        rows: vec![0],
        starts: Vec::new(),
        labels: Vec::new(),
    };
    let (mut numbers, mut labels) = (Vec::new(), Vec::new());
    let step = raster.rows_together();
    for row_off in (0..height).step_by(step as usize) {
        let window = Window {
            col_off: 0,
            row_off,
            width,
            height: step.min(height - row_off),
        };
        raster.read_into(window, &mut numbers)?;
        for row in numbers.chunks_exact(width as usize) {
            labels.clear();
            let mut last = (0, legend.label(0)?);
            for number in row {
                if *number != last.0 {
                    last = (*number, legend.label(*number)?);
                }
                labels.push(last.1);
            }
            mask.push_row(&labels);
            for label in &mut labels {
                *label = if *label == IGNORED { 0 } else { *label };
            }
            let mut runs = RunRows::new(planes);
            runs.push_row(0, &labels, &zeros);
            tracer.push_row([runs.row(0)]);
        }
        components.extend(tracer.take_closed());
        if components.len() > MOST_PLOTS {
            return Err(Error::labels(
                legend.path,
                format!("has more than {MOST_PLOTS} separate patches"),
                "that is noise; clean the mask, or look whether it is a picture",
            ));
        }
    }
    components.extend(tracer.finish().seal());
    sort_components(&mut components);
    mask.classes = legend.classes;
    Ok((mask, components))
}

/// Whether a mask lies on the pixels of an image.
fn check_grid(mask: &LabelRaster, raster: &Raster, is_local: bool) -> Result<()> {
    let (own, image) = (&mask.info, &raster.info);
    let hint = "burn the mask onto the pixels of the image: same extent, same pixel size, same \
                reference system";
    if (own.width, own.height) != (image.width, image.height) {
        return Err(Error::labels(
            &own.path,
            format!(
                "has {} × {} pixels, the image has {} × {}",
                own.width, own.height, image.width, image.height
            ),
            hint,
        ));
    }
    // An image without a place on the map takes its mask as it is.
    let Some(transform) = own.transform.filter(|_| !is_local) else {
        return Ok(());
    };
    let (w, h) = (f64::from(own.width), f64::from(own.height));
    let same_map = own.crs.as_ref().is_none_or(|crs| *crs == raster.crs);
    let way = |crs: &Crs| Ok::<_, Error>((crs.to_wgs84()?, raster.crs.wgs84_to_map()?));
    let way = match &own.crs {
        Some(crs) if !same_map => Some(way(crs)?),
        _ => None,
    };
    for corner in [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)] {
        let (mut x, mut y) = transform.pixel_to_map(corner.0, corner.1);
        if let Some((to_wgs84, to_map)) = &way {
            let (lon, lat) = to_wgs84.point(x, y)?;
            (x, y) = to_map.point(lon, lat)?;
        }
        let there = raster.placement.map_to_pixel(x, y);
        let off = there.map(|(col, row)| (col - corner.0).hypot(row - corner.1));
        if let Some(off) = off.filter(|off| off.is_nan() || *off >= FIT_PX) {
            return Err(Error::labels(
                &own.path,
                format!("has as many pixels as the image, but lies {off:.1} pixels beside it"),
                hint,
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "mask_tests.rs"]
mod tests;
