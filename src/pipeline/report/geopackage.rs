//! The whole report as a GeoPackage: sites with their true parts, their points, the
//! ground covered, and the facts of the run, with styles for QGIS.

use super::Report;
use super::columns::{COVERAGE, Column, RUN, site_columns};
use super::palette::Palette;
use crate::Result;
use crate::pipeline::site::RunFacts;
use crate::vector::{
    GeometryKind, Layer, LayerStyle, Row, Shape, categorized_points, categorized_polygons,
    geopackage, plain_polygons,
};
use std::path::Path;

const SITES: &str = "Suspected plots, one a row, with all their parts. 线索，非证据 / leads, not evidence: \
     a person must look before anything is decided.";
const POINTS: &str =
    "One point inside the largest part of each suspected plot. 线索，非证据 / leads, not evidence.";
const COVERED: &str = "Ground the model looked at. Outside of it nothing is known. 线索，非证据 / leads, not evidence.";
const FACTS: &str =
    "What made this file: program, model, settings, counts. 线索，非证据 / leads, not evidence.";

/// Writes the file; the same report gives the same bytes.
pub(super) fn write(path: &Path, report: &Report<'_>) -> Result<()> {
    let facts = report.facts;
    let layers = vec![
        layer(
            (
                "sites",
                "疑似地块线索 sites",
                SITES,
                GeometryKind::MultiPolygon,
            ),
            site_columns(facts),
            report.sites,
            facts,
            |site| Shape::MultiPolygon(&site.outline),
        ),
        layer(
            (
                "site_points",
                "疑似点线索 site_points",
                POINTS,
                GeometryKind::Point,
            ),
            site_columns(facts),
            report.sites,
            facts,
            |site| Shape::Point(site.point),
        ),
        layer(
            (
                "coverage",
                "覆盖范围 coverage",
                COVERED,
                GeometryKind::MultiPolygon,
            ),
            COVERAGE.iter().collect(),
            report.coverage,
            facts,
            |covered| Shape::MultiPolygon(&covered.outline),
        ),
        layer(
            ("run", "运行信息 run", FACTS, GeometryKind::None),
            RUN.iter().collect(),
            &facts.facts,
            facts,
            |_| Shape::None,
        ),
    ];
    geopackage::write(path, layers, &styles(report), &facts.plan_date)
}

fn layer<'a, T>(
    (name, title, description, geometry): (&'a str, &'a str, &'a str, GeometryKind),
    columns: Vec<&'static Column<T>>,
    items: &'a [T],
    facts: &'a RunFacts,
    shape: impl Fn(&'a T) -> Shape<'a> + 'a,
) -> Layer<'a> {
    Layer {
        name,
        title,
        description,
        geometry,
        fields: columns.iter().map(|c| c.field).collect(),
        rows: Box::new(items.iter().map(move |item| Row {
            shape: shape(item),
            values: columns.iter().map(|c| (c.value)(item, facts)).collect(),
        })),
    }
}

fn styles(report: &Report<'_>) -> Vec<LayerStyle> {
    let classes = Palette::new(report.sites).class_colors();
    let style = |layer: &str, name: &str, qml: String| LayerStyle {
        layer: layer.into(),
        name: name.into(),
        description: "线索，非证据 / leads, not evidence".into(),
        qml,
    };
    vec![
        style(
            "sites",
            "sites by class",
            categorized_polygons("class", &classes),
        ),
        style(
            "site_points",
            "points by class",
            categorized_points("class", &classes, "site_id"),
        ),
        style("coverage", "coverage", plain_polygons([0, 114, 178])),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;
    use crate::georef::Crs;
    use crate::vector::{Value, read_polygons};

    #[test]
    fn the_same_report_gives_the_same_bytes_and_reads_back() {
        let dir = tempfile::tempdir().unwrap();
        let (sites, facts) = ([fixture::site(1), fixture::site(2)], fixture::facts());
        let coverage = [fixture::coverage()];
        let report = Report {
            sites: &sites,
            coverage: &coverage,
            facts: &facts,
        };
        let paths = ["a.gpkg", "线索 2.gpkg"].map(|n| dir.path().join(n));
        for path in &paths {
            write(path, &report).unwrap();
        }
        let bytes = paths.each_ref().map(|p| fs_err::read(p).unwrap());
        assert!(bytes[0] == bytes[1]);

        let found = read_polygons(&paths[1], &Crs::wgs84().unwrap()).unwrap();
        let layers: Vec<&str> = found.iter().map(|f| f.layer.as_str()).collect();
        assert_eq!(layers, ["sites", "sites", "coverage"]);
        assert_eq!(found[0].geometry, sites[0].outline);
        let names: Vec<&str> = found[0]
            .attributes
            .iter()
            .map(|(n, _)| n.as_str())
            .collect();
        let columns = site_columns(&facts);
        assert_eq!(
            names,
            columns.iter().map(|c| c.field.name).collect::<Vec<_>>()
        );
        assert_eq!(found[1].attribute("site_id"), Some(&Value::from("S0002")));
        assert_eq!(found[1].attribute("n_detections"), Some(&Value::Integer(3)));
    }
}
