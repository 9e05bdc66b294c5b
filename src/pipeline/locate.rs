//! Stage 5 of 6: locate. Takes traced components and suppressed objects, gives candidate
//! sites: outlines in raster pixels, grouped, placed on the map and on the ellipsoid,
//! measured.

use super::acquire::Raster;
use super::chip::{ModelGrid, Tiling};
use super::detect::CellLayout;
use super::fuse::{
    Component, Detection, OutlinedPart, exact_polygon, group_outlines, group_touching,
    simplified_polygon,
};
use super::site::{CandidateSite, SourceWindow};
use crate::Result;
use crate::georef::{
    GridPlacement, Gsd, LocalMetres, ToWgs84, Window, ceil_to_u32, floor_to_u32, geodesic_area_m2,
};
use crate::model::Calibration;
use geo::algorithm::bool_ops::{FillRule, OpType};
use geo::{
    Area, BooleanOps, BoundingRect, Contains, Coord, Densify, Euclidean, InteriorPoint, Intersects,
    LineString, MapCoords, MultiPolygon, Point, Polygon, Rect, Validation,
};
use rayon::prelude::*;

/// Outlines move by less than half a grid pixel, so that drawing them again gives
/// the same pixels.
const TOLERANCE_PX: f64 = 0.49;

/// So many sites share a transformation: making one reads PROJ's database, and takes as long as
/// placing hundreds of sites.
const SITES_TOGETHER: usize = 512;

/// Edges of outlines in a photo are cut into pieces of so many grid pixels before they go to the ground.
const EDGE_PX: f64 = 64.0;

/// What a site needs to know of its image besides the raster itself.
#[derive(Debug, Clone)]
pub struct LocateJob<'a> {
    /// The raster.
    pub raster: &'a Raster,
    /// The model grid.
    pub grid: ModelGrid,
    /// The tiles.
    pub tiling: &'a Tiling,
    /// How cells lie on the grid.
    pub layout: &'a CellLayout,
    /// Class names; component class `k + 1` is class `k`.
    pub classes: &'a [String],
    /// By class: what turns mean scores into probabilities; empty where scores stay as they are.
    pub calibrations: &'a [Option<Calibration>],
    /// The image's place in the list of the run.
    pub image_index: usize,
    /// The image's name as sites carry it.
    pub image: String,
    /// Error of the image's own position, metres.
    pub position_error_m: f64,
    /// Parts of a class closer than this, in metres, make one site.
    pub merge_distance_m: f64,
    /// By class: sites whose sure cells cover less are dropped, square metres.
    pub min_area_m2: &'a [f64],
    /// Sites whose sure cells cover less are dropped, model pixels.
    pub min_area_px: f64,
}

/// Makes sites of components in row-major order of their first cells, and of objects in
/// their own order. Site ids and the image's hash are left empty: they belong to the whole
/// run.
pub fn locate(
    job: &LocateJob<'_>,
    components: Vec<Component>,
    objects: &[Detection],
) -> Result<Vec<CandidateSite>> {
    let components = &sure(job, components);
    let mut parts: Vec<OutlinedPart> = components
        .par_iter()
        .map(|c| {
            let outline = grid_outline(job.layout, c);
            if job.layout.label_edges.is_some() {
                OutlinedPart::of_tiles(c, outline)
            } else {
                OutlinedPart::of_pixels(c, outline)
            }
        })
        .collect();
    let classes = job.classes.len();
    parts.extend(objects.iter().map(|o| OutlinedPart::of_object(o, classes)));
    let groups = group(job, components, &parts);
    let place = |groups: &[Vec<usize>]| -> Result<Vec<Option<CandidateSite>>> {
        let to_wgs84 = job.raster.crs.to_wgs84()?;
        let place = |members: &Vec<usize>| {
            let members: Vec<&OutlinedPart> = members.iter().map(|i| &parts[*i]).collect();
            site(job, &members, &to_wgs84)
        };
        groups.iter().map(place).collect()
    };
    let sites: Vec<Vec<_>> = groups
        .par_chunks(SITES_TOGETHER)
        .map(place)
        .collect::<Result<_>>()?;
    Ok(sites.into_iter().flatten().flatten().collect())
}

/// Components with a sure cell, alone or, of tiles, together with those that they touch at a
/// corner.
fn sure(job: &LocateJob<'_>, mut components: Vec<Component>) -> Vec<Component> {
    let mut keep: Vec<bool> = components.iter().map(|c| c.sure > 0).collect();
    if keep.iter().all(|keep| *keep) {
        return components;
    }
    if job.layout.label_edges.is_some() {
        for group in group_touching(&components) {
            let any = group.iter().any(|i| keep[*i]);
            for i in group {
                keep[i] = any;
            }
        }
    }
    let mut keep = keep.into_iter();
    components.retain(|_| keep.next().unwrap_or(false));
    components
}

/// Outlines of traced coverage on WGS 84.
pub fn locate_coverage(job: &LocateJob<'_>, coverage: &[Component]) -> Result<MultiPolygon<f64>> {
    let to_wgs84 = job.raster.crs.to_wgs84()?;
    let (columns, rows) = &job.layout.coverage_edges;
    let outlines = coverage
        .iter()
        .map(|c| exact_polygon(c, edge(columns), edge(rows)))
        .collect();
    to_ground(job, &MultiPolygon(outlines), &to_wgs84)
}

fn edge(boundaries: &[u32]) -> impl Fn(u32) -> f64 + '_ {
    |index| f64::from(boundaries[index as usize])
}

/// The outline of a component in grid pixels.
fn grid_outline(layout: &CellLayout, component: &Component) -> Polygon<f64> {
    match &layout.label_edges {
        None => simplified_polygon(component, TOLERANCE_PX),
        Some((columns, rows)) => exact_polygon(component, edge(columns), edge(rows)),
    }
}

/// Which parts make one site: tile cells that touch at a corner, and parts within the
/// merge distance.
fn group(job: &LocateJob<'_>, components: &[Component], parts: &[OutlinedPart]) -> Vec<Vec<usize>> {
    if job.merge_distance_m > 0.0 {
        let (x_m, y_m) = (
            job.raster.gsd.x_m * job.grid.scale_x,
            job.raster.gsd.y_m * job.grid.scale_y,
        );
        let metric: Vec<(u8, MultiPolygon<f64>)> = parts
            .iter()
            .map(|part| {
                let in_metres = |c: Coord<f64>| Coord {
                    x: c.x * x_m,
                    y: c.y * y_m,
                };
                (part.class, part.outline.map_coords(in_metres))
            })
            .collect();
        return group_outlines(&metric, job.merge_distance_m);
    }
    if job.layout.label_edges.is_some() {
        return group_touching(components);
    }
    (0..parts.len()).map(|i| vec![i]).collect()
}

fn site(
    job: &LocateJob<'_>,
    parts: &[&OutlinedPart],
    to_wgs84: &ToWgs84,
) -> Result<Option<CandidateSite>> {
    let Some(first) = parts.first() else {
        return Ok(None);
    };
    let grid_outline: MultiPolygon<f64> = parts.iter().flat_map(|p| p.outline.clone()).collect();
    let grid_outline = &grid_outline;
    let class = usize::from(first.class) - 1;
    let weight: u64 = parts.iter().map(|p| p.weight).sum();
    // The smallest area is asked of what makes a site, not of all that its outline takes in.
    let sure = to_f64(parts.iter().map(|p| p.sure).sum()) / to_f64(weight);
    if sure * parts.iter().map(|p| p.area_px).sum::<f64>() < job.min_area_px {
        return Ok(None);
    }
    let mean = |plane: usize| -> f64 {
        let sum: u64 = parts.iter().map(|p| p.evidence[plane]).sum();
        to_f64(sum) / to_f64(weight) / 65_535.0
    };
    let calibrated = |class: usize, score: f64| {
        let calibration = job.calibrations.get(class).and_then(Option::as_ref);
        calibration.map_or(score, |c| c.apply(score))
    };
    let outline = to_ground(job, grid_outline, to_wgs84)?;
    let Some(spot) = spot(job, grid_outline, &outline) else {
        return Ok(None);
    };
    let (map_x, map_y) = spot.map;
    let (lon, lat) = to_wgs84.point(map_x, map_y)?;
    let area_m2 = geodesic_area_m2(&outline);
    if sure * area_m2 < job.min_area_m2[class] {
        return Ok(None);
    }
    Ok(Some(CandidateSite {
        site_id: String::new(),
        class: job.classes[class].clone(),
        prob: calibrated(class, mean(class + 1)),
        prob_max: f64::from(parts.iter().map(|p| p.score_max).max().unwrap_or(0)) / 65_535.0,
        evidence: job
            .classes
            .iter()
            .enumerate()
            .map(|(k, name)| (name.clone(), calibrated(k, mean(k + 1))))
            .collect(),
        area_m2,
        outline,
        point: Point::new(lon, lat),
        map_x,
        map_y,
        map_crs: job.raster.crs.label().to_owned(),
        pos_err_m: spot.error_m.hypot(cell_half_diagonal_m(job, spot.gsd)),
        n_detections: u32::try_from(parts.iter().map(|p| p.n_detections).sum::<u64>())
            .unwrap_or(u32::MAX),
        src_image: vec![job.image.clone()],
        src_sha256: Vec::new(),
        capture_time: vec![job.raster.info.capture_time.clone().unwrap_or_default()],
        gsd_cm: spot.gsd.mean_m() * 100.0,
        tile_ids: tile_ids(job, grid_outline),
        status: "candidate".into(),
        source: SourceWindow {
            image: job.image_index,
            window: raster_bounds(job, grid_outline),
        },
        picture: None,
        seen_in: Vec::new(),
        views: None,
    }))
}

/// The point of a site.
struct Spot {
    /// On the map.
    map: (f64, f64),
    /// How far what places the image may put it from the truth, in metres.
    error_m: f64,
    /// Metres of ground in a raster pixel there.
    gsd: Gsd,
}

/// Where a site's point lies, given its outline in grid pixels and on the ground. On a map the position
/// error and the size of pixels are those of the whole image, in a photo those of the point's pixel.
/// `None` where there is no point inside.
fn spot(
    job: &LocateJob<'_>,
    grid_outline: &MultiPolygon<f64>,
    ground_outline: &MultiPolygon<f64>,
) -> Option<Spot> {
    let (col, row) = inner_point(grid_outline)?;
    let (col, row) = (col * job.grid.scale_x, row * job.grid.scale_y);
    let placement = &job.raster.placement;
    let (map, (col, row)) = if let Some(map) = placement.pixel_to_map(col, row) {
        (map, (col, row))
    } else {
        // The map of a photo is WGS 84, and a point of what it does show serves as well.
        let (lon, lat) = inner_point(ground_outline)?;
        ((lon, lat), placement.map_to_pixel(lon, lat)?)
    };
    let rays = placement.rays();
    Some(Spot {
        map,
        error_m: rays.map_or(job.position_error_m, |r| r.position_error_m(col, row)),
        gsd: placement.gsd_at(col, row).unwrap_or(job.raster.gsd),
    })
}

/// Half the diagonal of a label cell on the ground: a plot may lie anywhere in it.
fn cell_half_diagonal_m(job: &LocateJob<'_>, gsd: Gsd) -> f64 {
    let cells = if job.layout.label_edges.is_some() {
        job.tiling.tile_size()
    } else {
        (1, 1)
    };
    let width = f64::from(cells.0) * job.grid.scale_x * gsd.x_m;
    let height = f64::from(cells.1) * job.grid.scale_y * gsd.y_m;
    width.hypot(height) / 2.0
}

/// Bounds of an outline in raster pixels, at least one pixel, inside the raster.
fn raster_bounds(job: &LocateJob<'_>, outline: &MultiPolygon<f64>) -> Window {
    let Some(rect) = outline.bounding_rect() else {
        return Window {
            col_off: 0,
            row_off: 0,
            width: 1,
            height: 1,
        };
    };
    let span = |low: f64, high: f64, scale: f64, extent: u32| {
        let start = floor_to_u32(low * scale).min(extent - 1);
        (
            start,
            ceil_to_u32(high * scale)
                .min(extent)
                .saturating_sub(start)
                .max(1),
        )
    };
    let info = &job.raster.info;
    let (col_off, width) = span(rect.min().x, rect.max().x, job.grid.scale_x, info.width);
    let (row_off, height) = span(rect.min().y, rect.max().y, job.grid.scale_y, info.height);
    Window {
        col_off,
        row_off,
        width,
        height,
    }
}

/// A point inside the largest part, in grid pixels.
fn inner_point(outline: &MultiPolygon<f64>) -> Option<(f64, f64)> {
    let largest = outline
        .iter()
        .max_by(|a, b| a.unsigned_area().total_cmp(&b.unsigned_area()))?;
    let center = geo::Centroid::centroid(largest).filter(|c| largest.contains(c));
    center
        .or_else(|| largest.interior_point())
        .map(|p| (p.x(), p.y()))
}

/// From grid pixels to WGS 84, exterior rings counter-clockwise.
fn to_ground(
    job: &LocateJob<'_>,
    outline: &MultiPolygon<f64>,
    to_wgs84: &ToWgs84,
) -> Result<MultiPolygon<f64>> {
    let placement = job
        .raster
        .placement
        .scaled(job.grid.scale_x, job.grid.scale_y);
    if job.raster.is_photo() {
        return Ok(rays_to_ground(outline, &placement));
    }
    let mut polygons = Vec::with_capacity(outline.0.len());
    for polygon in outline {
        let exterior = ring_to_ground(polygon.exterior(), &placement, to_wgs84)?;
        let holes = polygon
            .interiors()
            .iter()
            .map(|ring| ring_to_ground(ring, &placement, to_wgs84))
            .collect::<Result<_>>()?;
        polygons.push(geo::orient::Orient::orient(
            &Polygon::new(exterior, holes),
            geo::orient::Direction::Default,
        ));
    }
    Ok(MultiPolygon(polygons))
}

fn ring_to_ground(
    ring: &LineString<f64>,
    placement: &GridPlacement<'_>,
    to_wgs84: &ToWgs84,
) -> Result<LineString<f64>> {
    let (mut xs, mut ys): (Vec<f64>, Vec<f64>) = ring
        .coords()
        .filter_map(|c| placement.pixel_to_map(c.x, c.y))
        .unzip();
    to_wgs84.apply(&mut xs, &mut ys)?;
    Ok(xs.into_iter().zip(ys).collect())
}

/// From grid pixels of a photo to WGS 84. Corners whose rays meet no ground are left out, and a ring
/// that has none left; straight edges are bent as the ground bends them; a ring that crosses itself
/// there, behind a ridge, becomes the ground it surrounds.
fn rays_to_ground(outline: &MultiPolygon<f64>, placement: &GridPlacement<'_>) -> MultiPolygon<f64> {
    let ring = |ring: &LineString<f64>| -> Option<LineString<f64>> {
        let places = ring
            .coords()
            .filter_map(|c| placement.pixel_to_map(c.x, c.y));
        let mut ring: LineString<f64> = places.collect();
        ring.0.dedup();
        ring.close();
        (ring.0.len() >= 4).then_some(ring)
    };
    let mut ground = Vec::with_capacity(outline.0.len());
    for polygon in &Euclidean.densify(outline, EDGE_PX) {
        let Some(exterior) = ring(polygon.exterior()) else {
            continue;
        };
        let holes = polygon.interiors().iter().filter_map(ring).collect();
        let polygon = Polygon::new(exterior, holes);
        if polygon.is_valid() {
            ground.push(polygon);
        } else {
            ground.extend(repaired(&polygon));
        }
    }
    geo::orient::Orient::orient(&MultiPolygon(ground), geo::orient::Direction::Default)
}

/// The ground that the rings of a polygon go round at all, whichever way, holes taken out. In metres
/// around it, for what is cut is rounded to a share of the whole.
fn repaired(polygon: &Polygon<f64>) -> MultiPolygon<f64> {
    let Some(middle) = polygon.bounding_rect().map(Rect::center) else {
        return MultiPolygon::new(vec![]);
    };
    let frame = LocalMetres::around(middle.into());
    let round = |ring: &LineString<f64>| {
        let ring = Polygon::new(ring.coords().map(|c| frame.coord(*c)).collect(), vec![]);
        ring.boolean_op_with_fill_rule(&MultiPolygon::empty(), OpType::Union, FillRule::NonZero)
    };
    let mut ground = round(polygon.exterior());
    for hole in polygon.interiors() {
        ground = ground.difference(&round(hole));
    }
    ground.map_coords(|c| frame.place(c.into()).into())
}

/// The tiles whose cores the outline meets.
fn tile_ids(job: &LocateJob<'_>, outline: &MultiPolygon<f64>) -> Vec<String> {
    let mut ids = Vec::new();
    for polygon in outline {
        let Some(bounds) = polygon.bounding_rect() else {
            continue;
        };
        let cols = tiles_along(job.tiling.column_edges(), bounds.min().x, bounds.max().x);
        let rows = tiles_along(job.tiling.row_edges(), bounds.min().y, bounds.max().y);
        // The exact test costs tiles times corners; a giant is listed by its bounds.
        let corners = polygon.exterior().0.len() as u64;
        let single = cols.len() == 1
            || rows.len() == 1
            || u64::from(cols.len()) * u64::from(rows.len()) * corners > 10_000_000;
        for row in rows {
            for col in cols.clone() {
                let tile = job.tiling.tile(row, col);
                let core = Rect::new(
                    Coord {
                        x: f64::from(tile.core.col_off) + 0.25,
                        y: f64::from(tile.core.row_off) + 0.25,
                    },
                    Coord {
                        x: f64::from(tile.core.col_end()) - 0.25,
                        y: f64::from(tile.core.row_end()) - 0.25,
                    },
                );
                if single || polygon.intersects(&core) {
                    ids.push((row, col, tile.id()));
                }
            }
        }
    }
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().map(|(_, _, id)| id).collect()
}

/// The tiles that a stretch of an axis meets, whose cores end at `edges`.
fn tiles_along(edges: &[u32], low: f64, high: f64) -> std::ops::RangeInclusive<u32> {
    let last = edges.len().saturating_sub(2);
    let find = |pixel: u32| {
        let after = edges.partition_point(|e| *e <= pixel);
        u32::try_from(after.saturating_sub(1).min(last)).unwrap_or(0)
    };
    let first = find(floor_to_u32(low.max(0.0)));
    first..=find(ceil_to_u32(high.max(0.0)).saturating_sub(1)).max(first)
}

trait Length {
    fn len(&self) -> u32;
}

impl Length for std::ops::RangeInclusive<u32> {
    fn len(&self) -> u32 {
        self.end() - self.start() + 1
    }
}

#[expect(clippy::cast_precision_loss, reason = "sums stay far below 2^53")]
fn to_f64(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
#[path = "locate_tests.rs"]
mod tests;
