//! Pictures of a site with a north arrow and a scale bar.

use super::drawing::{Drawing, ScaleBar};
use crate::Result;
use crate::tasks::pack::Picture;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A JPEG as text.
pub(super) fn base64(picture: &Picture) -> Result<String> {
    Ok(STANDARD.encode(fs_err::read(&picture.file)?))
}

/// The picture as large as a box allows, in the middle of it. `north` is the letter of the arrow.
pub(super) fn svg(picture: &Picture, size: (f64, f64), north: &str) -> Result<String> {
    let (width, height) = (
        f64::from(picture.width.max(1)),
        f64::from(picture.height.max(1)),
    );
    let mm_per_px = (size.0 / width).min(size.1 / height);
    let drawn = (width * mm_per_px, height * mm_per_px);
    let corner = ((size.0 - drawn.0) / 2.0, (size.1 - drawn.1) / 2.0);
    let mut drawing = Drawing::default();
    drawing.jpeg("", corner, drawn, &base64(picture)?);
    drawing.rectangle(
        "fill=\"none\" stroke=\"#000\" stroke-width=\"0.2\"",
        corner,
        drawn,
    );
    // A thin strip has no room for either.
    if drawn.0.min(drawn.1) >= 14.0 {
        let arrow = (corner.0 + drawn.0 - 5.2, corner.1 + 5.2);
        drawing.north_arrow(arrow, -picture.top_bearing_deg, north);
        let most_mm = (drawn.0 * 0.4).min(drawn.0 - 9.0);
        if let Some(bar) = ScaleBar::within(picture.m_per_px / mm_per_px, most_mm) {
            drawing.scale_bar((corner.0 + 1.0, corner.1 + drawn.1 - 1.0), bar);
        }
    }
    Ok(drawing.finish(size))
}
