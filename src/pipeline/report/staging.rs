//! Folders beside an output in which it is made before it is put in place. One that a killed
//! run left is removed by the next run there.

use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const PREFIX: &str = ".tianmu-";

/// Locked as long as the run that made the folder lives.
const LOCK: &str = "in-use";

/// What was moved away to make room stays, whoever lives.
pub(super) const EARLIER: &str = "earlier";

/// A folder of a running program; it goes when this is dropped.
pub(in crate::pipeline) struct Staging {
    // Dropped in this order: what is open cannot be removed everywhere.
    lock: fs_err::File,
    folder: TempDir,
}

impl Staging {
    /// Makes one in `parent`, and removes those of runs that are no more.
    pub(in crate::pipeline) fn make_in(parent: &Path) -> io::Result<Self> {
        sweep(parent);
        loop {
            let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?;
            let place = folder.path().join(LOCK);
            let made = fs_err::OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(&place);
            let lock = match made {
                Ok(lock) => lock,
                // Another run swept it before it was locked.
                Err(e) if e.kind() == io::ErrorKind::NotFound && parent.is_dir() => continue,
                Err(e) => return Err(e),
            };
            // Where files cannot be locked, nothing is swept either.
            let _ = lock.file().try_lock();
            if place.exists() {
                return Ok(Self { lock, folder });
            }
        }
    }

    pub(in crate::pipeline) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Removes it.
    pub(in crate::pipeline) fn close(self) -> io::Result<()> {
        drop(self.lock);
        match self.folder.close() {
            // Another run took it for one that was left.
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        }
    }
}

/// Removes folders whose runs were killed.
fn sweep(parent: &Path) {
    let Ok(entries) = fs_err::read_dir(parent) else {
        return;
    };
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) || path.join(EARLIER).exists() {
            continue;
        }
        let Ok(lock) = fs_err::OpenOptions::new().write(true).open(path.join(LOCK)) else {
            // Killed before there was a lock, it is empty; only then this removes it.
            let _ = fs_err::remove_dir(&path);
            continue;
        };
        if lock.file().try_lock().is_ok() {
            drop(lock);
            drop_folder(&path);
        }
    }
}

/// Removes a folder, its lock last: cut off in between, it is still known for what it is. What
/// cannot be removed is left for another time.
fn drop_folder(path: &Path) {
    let entries = fs_err::read_dir(path).into_iter().flatten();
    for entry in entries.filter_map(Result::ok) {
        let inside = entry.path();
        if entry.file_name() != LOCK {
            let _ = fs_err::remove_file(&inside).or_else(|_| fs_err::remove_dir_all(&inside));
        }
    }
    let _ = fs_err::remove_file(path.join(LOCK));
    let _ = fs_err::remove_dir(path);
}

/// A raster that is written and waits beside its target.
pub struct MadeRaster {
    target: PathBuf,
    file: PathBuf,
    // It goes with everything in it.
    _folder: Staging,
}

impl MadeRaster {
    /// `file` lies in `folder`, which lies beside `target`.
    pub(in crate::pipeline) fn new(target: PathBuf, file: PathBuf, folder: Staging) -> Self {
        Self {
            target,
            file,
            _folder: folder,
        }
    }

    pub(super) fn target(&self) -> &Path {
        &self.target
    }

    /// Moves it to a place on the same disk.
    pub(super) fn move_to(&self, place: &Path) -> io::Result<()> {
        fs_err::rename(&self.file, place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_run_left_goes_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let living = Staging::make_in(dir.path()).unwrap();
        for name in [".tianmu-dead", ".tianmu-with-earlier", ".other"] {
            fs_err::create_dir(dir.path().join(name)).unwrap();
            fs_err::write(dir.path().join(name).join(LOCK), "").unwrap();
        }
        fs_err::create_dir(dir.path().join(".tianmu-empty")).unwrap();
        fs_err::create_dir(dir.path().join(".tianmu-unlocked")).unwrap();
        fs_err::write(dir.path().join(".tianmu-unlocked/file"), "").unwrap();
        fs_err::write(dir.path().join(".tianmu-with-earlier").join(EARLIER), "").unwrap();
        Staging::make_in(dir.path()).unwrap().close().unwrap();
        let has = |name: &str| dir.path().join(name).exists();
        assert!(living.path().exists() && !has(".tianmu-dead") && !has(".tianmu-empty"));
        assert!(has(".tianmu-with-earlier") && has(".other") && has(".tianmu-unlocked"));
    }
}
