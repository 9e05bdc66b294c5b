//! Making, opening and changing a campaign. Every change is one transaction that ends with a row of
//! the audit.

use super::audit::AuditRow;
use super::styles::styles;
use super::tables::{AUDIT, CAMPAIGN, PHENOLOGY, TABLES};
use super::{CampaignFacts, phenology};
use crate::vector::{Change, Filter, Row, Shape, Store, StoreTarget, StoredRow, Value};
use crate::{Error, Result};
use serde_json::Value as Json;
use std::time::Duration;

/// A campaign, open for reading.
pub struct Campaign {
    /// Its tables.
    pub store: Store,
    /// What it is.
    pub facts: CampaignFacts,
}

/// When a change is made, and how long it waits for another program.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// Now, ISO 8601 in UTC such as `2026-05-04T12:30:00Z`.
    pub now: &'a str,
    /// The longest wait for another program that is writing.
    pub wait: Duration,
}

impl Campaign {
    /// Makes a campaign: whole, or not at all.
    ///
    /// # Errors
    /// [`Error::OutputExists`] for a file that exists, [`Error::Setting`] for facts that no campaign
    /// has, [`Error::Store`] where a server cannot be reached or has such tables already.
    pub fn create(target: &StoreTarget, facts: &CampaignFacts) -> Result<()> {
        facts.check()?;
        let date = with_milliseconds(&facts.created_at);
        Store::create(target, &TABLES, &styles(), &date, |change| {
            let rows = facts.to_rows().into_iter().map(|(key, value)| Row {
                shape: Shape::None,
                values: vec![key.into(), value.into()],
            });
            change.insert(&CAMPAIGN, rows)?;
            let windows = Row {
                shape: Shape::None,
                values: vec!["built in".into(), phenology::DEFAULT.into()],
            };
            change.insert(&PHENOLOGY, std::iter::once(windows))?;
            let detail = serde_json::json!({ "campaign": facts });
            append_audit(change, &facts.created_at, "new", &detail)
        })
    }

    /// Opens a campaign.
    ///
    /// # Errors
    /// [`Error::Store`] where there is none, or it is of a later version.
    pub fn open(target: &StoreTarget) -> Result<Self> {
        let store = Store::open(target, &TABLES)?;
        let rows = store.read(&CAMPAIGN, &Filter::All)?;
        let facts = read_facts(target, &rows)?;
        Ok(Self { store, facts })
    }

    /// Changes a campaign. `work` gives its result and the facts for the audit; without facts nothing
    /// was changed, and nothing is noted.
    pub fn change<T>(
        target: &StoreTarget,
        moment: Moment<'_>,
        action: &str,
        work: impl FnOnce(&mut Change<'_>, &CampaignFacts) -> Result<(T, Option<Json>)>,
    ) -> Result<T> {
        Store::change(target, &TABLES, moment.wait, |change| {
            let facts = read_facts(target, &change.read(&CAMPAIGN, &Filter::All)?)?;
            let (done, detail) = work(change, &facts)?;
            if let Some(detail) = detail {
                change.dated(&with_milliseconds(moment.now));
                append_audit(change, moment.now, action, &detail)?;
            }
            Ok(done)
        })
    }

    /// The audit, in the order of its rows.
    pub fn audit(&self) -> Result<Vec<AuditRow>> {
        let rows = self.store.read(&AUDIT, &Filter::All)?;
        let mut rows: Vec<AuditRow> = rows.iter().map(audit_row).collect();
        rows.sort_by_key(|r| r.seq);
        Ok(rows)
    }
}

/// A time as a `GeoPackage` carries it, in milliseconds.
fn with_milliseconds(time: &str) -> String {
    format!("{}.000Z", time.trim_end_matches('Z'))
}

fn read_facts(target: &StoreTarget, rows: &[StoredRow]) -> Result<CampaignFacts> {
    let rows: Vec<(String, String)> = rows
        .iter()
        .map(|r| (r.text("key"), r.text("value")))
        .collect();
    CampaignFacts::from_rows(&rows).map_err(|problem| Error::Store {
        target: target.to_string(),
        problem,
        hint: "give what `tianmu campaign new` of this version made".into(),
    })
}

fn append_audit(change: &mut Change<'_>, at: &str, action: &str, detail: &Json) -> Result<()> {
    let rows = change.read(&AUDIT, &Filter::All)?;
    let last = rows.iter().map(audit_row).max_by_key(|r| r.seq);
    let next = AuditRow::after(last.as_ref(), at, action, detail);
    let row = Row {
        shape: Shape::None,
        values: vec![
            Value::Integer(next.seq),
            next.at.into(),
            next.action.into(),
            next.detail.into(),
            next.prev_sha256.into(),
            next.sha256.into(),
        ],
    };
    change.insert(&AUDIT, std::iter::once(row)).map(drop)
}

fn audit_row(row: &StoredRow) -> AuditRow {
    AuditRow {
        seq: row.integer("seq").unwrap_or(0),
        at: row.text("at"),
        action: row.text("action"),
        detail: row.text("detail"),
        prev_sha256: row.text("prev_sha256"),
        sha256: row.text("sha256"),
    }
}
