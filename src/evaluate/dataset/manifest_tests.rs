//! Descriptions of data sets, good and bad.

use super::super::testing::Folder;
use super::*;

const COCO: &str = r#"{"images":[{"id":1,"file_name":"a.png"}],"annotations":[],"categories":[]}"#;

fn folder() -> Folder {
    let folder = Folder::new();
    folder.placed("a.png", 8, 8);
    folder.picture("chip.png", 8, 8);
    folder.file("a.geojson", r#"{"type":"FeatureCollection","features":[]}"#);
    folder.file("a.json", r#"{"type":"FeatureCollection","features":[]}"#);
    folder.file("coco.json", COCO);
    folder.file("a.txt", "");
    folder.file("data.yaml", "names: [opium_poppy]");
    folder.file("classes.txt", "0 background\n3 opium_poppy\n");
    folder.mask("m.png", 8, &[0; 64]);
    folder
}

fn read_text_of(folder: &Folder, text: &str) -> Result<Dataset> {
    read(&folder.file("dataset.toml", text), false)
}

fn scene(folder: &Folder, keys: &str) -> Result<(Scene, Vec<String>)> {
    let text = format!("[[scene]]\nimage = \"a.png\"\n{keys}\n");
    let mut dataset = read_text_of(folder, &text)?;
    Ok((dataset.scenes.remove(0), dataset.warnings))
}

#[test]
fn every_key_is_understood() {
    let folder = folder();
    let text = r#"
        name = "hill county, May"
        [classes]
        poppy = "opium_poppy"
        [training]
        flights = ["2025-05-01-a"]
        areas = ["a.geojson"]
        images = ["./chip.png"]
        [[scene]]
        image = "a.png"
        truth = ["a.geojson", "a.txt", "coco.json", "a.json"]
        truth-layer = "plots"
        class = "opium_poppy"
        lookalikes = "a.geojson"
        names = "data.yaml"
        flight = "2026-05-03-b"
        date = 2026-05-03
        stage = "flower"
        gsd-m = 0.02
        aoi = "a.geojson"
        [[scene]]
        image = "chip.png"
        truth = []
        gsd-m = 0.05
        date = "2026-05-04"
    "#;
    let dataset = read_text_of(&folder, text).unwrap();
    assert_eq!(dataset.name, "hill county, May");
    assert_eq!(dataset.rename["poppy"], "opium_poppy");
    assert_eq!(dataset.training.flights, ["2025-05-01-a"]);
    assert!(dataset.training.areas[0].is_file() && dataset.training.images[0].is_file());
    assert_eq!(dataset.warnings, [""; 0]);
    let [first, second] = &dataset.scenes[..] else {
        panic!("{dataset:?}")
    };
    assert!(matches!(&first.truth[..], [
        TruthFile::Vector { layer: Some(layer), class: Some(class), .. },
        TruthFile::Yolo { names, .. },
        TruthFile::Coco { file_name, .. },
        TruthFile::Vector { .. },
    ] if layer == "plots" && class == "opium_poppy" && names.len() == 1 && file_name == "a.png"));
    assert_eq!(first.date.as_deref(), Some("2026-05-03"));
    assert_eq!(first.stage.as_deref(), Some("flower"));
    assert!(first.aoi.is_some() && first.lookalikes.is_some() && !first.local);
    assert!(second.truth.is_empty() && second.local);
    assert_eq!((second.name.as_str(), second.gsd_m), ("chip", Some(0.05)));
}

#[test]
fn masks_say_what_their_numbers_are() {
    let folder = folder();
    let classes = |keys: &str| -> Result<(BTreeMap<u32, String>, Vec<u32>)> {
        let keys = format!("truth = \"m.png\"\n{keys}");
        let (scene, _) = scene(&folder, &keys)?;
        match &scene.truth[..] {
            [
                TruthFile::Mask {
                    classes, ignore, ..
                },
            ] => Ok((classes.clone(), ignore.clone())),
            other => panic!("{other:?}"),
        }
    };
    let poppy = |numbers: &[u32]| -> BTreeMap<u32, String> {
        numbers.iter().map(|n| (*n, "p".to_owned())).collect()
    };
    let told = classes("mask-classes = { 1 = \"p\", 2 = \"p\" }\nmask-ignore = [255]").unwrap();
    assert_eq!(told, (poppy(&[1, 2]), vec![255]));
    assert_eq!(classes("class = \"p\"").unwrap().0, poppy(&[1, 255]));
    let inside = classes("class = \"p\"\nmask-ignore = [255]").unwrap();
    assert_eq!(inside.0, poppy(&[1]));
    let listed = classes("names = \"classes.txt\"").unwrap().0;
    assert_eq!(listed[&3], "opium_poppy");
    let error = classes("").unwrap_err();
    assert!(
        error.to_string().contains("does not say what the numbers"),
        "{error}"
    );
    let error = classes("mask-classes = { one = \"p\" }").unwrap_err();
    assert!(
        error.to_string().contains("has `one` in `mask-classes`"),
        "{error}"
    );
}

#[test]
fn labels_without_names_keep_their_numbers_with_a_warning() {
    let (scene, warnings) = scene(&folder(), "truth = \"a.txt\"").unwrap();
    assert!(matches!(&scene.truth[..], [TruthFile::Yolo { names, .. }] if names.is_empty()));
    assert!(warnings[0].contains("has no `names`"), "{warnings:?}");
}

#[test]
fn a_description_that_was_cut_off_never_stops_the_program() {
    let folder = folder();
    let text = "name = \"x\"\n[classes]\np = \"q\"\n[[scene]]\nimage = \"a.png\"\n\
                truth = [\"m.png\"]\nmask-classes = { 1 = \"p\" }\ndate = 2026-05-03\n";
    for end in 0..text.len() {
        if let Ok(dataset) = read_text_of(&folder, &text[..end]) {
            assert_eq!(dataset.scenes.len(), 1);
        }
    }
}

#[test]
fn what_is_wrong_is_said() {
    let folder = folder();
    folder.file("b.json", "{\"type\": ");
    folder.file("c.jpg", "");
    for (keys, wanted) in [
        ("", "says of `a.png` no `truth`"),
        (
            "truth = \"gone.geojson\"",
            "names `gone.geojson` as `truth`, which does not exist",
        ),
        ("truth = 3", "a file is `3`, wanted its path in quotes"),
        (
            "truth = []\nlayer = \"x\"",
            "is not understood in line 4: unknown field `layer`",
        ),
        (
            "truth = []\ngsd-m = -1.0",
            "`gsd-m = -1`, wanted metres a pixel",
        ),
        (
            "truth = []\ngsd-m = nan",
            "`gsd-m = NaN`, wanted metres a pixel",
        ),
        (
            "truth = []\ndate = \"3 May\"",
            "`date = 3 May`, wanted a day",
        ),
        ("truth = []\nmask-ignore = [-1]", "-1"),
        (
            "truth = [\"m.png\", \"a.txt\"]\nclass = \"p\"",
            "a mask and other truth",
        ),
        ("truth = \"b.json\"", "is no JSON of labels"),
        ("truth = \"c.jpg\"", "values change with compression"),
        (
            "truth = []\naoi = \"gone.gpkg\"",
            "names `gone.gpkg` as `aoi`",
        ),
    ] {
        let error = scene(&folder, keys).unwrap_err();
        assert!(error.to_string().contains(wanted), "{keys}: {error}");
        assert!(!error.hint().is_empty());
    }
    for (text, wanted) in [
        ("name = \"x\"", "has no `[[scene]]`"),
        ("[[scene]]\ntruth = []", "missing field `image`"),
        (
            "[[scene]]\nimage = \"chip.png\"\ntruth = []",
            "has no place on the map",
        ),
        (
            "[[scene]]\nimage = \"chip.png\"\ntruth = \"a.geojson\"\ngsd-m = 0.1",
            "with points or polygons on a map",
        ),
        (
            "[[scene]]\nimage = \"chip.png\"\ntruth = \"coco.json\"\ngsd-m = 0.1",
            "names no image `chip.png`",
        ),
        (
            "[[scene]]\nimage = \"a.png\"\ntruth = []\n[[scene]]\nimage = \"./a.png\"\ntruth = []",
            "in two scenes",
        ),
        (
            "[training]\nimages = [\"gone.tif\"]\n[[scene]]\nimage = \"a.png\"\ntruth = []",
            "gone.tif",
        ),
        ("a = ", "is not understood in line 1"),
        (
            "[classes]\nx = \"\"\n[[scene]]\nimage = \"a.png\"\ntruth = []",
            "gives `x` no name",
        ),
    ] {
        let error = read_text_of(&folder, text).unwrap_err();
        assert!(error.to_string().contains(wanted), "{text}: {error}");
        assert!(!error.hint().is_empty());
    }
}
