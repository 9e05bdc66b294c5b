//! `tianmu report` on one screen: figures, what the level shows of them, the files, the rows that note
//! it in the campaign. The folder appears whole or not at all.

use super::figures::{Figures, ReportSettings, figures};
use super::{html, level, paragraph, xlsx};
use crate::campaign::coverage::CoverageReport;
use crate::campaign::files::{MadeFile, MadeKind};
use crate::campaign::manifest::{About, MANIFEST, write_manifest};
use crate::campaign::{Campaign, Lang, Moment};
use crate::pipeline::report::{FolderKind, NewFolder, check_folder};
use crate::tasks::check_untouched;
use crate::tasks::pack::NOT_EVIDENCE;
use crate::vector::StoreTarget;
use crate::{Error, Result};
use serde::Serialize;
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
    others: &[WORKBOOK, PARAGRAPH, PAGE, MANIFEST],
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
        check_untouched(job.output)?;
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
    let made =
        MadeFile::of(MadeKind::Report, job.output, folder.path()).map_err(|e| folder.name(e))?;
    // Noted first, as tasks are: a report that is not noted would never be verified.
    note(job, &shown, &made)?;
    folder.finish()?;
    Ok(ReportDone {
        files: [FIGURES, WORKBOOK, PAGE, PARAGRAPH, MANIFEST]
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
    let lang = figures.lang;
    let (zh, en) = NOT_EVIDENCE;
    write_manifest(folder, &|_, format| About {
        category: match (category(format), lang) {
            ((category, _), Lang::Zh) => format!("{category}（{zh}）"),
            ((_, category), Lang::En) => format!("{category} ({en})"),
        },
        taken: String::new(),
    })
}

/// What a file is, by its format.
fn category(format: &str) -> (&'static str, &'static str) {
    match format {
        "XLSX" => ("报表", "tables"),
        "JSON" => ("数据", "figures"),
        "HTML" => ("图文报告", "page"),
        "TXT" => ("文字", "text"),
        _ => ("其他", "other"),
    }
}

/// Notes the report in the campaign: the hash of its manifest, and a row of the audit.
fn note(job: &ReportJob<'_>, figures: &Figures, made: &MadeFile) -> Result<()> {
    let settings = job.settings;
    Campaign::change(job.target, job.moment, "report", |change, _| {
        made.note(change, job.moment)?;
        let detail = serde_json::json!({
            "output": made.path,
            "manifest_sha256": made.sha256,
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
