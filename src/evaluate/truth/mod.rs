//! What is known to be on an image: plots, look-alikes and masks, whatever file they stand in,
//! on WGS 84.

mod coco;
mod labels;
mod mask;
mod raster_shapes;
mod vector;
mod yolo;

pub use mask::{IGNORED, TruthMask};
pub use raster_shapes::RasterShapes;
pub use vector::read_truth;

use super::dataset::{Scene, TruthFile};
use crate::georef::geodesic_area_m2;
use crate::pipeline::acquire::Raster;
use crate::{Error, Result};
use geo::{Centroid, MultiPolygon, Point};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// How exactly the plots of a scene are known, least first; what is less exact than asked for
/// cannot be measured against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TruthKind {
    /// Somebody looked and nothing is there, which is exact in every way.
    Nothing,
    /// That there is one.
    Points,
    /// An upright box in the image around each.
    Boxes,
    /// The outline of each.
    Polygons,
    /// What every pixel is.
    Mask,
}

/// Where a plot is, WGS 84 longitude and latitude in degrees.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// Its ground. Exteriors run counter-clockwise.
    Area(MultiPolygon<f64>),
    /// A point in it.
    Point(Point<f64>),
}

impl Place {
    /// Its middle; none of an area without any ground.
    #[must_use]
    pub fn middle(&self) -> Option<Point<f64>> {
        match self {
            Self::Point(point) => Some(*point),
            Self::Area(outline) => outline.centroid(),
        }
    }

    /// Its ground in square metres; none of a point.
    #[must_use]
    pub fn area_m2(&self) -> Option<f64> {
        match self {
            Self::Point(_) => None,
            Self::Area(outline) => Some(geodesic_area_m2(outline)),
        }
    }
}

/// A plot that is known, or a look-alike.
#[derive(Debug, Clone)]
pub struct TruthPlot {
    /// Its name, unique in the scene.
    pub id: String,
    /// Its class, as the models call it; for a look-alike what it is.
    pub class: String,
    /// Its stage of growth; empty where unknown.
    pub stage: String,
    /// What else the file says of it.
    pub note: String,
    /// Where it is.
    pub place: Place,
}

/// What is known of a scene.
#[derive(Debug)]
pub struct SceneTruth {
    /// The most exact that all plots are known.
    pub kind: TruthKind,
    /// The plots that lie in the image, wholly or in part.
    pub plots: Vec<TruthPlot>,
    /// What is no plot and may be taken for one.
    pub lookalikes: Vec<TruthPlot>,
    /// What every pixel is, where a mask says so.
    pub mask: Option<TruthMask>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// Reads what is known of a scene. `rename` leads from names of classes in the files to those of
/// the models; look-alikes keep theirs. `raster` is the scene's image.
///
/// # Errors
/// [`Error::Labels`], [`Error::Vector`] or [`Error::UnusableRaster`] when a file is not
/// understood, does not fit the image, or leaves the class of a plot open.
pub fn read_scene_truth(
    scene: &Scene,
    rename: &BTreeMap<String, String>,
    raster: &Raster,
) -> Result<SceneTruth> {
    let mut gathered = Gathered {
        context: Context {
            scene,
            rename,
            raster,
            shapes: RasterShapes::of(raster)?,
        },
        plots: Vec::new(),
        kinds: BTreeSet::new(),
        warnings: Vec::new(),
    };
    let mut mask = None;
    for file in &scene.truth {
        match file {
            TruthFile::Vector { path, layer, class } => {
                vector::gather(&mut gathered, path, layer.as_deref(), class.as_deref())?;
            }
            TruthFile::Yolo { path, names } => yolo::gather(&mut gathered, path, names)?,
            TruthFile::Coco {
                path,
                file_name,
                file,
            } => coco::gather(&mut gathered, path, file_name, file)?,
            TruthFile::Mask {
                path,
                classes,
                ignore,
            } => {
                if scene.truth.len() > 1 {
                    return Err(Error::labels(
                        path,
                        "is a mask with other truth beside it",
                        "a mask says of every pixel what it is; put all of it into one mask",
                    ));
                }
                mask = Some(mask::gather(&mut gathered, path, classes, ignore)?);
            }
        }
    }
    let lookalikes = match &scene.lookalikes {
        Some(path) => vector::lookalikes(&gathered.context, path)?,
        None => Vec::new(),
    };
    make_unique(&mut gathered.plots);
    let least_exact = gathered.kinds.first().copied();
    Ok(SceneTruth {
        kind: least_exact.unwrap_or(TruthKind::Nothing),
        plots: gathered.plots,
        lookalikes,
        mask,
        warnings: gathered.warnings,
    })
}

/// What all readers need to know.
struct Context<'a> {
    scene: &'a Scene,
    rename: &'a BTreeMap<String, String>,
    raster: &'a Raster,
    shapes: RasterShapes<'a>,
}

impl Context<'_> {
    /// The models' name of a class.
    fn class(&self, name: &str) -> String {
        self.rename
            .get(name)
            .map_or_else(|| name.to_owned(), Clone::clone)
    }

    /// The stage of plots whose file says none.
    fn stage(&self) -> String {
        self.scene.stage.clone().unwrap_or_default()
    }
}

/// What the files of a scene have given so far.
struct Gathered<'a> {
    context: Context<'a>,
    plots: Vec<TruthPlot>,
    kinds: BTreeSet<TruthKind>,
    warnings: Vec<String>,
}

impl Gathered<'_> {
    fn add(&mut self, kind: TruthKind, plot: TruthPlot) {
        self.kinds.insert(kind);
        self.plots.push(plot);
    }

    fn warn(&mut self, path: &Path, text: &str) {
        self.warnings.push(format!("`{}`: {text}", path.display()));
    }
}

/// Gives plots whose id is taken another one: several files count from 1.
fn make_unique(plots: &mut [TruthPlot]) {
    let mut taken = BTreeSet::new();
    for plot in plots {
        let numbered = (2..).map(|n| format!("{}-{n}", plot.id));
        let mut ids = std::iter::once(plot.id.clone()).chain(numbered);
        if let Some(id) = ids.find(|id| !taken.contains(id)) {
            taken.insert(id.clone());
            plot.id = id;
        }
    }
}

#[cfg(test)]
#[path = "scene_tests.rs"]
mod tests;
