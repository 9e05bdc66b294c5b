//! What Typst may see: the layout, one file of data and a few fonts. No folder, no package, no
//! clock.

use super::fonts::Chosen;
use typst::Library;
use typst::World;
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;

/// A document being made.
pub(super) struct SheetWorld<'a> {
    library: &'a LazyHash<Library>,
    fonts: &'a Chosen,
    main: &'a Source,
    data: Bytes,
    data_id: FileId,
    today: Option<Datetime>,
}

/// The number that Typst knows a file by. There is one for each name in the whole process, and no
/// more than 65,535: names must not grow with the pack.
pub(super) fn file_id(name: &str) -> FileId {
    let path = VirtualPath::new(name).expect("the names are ours, and plain");
    RootedPath::new(VirtualRoot::Project, path).intern()
}

/// The layout.
pub(super) fn main_source() -> Source {
    Source::new(file_id("sheet.typ"), include_str!("sheet.typ").to_owned())
}

impl<'a> SheetWorld<'a> {
    /// A document that shows `data`, JSON.
    pub(super) fn new(
        library: &'a LazyHash<Library>,
        fonts: &'a Chosen,
        main: &'a Source,
        data: String,
        today: Option<Datetime>,
    ) -> Self {
        Self {
            library,
            fonts,
            main,
            data: Bytes::from_string(data),
            data_id: file_id("sheet.json"),
            today,
        }
    }
}

impl World for SheetWorld<'_> {
    fn library(&self) -> &LazyHash<Library> {
        self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.fonts.book
    }

    fn main(&self) -> FileId {
        self.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main.id() {
            Ok(self.main.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.data_id {
            Ok(self.data.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.fonts.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        self.today
    }
}
