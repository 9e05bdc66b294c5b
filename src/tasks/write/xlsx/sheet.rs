//! One sheet of the ledger: a title, a warning, a header, and a row for each task.

use super::looks::{Looks, folded, is_picture};
use super::plan::{Plan, SheetPlan};
use super::words::WordPlaces;
use crate::campaign::Lang;
use crate::georef::{ceil_to_u32, round_to_u32};
use crate::tasks::ledger::{COLUMNS, Column, Source};
use crate::tasks::pack::{COURTYARD, FieldPack, FieldTask, NOT_EVIDENCE};
use crate::tasks::write::book::{self, PageText, width_of};
use crate::tasks::write::notice;
use crate::vector::{FieldKind, Value};
use rust_xlsxwriter::{
    DataValidation, DataValidationRule, IgnoreError, Image, ObjectMovement, Worksheet, XlsxError,
};

/// The row of the header; tasks begin below it.
pub(super) const HEADER_ROW: u32 = 2;

/// Columns that stay in sight: the number and the short code.
const FROZEN_COLUMNS: u16 = 2;

/// Height of a row with a picture, and of a line of text, in pixels.
const PICTURE_PX: u32 = 96;
const LINE_PX: u32 = 20;

/// Lines that a row of fixed height has room for at most: Excel's rows end at 546 pixels.
const MOST_LINES: u32 = 25;

/// Room between a picture and the edge of its cell, in pixels.
const PICTURE_EDGE_PX: u32 = 2;

/// Fills a sheet row by row, downwards, as a sheet that is streamed to disk needs it. `pictures`
/// belong to the sheet's tasks in their order.
pub(super) fn fill(
    sheet: &mut Worksheet,
    plan: &Plan,
    of: &SheetPlan,
    pack: &FieldPack,
    looks: &Looks,
    words: &WordPlaces,
    pictures: &[Option<Vec<u8>>],
) -> Result<(), XlsxError> {
    let lang = pack.facts.lang;
    let has_home = of.tasks.iter().any(|&at| pack.tasks[at].courtyard);
    let last_row = HEADER_ROW + u32::try_from(of.tasks.len()).unwrap_or(u32::MAX - HEADER_ROW);
    sheet.set_name(&of.name)?;
    set_page(sheet, &of.title, pack, has_home)?;
    set_columns(sheet, plan, looks, last_row, words, lang)?;

    sheet.write_string_with_format(0, 0, title(&of.title, pack), &looks.table.title)?;
    if has_home {
        sheet.write_string_with_format(
            1,
            0,
            lang.pick(COURTYARD.0, COURTYARD.1),
            &looks.table.warning,
        )?;
    }
    let blanks = COLUMNS.iter().map(Column::is_blank);
    for ((at, look), is_blank) in (0..).zip(&looks.columns).zip(blanks.chain([false])) {
        let format = if is_blank {
            &looks.blank_header
        } else {
            &looks.table.header
        };
        sheet.write_string_with_format(HEADER_ROW, at, &look.header, format)?;
    }
    let none = None;
    let pictures = pictures.iter().chain(std::iter::repeat(&none));
    for ((row, &at), picture) in (HEADER_ROW + 1..).zip(&of.tasks).zip(pictures) {
        write_task(sheet, row, &pack.tasks[at], pack, looks, picture.as_deref())?;
    }
    Ok(())
}

fn title(of: &str, pack: &FieldPack) -> String {
    let facts = &pack.facts;
    let clue = facts.lang.pick(NOT_EVIDENCE.0, NOT_EVIDENCE.1);
    match facts.lang {
        Lang::Zh => format!(
            "{} {}年第{}轮 踏查台账 · {of} · {clue}",
            facts.campaign, facts.year, facts.round
        ),
        Lang::En => format!(
            "{} {} round {}: ledger of ground checks · {of} · {clue}",
            facts.campaign, facts.year, facts.round
        ),
    }
}

/// A4 landscape, one page wide, the first rows on every page, numbered pages.
pub(super) fn set_page(
    sheet: &mut Worksheet,
    of: &str,
    pack: &FieldPack,
    has_home: bool,
) -> Result<(), XlsxError> {
    let facts = &pack.facts;
    let round = match facts.lang {
        Lang::Zh => format!("{} {}年第{}轮", facts.campaign, facts.year, facts.round),
        Lang::En => format!("{} {} round {}", facts.campaign, facts.year, facts.round),
    };
    let page = PageText {
        left: &round,
        middle: of,
        date: &facts.date,
        program: &facts.program,
        lang: facts.lang,
        has_home,
    };
    book::set_page(sheet, &page, HEADER_ROW, 1)
}

fn set_columns(
    sheet: &mut Worksheet,
    plan: &Plan,
    looks: &Looks,
    last_row: u32,
    words: &WordPlaces,
    lang: Lang,
) -> Result<(), XlsxError> {
    for (at, look) in (0..).zip(&looks.columns) {
        sheet.set_column_width(at, look.width)?;
    }
    for (first, last) in folded(plan.division) {
        sheet.group_columns_collapsed(first, last)?;
    }
    let last_column = u16::try_from(looks.columns.len() - 1).unwrap_or(u16::MAX);
    let first_row = HEADER_ROW + 1;
    sheet.autofilter(HEADER_ROW, 0, last_row, last_column)?;
    sheet.set_freeze_panes(first_row, FROZEN_COLUMNS)?;
    sheet.set_row_height_pixels(HEADER_ROW, 3 * LINE_PX)?;
    sheet.ignore_error_range(
        first_row,
        0,
        last_row,
        last_column,
        IgnoreError::NumberStoredAsText,
    )?;
    for (at, column) in (0..).zip(&COLUMNS) {
        let Source::Blank(list) = column.source else {
            continue;
        };
        let rule = match (list, column.kind) {
            (Some(list), _) => match words.formula(list) {
                Some(formula) => DataValidation::new()
                    .allow_list_formula(formula)
                    .set_error_message(lang.pick("请从列表中选择", "choose from the list"))?,
                None => continue,
            },
            (None, FieldKind::Integer) => DataValidation::new()
                .allow_whole_number(DataValidationRule::GreaterThanOrEqualTo(0))
                .set_error_message(lang.pick("请填非负整数", "a whole number from 0"))?,
            (None, FieldKind::Real) => DataValidation::new()
                .allow_decimal_number(DataValidationRule::GreaterThanOrEqualTo(0.0))
                .set_error_message(lang.pick("请填非负数", "a number from 0"))?,
            (None, FieldKind::Text) => continue,
        };
        sheet.add_data_validation(first_row, at, last_row, at, &rule)?;
    }
    Ok(())
}

fn write_task(
    sheet: &mut Worksheet,
    row: u32,
    task: &FieldTask,
    pack: &FieldPack,
    looks: &Looks,
    picture: Option<&[u8]>,
) -> Result<(), XlsxError> {
    let mut row_px = PICTURE_PX;
    if picture.is_some() {
        // A row of fixed height must have room for its wrapped text, too.
        for (column, look) in COLUMNS.iter().zip(&looks.columns) {
            if let Value::Text(text) = column.value(task, &pack.facts)
                && !is_picture(column)
            {
                let lines = ceil_to_u32(width_of(&text) / (look.width - 1.0));
                row_px = row_px.max(lines.min(MOST_LINES) * LINE_PX);
            }
        }
        sheet.set_row_height_pixels(row, row_px)?;
    }
    for ((at, column), look) in (0..).zip(&COLUMNS).zip(&looks.columns) {
        let mut format = if task.courtyard {
            &look.courtyard
        } else {
            &look.cell
        };
        if is_picture(column)
            && let Some(bytes) = picture
        {
            format = &looks.under_picture;
            // Kept clear of the cell's edges: a picture that reaches the next column, which may be
            // folded, would grow with it.
            let (wide, high) = (column_px(look.width), row_px);
            let (wide, high) = (wide - 2 * PICTURE_EDGE_PX, high - 2 * PICTURE_EDGE_PX);
            let image = Image::new_from_buffer(bytes)?
                .set_scale_to_size(wide, high, true)
                .set_object_movement(ObjectMovement::MoveAndSizeWithCells)
                .set_alt_text(&task.site_id);
            let edge = PICTURE_EDGE_PX;
            sheet.insert_image_with_offset(row, at, &image, edge, edge)?;
        }
        book::write_value(sheet, row, at, &column.value(task, &pack.facts), format)?;
    }
    let notice_column = (0..).zip(&looks.columns).skip(COLUMNS.len());
    for (at, look) in notice_column {
        let format = if task.courtyard {
            &look.courtyard
        } else {
            &look.cell
        };
        let text = notice::notice(task, pack.facts.lang);
        sheet.write_string_with_format(row, at, text, format)?;
    }
    Ok(())
}

/// The width of a column on the screen in pixels, with the usual font of Excel: 7 a character and 5
/// beside them.
fn column_px(characters: f64) -> u32 {
    round_to_u32(characters * 7.0) + 5
}
