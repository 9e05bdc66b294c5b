//! Reads what photos say of themselves: Exif and XMP of DJI, Parrot, senseFly, Autel and Skydio, from JPEG
//! and TIFF. Only the front of a file is read and no pixel is decoded.

mod attitude;
mod front;
mod ifd;
mod lens;
mod moment;
mod place;
#[cfg(test)]
pub(crate) mod testing;
mod xmp;

use super::photo::PhotoTags;
use crate::Result;
use front::tag;
use std::path::Path;
use xmp::Xmp;

/// Reads the tags of one photo. What it does not say is `None` or empty, what is odd or damaged about it
/// stands in the notes.
///
/// # Errors
///
/// If the file cannot be read, or is neither JPEG nor TIFF. A damaged photo is no error.
pub fn read(path: &Path) -> Result<PhotoTags> {
    let mut front = front::read(path)?;
    let mut notes = std::mem::take(&mut front.notes);
    let xmp = Xmp::parse(&front.packet);
    if xmp.is_broken {
        notes.push("its XMP is broken; what can be found in it was taken".into());
    }
    if front.main.is_empty() && xmp.is_empty() {
        notes.push("it has neither Exif nor XMP".into());
    }
    let text = |tag, name: &str| {
        let text = front.main.text(tag);
        if text.is_empty() {
            xmp.text(&[name]).unwrap_or_default().to_owned()
        } else {
            text
        }
    };
    let (make, model) = (text(tag::MAKE, "tiff:Make"), text(tag::MODEL, "tiff:Model"));
    for name in ["drone-dji:CamReverse", "drone-dji:GimbalReverse"] {
        if xmp.number(&[name], &mut notes).is_some_and(|v| v != 0.0) {
            notes.push(format!(
                "`{name}` is set: the camera was mounted the other way round"
            ));
        }
    }
    let gps_status = xmp.text(&["drone-dji:GpsStatus"]).unwrap_or_default();
    if gps_status.eq_ignore_ascii_case("invalid") {
        notes.push("the receiver says that its position is invalid".into());
    }
    let turn = front.main.whole(tag::ORIENTATION);
    let turn = turn.and_then(|t| u8::try_from(t).ok());
    Ok(PhotoTags {
        path: path.to_owned(),
        width: front.width,
        height: front.height,
        orientation: turn.filter(|t| (1..=8).contains(t)).unwrap_or(1),
        taken: moment::taken(&front, &xmp, &mut notes),
        position: place::position(&front, &xmp, &mut notes),
        absolute_altitude_m: place::absolute_altitude(&front, &xmp, &mut notes),
        relative_altitude_m: place::relative_altitude(&xmp, &mut notes),
        camera: attitude::camera(&xmp, &make, &mut notes),
        aircraft: attitude::aircraft(&xmp, &mut notes),
        lens: lens::lens(&front, &xmp, &mut notes),
        rtk: place::rtk(&xmp, &mut notes),
        gps_status: gps_status.to_owned(),
        image_source: xmp
            .text(&["drone-dji:ImageSource"])
            .unwrap_or_default()
            .to_owned(),
        make,
        model,
        notes: unique(notes),
    })
}

/// Notes in their order, each once: one tag may be asked for twice.
fn unique(notes: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::with_capacity(notes.len());
    for note in notes {
        if !kept.contains(&note) {
            kept.push(note);
        }
    }
    kept
}

#[cfg(test)]
mod tests;
