//! Pictures of a site with a north arrow, a scale bar and the circle of position error.

use super::drawing::{Drawing, ScaleBar};
use super::legend::ERROR;
use crate::Result;
use crate::tasks::pack::Picture;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A JPEG as text.
pub(super) fn base64(picture: &Picture) -> Result<String> {
    Ok(STANDARD.encode(fs_err::read(&picture.file)?))
}

/// The picture as large as a box allows, and the size of the drawing in millimetres: as wide as
/// the box, no higher than it must be. `north` is the letter of the arrow, `error_m` the radius of
/// the circle that the site's point is known to lie in.
pub(super) fn svg(
    picture: &Picture,
    (width, height): (f64, f64),
    north: &str,
    error_m: f64,
) -> Result<(String, (f64, f64))> {
    let (columns, rows) = (
        f64::from(picture.width.max(1)),
        f64::from(picture.height.max(1)),
    );
    let mm_per_px = (width / columns).min(height / rows);
    let drawn = (columns * mm_per_px, rows * mm_per_px);
    let left = (width - drawn.0) / 2.0;
    let mut drawing = Drawing::default();
    drawing.jpeg("", (left, 0.0), drawn, &base64(picture)?);
    drawing.rectangle(
        "fill=\"none\" stroke=\"#000\" stroke-width=\"0.2\"",
        (left, 0.0),
        drawn,
    );
    let (x, y) = picture.site_px;
    let radius = error_m / picture.m_per_px;
    // A circle that leaves the picture would not be seen as one.
    if radius > 0.0 && radius <= x.min(y).min(columns - x).min(rows - y) {
        let middle = (left + x * mm_per_px, y * mm_per_px);
        let rim = "fill=\"none\" stroke=\"#fff\" stroke-width=\"0.5\"";
        drawing.circle(rim, middle, radius * mm_per_px);
        drawing.circle(ERROR, middle, radius * mm_per_px);
    }
    // A thin strip has no room for these.
    if drawn.0.min(drawn.1) >= 14.0 {
        let arrow = (left + drawn.0 - 5.2, 5.2);
        drawing.north_arrow(arrow, -picture.top_bearing_deg, north);
        let most_mm = (drawn.0 * 0.4).min(drawn.0 - 9.0);
        if let Some(bar) = ScaleBar::within(picture.m_per_px / mm_per_px, most_mm) {
            drawing.scale_bar((left + 1.0, drawn.1 - 1.0), bar);
        }
    }
    let size = (width, drawn.1);
    Ok((drawing.finish(size), size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_keep_their_shape_and_scale() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("one.jpg");
        image::RgbImage::new(40, 20).save(&file).unwrap();
        let picture = Picture {
            file,
            name: "pictures/one.jpg".into(),
            width: 400,
            height: 200,
            m_per_px: 0.1,
            top_bearing_deg: 90.0,
            site_px: (200.0, 100.0),
            capture_time: String::new(),
        };
        // 400 pixels of 0.1 m on 80 mm: half a metre a millimetre.
        let (drawing, size) = svg(&picture, (80.0, 80.0), "北", 5.0).unwrap();
        assert_eq!(size, (80.0, 40.0));
        assert!(
            drawing.contains("cx=\"40\" cy=\"20\" r=\"10\""),
            "{drawing}"
        );
        assert!(drawing.contains(">10 m</text>"), "{drawing}");
        // Further off than the picture reaches.
        let (drawing, _) = svg(&picture, (80.0, 80.0), "北", 50.0).unwrap();
        assert!(!drawing.contains("stroke-dasharray"), "{drawing}");
    }
}
