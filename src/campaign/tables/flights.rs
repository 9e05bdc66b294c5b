//! What was flown: flights, and the ground that their photos show. Nobody looked at it yet; ground that
//! a model looked at stands in `coverage` alone.

use super::field;
use crate::vector::{Field, FieldKind, GeometryKind, Table};

/// Flights (架次) and the ways of their cameras.
pub static FLIGHTS: Table = Table {
    name: "flights",
    title: "航摄架次 flights",
    description: "Flights after their photos, one a row, with the way of the camera. What was flown, not what was looked at.",
    geometry: GeometryKind::Line,
    fields: &[
        field!(
            "flight_id",
            Text,
            "架次编号",
            "hash of the camera, the time and the name of the first photo"
        ),
        field!(
            "begun",
            Text,
            "起始",
            "first photo, ISO 8601 in the time of the camera; empty where unknown"
        ),
        field!("ended", Text, "截止", "last photo, likewise"),
        field!("camera", Text, "相机", "who made the camera, and its model"),
        field!("photos", Integer, "照片数", "photos, copies left out"),
        field!(
            "placed",
            Integer,
            "已定位照片",
            "photos of which each pixel has a place"
        ),
        field!("counted", Integer, "有效照片", "photos whose ground counts"),
        field!(
            "track_m",
            Real,
            "航迹m",
            "way of the camera over ground, in metres"
        ),
        field!(
            "area_m2",
            Real,
            "面积m2",
            "ground that counts, each place once, in square metres"
        ),
        field!(
            "gsd_cm",
            Real,
            "分辨率cm",
            "median ground sample distance of what counts, centimetres"
        ),
        field!(
            "source",
            Text,
            "来源",
            "folder that the photos were first read from"
        ),
        field!("added_at", Text, "入库时间", "ISO 8601 in UTC"),
    ],
    indexes: &["flight_id"],
};

/// Ground of flights. A table of its own, as a row has one geometry, and a layer that mixes lines and
/// areas has no style and no index by kind in QGIS.
pub static FLIGHT_GROUND: Table = Table {
    name: "flight_ground",
    title: "航摄范围 flight_ground",
    description: "Ground that the photos of a flight show well enough. No model looked at it for that: see coverage.",
    geometry: GeometryKind::MultiPolygon,
    fields: &[
        field!("flight_id", Text, "架次编号", "the flight"),
        field!(
            "capture_time",
            Text,
            "拍摄时间",
            "first photo, ISO 8601; empty where unknown"
        ),
        field!(
            "gsd_cm",
            Real,
            "分辨率cm",
            "median ground sample distance in centimetres"
        ),
        field!("area_m2", Real, "面积m2", "area in square metres"),
    ],
    indexes: &["flight_id"],
};
