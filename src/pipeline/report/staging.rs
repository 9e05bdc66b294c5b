//! Folders beside an output in which it is made before it is put in place. One that a killed
//! run left is removed by the next run there.

use std::io;
use std::path::Path;
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
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?;
        let lock = fs_err::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(folder.path().join(LOCK))?;
        // Where files cannot be locked, nothing is swept either.
        let _ = lock.file().try_lock();
        Ok(Self { lock, folder })
    }

    pub(in crate::pipeline) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Removes it.
    pub(in crate::pipeline) fn close(self) -> io::Result<()> {
        drop(self.lock);
        self.folder.close()
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
            continue;
        };
        if lock.file().try_lock().is_ok() {
            drop(lock);
            // What cannot be removed is left for another time.
            let _ = fs_err::remove_dir_all(&path);
        }
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
        fs_err::create_dir(dir.path().join(".tianmu-unlocked")).unwrap();
        fs_err::write(dir.path().join(".tianmu-with-earlier").join(EARLIER), "").unwrap();
        Staging::make_in(dir.path()).unwrap().close().unwrap();
        let has = |name: &str| dir.path().join(name).exists();
        assert!(living.path().exists() && !has(".tianmu-dead"));
        assert!(has(".tianmu-with-earlier") && has(".other") && has(".tianmu-unlocked"));
    }
}
