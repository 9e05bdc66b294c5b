//! Coordinate reference systems and the way to WGS 84.

use crate::{Error, Result};
use gdal::spatial_ref::{AxisMappingStrategy, CoordTransform, SpatialRef};

/// A horizontal reference system, in traditional GIS axis order (x east or
/// longitude first) whatever the authority says.
///
/// GDAL's object may not be shared between threads, so the definition is kept as
/// PROJJSON, which loses nothing, and the object is made where it is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crs {
    definition: String,
    label: String,
    geographic: bool,
}

impl Crs {
    /// Reads a code (`EPSG:4543`), WKT, PROJ string or anything GDAL understands.
    pub fn parse(text: &str) -> Result<Self> {
        let srs = SpatialRef::from_definition(text.trim()).map_err(|e| Error::Crs {
            crs: text.to_owned(),
            problem: format!("is not understood ({e})"),
        })?;
        Self::from_spatial_ref(srs)
    }

    /// WGS 84 longitude and latitude.
    pub fn wgs84() -> Result<Self> {
        Self::parse("EPSG:4326")
    }

    /// Takes over GDAL's reference system; refuses local and geocentric ones,
    /// which have no place on the map.
    pub fn from_spatial_ref(mut srs: SpatialRef) -> Result<Self> {
        srs.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
        let label = label_of(&srs);
        if srs.is_local()
            || srs.is_geocentric()
            || !(srs.is_geographic() || srs.is_projected() || srs.is_compound())
        {
            return Err(Error::Crs {
                crs: label,
                problem: "is local or geocentric and says nothing of a place on the map".into(),
            });
        }
        let definition = srs.to_projjson().map_err(|e| Error::Crs {
            crs: label.clone(),
            problem: format!("cannot be written down ({e})"),
        })?;
        Ok(Self {
            definition,
            label,
            geographic: srs.is_geographic(),
        })
    }

    /// `EPSG:code` where there is one, else the name, else the start of the WKT.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Whether coordinates are degrees.
    #[must_use]
    pub fn is_geographic(&self) -> bool {
        self.geographic
    }

    /// Whether a place on the map lies more than five degrees outside the area that the
    /// authority made this system for; `false` where none is stated.
    #[must_use]
    pub fn is_outside_area_of_use(&self, x: f64, y: f64) -> bool {
        let stated = self.spatial_ref().ok().and_then(|srs| srs.area_of_use());
        let place = self.to_wgs84().and_then(|t| t.point(x, y));
        let (Some(area), Ok((lon, lat))) = (stated, place) else {
            return false;
        };
        let west_east = if area.west_lon_degree <= area.east_lon_degree {
            (area.west_lon_degree - 5.0..=area.east_lon_degree + 5.0).contains(&lon)
        } else {
            true
        };
        !west_east || !(area.south_lat_degree - 5.0..=area.north_lat_degree + 5.0).contains(&lat)
    }

    /// GDAL's object, in traditional axis order.
    pub fn spatial_ref(&self) -> Result<SpatialRef> {
        let mut srs = SpatialRef::from_definition(&self.definition).map_err(|e| self.error(&e))?;
        srs.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
        Ok(srs)
    }

    /// A transformer from this system to WGS 84. Not `Sync`: one per thread.
    pub fn to_wgs84(&self) -> Result<ToWgs84> {
        Ok(ToWgs84 {
            label: self.label.clone(),
            forward: self.transform_to(&Self::wgs84()?)?,
        })
    }

    /// A transformer from WGS 84 to this system. Not `Sync`: one per thread.
    pub fn wgs84_to_map(&self) -> Result<Wgs84ToMap> {
        Ok(Wgs84ToMap {
            label: self.label.clone(),
            back: Self::wgs84()?.transform_to(self)?,
        })
    }

    /// A transformer from this system to `target`, for vector layers.
    pub fn transform_to(&self, target: &Self) -> Result<CoordTransform> {
        CoordTransform::new(&self.spatial_ref()?, &target.spatial_ref()?)
            .map_err(|e| self.error(&e))
    }

    fn error(&self, e: &gdal::errors::GdalError) -> Error {
        Error::Crs {
            crs: self.label.clone(),
            problem: format!("cannot be transformed ({e})"),
        }
    }
}

/// Map coordinates to WGS 84 longitude and latitude, in bulk.
pub struct ToWgs84 {
    label: String,
    forward: CoordTransform,
}

impl ToWgs84 {
    /// Transforms points in place: x and y in map units become longitude and
    /// latitude in degrees.
    pub fn apply(&self, xs: &mut [f64], ys: &mut [f64]) -> Result<()> {
        if xs.is_empty() {
            return Ok(());
        }
        let failed = |problem: String| Error::Crs {
            crs: self.label.clone(),
            problem,
        };
        self.forward
            .transform_coords(xs, ys, &mut [])
            .map_err(|e| failed(format!("does not reach these coordinates ({e})")))?;
        if xs.iter().chain(ys.iter()).all(|v| v.is_finite()) {
            Ok(())
        } else {
            Err(failed(
                "gives no place on the Earth for these coordinates".into(),
            ))
        }
    }

    /// Transforms one point.
    pub fn point(&self, x: f64, y: f64) -> Result<(f64, f64)> {
        let (mut xs, mut ys) = ([x], [y]);
        self.apply(&mut xs, &mut ys)?;
        Ok((xs[0], ys[0]))
    }
}

/// WGS 84 longitude and latitude to map coordinates.
pub struct Wgs84ToMap {
    label: String,
    back: CoordTransform,
}

impl Wgs84ToMap {
    /// Map coordinates (x, y) of a place given in degrees; places that the map does not
    /// reach are an error.
    pub fn point(&self, lon: f64, lat: f64) -> Result<(f64, f64)> {
        let (mut x, mut y) = ([lon], [lat]);
        self.back
            .transform_coords(&mut x, &mut y, &mut [])
            .map_err(|e| Error::Crs {
                crs: self.label.clone(),
                problem: format!("does not reach {lon:.6}, {lat:.6} ({e})"),
            })?;
        Ok((x[0], y[0]))
    }
}

fn label_of(srs: &SpatialRef) -> String {
    if let Ok(authority) = srs.authority() {
        return authority;
    }
    let mut guess = srs.clone();
    if !srs.is_compound()
        && guess.auto_identify_epsg().is_ok()
        && let Ok(authority) = guess.authority()
    {
        return authority;
    }
    srs.name()
        .filter(|n| !n.is_empty())
        .or_else(|| srs.to_wkt().ok().map(|w| w.chars().take(60).collect()))
        .unwrap_or_else(|| "unnamed".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gauss_krueger_metres_become_degrees() {
        // Central meridian 102 degrees east, false easting 500 km, no zone prefix.
        let crs = Crs::parse("EPSG:4543").unwrap();
        let (lon, lat) = crs
            .to_wgs84()
            .unwrap()
            .point(500_000.0, 2_765_000.0)
            .unwrap();
        assert!((lon - 102.0).abs() < 1e-6, "{lon}");
        assert!((24.0..26.0).contains(&lat), "{lat}");
        assert_eq!(crs.label(), "EPSG:4543");
    }

    #[test]
    fn longitude_comes_first_in_geographic_systems() {
        let to = Crs::parse("EPSG:4490").unwrap().to_wgs84().unwrap();
        let (lon, lat) = to.point(104.0, 33.0).unwrap();
        assert!((lon - 104.0).abs() < 1e-6 && (lat - 33.0).abs() < 1e-6);
    }

    #[test]
    fn nonsense_and_local_systems_are_refused() {
        assert!(Crs::parse("EPSG:1").is_err());
        assert!(Crs::parse("LOCAL_CS[\"paper\",UNIT[\"metre\",1]]").is_err());
    }
}
