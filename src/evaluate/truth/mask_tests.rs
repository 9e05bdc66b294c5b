//! Masks as text, traced and read back.

use super::super::tests::{scene, truth_of};
use super::super::{SceneTruth, read_scene_truth};
use super::*;
use crate::evaluate::dataset::TruthFile;
use crate::evaluate::dataset::testing::{Folder, opened, side_car};
use geo::{Area, BoundingRect};
use proptest::prelude::*;

const NUMBERS: [(u32, &str); 4] = [(0, "Background"), (1, "poppy"), (2, "hemp"), (7, "poppy")];

fn truth(path: &Path, ignore: &[u32]) -> TruthFile {
    TruthFile::Mask {
        path: path.to_owned(),
        classes: NUMBERS.map(|(n, name)| (n, name.to_owned())).into(),
        ignore: ignore.to_vec(),
    }
}

fn read(width: u32, labels: &[u8]) -> Result<SceneTruth> {
    let folder = Folder::new();
    let height = u32::try_from(labels.len()).unwrap() / width;
    let image = folder.placed("a.png", width, height);
    let mask = folder.mask("m.png", width, labels);
    truth_of(&image, vec![truth(&mask, &[255])])
}

fn window(col_off: u32, row_off: u32, width: u32, height: u32) -> Window {
    Window {
        col_off,
        row_off,
        width,
        height,
    }
}

#[test]
fn patches_become_plots_with_exact_outlines() {
    let labels = [
        1, 1, 0, 2, 2, 0, //
        1, 0, 7, 2, 0, 0, //
        1, 1, 7, 255, 0, 2, //
    ];
    let folder = Folder::new();
    let image = folder.placed("a.png", 6, 3);
    let mask = folder.mask("m.png", 6, &labels);
    let found = truth_of(&image, vec![truth(&mask, &[255])]).unwrap();
    assert_eq!(found.kind, TruthKind::Mask);
    let classes: Vec<&str> = found.plots.iter().map(|p| p.class.as_str()).collect();
    // By first pixel; 1 and 7 are one class and hang together.
    assert_eq!(classes, ["poppy", "hemp", "hemp"]);
    let raster = opened(&image);
    let shapes = super::super::RasterShapes::of(&raster).unwrap();
    let outlines: Vec<_> = found
        .plots
        .iter()
        .map(|p| shapes.pixel_outline(&p.place).unwrap())
        .collect();
    let areas: Vec<f64> = outlines.iter().map(Area::unsigned_area).collect();
    for (area, wanted) in areas.iter().zip([7.0, 3.0, 1.0]) {
        assert!((area - wanted).abs() < 1e-5, "{areas:?}");
    }
    let bounds = outlines[2].bounding_rect().unwrap();
    assert!((bounds.min().x - 5.0).abs() < 1e-6 && (bounds.max().y - 3.0).abs() < 1e-6);

    let mask = found.mask.unwrap();
    assert_eq!(mask.classes, ["poppy", "hemp"]);
    let all = mask.read(window(0, 0, 6, 3)).unwrap();
    let wanted = labels.map(|l| if l == 7 { 1 } else { l });
    assert_eq!(all, wanted);
    assert_eq!(mask.read(window(2, 1, 3, 2)).unwrap(), [1, 2, 0, 1, 255, 0]);
    assert_eq!(mask.read(window(6, 0, 0, 3)).unwrap(), [0_u8; 0]);
    assert!(mask.read(window(2, 1, 5, 2)).is_err());
    assert!(mask.read(window(0, 1, 1, 3)).is_err());
}

#[test]
fn an_empty_mask_says_that_nothing_is_there() {
    let found = read(4, &[0; 8]).unwrap();
    assert_eq!(found.kind, TruthKind::Nothing);
    assert!(found.plots.is_empty() && found.mask.is_some());
}

#[test]
fn what_no_class_is_stops_the_reading() {
    let error = read(4, &[0, 1, 9, 0]).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("has a pixel of 9, which no class is; known are 0, 1, 2, 7, 255"),
        "{text}"
    );
    assert!(error.hint().contains("mask-ignore"));
}

#[test]
fn another_grid_is_refused() {
    let folder = Folder::new();
    let image = folder.placed("a.png", 4, 2);
    let small = folder.mask("s.png", 4, &[0; 4]);
    let error = truth_of(&image, vec![truth(&small, &[])]).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("has 4 × 1 pixels, the image has 4 × 2"),
        "{error}"
    );
    let mask = folder.mask("m.png", 4, &[0; 8]);
    folder.file("m.png.aux.xml", side_car(0.005));
    assert!(
        truth_of(&image, vec![truth(&mask, &[])]).is_ok(),
        "a quarter of a pixel"
    );
    folder.file("m.png.aux.xml", side_car(0.05));
    let error = truth_of(&image, vec![truth(&mask, &[])]).unwrap_err();
    assert!(
        error.to_string().contains("lies 2.5 pixels beside it"),
        "{error}"
    );
    // The same numbers on another map.
    let elsewhere = side_car(0.0).replace("32647", "32648");
    folder.file("m.png.aux.xml", elsewhere);
    let error = truth_of(&image, vec![truth(&mask, &[])]).unwrap_err();
    assert!(error.to_string().contains("pixels beside it"), "{error}");
    let mut local = scene(&image, vec![truth(&mask, &[])]);
    local.local = true;
    assert!(read_scene_truth(&local, &BTreeMap::new(), &opened(&image)).is_ok());
}

#[test]
fn damaged_and_coloured_files_are_refused() {
    let folder = Folder::new();
    let image = folder.placed("a.png", 64, 64);
    let mask = folder.mask("m.png", 64, &[1; 64 * 64]);
    let bytes = fs_err::read(&mask).unwrap();
    for cut in [0, 20, bytes.len() / 2, bytes.len() - 20] {
        fs_err::write(&mask, &bytes[..cut]).unwrap();
        assert!(truth_of(&image, vec![truth(&mask, &[])]).is_err(), "{cut}");
    }
    let colours = folder.picture("c.png", 64, 64);
    let error = truth_of(&image, vec![truth(&colours, &[])]).unwrap_err();
    assert!(error.to_string().contains("has 3 bands"), "{error}");
}

#[test]
fn names_and_numbers_meet_in_the_legend() {
    let path = Path::new("m.png");
    let numbers = NUMBERS.map(|(n, name)| (n, name.to_owned())).into();
    let rename = |name: &str| {
        if name == "hemp" {
            "background".to_owned()
        } else {
            name.to_uppercase()
        }
    };
    let legend = Legend::new(path, &numbers, &[3], Some(4), rename).unwrap();
    assert_eq!(legend.classes, ["POPPY"]);
    let label = |n| legend.label(n).unwrap();
    assert_eq!([0, 1, 2, 7].map(label), [0, 1, 0, 1]);
    assert_eq!([3, 4, NO_LABEL].map(label), [IGNORED; 3]);
    // What is empty in the file but is a class all the same, is that class; 0 is nothing.
    let legend = Legend::new(path, &numbers, &[], Some(1), str::to_owned).unwrap();
    assert_eq!(legend.label(1).unwrap(), 1);
    let legend = Legend::new(path, &BTreeMap::new(), &[], Some(0), str::to_owned).unwrap();
    assert_eq!(legend.label(0).unwrap(), 0);
    let many = (0..300).map(|n| (n, n.to_string())).collect();
    assert!(Legend::new(path, &many, &[], None, str::to_owned).is_err());
}

proptest! {
    #[test]
    fn windows_of_stretches_are_those_of_pixels(
        width in 1_usize..12,
        pixels in proptest::collection::vec(0_u8..3, 1..100),
        corners in [0_u32..13, 0..13, 0..13, 0..13],
    ) {
        let height = pixels.len() / width;
        let mut mask = TruthMask {
            classes: Vec::new(),
            width: u32::try_from(width).unwrap(),
            rows: vec![0],
            starts: Vec::new(),
            labels: Vec::new(),
        };
        pixels.chunks_exact(width).for_each(|row| mask.push_row(row));
        let [a, b, c, d] = corners;
        let part = window(a.min(b), c.min(d), a.abs_diff(b), c.abs_diff(d));
        let fits = part.col_end() as usize <= width && part.row_end() as usize <= height;
        let read = mask.read(part);
        prop_assert_eq!(read.is_ok(), fits);
        if let Ok(read) = read {
            let cells = (part.row_off..part.row_end())
                .flat_map(|row| (part.col_off..part.col_end()).map(move |col| (row, col)));
            let wanted: Vec<u8> =
                cells.map(|(row, col)| pixels[row as usize * width + col as usize]).collect();
            prop_assert_eq!(read, wanted);
        }
    }
}
