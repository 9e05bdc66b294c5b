//! The gaps in the campaign's own table.

use super::{CoverageReport, Gap};
use crate::campaign::tables::{AUDIT, GAPS};
use crate::campaign::{Campaign, Moment};
use crate::vector::{Filter, Row, Shape, StoreTarget, StoredRow, StoredShape};
use crate::{Error, Result};

/// Puts the gaps of a report in the place of those that the campaign holds, in one transaction; says
/// whether anything changed. The same gaps leave the campaign as it is.
///
/// # Errors
/// [`Error::Store`] where the campaign cannot be changed, or was changed since it was measured;
/// [`Error::Internal`] for a report of what nobody looked at yet.
pub fn keep_gaps(
    target: &StoreTarget,
    report: &CoverageReport,
    moment: Moment<'_>,
) -> Result<bool> {
    if report.supposed > 0 {
        return Err(Error::Internal(
            "gaps of what nobody looked at yet are none of the campaign".into(),
        ));
    }
    Campaign::change(target, moment, "coverage", |change, _| {
        if change.count(&AUDIT, &Filter::All)? != report.audit_rows {
            return Err(Error::Store {
                target: target.to_string(),
                problem: "was changed while its coverage was measured".into(),
                hint: "call `tianmu coverage` again".into(),
            });
        }
        let stored = change.read(&GAPS, &Filter::All)?;
        let is_same = stored.len() == report.gaps.len()
            && stored
                .iter()
                .zip(&report.gaps)
                .all(|(row, gap)| holds(row, gap));
        if is_same {
            return Ok((false, None));
        }
        change.delete(&GAPS, &Filter::All)?;
        let rows = report.gaps.iter().map(|gap| Row {
            shape: Shape::MultiPolygon(&gap.outline),
            values: vec![
                gap.xzqdm.as_str().into(),
                gap.area_m2.into(),
                gap.reason.into(),
            ],
        });
        change.insert(&GAPS, rows)?;
        let totals = report.totals();
        let detail = serde_json::json!({
            "crops": report.crops,
            "max_gsd_cm": report.max_gsd_cm,
            "days_apart": report.days_apart,
            "villages": report.villages.len(),
            "area_m2": hundredths(totals.area_m2),
            "covered_m2": hundredths(totals.covered_m2),
            "twice_m2": hundredths(totals.twice_m2),
            "gaps": report.gaps.len(),
            "gaps_m2": hundredths(totals.gaps_m2),
            "gaps_before": stored.len(),
        });
        Ok((true, Some(detail)))
    })
}

fn holds(row: &StoredRow, gap: &Gap) -> bool {
    row.text("xzqdm") == gap.xzqdm
        && row.text("reason") == gap.reason
        && row.real("area_m2") == Some(gap.area_m2)
        && matches!(&row.shape, Some(StoredShape::Area(area)) if *area == gap.outline)
}

fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
