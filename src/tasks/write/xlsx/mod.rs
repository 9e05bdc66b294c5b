//! The ledger (台账) as a workbook for Excel and WPS: numbers and notes first, then a sheet for
//! each village.

mod looks;
mod pictures;
mod plan;
mod sheet;
mod summary;
mod words;

use crate::campaign::Lang;
use crate::tasks::pack::FieldPack;
use crate::tasks::write::book::{self, BookError};
use crate::{Error, Result};
use looks::Looks;
use plan::Plan;
use rust_xlsxwriter::Workbook;
use std::path::Path;
use words::WordPlaces;

/// A pack of more tasks has its largest sheets streamed to files beside the workbook, so that
/// memory stays small. Streamed sheets hold their text cell by cell, which every program reads but
/// few write; small workbooks therefore are made the usual way.
const STREAMED_FROM: usize = 3000;

/// As many sheets are streamed at most: each is an open file, and some systems allow a program
/// only 256 of them.
const MOST_STREAMED: usize = 225;

/// Writes the ledger to a new file.
pub(in crate::tasks) fn write(path: &Path, pack: &FieldPack) -> Result<()> {
    let plan = Plan::of(pack);
    let planned: usize = plan.sheets.iter().map(|s| s.tasks.len()).sum();
    if planned != pack.tasks.len() {
        let homeless = pack.tasks.len() - planned;
        return Err(Error::WriteOutput {
            path: path.to_owned(),
            reason: format!("{homeless} tasks are in none of the pack's villages"),
        });
    }
    book::save(path, |workbook| fill(workbook, &plan, pack))
}

fn fill(workbook: &mut Workbook, plan: &Plan, pack: &FieldPack) -> Result<(), BookError> {
    let facts = &pack.facts;
    let looks = Looks::new(facts.lang);
    let words = WordPlaces::on(&plan.words);
    let has_pictures = pictures::fit(pack);
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
    let properties = book::properties(title, facts.lang, &facts.program, &facts.date)?;
    workbook.set_properties(&properties);
    summary::fill(workbook.add_worksheet(), plan, pack, &looks)?;
    for (of, is_streamed) in plan.sheets.iter().zip(streamed(plan)) {
        let pictures = if has_pictures {
            pictures::small_copies(pack, &of.tasks)?
        } else {
            Vec::new()
        };
        let sheet = if is_streamed {
            workbook.add_worksheet_with_constant_memory()?
        } else {
            workbook.add_worksheet()
        };
        sheet::fill(sheet, plan, of, pack, &looks, &words, &pictures)?;
    }
    words.fill(workbook.add_worksheet(), facts.lang)?;
    Ok(())
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

#[cfg(test)]
mod tests;
