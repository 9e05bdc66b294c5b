//! What the campaign holds of returns already.

use super::waiting::checker_of;
use crate::Result;
use crate::campaign::CampaignFacts;
use crate::campaign::check::Check;
use crate::campaign::tables::{CHECKS, PHOTOS, REJECTED, RETURNS, VILLAGES};
use crate::campaign::villages::VillageIndex;
use crate::returns::judge::ground::{Ground, Read};
use geo::{MultiPolygon, Point};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

/// All of it, as it was when the change began.
pub(super) struct Stock<'a> {
    pub(super) ground: Ground,
    /// In the order in which they came in.
    pub(super) checks: Vec<Check>,
    /// Site and hash of each photo.
    pub(super) photos: BTreeSet<(String, String)>,
    /// Photos without a check yet: row and site.
    pub(super) photos_alone: Vec<(i64, String)>,
    /// Files by their hash: row and answers taken.
    pub(super) files: BTreeMap<String, (i64, i64)>,
    pub(super) rejected: Vec<Rejected>,
    read: &'a Read<'a>,
    villages: OnceCell<VillageIndex>,
}

/// A row that was rejected before.
pub(super) struct Rejected {
    pub(super) fid: i64,
    pub(super) reject_id: String,
    pub(super) site_id: String,
    /// Who wrote it; empty where nobody is named.
    pub(super) checker: String,
    /// The check that came in for it later; empty while it is open.
    pub(super) settled_by: String,
}

impl<'a> Stock<'a> {
    pub(super) fn load(read: &'a Read<'a>) -> Result<Self> {
        let checks: Vec<Check> = read(&CHECKS)?.iter().map(Check::from_row).collect();
        let ground = Ground::load(read, &checks)?;
        let mut photos = BTreeSet::new();
        let mut photos_alone = Vec::new();
        for row in read(&PHOTOS)? {
            let site_id = row.text("site_id");
            if row.text("check_id").is_empty() {
                photos_alone.push((row.fid, site_id.clone()));
            }
            photos.insert((site_id, row.text("sha256")));
        }
        let files = read(&RETURNS)?
            .iter()
            .map(|row| {
                (
                    row.text("sha256"),
                    (row.fid, row.integer("taken").unwrap_or(0)),
                )
            })
            .collect();
        let rejected = read(&REJECTED)?
            .iter()
            .map(|row| Rejected {
                fid: row.fid,
                reject_id: row.text("reject_id"),
                site_id: row.text("site_id"),
                checker: match serde_json::from_str(&row.text("raw")) {
                    Ok(serde_json::Value::Object(raw)) => checker_of(&raw),
                    _ => String::new(),
                },
                settled_by: row.text("settled_by"),
            })
            .collect();
        Ok(Self {
            ground,
            checks,
            photos,
            photos_alone,
            files,
            rejected,
            read,
            villages: OnceCell::new(),
        })
    }

    /// The village code of a place, 12 digits. The villages are only read where a plot without a lead
    /// came in.
    pub(super) fn village(&self, point: Point<f64>, facts: &CampaignFacts) -> Result<String> {
        let villages = if let Some(villages) = self.villages.get() {
            villages
        } else {
            let index = VillageIndex::of_rows((self.read)(&VILLAGES)?);
            self.villages.get_or_init(|| index)
        };
        let location = villages.locate(&MultiPolygon::new(vec![]), point);
        Ok(location.map_or_else(|| facts.outside_code(), |l| l.xzqdm))
    }
}
