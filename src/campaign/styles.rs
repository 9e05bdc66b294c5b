//! How QGIS draws a campaign's layers.

use crate::vector::{
    ClassColor, LayerStyle, categorized_points, categorized_polygons, plain_polygons,
};

/// Styles of the layers that people look at.
pub(super) fn styles() -> Vec<LayerStyle> {
    let style = |layer: &str, name: &str, qml: String| LayerStyle {
        layer: layer.into(),
        name: name.into(),
        description: "线索，非证据 / leads, not evidence".into(),
        qml,
    };
    let grades = classes(&[
        ("A", [213, 94, 0]),
        ("B", [230, 159, 0]),
        ("C", [86, 180, 233]),
    ]);
    let lists = classes(&[
        ("lead", [213, 94, 0]),
        ("control_low", [86, 180, 233]),
        ("control_random", [0, 114, 178]),
    ]);
    vec![
        style(
            "sites",
            "sites by grade",
            categorized_polygons("grade", &grades),
        ),
        style(
            "tasks",
            "tasks by kind",
            categorized_points("kind", &lists, "code"),
        ),
        style("coverage", "coverage", plain_polygons([0, 114, 178])),
        style(
            "flight_ground",
            "flight_ground",
            plain_polygons([0, 158, 115]),
        ),
        style("villages", "villages", plain_polygons([120, 120, 120])),
    ]
}

fn classes(named: &[(&str, [u8; 3])]) -> Vec<ClassColor> {
    let class = |(name, rgb): &(&str, [u8; 3])| ClassColor {
        value: (*name).to_owned(),
        rgb: *rgb,
    };
    named.iter().map(class).collect()
}
