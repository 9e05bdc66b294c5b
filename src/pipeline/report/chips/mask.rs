//! Labels as masks: `masks/CHIP.png` with the number of a class in each pixel, and
//! `classes.txt`.

use super::label::Label;
use super::write_png;
use crate::Result;
use image::GrayImage;
use std::fmt::Write as _;
use std::path::Path;

/// The folder of the masks.
pub(crate) const FOLDER: &str = "masks";

/// What a pixel is that shows no ground: training leaves it out.
pub(crate) const IGNORE: u8 = 255;

/// Classes that fit between the background and [`IGNORE`].
pub(crate) const MOST_CLASSES: usize = 254;

/// Writes the mask of a chip; the smaller of two sites lies on the larger.
pub(crate) fn write_mask(path: &Path, labels: &[Label], valid: &[bool], size: u32) -> Result<()> {
    let mut values = vec![0_u8; valid.len()];
    let mut order: Vec<&Label> = labels.iter().collect();
    order.sort_by_key(|l| std::cmp::Reverse(l.pixel_count()));
    for label in order {
        let number = u8::try_from(label.class + 1).unwrap_or(IGNORE);
        for (value, inside) in values.iter_mut().zip(&label.pixels) {
            if *inside {
                *value = number;
            }
        }
    }
    for (value, is_valid) in values.iter_mut().zip(valid) {
        if !is_valid {
            *value = IGNORE;
        }
    }
    let Some(mask) = GrayImage::from_raw(size, size, values) else {
        return Err(crate::Error::Internal("a mask of another size".into()));
    };
    write_png(path, &mask.into())
}

/// Writes `classes.txt`: a number and a name a line.
pub(crate) fn write_classes(folder: &Path, classes: &[&str]) -> Result<()> {
    let mut text = String::from("0 background\n");
    for (number, class) in classes.iter().enumerate() {
        let _ = writeln!(text, "{} {class}", number + 1);
    }
    Ok(fs_err::write(folder.join("classes.txt"), text)?)
}
