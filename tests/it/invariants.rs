//! The order of the house, read off its source files: imports go one way, each heavy
//! dependency has one home, one place prints, files are short and say what they are.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What each part of the library may use, besides itself.
const MAY_USE: [(&str, &[&str]); 19] = [
    ("error", &[]),
    ("digest", &[]),
    ("memory", &[]),
    ("remote", &[]),
    ("lang", &[]),
    ("georef", &["error"]),
    ("page", &["georef"]),
    ("vector", &["error", "remote", "georef"]),
    ("model", &["error", "digest", "memory", "georef"]),
    (
        "pipeline",
        &[
            "error", "digest", "memory", "remote", "georef", "vector", "model",
        ],
    ),
    (
        "evaluate",
        &["error", "georef", "page", "vector", "model", "pipeline"],
    ),
    ("elevation", &["error", "georef", "pipeline"]),
    (
        "flight",
        &[
            "error",
            "digest",
            "memory",
            "lang",
            "georef",
            "page",
            "vector",
            "pipeline",
            "elevation",
        ],
    ),
    (
        "campaign",
        &[
            "error",
            "digest",
            "lang",
            "georef",
            "vector",
            "model",
            "pipeline",
            "elevation",
            "flight",
        ],
    ),
    (
        "tasks",
        &[
            "error",
            "digest",
            "georef",
            "vector",
            "model",
            "pipeline",
            "elevation",
            "campaign",
        ],
    ),
    (
        "returns",
        &[
            "error", "digest", "georef", "vector", "pipeline", "campaign", "tasks",
        ],
    ),
    (
        "chips",
        &[
            "error", "digest", "georef", "vector", "model", "pipeline", "flight", "campaign",
        ],
    ),
    (
        "report",
        &[
            "error", "digest", "georef", "page", "vector", "pipeline", "campaign", "tasks",
        ],
    ),
    (
        "cli",
        &[
            "error",
            "digest",
            "lang",
            "georef",
            "vector",
            "model",
            "pipeline",
            "evaluate",
            "elevation",
            "flight",
            "campaign",
            "tasks",
            "returns",
            "chips",
            "report",
        ],
    ),
];

/// The stages of the pipeline in run order; each may use those before it.
const STAGES: [&str; 6] = ["acquire", "chip", "detect", "fuse", "locate", "report"];

/// Rows are traced by the worker that made them, so detect hands its runs to fuse.
const STAGE_EXCEPTION: (&str, &str) = ("detect", "fuse");

/// Where a heavy dependency may be named: a folder or a file below `src`.
const HOMES: [(&str, &[&str]); 4] = [
    ("ort", &["model/session.rs", "model/device.rs"]),
    ("clap", &["cli/"]),
    (
        "gdal",
        &[
            "georef/",
            "vector/",
            "pipeline/acquire/",
            "pipeline/heatmap.rs",
        ],
    ),
    ("gdal_sys", &["pipeline/acquire/gdal_runtime.rs", "vector/"]),
];

const MOST_LINES: usize = 500;

struct Source {
    /// Below `src`, with `/`.
    name: String,
    text: String,
}

impl Source {
    /// The module's path: `pipeline/chip/mod.rs` is `[pipeline, chip]`.
    fn module(&self) -> Vec<String> {
        let stem = self.name.trim_end_matches(".rs");
        let stem = stem.strip_suffix("/mod").unwrap_or(stem);
        stem.split('/').map(str::to_owned).collect()
    }

    /// The code without comments and without the tests at its end.
    fn code(&self) -> String {
        let end = self.text.find("#[cfg(test)]\nmod tests");
        self.text[..end.unwrap_or(self.text.len())]
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .fold(String::new(), |code, line| code + line + "\n")
    }

    /// Modules of our own that it names, as paths from the crate's root.
    fn uses(&self) -> BTreeSet<Vec<String>> {
        let code = self.code();
        let mut uses = BTreeSet::new();
        for (at, _) in code
            .match_indices("crate::")
            .chain(code.match_indices("super::"))
        {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            let mut base = self.module();
            let mut rest = &code[at..];
            if let Some(path) = rest.strip_prefix("crate::") {
                base.clear();
                rest = path;
            }
            while let Some(path) = rest.strip_prefix("super::") {
                base.pop().expect("a path does not leave the crate");
                rest = path;
            }
            expand(&base, rest, &mut uses);
        }
        uses
    }
}

/// Paths named by `text`, which begins with an identifier or a braced list of paths.
fn expand(base: &[String], text: &str, found: &mut BTreeSet<Vec<String>>) {
    let text = text.trim_start();
    let Some(list) = text.strip_prefix('{') else {
        let name: String = text
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        let mut path = base.to_vec();
        path.push(name.clone());
        if let Some(rest) = text[name.len()..].strip_prefix("::") {
            expand(&path, rest, found);
        }
        found.insert(path);
        return;
    };
    let (mut depth, mut start) = (0, 0);
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                if !list[start..at].trim().is_empty() {
                    expand(base, &list[start..at], found);
                }
                if c == '}' {
                    return;
                }
                start = at + 1;
            }
            _ => {}
        }
    }
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// All Rust files below a folder of the project.
fn sources(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files = Vec::new();
    files_below(&root, &mut files);
    files.sort();
    assert!(!files.is_empty());
    let source = |path: &PathBuf| Source {
        name: path
            .strip_prefix(&root)
            .unwrap()
            .to_string_lossy()
            .replace('\\', "/"),
        text: fs_err::read_to_string(path).unwrap(),
    };
    files.iter().map(source).collect()
}

/// Where `word::` or, for a macro, `word!` is named in code, as a whole word.
fn names(code: &str, word: &str, suffix: &str) -> bool {
    code.match_indices(&format!("{word}{suffix}"))
        .any(|(at, _)| {
            let before = code[..at].chars().next_back();
            before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':')
        })
}

#[test]
fn imports_go_one_way() {
    let mut wrong = Vec::new();
    for source in sources("src") {
        let module = source.module();
        let own = module[0].as_str();
        if matches!(own, "lib" | "main") {
            continue;
        }
        let (_, allowed) = MAY_USE
            .iter()
            .find(|(name, _)| *name == own)
            .unwrap_or_else(|| panic!("`{own}` has no place in the order of imports"));
        for path in source.uses() {
            let used = match path[0].as_str() {
                "Error" | "Result" => "error",
                other => other,
            };
            if used != own && !allowed.contains(&used) {
                wrong.push(format!("{} uses {}", source.name, path.join("::")));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn a_stage_uses_only_those_before_it() {
    let place = |name: &str| STAGES.iter().position(|stage| *stage == name);
    let mut wrong = Vec::new();
    for source in sources("src/pipeline") {
        let own = source.module()[0].clone();
        let Some(own_place) = place(&own) else {
            continue;
        };
        let whole = Source {
            name: format!("pipeline/{}", source.name),
            text: source.text,
        };
        for path in whole.uses().iter().filter(|p| p[0] == "pipeline") {
            let Some(stage) = path.get(1) else { continue };
            let later = place(stage).is_some_and(|p| p > own_place);
            if later && (own.as_str(), stage.as_str()) != STAGE_EXCEPTION {
                wrong.push(format!("{} uses {}", whole.name, path.join("::")));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn heavy_dependencies_have_one_home() {
    let mut wrong = Vec::new();
    for source in sources("src") {
        let code = source.code();
        for (dependency, homes) in HOMES {
            let at_home = homes.iter().any(|home| source.name.starts_with(home));
            if !at_home && names(&code, dependency, "::") {
                wrong.push(format!("{} names {dependency}", source.name));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn two_files_are_unsafe() {
    let is_unsafe = |s: &Source| s.code().contains("unsafe {") || s.code().contains("unsafe fn");
    let all = sources("src");
    let found: Vec<&str> = all
        .iter()
        .filter(|s| is_unsafe(s))
        .map(|s| s.name.as_str())
        .collect();
    assert_eq!(found, ["main.rs", "pipeline/acquire/gdal_runtime.rs"]);
}

#[test]
fn one_file_prints() {
    let prints = |s: &Source| {
        let code = s.code();
        ["print", "println", "eprint", "eprintln", "dbg"]
            .iter()
            .any(|word| names(&code, word, "!"))
            || code.contains("io::stdout")
    };
    let all = sources("src");
    let found: Vec<&str> = all
        .iter()
        .filter(|s| prints(s))
        .map(|s| s.name.as_str())
        .collect();
    assert_eq!(found, ["cli/output.rs"]);
}

#[test]
fn files_say_what_they_are_and_are_short() {
    let mut wrong = Vec::new();
    for folder in ["src", "tests", "benches"] {
        for source in sources(folder) {
            if !source.text.starts_with("//! ") {
                wrong.push(format!("{folder}/{} does not open with `//!`", source.name));
            }
            let lines = source.text.lines().count();
            if lines > MOST_LINES {
                wrong.push(format!("{folder}/{} has {lines} lines", source.name));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

/// The reader of imports itself: what it must not miss.
#[test]
fn all_forms_of_imports_are_read() {
    let source = Source {
        name: "pipeline/chip/read.rs".into(),
        text: "use super::{Tile, resample::{Taps, plane}};\n\
               use crate::{Error, model::{Model, decode::{\n    CellScores}}};\n\
               // use crate::cli;\n\
               fn f() { super::super::fuse::g(); crate::georef::h() }\n\
               #[cfg(test)]\nmod tests { use crate::cli; }\n"
            .into(),
    };
    let uses: Vec<String> = source.uses().iter().map(|p| p.join("::")).collect();
    for wanted in [
        "Error",
        "georef::h",
        "model::decode::CellScores",
        "pipeline::chip::resample::Taps",
        "pipeline::fuse::g",
    ] {
        assert!(uses.iter().any(|u| u == wanted), "{wanted} in {uses:?}");
    }
    assert!(!uses.iter().any(|u| u.contains("cli")), "{uses:?}");
}
