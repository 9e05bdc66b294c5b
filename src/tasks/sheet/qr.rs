//! The QR code of a sheet: a place and its number, and nothing that says what is thought of it.

use super::drawing::Drawing;
use crate::tasks::pack::FieldTask;
use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write as _;

/// Light modules around a code, as the standard (ISO/IEC 18004) wants.
const QUIET: u32 = 4;

/// What the code holds: a `geo:` URI (RFC 5870), which phones open in the map that their owner
/// chose, and the site id in a second line.
pub(super) fn text(task: &FieldTask) -> String {
    format!("{}\n{}", task.forms.geo_uri(), task.site_id)
}

/// The code as a drawing `side_mm` wide, its quiet zone included; empty where the text is longer
/// than any code can hold.
pub(super) fn svg(text: &str, side_mm: f64) -> String {
    // A quarter of the code may be lost to dirt and folds.
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::Q) else {
        return String::new();
    };
    let modules = u32::try_from(code.width()).unwrap_or(0);
    let module_mm = side_mm / f64::from(modules + 2 * QUIET);
    let mut d = String::new();
    for (row, line) in (QUIET..).zip(code.to_colors().chunks(code.width())) {
        let mut column = QUIET;
        for run in line.chunk_by(|a, b| a == b) {
            let length = u32::try_from(run.len()).unwrap_or(0);
            if run.first() == Some(&Color::Dark) {
                // Whole modules, scaled as a whole: neighbours meet without a seam.
                let _ = write!(d, "M{column} {row}h{length}v1h-{length}z");
            }
            column += length;
        }
    }
    let mut drawing = Drawing::default();
    drawing.rectangle("fill=\"#fff\"", (0.0, 0.0), (side_mm, side_mm));
    let scale = format!("fill=\"#000\" transform=\"scale({module_mm:.5})\"");
    drawing.path(&scale, &d);
    drawing.finish((side_mm, side_mm))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::Lang;
    use crate::tasks::fixture;

    #[test]
    fn it_says_where_and_which_and_nothing_else() {
        let pack = fixture::pack(1, Lang::Zh);
        let text = text(&pack.tasks[0]);
        assert_eq!(text, "geo:24.754800,101.636700\n990101101201-2026R1-0001");
        let svg = svg(&text, 30.0);
        // The corner of the upper left finder pattern, after the quiet zone.
        assert!(svg.contains("M4 4h7v1h-7z"), "{svg}");
    }

    #[test]
    fn too_long_a_text_has_no_code() {
        assert_eq!(svg(&"9".repeat(9000), 30.0), "");
    }
}
