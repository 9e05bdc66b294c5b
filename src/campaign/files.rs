//! Files made of a campaign that lie outside of it: packs, reports, folders of chips. Each is noted
//! with its hash, so that `verify` and `campaign purge` find it.

use super::Moment;
use super::manifest::MANIFEST;
use super::tables::FILES;
use crate::digest::hash_of_file;
use crate::vector::{Change, Filter, Row, Shape, StoredRow, Value};
use crate::{Error, Result};
use std::path::{Path, PathBuf};

/// What was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MadeKind {
    /// A field pack.
    Pack,
    /// A report.
    Report,
    /// Training chips.
    Chips,
}

impl MadeKind {
    /// Its machine name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pack => "pack",
            Self::Report => "report",
            Self::Chips => "chips",
        }
    }
}

/// A row of the table `files`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeFile {
    /// Where it lies: a file, or a folder with a manifest.
    pub path: PathBuf,
    /// `pack`, `report` or `chips`.
    pub kind: String,
    /// SHA-256 of the file; of a folder that of its manifest.
    pub sha256: String,
    /// Bytes of the file that was hashed.
    pub size: u64,
}

impl MadeFile {
    /// A folder that is to stand at `target`, or a file; its bytes lie at `made` now.
    ///
    /// # Errors
    /// [`Error::WriteOutput`] where it cannot be read again.
    pub fn of(kind: MadeKind, target: &Path, made: &Path) -> Result<Self> {
        let hashed = if made.is_dir() {
            made.join(MANIFEST)
        } else {
            made.to_owned()
        };
        let sha256 = hash_of_file(&hashed, &|| false).ok_or_else(|| Error::WriteOutput {
            path: target.to_owned(),
            reason: "it cannot be read again for its hash".into(),
        })?;
        Ok(Self {
            path: std::path::absolute(target)?,
            kind: kind.name().into(),
            sha256,
            size: fs_err::metadata(&hashed)?.len(),
        })
    }

    /// A row of the table `files`.
    #[must_use]
    pub fn from_row(row: &StoredRow) -> Self {
        Self {
            path: row.text("path").into(),
            kind: row.text("kind"),
            sha256: row.text("sha256"),
            size: row
                .integer("size")
                .and_then(|n| u64::try_from(n).ok())
                .unwrap_or(0),
        }
    }

    /// The folder, for what was noted by its manifest as well as for what was noted by itself.
    #[must_use]
    pub fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(parent) if self.path.file_name().is_some_and(|n| n == MANIFEST) => parent,
            _ => &self.path,
        }
    }

    /// Notes it in the campaign; what was noted of the same place before is no more.
    ///
    /// # Errors
    /// [`Error::Store`] where the campaign does not take it.
    pub fn note(&self, change: &mut Change<'_>, moment: Moment<'_>) -> Result<()> {
        let path = self.path.display().to_string();
        change.delete(&FILES, &Filter::Equals("path", path.clone().into()))?;
        let row = Row {
            shape: Shape::None,
            values: vec![
                path.into(),
                self.kind.as_str().into(),
                self.sha256.as_str().into(),
                i64::try_from(self.size).map_or(Value::Null, Value::Integer),
                moment.now.into(),
            ],
        };
        change.insert(&FILES, std::iter::once(row)).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_hashed_by_its_manifest() {
        let dir = tempfile::tempdir().unwrap();
        let made = dir.path().join("new");
        fs_err::create_dir(&made).unwrap();
        fs_err::write(made.join(MANIFEST), "abc").unwrap();
        let file = MadeFile::of(MadeKind::Pack, Path::new("pack"), &made).unwrap();
        assert!(file.path.is_absolute() && file.path.ends_with("pack"));
        assert_eq!((file.kind.as_str(), file.size), ("pack", 3));
        assert_eq!(&file.sha256[..8], "ba7816bf");
        assert_eq!(file.folder(), file.path);
        let by_manifest = MadeFile {
            path: file.path.join(MANIFEST),
            ..file.clone()
        };
        assert_eq!(by_manifest.folder(), file.path);
        assert!(MadeFile::of(MadeKind::Pack, Path::new("a"), Path::new("none")).is_err());
    }
}
