//! SHA-256 of files and texts, as lower-case hex.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::Read;
use std::path::{Path, PathBuf};

/// SHA-256 of bytes.
pub(crate) fn hash_of(bytes: impl AsRef<[u8]>) -> String {
    as_hex(&Sha256::digest(bytes))
}

/// SHA-256 of a file; `None` where it is not a plain file, or `stop` says so.
pub(crate) fn hash_of_file(path: &Path, stop: &dyn Fn() -> bool) -> Option<String> {
    let mut file = fs_err::File::open(path).ok()?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        if stop() {
            return None;
        }
        match file.read(&mut buffer).ok()? {
            0 => break,
            n => hasher.update(&buffer[..n]),
        }
    }
    Some(as_hex(&hasher.finalize()))
}

/// What `SQLite` writes beside a database until it goes into it.
pub(crate) const BESIDE: [&str; 2] = ["-wal", "-journal"];

/// SHA-256 of a database, and the files beside it that hold changes; with such files of its hash and
/// theirs, a line each. `None` as of [`hash_of_file`].
pub(crate) fn hash_with_beside(
    path: &Path,
    stop: &dyn Fn() -> bool,
) -> Option<(String, Vec<PathBuf>)> {
    let mut hashes = vec![hash_of_file(path, stop)?];
    let files = BESIDE.map(|suffix| beside(path, suffix));
    let holds_some = |file: &PathBuf| fs_err::metadata(file).is_ok_and(|m| m.len() > 0);
    let files: Vec<PathBuf> = files.into_iter().filter(holds_some).collect();
    for file in &files {
        hashes.push(hash_of_file(file, stop)?);
    }
    let whole = match &hashes[..] {
        [one] => one.clone(),
        several => hash_of(several.join("\n")),
    };
    Some((whole, files))
}

/// The path with something behind it.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn as_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
