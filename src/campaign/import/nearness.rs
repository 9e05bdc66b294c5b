//! Whether a file can be of this county: something of it must lie near the villages. Swapped
//! coordinates, a wrong reference system and the neighbour's file are found out this way.

use super::{FileRows, ImportRequest, unusable};
use crate::campaign::tables::VILLAGES;
use crate::georef::around;
use crate::pipeline::acquire::{AcquireOptions, open};
use crate::vector::{Change, Filter, StoredShape};
use crate::{Error, Result};
use geo::{BoundingRect, Coord, Intersects, Rect};

/// What lies farther than this from the villages' box, in degrees, is not near: about 50 km.
const NEAR_DEGREES: f64 = 0.5;

/// Refuses a file that lies elsewhere altogether; says how much of it does. Without villages nobody
/// can tell.
pub(super) fn check(
    change: &Change<'_>,
    request: &ImportRequest,
    found: &FileRows,
) -> Result<Option<String>> {
    let boxes: Vec<Rect<f64>> = found
        .rows
        .iter()
        .filter_map(|row| row.shape.as_ref().and_then(box_of))
        .collect();
    let (Some(all), Some(villages)) = (around(boxes.iter().copied()), villages(change)?) else {
        return Ok(None);
    };
    let reach = grown(villages);
    let near = boxes.iter().filter(|rect| rect.intersects(&reach)).count();
    if near == 0 {
        return Err(unusable(
            &request.path,
            format!(
                "lies {}, and the villages of the campaign {}, more than 50 km away",
                said(all),
                said(villages)
            ),
            "check its reference system, that longitude and latitude are not swapped, and that it is \
             this county's",
        ));
    }
    let far = boxes.len() - near;
    Ok((far > 0).then(|| {
        format!(
            "{far} of {} features lie more than 50 km from every village",
            boxes.len()
        )
    }))
}

/// Refuses an elevation model that is a photograph, or that shares no ground with the villages.
pub(super) fn check_elevation(change: &Change<'_>, request: &ImportRequest) -> Result<()> {
    let raster = open(&request.path, 1, &[], &AcquireOptions::default())?;
    let unusable = |problem: String, hint: &str| Error::UnusableRaster {
        path: request.path.clone(),
        problem,
        hint: hint.into(),
    };
    let bands = &raster.info.bands;
    if bands.len() >= 3 && bands.iter().all(|band| band.type_name == "Byte") {
        return Err(unusable(
            format!(
                "has {} bands of 8 bits, as photographs have, wanted one band of heights in metres",
                bands.len()
            ),
            "give the elevation model (DEM, DSM), not the image",
        ));
    }
    let Some(villages) = villages(change)? else {
        return Ok(());
    };
    let (lons, lats) = raster.border(8)?;
    let corners = lons.into_iter().zip(lats).map(Coord::from);
    let boxes: Vec<Rect<f64>> = corners.map(|corner| Rect::new(corner, corner)).collect();
    let Some(model) = around(boxes) else {
        return Ok(());
    };
    if !model.intersects(&villages) {
        return Err(unusable(
            format!(
                "lies {}, and the villages of the campaign {}",
                said(model),
                said(villages)
            ),
            "give the elevation model of this county",
        ));
    }
    Ok(())
}

/// The box around all villages.
fn villages(change: &Change<'_>) -> Result<Option<Rect<f64>>> {
    let rows = change.read(&VILLAGES, &Filter::All)?;
    let boxes: Vec<Rect<f64>> = rows
        .iter()
        .filter_map(|row| row.shape.as_ref().and_then(box_of))
        .collect();
    Ok(around(boxes))
}

fn box_of(shape: &StoredShape) -> Option<Rect<f64>> {
    match shape {
        StoredShape::Point(point) => Some(point.bounding_rect()),
        StoredShape::Lines(lines) => lines.bounding_rect(),
        StoredShape::Area(area) => area.bounding_rect(),
    }
}

fn grown(rect: Rect<f64>) -> Rect<f64> {
    let by = Coord {
        x: NEAR_DEGREES,
        y: NEAR_DEGREES,
    };
    Rect::new(rect.min() - by, rect.max() + by)
}

/// `between 105.30° and 105.35° east, 35.10° and 35.14° north (WGS 84)`.
fn said(rect: Rect<f64>) -> String {
    format!(
        "between longitude {:.3} and {:.3}, latitude {:.3} and {:.3} (WGS 84)",
        rect.min().x,
        rect.max().x,
        rect.min().y,
        rect.max().y
    )
}
