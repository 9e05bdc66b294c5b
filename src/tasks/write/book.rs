//! What all workbooks have in common: how cells look, how a page is printed, what a cell holds.

use crate::campaign::Lang;
use crate::tasks::pack::{COURTYARD, NOT_EVIDENCE};
use crate::vector::Value;
use crate::{Error, Result};
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet,
    XlsxError,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Excel's limit for the text of a cell, in units of UTF-16.
const LONGEST_TEXT: usize = 32_767;

/// A cell with a thin grey frame.
pub(crate) fn framed() -> Format {
    Format::new()
        .set_border(FormatBorder::Thin)
        .set_border_color(Color::RGB(0xA6_A6_A6))
}

/// A cell of a list, whose text is wrapped.
pub(crate) fn body() -> Format {
    framed()
        .set_text_wrap()
        .set_align(FormatAlign::VerticalCenter)
}

/// The looks of tables of numbers, and of what stands above and below them.
pub(crate) struct TableLooks {
    /// First row: what the sheet is.
    pub(crate) title: Format,
    /// Second row: what nobody must forget.
    pub(crate) warning: Format,
    /// Names of columns, without a colour.
    pub(crate) plain_header: Format,
    /// Names of columns.
    pub(crate) header: Format,
    /// A whole number.
    pub(crate) count: Format,
    /// Text, which is never turned into a number.
    pub(crate) text: Format,
    /// A sum.
    pub(crate) sum: Format,
    /// A line of text under a table.
    pub(crate) line: Format,
}

impl TableLooks {
    /// The looks.
    pub(crate) fn new() -> Self {
        let header = framed()
            .set_bold()
            .set_text_wrap()
            .set_align(FormatAlign::Center)
            .set_align(FormatAlign::VerticalCenter);
        let count = framed()
            .set_num_format("0")
            .set_align(FormatAlign::VerticalCenter);
        Self {
            title: Format::new().set_bold().set_font_size(14),
            warning: Format::new()
                .set_bold()
                .set_font_color(Color::RGB(0xB0_00_20)),
            header: header.clone().set_background_color(Color::RGB(0xDD_E7_F3)),
            plain_header: header,
            text: framed()
                .set_num_format("@")
                .set_align(FormatAlign::VerticalCenter),
            sum: count.clone().set_bold(),
            count,
            line: Format::new(),
        }
    }
}

/// The last word of a header is the machine name.
pub(crate) fn header_text(words: &str, name: &str) -> String {
    format!("{words}\n{name}")
}

/// What stands at the edges of a printed page.
pub(crate) struct PageText<'a> {
    /// At the top, left.
    pub(crate) left: &'a str,
    /// At the top, in the middle.
    pub(crate) middle: &'a str,
    /// At the bottom, left: the date of the work, never the clock, and the program.
    pub(crate) date: &'a str,
    /// The program.
    pub(crate) program: &'a str,
    /// The language.
    pub(crate) lang: Lang,
    /// Whether a home may be entered.
    pub(crate) has_home: bool,
}

/// A4 landscape, so many pages wide, the rows down to the header on every page, numbered pages.
pub(crate) fn set_page(
    sheet: &mut Worksheet,
    page: &PageText<'_>,
    header_row: u32,
    pages_wide: u16,
) -> Result<(), XlsxError> {
    let lang = page.lang;
    sheet.set_paper_size(9).set_landscape();
    sheet.set_print_fit_to_pages(pages_wide, 0);
    sheet.set_margins(0.3, 0.3, 0.6, 0.6, 0.25, 0.25);
    sheet.set_repeat_rows(0, header_row)?;
    sheet.set_header(format!(
        "&L{}&C{}&R{}",
        page_text(page.left),
        page_text(page.middle),
        lang.pick(NOT_EVIDENCE.0, NOT_EVIDENCE.1),
    ));
    let number = lang.pick("第 &P 页，共 &N 页", "page &P of &N");
    let home = if page.has_home {
        lang.pick(COURTYARD.0, COURTYARD.1)
    } else {
        ""
    };
    sheet.set_footer(format!(
        "&L{} {}&C{number}&R{home}",
        page_text(page.date),
        page_text(page.program),
    ));
    Ok(())
}

/// A name within a page header, where `&` begins a command and little room is.
fn page_text(text: &str) -> String {
    let cut: String = text.chars().take(60).collect();
    cut.replace('&', "&&")
}

/// Writes a value: codes and ids stay text, numbers that a cell cannot hold become text.
pub(crate) fn write_value(
    sheet: &mut Worksheet,
    row: u32,
    at: u16,
    value: &Value<'_>,
    format: &Format,
) -> Result<(), XlsxError> {
    match value {
        Value::Text(text) => sheet.write_string_with_format(row, at, cut(text), format)?,
        Value::Integer(number) => match i32::try_from(*number) {
            Ok(number) => sheet.write_number_with_format(row, at, number, format)?,
            Err(_) => sheet.write_string_with_format(row, at, number.to_string(), format)?,
        },
        Value::Real(number) if number.is_finite() => {
            sheet.write_number_with_format(row, at, *number, format)?
        }
        Value::Real(_) | Value::Null => sheet.write_blank(row, at, format)?,
    };
    Ok(())
}

/// The width of text in columns of a screen: Chinese characters take two.
pub(crate) fn width_of(text: &str) -> f64 {
    text.chars()
        .map(|c| if c.is_ascii() { 1.0 } else { 2.0 })
        .sum()
}

/// Text that fits into a cell.
pub(crate) fn cut(text: &str) -> String {
    // A unit of UTF-16 is never shorter than its part of UTF-8.
    if text.len() <= LONGEST_TEXT {
        return text.to_owned();
    }
    let mut units = 0;
    let kept = text.chars().take_while(|c| {
        units += c.len_utf16();
        units < LONGEST_TEXT
    });
    let mut cut: String = kept.collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}

/// Properties of a workbook, dated by the work's day, so that the same work gives the same bytes.
pub(crate) fn properties(
    title: String,
    lang: Lang,
    program: &str,
    date: &str,
) -> Result<DocProperties, XlsxError> {
    let day = ExcelDateTime::parse_from_str(date)?;
    Ok(DocProperties::new()
        .set_title(title)
        .set_subject(lang.pick(NOT_EVIDENCE.0, NOT_EVIDENCE.1))
        .set_author(program)
        .set_creation_datetime(&day))
}

/// Writes a workbook to a new file. Its folder takes temporary files while it is written: what they
/// hold must not leave the place that was chosen for it.
pub(crate) fn save(
    path: &Path,
    fill: impl FnOnce(&mut Workbook) -> Result<(), BookError>,
) -> Result<()> {
    let write = || {
        let mut workbook = Workbook::new();
        if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            workbook.set_tempdir(folder)?;
        }
        fill(&mut workbook)?;
        workbook.save(path)?;
        Ok(())
    };
    let failed = |reason: String| Error::WriteOutput {
        path: path.to_owned(),
        reason,
    };
    // The library stops the program where a temporary file cannot be written, as on a full disk.
    match catch_unwind(AssertUnwindSafe(write)) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(BookError::Ours(error))) => Err(error),
        Ok(Err(BookError::Library(error))) => Err(failed(error.to_string())),
        Err(panic) => Err(failed(crate::pipeline::panic_text(panic.as_ref()))),
    }
}

/// What can go wrong with a workbook.
pub(crate) enum BookError {
    /// In what it is made of.
    Ours(Error),
    /// In the workbook itself.
    Library(XlsxError),
}

impl From<XlsxError> for BookError {
    fn from(error: XlsxError) -> Self {
        Self::Library(error)
    }
}

impl From<Error> for BookError {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_to_what_a_cell_holds() {
        assert_eq!(cut("石门村"), "石门村");
        let long = "石".repeat(40_000);
        assert_eq!(cut(&long).encode_utf16().count(), LONGEST_TEXT);
        assert!(cut(&long).ends_with('…'));
        let fits = "石".repeat(32_766);
        assert_eq!(cut(&fits), fits);
    }

    #[test]
    fn names_in_page_headers_are_no_commands() {
        assert_eq!(page_text("A&B"), "A&&B");
        assert_eq!(page_text(&"村".repeat(100)).chars().count(), 60);
    }

    #[test]
    fn chinese_is_twice_as_wide() {
        assert!((width_of("石门 A") - 6.0).abs() < 1e-9);
    }
}
