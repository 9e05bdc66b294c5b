//! What a run has done so far, in one file that only grows: killed at any moment, the run
//! goes on where it was. A part of a plan (a shard) is such a file that is complete.

mod aside;
mod join;
mod records;

use super::detect::RowStore;
use super::plan::Plan;
use crate::digest::hash_of_file;
use crate::{Error, Result};
use records::{DAMAGED, RecordFile};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Kinds of records.
const HEAD: u8 = 1;
const ROW: u8 = 2;
const HASH: u8 = 3;
const PLACING: u8 = 4;
const END: u8 = 5;
const SCORES: u8 = 6;

/// How a journal is told whose beginning another version wrote.
const OTHER_VERSION: &str = "is a journal of another version of this program";

/// What a journal belongs to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JournalHead {
    /// The plan it is a part of.
    pub plan: Plan,
    /// How the caller can ask for the same again, in its own words.
    pub request: serde_json::Value,
}

/// Hashes of an image, lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageHash {
    /// SHA-256 of its file.
    pub image: String,
    /// SHA-256 of those of the files that it consists of besides.
    pub parts: String,
}

/// How a run begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Nothing was kept.
    Afresh,
    /// So many rows of tiles were kept and need not be done again.
    GoesOn(u64),
    /// What was kept is of another plan, and why.
    Anew(String),
}

/// Where a row of tiles lies.
#[derive(Debug, Clone, Copy)]
struct Place {
    file: usize,
    offset: u64,
    length: u32,
}

/// The journal of a run, or several that were joined.
#[derive(Debug)]
pub struct Journal {
    head: JournalHead,
    /// One, or those that were joined; never none.
    files: Vec<RecordFile>,
    /// Whether records can be added: not to joined ones.
    grows: bool,
    /// By image and row of tiles.
    rows: BTreeMap<(u32, u32), Place>,
    /// By image and row of tiles: those of its tiles, some perhaps twice, or of no whole row.
    scores: BTreeMap<(u32, u32), Vec<Place>>,
    hashes: BTreeMap<u32, ImageHash>,
    /// Outputs that were about to be put in place, and their SHA-256.
    placing: Vec<(PathBuf, String)>,
    is_complete: bool,
}

impl Journal {
    fn new(head: JournalHead, file: RecordFile) -> Self {
        Self {
            head,
            files: vec![file],
            grows: true,
            rows: BTreeMap::new(),
            scores: BTreeMap::new(),
            hashes: BTreeMap::new(),
            placing: Vec::new(),
            is_complete: false,
        }
    }

    /// Begins a journal, in place of whatever journal stands there.
    fn begin(path: &Path, head: JournalHead) -> Result<Self> {
        let content = to_json(&head)?;
        let mut journal = Self::new(head, RecordFile::begin(path)?);
        journal.append(HEAD, &[&content])?;
        Ok(journal)
    }

    /// The journal at `path`, if there is one.
    pub fn open(path: &Path) -> Result<Option<Self>> {
        let Some(mut file) = RecordFile::open(path)? else {
            return Ok(None);
        };
        let unfit = |problem: &str| Error::Journal {
            path: path.to_owned(),
            problem: problem.to_owned(),
        };
        let Some((HEAD, content)) = file.read()? else {
            return Err(unfit(DAMAGED));
        };
        let head = serde_json::from_slice(&content).map_err(|_| unfit(OTHER_VERSION))?;
        let mut journal = Self::new(head, file);
        loop {
            let offset = journal.files[0].next_content();
            let Some((kind, content)) = journal.files[0].read()? else {
                return Ok(Some(journal));
            };
            journal.learn(kind, &content, offset);
        }
    }

    fn learn(&mut self, kind: u8, content: &[u8], offset: u64) {
        match kind {
            ROW | SCORES if content.len() >= 8 => {
                let number = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|i| content[at + i]));
                let place = Place {
                    file: 0,
                    offset: offset + 8,
                    length: u32::try_from(content.len() - 8).unwrap_or(0),
                };
                let key = (number(0), number(4));
                if kind == ROW {
                    self.rows.insert(key, place);
                } else {
                    self.scores.entry(key).or_default().push(place);
                }
            }
            HASH => {
                if let Ok((image, hash)) = serde_json::from_slice(content) {
                    self.hashes.insert(image, hash);
                }
            }
            PLACING => {
                let files: Vec<(String, String)> =
                    serde_json::from_slice(content).unwrap_or_default();
                let files = files.into_iter().map(|(path, hash)| (path.into(), hash));
                self.placing.extend(files);
            }
            END => self.is_complete = true,
            _ => {}
        }
    }

    /// What it belongs to.
    #[must_use]
    pub fn head(&self) -> &JournalHead {
        &self.head
    }

    /// Outputs that were put in place before the run was cut off, and are still as it made them.
    #[must_use]
    pub fn own_outputs(&self) -> Vec<PathBuf> {
        let is_own = |(path, hash): &&(PathBuf, String)| {
            hash_of_file(path, &|| false).is_some_and(|now| now == *hash)
        };
        let own = self.placing.iter().filter(is_own);
        own.map(|(path, _)| path.clone()).collect()
    }

    /// Notes that outputs are written and go to their places now: each place, and what goes there.
    pub fn note_placing(&mut self, files: &[(PathBuf, PathBuf)]) -> Result<()> {
        let hash = |file: &PathBuf| hash_of_file(file, &|| false).unwrap_or_default();
        let files: Vec<(String, String)> = files
            .iter()
            .map(|(place, made)| (place.to_string_lossy().into_owned(), hash(made)))
            .collect();
        self.append(PLACING, &[&to_json(&files)?])?;
        self.files[0].sync()
    }

    /// SHA-256 of an image, where it is known.
    #[must_use]
    pub fn hash(&self, image: usize) -> Option<&str> {
        self.hashes.get(&index(image)).map(|h| h.image.as_str())
    }

    /// Notes the hashes of an image.
    pub fn note_hash(&mut self, image: usize, hash: &ImageHash) -> Result<()> {
        if !self.grows || self.hashes.get(&index(image)) == Some(hash) {
            return Ok(());
        }
        let content = to_json(&(index(image), hash))?;
        self.append(HASH, &[&content])?;
        self.hashes.insert(index(image), hash.clone());
        Ok(())
    }

    /// Notes that nothing is missing.
    pub fn note_complete(&mut self) -> Result<()> {
        if !self.is_complete {
            self.append(END, &[])?;
            self.is_complete = true;
        }
        self.files[0].sync()
    }

    /// Rows of tiles of one image.
    pub fn image(&mut self, image: usize) -> ImageRows<'_> {
        ImageRows {
            journal: self,
            image: index(image),
        }
    }

    /// Whether any row of tiles is kept.
    #[must_use]
    pub fn holds_rows(&self) -> bool {
        !self.rows.is_empty()
    }

    /// Its file, or the first of those that were joined.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.files[0].path()
    }

    fn append(&mut self, kind: u8, parts: &[&[u8]]) -> Result<()> {
        if !self.grows {
            return Err(Error::Internal("nothing is added to joined parts".into()));
        }
        self.files[0].append(kind, parts)
    }
}

/// Rows of tiles of one image in a journal.
pub struct ImageRows<'a> {
    journal: &'a mut Journal,
    image: u32,
}

impl RowStore for ImageRows<'_> {
    fn rows(&self) -> Vec<u32> {
        let all = (self.image, 0)..=(self.image, u32::MAX);
        self.journal
            .rows
            .range(all)
            .map(|((_, row), _)| *row)
            .collect()
    }

    fn grows(&self) -> bool {
        self.journal.grows
    }

    fn unfit(&self, row: u32) -> Error {
        let place = self.journal.rows.get(&(self.image, row));
        let file = place.map_or(0, |place| place.file);
        let path = self.journal.files[file].path().to_owned();
        let problem = format!("holds a row of tiles, {row}, that does not fit its image");
        if self.journal.grows {
            Error::Journal { path, problem }
        } else {
            Error::Shard { path, problem }
        }
    }

    fn load(&mut self, row: u32) -> Result<Vec<u8>> {
        let place = self.journal.rows.get(&(self.image, row)).copied();
        self.read(place, row)
    }

    fn keep(&mut self, row: u32, encoded: &[u8]) -> Result<()> {
        let place = self.add(ROW, row, encoded)?;
        self.journal.rows.insert((self.image, row), place);
        Ok(())
    }

    fn score_count(&self, row: u32) -> usize {
        self.journal
            .scores
            .get(&(self.image, row))
            .map_or(0, Vec::len)
    }

    fn load_scores(&mut self, row: u32, index: usize) -> Result<Vec<u8>> {
        let places = self.journal.scores.get(&(self.image, row));
        let place = places.and_then(|places| places.get(index)).copied();
        self.read(place, row)
    }

    fn keep_scores(&mut self, row: u32, encoded: &[u8]) -> Result<()> {
        let place = self.add(SCORES, row, encoded)?;
        let places = self.journal.scores.entry((self.image, row));
        places.or_default().push(place);
        Ok(())
    }
}

impl ImageRows<'_> {
    fn read(&mut self, place: Option<Place>, row: u32) -> Result<Vec<u8>> {
        let place = place.ok_or_else(|| Error::Internal(format!("row {row} was not kept")))?;
        self.journal.files[place.file].read_at(place.offset, place.length)
    }

    fn add(&mut self, kind: u8, row: u32, encoded: &[u8]) -> Result<Place> {
        let numbers = [self.image.to_le_bytes(), row.to_le_bytes()].concat();
        let offset = self.journal.files[0].next_content() + 8;
        self.journal.append(kind, &[&numbers, encoded])?;
        Ok(Place {
            file: 0,
            offset,
            length: u32::try_from(encoded.len()).unwrap_or(0),
        })
    }
}

fn index(image: usize) -> u32 {
    u32::try_from(image).unwrap_or(u32::MAX)
}

fn to_json(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|e| Error::Internal(e.to_string()))
}
