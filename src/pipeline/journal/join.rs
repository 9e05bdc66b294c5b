//! Parts of one plan, joined.

use super::Journal;
use crate::{Error, Result};
use std::collections::BTreeMap;
use std::path::Path;

impl Journal {
    /// Joins the parts of one plan, in any order. Gives the first part's head without its
    /// number; nothing can be added.
    pub fn join(parts: Vec<Self>) -> Result<Self> {
        check(&parts)?;
        let mut parts = parts.into_iter();
        let Some(mut joined) = parts.next() else {
            return Err(Error::Internal("no part to join".into()));
        };
        joined.grows = false;
        joined.head.plan = joined.head.plan.whole();
        for part in parts {
            for (image, hash) in &part.hashes {
                let known = joined.hashes.entry(*image).or_insert_with(|| hash.clone());
                if known != hash {
                    let names: Vec<&str> = joined.head.plan.image_names().collect();
                    let name = names.get(*image as usize).copied().unwrap_or_default();
                    let problem =
                        format!("was made of another image `{name}` than the parts before it");
                    return Err(part.unfit(problem));
                }
            }
            let before = joined.files.len();
            joined.files.extend(part.files);
            for (key, mut place) in part.rows {
                place.file += before;
                joined.rows.insert(key, place);
            }
            for (key, mut places) in part.scores {
                for place in &mut places {
                    place.file += before;
                }
                joined.scores.entry(key).or_default().append(&mut places);
            }
        }
        Ok(joined)
    }

    fn unfit(&self, problem: String) -> Error {
        Error::Shard {
            path: self.path().to_owned(),
            problem,
        }
    }
}

/// Refuses parts that are not all of one plan, each once and complete.
fn check(parts: &[Journal]) -> Result<()> {
    let Some(first) = parts.first() else {
        return Ok(());
    };
    let plan = first.head.plan.whole();
    let of = first.head.plan.shard.map_or(1, |shard| shard.of);
    let mut seen: BTreeMap<u32, &Path> = BTreeMap::new();
    for part in parts {
        let like = first.path().display();
        let shard = part.head.plan.shard;
        let Some(shard) = shard.filter(|shard| shard.of == of) else {
            let other = shard.map_or("no part of a run".into(), |s| format!("part {s}"));
            return Err(part.unfit(format!(
                "is {other}, wanted one of {of} parts like `{like}`"
            )));
        };
        if let Some(why) = plan.difference(&part.head.plan.whole()) {
            let problem = format!("belongs to another run than `{like}`: {why}");
            return Err(part.unfit(problem));
        }
        if let Some(byte) = part.files[0].damaged_at() {
            let problem = format!("is damaged at byte {byte}; copy it again from its machine");
            return Err(part.unfit(problem));
        }
        if !part.is_complete {
            return Err(part.unfit("is not complete: its run was cut off".into()));
        }
        if let Some(other) = seen.insert(shard.number, part.path()) {
            let (number, other) = (shard.number, other.display());
            return Err(part.unfit(format!("is part {number}, and so is `{other}`")));
        }
    }
    let missing: Vec<String> = (1..=of)
        .filter(|number| !seen.contains_key(number))
        .map(|number| number.to_string())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let are = if missing.len() == 1 {
        "one is"
    } else {
        "some are"
    };
    let missing = missing.join(", ");
    Err(first.unfit(format!(
        "is one of {of} parts, of which {are} missing: {missing}"
    )))
}
