//! Where a store lies: a file, or a connection string.

use crate::Error;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Where a store lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreTarget {
    /// A GeoPackage.
    File(PathBuf),
    /// A connection string of PostGIS, as `PG:host=… dbname=… user=…`.
    PostGis(String),
}

impl StoreTarget {
    /// What a user writes: `PG:…` (or `postgresql://…`) is a server, everything else a file.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let starts = |word: &str| {
            text.get(..word.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(word))
        };
        if starts("PG:") {
            Self::PostGis(format!("PG:{}", &text[3..]))
        } else if starts("postgresql://") || starts("postgres://") {
            Self::PostGis(text.to_owned())
        } else {
            Self::File(text.into())
        }
    }

    /// The file; `None` for a server.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::PostGis(_) => None,
        }
    }

    /// What is wrong with the store, with a hint at what may help.
    pub(super) fn problem(&self, problem: impl Into<String>) -> Error {
        Error::Store {
            target: self.to_string(),
            problem: self.without_secret(&problem.into()),
            hint: match self {
                Self::File(_) => {
                    "check that the file may be read and written and that the disk has room".into()
                }
                Self::PostGis(_) => {
                    "check host, port, database, user and password, and that the server has PostGIS"
                        .into()
                }
            },
        }
    }

    /// Another program is writing.
    pub(super) fn busy(&self) -> Error {
        Error::Store {
            target: self.to_string(),
            problem: "is being written by another program".into(),
            hint: "wait until it is done, end editing in QGIS, or give more time with `--wait`"
                .into(),
        }
    }

    /// The last step failed: the reason is not told.
    pub(super) fn not_kept(&self) -> Error {
        Error::Store {
            target: self.to_string(),
            problem: "did not keep the change: another program is reading all the time, the disk \
                      is full, or the connection broke"
                .into(),
            hint:
                "nothing was changed; close it in QGIS and other programs, check free space, and \
                   do it again"
                    .into(),
        }
    }

    /// A text without the password of the connection string.
    fn without_secret(&self, text: &str) -> String {
        let Self::PostGis(connection) = self else {
            return text.to_owned();
        };
        secrets(connection)
            .into_iter()
            .map(|place| &connection[place])
            .filter(|secret| !secret.is_empty())
            .fold(text.to_owned(), |text, secret| text.replace(secret, HIDDEN))
    }
}

/// What stands in the place of a password.
const HIDDEN: &str = "***";

/// Where passwords stand in a connection string: `password=…`, quoted or not, with blanks or not,
/// and `//user:…@`.
fn secrets(connection: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, key) in connection.match_indices("password") {
        let rest = &connection[at + key.len()..];
        let Some(value) = rest.trim_start().strip_prefix('=') else {
            continue;
        };
        let value = value.trim_start();
        let start = connection.len() - value.len();
        let length = match value.strip_prefix('\'') {
            // A quote inside has a backslash before it.
            Some(quoted) => {
                let mut escaped = false;
                let end = quoted.find(|c| {
                    let is_end = c == '\'' && !escaped;
                    escaped = c == '\\' && !escaped;
                    is_end
                });
                end.map_or(value.len(), |end| end + 2)
            }
            None => value
                .find(|c: char| c.is_whitespace() || c == '&')
                .unwrap_or(value.len()),
        };
        found.push(start..start + length);
    }
    if let Some(start) = connection.find("://").map(|at| at + 3)
        && let Some(end) = connection[start..].rfind('@').map(|at| start + at)
        && let Some(colon) = connection[start..end].find(':').map(|at| start + at)
    {
        found.push(colon + 1..end);
    }
    found.sort_by_key(|place| place.start);
    found
}

impl fmt::Display for StoreTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::PostGis(connection) => {
                let mut shown = 0;
                for place in secrets(connection) {
                    if place.start >= shown {
                        write!(f, "{}{HIDDEN}", &connection[shown..place.start])?;
                        shown = place.end;
                    }
                }
                f.write_str(&connection[shown..])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_never_shown() {
        for text in [
            "PG:host=db password=geheim dbname=x",
            "pg:dbname=x password='ge heim' host=db",
            "postgresql://me:geheim@db/x",
            "PG:dbname=x password=geheim",
            "PG:dbname=x password = 'ge\\'heim\\\\' host=db",
            "postgresql://db/x?user=me&password=geheim&sslmode=require",
            "PG:dbname=x password='geheim",
        ] {
            let target = StoreTarget::parse(text);
            let shown = format!("{target} {}", target.problem("login ge heim geheim failed"));
            assert!(target.file().is_none());
            assert!(!target.to_string().contains("heim"), "{shown}");
        }
        let short = StoreTarget::parse("PG:host=a dbname=b password=a user=a");
        assert_eq!(short.to_string(), "PG:host=a dbname=b password=*** user=a");
        let file = StoreTarget::parse("2026/县.gpkg");
        assert_eq!(file.to_string(), "2026/县.gpkg");
        assert_eq!(
            StoreTarget::parse("图.gpkg").file(),
            Some(Path::new("图.gpkg"))
        );
    }
}
