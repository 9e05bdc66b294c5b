//! Sheets as PDF, through Typst as a library. Same tasks, same bytes: dates come from the pack.

mod fonts;
mod world;

use super::describe::{Heading, Sheet, heading, sheet};
use crate::digest::hash_of;
use crate::tasks::pack::{FieldPack, MapSource};
use crate::{Error, Result};
use fonts::Fonts;
use serde::Serialize;
use std::path::{Path, PathBuf};
use typst::LibraryExt as _;
use typst::diag::SourceDiagnostic;
use typst::foundations::{Datetime, Smart};
use typst::utils::LazyHash;
use typst::{Library, comemo};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, Timestamp};
use world::{SheetWorld, main_source};

/// What all documents share: fonts and Typst's own library. Many threads may print with one press.
pub(in crate::tasks) struct Press {
    fonts: Fonts,
    library: LazyHash<Library>,
    main: typst::syntax::Source,
}

impl Press {
    /// A press with the bundled font. `fonts` are files that have what it lacks; where they do not,
    /// the system's fonts are searched.
    pub(in crate::tasks) fn new(fonts: &[PathBuf]) -> Result<Self> {
        Ok(Self {
            fonts: Fonts::new(fonts)?,
            library: LazyHash::new(Library::default()),
            main: main_source(),
        })
    }
}

/// All that a document says.
#[derive(Serialize)]
struct Document {
    heading: Heading,
    pages: Vec<Sheet>,
}

/// Writes the sheets of some tasks, given by their places in `FieldPack::tasks`: a page each, in
/// that order. Gives what the reader must be told: characters that no font has, which stand in the
/// document by their numbers. A document is held in memory as a whole.
pub(in crate::tasks) fn write_pdf(
    path: &Path,
    pack: &FieldPack,
    tasks: &[usize],
    maps: &dyn MapSource,
    press: &Press,
) -> Result<Vec<String>> {
    let known = tasks.iter().filter_map(|index| pack.tasks.get(*index));
    let pages = (1..)
        .zip(known)
        .map(|(page, task)| sheet(pack, task, maps, (page, tasks.len())))
        .collect::<Result<Vec<Sheet>>>()?;
    let document = Document {
        heading: heading(pack, tasks),
        pages,
    };
    let text = serde_json::to_string(&document).map_err(|error| failed(path, error.to_string()))?;
    drop(document);
    let (text, fonts, missing) = press.fonts.settle(text);
    let bytes = print(text, &fonts, pack, press).map_err(|reason| failed(path, reason));
    // What Typst keeps to be faster with the next document would grow with every picture.
    comemo::evict(1);
    fs_err::write(path, bytes?)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let say = |(character, written): (char, String)| {
        format!("no font has `{character}`: `{name}` says `{written}` instead")
    };
    Ok(missing.into_iter().map(say).collect())
}

fn print(
    text: String,
    fonts: &fonts::Chosen,
    pack: &FieldPack,
    press: &Press,
) -> std::result::Result<Vec<u8>, String> {
    let date = date(&pack.facts.date);
    let ident = format!("{} {}", pack.facts.campaign, hash_of(&text));
    let world = SheetWorld::new(&press.library, fonts, &press.main, text, date);
    let document = typst::compile::<PagedDocument>(&world)
        .output
        .map_err(|errors| first(&errors))?;
    let options = PdfOptions {
        ident: Smart::Custom(ident),
        creator: Smart::Custom(Some(pack.facts.program.clone())),
        timestamp: date.map(Timestamp::new_utc),
        tagged: false,
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&document, &options).map_err(|errors| first(&errors))
}

/// A day such as `2026-05-04`, at midnight.
fn date(text: &str) -> Option<Datetime> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    Datetime::from_ymd_hms(
        year.parse().ok()?,
        month.parse().ok()?,
        day.parse().ok()?,
        0,
        0,
        0,
    )
}

fn first(errors: &[SourceDiagnostic]) -> String {
    let reason = errors.first().map(|error| error.message.to_string());
    format!(
        "the layout failed: {}",
        reason.as_deref().unwrap_or("for no stated reason")
    )
}

fn failed(path: &Path, reason: String) -> Error {
    Error::WriteOutput {
        path: path.to_owned(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Ground, pictured};
    use super::*;
    use crate::campaign::Lang;
    use crate::tasks::fixture;
    use rayon::prelude::*;

    fn write(pack: &FieldPack, tasks: &[usize], press: &Press) -> (Vec<u8>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("村.pdf");
        let warnings = write_pdf(&path, pack, tasks, &Ground, press).unwrap();
        (fs_err::read(&path).unwrap(), warnings)
    }

    /// Pages of a PDF: uncompressed objects say so.
    fn pages(pdf: &[u8]) -> usize {
        String::from_utf8_lossy(pdf).matches("/Type/Page/").count()
            + String::from_utf8_lossy(pdf)
                .matches("/Type /Page\n")
                .count()
    }

    #[test]
    fn a_page_a_task_and_the_same_bytes_on_any_thread() {
        let folder = tempfile::tempdir().unwrap();
        let pack = pictured(fixture::pack(8, Lang::Zh), folder.path());
        let press = Press::new(&[]).unwrap();
        let tasks = [0, 1, 6, 7];
        let (pdf, warnings) = write(&pack, &tasks, &press);
        assert_eq!(warnings, Vec::<String>::new());
        assert!(pdf.starts_with(b"%PDF-1."));
        assert_eq!(pages(&pdf), 4);
        let again: Vec<Vec<u8>> = (0..3)
            .into_par_iter()
            .map(|_| write(&pack, &tasks, &press).0)
            .collect();
        assert!(again.iter().all(|other| *other == pdf));
        let text = String::from_utf8_lossy(&pdf).into_owned();
        assert!(text.contains("D:20260504000000"), "the pack's date");
    }

    #[test]
    fn characters_without_a_glyph_are_named() {
        let mut pack = fixture::pack(1, Lang::En);
        // No font has a private character.
        pack.tasks[0].reasons = vec!["a \u{f8ff0} b".into()];
        let (_, warnings) = write(&pack, &[0], &Press::new(&[]).unwrap());
        let wanted = "no font has `\u{f8ff0}`: `村.pdf` says `[U+F8FF0]` instead";
        assert_eq!(warnings, [wanted]);
    }

    #[test]
    fn dates_are_read_as_they_stand() {
        assert_eq!(
            date("2026-05-04"),
            Datetime::from_ymd_hms(2026, 5, 4, 0, 0, 0)
        );
        assert_eq!(date("2026-05"), None);
        assert_eq!(date("2026-13-01"), None);
    }
}
