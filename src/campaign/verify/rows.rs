//! Rows that do not fit together: what somebody altered behind the audit shows where one row names
//! another.
//!
//! The answers are hashed by each change of them, so that a number altered in one shows, too. Of other
//! tables such a number shows nowhere.

use crate::Result;
use crate::campaign::Campaign;
use crate::campaign::audit::AuditRow;
use crate::campaign::check::{CHECKS_SHA256, COUNTED, Check, Outcome, WITHDRAWN, digest};
use crate::campaign::tables::{
    CHECKS, DOCUMENTS, FILES, LINKS, PHOTOS, PREVIOUS, RETURNS, SIGHTINGS, SITES, TASKS,
};
use crate::vector::{Filter, StoredRow, Table};
use std::collections::BTreeSet;

/// What is wrong, in words, table by table.
pub(super) fn faults(campaign: &Campaign, audit: &[AuditRow]) -> Result<Vec<String>> {
    let rows = |table: &Table| campaign.store.read(table, &Filter::All);
    let mut faults = Vec::new();
    let column = |table: &Table, name: &str| -> Result<Vec<String>> {
        let mut texts = Vec::new();
        campaign.store.for_each(table, &Filter::All, &mut |row| {
            texts.push(row.text(name));
            Ok(())
        })?;
        Ok(texts)
    };
    for (table, name) in [
        (&SITES, "site_id"),
        (&TASKS, "site_id"),
        (&TASKS, "code"),
        (&FILES, "path"),
    ] {
        twice(&column(table, name)?, table, name, &mut faults);
    }
    let mut known: BTreeSet<String> = column(&SITES, "site_id")?.into_iter().collect();
    let sites = known.clone();
    known.extend(column(&LINKS, "other_id")?);
    for row in rows(&TASKS)? {
        let id = row.text("site_id");
        if row.text("kind") == "control_random" || sites.contains(&id) {
            known.insert(id);
        } else {
            faults.push(format!(
                "tasks row {} names the site `{id}`, which is not there",
                row.fid
            ));
        }
    }
    known.extend(column(&PREVIOUS, "site_id")?);
    campaign
        .store
        .for_each(&SIGHTINGS, &Filter::All, &mut |row| {
            names("sightings", &row, "site_id", &known, &mut faults);
            Ok(())
        })?;
    let returned: BTreeSet<String> = column(&RETURNS, "sha256")?.into_iter().collect();
    let checks: Vec<Check> = rows(&CHECKS)?.iter().map(Check::from_row).collect();
    if let Some((seq, hash)) = last_hash(audit) {
        let seen = digest(&checks);
        if seen != hash {
            faults.push(format!(
                "checks: a value was altered, or a row taken out or put in, after row {seq} of the audit: the hash of \
                 the table is `{seen}`, wanted `{hash}`; each answer names the file, sheet and row that it came from"
            ));
        }
    }
    for check in &checks {
        check_fits(check, &known, &returned, &mut faults);
    }
    let ids: Vec<String> = checks.iter().map(|check| check.check_id.clone()).collect();
    twice(&ids, &CHECKS, "check_id", &mut faults);
    let ids: BTreeSet<String> = ids.into_iter().collect();
    for row in rows(&PHOTOS)? {
        names("photos", &row, "site_id", &known, &mut faults);
        if !row.text("check_id").is_empty() {
            names("photos", &row, "check_id", &ids, &mut faults);
        }
    }
    for row in rows(&DOCUMENTS)? {
        let hash = row.text("sha256");
        let noted = format!("\"{hash}\"");
        if !hash.is_empty() && !audit.iter().any(|done| done.detail.contains(&noted)) {
            faults.push(format!(
                "documents row {} names `{}`, of whose import the audit knows nothing",
                row.fid,
                row.text("path")
            ));
        }
    }
    Ok(faults)
}

/// The hash of the answers after their last change, and the row of the audit that says it.
fn last_hash(audit: &[AuditRow]) -> Option<(i64, String)> {
    audit.iter().rev().find_map(|row| {
        let detail: serde_json::Value = serde_json::from_str(&row.detail).ok()?;
        Some((row.seq, detail.get(CHECKS_SHA256)?.as_str()?.to_owned()))
    })
}

fn check_fits(
    check: &Check,
    known: &BTreeSet<String>,
    returned: &BTreeSet<String>,
    faults: &mut Vec<String>,
) {
    let mut say = |problem: String| faults.push(format!("checks row {} {problem}", check.fid));
    if !known.contains(&check.site_id) {
        say(format!(
            "names the site `{}`, which is not there",
            check.site_id
        ));
    }
    if !returned.contains(&check.source_sha256) {
        say(format!(
            "came from `{}` with the hash `{}`, which is no file of the table `returns`",
            check.source, check.source_sha256
        ));
    }
    if Outcome::parse(&check.outcome).is_none() {
        say(format!(
            "has the outcome `{}`, wanted one of the list",
            check.outcome
        ));
    }
    if ![COUNTED, WITHDRAWN].contains(&check.state.as_str()) {
        say(format!(
            "has the state `{}`, wanted `{COUNTED}` or `{WITHDRAWN}`",
            check.state
        ));
    }
}

fn names(
    table: &str,
    row: &StoredRow,
    column: &str,
    known: &BTreeSet<String>,
    faults: &mut Vec<String>,
) {
    let id = row.text(column);
    if !known.contains(&id) {
        faults.push(format!(
            "{table} row {} has the {column} `{id}`, which is not there",
            row.fid
        ));
    }
}

fn twice(texts: &[String], table: &Table, column: &str, faults: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for text in texts {
        if !seen.insert(text) {
            faults.push(format!("{} has the {column} `{text}` twice", table.name));
        }
    }
}
