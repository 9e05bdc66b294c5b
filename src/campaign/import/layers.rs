//! Layers that tell what lies around a site, the elevation model, and the windows of crops.

use super::{FileRows, ImportRequest, NewRow, Role, unusable};
use crate::campaign::phenology::Phenology;
use crate::georef::Crs;
use crate::pipeline::acquire::{AcquireOptions, open};
use crate::vector::{StoredShape, read_features};
use crate::{Error, Result};
use geo::MultiLineString;

/// Names of the field that says what something is.
const KIND: [&str; 8] = [
    "kind", "类型", "type", "class", "dlmc", "fclass", "building", "highway",
];

pub(super) fn read(request: &ImportRequest) -> Result<FileRows> {
    let features = read_features(
        &request.path,
        &Crs::wgs84()?,
        request.layer.as_deref(),
        request.encoding.as_deref(),
    )?;
    let mut found = FileRows::default();
    let mut passed_over = 0;
    for feature in features {
        let kind = feature.text(&KIND);
        let shapes: Vec<StoredShape> = feature
            .shapes
            .into_iter()
            .filter_map(|shape| fitting(request.role, shape))
            .collect();
        passed_over += usize::from(shapes.is_empty());
        found.rows.extend(shapes.into_iter().map(|shape| NewRow {
            shape: Some(shape),
            values: vec![kind.clone().into()],
        }));
    }
    if passed_over > 0 {
        let note = format!(
            "{passed_over} features that do not fit `{}` were passed over",
            request.role.name()
        );
        found.notes.push(note);
    }
    Ok(found)
}

/// The shape as its role wants it: roads may be drawn as areas, water as either.
fn fitting(role: Role, shape: StoredShape) -> Option<StoredShape> {
    match (role, shape) {
        (Role::Buildings | Role::Forest, shape @ StoredShape::Area(_))
        | (Role::Roads, shape @ StoredShape::Lines(_))
        | (Role::Water, shape @ (StoredShape::Area(_) | StoredShape::Lines(_))) => Some(shape),
        (Role::Roads, StoredShape::Area(area)) => {
            let rings = area.into_iter().map(|p| p.exterior().clone());
            Some(StoredShape::Lines(MultiLineString::new(rings.collect())))
        }
        _ => None,
    }
}

/// The elevation model stays where it is; it only must be one.
pub(super) fn elevation(request: &ImportRequest) -> Result<FileRows> {
    open(&request.path, 1, &[], &AcquireOptions::default())?;
    Ok(FileRows::default())
}

pub(super) fn phenology(request: &ImportRequest) -> Result<FileRows> {
    let text = fs_err::read_to_string(&request.path).map_err(|e| match e.kind() {
        std::io::ErrorKind::InvalidData => unusable(
            &request.path,
            "is no text in UTF-8".into(),
            "give a TOML file as in samples/ridge-county/phenology.toml",
        ),
        _ => Error::from(e),
    })?;
    Phenology::parse(&text, &request.path)?;
    let source = request.path.display().to_string();
    Ok(FileRows {
        rows: vec![NewRow {
            shape: None,
            values: vec![source.into(), text.into()],
        }],
        notes: vec![],
    })
}
