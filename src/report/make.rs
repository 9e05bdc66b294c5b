//! `tianmu report` on one screen: figures, what the level shows of them, the files, the rows that note
//! it in the campaign. The folder appears whole or not at all.

use super::figures::{Figures, ReportSettings, figures};
use super::{html, level, paragraph, xlsx};
use crate::campaign::coverage::CoverageReport;
use crate::campaign::tables::FILES;
use crate::campaign::{Campaign, Moment};
use crate::digest::hash_of_file;
use crate::pipeline::report::{FolderKind, NewFolder, check_folder};
use crate::tasks::manifest;
use crate::vector::{Filter, Row, Shape, StoreTarget, Value};
use crate::{Error, Result};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The figures as JSON: what marks a folder as a report.
const FIGURES: &str = "report.json";

/// The workbook.
const WORKBOOK: &str = "report.xlsx";

/// The paragraph of a work summary.
const PARAGRAPH: &str = "paragraph.txt";

/// The page.
const PAGE: &str = "report.html";

/// What marks a folder as a report.
const KIND: FolderKind = FolderKind {
    marker: FIGURES,
    begins: "{\n  \"schema_version\": ",
    others: &[WORKBOOK, PARAGRAPH, PAGE, manifest::NAME],
};

/// What a report is asked for.
pub struct ReportJob<'a> {
    /// The campaign.
    pub target: &'a StoreTarget,
    /// The folder of the report.
    pub output: &'a Path,
    /// Replace a report that exists, unless somebody worked in it.
    pub overwrite: bool,
    /// What is reported, and to whom.
    pub settings: &'a ReportSettings,
    /// Measures the ground that was looked at; `None` where it cannot be measured.
    pub coverage: &'a dyn Fn(&Campaign) -> Result<Option<CoverageReport>>,
    /// When, and how long to wait for another program.
    pub moment: Moment<'a>,
    /// Says what is being done.
    pub tell: &'a dyn Fn(&str),
    /// Whether the user called a halt.
    pub interrupted: &'a dyn Fn() -> bool,
}

/// What became of it.
#[derive(Debug, Clone, Serialize)]
pub struct ReportDone {
    /// Files of the report, by name.
    pub files: Vec<String>,
    /// The paragraph.
    pub paragraph: String,
    /// Its figures, as the level shows them.
    pub figures: Figures,
}

/// Makes a report.
///
/// # Errors
/// [`Error::Store`] with what is wrong with the campaign, [`Error::Setting`] with what was asked for,
/// [`Error::OutputExists`] and [`Error::OutputTaken`] for the report's place.
pub fn report(job: &ReportJob<'_>) -> Result<ReportDone> {
    check_folder(job.output, KIND, job.overwrite)?;
    if job.output.join(FIGURES).exists() {
        manifest::check_untouched(job.output)?;
    }
    let campaign = Campaign::open(job.target)?;
    (job.tell)("measuring coverage");
    let coverage = (job.coverage)(&campaign)?;
    stop(job)?;
    (job.tell)("reckoning figures");
    let all = figures(&campaign, job.settings, coverage)?;
    let shown = level::cut(all, job.settings.level);
    stop(job)?;
    (job.tell)("writing the report");
    let folder = NewFolder::begin(job.output, KIND, job.overwrite)?;
    write(folder.path(), &shown).map_err(|e| folder.name(e))?;
    stop(job)?;
    let hash = note_of(folder.path()).map_err(|e| folder.name(e))?;
    // Noted first, as tasks are: a report that is not noted would never be verified.
    note(job, &shown, &hash)?;
    folder.finish()?;
    Ok(ReportDone {
        files: [FIGURES, WORKBOOK, PAGE, PARAGRAPH, manifest::NAME]
            .map(str::to_owned)
            .to_vec(),
        paragraph: paragraph::paragraph(&shown),
        figures: shown,
    })
}

/// Ends where the user called a halt.
fn stop(job: &ReportJob<'_>) -> Result<()> {
    if (job.interrupted)() {
        return Err(Error::Interrupted);
    }
    Ok(())
}

/// Writes all files of a report into an empty folder.
fn write(folder: &Path, figures: &Figures) -> Result<()> {
    let json = serde_json::to_string_pretty(figures)
        .map_err(|e| Error::Internal(format!("the figures are no JSON: {e}")))?;
    fs_err::write(folder.join(FIGURES), json + "\n")?;
    fs_err::write(folder.join(PARAGRAPH), paragraph::text(figures))?;
    fs_err::write(folder.join(PAGE), html::html(figures))?;
    xlsx::write(&folder.join(WORKBOOK), figures)?;
    manifest::write_list(folder, &BTreeMap::new(), category, figures.lang)
}

/// What a file is, by its format.
fn category(_: &str, format: &str) -> (&'static str, &'static str) {
    match format {
        "XLSX" => ("报表", "tables"),
        "JSON" => ("数据", "figures"),
        "HTML" => ("图文报告", "page"),
        "TXT" => ("文字", "text"),
        _ => ("其他", "other"),
    }
}

/// Hash and size of the manifest of a folder.
fn note_of(folder: &Path) -> Result<(String, u64)> {
    let manifest = folder.join(manifest::NAME);
    let size = fs_err::metadata(&manifest)?.len();
    let hash = hash_of_file(&manifest, &|| false).ok_or_else(|| Error::WriteOutput {
        path: manifest,
        reason: "it cannot be read again for its hash".into(),
    })?;
    Ok((hash, size))
}

/// Notes the report in the campaign: the hash of its manifest, and a row of the audit.
fn note(job: &ReportJob<'_>, figures: &Figures, (hash, size): &(String, u64)) -> Result<()> {
    let path = std::path::absolute(job.output)?.display().to_string();
    let settings = job.settings;
    Campaign::change(job.target, job.moment, "report", |change, _| {
        change.delete(&FILES, &Filter::Equals("path", path.clone().into()))?;
        let row = Row {
            shape: Shape::None,
            values: vec![
                path.as_str().into(),
                "report".into(),
                hash.as_str().into(),
                i64::try_from(*size).map_or(Value::Null, Value::Integer),
                job.moment.now.into(),
            ],
        };
        change.insert(&FILES, std::iter::once(row))?;
        let detail = serde_json::json!({
            "output": path,
            "manifest_sha256": hash,
            "level": settings.level,
            "lang": settings.lang,
            "date": settings.date,
            "target_radius_m": settings.target_radius_m,
            "previous": settings.previous.as_ref().map(ToString::to_string),
            "effort": settings.effort,
            "candidates": figures.total.candidates,
            "checked": figures.total.checked,
            "confirmed": figures.total.confirmed,
        });
        Ok(((), Some(detail)))
    })
}
