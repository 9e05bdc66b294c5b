//! YOLO labels: a line per object, all numbers shares of the image's size.
//!
//! Formats: <https://docs.ultralytics.com/datasets/detect/> (`class cx cy w h`),
//! <https://docs.ultralytics.com/datasets/segment/> (`class x1 y1 x2 y2 …`) and
//! <https://docs.ultralytics.com/datasets/obb/> (four corners).

use super::Gathered;
use super::labels::{PixelLabel, add_labels};
use crate::evaluate::dataset::{read_text, short};
use crate::{Error, Result};
use geo::{Coord, LineString, Polygon, Rect};
use std::path::Path;

/// Reads a file of labels; an empty one says that nothing is there. `names` are the classes by
/// number; where there are none, the number is the class.
pub(super) fn gather(gathered: &mut Gathered<'_>, path: &Path, names: &[String]) -> Result<()> {
    let info = &gathered.context.raster.info;
    let size = (f64::from(info.width), f64::from(info.height));
    let text = read_text(path)?;
    let mut labels = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let line = line.trim();
        if !line.is_empty() {
            let label = label(line, number, names, size).map_err(|(problem, hint)| {
                let problem = format!("line {number} is `{}`, {problem}", short(line));
                Error::labels(path, problem, hint)
            })?;
            labels.push(label);
        }
    }
    add_labels(gathered, path, labels)
}

/// What is wrong with a line, and what to do about it.
type Wrong = (String, &'static str);

const LAYOUTS: &str = "a line is `class cx cy w h`, or `class x1 y1 x2 y2 x3 y3 …`, with shares of \
                       the image's size";

fn label(
    line: &str,
    number: usize,
    names: &[String],
    (width, height): (f64, f64),
) -> Result<PixelLabel, Wrong> {
    let mut words = line.split_ascii_whitespace();
    let class = class_of(words.next().unwrap_or_default(), names)?;
    let numbers: Option<Vec<f64>> = words
        .map(|w| w.parse().ok().filter(|n: &f64| n.is_finite()))
        .collect();
    let Some(numbers) = numbers else {
        return Err(("wanted numbers only".into(), LAYOUTS));
    };
    if numbers.iter().any(|n| !(-0.5..=1.5).contains(n)) {
        return Err((
            "wanted shares of the image's size, from 0 to 1".into(),
            "divide positions in pixels by the width and the height of the image",
        ));
    }
    let (part, is_box) = match numbers[..] {
        [_, _, w, h] if w < 0.0 || h < 0.0 => {
            return Err(("wanted a width and a height from 0".into(), LAYOUTS));
        }
        [x, y, w, h] => {
            let middle = Coord {
                x: x * width,
                y: y * height,
            };
            let half = Coord {
                x: w * width / 2.0,
                y: h * height / 2.0,
            };
            (Rect::new(middle - half, middle + half).to_polygon(), true)
        }
        [_, _, _, _, _] => {
            return Err((
                "wanted four numbers for a box, or six and more for a polygon".into(),
                "a fifth number is the score of a prediction; give labels that people drew",
            ));
        }
        _ if numbers.len() < 6 || !numbers.len().is_multiple_of(2) => {
            return Err((
                format!(
                    "{} numbers after the class; wanted four, or an even number from six",
                    numbers.len()
                ),
                LAYOUTS,
            ));
        }
        _ => {
            let corners = numbers.chunks_exact(2).map(|c| Coord {
                x: c[0] * width,
                y: c[1] * height,
            });
            (
                Polygon::new(LineString::new(corners.collect()), Vec::new()),
                false,
            )
        }
    };
    Ok(PixelLabel {
        at: format!("line {number}"),
        id: number.to_string(),
        class,
        parts: vec![part],
        is_box,
    })
}

fn class_of(word: &str, names: &[String]) -> Result<String, Wrong> {
    // Some tools write the class as they write the positions: `0.000000`.
    let (whole, fraction) = word.split_once('.').unwrap_or((word, ""));
    let number = whole
        .parse::<u32>()
        .ok()
        .filter(|_| fraction.bytes().all(|digit| digit == b'0'));
    let Some(number) = number else {
        return Err((
            "wanted it to begin with the number of a class".into(),
            LAYOUTS,
        ));
    };
    if names.is_empty() {
        return Ok(number.to_string());
    }
    let name = usize::try_from(number).ok().and_then(|n| names.get(n));
    match name.filter(|name| !name.is_empty()) {
        Some(name) => Ok(name.clone()),
        None => Err((
            format!(
                "but class {number} has no name, only 0 to {}",
                names.len() - 1
            ),
            "take the `data.yaml` or `classes.txt` that belongs to these labels",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_line_stops_the_program(line in "[0-9eE+. \\-]{0,40}|\\PC{0,40}") {
            if let Ok(label) = read(&line) {
                let mut corners = label.parts.iter().flat_map(|p| &p.exterior().0);
                prop_assert!(corners.all(|c| c.x.is_finite() && c.y.is_finite()));
            }
        }
    }

    fn read(line: &str) -> Result<PixelLabel, Wrong> {
        label(
            line,
            3,
            &["a".into(), String::new(), "c".into()],
            (200.0, 100.0),
        )
    }

    #[test]
    fn boxes_and_polygons_of_shares() {
        let found = read("2 0.5 0.5 0.1 0.2").unwrap();
        assert!(found.is_box && found.class == "c" && found.id == "3");
        let wanted = Rect::new((90.0, 40.0), (110.0, 60.0)).to_polygon();
        assert_eq!(found.parts, [wanted]);
        let turned = read("0.000 0 0 1 0 1 1 0 1").unwrap();
        assert!(!turned.is_box);
        assert_eq!(
            turned.parts[0].exterior().0[2],
            Coord { x: 200.0, y: 100.0 }
        );
        let bare = label("7 0.5 0.5 0 0", 1, &[], (1.0, 1.0)).unwrap();
        assert_eq!(bare.class, "7");
    }

    #[test]
    fn bad_lines_say_what_is_wanted() {
        for (line, wanted) in [
            ("poppy 0.5 0.5 0.1 0.1", "begin with the number of a class"),
            ("-1 0.5 0.5 0.1 0.1", "begin with the number of a class"),
            ("0.5 0.5 0.5 0.1 0.1", "begin with the number of a class"),
            ("1 0.5 0.5 0.1 0.1", "class 1 has no name, only 0 to 2"),
            ("99999 0.5 0.5 0.1 0.1", "class 99999 has no name"),
            ("0 0.5 0.5 -0.1 0.1", "a width and a height from 0"),
            ("0 0.5 NaN 0.1 0.1", "numbers only"),
            ("0 0.5 1e999 0.1 0.1", "numbers only"),
            ("0 0.5 0,5 0.1 0.1", "numbers only"),
            ("0 120 80 20 20", "from 0 to 1"),
            ("0 0.5 0.5 0.1 0.1 0.97", "wanted four numbers for a box"),
            ("0 0.5 0.5", "2 numbers after the class"),
            ("0", "0 numbers after the class"),
            ("0 0.1 0.2 0.3 0.4 0.5 0.6 0.7", "7 numbers after the class"),
        ] {
            let (problem, hint) = read(line).err().unwrap();
            assert!(problem.contains(wanted), "{line}: {problem}");
            assert!(!hint.is_empty());
        }
    }
}
