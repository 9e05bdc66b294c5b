//! Which fonts a document needs: the bundled one, and others only for characters that it lacks.

use crate::{Error, Result};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use typst::foundations::Bytes;
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;

/// Noto Sans CJK SC with the common characters; see `src/tasks/font/`.
static BUNDLED: &[u8] = include_bytes!("../../font/NotoSansSC-sheets.otf");

/// The fonts of one document.
#[derive(Clone)]
pub(super) struct Chosen {
    /// What they are called.
    pub(super) book: LazyHash<FontBook>,
    /// The fonts, in the order of the book.
    pub(super) fonts: Vec<Font>,
}

impl Chosen {
    fn new(fonts: Vec<Font>) -> Self {
        Self {
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
        }
    }
}

/// All fonts that are known so far.
pub(super) struct Fonts {
    /// The bundled font alone, which nearly every document needs.
    plain: Arc<Chosen>,
    bundled: Font,
    /// Fonts that the user named.
    given: Vec<Font>,
    /// What the search of the system found.
    system: Mutex<System>,
}

/// The system's fonts, as far as they were needed.
#[derive(Default)]
struct System {
    /// Fonts that have a character that was looked for.
    found: Vec<Font>,
    /// Characters that no font has.
    absent: BTreeSet<char>,
}

impl Fonts {
    /// The bundled font, and those in files.
    pub(super) fn new(files: &[PathBuf]) -> Result<Self> {
        let bundled = Font::new(Bytes::new(BUNDLED), 0).ok_or_else(|| Error::WriteOutput {
            path: PathBuf::from("sheets"),
            reason: "the bundled font is damaged".into(),
        })?;
        let mut given = Vec::new();
        for file in files {
            let fonts: Vec<Font> = Font::iter(Bytes::new(fs_err::read(file)?)).collect();
            if fonts.is_empty() {
                return Err(Error::Setting {
                    name: "--font".into(),
                    seen: file.display().to_string(),
                    wanted: "an OpenType or TrueType font (.otf, .ttf, .ttc, .otc)".into(),
                });
            }
            given.extend(fonts);
        }
        Ok(Self {
            plain: Arc::new(Chosen::new(vec![bundled.clone()])),
            bundled,
            given,
            system: Mutex::default(),
        })
    }

    /// The fonts for a text, and the text with its characters that no font has written as
    /// `[U+2CBCE]`; these are also given, with what stands in their place.
    pub(super) fn settle(&self, text: String) -> (String, Arc<Chosen>, Vec<(char, String)>) {
        let lacking: BTreeSet<char> = text
            .chars()
            .filter(|c| !c.is_ascii() && !c.is_whitespace() && !has(&self.bundled, *c))
            .collect();
        if lacking.is_empty() {
            return (text, Arc::clone(&self.plain), Vec::new());
        }
        let mut fonts = vec![self.bundled.clone()];
        let left = choose(&self.given, &lacking, &mut fonts);
        let left = self.search(&left, &mut fonts);
        let missing: Vec<(char, String)> = left
            .into_iter()
            .map(|character| (character, format!("[U+{:04X}]", u32::from(character))))
            .collect();
        let text = missing.iter().fold(text, |text, (character, written)| {
            text.replace(*character, written)
        });
        (text, Arc::new(Chosen::new(fonts)), missing)
    }

    /// Looks for characters in the system's fonts, once for each character; gives those that none
    /// has.
    fn search(&self, wanted: &BTreeSet<char>, fonts: &mut Vec<Font>) -> BTreeSet<char> {
        if wanted.is_empty() {
            return BTreeSet::new();
        }
        let mut system = self.system.lock().unwrap_or_else(PoisonError::into_inner);
        let known = wanted.difference(&system.absent).copied().collect();
        let mut left = choose(&system.found, &known, fonts);
        if !left.is_empty() {
            for file in system_files() {
                // A file that cannot be read is no font; another one may be.
                let Ok(bytes) = fs_err::read(&file) else {
                    continue;
                };
                let inside: Vec<Font> = Font::iter(Bytes::new(bytes)).collect();
                let before = fonts.len();
                left = choose(&inside, &left, fonts);
                system.found.extend(fonts[before..].iter().cloned());
                if left.is_empty() {
                    break;
                }
            }
            system.absent.extend(&left);
        }
        left.extend(wanted.intersection(&system.absent));
        left
    }
}

fn has(font: &Font, character: char) -> bool {
    font.info().coverage.contains(u32::from(character))
}

/// Adds the fonts that have some of the characters; gives the characters that none of them has.
fn choose(from: &[Font], wanted: &BTreeSet<char>, fonts: &mut Vec<Font>) -> BTreeSet<char> {
    let mut left = wanted.clone();
    let mut order: Vec<&Font> = from.iter().collect();
    // A collection has its forms of a character for several countries, in several weights.
    order.sort_by_key(|font| {
        let info = font.info();
        let weight = info.variant.weight.to_number().abs_diff(400);
        let is_simplified = info.family.ends_with(" SC") || info.family.ends_with(" CN");
        (weight, !is_simplified)
    });
    for font in order {
        let before = left.len();
        // A font of last resort has a box for everything.
        if !font.info().is_last_resort() {
            left.retain(|character| !has(font, *character));
        }
        if left.len() < before {
            fonts.push(font.clone());
        }
    }
    left
}

/// The system's font files, those with Chinese in their names and of common weight first; sorted, so that the choice
/// does not depend on the order of a folder.
fn system_files() -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let windows = std::env::var_os("WINDIR").map(PathBuf::from);
    let mut folders: Vec<PathBuf> = [
        "/usr/share/fonts",
        "/usr/local/share/fonts",
        "/System/Library/Fonts",
        "/Library/Fonts",
    ]
    .map(PathBuf::from)
    .into();
    folders.extend(home.iter().map(|home| home.join(".local/share/fonts")));
    folders.extend(home.iter().map(|home| home.join(".fonts")));
    folders.extend(home.iter().map(|home| home.join("Library/Fonts")));
    folders.extend(windows.iter().map(|windows| windows.join("Fonts")));
    let mut files = Vec::new();
    for folder in folders {
        gather(&folder, 6, &mut files);
    }
    files.sort_by_key(|file| (!is_chinese(file), is_heavy(file), file.clone()));
    files
}

fn gather(folder: &Path, depth: u32, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs_err::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let extension = path.extension().map(std::ffi::OsStr::to_ascii_lowercase);
        let is_font = ["otf", "ttf", "ttc", "otc"]
            .iter()
            .any(|known| extension.as_deref().is_some_and(|e| e == *known));
        if is_font {
            files.push(path);
        } else if depth > 0 && path.is_dir() {
            gather(&path, depth - 1, files);
        }
    }
}

fn lower_name(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default();
    name.to_string_lossy().to_lowercase()
}

fn is_heavy(file: &Path) -> bool {
    let name = lower_name(file);
    ["bold", "black", "heavy", "light", "thin"]
        .iter()
        .any(|part| name.contains(part))
}

fn is_chinese(file: &Path) -> bool {
    let name = lower_name(file);
    [
        "cjk",
        "hans",
        "sourcehan",
        "simsun",
        "simhei",
        "msyh",
        "pingfang",
        "heiti",
        "songti",
        "wqy",
        "hanazono",
        "jigmo",
        "plangothic",
    ]
    .iter()
    .any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_characters_need_the_bundled_font_alone() {
        let fonts = Fonts::new(&[]).unwrap();
        // The last two are rare in names, and in the table of 2013.
        let text = "线索，非证据 □ ° ′ ″ ² ± ← 鎮 䶮 𬭎".to_owned();
        let (same, chosen, missing) = fonts.settle(text.clone());
        assert_eq!((same, chosen.fonts.len()), (text, 1));
        assert_eq!(missing, []);
    }

    #[test]
    fn what_no_font_has_is_written_by_its_number() {
        let fonts = Fonts::new(&[]).unwrap();
        for _ in 0..2 {
            let (text, _, missing) = fonts.settle("村\u{f8ff0}".into());
            assert_eq!(text, "村[U+F8FF0]");
            assert_eq!(missing, [('\u{f8ff0}', "[U+F8FF0]".to_owned())]);
        }
    }

    #[test]
    fn a_named_file_must_be_a_font() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = Fonts::new(&[file.path().into()]).err().unwrap();
        assert!(error.to_string().contains("wanted an OpenType"), "{error}");
        assert!(Fonts::new(&["no/such.ttf".into()]).is_err());
    }
}
