//! SHA-256 of files and texts, as lower-case hex.

use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::Read;
use std::path::Path;

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

fn as_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
