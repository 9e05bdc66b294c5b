//! Measuring the coverage of a campaign.

use super::gaps::RawGap;
use super::plane::{pieces, to_degrees, to_metres, union};
use super::source::{ExtraImage, SeenGround, Source};
use super::village::{self, Measured, NearImage, Rule};
use super::{CoverageReport, CoverageSettings, CropCoverage, Gap, VillageCoverage};
use crate::Result;
use crate::campaign::Campaign;
use crate::georef::{Cgcs2000Zone, around};
use crate::pipeline::report::Outline;
use chrono::NaiveDate;
use geo::{Area, BoundingRect, Coord, CoordsIter, Intersects, MultiPolygon, Point, Polygon};
use rayon::prelude::*;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};
use std::collections::BTreeSet;

/// Villages that are joined at once where their overlap is reckoned.
const VILLAGES_AT_ONCE: usize = 64;

/// Overlap below this share of all villages is sloppy drawing, and is not said.
const SLOPPY_DRAWING: f64 = 1e-4;

/// Measures which ground of each village was seen. The result depends on the campaign and the
/// settings alone.
///
/// # Errors
/// [`crate::Error::Setting`] for settings that make no sense and crops that the phenology does not
/// know, [`crate::Error::Store`] where there are no villages, [`crate::Error::Coordinate`] for a county
/// outside of the zones of CGCS2000 or ground 500 km from its middle.
pub fn measure(campaign: &Campaign, settings: &CoverageSettings) -> Result<CoverageReport> {
    measure_with(campaign, settings, &[])
}

/// The same, as it would be if a model that searches for all crops had looked at more images: for
/// planning the next flight before anything is scanned.
///
/// # Errors
/// As [`measure`].
pub fn measure_with(
    campaign: &Campaign,
    settings: &CoverageSettings,
    extra: &[ExtraImage],
) -> Result<CoverageReport> {
    settings.check()?;
    let source = Source::read(campaign, settings, extra)?;
    let units = source.villages.villages();
    let degrees: Vec<MultiPolygon<f64>> = units.iter().map(|unit| unit.area.clone()).collect();
    let zone = Cgcs2000Zone::of_lon(middle(&degrees).x)?;
    let grounds = to_metres(zone, &degrees)?;
    let images = Images::new(zone, &source, &degrees)?;
    let rule = Rule {
        settings,
        phenology: &source.phenology,
        crops: &source.crops,
    };
    let measured: Vec<Measured> = grounds
        .par_iter()
        .zip(&degrees)
        .map(|(ground, degrees)| {
            let near = images.near(ground, &source.images);
            let lat = middle(std::slice::from_ref(degrees)).y;
            village::measure(ground, lat, &near, &rule)
        })
        .collect();
    let overlap_m2 = overlap(&grounds);
    collected(&source, settings, measured, (zone, overlap_m2))
}

/// The images in the plane, in parts, by place.
struct Images {
    /// Parts with the place of their image.
    parts: Vec<(usize, Polygon<f64>)>,
    tree: RTree<GeomWithData<Rectangle<[f64; 2]>, usize>>,
}

impl Images {
    /// Images far from every village are left where they are: they need not lie in the zone.
    fn new(zone: Cgcs2000Zone, source: &Source, villages: &[MultiPolygon<f64>]) -> Result<Self> {
        let county = villages.iter().filter_map(BoundingRect::bounding_rect);
        let county = around(county);
        let nothing = MultiPolygon::new(vec![]);
        let outlines: Vec<MultiPolygon<f64>> = source
            .outlines
            .iter()
            .map(|outline| {
                let bounds = outline.bounding_rect();
                let meets = county.zip(bounds).is_some_and(|(a, b)| a.intersects(&b));
                if meets {
                    outline.clone()
                } else {
                    nothing.clone()
                }
            })
            .collect();
        let parts: Vec<Vec<Polygon<f64>>> = to_metres(zone, &outlines)?
            .into_par_iter()
            .zip(&source.images)
            .map(|(ground, image)| pieces(ground, image.gsd_cm))
            .collect();
        let parts: Vec<(usize, Polygon<f64>)> = parts
            .into_iter()
            .enumerate()
            .flat_map(|(image, parts)| parts.into_iter().map(move |part| (image, part)))
            .collect();
        let boxed = parts.iter().enumerate().filter_map(|(at, (_, part))| {
            let bounds = part.bounding_rect()?;
            let corners = (bounds.min().into(), bounds.max().into());
            Some(GeomWithData::new(
                Rectangle::from_corners(corners.0, corners.1),
                at,
            ))
        });
        Ok(Self {
            tree: RTree::bulk_load(boxed.collect()),
            parts,
        })
    }

    /// Images whose parts come near a village, in their order.
    fn near<'a>(
        &'a self,
        ground: &MultiPolygon<f64>,
        images: &'a [SeenGround],
    ) -> Vec<NearImage<'a>> {
        let Some(bounds) = ground.bounding_rect() else {
            return Vec::new();
        };
        let envelope = AABB::from_corners(bounds.min().into(), bounds.max().into());
        let found = self.tree.locate_in_envelope_intersecting(&envelope);
        let mut found: Vec<usize> = found.map(|part| part.data).collect();
        found.sort_unstable();
        let mut near: Vec<NearImage<'a>> = Vec::new();
        for (index, part) in found.into_iter().map(|at| &self.parts[at]) {
            match near.last_mut().filter(|last| last.index == *index) {
                Some(last) => last.pieces.push(part),
                None => near.push(NearImage {
                    index: *index,
                    image: &images[*index],
                    pieces: vec![part],
                }),
            }
        }
        near
    }
}

/// The middle of the box around areas; the origin where there is none.
fn middle(areas: &[MultiPolygon<f64>]) -> Coord<f64> {
    let boxes = areas.iter().filter_map(BoundingRect::bounding_rect);
    let corners: Vec<Point<f64>> = boxes
        .flat_map(|b| [Point::from(b.min()), Point::from(b.max())])
        .collect();
    let bounds = geo::MultiPoint::new(corners).bounding_rect();
    bounds.map_or(Coord::zero(), geo::Rect::center)
}

/// Ground that lies in more than one village, in square metres.
fn overlap(villages: &[MultiPolygon<f64>]) -> f64 {
    let sum: f64 = villages.iter().map(Area::unsigned_area).sum();
    let joined: Vec<MultiPolygon<f64>> = villages
        .par_chunks(VILLAGES_AT_ONCE)
        .map(|some| union(some.iter().flatten()))
        .collect();
    let once = union(joined.iter().flatten()).unsigned_area();
    let overlap = sum - once;
    if overlap > SLOPPY_DRAWING * sum {
        overlap
    } else {
        0.0
    }
}

fn collected(
    source: &Source,
    settings: &CoverageSettings,
    mut measured: Vec<Measured>,
    (zone, overlap_m2): (Cgcs2000Zone, f64),
) -> Result<CoverageReport> {
    let (gaps, lost_m2) = written_gaps(source, settings, &mut measured, zone)?;
    let seen: BTreeSet<usize> = measured.iter().flat_map(|m| &m.images).copied().collect();
    let gsds = measured.iter().filter_map(|m| m.gsd_cm);
    let gsd_cm = gsds.reduce(|a, b| [a[0].min(b[0]), a[1].max(b[1])]);
    let left_out_m2 = measured.iter().map(|m| m.left_out_m2).sum::<f64>() + lost_m2;
    let images = &source.images;
    Ok(CoverageReport {
        by_crop: by_crop(&source.crops, &measured),
        villages: measured
            .into_iter()
            .enumerate()
            .map(|(at, measured)| village_row(source, at, measured))
            .collect(),
        gaps,
        undated: images.iter().filter(|i| i.day.is_none()).count(),
        crops: source.crops.clone(),
        max_gsd_cm: settings.max_gsd_cm,
        days_apart: settings.days_apart,
        images: images.len(),
        supposed: source.supposed,
        outside: images.len() - seen.len(),
        without_gsd: images.iter().filter(|i| i.gsd_cm.is_none()).count(),
        gsd_cm,
        left_out_m2: hundredths(left_out_m2),
        overlap_m2: hundredths(overlap_m2),
        zone: zone.number(),
        audit_rows: source.audit_rows,
    })
}

fn village_row(source: &Source, at: usize, measured: Measured) -> VillageCoverage {
    let place = source.villages.describe(at);
    let mut crops = measured.crops;
    for crop in &mut crops {
        crop.covered_m2 = hundredths(crop.covered_m2);
        crop.twice_m2 = hundredths(crop.twice_m2);
    }
    VillageCoverage {
        xzqdm: place.xzqdm,
        county: place.county,
        town: place.town,
        village: place.village,
        area_m2: hundredths(measured.area_m2),
        imaged_m2: hundredths(measured.imaged_m2),
        covered_m2: hundredths(measured.covered_m2),
        twice_m2: hundredths(measured.twice_m2),
        median_gsd_cm: measured.median_gsd_cm,
        dates: measured.dates.iter().map(NaiveDate::to_string).collect(),
        crops,
    }
}

fn by_crop(crops: &[String], measured: &[Measured]) -> Vec<CropCoverage> {
    let mut all = Vec::with_capacity(crops.len());
    for (at, crop) in crops.iter().enumerate() {
        let own = || measured.iter().map(|m| &m.crops[at]);
        let dates: BTreeSet<&String> = own().flat_map(|c| &c.dates).collect();
        all.push(CropCoverage {
            crop: crop.clone(),
            covered_m2: hundredths(own().map(|c| c.covered_m2).sum()),
            twice_m2: hundredths(own().map(|c| c.twice_m2).sum()),
            dates: dates.into_iter().cloned().collect(),
            height_unknown: own().map(|c| c.height_unknown).sum(),
            no_window: own().map(|c| c.no_window).sum(),
        });
    }
    all
}

/// The gaps on WGS 84, and the area that was lost to rounding.
fn written_gaps(
    source: &Source,
    settings: &CoverageSettings,
    measured: &mut [Measured],
    zone: Cgcs2000Zone,
) -> Result<(Vec<Gap>, f64)> {
    let mut raw: Vec<(usize, RawGap)> = Vec::new();
    for (village, measured) in measured.iter_mut().enumerate() {
        raw.extend(measured.gaps.drain(..).map(|gap| (village, gap)));
    }
    let outlines: Vec<Polygon<f64>> = raw.iter().map(|(_, gap)| gap.outline.clone()).collect();
    let outlines = to_degrees(zone, &outlines)?;
    let rounded: Vec<Vec<(f64, MultiPolygon<f64>)>> = raw
        .par_iter()
        .zip(&outlines)
        .map(|((_, gap), outline)| rounded(gap.area_m2, outline))
        .collect();
    let mut lost_m2 = 0.0;
    let mut found: Vec<(usize, Gap)> = Vec::new();
    for ((village, raw), parts) in raw.iter().zip(rounded) {
        let place = source.villages.describe(*village);
        for (area_m2, outline) in parts {
            if area_m2 < settings.min_gap_m2 {
                lost_m2 += area_m2;
                continue;
            }
            let gap = Gap {
                id: String::new(),
                xzqdm: place.xzqdm.clone(),
                village: place.village.clone(),
                area_m2: hundredths(area_m2),
                reason: raw.reason,
                outline,
            };
            found.push((*village, gap));
        }
    }
    found.sort_by(|(a, x), (b, y)| {
        let by_area = y.area_m2.total_cmp(&x.area_m2);
        a.cmp(b)
            .then(by_area)
            .then_with(|| corner(&x.outline).total_cmp(&corner(&y.outline)))
    });
    let mut numbered = Vec::with_capacity(found.len());
    let (mut last, mut number) = (None, 0_u32);
    for (village, mut gap) in found {
        number = if last == Some(village) { number + 1 } else { 1 };
        last = Some(village);
        gap.id = format!("{}-G{number:02}", gap.xzqdm);
        numbered.push(gap);
    }
    Ok((numbered, lost_m2))
}

/// An outline with 7 decimals, valid; rounding may part it where it is less than a centimetre wide.
fn rounded(area_m2: f64, outline: &Polygon<f64>) -> Vec<(f64, MultiPolygon<f64>)> {
    let point = outline.coords_iter().next().unwrap_or_default();
    let whole = MultiPolygon::new(vec![outline.clone()]);
    let parts = Outline::new(&whole, point.into()).parts;
    let sum = parts.unsigned_area();
    parts
        .into_iter()
        .map(|part| {
            let share = if sum > 0.0 {
                part.unsigned_area() / sum
            } else {
                0.0
            };
            (area_m2 * share, MultiPolygon::new(vec![part]))
        })
        .collect()
}

/// A number by which gaps of the same area are put in order.
fn corner(outline: &MultiPolygon<f64>) -> f64 {
    let west = outline.coords_iter().map(|c| c.x + c.y);
    west.fold(f64::INFINITY, f64::min)
}

/// Square metres with two decimals.
fn hundredths(value: f64) -> f64 {
    // Adding zero turns -0 into 0.
    (value * 100.0).round() / 100.0 + 0.0
}
