//! Reading polygons from any vector file that OGR opens, into one reference system.

use super::{Value, shapefile, wkb};
use crate::georef::{Crs, ceil_to_u32};
use crate::{Error, Result, remote};
use gdal::cpl::CslStringList;
use gdal::spatial_ref::CoordTransform;
use gdal::vector::{
    Feature, FieldValue, Geometry, Layer, LayerAccess, OGRwkbGeometryType as Ogr,
    geometry_type_flatten,
};
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
use geo::{Coord, LineString, MultiLineString, MultiPolygon, Point, Polygon};
use std::path::Path;

/// Edges longer than this follow the curve that a straight line becomes in another
/// reference system. Between map projections, a line of this length bends by less
/// than a centimetre.
const MAX_EDGE_M: f64 = 500.0;
/// The same in degrees.
const MAX_EDGE_DEGREES: f64 = 0.005;
/// No edge gets more points than this, however long.
const MAX_PIECES: u32 = 10_000;

/// One feature of a vector file that covers ground.
#[derive(Debug, Clone)]
pub struct PolygonFeature {
    /// The layer it stands in.
    pub layer: String,
    /// Its area in the reference system that was asked for. Rings are closed, with
    /// at least four points each.
    pub geometry: MultiPolygon<f64>,
    /// Names and values of its fields, in the order of the layer. Dates and lists
    /// are text.
    pub attributes: Vec<(String, Value<'static>)>,
}

impl PolygonFeature {
    /// The value of a field.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Value<'static>> {
        self.attributes
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v)
    }
}

/// Reads the polygons of every layer and brings them into `target`, x (or longitude)
/// first. Arcs become chords, self-crossing polygons are repaired where GEOS can,
/// lines and points are passed over; unmarked shapefiles with Chinese text are read
/// as GB 18030.
///
/// # Errors
/// [`Error::Vector`] when the file is no vector file, has no polygon, or a layer
/// with polygons has no reference system or does not reach `target`.
pub fn read_polygons(path: &Path, target: &Crs) -> Result<Vec<PolygonFeature>> {
    let dataset = open(path)?;
    if dataset.layer_count() == 0 {
        return Err(problem(path, "has no layer", "export a layer of polygons"));
    }
    let mut found = Vec::new();
    for mut layer in dataset.layers() {
        if may_hold_polygons(layer.defn().geometry_type()) {
            read_layer(path, &mut layer, target, &mut found)?;
        }
    }
    if found.is_empty() {
        return Err(problem(
            path,
            "has no polygon",
            "points and lines enclose no ground; draw polygons, or buffer them in QGIS",
        ));
    }
    Ok(found)
}

pub(super) fn open(path: &Path) -> Result<Dataset> {
    open_as_encoded(path, None)
}

/// Opens with the text encoding that the user names for a shapefile, or the one that is guessed.
pub(super) fn open_as_encoded(path: &Path, encoding: Option<&str>) -> Result<Dataset> {
    let text = path.to_string_lossy();
    // `/vsizip/…`, `PG:…` and the like are GDAL's to find.
    if !text.starts_with("/vsi") && !text.contains(':') && !path.exists() {
        return Err(problem(path, "does not exist", "check the path"));
    }
    remote::check_features(path).map_err(|e| problem(path, &e.problem, e.hint))?;
    let encoding = match encoding {
        Some(name) => Some(shapefile::named_encoding(path, name)?),
        None => shapefile::unmarked_encoding(path),
    };
    let encoding = encoding.map(|e| format!("ENCODING={e}"));
    let mut options: Vec<&str> = encoding.as_deref().into_iter().collect();
    // What describes a document may lie on a network.
    if is_gml(path) {
        options.push("DOWNLOAD_SCHEMA=NO");
    }
    let open_as = |flags, options| {
        Dataset::open_ex(
            path,
            DatasetOptions {
                open_flags: flags,
                open_options: options,
                ..DatasetOptions::default()
            },
        )
    };
    open_as(GdalOpenFlags::GDAL_OF_VECTOR, Some(&options)).map_err(|e| {
        if open_as(GdalOpenFlags::GDAL_OF_RASTER, None).is_ok() {
            return problem(
                path,
                "is an image, not a vector file",
                "give a GeoPackage, shapefile, GeoJSON or KML of polygons",
            );
        }
        problem(
            path,
            &format!("cannot be opened ({e})"),
            "give a GeoPackage, shapefile (.shp with .shx, .dbf and .prj beside it), GeoJSON or KML",
        )
    })
}

fn is_gml(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default();
    ["gml", "xml"]
        .iter()
        .any(|e| ending.eq_ignore_ascii_case(e))
}

fn may_hold_polygons(kind: Ogr::Type) -> bool {
    !matches!(
        geometry_type_flatten(kind),
        Ogr::wkbNone
            | Ogr::wkbPoint
            | Ogr::wkbMultiPoint
            | Ogr::wkbLineString
            | Ogr::wkbMultiLineString
            | Ogr::wkbCircularString
            | Ogr::wkbCompoundCurve
            | Ogr::wkbMultiCurve
    )
}

fn read_layer(
    path: &Path,
    layer: &mut Layer<'_>,
    target: &Crs,
    found: &mut Vec<PolygonFeature>,
) -> Result<()> {
    let name = layer.name();
    let fields: Vec<String> = layer.defn().fields().map(|f| f.name()).collect();
    let source = layer.spatial_ref();
    let mut projector = None;
    for feature in layer.features() {
        let mut geometry = MultiPolygon::new(polygons_of(&feature));
        if geometry.0.is_empty() {
            continue;
        }
        let projector = match &projector {
            Some(ready) => ready,
            None => projector.insert(Projector::new(path, &name, source.as_ref(), target)?),
        };
        projector.apply(&mut geometry).map_err(|e| {
            problem(
                path,
                &format!("cannot be brought into {} ({e})", target.label()),
                "check its reference system; a wrong .prj puts it off the map",
            )
        })?;
        found.push(PolygonFeature {
            layer: name.clone(),
            geometry,
            attributes: attributes_of(&feature, &fields),
        });
    }
    Ok(())
}

fn polygons_of(feature: &Feature<'_>) -> Vec<Polygon<f64>> {
    feature.geometry().map_or_else(Vec::new, valid_polygons)
}

/// The polygons of a geometry; repaired where they cross or touch themselves, if GEOS can.
pub(super) fn valid_polygons(geometry: &Geometry) -> Vec<Polygon<f64>> {
    let decode = |g: &Geometry| wkb::decode_polygons(&g.iso_wkb().ok()?);
    let as_drawn = decode(geometry).unwrap_or_default();
    if as_drawn.is_empty() || geometry.is_valid() {
        return as_drawn;
    }
    geometry
        .make_valid(&CslStringList::new())
        .ok()
        .and_then(|repaired| decode(&repaired))
        .filter(|repaired| !repaired.is_empty())
        .unwrap_or(as_drawn)
}

pub(super) fn attributes_of(
    feature: &Feature<'_>,
    fields: &[String],
) -> Vec<(String, Value<'static>)> {
    fields
        .iter()
        .enumerate()
        .map(|(index, name)| {
            // Binary and other unusual kinds are passed over, not fatal.
            let value = feature.field(index).ok().flatten();
            (name.clone(), value.map_or(Value::Null, value_of))
        })
        .collect()
}

pub(super) fn value_of(value: FieldValue) -> Value<'static> {
    fn join<T: ToString>(list: &[T]) -> Value<'static> {
        let list: Vec<String> = list.iter().map(T::to_string).collect();
        list.join("; ").into()
    }
    match value {
        FieldValue::IntegerValue(v) => Value::Integer(v.into()),
        FieldValue::Integer64Value(v) => Value::Integer(v),
        FieldValue::RealValue(v) => Value::Real(v),
        FieldValue::StringValue(v) => v.into(),
        FieldValue::DateValue(v) => v.to_string().into(),
        // Debug is the ISO 8601 form, with the `T`.
        FieldValue::DateTimeValue(v) => format!("{v:?}").into(),
        FieldValue::IntegerListValue(v) => join(&v),
        FieldValue::Integer64ListValue(v) => join(&v),
        FieldValue::RealListValue(v) => join(&v),
        FieldValue::StringListValue(v) => join(&v),
    }
}

/// The way from a layer's reference system to the one asked for.
pub(super) struct Projector {
    /// `None` where both are the same.
    transform: Option<CoordTransform>,
    max_edge: f64,
}

impl Projector {
    pub(super) fn new(
        path: &Path,
        layer: &str,
        source: Option<&gdal::spatial_ref::SpatialRef>,
        target: &Crs,
    ) -> Result<Self> {
        let Some(source) = source else {
            return Err(problem(
                path,
                &format!("has no reference system in layer `{layer}`"),
                "bring the .prj file along, or set it with `ogr2ogr -a_srs EPSG:4490 out.gpkg in.shp`",
            ));
        };
        // Refuses what lies nowhere. The transform itself starts from the layer's own
        // object, since a few drivers deliver latitude first and say so there.
        let crs = Crs::from_spatial_ref(source.clone())?;
        let max_edge = if crs.is_geographic() {
            MAX_EDGE_DEGREES
        } else {
            MAX_EDGE_M / source.linear_units().max(1e-3)
        };
        let same_axes =
            source.axis_mapping_strategy() == target.spatial_ref()?.axis_mapping_strategy();
        let transform = if same_axes && crs.label() == target.label() && crs.label().contains(':') {
            None
        } else {
            let transform =
                CoordTransform::new(source, &target.spatial_ref()?).map_err(|e| Error::Crs {
                    crs: crs.label().to_owned(),
                    problem: format!("cannot be transformed to {} ({e})", target.label()),
                })?;
            Some(transform)
        };
        Ok(Self {
            transform,
            max_edge,
        })
    }

    /// Moves areas, edges following the curves that they become.
    pub(super) fn apply(&self, areas: &mut MultiPolygon<f64>) -> Result<(), String> {
        if self.transform.is_none() {
            return Ok(());
        }
        for polygon in &mut areas.0 {
            let exterior = self.line(polygon.exterior())?;
            let holes: Result<_, String> = polygon
                .interiors()
                .iter()
                .map(|ring| self.line(ring))
                .collect();
            *polygon = Polygon::new(exterior, holes?);
        }
        Ok(())
    }

    fn line(&self, line: &LineString<f64>) -> Result<LineString<f64>, String> {
        let Some(transform) = &self.transform else {
            return Ok(line.clone());
        };
        let dense = segmentize(line, self.max_edge).0;
        let mut xs: Vec<f64> = dense.iter().map(|c| c.x).collect();
        let mut ys: Vec<f64> = dense.iter().map(|c| c.y).collect();
        transform
            .transform_coords(&mut xs, &mut ys, &mut [])
            .map_err(|e| e.to_string())?;
        if xs.iter().chain(&ys).all(|v| v.is_finite()) {
            Ok(xs.into_iter().zip(ys).collect())
        } else {
            Err("a corner has no place there".to_owned())
        }
    }

    /// Moves lines, their edges following the curves that they become.
    pub(super) fn lines(&self, lines: &mut MultiLineString<f64>) -> Result<(), String> {
        for line in lines {
            *line = self.line(line)?;
        }
        Ok(())
    }

    /// Moves one point.
    pub(super) fn point(&self, point: Point<f64>) -> Result<Point<f64>, String> {
        let Some(transform) = &self.transform else {
            return Ok(point);
        };
        let (mut x, mut y) = ([point.x()], [point.y()]);
        transform
            .transform_coords(&mut x, &mut y, &mut [])
            .map_err(|e| e.to_string())?;
        if x[0].is_finite() && y[0].is_finite() {
            Ok(Point::new(x[0], y[0]))
        } else {
            Err("the point has no place there".to_owned())
        }
    }
}

/// The ring with points added so that no edge is longer than `max_edge`.
fn segmentize(ring: &LineString<f64>, max_edge: f64) -> LineString<f64> {
    let mut points: Vec<Coord<f64>> = ring.0.first().copied().into_iter().collect();
    for edge in ring.lines() {
        let step = edge.delta();
        let pieces = ceil_to_u32(step.x.hypot(step.y) / max_edge).clamp(1, MAX_PIECES);
        points.extend((1..pieces).map(|i| edge.start + step * (f64::from(i) / f64::from(pieces))));
        points.push(edge.end);
    }
    LineString::new(points)
}

/// A feature, by its layer and its number there, that does not reach a reference system.
pub(super) fn unmoved(
    path: &Path,
    (layer, number): (&str, usize),
    target: &Crs,
    reason: &str,
) -> Error {
    problem(
        path,
        &format!(
            "feature {number} of layer `{layer}` cannot be brought into {} ({reason})",
            target.label()
        ),
        "check its reference system; a wrong .prj puts it off the map",
    )
}

/// Refuses a layer that is none of those of the file.
pub(super) fn check_layer(path: &Path, layer: Option<&str>, names: &[String]) -> Result<()> {
    match layer {
        Some(wanted) if !names.iter().any(|n| n.eq_ignore_ascii_case(wanted)) => Err(problem(
            path,
            &format!(
                "has no layer `{wanted}`, its layers are {}",
                names.join(", ")
            ),
            "name one of its layers",
        )),
        _ => Ok(()),
    }
}

pub(super) fn problem(path: &Path, problem: &str, hint: &str) -> Error {
    Error::Vector {
        path: path.to_owned(),
        problem: problem.into(),
        hint: hint.into(),
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
