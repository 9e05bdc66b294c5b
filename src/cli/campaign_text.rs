//! What the campaign commands say, as text.

use crate::campaign::import::Imported;
use crate::campaign::{CampaignInfo, MatchReport};
use crate::georef::m2_to_mu;
use std::fmt::Write as _;

/// What came in.
pub(super) fn imported(imported: &Imported) -> String {
    let mut text = if imported.was_there {
        format!(
            "{}: `{}` is in the campaign already, nothing was done; `--replace` takes it in anew",
            imported.role.name(),
            imported.path
        )
    } else {
        format!(
            "{}: {} rows of `{}`",
            imported.role.name(),
            imported.rows,
            imported.path
        )
    };
    for note in &imported.notes {
        let _ = write!(text, "\n  {note}");
    }
    text
}

/// What stands in a campaign.
pub(super) fn info(info: &CampaignInfo) -> String {
    let facts = &info.facts;
    let mut text = format!(
        "campaign {} {} ({}, {} {}), made {} by {}\n",
        facts.name,
        facts.label(),
        info.target,
        facts.county_code,
        facts.county,
        facts.created_at,
        facts.program
    );
    let _ = writeln!(
        text,
        "  ground looked at: {:.0} m² ({:.1} mu), what was seen twice counted twice",
        info.covered_m2,
        m2_to_mu(info.covered_m2)
    );
    for (table, count) in &info.rows {
        let _ = writeln!(text, "  {table:<12} {count:>8}");
    }
    for (title, counts) in [
        ("sites by class", &info.sites_by_class),
        ("sites by village", &info.sites_by_village),
        ("sites by grade", &info.sites_by_grade),
    ] {
        if !counts.is_empty() {
            let shown: Vec<String> = counts
                .iter()
                .take(20)
                .map(|(name, count)| {
                    let name = if name.is_empty() {
                        "outside of every village"
                    } else {
                        name
                    };
                    format!("{name} {count}")
                })
                .collect();
            let more = counts.len().saturating_sub(20);
            let more = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            let _ = writeln!(text, "  {title}: {}{more}", shown.join(", "));
        }
    }
    for layer in &info.missing_layers {
        let _ = writeln!(
            text,
            "  no {layer} layer: `tianmu campaign import --role {layer}`"
        );
    }
    match &info.audit_broken {
        None => {
            let _ = writeln!(text, "  audit: {} rows, the chain holds", info.audit_rows);
        }
        Some(why) => {
            let _ = writeln!(text, "  audit: BROKEN: {why}");
        }
    }
    text
}

/// How a round stands to what was known before.
pub(super) fn matched(report: &MatchReport) -> String {
    let mut text = format!(
        "{} new, {} persisting, {} gone, {} not seen again; {} checked before, {} within 100 m of a plot \
         of earlier years\n",
        report.new,
        report.persisting,
        report.gone,
        report.not_seen,
        report.checked,
        report.near_history
    );
    if report.renumbered + report.linked > 0 {
        let _ = writeln!(
            text,
            "{} sites took the number of the earlier round, {} keep theirs as tasks are out",
            report.renumbered, report.linked
        );
    }
    if report.related > 0 {
        let _ = writeln!(
            text,
            "{} plots of the earlier round fell in two or grew together (`links`)",
            report.related
        );
    }
    for plot in report.plots.iter().take(200) {
        let history = plot
            .history_m
            .map_or_else(String::new, |m| format!(", {m:.0} m from an earlier plot"));
        let outcome = if plot.outcome.is_empty() {
            String::new()
        } else {
            format!(", checked: {}", plot.outcome)
        };
        let _ = writeln!(
            text,
            "  {:<10} {:<28} {:<12} {:.6}, {:.6}{outcome}{history}",
            plot.state, plot.site_id, plot.class, plot.lon, plot.lat
        );
    }
    if report.plots.len() > 200 {
        let _ = writeln!(text, "  … {} more, see `--json`", report.plots.len() - 200);
    }
    text
}
