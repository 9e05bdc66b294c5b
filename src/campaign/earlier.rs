//! Plots of earlier rounds, as the matching needs them.

use super::matching::Plot;
use super::site::{CampaignSite, MERGED_INTO};
use super::tables::{LINKS, PREVIOUS};
use crate::Result;
use crate::vector::{Change, Filter, StoredRow, StoredShape};
use geo::{MultiPolygon, Point};
use std::collections::BTreeSet;

/// A plot of an earlier round.
pub(super) struct Earlier {
    /// Its first id.
    pub(super) site_id: String,
    /// The class of the model.
    pub(super) class: String,
    /// A point inside its largest part, WGS 84.
    pub(super) point: Point<f64>,
    /// When it was last checked, ISO 8601; empty where nobody went.
    pub(super) checked_at: String,
    /// What the check found; empty where nobody went.
    pub(super) outcome: String,
    pos_err_m: f64,
    outline: MultiPolygon<f64>,
}

impl Earlier {
    /// All plots that a campaign knows of earlier rounds.
    pub(super) fn read(change: &Change<'_>) -> Result<Vec<Self>> {
        let rows = change.read(&PREVIOUS, &Filter::All)?;
        Ok(rows.into_iter().map(Self::of_row).collect())
    }

    fn of_row(row: StoredRow) -> Self {
        let degrees = |name: &str| row.real(name).unwrap_or(f64::NAN);
        Self {
            site_id: row.text("site_id"),
            class: row.text("class"),
            point: Point::new(degrees("lon"), degrees("lat")),
            checked_at: row.text("checked_at"),
            outcome: row.text("outcome"),
            pos_err_m: row.real("pos_err_m").unwrap_or(0.0),
            outline: row
                .shape
                .map_or_else(|| MultiPolygon::new(vec![]), StoredShape::into_area),
        }
    }

    /// The plot as it was seen.
    pub(super) fn plot(&self) -> Plot<'_> {
        Plot::of(&self.outline, self.point, self.pos_err_m, &self.class)
    }
}

/// Ids of plots whose fate is settled: sites of this round carry them, they have grown into another,
/// or a site of this round carries them beside its own.
pub(super) fn settled(change: &Change<'_>, sites: &[CampaignSite]) -> Result<BTreeSet<String>> {
    let links = change.read(&LINKS, &Filter::All)?;
    let linked = links.iter().filter_map(|link| {
        let column = match link.text("relation").as_str() {
            MERGED_INTO => "site_id",
            "same_as" => "other_id",
            _ => return None,
        };
        Some(link.text(column))
    });
    let carried = sites.iter().map(|site| site.site_id.clone());
    Ok(linked.chain(carried).collect())
}
