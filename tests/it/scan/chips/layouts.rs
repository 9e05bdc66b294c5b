//! What a folder of chips holds in each layout, by a reader's rules.

use super::{agree, chips, column, count, masks, painted, scan, scene};
use crate::support::{
    DetectorKit, Empty, GROUND, Layout, ModelKit, POPPY, Scene, files_in, json_file,
};
use serde_json::json;

#[test]
fn yolo_has_a_line_for_each_outline() {
    let dir = painted();
    let ran = scan(&dir, "--chips-background 1").expect(0);
    assert_eq!(
        files_in(&chips(&dir)),
        ["README.md", "chips.csv", "data.yaml", "images", "labels"]
    );
    let stems = files_in(&chips(&dir).join("labels"));
    let text =
        |i: usize| fs_err::read_to_string(chips(&dir).join("labels").join(&stems[i])).unwrap();
    // No place is left for background in so small a scene.
    assert_eq!(stems.len(), 2);
    assert!(
        ran.out.contains("training chips: 2 of 128 × 128 pixels"),
        "{}",
        ran.out
    );
    // The first chip begins at column 16, row 11, the second at 72, 21.
    let box_of = |line: &str| -> (String, [f64; 4]) {
        let mut words = line.split(' ');
        let class = words.next().unwrap().to_owned();
        let numbers: Vec<f64> = words.map(|w| w.parse().unwrap()).collect();
        assert_eq!(numbers.len(), 8, "{line}");
        let (mut bounds, mut axis) = ([1.0, 1.0, 0.0, 0.0_f64], 0);
        for number in numbers {
            bounds[axis] = number.min(bounds[axis]);
            bounds[axis + 2] = number.max(bounds[axis + 2]);
            axis = 1 - axis;
        }
        (class, bounds.map(|share| share * 128.0))
    };
    let near = |(class, seen): (String, [f64; 4]), number: &str, wanted: [f64; 4]| {
        assert_eq!(class, number);
        for (s, w) in seen.iter().zip(wanted) {
            assert!((s - w).abs() < 1e-3, "{seen:?}, wanted {wanted:?}");
        }
    };
    let first = text(0);
    assert_eq!(first.lines().count(), 1);
    near(box_of(first.trim()), "0", [24.0, 19.0, 104.0, 109.0]);
    let second = text(1);
    let lines: Vec<&str> = second.lines().collect();
    near(box_of(lines[0]), "0", [0.0, 9.0, 48.0, 99.0]);
    near(box_of(lines[1]), "1", [78.0, 39.0, 118.0, 89.0]);
    let data = fs_err::read_to_string(chips(&dir).join("data.yaml")).unwrap();
    for line in [
        "path: \"\"",
        "train: images",
        "gsd_m: 0.0500",
        "names:\n  0: \"poppy\"\n  1: \"hemp\"\n",
    ] {
        assert!(data.contains(line), "{data}");
    }
}

#[test]
fn models_of_tiles_and_boxes_give_boxes() {
    let dir = painted();
    ModelKit::classifier().save(dir.path(), "tile");
    scan(&dir, "scan a.tif -m tile -o s.geojson").expect(0);
    let labels = chips(&dir).join("labels");
    for name in files_in(&labels) {
        for line in fs_err::read_to_string(labels.join(name)).unwrap().lines() {
            assert_eq!(line.split(' ').count(), 5, "{line}");
        }
    }
    Scene::utm(50, 0.05)
        .plot([40, 32, 24, 24], POPPY)
        .save(dir.path(), "b.tif");
    for (layout, decoder, numbers) in [
        (Layout::YoloV8, "yolo-v8", 5),
        (Layout::YoloV8Obb, "yolo-v8-obb", 9),
    ] {
        DetectorKit::new(layout).save(dir.path(), "d");
        let words = format!(
            "scan b.tif -m d.onnx -o s.geojson --threshold 0.5 --overlap 32 --class-names poppy,hemp \
             --decoder {decoder} --chips-background 0"
        );
        scan(&dir, &words).expect(0);
        let names = files_in(&labels);
        assert_eq!(names.len(), 1);
        let text = fs_err::read_to_string(labels.join(&names[0])).unwrap();
        assert_eq!(text.split_whitespace().count(), numbers, "{text}");
        // In the middle of the chip but for the edge of the scene.
        let wanted = (40.0 + 12.0) / 128.0;
        let [_, x, ..] = text.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{text}")
        };
        let x: f64 = x.parse().unwrap();
        assert!(numbers > 5 || (x - wanted).abs() < 1e-4, "{text}");
    }
}

#[test]
fn coco_has_an_annotation_for_each_site_of_each_chip() {
    let dir = painted();
    scan(&dir, "--chips-layout coco").expect(0);
    assert_eq!(
        files_in(&chips(&dir)),
        ["README.md", "annotations.json", "chips.csv", "images"]
    );
    let coco = json_file(&chips(&dir).join("annotations.json"));
    assert_eq!(coco["categories"][0]["id"], 1);
    assert_eq!(coco["categories"][0]["name"], "poppy");
    assert_eq!(coco["categories"][1]["name"], "hemp");
    assert_eq!(coco["licenses"], json!([]));
    let gsd_m = coco["info"]["gsd_m"].as_f64().unwrap();
    assert!((gsd_m - 0.05).abs() < 1e-4, "{gsd_m}");
    let images = coco["images"].as_array().unwrap();
    let names: Vec<&str> = images
        .iter()
        .map(|i| i["file_name"].as_str().unwrap())
        .collect();
    assert_eq!(names, column(&dir, "chip"));
    assert_eq!(images[0]["date_captured"], "2026-05-04T10:20:30");
    let said = |a: &serde_json::Value| {
        (
            a["image_id"].as_i64().unwrap(),
            a["category_id"].as_i64().unwrap(),
            a["bbox"].clone(),
        )
    };
    let annotations = coco["annotations"].as_array().unwrap();
    assert_eq!(
        annotations.iter().map(said).collect::<Vec<_>>(),
        [
            (1, 1, json!([24.0, 19.0, 80.0, 90.0])),
            (2, 1, json!([0.0, 9.0, 48.0, 90.0])),
            (2, 2, json!([78.0, 39.0, 40.0, 50.0])),
        ]
    );
    assert_eq!(annotations[0]["area"], 7200.0);
    assert_eq!(annotations[0]["iscrowd"], 0);
    let sites = json_file(&dir.path().join("s.geojson"));
    assert_eq!(annotations[2]["site_id"], sites["features"][1]["id"]);
}

#[test]
fn masks_hold_classes_holes_and_what_is_to_be_ignored() {
    let dir = painted();
    scene()
        .plot([60, 60, 20, 20], GROUND)
        .empty([20, 100, 60, 50], Empty::Mask)
        .save(dir.path(), "a.tif");
    scan(&dir, "--chips-layout mask").expect(0);
    assert_eq!(
        files_in(&chips(&dir)),
        ["README.md", "chips.csv", "classes.txt", "images", "masks"]
    );
    let classes = fs_err::read_to_string(chips(&dir).join("classes.txt")).unwrap();
    assert_eq!(classes, "0 background\n1 poppy\n2 hemp\n");
    let all = masks(&dir);
    assert_eq!(all.len(), 2);
    for (picture, mask) in &all {
        agree(picture, mask);
    }
    let first = &all[0].1;
    // The plot, less its hole and what is empty of it.
    assert_eq!(count(first, 1), 80 * 90 - 20 * 20 - 40 * 20);
    assert!(count(first, 255) > 0);
    assert_eq!(count(&all[1].1, 2), 40 * 50);
    assert_eq!(column(&dir, "kind"), ["sites", "sites"]);
}
