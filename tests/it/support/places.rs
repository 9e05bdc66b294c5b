//! Between the ground and the pixels of a scene.

use super::scenes::{Rect, Scene};
use geo::{Area, BoundingRect, MapCoords, MultiPolygon};
use serde_json::json;
use std::path::{Path, PathBuf};
use tianmu::georef::Crs;
use tianmu::pipeline::site::CandidateSite;

/// Sites in words, in pixels of the scene: `poppy 30×40 at 10,20`, with the area and
/// the number of parts where it is no rectangle.
pub(crate) fn pixel_sites(sites: &[CandidateSite], scene: &Scene) -> Vec<String> {
    let say = |site: &CandidateSite| {
        let outline = to_pixels(&site.outline, scene);
        let bounds = outline.bounding_rect().unwrap();
        let (width, height) = (bounds.width(), bounds.height());
        let mut text = format!(
            "{} {}×{} at {},{}",
            site.class,
            number(width),
            number(height),
            number(bounds.min().x),
            number(bounds.min().y)
        );
        let area = outline.unsigned_area();
        if (area - width * height).abs() > 0.01 || outline.0.len() > 1 {
            let more = format!(", {} px in {} parts", number(area), outline.0.len());
            text.push_str(&more);
        }
        text
    };
    sites.iter().map(say).collect()
}

/// Two decimals at most, for the way to the ground and back costs some digits.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0" } else { text }.to_owned()
}

fn to_pixels(outline: &MultiPolygon<f64>, scene: &Scene) -> MultiPolygon<f64> {
    let way = Crs::wgs84()
        .unwrap()
        .transform_to(&Crs::parse(scene.crs()).unwrap())
        .unwrap();
    let transform = scene.transform();
    outline.map_coords(|c| {
        let (mut x, mut y) = ([c.x], [c.y]);
        way.transform_coords(&mut x, &mut y, &mut []).unwrap();
        let (col, row) = transform.map_to_pixel(x[0], y[0]).unwrap();
        geo::Coord { x: col, y: row }
    })
}

/// Writes a vector file of rectangles given in pixels of the scene, each with its
/// attributes, in the reference system `crs`.
pub(crate) fn rectangle_file(
    path: &Path,
    scene: &Scene,
    crs: &str,
    rectangles: &[(Rect, serde_json::Value)],
) -> PathBuf {
    let way = Crs::parse(scene.crs())
        .unwrap()
        .transform_to(&Crs::parse(crs).unwrap())
        .unwrap();
    let corner = |col: u32, row: u32| {
        let (x, y) = scene.transform().pixel_to_map(col.into(), row.into());
        let (mut x, mut y) = ([x], [y]);
        way.transform_coords(&mut x, &mut y, &mut []).unwrap();
        [x[0], y[0]]
    };
    let features: Vec<_> = rectangles
        .iter()
        .map(|([col, row, width, height], attributes)| {
            let (right, lower) = (col + width, row + height);
            let ring = [
                corner(*col, *row),
                corner(right, *row),
                corner(right, lower),
                corner(*col, lower),
                corner(*col, *row),
            ];
            json!({
                "type": "Feature",
                "geometry": {"type": "Polygon", "coordinates": [ring]},
                "properties": attributes,
            })
        })
        .collect();
    let urn = format!("urn:ogc:def:crs:{}", crs.replace(':', "::"));
    let file = json!({
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": urn}},
        "features": features,
    });
    fs_err::write(path, file.to_string()).unwrap();
    path.to_owned()
}
