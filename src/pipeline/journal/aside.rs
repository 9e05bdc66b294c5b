//! Going on with a journal, or beginning anew: what another run did is set aside, not lost, until
//! this one is done.

use super::{Begun, DAMAGED, Journal, JournalHead, OTHER_VERSION};
use crate::{Error, Result};
use std::path::{Path, PathBuf};

/// Where a journal goes that a run cannot use.
fn aside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".old");
    name.into()
}

impl Journal {
    /// Goes on with what stands at `path`, as [`Journal::open`] gave it in `kept`, or with what
    /// was set aside there, if it is of the same plan; else begins anew. While it is open no
    /// other program can use it.
    pub fn go_on(
        path: &Path,
        kept: Result<Option<Self>>,
        head: JournalHead,
    ) -> Result<(Self, Begun)> {
        let mut begun = Begun::Afresh;
        let mut is_worth_keeping = true;
        match kept {
            Ok(Some(kept)) => match kept.head.plan.difference(&head.plan) {
                None => {
                    let rows = kept.rows.len() as u64;
                    return Ok((kept, Begun::GoesOn(rows)));
                }
                Some(why) => {
                    is_worth_keeping = kept.holds_rows();
                    begun = Begun::Anew(why);
                }
            },
            Ok(None) => is_worth_keeping = false,
            Err(Error::Journal { problem, .. }) if problem == DAMAGED => {
                begun = Begun::Anew("its beginning is damaged".into());
            }
            Err(Error::Journal { problem, .. }) if problem == OTHER_VERSION => {
                begun = Begun::Anew("another version of the program made it".into());
            }
            Err(error) => return Err(error),
        }
        if let Some(earlier) = Self::take_back(path, &head, is_worth_keeping)? {
            let rows = earlier.rows.len() as u64;
            return Ok((earlier, Begun::GoesOn(rows)));
        }
        if is_worth_keeping {
            fs_err::rename(path, aside(path))?;
        }
        Ok((Self::begin(path, head)?, begun))
    }

    /// What was set aside, if it is of this plan; what stood in its place is set aside then,
    /// where it is `worth_keeping`.
    fn take_back(path: &Path, head: &JournalHead, worth_keeping: bool) -> Result<Option<Self>> {
        let aside = aside(path);
        let earlier = Self::open(&aside);
        if !matches!(earlier, Ok(Some(earlier)) if earlier.is_of(head) && earlier.holds_rows()) {
            return Ok(None);
        }
        if worth_keeping {
            let mut between = aside.clone().into_os_string();
            between.push("er");
            fs_err::rename(path, &between)?;
            fs_err::rename(&aside, path)?;
            fs_err::rename(&between, &aside)?;
        } else {
            fs_err::rename(&aside, path)?;
        }
        Self::open(path)
    }

    /// Whether a run of this plan goes on with it.
    #[must_use]
    pub fn is_of(&self, head: &JournalHead) -> bool {
        self.head.plan.difference(&head.plan).is_none()
    }

    /// Removes what stands at `path`, if it is a journal that nobody uses.
    pub fn discard(path: &Path) -> Result<()> {
        match Self::open(path) {
            Ok(None) => Ok(()),
            Ok(Some(journal)) => journal.remove(),
            Err(Error::Journal { problem, .. })
                if [DAMAGED, OTHER_VERSION].contains(&&*problem) =>
            {
                Ok(fs_err::remove_file(path)?)
            }
            Err(error) => Err(error),
        }
    }

    /// Removes the file, and what was set aside for it: all it was for is done.
    pub fn remove(self) -> Result<()> {
        let path = self.path().to_owned();
        drop(self);
        fs_err::remove_file(&path)?;
        Self::remove_aside(&path)
    }

    /// Removes the file, and puts back what was set aside for it.
    pub fn withdraw(self) -> Result<()> {
        let path = self.path().to_owned();
        drop(self);
        fs_err::remove_file(&path)?;
        let aside = aside(&path);
        if aside.exists() {
            fs_err::rename(aside, path)?;
        }
        Ok(())
    }

    /// Removes what was set aside for the journal at `path`: results that are newer are there.
    pub fn remove_aside(path: &Path) -> Result<()> {
        match fs_err::remove_file(aside(path)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}
