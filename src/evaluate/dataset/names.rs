//! Names of classes as labelling tools keep them: `names` of a `data.yaml`, or a text file.

use crate::{Error, Result};
use std::collections::BTreeMap;
use std::path::Path;

/// Classes are numbered below this.
const MOST_CLASSES: u32 = 10_000;

/// Names by number from a `data.yaml` (its `names`, a list or a map), or from a text file with a
/// name a line; a number that has no name gets an empty one.
pub(super) fn read_names(path: &Path) -> Result<Vec<String>> {
    let text = read_text(path)?;
    if super::ending_of(path).starts_with('y') {
        let named = yaml_names(&text).map_err(|problem| {
            Error::labels(
                path,
                problem,
                "write the names of the classes as `names: [one, two]`, or one a line as \
                 `  0: one` below `names:`",
            )
        })?;
        let last = named.keys().next_back().copied().unwrap_or(0);
        return Ok((0..=last)
            .map(|number| named.get(&number).cloned().unwrap_or_default())
            .collect());
    }
    let mut names: Vec<String> = text.lines().map(|l| l.trim().to_owned()).collect();
    while names.last().is_some_and(String::is_empty) {
        names.pop();
    }
    if names.is_empty() {
        return Err(Error::labels(
            path,
            "names no class",
            "write one name a line, that of class 0 first",
        ));
    }
    Ok(names)
}

/// Names by number from a text file of lines `number name`.
pub(super) fn read_numbered(path: &Path) -> Result<BTreeMap<u32, String>> {
    let text = read_text(path)?;
    let mut named = BTreeMap::new();
    for (line, number) in text.lines().zip(1..) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let parts = line.split_once(|c: char| c.is_whitespace() || c == ':' || c == ',');
        let entry = parts.and_then(|(number, name)| {
            let name = name.trim_start_matches([':', ',']).trim();
            let number: u32 = number.parse().ok()?;
            (!name.is_empty()).then(|| (number, name.to_owned()))
        });
        let Some((value, name)) = entry else {
            return Err(Error::labels(
                path,
                format!(
                    "line {number} is `{}`, wanted a number and a name",
                    short(line)
                ),
                "a mask needs to know which number is which class: `1 opium_poppy`",
            ));
        };
        if named.insert(value, name).is_some() {
            return Err(Error::labels(
                path,
                format!("line {number} names {value} a second time"),
                "give each number one name",
            ));
        }
    }
    if named.is_empty() {
        return Err(Error::labels(
            path,
            "names no class",
            "write a number and a name a line: `1 opium_poppy`",
        ));
    }
    Ok(named)
}

/// A text file, whatever marks its beginning.
pub(in crate::evaluate) fn read_text(path: &Path) -> Result<String> {
    let bytes = fs_err::read(path).map_err(|e| {
        Error::labels(
            path,
            format!("cannot be read ({})", e.kind()),
            "check the path",
        )
    })?;
    let text = String::from_utf8(bytes).map_err(|_| {
        Error::labels(
            path,
            "is no text in UTF-8",
            "save it as UTF-8; a picture or a table is no file of labels",
        )
    })?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

/// So much of a text as an error shows.
pub(in crate::evaluate) fn short(text: &str) -> String {
    let mut shown: String = text.chars().take(60).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// The value of the key `names` at the top of a YAML document. Only what such files hold is
/// understood: a list or a map of plain or quoted words, on one line or on many.
fn yaml_names(text: &str) -> Result<BTreeMap<u32, String>, String> {
    let lines: Vec<&str> = text.lines().map(without_comment).collect();
    let at = lines.iter().position(|line| {
        let key = line.split(':').next().unwrap_or_default().trim_end();
        line.contains(':') && matches!(key, "names" | "'names'" | "\"names\"")
    });
    let Some(at) = at else {
        return Err("has no key `names`".into());
    };
    let (_, first) = lines[at].split_once(':').unwrap_or_default();
    let first = first.trim();
    let entries = if first.starts_with(['[', '{']) {
        let whole = lines[at + 1..]
            .iter()
            .fold(first.to_owned(), |text, line| text + " " + line.trim());
        flow_entries(&whole)?
    } else if first.is_empty() {
        let block = lines[at + 1..].iter().take_while(|line| {
            line.trim().is_empty() || line.starts_with([' ', '\t']) || line.starts_with("- ")
        });
        let block = block.map(|l| l.trim()).filter(|l| !l.is_empty());
        block.map(str::to_owned).collect()
    } else {
        return Err(format!("has `names: {}`, wanted a list", short(first)));
    };
    let mut named = BTreeMap::new();
    for (entry, place) in entries.iter().zip(0..) {
        let (number, name) = entry_of(entry, first.starts_with('['), place)?;
        if number >= MOST_CLASSES {
            return Err(format!(
                "names class {number}, wanted numbers below {MOST_CLASSES}"
            ));
        }
        if named.insert(number, name).is_some() {
            return Err(format!("names class {number} twice"));
        }
    }
    if named.is_empty() {
        return Err("names no class".into());
    }
    Ok(named)
}

/// The number and the name of `- name`, `number: name` or, in a list on one line, `name`.
fn entry_of(entry: &str, is_bare: bool, place: u32) -> Result<(u32, String), String> {
    if is_bare {
        return Ok((place, scalar(entry)?));
    }
    if let Some(name) = entry.strip_prefix("- ") {
        return Ok((place, scalar(name)?));
    }
    let wrong = || format!("names a class as `{}`, wanted `0: name`", short(entry));
    let (number, name) = entry.split_once(':').ok_or_else(wrong)?;
    let number = scalar(number)?.parse().map_err(|_| wrong())?;
    Ok((number, scalar(name)?))
}

/// The entries of `[…]` or `{…}`, which may go on after it.
fn flow_entries(text: &str) -> Result<Vec<String>, String> {
    let close = if text.starts_with('[') { ']' } else { '}' };
    let mut entries = Vec::new();
    let mut entry = String::new();
    let mut quotes = Quotes::default();
    for c in text.chars().skip(1) {
        let is_plain = quotes.is_outside(c);
        if is_plain && (c == ',' || c == close) {
            if !entry.trim().is_empty() {
                entries.push(entry.trim().to_owned());
            }
            entry.clear();
            if c == close {
                return Ok(entries);
            }
        } else {
            entry.push(c);
        }
    }
    Err(format!("has a list of `names` without its `{close}`"))
}

/// A word without its quotes.
fn scalar(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.starts_with('"') {
        return serde_json::from_str(text)
            .map_err(|_| format!("has a name {}, wanted it in plain quotes", short(text)));
    }
    if let Some(rest) = text.strip_prefix('\'') {
        return rest
            .strip_suffix('\'')
            .map(|inner| inner.replace("''", "'"))
            .ok_or_else(|| format!("has a name {} without its last quote", short(text)));
    }
    if text.is_empty() || text.starts_with(['[', '{', '&', '*', '|', '>']) {
        return Err(format!("has a name `{}`, wanted a word", short(text)));
    }
    Ok(text.to_owned())
}

/// A line up to its comment.
fn without_comment(line: &str) -> &str {
    let mut quotes = Quotes::default();
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        if quotes.is_outside(c) && c == '#' && before.is_whitespace() {
            return &line[..at];
        }
        before = c;
    }
    line
}

/// Whether a walk through a text stands within quotes.
#[derive(Default)]
struct Quotes {
    open: Option<char>,
    is_escaped: bool,
    before: Option<char>,
}

impl Quotes {
    /// Takes the next character; whether it stands outside quotes, and is none itself.
    fn is_outside(&mut self, c: char) -> bool {
        let begins = self.before.is_none_or(|b| !b.is_alphanumeric());
        self.before = Some(c);
        match self.open {
            Some(_) if self.is_escaped => self.is_escaped = false,
            Some('"') if c == '\\' => self.is_escaped = true,
            Some(quote) if c == quote => self.open = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') && begins => self.open = Some(c),
            None => return true,
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_text_stops_the_program(text in "(names:)?[\\[{]?[\\PC\n'\"#:,0-9 -]{0,60}") {
            let _ = yaml_names(&text);
        }
    }

    fn names(file: &str, text: &str) -> Result<Vec<String>> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(file);
        fs_err::write(&path, text).unwrap();
        read_names(&path)
    }

    #[test]
    fn names_are_read_in_every_way_that_tools_write_them() {
        let same = [
            "train: images\nnames:\n  0: opium poppy\n  1: \"o'b, #1\"\n# end\nnc: 2\n",
            "names: ['opium poppy', \"o'b, #1\"]  # two\r\nnc: 2\r\n",
            "names:\n- opium poppy\n- 'o''b, #1'\nval: x\n",
            "names:\n  - opium poppy # the first\n\n  - \"o'b, #1\"\n",
            "\u{feff}names: {0: opium poppy, 1: \"o'b, #1\"}\n",
            "nc: 2\nnames: [\n  opium poppy,\n  \"o'b, #1\",\n]\n",
            "names:\n  1: \"o'b, #1\"\n  0: opium poppy",
        ];
        for text in same {
            assert_eq!(
                names("data.yaml", text).unwrap(),
                ["opium poppy", "o'b, #1"],
                "{text}"
            );
        }
        let gap = names("data.yml", "names:\n  2: c\n").unwrap();
        assert_eq!(gap, ["", "", "c"]);
        assert_eq!(
            names("classes.txt", "a b\n 罂粟 \n\n").unwrap(),
            ["a b", "罂粟"]
        );
    }

    #[test]
    fn what_names_nothing_is_refused() {
        for (file, text, wanted) in [
            ("data.yaml", "nc: 3\n", "has no key `names`"),
            ("data.yaml", "names: poppy\n", "wanted a list"),
            ("data.yaml", "names:\nnc: 2\n", "names no class"),
            ("data.yaml", "names: [a, b\nnc: 2\n", "without its `]`"),
            ("data.yaml", "names:\n  x: a\n", "wanted `0: name`"),
            (
                "data.yaml",
                "names:\n  4000000000: a\n",
                "wanted numbers below",
            ),
            ("data.yaml", "names: {0: a, 0: b}\n", "names class 0 twice"),
            ("data.yaml", "names:\n  0: 'a\n", "without its last quote"),
            ("classes.txt", "\n\n", "names no class"),
        ] {
            let error = names(file, text).unwrap_err();
            assert!(error.to_string().contains(wanted), "{text}: {error}");
            assert!(!error.hint().is_empty());
        }
    }

    #[test]
    fn numbered_names_are_those_of_masks() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("classes.txt");
        let read = |text: &str| {
            fs_err::write(&path, text).unwrap();
            read_numbered(&path)
        };
        let named = read("0 background\n1 opium poppy\n\n7: hemp\n").unwrap();
        let wanted = [(0, "background"), (1, "opium poppy"), (7, "hemp")];
        assert_eq!(named, wanted.map(|(n, name)| (n, name.to_owned())).into());
        for (text, wanted) in [
            ("poppy\n", "line 1 is `poppy`"),
            ("1 a\n-1 b\n", "line 2 is `-1 b`"),
            ("1 a\n1 b\n", "line 2 names 1 a second time"),
            ("", "names no class"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(wanted), "{error}");
        }
        fs_err::write(&path, [0xff, 0xfe, 0x00]).unwrap();
        assert!(read_names(&path).unwrap_err().to_string().contains("UTF-8"));
    }
}
