//! What a photo says of its lens.

use super::front::{Front, tag};
use super::xmp::{self, Xmp};
use crate::flight::photo::{Dewarp, LensTags};

/// Pixels of cameras are between these, in millimetres.
const PITCHES_MM: std::ops::RangeInclusive<f64> = 0.000_4..=0.05;

/// The lens as Exif and the maker's tags describe it. Exif writes 0 for a length that it does not know.
pub(super) fn lens(front: &Front, xmp: &Xmp, notes: &mut Vec<String>) -> LensTags {
    let exif = &front.exif;
    let length = |tag| exif.number(tag).filter(|v| *v > 0.0);
    let mut own = |name| xmp.number(&[name], notes).filter(|v: &f64| *v > 0.0);
    let calibrated_px = own("drone-dji:CalibratedFocalLength");
    let center = (
        own("drone-dji:CalibratedOpticalCenterX"),
        own("drone-dji:CalibratedOpticalCenterY"),
    );
    let is_dewarped = own("drone-dji:DewarpFlag").is_some();
    if xmp
        .text(&["Camera:ModelType"])
        .is_some_and(|t| t.eq_ignore_ascii_case("fisheye"))
    {
        notes.push("its lens is a fish-eye".into());
    }
    LensTags {
        focal_mm: length(tag::FOCAL),
        focal_35mm: length(tag::FOCAL_35),
        zoom: length(tag::ZOOM),
        pitch_mm: pitch_mm(front),
        full_px: exif
            .whole(tag::FULL_WIDTH)
            .zip(exif.whole(tag::FULL_HEIGHT))
            .filter(|(width, height)| *width > 0 && *height > 0),
        calibrated_px,
        center_px: center.0.zip(center.1),
        dewarp: dewarp(xmp, notes),
        is_dewarped,
    }
}

/// Width of a pixel after the pixels in a unit of length on the sensor.
fn pitch_mm(front: &Front) -> Option<f64> {
    let unit_mm = match front.exif.whole(tag::PLANE_UNIT) {
        None | Some(2) => 25.4,
        Some(3) => 10.0,
        Some(4) => 1.0,
        Some(5) => 0.001,
        Some(_) => return None,
    };
    let pitch = unit_mm / front.exif.number(tag::PLANE_X)?;
    PITCHES_MM.contains(&pitch).then_some(pitch)
}

/// `2019-06-19;fx,fy,cx,cy,k1,k2,p1,p2,k3`; the date says when the lens was calibrated. All zeros stand for
/// a lens that never was.
fn dewarp(xmp: &Xmp, notes: &mut Vec<String>) -> Option<Dewarp> {
    let text = xmp.text(&["drone-dji:DewarpData"])?;
    let terms = text.rsplit(';').next().unwrap_or(text);
    let terms: Vec<f64> = terms
        .split(',')
        .map_while(|t| t.trim().parse().ok())
        .filter(|t: &f64| t.is_finite())
        .collect();
    let [fx, fy, cx, cy, k1, k2, p1, p2, k3] = terms[..] else {
        notes.push(format!(
            "`drone-dji:DewarpData` is `{}`, wanted nine numbers behind a date",
            xmp::short(text)
        ));
        return None;
    };
    (fx > 0.0 && fy > 0.0).then_some(Dewarp {
        fx,
        fy,
        cx,
        cy,
        k1,
        k2,
        p1,
        p2,
        k3,
    })
}
