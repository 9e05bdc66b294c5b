//! The ledger (台账) as a workbook for Excel and WPS: numbers and notes first, then a sheet for
//! each village.

mod looks;
mod pictures;
mod plan;
mod sheet;
mod summary;
mod words;

use crate::campaign::Lang;
use crate::tasks::pack::{FieldPack, PackFacts};
use crate::{Error, Result};
use looks::Looks;
use plan::Plan;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use words::WordPlaces;

/// A pack of more tasks has its largest sheets streamed to files beside the workbook, so that
/// memory stays small. Streamed sheets hold their text cell by cell, which every program reads but
/// few write; small workbooks therefore are made the usual way.
const STREAMED_FROM: usize = 3000;

/// As many sheets are streamed at most: each is an open file, and some systems allow a program
/// only 256 of them.
const MOST_STREAMED: usize = 225;

/// Writes the ledger to a new file. Its folder takes temporary files while it is written: what they
/// hold must not leave the place that was chosen for it.
pub(in crate::tasks) fn write(path: &Path, pack: &FieldPack) -> Result<()> {
    // The library stops the program where a temporary file cannot be written, as on a full disk.
    catch_unwind(AssertUnwindSafe(|| write_workbook(path, pack))).unwrap_or_else(|panic| {
        Err(Error::WriteOutput {
            path: path.to_owned(),
            reason: crate::pipeline::panic_text(panic.as_ref()),
        })
    })
}

fn write_workbook(path: &Path, pack: &FieldPack) -> Result<()> {
    let failed = |reason: String| Error::WriteOutput {
        path: path.to_owned(),
        reason,
    };
    let cannot = |e: XlsxError| failed(e.to_string());
    let plan = Plan::of(pack);
    let planned: usize = plan.sheets.iter().map(|s| s.tasks.len()).sum();
    if planned != pack.tasks.len() {
        let homeless = pack.tasks.len() - planned;
        return Err(failed(format!(
            "{homeless} tasks are in none of the pack's villages"
        )));
    }
    let looks = Looks::new(pack.facts.lang);
    let words = WordPlaces::on(&plan.words);
    let has_pictures = pictures::fit(pack);
    let streamed = streamed(&plan);

    let mut workbook = Workbook::new();
    if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        workbook.set_tempdir(folder).map_err(cannot)?;
    }
    workbook.set_properties(&properties(&pack.facts).map_err(cannot)?);
    summary::fill(workbook.add_worksheet(), &plan, pack, &looks).map_err(cannot)?;
    for (of, is_streamed) in plan.sheets.iter().zip(streamed) {
        let pictures = if has_pictures {
            pictures::small_copies(pack, &of.tasks)?
        } else {
            Vec::new()
        };
        let sheet = if is_streamed {
            workbook
                .add_worksheet_with_constant_memory()
                .map_err(cannot)?
        } else {
            workbook.add_worksheet()
        };
        sheet::fill(sheet, &plan, of, pack, &looks, &words, &pictures).map_err(cannot)?;
    }
    words
        .fill(workbook.add_worksheet(), pack.facts.lang)
        .map_err(cannot)?;
    workbook.save(path).map_err(cannot)
}

/// Whether each sheet is streamed: the largest ones of a large pack.
fn streamed(plan: &Plan) -> Vec<bool> {
    let sizes: Vec<usize> = plan.sheets.iter().map(|s| s.tasks.len()).collect();
    let mut streamed = vec![false; sizes.len()];
    if sizes.iter().sum::<usize>() > STREAMED_FROM {
        let mut by_size: Vec<usize> = (0..sizes.len()).collect();
        by_size.sort_by_key(|&at| (std::cmp::Reverse(sizes[at]), at));
        for at in by_size.into_iter().take(MOST_STREAMED) {
            streamed[at] = true;
        }
    }
    streamed
}

/// The workbook is dated by the pack, so that the same pack gives the same bytes.
fn properties(facts: &PackFacts) -> Result<DocProperties, XlsxError> {
    let day = ExcelDateTime::parse_from_str(&facts.date)?;
    let title = match facts.lang {
        Lang::Zh => format!(
            "{} {}年第{}轮 踏查台账",
            facts.campaign, facts.year, facts.round
        ),
        Lang::En => format!(
            "{} {} round {}: ledger of ground checks",
            facts.campaign, facts.year, facts.round
        ),
    };
    let (zh, en) = crate::tasks::pack::NOT_EVIDENCE;
    Ok(DocProperties::new()
        .set_title(title)
        .set_subject(facts.lang.pick(zh, en))
        .set_author(&facts.program)
        .set_creation_datetime(&day))
}

#[cfg(test)]
mod tests;
