//! Photos: images without a georeference whose pixels meet the ground ray by ray.

use super::RasterInfo;
use crate::georef::{Gsd, PixelGround};
use crate::{Error, Result};
use geo::{Area, BoundingRect, Centroid, Contains, InteriorPoint, Point, Polygon, Rect};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Which images of a run are photos, by their paths as the run names them, and how their pixels meet the
/// ground; and which photos cannot be scanned, and why. Cloning shares them.
#[derive(Debug, Clone, Default)]
pub struct Photos {
    placed: Arc<BTreeMap<PathBuf, Arc<dyn PixelGround>>>,
    refused: Arc<BTreeMap<PathBuf, String>>,
}

impl Photos {
    /// How the pixels of an image meet the ground; `None` where it is no photo.
    #[must_use]
    pub fn get(&self, path: &Path) -> Option<&Arc<dyn PixelGround>> {
        self.placed.get(path)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.placed.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.placed.len()
    }

    /// The same, with photos that cannot be scanned: what is wrong with each, in words.
    #[must_use]
    pub fn refusing(mut self, refused: BTreeMap<PathBuf, String>) -> Self {
        self.refused = Arc::new(refused);
        self
    }

    /// Why an image cannot be scanned; `None` where nothing is known against it.
    #[must_use]
    pub fn refusal(&self, path: &Path) -> Option<&str> {
        self.refused.get(path).map(String::as_str)
    }
}

impl FromIterator<(PathBuf, Arc<dyn PixelGround>)> for Photos {
    fn from_iter<I: IntoIterator<Item = (PathBuf, Arc<dyn PixelGround>)>>(photos: I) -> Self {
        Self {
            placed: Arc::new(photos.into_iter().collect()),
            refused: Arc::default(),
        }
    }
}

/// Metres per pixel at the centre of a photo, or in the middle of its usable part where the centre is
/// none of it.
pub(super) fn gsd(ground: &dyn PixelGround, info: &RasterInfo) -> Result<Gsd> {
    let unusable = |problem: &str| Error::UnusableRaster {
        path: info.path.clone(),
        problem: problem.into(),
        hint: "leave it out; photos for a scan look down, or at least well below the horizon"
            .into(),
    };
    let (width, height) = (f64::from(info.width), f64::from(info.height));
    let usable = ground.usable();
    let bounds = usable
        .bounding_rect()
        .filter(|_| usable.unsigned_area() > 0.0);
    let whole = Rect::new((0.0, 0.0), (width, height));
    let shares = |bounds: &Rect<f64>| {
        bounds.min().x < width
            && bounds.min().y < height
            && bounds.max().x > 0.0
            && bounds.max().y > 0.0
    };
    bounds
        .filter(shares)
        .ok_or_else(|| unusable("shows no ground that the camera looks down on steeply enough"))?;
    let middle = Point::from(whole.center());
    let place = if usable.contains(&middle) {
        Some(middle)
    } else {
        let center = usable.centroid().filter(|c| usable.contains(c));
        center.or_else(|| usable.interior_point())
    };
    place
        .and_then(|p| ground.gsd(p.x(), p.y()))
        .filter(Gsd::is_plausible)
        .ok_or_else(|| unusable("is placed so that its pixels have no size on the ground"))
}

/// The ground along the edges of the usable part of a photo, longitude and latitude in order around it,
/// `steps` places to an edge; what meets no ground is left out.
pub(in crate::pipeline) fn usable_ground(ground: &dyn PixelGround, steps: u32) -> Vec<(f64, f64)> {
    let usable: Polygon<f64> = ground.usable();
    let along = |line: geo::Line<f64>| {
        (0..steps).map(move |i| line.start + line.delta() * (f64::from(i) / f64::from(steps)))
    };
    let edges = usable.exterior().lines().flat_map(along);
    let places = edges.filter_map(|c| ground.ground(c.x, c.y));
    places
        .filter(|(x, y)| x.is_finite() && y.is_finite())
        .collect()
}
