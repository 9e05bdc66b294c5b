//! A folder of results that appears whole or not at all: filled beside its place, synced,
//! then renamed.

use super::atomic::{name_target, parent_of, sync_file, sync_folder};
use super::staging::{EARLIER, Staging};
use crate::{Error, Result};
use std::path::{Path, PathBuf};

/// What marks a folder as one that a run wrote, so that another may replace it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FolderKind {
    /// A file that every such folder has.
    pub(crate) marker: &'static str,
    /// How that file begins.
    pub(crate) begins: &'static str,
    /// Everything else that may lie there.
    pub(crate) others: &'static [&'static str],
}

/// A folder being filled.
pub(crate) struct NewFolder {
    target: PathBuf,
    kind: FolderKind,
    overwrite: bool,
    filled: PathBuf,
    // Dropped last: what lies in it goes with it.
    staging: Staging,
}

impl NewFolder {
    /// Makes an empty folder beside the target.
    pub(crate) fn begin(target: &Path, kind: FolderKind, overwrite: bool) -> Result<Self> {
        check_folder(target, kind, overwrite)?;
        let target = place_of(target)?;
        let staging = Staging::make_in(parent_of(&target))
            .map_err(|e| refused(&target, format!("its folder cannot be written ({e})")))?;
        let filled = staging.path().join("new");
        fs_err::create_dir(&filled)?;
        Ok(Self {
            target,
            kind,
            overwrite,
            filled,
            staging,
        })
    }

    /// Where its files are to be written.
    pub(crate) fn path(&self) -> &Path {
        &self.filled
    }

    /// The same error, naming the folder that the user knows.
    pub(crate) fn name(&self, error: Error) -> Error {
        name_target(error, &self.target, &self.filled)
    }

    /// Syncs all files and puts the folder in place, instead of an earlier one.
    pub(crate) fn finish(self) -> Result<()> {
        sync_below(&self.filled).map_err(|e| self.name(e))?;
        check_folder(&self.target, self.kind, self.overwrite)?;
        let earlier = self.staging.path().join(EARLIER);
        if self.target.exists() {
            fs_err::rename(&self.target, &earlier).map_err(|e| self.name(e.into()))?;
        }
        if let Err(e) = fs_err::rename(&self.filled, &self.target) {
            if earlier.exists() {
                fs_err::rename(&earlier, &self.target)?;
            }
            return Err(self.name(e.into()));
        }
        sync_folder(parent_of(&self.target));
        Ok(self.staging.close()?)
    }
}

/// Refuses a place where the folder cannot appear: its parent is missing, something that no
/// run wrote stands there, or an earlier folder without `overwrite`. An empty folder may stand
/// there. Meant for before the work too.
pub(crate) fn check_folder(target: &Path, kind: FolderKind, overwrite: bool) -> Result<()> {
    let place = place_of(target)?;
    if !place.exists() {
        return Ok(());
    }
    if !place.is_dir() {
        return Err(taken(target, "it is a file".into()));
    }
    let mut names = Vec::new();
    for entry in fs_err::read_dir(&place)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    if names.is_empty() {
        return Ok(());
    }
    names.sort();
    let foreign = names
        .iter()
        .find(|n| **n != kind.marker && !kind.others.contains(&n.as_str()));
    if let Some(name) = foreign {
        return Err(taken(
            target,
            format!("it holds `{name}`, which no run wrote there"),
        ));
    }
    let ours = fs_err::read(place.join(kind.marker))
        .is_ok_and(|bytes| bytes.starts_with(kind.begins.as_bytes()));
    if !ours {
        let marker = kind.marker;
        return Err(taken(
            target,
            format!("it has no `{marker}` of an earlier run, so it may hold work of yours"),
        ));
    }
    if !overwrite {
        return Err(Error::OutputExists {
            path: target.to_owned(),
        });
    }
    Ok(())
}

/// The folder with links and relative parts resolved.
pub(super) fn place_of(target: &Path) -> Result<PathBuf> {
    if target.exists() {
        return Ok(fs_err::canonicalize(target)?);
    }
    let parent = parent_of(target);
    if !parent.is_dir() {
        return Err(refused(
            target,
            format!(
                "its folder `{}` does not exist; make it first",
                parent.display()
            ),
        ));
    }
    let name = target
        .file_name()
        .ok_or_else(|| refused(target, "it names no folder".into()))?;
    Ok(fs_err::canonicalize(parent)?.join(name))
}

fn refused(target: &Path, reason: String) -> Error {
    Error::WriteOutput {
        path: target.to_owned(),
        reason,
    }
}

fn taken(target: &Path, reason: String) -> Error {
    Error::OutputTaken {
        path: target.to_owned(),
        reason,
    }
}

fn sync_below(folder: &Path) -> Result<()> {
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sync_below(&path)?;
        } else {
            sync_file(&path)?;
        }
    }
    sync_folder(folder);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: FolderKind = FolderKind {
        marker: "list.csv",
        begins: "ours",
        others: &["images"],
    };

    fn written(target: &Path, text: &str, overwrite: bool) -> Result<()> {
        let new = NewFolder::begin(target, KIND, overwrite)?;
        fs_err::create_dir(new.path().join("images"))?;
        fs_err::write(new.path().join("list.csv"), text)?;
        new.finish()
    }

    fn list(target: &Path) -> String {
        fs_err::read_to_string(target.join("list.csv")).unwrap()
    }

    #[test]
    fn it_appears_whole_and_is_replaced_only_when_told() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("切片 1");
        fs_err::create_dir(&target).unwrap();
        written(&target, "ours 1", false).unwrap();
        let refused = written(&target, "ours 2", false);
        assert!(matches!(refused, Err(Error::OutputExists { .. })));
        assert_eq!(list(&target), "ours 1");
        written(&target, "ours 2", true).unwrap();
        assert_eq!(list(&target), "ours 2");
        assert_eq!(fs_err::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_no_run_wrote_is_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("a");
        fs_err::create_dir(&target).unwrap();
        for name in ["list.csv", "letter.doc"] {
            fs_err::write(target.join(name), "mine").unwrap();
            let refused = written(&target, "ours", true);
            assert!(matches!(refused, Err(Error::OutputTaken { .. })), "{name}");
            assert_eq!(list(&target), "mine");
        }
        assert!(written(&target.join("list.csv"), "ours", true).is_err());
        assert!(written(&dir.path().join("no/b"), "ours", true).is_err());
    }

    #[test]
    fn what_is_given_up_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("a");
        let new = NewFolder::begin(&target, KIND, false).unwrap();
        fs_err::write(new.path().join("list.csv"), "half").unwrap();
        drop(new);
        assert_eq!(fs_err::read_dir(dir.path()).unwrap().count(), 0);
    }
}
