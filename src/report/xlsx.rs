//! The report as a workbook for Excel and WPS: the tables of [`super::sheets`], the ledger, open work.

use super::figures::Figures;
use super::ledger::{LedgerColumn, Rows, columns};
use super::sheets::{open_work, sheets};
use super::table::{Cell, Sheet, Table};
use super::words::level_note;
use crate::Result;
use crate::campaign::Lang;
use crate::tasks::book::{self, BookError, PageText, TableLooks, header_text, width_of};
use crate::tasks::pack::NOT_EVIDENCE;
use crate::vector::FieldKind;
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use std::path::Path;

/// The row of the first header: a title and a warning stand above it.
const HEADER_ROW: u32 = 2;

/// A table of more columns is printed two pages wide, with its first ones on both.
const WIDE: usize = 20;

/// Columns that stay in sight in wide tables.
const FROZEN_COLUMNS: u16 = 4;

/// Writes the workbook to a new file.
pub(super) fn write(path: &Path, figures: &Figures) -> Result<()> {
    book::save(path, |workbook| fill(workbook, figures))
}

fn fill(workbook: &mut Workbook, figures: &Figures) -> Result<(), BookError> {
    let properties = book::properties(
        title(figures),
        figures.lang,
        &figures.program,
        &figures.date,
    )?;
    workbook.set_properties(&properties);
    let looks = Looks::new();
    for sheet in sheets(figures) {
        write_sheet(
            workbook.add_worksheet_with_constant_memory()?,
            &sheet,
            figures,
            &looks,
        )?;
    }
    if !figures.ledger.entries.is_empty() {
        write_ledger(
            workbook.add_worksheet_with_constant_memory()?,
            figures,
            &looks,
        )?;
    }
    if let Some(sheet) = open_work(figures) {
        write_sheet(
            workbook.add_worksheet_with_constant_memory()?,
            &sheet,
            figures,
            &looks,
        )?;
    }
    Ok(())
}

/// What the report is, in one line.
pub(super) fn title(figures: &Figures) -> String {
    let campaign = &figures.campaign;
    match figures.lang {
        Lang::Zh => format!(
            "{} {}{}年第{}轮 踏查核查报告",
            campaign.name, figures.county, campaign.year, campaign.round
        ),
        Lang::En => format!(
            "{} {} {} round {}: report of ground checks",
            campaign.name, figures.county, campaign.year, campaign.round
        ),
    }
}

struct Looks {
    table: TableLooks,
    share: Format,
    decimals: Vec<Format>,
    part: Format,
}

impl Looks {
    fn new() -> Self {
        let table = TableLooks::new();
        let number = |format: &str| table.count.clone().set_num_format(format);
        Self {
            share: number("0.0%"),
            decimals: (0..=7)
                .map(|decimals| match decimals {
                    0 => number("0"),
                    _ => number(&format!("0.{}", "0".repeat(decimals))),
                })
                .collect(),
            part: Format::new().set_bold().set_font_size(12),
            table,
        }
    }

    fn of(&self, cell: &Cell) -> &Format {
        match cell {
            Cell::Empty | Cell::Text(_) => &self.table.text,
            Cell::Count(_) => &self.table.count,
            Cell::Number(_, decimals) => &self.decimals[(*decimals).min(7)],
            Cell::Share(_) => &self.share,
        }
    }
}

/// Tables one below the other, written downwards as a streamed sheet needs it.
fn write_sheet(
    sheet: &mut Worksheet,
    of: &Sheet,
    figures: &Figures,
    looks: &Looks,
) -> Result<(), XlsxError> {
    sheet.set_name(of.name)?;
    let most = of
        .tables
        .iter()
        .map(|table| table.columns.len())
        .max()
        .unwrap_or(0);
    let is_wide = most > WIDE;
    begin(
        sheet,
        of.name,
        figures,
        looks,
        if is_wide { 2 } else { 1 },
        HEADER_ROW,
    )?;
    for at in 0..most {
        let widths = of
            .tables
            .iter()
            .filter_map(|t| t.columns.get(at))
            .map(|c| c.width);
        let widest = widths.fold(6.0, f64::max);
        sheet.set_column_width(u16::try_from(at).unwrap_or(u16::MAX), widest)?;
    }
    if is_wide {
        sheet.set_repeat_columns(0, FROZEN_COLUMNS - 1)?;
        sheet.set_freeze_panes(HEADER_ROW + 1, FROZEN_COLUMNS)?;
    }
    if let [table] = of.tables.as_slice()
        && !table.rows.is_empty()
    {
        let last_row = HEADER_ROW + u32::try_from(table.rows.len()).unwrap_or(u32::MAX);
        let last_column = u16::try_from(table.columns.len() - 1).unwrap_or(u16::MAX);
        sheet.autofilter(HEADER_ROW, 0, last_row, last_column)?;
        sheet.set_freeze_panes(HEADER_ROW + 1, FROZEN_COLUMNS.min(last_column))?;
    }
    let mut row = HEADER_ROW;
    for (number, table) in of.tables.iter().enumerate() {
        if number > 0 {
            sheet.write_string_with_format(row, 0, &table.title, &looks.part)?;
            row += 1;
        }
        row = write_table(sheet, row, table, looks)?;
        row += 1;
    }
    sheet.write_string_with_format(row, 0, end_note(figures), &looks.table.line)?;
    Ok(())
}

/// Writes a table and what is to know of it; the row below is given back.
fn write_table(
    sheet: &mut Worksheet,
    mut row: u32,
    table: &Table,
    looks: &Looks,
) -> Result<u32, XlsxError> {
    if !table.columns.is_empty() {
        for (at, column) in (0..).zip(&table.columns) {
            let header = header_text(&column.text, &column.name);
            sheet.write_string_with_format(row, at, header, &looks.table.header)?;
        }
        row += 1;
    }
    for cells in &table.rows {
        for (at, cell) in (0..).zip(cells) {
            book::write_value(sheet, row, at, &cell.value(), looks.of(cell))?;
        }
        row += 1;
    }
    for note in &table.notes {
        sheet.write_string_with_format(row, 0, note, &looks.table.line)?;
        row += 1;
    }
    Ok(row)
}

/// The page, the title and the warning.
fn begin(
    sheet: &mut Worksheet,
    name: &str,
    figures: &Figures,
    looks: &Looks,
    pages_wide: u16,
    header_row: u32,
) -> Result<(), XlsxError> {
    let campaign = &figures.campaign;
    let round = match figures.lang {
        Lang::Zh => format!(
            "{} {}年第{}轮",
            campaign.name, campaign.year, campaign.round
        ),
        Lang::En => format!(
            "{} {} round {}",
            campaign.name, campaign.year, campaign.round
        ),
    };
    let page = PageText {
        left: &round,
        middle: name,
        date: &figures.date,
        program: &figures.program,
        lang: figures.lang,
        has_home: false,
    };
    book::set_page(sheet, &page, header_row, pages_wide)?;
    let title = format!("{} · {name}", title(figures));
    sheet.write_string_with_format(0, 0, title, &looks.table.title)?;
    let clue = figures.lang.pick(NOT_EVIDENCE.0, NOT_EVIDENCE.1);
    let level = level_note(figures.level, figures.lang);
    let warning = if level.is_empty() {
        clue.to_owned()
    } else {
        format!("{clue} · {level}")
    };
    sheet.write_string_with_format(1, 0, warning, &looks.table.warning)?;
    Ok(())
}

fn end_note(figures: &Figures) -> String {
    let clue = figures.lang.pick(NOT_EVIDENCE.0, NOT_EVIDENCE.1);
    format!("{clue} · {} · {}", figures.date, figures.program)
}

/// The ledger, streamed row by row.
fn write_ledger(sheet: &mut Worksheet, figures: &Figures, looks: &Looks) -> Result<(), BookError> {
    let lang = figures.lang;
    let name = lang.pick("台账", "ledger");
    sheet.set_name(name)?;
    begin(sheet, name, figures, looks, 2, HEADER_ROW)?;
    let columns = columns();
    let last_row = HEADER_ROW + u32::try_from(figures.ledger.entries.len()).unwrap_or(u32::MAX);
    let last_column = u16::try_from(columns.len() - 1).unwrap_or(u16::MAX);
    sheet.set_repeat_columns(0, 2)?;
    sheet.set_freeze_panes(HEADER_ROW + 1, 3)?;
    sheet.autofilter(HEADER_ROW, 0, last_row, last_column)?;
    for (at, column) in (0..).zip(&columns) {
        sheet.set_column_width(at, column.width.min(32.0).max(width_of(column.name) * 0.6))?;
    }
    for (at, column) in (0..).zip(&columns) {
        let header = header_text(lang.pick(column.zh, column.en), column.name);
        sheet.write_string_with_format(HEADER_ROW, at, header, &looks.table.header)?;
    }
    let formats: Vec<&Format> = columns
        .iter()
        .map(|column| looks.of_column(column))
        .collect();
    for (row, values) in (HEADER_ROW + 1..).zip(Rows::of(&figures.ledger, lang)) {
        for ((at, value), format) in (0..).zip(&values?).zip(&formats) {
            book::write_value(sheet, row, at, value, format)?;
        }
    }
    Ok(())
}

impl Looks {
    fn of_column(&self, column: &LedgerColumn) -> &Format {
        let decimals = match (column.kind, column.name) {
            (FieldKind::Text, _) => return &self.table.text,
            (FieldKind::Integer, _) => return &self.table.count,
            (FieldKind::Real, "lon" | "lat" | "check_lon" | "check_lat") => 7,
            (FieldKind::Real, "prob" | "area_mu") => 3,
            (FieldKind::Real, "gk_n" | "gk_e" | "gsd_cm") => 2,
            (FieldKind::Real, _) => 1,
        };
        &self.decimals[decimals]
    }
}
