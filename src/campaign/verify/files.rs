//! Every file that a campaign names, as it is now.

use super::{FileState, FileVerdict, VerifyRequest};
use crate::campaign::Campaign;
use crate::campaign::audit::AuditRow;
use crate::campaign::files::MadeFile;
use crate::campaign::import::hash_of_document;
use crate::campaign::manifest::{MANIFEST, files_below, read_manifest};
use crate::campaign::purge::purged_files;
use crate::campaign::tables::{DOCUMENTS, FILES, PHOTOS, RETURNS, SCENES};
use crate::digest::{hash_of_file, hash_with_beside};
use crate::vector::{Filter, StoreTarget};
use crate::{Error, Result};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// How a file of some table is hashed; `None` where it cannot be read.
type Hasher<'a> = &'a dyn Fn(&Path) -> Option<String>;

struct Looker<'a> {
    request: &'a VerifyRequest<'a>,
    /// The folder of the campaign's own file.
    beside: Option<PathBuf>,
    /// What the audit says was purged.
    purged: BTreeSet<PathBuf>,
    verdicts: Vec<FileVerdict>,
}

/// What became of every file, table by table.
pub(super) fn verdicts(
    campaign: &Campaign,
    audit: &[AuditRow],
    request: &VerifyRequest<'_>,
) -> Result<Vec<FileVerdict>> {
    let own = campaign.store.target().file();
    let beside = own.map(std::path::absolute).transpose()?;
    let mut looker = Looker {
        request,
        beside: beside.and_then(|own| own.parent().map(Path::to_owned)),
        purged: purged_files(audit),
        verdicts: Vec::new(),
    };
    let rows = |table| campaign.store.read(table, &Filter::All);
    let plain: Hasher<'_> = &|path| hash_of_file(path, request.stop);
    let qfield: Hasher<'_> = &|path| hash_with_beside(path, request.stop).map(|(hash, _)| hash);
    let document: Hasher<'_> = &|path| hash_of_document(path).ok();
    for row in rows(&DOCUMENTS)? {
        looker.look(
            "documents",
            &row.text("role"),
            &row.text("path"),
            &row.text("sha256"),
            document,
        )?;
    }
    let mut seen = BTreeSet::new();
    for row in rows(&SCENES)? {
        let file = (row.text("path"), row.text("sha256"));
        if row.text("failure").is_empty() && seen.insert(file.clone()) {
            looker.look("scenes", "image", &file.0, &file.1, plain)?;
        }
    }
    for row in rows(&RETURNS)? {
        // A folder of photos is looked at photo by photo; `QField` leaves changes beside its file.
        let format = row.text("format");
        if format != "photos" {
            let hash = if format == "qfield" { qfield } else { plain };
            looker.look(
                "returns",
                &format,
                &row.text("path"),
                &row.text("sha256"),
                hash,
            )?;
        }
    }
    for row in rows(&PHOTOS)? {
        looker.look(
            "photos",
            &row.text("kind"),
            &row.text("path"),
            &row.text("sha256"),
            plain,
        )?;
    }
    for row in rows(&FILES)? {
        looker.look_at_made(&MadeFile::from_row(&row))?;
    }
    Ok(looker.verdicts)
}

impl Looker<'_> {
    fn look(
        &mut self,
        table: &'static str,
        kind: &str,
        path: &str,
        sha256: &str,
        hash: Hasher<'_>,
    ) -> Result<()> {
        // What came from a server has no file.
        let is_file = StoreTarget::parse(path).file().is_some();
        let places = if is_file {
            self.places(Path::new(path))
        } else {
            Vec::new()
        };
        let verdict = if is_file && !sha256.is_empty() {
            self.judge(kind, &places, sha256, hash)?
        } else {
            (FileState::Unknown, None)
        };
        self.push(table, kind, path.into(), sha256, verdict);
        Ok(())
    }

    /// Where a file may lie: where it was, beside the campaign, in one of the folders that the user
    /// named.
    fn places(&self, path: &Path) -> Vec<PathBuf> {
        let mut places = vec![path.to_owned()];
        if let Some(beside) = self.beside.as_ref().filter(|_| path.is_relative()) {
            places.push(beside.join(path));
        }
        if let Some(name) = path.file_name() {
            let folders = self.beside.iter().chain(self.request.folders);
            places.extend(folders.map(|folder| folder.join(name)));
        }
        let mut seen = BTreeSet::new();
        places.retain(|place| seen.insert(place.clone()));
        places
    }

    /// A file whose bytes are the same counts wherever it lies; one of the same name whose bytes are
    /// others is the changed one.
    fn judge(
        &self,
        kind: &str,
        places: &[PathBuf],
        sha256: &str,
        hash: Hasher<'_>,
    ) -> Result<(FileState, Option<PathBuf>)> {
        let mut changed = None;
        for (at, place) in places
            .iter()
            .enumerate()
            .filter(|(_, place)| place.exists())
        {
            (self.request.tell)(kind, place);
            let now = hash(place);
            if (self.request.stop)() {
                return Err(Error::Interrupted);
            }
            let found = (at > 0).then(|| place.clone());
            match now {
                Some(now) if now == sha256 => return Ok((FileState::Unchanged, found)),
                Some(_) if changed.is_none() => changed = Some(found),
                _ => {}
            }
        }
        Ok(match changed {
            Some(found) => (FileState::Changed, found),
            None if self.is_purged(places) => (FileState::Purged, None),
            None => (FileState::Missing, None),
        })
    }

    fn is_purged(&self, places: &[PathBuf]) -> bool {
        places.iter().any(|place| self.purged.contains(place))
    }

    fn push(
        &mut self,
        table: &'static str,
        kind: &str,
        path: PathBuf,
        sha256: &str,
        (state, found): (FileState, Option<PathBuf>),
    ) {
        self.verdicts.push(FileVerdict {
            state,
            table,
            kind: kind.to_owned(),
            path,
            found,
            sha256: sha256.to_owned(),
        });
    }

    /// A file made of the campaign; of a folder its manifest, and every file that it lists.
    fn look_at_made(&mut self, made: &MadeFile) -> Result<()> {
        let plain: Hasher<'_> = &|path| hash_of_file(path, self.request.stop);
        let places = self.places(made.folder());
        let folder = places.into_iter().find(|place| place.is_dir());
        let Some(folder) = folder else {
            let places = self.places(&made.path);
            let verdict = if made.sha256.is_empty() {
                (FileState::Unknown, None)
            } else {
                self.judge(&made.kind, &places, &made.sha256, plain)?
            };
            self.push(
                "files",
                &made.kind,
                made.path.clone(),
                &made.sha256,
                verdict,
            );
            return Ok(());
        };
        let was_at = made.folder().to_owned();
        let manifest = [folder.join(MANIFEST)];
        let (state, _) = self.judge(&made.kind, &manifest, &made.sha256, plain)?;
        let elsewhere = |name: &str| (folder != was_at).then(|| folder.join(name));
        let kind = format!("{} manifest", made.kind);
        let verdict = (state, elsewhere(MANIFEST));
        self.push("files", &kind, was_at.join(MANIFEST), &made.sha256, verdict);
        // Whatever stands in a list that was altered is still looked at; that it was is said above.
        let Ok(listed) = read_manifest(&manifest[0]) else {
            return Ok(());
        };
        let mut there = files_below(&folder)?;
        there.remove(MANIFEST);
        let kind = format!("{} file", made.kind);
        for line in &listed {
            // Links, and names that lead out of the folder, are none of its files.
            let state = match there.remove(&line.name) {
                Some(place) => self.judge(&kind, &[place], &line.sha256, plain)?.0,
                None if self.is_purged(&[folder.join(&line.name), was_at.join(&line.name)]) => {
                    FileState::Purged
                }
                None => FileState::Missing,
            };
            let verdict = (state, elsewhere(&line.name));
            self.push(
                "files",
                &kind,
                was_at.join(&line.name),
                &line.sha256,
                verdict,
            );
        }
        for name in there.into_keys() {
            let verdict = (FileState::Added, elsewhere(&name));
            self.push("files", &kind, was_at.join(&name), "", verdict);
        }
        Ok(())
    }
}
