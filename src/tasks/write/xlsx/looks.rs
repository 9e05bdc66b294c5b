//! How the columns of a sheet look: number formats, widths, and which ones are folded away, so
//! that a page of paper stays readable.

use super::plan::Division;
use crate::campaign::Lang;
use crate::tasks::ledger::{COLUMNS, Column, Source};
use crate::tasks::write::book::{TableLooks, body, header_text};
use crate::tasks::write::notice;
use crate::vector::FieldKind;
use rust_xlsxwriter::{Color, Format};

/// Widest column, in characters; longer text is wrapped.
const WIDEST: f64 = 32.0;

/// What is filled in by hand is wrapped too, and can be narrower.
const BLANK_SHARE: f64 = 0.8;

/// Runs of columns that are folded on every sheet: the first and the last one's name.
const FOLDED: [(&str, &str); 9] = [
    ("site_id", "site_id"),
    ("year", "county"),
    ("xzqdm", "xzqdm"),
    ("day", "pos_err_m"),
    ("priority", "prob"),
    ("area_mu", "area_mu"),
    ("dist_building_m", "licence"),
    ("src_image", "gsd_cm"),
    ("assigned_on", "assigned_on"),
];

/// Text of any length, which Excel shows as `####` in a cell of text format beyond 255 characters.
const LONG_TEXT: [&str; 4] = ["reasons", "earlier", "src_image", "note"];

/// The looks of one column.
pub(super) struct ColumnLook {
    /// Its header, with the machine name as the last word.
    pub(super) header: String,
    /// Width in characters.
    pub(super) width: f64,
    /// Its cells.
    pub(super) cell: Format,
    /// Its cells where a home may be entered.
    pub(super) courtyard: Format,
}

/// The looks of a ledger's sheets.
pub(super) struct Looks {
    /// Titles, headers and tables of numbers.
    pub(super) table: TableLooks,
    /// Names of the columns that are filled in by hand.
    pub(super) blank_header: Format,
    /// A cell with a picture over it, whose text is not shown.
    pub(super) under_picture: Format,
    /// The ledger's columns and the notice.
    pub(super) columns: Vec<ColumnLook>,
}

impl Looks {
    /// The looks in a language.
    pub(super) fn new(lang: Lang) -> Self {
        let table = TableLooks::new();
        let mut columns: Vec<ColumnLook> = COLUMNS.iter().map(|c| column_look(c, lang)).collect();
        let words = lang.pick(notice::HEADER.0, notice::HEADER.1);
        columns.push(ColumnLook {
            header: header_text(words, notice::NAME),
            width: 13.0,
            cell: body(),
            courtyard: home(body()),
        });
        Self {
            blank_header: table
                .plain_header
                .clone()
                .set_background_color(Color::RGB(0xFF_F2_CC)),
            under_picture: body().set_num_format(";;;"),
            table,
            columns,
        }
    }
}

/// Runs of columns that are folded: the first and the last one's place. A sheet of many villages
/// keeps the names of town and village in sight.
pub(super) fn folded(division: Division) -> Vec<(u16, u16)> {
    let place = |name: &str| (0_u16..).zip(&COLUMNS).find(|(_, c)| c.name == name);
    let mut runs = Vec::new();
    for (first, last) in FOLDED {
        let last = match (last, division) {
            ("county", Division::Village) => "village",
            ("county", Division::Town | Division::All) => "county",
            _ => last,
        };
        if let (Some((first, _)), Some((last, _))) = (place(first), place(last)) {
            runs.push((first, last));
        }
    }
    runs
}

fn column_look(column: &Column, lang: Lang) -> ColumnLook {
    let mut cell = body();
    if let Some(format) = number_format(column) {
        cell = cell.set_num_format(format);
    }
    let mut width = column.width.min(WIDEST);
    if column.is_blank() {
        cell = cell.set_unlocked();
        width *= BLANK_SHARE;
    }
    ColumnLook {
        header: header_text(column.header(lang), column.name),
        width,
        courtyard: if column.name == "setting" {
            home(cell.clone())
        } else {
            cell.clone()
        },
        cell,
    }
}

/// Codes, ids, dates and words are text, which is never turned into a number; numbers show as many
/// decimals as they have.
fn number_format(column: &Column) -> Option<&'static str> {
    match (column.kind, column.name) {
        (FieldKind::Text, name) if LONG_TEXT.contains(&name) => None,
        (FieldKind::Text, _) => Some("@"),
        (FieldKind::Real, "lon" | "lat" | "check_lon" | "check_lat") => Some("0.0000000"),
        (FieldKind::Real, "gk_n" | "gk_e" | "gsd_cm" | "quadrat_m2") => Some("0.00"),
        (FieldKind::Real, "prob" | "area_mu") => Some("0.000"),
        (FieldKind::Real, "pos_err_m" | "priority" | "area_m2" | "measured_m2") => Some("0.0"),
        (FieldKind::Integer | FieldKind::Real, _) => Some("0"),
    }
}

/// Whether a column's cells hold the pack's pictures.
pub(super) fn is_picture(column: &Column) -> bool {
    matches!(column.source, Source::Picture)
}

fn home(format: Format) -> Format {
    format.set_background_color(Color::RGB(0xFC_E4_D6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_runs_exist_and_leave_a_column_between_them() {
        for division in [Division::Village, Division::Town, Division::All] {
            let runs = folded(division);
            assert_eq!(runs.len(), FOLDED.len());
            // Runs side by side would be one, with one button for both.
            assert!(
                runs.windows(2).all(|pair| pair[0].1 + 1 < pair[1].0),
                "{runs:?}"
            );
        }
    }

    #[test]
    fn every_real_column_has_its_own_decimals() {
        let whole: Vec<_> = COLUMNS
            .iter()
            .filter(|c| c.kind == FieldKind::Real && number_format(c) == Some("0"))
            .map(|c| c.name)
            .collect();
        assert_eq!(whole, ["dist_building_m", "dist_road_m", "border_m"]);
        assert!(
            LONG_TEXT
                .iter()
                .all(|name| COLUMNS.iter().any(|c| c.name == *name))
        );
    }
}
