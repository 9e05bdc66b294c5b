//! Gaps as `GeoJSON` for those who plan flights, villages as CSV.

use super::{CoverageReport, Gap, reason_name};
use crate::campaign::Lang;
use crate::georef::m2_to_mu;
use crate::pipeline::report::{formula_safe, rings};
use crate::{Error, Result};
use serde_json::{Value, json};
use std::io::{BufWriter, Write};
use std::path::Path;

/// Counts up when a reader would have to change.
const SCHEMA_VERSION: u32 = 1;

/// Writes the gaps as a `FeatureCollection` (RFC 7946): WGS 84, one `Polygon` a gap, exterior
/// counter-clockwise, 7 decimals, a feature a line.
pub fn write_gaps(path: &Path, report: &CoverageReport, lang: Lang) -> Result<()> {
    let failed = |e: serde_json::Error| unwritten(path, &e);
    let about = json!({
        "schema_version": SCHEMA_VERSION,
        "crops": report.crops,
        "max_gsd_cm": report.max_gsd_cm,
        "days_apart": report.days_apart,
    });
    let mut file = BufWriter::new(fs_err::File::create(path)?);
    file.write_all(b"{\"type\":\"FeatureCollection\",\"name\":\"gaps\",\"tianmu\":")?;
    serde_json::to_writer(&mut file, &about).map_err(failed)?;
    file.write_all(b",\"features\":[")?;
    for (index, gap) in report.gaps.iter().enumerate() {
        file.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut file, &feature(gap, lang)).map_err(failed)?;
    }
    file.write_all(b"\n]}\n")?;
    file.flush()?;
    Ok(())
}

fn feature(gap: &Gap, lang: Lang) -> Value {
    let mu = m2_to_mu(gap.area_m2);
    let reason = reason_name(gap.reason, lang);
    let title = match lang {
        Lang::Zh => format!("{} {} {mu:.1} 亩 {reason}", gap.id, gap.village),
        Lang::En => format!("{} {} {mu:.1} mu, {reason}", gap.id, gap.village),
    };
    // A gap is one polygon.
    let rings = gap.outline.iter().next().map(rings).unwrap_or_default();
    json!({
        "type": "Feature",
        "id": gap.id,
        "geometry": {"type": "Polygon", "coordinates": rings},
        "properties": {
            "title": title,
            "xzqdm": gap.xzqdm,
            "village": gap.village,
            "area_m2": gap.area_m2,
            "area_mu": (mu * 100.0).round() / 100.0,
            "reason": gap.reason,
            "reason_text": reason,
        },
    })
}

/// Writes the villages as CSV for Excel and WPS: UTF-8 with byte order mark, CRLF, no formulas. Shares
/// are percent; dates are joined with `; `.
pub fn write_villages(path: &Path, report: &CoverageReport) -> Result<()> {
    let failed = |e: csv::Error| unwritten(path, &e);
    let mut file = BufWriter::new(fs_err::File::create(path)?);
    file.write_all("\u{feff}".as_bytes())?;
    let mut table = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(file);
    let mut head: Vec<String> = [
        "xzqdm",
        "county",
        "town",
        "village",
        "area_m2",
        "imaged_m2",
        "covered_m2",
        "covered_mu",
        "coverage_pct",
        "twice_m2",
        "twice_pct",
        "median_gsd_cm",
        "dates",
    ]
    .map(str::to_owned)
    .into();
    for crop in &report.crops {
        head.push(format!("covered_m2_{crop}"));
        head.push(format!("dates_{crop}"));
    }
    table.write_record(&head).map_err(failed)?;
    for village in &report.villages {
        let text = |text: &str| formula_safe(text.to_owned().into()).into_owned();
        let mut row = vec![
            text(&village.xzqdm),
            text(&village.county),
            text(&village.town),
            text(&village.village),
            format!("{:.2}", village.area_m2),
            format!("{:.2}", village.imaged_m2),
            format!("{:.2}", village.covered_m2),
            format!("{:.2}", m2_to_mu(village.covered_m2)),
            format!("{:.2}", village.share() * 100.0),
            format!("{:.2}", village.twice_m2),
            format!("{:.2}", village.share_twice() * 100.0),
            village
                .median_gsd_cm
                .map_or_else(String::new, |cm| format!("{cm}")),
            village.dates.join("; "),
        ];
        for crop in &village.crops {
            row.push(format!("{:.2}", crop.covered_m2));
            row.push(crop.dates.join("; "));
        }
        table.write_record(&row).map_err(failed)?;
    }
    let mut file = table
        .into_inner()
        .map_err(|e| failed(e.into_error().into()))?;
    file.flush()?;
    Ok(())
}

fn unwritten(path: &Path, reason: &impl ToString) -> Error {
    Error::WriteOutput {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}
