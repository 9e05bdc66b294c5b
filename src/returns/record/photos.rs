//! Photos that rows name: their hashes, taken before the campaign is locked.

use crate::digest::hash_of_file;
use crate::returns::{Photo, ReturnFile};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A photo on its way into the campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NewPhoto {
    pub(super) check_id: String,
    pub(super) site_id: String,
    pub(super) path: String,
    pub(super) kind: String,
    pub(super) sha256: String,
    pub(super) taken_at: String,
}

/// SHA-256 of photos by where they lie.
#[derive(Debug, Default)]
pub(super) struct Hashes(BTreeMap<PathBuf, String>);

impl Hashes {
    pub(super) fn of(files: &[ReturnFile]) -> Self {
        let mut hashes = BTreeMap::new();
        let photos = files.iter().flat_map(|f| &f.rows).flat_map(|r| &r.photos);
        for path in photos.filter_map(|photo| photo.path.as_ref()) {
            if !hashes.contains_key(path)
                && let Some(hash) = hash_of_file(path, &|| false)
            {
                hashes.insert(path.clone(), hash);
            }
        }
        Self(hashes)
    }

    /// A photo as a row of the campaign; `None` where it is not there.
    pub(super) fn photo(&self, photo: &Photo, site_id: &str, check_id: &str) -> Option<NewPhoto> {
        let path = photo.path.as_ref()?;
        Some(NewPhoto {
            check_id: check_id.to_owned(),
            site_id: site_id.to_owned(),
            path: std::path::absolute(path)
                .unwrap_or_else(|_| path.clone())
                .display()
                .to_string(),
            kind: photo.kind.clone(),
            sha256: self.0.get(path)?.clone(),
            taken_at: photo.taken_at.clone(),
        })
    }
}
