//! A file of records that only grows.
//!
//! After a first line, records follow one another: length and CRC-32 of what follows, as
//! little-endian `u32`, a byte for the kind, and the content. What a kill or a power cut left
//! half written at the end does not match its checksum and is cut off.

use crate::{Error, Result};
use fs_err::{File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// First line: what the file is, and the version of its format.
const MAGIC: &[u8] = "tianmu journal 1 线索，非证据\n".as_bytes();

/// Bytes of a record before its content.
const FRONT: u64 = 9;

/// After a power cut no more work than this is lost.
const SYNC_EVERY: Duration = Duration::from_secs(5);

/// Longer records are damage.
const MOST_BYTES: u32 = 1 << 30;

/// How a file that was begun and no more is told from one that is no journal.
pub(super) const DAMAGED: &str = "is damaged at its beginning";

/// A file of records, opened for this program alone.
#[derive(Debug)]
pub(super) struct RecordFile {
    path: PathBuf,
    file: File,
    /// Behind the last whole record.
    end: u64,
    /// Whether what follows there is no record that was cut off, but damage.
    is_damaged: bool,
    synced: Instant,
}

impl RecordFile {
    /// Begins one in place of whatever stands there.
    pub(super) fn begin(path: &Path) -> Result<Self> {
        let mut options = OpenOptions::new();
        let opened = options.read(true).write(true).create(true).open(path);
        let file = lock(opened.map_err(|e| cannot_write(path, &e))?, path)?;
        file.set_len(0).map_err(|e| cannot_write(path, &e))?;
        let mut records = Self {
            path: path.to_owned(),
            file,
            end: 0,
            is_damaged: false,
            synced: Instant::now(),
        };
        records.write(MAGIC)?;
        Ok(records)
    }

    /// Opens one, if there is one; the next record to be read is the first.
    pub(super) fn open(path: &Path) -> Result<Option<Self>> {
        let mut options = OpenOptions::new();
        let opened = match options.read(true).write(true).open(path) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            // Parts that are only joined may lie where nothing can be written.
            Err(_) => File::open(path),
            opened => opened,
        };
        let mut file = lock(opened.map_err(|e| cannot_write(path, &e))?, path)?;
        let mut magic = Vec::new();
        Read::by_ref(&mut file)
            .take(MAGIC.len() as u64)
            .read_to_end(&mut magic)?;
        if magic != MAGIC {
            // A power cut may leave a file of zeros.
            let problem = if MAGIC.starts_with(&magic) || magic.iter().all(|b| *b == 0) {
                DAMAGED
            } else {
                "is no journal of this program"
            };
            return Err(Error::Journal {
                path: path.to_owned(),
                problem: problem.into(),
            });
        }
        Ok(Some(Self {
            path: path.to_owned(),
            file,
            end: MAGIC.len() as u64,
            is_damaged: false,
            synced: Instant::now(),
        }))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where damage begins, where reading ended there.
    pub(super) fn damaged_at(&self) -> Option<u64> {
        self.is_damaged.then_some(self.end)
    }

    /// Where the content of the next record begins.
    pub(super) fn next_content(&self) -> u64 {
        self.end + FRONT
    }

    /// The next record: its kind and its content; `None` where none is whole.
    pub(super) fn read(&mut self) -> Result<Option<(u8, Vec<u8>)>> {
        let left = self.file.metadata()?.len().saturating_sub(self.end);
        if left < FRONT {
            return Ok(None);
        }
        let mut front = [0; 9];
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.read_exact(&mut front)?;
        let number = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|i| front[at + i]));
        let (length, checksum) = (number(0), number(4));
        if length > MOST_BYTES || u64::from(length) + FRONT > left {
            return Ok(None);
        }
        let mut content = vec![0; length as usize];
        self.file.read_exact(&mut content)?;
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&front[8..]);
        hasher.update(&content);
        if hasher.finalize() != checksum {
            self.is_damaged = true;
            return Ok(None);
        }
        self.end += FRONT + u64::from(length);
        Ok(Some((front[8], content)))
    }

    /// Part of a record that was read or written.
    pub(super) fn read_at(&mut self, offset: u64, length: u32) -> Result<Vec<u8>> {
        let mut bytes = vec![0; length as usize];
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Adds a record, its content in parts.
    pub(super) fn append(&mut self, kind: u8, parts: &[&[u8]]) -> Result<()> {
        let length: usize = parts.iter().map(|p| p.len()).sum();
        let length = u32::try_from(length)
            .ok()
            .filter(|n| *n <= MOST_BYTES)
            .ok_or_else(|| Error::Internal("a record is longer than a journal takes".into()))?;
        let mut record = Vec::with_capacity(9 + length as usize);
        record.extend(length.to_le_bytes());
        record.extend([0; 4]);
        record.push(kind);
        for part in parts {
            record.extend(*part);
        }
        let checksum = crc32fast::hash(&record[8..]);
        record[4..8].copy_from_slice(&checksum.to_le_bytes());
        self.write(&record)?;
        if self.synced.elapsed() > SYNC_EVERY {
            self.sync()?;
        }
        Ok(())
    }

    /// Writes at the end. What fails half-way is cut off by whoever reads it next.
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let end = self.end + bytes.len() as u64;
        let file = &mut self.file;
        let written = file
            .seek(SeekFrom::Start(self.end))
            .and_then(|_| file.write_all(bytes))
            // An earlier run may have left half a record, and a longer one.
            .and_then(|()| file.metadata())
            .and_then(|facts| {
                if facts.len() > end {
                    file.set_len(end)
                } else {
                    Ok(())
                }
            });
        written.map_err(|e| cannot_write(&self.path, &e))?;
        self.end = end;
        Ok(())
    }

    /// Makes all records last through a power cut.
    pub(super) fn sync(&mut self) -> Result<()> {
        self.synced = Instant::now();
        let synced = self.file.sync_data();
        synced.map_err(|e| cannot_write(&self.path, &e))
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Error {
    Error::WriteOutput {
        path: path.to_owned(),
        reason: format!("what is done so far cannot be kept ({error}); rows kept before stay"),
    }
}

/// The file for this program alone.
fn lock(file: File, path: &Path) -> Result<File> {
    if let Err(std::fs::TryLockError::WouldBlock) = file.file().try_lock() {
        return Err(Error::Journal {
            path: path.to_owned(),
            problem: "is in use: the same run is going on in another window".into(),
        });
    }
    // Some network folders know no locks; a run there is on its own.
    Ok(file)
}
