//! Where a store lies: a file, or a connection string.

use crate::Error;
use std::fmt;
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

    /// A text without the password of the connection string.
    fn without_secret(&self, text: &str) -> String {
        match self {
            Self::File(_) => text.to_owned(),
            Self::PostGis(connection) => secrets(connection)
                .into_iter()
                .filter(|secret| !secret.is_empty())
                .fold(text.to_owned(), |text, secret| text.replace(&secret, "***")),
        }
    }
}

/// Passwords in a connection string: `password=…`, quoted or not, and `//user:…@`.
fn secrets(connection: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, key) in connection.match_indices("password=") {
        let rest = &connection[at + key.len()..];
        let secret = match rest.strip_prefix('\'') {
            Some(quoted) => quoted.split('\'').next(),
            None => rest.split([' ', '&']).next(),
        };
        found.extend(secret.map(str::to_owned));
    }
    if let Some((_, rest)) = connection.split_once("://")
        && let Some((login, _)) = rest.rsplit_once('@')
        && let Some((_, secret)) = login.split_once(':')
    {
        found.push(secret.to_owned());
    }
    found
}

impl fmt::Display for StoreTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::PostGis(connection) => f.write_str(&self.without_secret(connection)),
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
        ] {
            let target = StoreTarget::parse(text);
            let shown = format!("{target} {}", target.problem("login ge heim geheim failed"));
            assert!(target.file().is_none());
            assert!(!target.to_string().contains("heim"), "{shown}");
        }
        let file = StoreTarget::parse("2026/县.gpkg");
        assert_eq!(file.to_string(), "2026/县.gpkg");
        assert_eq!(
            StoreTarget::parse("图.gpkg").file(),
            Some(Path::new("图.gpkg"))
        );
    }
}
