//! Outputs that appear whole or not at all: written in a folder of their own beside
//! the target, synced, then renamed into place.

use super::staging::Staging;
use crate::vector::geopackage;
use crate::{Error, Result};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use tempfile::TempPath;

/// Tables that mark a GeoPackage as a campaign, which no scan may replace.
const CAMPAIGN_TABLES: [&str; 2] = ["audit", "campaign"];

/// Which files that stand in the place of outputs may be replaced.
#[derive(Debug, Clone, Copy, Default)]
pub struct Replace<'a> {
    /// Any, as `--overwrite` says.
    pub any: bool,
    /// These: what this very run had put in place before it was cut off.
    pub own: &'a [PathBuf],
}

impl Replace<'_> {
    fn allows(&self, path: &Path) -> bool {
        self.any || self.own.iter().any(|own| own == path)
    }
}

impl From<bool> for Replace<'_> {
    fn from(any: bool) -> Self {
        Self { any, own: &[] }
    }
}

/// How outputs go to their places.
pub struct Placing<'a> {
    /// What they may replace.
    pub replace: Replace<'a>,
    /// Told when all is written and about to be put in place.
    pub note: &'a mut Note<'a>,
}

/// Takes each place, and what goes there.
pub type Note<'a> = dyn FnMut(&[(PathBuf, PathBuf)]) -> Result<()> + 'a;

/// Checks that every output may be written: no name twice, the folder exists, and
/// nothing stands there that may not be replaced. A campaign file is refused even then,
/// and so is a database that another program has open. Call it before hours of
/// work, [`write_atomically`] calls it again.
pub fn check_outputs<'a>(paths: &[PathBuf], replace: impl Into<Replace<'a>>) -> Result<()> {
    let replace = replace.into();
    for (index, path) in paths.iter().enumerate() {
        let place = place_of(path)?;
        for other in &paths[..index] {
            if place_of(other)? == place {
                return Err(Error::Setting {
                    name: "--output".into(),
                    seen: path.display().to_string(),
                    wanted: "a different name for each output".into(),
                });
            }
        }
        check_target(path, replace)?;
    }
    Ok(())
}

/// Checks, before any work, that a folder can be made or written.
pub fn check_folder_place(folder: &Path) -> Result<()> {
    let above = std::path::absolute(folder)?;
    let Some(above) = above.ancestors().find(|above| above.exists()) else {
        return Ok(());
    };
    Staging::make_in(above)
        .and_then(Staging::close)
        .map_err(|e| Error::WriteOutput {
            path: folder.to_owned(),
            reason: format!("`{}` cannot be written ({e})", above.display()),
        })
}

/// Refuses outputs that are inputs of the run, by whatever name or link.
pub fn refuse_inputs(outputs: &[PathBuf], inputs: &[PathBuf]) -> Result<()> {
    let real = |path: &Path| fs_err::canonicalize(path).ok();
    let inputs: Vec<(PathBuf, &PathBuf)> =
        inputs.iter().filter_map(|i| Some((real(i)?, i))).collect();
    for output in outputs {
        let Some(place) = real(output) else { continue };
        if let Some((_, input)) = inputs.iter().find(|(i, _)| *i == place) {
            return Err(Error::OutputIsInput {
                path: output.clone(),
                input: (*input).clone(),
            });
        }
    }
    Ok(())
}

/// Writes all outputs: `write` is called with each target and the temporary path to
/// fill, which has the same file name. Only when all are written and synced are they
/// renamed into place, one after the other; on any error before that, the temporaries vanish and
/// old files stay.
pub fn write_atomically<'a>(
    paths: &[PathBuf],
    replace: impl Into<Replace<'a>>,
    write: impl FnMut(&Path, &Path) -> Result<()>,
) -> Result<()> {
    let mut placing = Placing {
        replace: replace.into(),
        note: &mut |_| Ok(()),
    };
    write_noted(paths, &mut placing, write)
}

/// The same; whoever is to know is told before the first is put in place.
pub fn write_noted(
    paths: &[PathBuf],
    placing: &mut Placing<'_>,
    mut write: impl FnMut(&Path, &Path) -> Result<()>,
) -> Result<()> {
    let replace = placing.replace;
    check_outputs(paths, replace)?;
    // All folders first: a place that cannot be written shows before any work.
    let staged: Vec<(PathBuf, Staging, PathBuf)> =
        paths.iter().map(|p| stage(p)).collect::<Result<_>>()?;
    for (target, _, temporary) in &staged {
        write(target, temporary)
            .and_then(|()| sync_file(temporary))
            .map_err(|e| name_target(e, target, temporary))?;
    }
    let places = staged
        .iter()
        .map(|(target, _, made)| (target.clone(), made.clone()));
    (placing.note)(&places.collect::<Vec<_>>())?;
    for (target, folder, temporary) in staged {
        check_target(&target, replace)?;
        put_in_place(&target, temporary, replace.allows(&target))?;
        let parent = parent_of(&target).to_owned();
        folder.close()?;
        sync_folder(&parent);
    }
    Ok(())
}

fn check_target(path: &Path, replace: Replace<'_>) -> Result<()> {
    let refuse = |reason: String| {
        Err(Error::WriteOutput {
            path: path.to_owned(),
            reason,
        })
    };
    // SQLite would mix what stands in these into whatever database bears the name.
    for suffix in ["-journal", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        let beside = PathBuf::from(name);
        if fs_err::symlink_metadata(&beside).is_ok() {
            return refuse(format!(
                "`{}` lies beside it: another program has it open, or ended badly; close it \
                 there, or open and close it in QGIS",
                beside.display()
            ));
        }
    }
    let Ok(found) = fs_err::symlink_metadata(path) else {
        return Ok(());
    };
    if found.is_dir() {
        return refuse("it is a folder".into());
    }
    if !replace.allows(path) {
        return Err(Error::OutputExists {
            path: path.to_owned(),
        });
    }
    if path.is_file()
        && geopackage::is_database(path)?
        && geopackage::has_table(path, &CAMPAIGN_TABLES)?
    {
        return refuse(
            "it is a campaign file, which is never replaced; choose another name".into(),
        );
    }
    Ok(())
}

fn stage(target: &Path) -> Result<(PathBuf, Staging, PathBuf)> {
    let folder = Staging::make_in(parent_of(target)).map_err(|e| Error::WriteOutput {
        path: target.to_owned(),
        reason: format!("its folder cannot be written ({e})"),
    })?;
    let name = target.file_name().unwrap_or_default();
    let temporary = folder.path().join(name);
    Ok((target.to_owned(), folder, temporary))
}

/// Users know the target, not the temporary beside it.
pub(super) fn name_target(error: Error, target: &Path, temporary: &Path) -> Error {
    let reason = match error {
        Error::WriteOutput { reason, .. } => reason,
        Error::Io(e) => e.to_string(),
        other => return other,
    };
    let shown = |path: &Path| path.display().to_string();
    Error::WriteOutput {
        path: target.to_owned(),
        reason: reason.replace(&shown(temporary), &shown(target)),
    }
}

pub(super) fn sync_file(path: &Path) -> Result<()> {
    let file = fs_err::OpenOptions::new().write(true).open(path)?;
    Ok(file.sync_all()?)
}

/// Renames a file into place on the same disk.
pub fn put_in_place(target: &Path, temporary: PathBuf, overwrite: bool) -> Result<()> {
    if overwrite {
        return Ok(fs_err::rename(temporary, target)?);
    }
    // Another program may have made the target in the meantime.
    let temporary = TempPath::try_from_path(temporary)?;
    match temporary.persist_noclobber(target) {
        Ok(()) => Ok(()),
        Err(e) if e.error.kind() == ErrorKind::AlreadyExists => Err(Error::OutputExists {
            path: target.to_owned(),
        }),
        // Memory sticks (FAT) know neither hard links nor renaming without replacing.
        Err(e) => Ok(fs_err::rename(&e.path, target)?),
    }
}

/// The folder of the target, resolved, and its name: the same for two ways of
/// writing one path.
fn place_of(path: &Path) -> Result<PathBuf> {
    let refuse = |reason: &str| Error::WriteOutput {
        path: path.to_owned(),
        reason: reason.into(),
    };
    let name = path.file_name().ok_or_else(|| refuse("it names no file"))?;
    let parent = parent_of(path);
    if !parent.is_dir() {
        return Err(refuse(&format!(
            "its folder `{}` does not exist; make it first",
            parent.display()
        )));
    }
    Ok(fs_err::canonicalize(parent)?.join(name))
}

pub(super) fn parent_of(path: &Path) -> &Path {
    path.parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Makes the rename last through a power cut, where the system offers that.
pub(super) fn sync_folder(folder: &Path) {
    if cfg!(unix)
        && let Ok(open) = fs_err::File::open(folder)
    {
        // Some network file systems refuse; the file itself is synced already.
        let _ = open.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs_err::read_dir(dir)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn put(text: &'static str) -> impl FnMut(&Path, &Path) -> Result<()> {
        move |_, temporary| Ok(fs_err::write(temporary, text)?)
    }

    #[test]
    fn outputs_appear_together_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let paths = [dir.path().join("线索 1.csv"), dir.path().join("b.geojson")];
        write_atomically(&paths, false, put("new")).unwrap();
        assert_eq!(names(dir.path()), ["b.geojson", "线索 1.csv"]);
        assert_eq!(fs_err::read_to_string(&paths[0]).unwrap(), "new");
    }

    #[test]
    fn an_existing_file_stays_unless_told() {
        let dir = tempfile::tempdir().unwrap();
        let paths = [dir.path().join("new.csv"), dir.path().join("old.csv")];
        fs_err::write(&paths[1], "old").unwrap();
        let mut calls = 0;
        let refused = write_atomically(&paths, false, |_, _| {
            calls += 1;
            Ok(())
        });
        assert!(matches!(refused, Err(Error::OutputExists { path }) if path == paths[1]));
        assert_eq!((calls, names(dir.path())), (0, vec!["old.csv".to_owned()]));
        write_atomically(&paths, true, put("new")).unwrap();
        assert_eq!(fs_err::read_to_string(&paths[1]).unwrap(), "new");
    }

    #[test]
    fn a_target_made_in_the_meantime_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        let refused = write_atomically(std::slice::from_ref(&path), false, |target, temporary| {
            fs_err::write(target, "theirs")?;
            Ok(fs_err::write(temporary, "ours")?)
        });
        assert!(matches!(refused, Err(Error::OutputExists { .. })));
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "theirs");
        assert_eq!(names(dir.path()), ["a.csv"]);
    }

    #[test]
    fn a_failure_leaves_old_files_and_no_temporaries() {
        let dir = tempfile::tempdir().unwrap();
        let paths = [dir.path().join("a.csv"), dir.path().join("b.csv")];
        fs_err::write(&paths[0], "old").unwrap();
        let mut call = 0;
        let failed = write_atomically(&paths, true, |_, temporary| {
            call += 1;
            fs_err::write(temporary, "half")?;
            if call == 2 {
                return Err(Error::Internal("stop".into()));
            }
            Ok(())
        });
        assert!(matches!(failed, Err(Error::Internal(_))));
        assert_eq!(names(dir.path()), ["a.csv"]);
        assert_eq!(fs_err::read_to_string(&paths[0]).unwrap(), "old");
    }

    #[test]
    fn errors_name_the_target() {
        let dir = tempfile::tempdir().unwrap();
        let paths = [dir.path().join("a.csv")];
        let error = write_atomically(&paths, false, |_, temporary| {
            Ok(fs_err::read(temporary).map(drop)?)
        })
        .unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("a.csv`: ") && !text.contains(".tianmu-"),
            "{text}"
        );
    }

    #[test]
    fn impossible_places_are_named_before_work() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs_err::write(&file, "").unwrap();
        let reason = |paths: &[PathBuf]| check_outputs(paths, true).unwrap_err().to_string();
        assert!(reason(&[dir.path().join("no/a.csv")]).contains("does not exist"));
        assert!(reason(&[file.join("a.csv")]).contains("does not exist"));
        assert!(reason(&[dir.path().to_owned()]).contains("it is a folder"));
        let twice = [dir.path().join("a.csv"), dir.path().join("./a.csv")];
        assert!(reason(&twice).contains("different name"));
        let open = dir.path().join("a.gpkg");
        fs_err::write(dir.path().join("a.gpkg-wal"), "").unwrap();
        assert!(reason(&[open]).contains("another program"));
    }
}
