//! What a run has done so far, in one file that only grows: killed at any moment, the run
//! goes on where it was. A part of a plan (a shard) is such a file that is complete.
//!
//! After a first line, records follow one another: length and CRC-32 of what follows, as
//! little-endian `u32`, a byte for the kind, and the content. What a kill or a power cut left
//! half written at the end does not match its checksum and is cut off.

use super::detect::RowStore;
use super::plan::Plan;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// First line: what the file is, and the version of its format.
const MAGIC: &[u8] = "tianmu journal 1 线索，非证据\n".as_bytes();

/// After a power cut no more work than this is lost.
const SYNC_EVERY: Duration = Duration::from_secs(5);

/// Longer records are damage.
const MOST_BYTES: u32 = 1 << 30;

/// Kinds of records.
const HEAD: u8 = 1;
const ROW: u8 = 2;
const HASH: u8 = 3;
const FAILURE: u8 = 4;
const PLACING: u8 = 5;
const END: u8 = 6;

/// What a journal belongs to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JournalHead {
    /// The plan it is a part of.
    pub plan: Plan,
    /// How the caller can ask for the same again, in its own words.
    pub request: serde_json::Value,
}

/// An image that failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptFailure {
    /// Why.
    pub error: String,
    /// What to do about it.
    pub hint: String,
}

impl KeptFailure {
    /// What is kept of an error.
    #[must_use]
    pub fn of(error: &Error) -> Self {
        Self {
            error: error.to_string(),
            hint: error.hint(),
        }
    }
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

/// Where a record lies.
#[derive(Debug, Clone, Copy)]
struct Place {
    file: usize,
    offset: u64,
    length: u32,
}

/// The journal of a run, or several that were joined.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    files: Vec<File>,
    /// Where the next record goes; `None`: nothing is added to joined ones.
    end: Option<u64>,
    head: JournalHead,
    /// By image and row of tiles.
    rows: BTreeMap<(u32, u32), Place>,
    hashes: BTreeMap<u32, String>,
    failures: BTreeMap<u32, KeptFailure>,
    placing: Vec<PathBuf>,
    is_complete: bool,
    synced: Instant,
}

impl Journal {
    /// Goes on with the journal at `path` if it is of the same plan, else begins anew.
    /// While it is open no other program can use it.
    pub fn go_on(path: &Path, head: JournalHead) -> Result<(Self, Begun)> {
        let mut begun = Begun::Afresh;
        match Self::open(path) {
            Ok(Some(kept)) => match kept.head.plan.difference(&head.plan) {
                None => {
                    let rows = kept.rows.len() as u64;
                    return Ok((kept, Begun::GoesOn(rows)));
                }
                Some(why) => begun = Begun::Anew(why),
            },
            Ok(None) => {}
            Err(Error::Journal { problem, .. }) if problem == DAMAGED => {
                begun = Begun::Anew("its beginning is damaged".into());
            }
            Err(error) => return Err(error),
        }
        Ok((Self::begin(path, head)?, begun))
    }

    /// Begins a journal, in place of whatever journal stands there.
    pub fn begin(path: &Path, head: JournalHead) -> Result<Self> {
        let failed = |e: &std::io::Error| cannot_write(path, e);
        let file =
            lock(path, true)?.ok_or_else(|| cannot_write(path, &ErrorKind::NotFound.into()))?;
        file.set_len(0).map_err(|e| failed(&e))?;
        let content = to_json(&head)?;
        let mut journal = Self {
            path: path.to_owned(),
            files: vec![file],
            end: Some(0),
            head,
            rows: BTreeMap::new(),
            hashes: BTreeMap::new(),
            failures: BTreeMap::new(),
            placing: Vec::new(),
            is_complete: false,
            synced: Instant::now(),
        };
        journal.write(MAGIC)?;
        journal.append(HEAD, &[&content])?;
        Ok(journal)
    }

    /// The journal at `path`, if there is one.
    pub fn open(path: &Path) -> Result<Option<Self>> {
        let Some(mut file) = lock(path, false)? else {
            return Ok(None);
        };
        let damaged = |problem: &str| Error::Journal {
            path: path.to_owned(),
            problem: problem.to_owned(),
        };
        let mut magic = vec![0; MAGIC.len()];
        file.seek(SeekFrom::Start(0))?;
        let read = file.read_exact(&mut magic);
        if read.is_err()
            && MAGIC.starts_with(
                &magic[..usize::try_from(file.metadata()?.len())
                    .unwrap_or(0)
                    .min(MAGIC.len())],
            )
        {
            return Err(damaged(DAMAGED));
        }
        if read.is_err() || magic != MAGIC {
            return Err(damaged("is no journal of this program"));
        }
        let mut end = MAGIC.len() as u64;
        let first = read_record(&mut file, end)?;
        let Some((HEAD, content)) = first else {
            return Err(damaged(DAMAGED));
        };
        let Ok(head) = serde_json::from_slice(&content) else {
            return Err(damaged("is a journal of another version of this program"));
        };
        end += 9 + content.len() as u64;
        let mut journal = Self {
            path: path.to_owned(),
            files: Vec::new(),
            end: None,
            head,
            rows: BTreeMap::new(),
            hashes: BTreeMap::new(),
            failures: BTreeMap::new(),
            placing: Vec::new(),
            is_complete: false,
            synced: Instant::now(),
        };
        while let Some((kind, content)) = read_record(&mut file, end)? {
            journal.learn(kind, &content, end + 9);
            end += 9 + content.len() as u64;
        }
        journal.files.push(file);
        journal.end = Some(end);
        Ok(Some(journal))
    }

    fn learn(&mut self, kind: u8, content: &[u8], offset: u64) {
        match kind {
            ROW if content.len() >= 8 => {
                let number = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|i| content[at + i]));
                let place = Place {
                    file: 0,
                    offset: offset + 8,
                    length: u32::try_from(content.len() - 8).unwrap_or(0),
                };
                self.rows.insert((number(0), number(4)), place);
            }
            HASH => {
                if let Ok((image, hash)) = serde_json::from_slice(content) {
                    self.hashes.insert(image, hash);
                }
            }
            FAILURE => {
                if let Ok((image, failure)) = serde_json::from_slice(content) {
                    self.failures.insert(image, failure);
                }
            }
            PLACING => self.placing = serde_json::from_slice(content).unwrap_or_default(),
            END => self.is_complete = true,
            _ => {}
        }
    }

    /// Joins the parts of one plan. Gives the first part's head without its number.
    pub fn join(parts: Vec<Self>) -> Result<Self> {
        let unfit = |part: &Self, problem: String| Error::Journal {
            path: part.path.clone(),
            problem,
        };
        let Some(first) = parts.first() else {
            return Err(Error::Internal("no part to join".into()));
        };
        let plan = first.head.plan.whole();
        let of = first.head.plan.shard.map_or(1, |shard| shard.of);
        let mut seen: BTreeMap<u32, &Path> = BTreeMap::new();
        for part in &parts {
            let number = match part.head.plan.shard {
                Some(shard) if shard.of == of => shard.number,
                other => {
                    let other = other.map_or("no part".into(), |s| format!("part {s}"));
                    return Err(unfit(
                        part,
                        format!(
                            "is {other}, wanted one of {of} parts like `{}`",
                            first.path.display()
                        ),
                    ));
                }
            };
            if let Some(why) = plan.difference(&part.head.plan.whole()) {
                return Err(unfit(
                    part,
                    format!(
                        "belongs to another run than `{}`: {why}",
                        first.path.display()
                    ),
                ));
            }
            if !part.is_complete {
                return Err(unfit(part, "is not complete: its run was cut off".into()));
            }
            if let Some(other) = seen.insert(number, &part.path) {
                return Err(unfit(
                    part,
                    format!("is part {number}, and so is `{}`", other.display()),
                ));
            }
        }
        let missing: Vec<String> = (1..=of)
            .filter(|n| !seen.contains_key(n))
            .map(|n| n.to_string())
            .collect();
        if !missing.is_empty() {
            return Err(unfit(
                first,
                format!(
                    "is one of {of} parts, of which {} missing: {}",
                    if missing.len() == 1 {
                        "one is"
                    } else {
                        "some are"
                    },
                    missing.join(", ")
                ),
            ));
        }
        let mut parts = parts.into_iter();
        let mut joined = parts
            .next()
            .ok_or_else(|| Error::Internal("no part to join".into()))?;
        joined.end = None;
        joined.head.plan = plan;
        for part in parts {
            for (image, hash) in part.hashes {
                let known = joined.hashes.entry(image).or_insert_with(|| hash.clone());
                if *known != hash {
                    let name = joined
                        .head
                        .plan
                        .image_names()
                        .nth(image as usize)
                        .unwrap_or_default()
                        .to_owned();
                    return Err(Error::Journal {
                        path: part.path,
                        problem: format!(
                            "was made of another image `{name}` than the parts before it"
                        ),
                    });
                }
            }
            let file = joined.files.len();
            joined.files.extend(part.files);
            joined.rows.extend(
                part.rows
                    .into_iter()
                    .map(|(key, place)| (key, Place { file, ..place })),
            );
            for (image, failure) in part.failures {
                joined.failures.entry(image).or_insert(failure);
            }
        }
        Ok(joined)
    }

    /// What it belongs to.
    #[must_use]
    pub fn head(&self) -> &JournalHead {
        &self.head
    }

    /// Whether all that the plan asks for is in it.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Outputs that were about to be put in place, or are there.
    #[must_use]
    pub fn placing(&self) -> &[PathBuf] {
        &self.placing
    }

    /// Notes that these outputs are written and go to their places now.
    pub fn note_placing(&mut self, outputs: &[PathBuf]) -> Result<()> {
        let content = to_json(&outputs)?;
        self.append(PLACING, &[&content])?;
        self.placing = outputs.to_vec();
        self.sync()
    }

    /// SHA-256 of an image, where it is known.
    #[must_use]
    pub fn hash(&self, image: usize) -> Option<&str> {
        self.hashes.get(&index(image)).map(String::as_str)
    }

    /// Notes the SHA-256 of an image.
    pub fn note_hash(&mut self, image: usize, hash: &str) -> Result<()> {
        if self.end.is_none() || self.hash(image) == Some(hash) {
            return Ok(());
        }
        let content = to_json(&(index(image), hash))?;
        self.append(HASH, &[&content])?;
        self.hashes.insert(index(image), hash.to_owned());
        Ok(())
    }

    /// Why an image failed in a part, where one did.
    #[must_use]
    pub fn failure(&self, image: usize) -> Option<&KeptFailure> {
        self.failures.get(&index(image))
    }

    /// Notes that an image failed.
    pub fn note_failure(&mut self, image: usize, error: &Error) -> Result<()> {
        let failure = KeptFailure::of(error);
        let content = to_json(&(index(image), &failure))?;
        self.append(FAILURE, &[&content])?;
        self.failures.insert(index(image), failure);
        Ok(())
    }

    /// Notes that nothing is missing.
    pub fn note_complete(&mut self) -> Result<()> {
        if !self.is_complete {
            self.append(END, &[])?;
            self.is_complete = true;
        }
        self.sync()
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

    /// Removes the file: all it was for is done.
    pub fn remove(self) -> Result<()> {
        let path = self.path.clone();
        drop(self);
        Ok(fs_err::remove_file(path)?)
    }

    fn append(&mut self, kind: u8, parts: &[&[u8]]) -> Result<()> {
        let length: usize = parts.iter().map(|p| p.len()).sum();
        let length = u32::try_from(length)
            .ok()
            .filter(|n| *n <= MOST_BYTES)
            .ok_or_else(|| Error::Internal("a record is longer than a journal takes".into()))?;
        let mut record = Vec::with_capacity(9 + length as usize);
        record.extend(length.to_le_bytes());
        record.extend([0; 4]);
        record.push(kind);
        parts.iter().for_each(|part| record.extend(*part));
        let checksum = crc32fast::hash(&record[8..]);
        record[4..8].copy_from_slice(&checksum.to_le_bytes());
        self.write(&record)?;
        if self.synced.elapsed() > SYNC_EVERY {
            self.sync()?;
        }
        Ok(())
    }

    /// Writes at the end. What fails is cut off by whoever reads it next.
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let (Some(end), [file]) = (self.end, self.files.as_mut_slice()) else {
            return Err(Error::Internal("nothing is added to joined parts".into()));
        };
        let written = file
            .seek(SeekFrom::Start(end))
            .and_then(|_| file.write_all(bytes))
            .and_then(|()| {
                // An earlier run may have left half a record, and a longer one.
                let end = end + bytes.len() as u64;
                if file.metadata()?.len() > end {
                    file.set_len(end)
                } else {
                    Ok(())
                }
            });
        written.map_err(|e| cannot_write(&self.path, &e))?;
        self.end = Some(end + bytes.len() as u64);
        Ok(())
    }

    fn sync(&mut self) -> Result<()> {
        self.synced = Instant::now();
        for file in &self.files {
            file.sync_data().map_err(|e| cannot_write(&self.path, &e))?;
        }
        Ok(())
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

    fn load(&mut self, row: u32) -> Result<Vec<u8>> {
        let place = self.journal.rows.get(&(self.image, row));
        let place = place.ok_or_else(|| Error::Internal(format!("row {row} was not kept")))?;
        let mut bytes = vec![0; place.length as usize];
        let file = &mut self.journal.files[place.file];
        file.seek(SeekFrom::Start(place.offset))?;
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn keep(&mut self, row: u32, encoded: &[u8]) -> Result<()> {
        let numbers = [self.image.to_le_bytes(), row.to_le_bytes()].concat();
        let end = self.journal.end.unwrap_or_default();
        self.journal.append(ROW, &[&numbers, encoded])?;
        let place = Place {
            file: 0,
            offset: end + 9 + 8,
            length: u32::try_from(encoded.len()).unwrap_or(0),
        };
        self.journal.rows.insert((self.image, row), place);
        Ok(())
    }
}

const DAMAGED: &str = "is damaged at its beginning";

fn index(image: usize) -> u32 {
    u32::try_from(image).unwrap_or(u32::MAX)
}

fn to_json(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|e| Error::Internal(e.to_string()))
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Error {
    Error::WriteOutput {
        path: path.to_owned(),
        reason: format!("what is done so far cannot be kept ({error}); rows kept before stay"),
    }
}

/// The file, opened for this program alone; made where `make` says so, else `None` where
/// there is none.
fn lock(path: &Path, make: bool) -> Result<Option<File>> {
    let opened = File::options()
        .read(true)
        .write(true)
        .create(make)
        .truncate(false)
        .open(path);
    let file = match opened {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound && !make => return Ok(None),
        Err(e) => return Err(cannot_write(path, &e)),
    };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => Err(Error::Journal {
            path: path.to_owned(),
            problem: "is in use: the same run is going on in another window".into(),
        }),
        // Some network folders know no locks; a run there is on its own.
        Err(std::fs::TryLockError::Error(_)) => Ok(Some(file)),
    }
}

/// The record at `offset`; `None` where none is whole.
fn read_record(file: &mut File, offset: u64) -> Result<Option<(u8, Vec<u8>)>> {
    let left = file.metadata()?.len().saturating_sub(offset);
    let mut front = [0; 9];
    if left < front.len() as u64 {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(&mut front)?;
    let number = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|i| front[at + i]));
    let (length, checksum) = (number(0), number(4));
    if length > MOST_BYTES || u64::from(length) + 9 > left {
        return Ok(None);
    }
    let mut content = vec![0; length as usize];
    file.read_exact(&mut content)?;
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&front[8..]);
    hasher.update(&content);
    Ok((hasher.finalize() == checksum).then_some((front[8], content)))
}
