//! Plain folders, as labelling tools and our own chips leave them.

use super::super::testing::Folder;
use super::*;

const COCO: &str = r#"{"images":[{"id":1,"file_name":"a.png"},{"id":2,"file_name":"b.png"}],
    "annotations":[],"categories":[]}"#;

/// `chips.csv` of two chips, with the columns that are read.
const CHIPS: &str = "\u{feff}chip,kind,group,site_ids,gsd_m,capture_time\r\n\
                     a.png,sites,east.tif,,0.05,2026-05-03T10:00\r\n\
                     b.png,background,west.tif,,0.05,\r\n";

fn said(folder: &Folder) -> String {
    let error = read(folder.path(), false).unwrap_err();
    assert!(!error.hint().is_empty());
    error.to_string()
}

#[test]
fn labels_lie_beside_images_or_in_their_folders() {
    let folder = Folder::new();
    for name in ["a", "b", "c", "d", "e", "f", "none"] {
        folder.placed(&format!("{name}.png"), 8, 8);
    }
    let nothing = r#"{"type":"FeatureCollection","features":[]}"#;
    folder.file("a.geojson", nothing);
    folder.file("truth/b.gpkg", "");
    folder.file("labels/c.txt", "");
    folder.file("data.yaml", "names: [x]");
    folder.file("classes.txt", "0 background\n1 x\n");
    folder.mask("d_mask.png", 8, &[0; 64]);
    folder.mask("masks/e.png", 8, &[0; 64]);
    folder.file(
        "annotations.json",
        r#"{"images":[{"id":1,"file_name":"f.png"}],"annotations":[],"categories":[]}"#,
    );
    let dataset = read(folder.path(), false).unwrap();
    let found: Vec<(String, &str)> = dataset
        .scenes
        .iter()
        .map(|s| {
            let kind = match &s.truth[..] {
                [TruthFile::Vector { .. }] => "vector",
                [TruthFile::Yolo { .. }] => "yolo",
                [TruthFile::Mask { ignore, .. }] if ignore == &[255] => "mask",
                [TruthFile::Coco { .. }] => "coco",
                other => panic!("{other:?}"),
            };
            (s.name.clone(), kind)
        })
        .collect();
    let wanted = [
        ("a", "vector"),
        ("b", "vector"),
        ("c", "yolo"),
        ("d", "mask"),
        ("e", "mask"),
        ("f", "coco"),
    ];
    assert_eq!(found, wanted.map(|(name, kind)| (name.to_owned(), kind)));
    assert_eq!(dataset.warnings.len(), 1, "{:?}", dataset.warnings);
    assert!(dataset.warnings[0].starts_with("1 image without truth left out"));
    assert!(dataset.warnings[0].ends_with(": `none.png`"));
}

#[test]
fn folders_of_chips_are_data_sets() {
    for layout in ["yolo", "coco", "mask"] {
        let folder = Folder::new();
        folder.file("chips.csv", CHIPS);
        folder.file("README.md", "");
        folder.picture("images/a.png", 8, 8);
        folder.picture("images/b.png", 8, 8);
        match layout {
            "yolo" => {
                folder.file("labels/a.txt", "0 0.5 0.5 0.1 0.1\n");
                folder.file("labels/b.txt", "");
                folder.file("data.yaml", "path: \"\"\nnames:\n  0: \"opium_poppy\"\n");
            }
            "coco" => {
                folder.file("annotations.json", COCO);
            }
            _ => {
                folder.mask("masks/a.png", 8, &[1; 64]);
                folder.mask("masks/b.png", 8, &[0; 64]);
                folder.file("classes.txt", "0 background\n1 opium_poppy\n");
            }
        }
        let dataset = Dataset::read(folder.path(), None).unwrap();
        assert_eq!(dataset.warnings, [""; 0], "{layout}");
        let [a, b] = &dataset.scenes[..] else {
            panic!("{layout}: {dataset:?}")
        };
        assert!(a.local && a.truth.len() == 1 && b.truth.len() == 1);
        assert_eq!(a.gsd_m, Some(0.05));
        assert_eq!(a.flight.as_deref(), Some("east.tif"));
        assert_eq!(a.date.as_deref(), Some("2026-05-03"));
        assert_eq!((b.name.as_str(), b.date.as_deref()), ("b", None));
    }
}

#[test]
fn sets_cut_into_parts_find_their_names_and_labels() {
    let folder = Folder::new();
    folder.placed("images/val/a.png", 8, 8);
    folder.file("labels/val/a.txt", "");
    folder.placed("valid/images/b.png", 8, 8);
    folder.file("valid/labels/b.txt", "");
    folder.file("data.yaml", "names: [x, y]");
    for place in [folder.path().to_owned(), folder.path().join("valid")] {
        let dataset = read(&place, false).unwrap();
        let [scene] = &dataset.scenes[..] else {
            panic!("{dataset:?}")
        };
        assert!(matches!(&scene.truth[..], [TruthFile::Yolo { names, .. }] if names.len() == 2));
    }
}

#[test]
fn what_cannot_be_measured_on_is_left_out_and_said() {
    let folder = Folder::new();
    assert!(said(&folder).contains("has no image"));
    folder.placed("a.png", 8, 8);
    folder.file("a.txt", "flown at noon");
    assert!(said(&folder).contains("1 image without truth left out"));
    folder.file("b.tif", "no raster");
    folder.file("b.geojson", "{}");
    assert!(said(&folder).contains("cannot open"));
    folder.picture("c.png", 8, 8);
    folder.file("c.geojson", "{}");
    assert!(said(&folder).contains("1 image without a place on the map left out: `c.png`"));
    folder.mask("a_mask.png", 8, &[0; 64]);
    assert!(said(&folder).contains("there is no `classes.txt`"));
    folder.file("labels/a.txt", "");
    fs_err::remove_file(folder.path().join("a_mask.png")).unwrap();
    fs_err::remove_file(folder.path().join("a.txt")).unwrap();
    assert!(said(&folder).contains("no `data.yaml` or `classes.txt`"));
    folder.file("classes.txt", "poppy\n");
    assert_eq!(read(folder.path(), false).unwrap().scenes.len(), 1);
}

#[test]
fn one_of_several_is_taken_with_a_warning() {
    let folder = Folder::new();
    folder.placed("a.png", 8, 8);
    folder.picture("a.jpg", 8, 8);
    folder.file("a.geojson", "{}");
    folder.file("labels/a.txt", "");
    folder.file("classes.txt", "poppy\n");
    let dataset = read(folder.path(), false).unwrap();
    assert_eq!(dataset.scenes.len(), 1);
    assert!(matches!(
        dataset.scenes[0].truth[..],
        [TruthFile::Vector { .. }]
    ));
    let warnings = &dataset.warnings;
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0].contains("left out, which has the same name"));
    assert!(warnings[1].contains("several files of truth"));
}

#[test]
fn a_table_of_chips_without_sizes_is_refused() {
    let folder = Folder::new();
    folder.file("chips.csv", "chip,group\na.png,b\n");
    let error = chips::read_table(folder.path()).unwrap_err().to_string();
    assert!(error.contains("chips.csv` is not understood"), "{error}");
}
