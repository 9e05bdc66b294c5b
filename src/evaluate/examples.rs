//! The worst mistakes of a model as pictures: the largest plots that it missed, the false sites
//! that it was surest of.

use super::dataset::Dataset;
use super::levels::Evidence;
use super::report::schema::Example;
use super::subject::{Subject, evaluated_calibrations};
use super::truth::RasterShapes;
use crate::georef::{Window, ceil_to_u32, floor_to_u32};
use crate::pipeline::acquire::AcquireOptions;
use crate::pipeline::report::Eyes;
use geo::Point;
use std::collections::BTreeMap;

/// So many of each are shown.
const MOST: usize = 8;

/// The least ground that a picture frames, metres.
const LEAST_M: f64 = 1.0;

/// Missed plots and false sites, worst first. An example whose picture cannot be made has none.
#[must_use]
pub fn examples(
    dataset: &Dataset,
    subject: &Subject,
    evidence: &Evidence<'_>,
) -> (Vec<Example>, Vec<Example>) {
    let calibrations = evaluated_calibrations(subject);
    let mut misses = Vec::new();
    let mut false_sites = Vec::new();
    for observation in evidence.observations {
        let scene = &dataset.scenes[observation.scene].name;
        for plot in observation.plots.iter().filter(|plot| !plot.is_found) {
            misses.push((
                observation.scene,
                Example {
                    scene: scene.clone(),
                    id: plot.id.clone(),
                    class: evidence.classes[plot.class].clone(),
                    lon: plot.at.0,
                    lat: plot.at.1,
                    area_m2: plot.area_m2,
                    score: None,
                    note: plot.stage.clone(),
                    picture: None,
                },
            ));
        }
        for site in observation.sites.iter().filter(|site| site.is_false) {
            let calibration = calibrations.get(site.class).and_then(Option::as_ref);
            false_sites.push((
                observation.scene,
                Example {
                    scene: scene.clone(),
                    id: site.id.clone(),
                    class: evidence.classes[site.class].clone(),
                    lon: site.at.0,
                    lat: site.at.1,
                    area_m2: (site.area_m2 > 0.0).then_some(site.area_m2),
                    score: Some(calibration.map_or(site.score, |c| c.apply(site.score))),
                    note: site.lies_on.clone().unwrap_or_default(),
                    picture: None,
                },
            ));
        }
    }
    misses.sort_by(|(_, a), (_, b)| {
        let area = |e: &Example| e.area_m2.unwrap_or_default();
        area(b).total_cmp(&area(a))
    });
    false_sites.sort_by(|(_, a), (_, b)| {
        let score = |e: &Example| e.score.unwrap_or_default();
        score(b).total_cmp(&score(a))
    });
    misses.truncate(MOST);
    false_sites.truncate(MOST);
    let mut pictures = Pictures {
        dataset,
        options: &subject.settings.acquire,
        open: BTreeMap::new(),
    };
    let mut with_picture = |(scene, mut example): (usize, Example)| {
        example.picture = pictures.of(scene, &example);
        example
    };
    let misses = misses.into_iter().map(&mut with_picture).collect();
    (misses, false_sites.into_iter().map(with_picture).collect())
}

/// Images that pictures are cut from.
struct Pictures<'a> {
    dataset: &'a Dataset,
    options: &'a AcquireOptions,
    open: BTreeMap<usize, Option<Eyes>>,
}

impl Pictures<'_> {
    fn of(&mut self, scene: usize, example: &Example) -> Option<Vec<u8>> {
        let path = self.dataset.scenes[scene].raster();
        let open = || Eyes::open(path, self.options).ok();
        let eyes = self.open.entry(scene).or_insert_with(open).as_ref()?;
        let raster = eyes.raster();
        let shapes = RasterShapes::of(raster).ok()?;
        let (x, y) = shapes
            .pixel_point(Point::new(example.lon, example.lat))
            .ok()?
            .x_y();
        let edge_m = example.area_m2.unwrap_or_default().sqrt().max(LEAST_M);
        let span = |middle: f64, gsd_m: f64, extent: u32| {
            let half = edge_m / gsd_m / 2.0;
            let start = floor_to_u32(middle - half).min(extent - 1);
            let end = ceil_to_u32(middle + half).clamp(start + 1, extent);
            (start, end - start)
        };
        let (col_off, width) = span(x, raster.gsd.x_m, raster.info.width);
        let (row_off, height) = span(y, raster.gsd.y_m, raster.info.height);
        let window = Window {
            col_off,
            row_off,
            width,
            height,
        };
        eyes.jpeg(window).ok()
    }
}
