//! Weights that an ONNX file keeps in other files ("external data").
//!
//! ONNX Runtime opens these files by the names that the graph gives. They are looked up before
//! it does: no name may lead out of the model's folder, and their bytes belong to what the model
//! is. Field numbers are those of `onnx.proto`, which never change.

use crate::digest::hash_of_file;
use crate::{Error, Result};
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

/// Sizes and times of change of a model's files.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct FileStates(Vec<Option<(u64, Option<SystemTime>)>>);

impl FileStates {
    /// As they are now.
    pub(super) fn of(model: &Path, weights: &[WeightFile]) -> Self {
        let all = std::iter::once(model).chain(weights.iter().map(|w| w.path.as_path()));
        let state = |path: &Path| {
            let facts = fs_err::metadata(path).ok()?;
            Some((facts.len(), facts.modified().ok()))
        };
        Self(all.map(state).collect())
    }

    /// Refuses files that are no longer what was hashed.
    pub(super) fn check(&self, model: &Path, weights: &[WeightFile]) -> Result<()> {
        if *self == Self::of(model, weights) {
            return Ok(());
        }
        Err(Error::Model {
            path: model.to_owned(),
            problem: "was changed while it was used".into(),
            hint: "start again, and leave the model as it is meanwhile".into(),
        })
    }
}

/// A file with weights of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeightFile {
    /// Its path.
    pub path: PathBuf,
    /// Its SHA-256, lower-case hex.
    pub sha256: String,
}

/// The files that an ONNX file says it keeps weights in, whether or not it may.
pub(super) fn files_named_in(model: &Path) -> Vec<PathBuf> {
    let names = names_in(&fs_err::read(model).unwrap_or_default());
    let folder = model.parent().unwrap_or(Path::new(""));
    names.iter().map(|name| folder.join(name)).collect()
}

/// The files that the ONNX file at `model`, whose bytes are `content`, takes weights from, by
/// name. One that is missing or lies outside the model's folder is an error.
pub(super) fn weight_files(model: &Path, content: &[u8]) -> Result<Vec<WeightFile>> {
    let names = names_in(content);
    names.iter().map(|name| weight_file(model, name)).collect()
}

fn weight_file(model: &Path, name: &str) -> Result<WeightFile> {
    let wrong = |problem: &str, hint: &str| Error::Model {
        path: model.to_owned(),
        problem: format!("keeps weights in `{}`, {problem}", name.escape_debug()),
        hint: hint.into(),
    };
    let outside = || {
        wrong(
            "outside its folder",
            "a model may only read files beside it; export it with its weights inside",
        )
    };
    let relative = Path::new(name);
    let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    if name.is_empty() || !relative.components().all(is_plain) {
        return Err(outside());
    }
    let folder = model.parent().unwrap_or(Path::new(""));
    let path = folder.join(relative);
    // Links are followed: a store of models may consist of them, as long as they stay together.
    let real = |path: &Path| fs_err::canonicalize(path).ok();
    let missing = || {
        wrong(
            "which is not there",
            "copy the files with weights together with the model",
        )
    };
    let file = real(&path).ok_or_else(missing)?;
    let homes = [
        real(&std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned())),
        real(model).and_then(|m| m.parent().map(Path::to_owned)),
    ];
    if !homes.iter().flatten().any(|home| file.starts_with(home)) {
        return Err(outside());
    }
    let sha256 = hash_of_file(&path, &|| false).ok_or_else(missing)?;
    Ok(WeightFile { path, sha256 })
}

/// The names of files that an ONNX file of these bytes takes weights from.
pub(super) fn names_in(content: &[u8]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    collect(content, Message::Model, 0, &mut names);
    names
}

/// The messages on the way from a model to the places of its tensors.
#[derive(Clone, Copy)]
enum Message {
    Model,
    Graph,
    Node,
    Attribute,
    Function,
    SparseTensor,
    Tensor,
    Place,
}

impl Message {
    /// What a field of it holds, where that may lead to a place.
    fn child(self, field: u64) -> Option<Self> {
        Some(match (self, field) {
            (Self::Model, 7) | (Self::Attribute, 6 | 11) => Self::Graph,
            (Self::Model, 25) => Self::Function,
            (Self::Graph, 1) | (Self::Function, 7) => Self::Node,
            (Self::Node, 5) | (Self::Function, 11) => Self::Attribute,
            (Self::Graph, 15) | (Self::Attribute, 22 | 23) => Self::SparseTensor,
            (Self::Graph | Self::Attribute, 5)
            | (Self::Attribute, 10)
            | (Self::SparseTensor, 1 | 2) => Self::Tensor,
            (Self::Tensor, 13) => Self::Place,
            _ => return None,
        })
    }
}

/// Graphs within graphs go no deeper than this in a model that runs.
const DEEPEST: usize = 200;

/// Names of files in a message. What is no such message ends it: ONNX Runtime refuses it too.
fn collect(bytes: &[u8], message: Message, depth: usize, names: &mut BTreeSet<String>) {
    if depth > DEEPEST {
        return;
    }
    if let Message::Place = message {
        let text = |wanted| {
            let (_, bytes) = Fields(bytes).find(|(field, _)| *field == wanted)?;
            Some(String::from_utf8_lossy(bytes).into_owned())
        };
        if text(1).as_deref() == Some("location") {
            names.extend(text(2));
        }
        return;
    }
    for (field, bytes) in Fields(bytes) {
        if let Some(child) = message.child(field) {
            collect(bytes, child, depth + 1, names);
        }
    }
}

/// The fields of a message that have a length, with their numbers.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, count: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(count).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    fn next_field(&mut self) -> Option<(u64, &'a [u8])> {
        loop {
            let key = self.varint()?;
            match key & 7 {
                0 => _ = self.varint()?,
                1 => _ = self.take(8)?,
                2 => {
                    let count = self.varint()?;
                    return Some((key >> 3, self.take(count)?));
                }
                5 => _ = self.take(4)?,
                _ => return None,
            }
        }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.next_field();
        if next.is_none() {
            self.0 = &[];
        }
        next
    }
}
