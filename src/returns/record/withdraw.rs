//! Taking one answer back.

use super::{Conflict, conflicts, write};
use crate::campaign::check::{CHECKS_SHA256, Check, WITHDRAWN};
use crate::campaign::tables::{CHECKS, REJECTED};
use crate::campaign::{Campaign, Moment};
use crate::vector::{Filter, StoreTarget, Value};
use crate::{Error, Result};
use serde::Serialize;
use std::collections::BTreeSet;

/// An answer that was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Withdrawn {
    /// Its number.
    pub check_id: String,
    /// The site.
    pub site_id: String,
    /// What it said.
    pub outcome: String,
    /// Whether it had been taken back before, so that nothing was done.
    pub before: bool,
    /// Rejected rows that it had settled, and that are open again.
    pub reopened: usize,
    /// Answers for the site that contradict each other still.
    pub conflicts: Vec<Conflict>,
}

/// Takes an answer back: it stays for the record, and counts no more. The reason stands in the audit.
///
/// # Errors
/// [`Error::Setting`] for a number that no answer has and for an empty reason, [`Error::Store`] with
/// what is wrong with the campaign.
pub fn withdraw(
    target: &StoreTarget,
    check_id: &str,
    reason: &str,
    moment: Moment<'_>,
) -> Result<Withdrawn> {
    if reason.trim().is_empty() {
        return Err(Error::setting(
            "reason",
            reason,
            "why the answer is taken back",
        ));
    }
    Campaign::change(target, moment, "record", |change, _| {
        let rows = change.read(&CHECKS, &Filter::All)?;
        let mut checks: Vec<Check> = rows.iter().map(Check::from_row).collect();
        let Some(at) = checks.iter().position(|check| check.check_id == check_id) else {
            let wanted = "the `check_id` of an answer in the table `checks`";
            return Err(Error::setting("withdraw", check_id, wanted));
        };
        let mut done = Withdrawn {
            check_id: check_id.to_owned(),
            site_id: checks[at].site_id.clone(),
            outcome: checks[at].outcome.clone(),
            before: checks[at].state == WITHDRAWN,
            reopened: 0,
            conflicts: Vec::new(),
        };
        if done.before {
            return Ok((done, None));
        }
        WITHDRAWN.clone_into(&mut checks[at].state);
        let (mut changed, conflicts) =
            conflicts::settle(&mut checks, &BTreeSet::from([done.site_id.clone()]));
        changed.insert(at);
        done.conflicts = conflicts;
        write::update_checks(change, changed.iter().map(|&at| &checks[at]))?;
        let settled = change.read(
            &REJECTED,
            &Filter::Equals("settled_by", check_id.to_owned().into()),
        )?;
        done.reopened = settled.len();
        let open = settled.iter().map(|row| (row.fid, vec![Value::from("")]));
        change.update(&REJECTED, &["settled_by"], open)?;
        let detail = serde_json::json!({
            "withdrawn": check_id,
            "site_id": done.site_id,
            "outcome": done.outcome,
            "reason": reason,
            "reopened": done.reopened,
            CHECKS_SHA256: write::digest_of_checks(change)?,
        });
        Ok((done, Some(detail)))
    })
}
