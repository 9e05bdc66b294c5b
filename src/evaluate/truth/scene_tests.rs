//! Scenes with truth of every kind.

use super::*;
use crate::evaluate::dataset::testing::{Folder, opened};
use crate::evaluate::dataset::{CocoFile, Dataset};
use geo::{Area, BoundingRect};
use std::sync::Arc;

/// A scene of an image.
pub(super) fn scene(image: &Path, truth: Vec<TruthFile>) -> Scene {
    Scene {
        name: "a".into(),
        image: image.to_owned(),
        truth,
        lookalikes: None,
        flight: None,
        date: None,
        stage: None,
        gsd_m: None,
        aoi: None,
        local: false,
        placed: None,
    }
}

/// What files say of an image.
pub(super) fn truth_of(image: &Path, truth: Vec<TruthFile>) -> Result<SceneTruth> {
    read_scene_truth(&scene(image, truth), &BTreeMap::new(), &opened(image))
}

/// Corners in pixels of a picture of 200 by 100, as GeoJSON writes them.
fn corners(image: &Path, pixels: &[(f64, f64)]) -> String {
    let raster = opened(image);
    let shapes = RasterShapes::of(&raster).unwrap();
    let ring = geo::LineString::from(pixels.to_vec());
    let outline = MultiPolygon::new(vec![geo::Polygon::new(ring, Vec::new())]);
    let ground = shapes.ground(&outline).unwrap();
    let ring = &ground.0[0].exterior().0;
    let texts: Vec<String> = ring.iter().map(|c| format!("[{},{}]", c.x, c.y)).collect();
    texts.join(",")
}

fn polygon(image: &Path, properties: &str, pixels: &[(f64, f64)]) -> String {
    format!(
        r#"{{"type":"Feature","properties":{properties},"geometry":{{"type":"Polygon","coordinates":[[{}]]}}}}"#,
        corners(image, pixels)
    )
}

fn point(image: &Path, properties: &str, (x, y): (f64, f64)) -> String {
    let ring = corners(image, &[(x, y), (x + 1.0, y), (x, y + 1.0)]);
    // The ring may have been turned round, its first corner stays.
    let first = &ring[..=ring.find(']').unwrap()];
    format!(
        r#"{{"type":"Feature","properties":{properties},"geometry":{{"type":"Point","coordinates":{first}}}}}"#
    )
}

fn collection(features: &[String]) -> String {
    format!(
        r#"{{"type":"FeatureCollection","features":[{}]}}"#,
        features.join(",")
    )
}

fn vector(path: &Path) -> TruthFile {
    TruthFile::Vector {
        path: path.to_owned(),
        layer: None,
        class: None,
    }
}

const SQUARE: [(f64, f64); 4] = [(10.0, 10.0), (30.0, 10.0), (30.0, 30.0), (10.0, 30.0)];

fn pixel_areas(image: &Path, found: &SceneTruth) -> Vec<f64> {
    let raster = opened(image);
    let shapes = RasterShapes::of(&raster).unwrap();
    let area = |p: &TruthPlot| shapes.pixel_outline(&p.place).unwrap().unsigned_area();
    found.plots.iter().map(area).collect()
}

#[test]
fn features_on_the_image_become_plots() {
    let folder = Folder::new();
    let image = folder.placed("a.png", 200, 100);
    let east = SQUARE.map(|(x, y)| (x + 1000.0, y));
    let file = folder.file(
        "a.geojson",
        collection(&[
            polygon(
                &image,
                r#"{"Class":"poppy","ID":"T1","Stage":"bud","Note":"by the brook"}"#,
                &SQUARE,
            ),
            polygon(
                &image,
                r#"{"Class":"poppy","ID":"T1"}"#,
                &SQUARE.map(|(x, y)| (x + 40.0, y)),
            ),
            polygon(&image, r#"{"Class":"poppy"}"#, &east),
            point(&image, r#"{"Class":"hemp"}"#, (50.0, 50.0)),
        ]),
    );
    let look = folder.file(
        "look.geojson",
        collection(&[
            polygon(&image, r#"{"class":"poppy"}"#, &SQUARE),
            polygon(&image, r#"{"kind":"roof"}"#, &SQUARE),
            point(&image, "{}", (1.0, 1.0)),
            polygon(&image, r#"{"kind":"far roof"}"#, &east),
        ]),
    );
    let scene = Scene {
        lookalikes: Some(look),
        stage: Some("flower".into()),
        ..scene(&image, vec![vector(&file)])
    };
    let rename = BTreeMap::from([("poppy".to_owned(), "opium_poppy".to_owned())]);
    let found = read_scene_truth(&scene, &rename, &opened(&image)).unwrap();
    let said: Vec<[&str; 4]> = found
        .plots
        .iter()
        .map(|p| [&*p.id, &*p.class, &*p.stage, &*p.note])
        .collect();
    assert_eq!(
        said,
        [
            ["T1", "opium_poppy", "bud", "by the brook"],
            ["T1-2", "opium_poppy", "flower", ""],
            ["4", "hemp", "flower", ""],
        ]
    );
    assert_eq!(found.kind, TruthKind::Points);
    let areas = pixel_areas(&image, &found);
    assert!(
        (areas[0] - 400.0).abs() < 1e-3 && areas[2].abs() < 1e-9,
        "{areas:?}"
    );
    let kinds: Vec<&str> = found.lookalikes.iter().map(|p| p.class.as_str()).collect();
    assert_eq!(kinds, ["poppy", "roof", "unnamed"]);
    assert_eq!(found.warnings.len(), 1, "{:?}", found.warnings);
    assert!(found.warnings[0].ends_with("1 of 4 features lie outside `a.png` and are left out"));
}

#[test]
fn classes_come_from_the_feature_then_from_the_scene() {
    let folder = Folder::new();
    let image = folder.placed("a.png", 200, 100);
    let text = collection(&[
        polygon(&image, r#"{"class":"hemp"}"#, &SQUARE),
        polygon(&image, r#"{"class":null}"#, &SQUARE),
    ]);
    let file = folder.file("a.geojson", text);
    let error = truth_of(&image, vec![vector(&file)]).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("has no `class` on feature 2 of layer `a`"),
        "{error}"
    );
    let truth = TruthFile::Vector {
        path: file,
        layer: Some("a".into()),
        class: Some("poppy".into()),
    };
    let found = truth_of(&image, vec![truth]).unwrap();
    assert_eq!(found.plots[0].class, "hemp");
    assert_eq!(found.plots[1].class, "poppy");
    assert_eq!(found.kind, TruthKind::Polygons);
}

#[test]
fn nothing_is_there_where_somebody_looked() {
    let folder = Folder::new();
    let image = folder.placed("a.png", 200, 100);
    let empty = folder.file("a.geojson", collection(&[]));
    let lines = folder.file("a.txt", "\n\n");
    let lines = TruthFile::Yolo {
        path: lines,
        names: Vec::new(),
    };
    for truth in [vec![], vec![vector(&empty)], vec![lines]] {
        let found = truth_of(&image, truth).unwrap();
        assert_eq!(found.kind, TruthKind::Nothing);
        assert!(found.plots.is_empty() && found.warnings.is_empty());
    }
    let east = SQUARE.map(|(x, y)| (x + 1000.0, y));
    let far = folder.file(
        "b.geojson",
        collection(&[polygon(&image, r#"{"class":"p"}"#, &east)]),
    );
    let found = truth_of(&image, vec![vector(&far)]).unwrap();
    assert_eq!(found.kind, TruthKind::Nothing);
    assert!(found.warnings[0].contains("none of its 1 features lies in `a.png`"));
}

#[test]
fn lines_of_labels_become_boxes_and_polygons() {
    let folder = Folder::new();
    let image = folder.placed("a.png", 200, 100);
    let names = vec!["poppy".to_owned(), "hemp".to_owned()];
    let read = |text: &str| {
        let truth = TruthFile::Yolo {
            path: folder.file("labels/a.txt", text),
            names: names.clone(),
        };
        truth_of(&image, vec![truth])
    };
    let found = read("0 0.5 0.5 0.1 0.2\n\n1 0.25 0.25 0.1 0.1\n0 0.5 0.5 0 0.1\n").unwrap();
    assert_eq!(found.kind, TruthKind::Boxes);
    let ids: Vec<&str> = found.plots.iter().map(|p| p.id.as_str()).collect();
    assert_eq!(ids, ["1", "3"]);
    assert!(found.warnings[0].contains("enclose nothing are left out: 1, the first line 4"));
    let raster = opened(&image);
    let shapes = RasterShapes::of(&raster).unwrap();
    let sides = shapes.pixel_box(&found.plots[0].place).unwrap().unwrap();
    for (side, wanted) in sides.iter().zip([90.0, 40.0, 110.0, 60.0]) {
        assert!((side - wanted).abs() < 1e-6, "{sides:?}");
    }
    let Place::Area(area) = &found.plots[0].place else {
        panic!("an area")
    };
    assert_eq!(area.0[0].exterior().0.len(), 5);

    // A bow tie, and a square with a hole that a cut joins to its edge.
    let bow = "0 0.1 0.1 0.1 0.3 0.2 0.1 0.2 0.3\n";
    let holed = "1 0 0 0.1 0 0.1 0.2 0 0.2 0 0 0.02 0.04 0.02 0.08 0.04 0.08 0.04 0.04 0.02 0.04\n";
    let found = read(&format!("{bow}{holed}")).unwrap();
    assert_eq!(found.kind, TruthKind::Polygons);
    let areas = pixel_areas(&image, &found);
    assert!(
        (areas[0] - 200.0).abs() < 1e-3 && (areas[1] - 384.0).abs() < 1e-3,
        "{areas:?}"
    );

    let error = read("0 0.5 0.5 0.1 0.2\n7 0.5 0.5 0.1 0.2\n")
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("labels/a.txt` line 2 is `7 0.5 0.5 0.1 0.2`, but class 7"),
        "{error}"
    );
}

#[test]
fn annotations_of_the_image_become_plots() {
    let folder = Folder::new();
    let image = folder.placed("a.png", 200, 100);
    let read = |size: &str, annotations: &str| {
        let text = format!(
            r#"{{"images":[{{"id":1,"file_name":"x/a.png"{size}}},{{"id":2,"file_name":"b.png"}}],
            "annotations":[{annotations}],"categories":[{{"id":4,"name":"poppy"}}]}}"#
        );
        let path = folder.file("annotations.json", text);
        let truth = TruthFile::Coco {
            file: Arc::new(CocoFile::read(&path)?),
            file_name: "x/a.png".into(),
            path,
        };
        truth_of(&image, vec![truth])
    };
    let found = read(
        r#","width":200,"height":100"#,
        r#"{"id":5,"image_id":1,"category_id":4,"segmentation":[[0,0,20,0,20,10,0,10],[10,0,30,0,30,10,10,10]]},
        {"id":6,"image_id":1,"category_id":4,"bbox":[50,50,10,10],"segmentation":{"counts":[1]}},
        {"id":7,"image_id":1,"category_id":4,"iscrowd":1},
        {"id":8,"image_id":2,"category_id":4,"bbox":[50,50,10,10]}"#,
    )
    .unwrap();
    assert_eq!(found.kind, TruthKind::Boxes);
    let ids: Vec<&str> = found.plots.iter().map(|p| p.id.as_str()).collect();
    assert_eq!(ids, ["5", "6"]);
    let areas = pixel_areas(&image, &found);
    assert!(
        (areas[0] - 300.0).abs() < 1e-3 && (areas[1] - 100.0).abs() < 1e-3,
        "{areas:?}"
    );
    assert_eq!(found.warnings.len(), 2, "{:?}", found.warnings);

    for (size, annotation, wanted) in [
        (
            r#","width":100,"height":50"#,
            "",
            "has 100 × 50 pixels, the image has 200 × 100",
        ),
        (
            "",
            r#"{"id":5,"image_id":1,"category_id":4,"bbox":[5,5,-1,2]}"#,
            "a box of -1 × 2 pixels",
        ),
        (
            "",
            r#"{"id":5,"image_id":1,"category_id":4,"bbox":[5,5,1e300,2]}"#,
            "far outside the image",
        ),
        (
            "",
            r#"{"id":5,"image_id":1,"category_id":4,"bbox":[1e308,5,1e308,2]}"#,
            "far outside",
        ),
    ] {
        let error = read(size, annotation).unwrap_err();
        assert!(error.to_string().contains(wanted), "{error}");
        assert!(!error.hint().is_empty());
    }
}

#[test]
fn a_mask_stands_alone() {
    let folder = Folder::new();
    let image = folder.placed("a.png", 2, 1);
    let mask = TruthFile::Mask {
        path: folder.mask("m.png", 2, &[0, 0]),
        classes: BTreeMap::new(),
        ignore: Vec::new(),
    };
    let lines = TruthFile::Yolo {
        path: folder.file("a.txt", ""),
        names: Vec::new(),
    };
    let error = truth_of(&image, vec![lines, mask]).unwrap_err().to_string();
    assert!(
        error.contains("is a mask with other truth beside it"),
        "{error}"
    );
}

#[test]
fn plots_of_any_ground_need_a_class_only() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/hill-county");
    let plots = read_truth(&root.join("truth.geojson")).unwrap();
    assert_eq!(plots.len(), 10);
    assert_eq!(
        (plots[0].id.as_str(), plots[0].stage.as_str()),
        ("T01", "flower")
    );
    let error = read_truth(&root.join("scene.tif")).unwrap_err();
    assert!(error.to_string().contains("is an image"), "{error}");
}

#[test]
fn the_sample_is_a_data_set() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/hill-county");
    let folder = Folder::new();
    let list = |name: &str| format!("{:?}", root.join(name));
    let text = format!(
        "[[scene]]\nimage = {}\ntruth = {}\nlookalikes = {}\n",
        list("scene.tif"),
        list("truth.geojson"),
        list("lookalikes.geojson")
    );
    let dataset = Dataset::read(&folder.file("dataset.toml", text), None).unwrap();
    let found = read_scene_truth(
        &dataset.scenes[0],
        &dataset.rename,
        &opened(&dataset.scenes[0].image),
    )
    .unwrap();
    assert_eq!((found.plots.len(), found.kind), (10, TruthKind::Polygons));
    assert!(found.lookalikes.len() > 5 && found.warnings.is_empty());
    let Place::Area(first) = &found.plots[0].place else {
        panic!("an area")
    };
    assert!(first.bounding_rect().is_some());
}
