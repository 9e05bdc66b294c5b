//! What stands in a campaign, at a glance.

use super::audit::broken;
use super::site::{CampaignSite, MERGED};
use super::tables::{COVERAGE, DOCUMENTS, SITES, TABLES};
use super::{Campaign, CampaignFacts};
use crate::Result;
use crate::vector::Filter;
use serde::Serialize;
use std::collections::BTreeMap;

/// What stands in a campaign.
#[derive(Debug, Clone, Serialize)]
pub struct CampaignInfo {
    /// Where it is.
    pub target: String,
    /// What it is.
    pub facts: CampaignFacts,
    /// Rows by table, those that have any.
    pub rows: Vec<(String, u64)>,
    /// Sites by class.
    pub sites_by_class: BTreeMap<String, usize>,
    /// Sites by village, `code name`.
    pub sites_by_village: BTreeMap<String, usize>,
    /// Sites by grade, where `tasks` gave them one.
    pub sites_by_grade: BTreeMap<String, usize>,
    /// Ground looked at, ground seen twice counted twice, in square metres.
    pub covered_m2: f64,
    /// What was imported: role, file, rows, SHA-256.
    pub documents: Vec<Document>,
    /// Layers that are missing, so that a term of the grade is not computed.
    pub missing_layers: Vec<&'static str>,
    /// Rows of the audit.
    pub audit_rows: usize,
    /// Where the chain of the audit is broken, if it is.
    pub audit_broken: Option<String>,
}

/// An imported file.
#[derive(Debug, Clone, Serialize)]
pub struct Document {
    /// As what.
    pub role: String,
    /// Where it was.
    pub path: String,
    /// Rows that it gave.
    pub rows: i64,
    /// SHA-256.
    pub sha256: String,
}

/// Layers that terms of the grade need.
const LAYERS: [&str; 8] = [
    "villages",
    "grid",
    "history",
    "whitelist",
    "buildings",
    "roads",
    "water",
    "forest",
];

impl Campaign {
    /// What stands in it.
    pub fn info(&self) -> Result<CampaignInfo> {
        let mut rows = Vec::new();
        for table in TABLES {
            let count = self.store.count(table, &Filter::All)?;
            if count > 0 {
                rows.push((table.name.to_owned(), count));
            }
        }
        let (mut by_class, mut by_village, mut by_grade) =
            (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        self.store.for_each(&SITES, &Filter::All, &mut |row| {
            let site = CampaignSite::from_row(row);
            if site.status == MERGED {
                return Ok(());
            }
            *by_class.entry(site.class).or_default() += 1;
            let village = format!("{} {}", site.xzqdm, site.village);
            *by_village.entry(village.trim().to_owned()).or_default() += 1;
            if !site.grade.is_empty() {
                *by_grade.entry(site.grade).or_default() += 1;
            }
            Ok(())
        })?;
        let mut covered_m2 = 0.0;
        self.store.for_each(&COVERAGE, &Filter::All, &mut |row| {
            covered_m2 += row.real("area_m2").unwrap_or(0.0);
            Ok(())
        })?;
        let documents = self.store.read(&DOCUMENTS, &Filter::All)?;
        let documents: Vec<Document> = documents
            .iter()
            .map(|row| Document {
                role: row.text("role"),
                path: row.text("path"),
                rows: row.integer("rows").unwrap_or(0),
                sha256: row.text("sha256"),
            })
            .collect();
        let has = |name: &str| rows.iter().any(|(table, _)| table == name);
        let mut missing: Vec<&'static str> = LAYERS.into_iter().filter(|l| !has(l)).collect();
        if !documents.iter().any(|d| d.role == "dem") {
            missing.push("dem");
        }
        let audit = self.audit()?;
        Ok(CampaignInfo {
            target: self.store.target().to_string(),
            facts: self.facts.clone(),
            rows,
            sites_by_class: by_class,
            sites_by_village: by_village,
            sites_by_grade: by_grade,
            covered_m2,
            documents,
            missing_layers: missing,
            audit_rows: audit.len(),
            audit_broken: broken(&audit).map(|(row, why)| format!("row {row} {why}")),
        })
    }
}
