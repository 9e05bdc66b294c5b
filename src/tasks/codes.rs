//! Short codes of tasks, which are never given twice.

use super::source::Source;
use std::collections::BTreeMap;

/// Short codes: six digits of town and village and a number that is never given twice.
pub(super) struct Codes {
    given: BTreeMap<String, String>,
    last: BTreeMap<String, u32>,
}

impl Codes {
    /// Those that were given so far.
    pub(super) fn of(source: &Source) -> Self {
        let mut codes = Self {
            given: BTreeMap::new(),
            last: BTreeMap::new(),
        };
        for (site_id, row) in &source.given_out {
            let code = row.text("code");
            if let Some((head, number)) = code.split_once('-')
                && let Ok(number) = number.parse::<u32>()
            {
                let last = codes.last.entry(head.to_owned()).or_default();
                *last = number.max(*last);
            }
            codes.given.insert(site_id.clone(), code);
        }
        codes
    }

    /// The code of a task: the one that it had, or the next of its village.
    pub(super) fn code(&mut self, site_id: &str, village_code: &str) -> String {
        if let Some(code) = self.given.get(site_id).filter(|code| !code.is_empty()) {
            return code.clone();
        }
        let head = village_code.get(6..12).unwrap_or("000000");
        let number = self.last.entry(head.to_owned()).or_default();
        *number += 1;
        format!("{head}-{number:02}")
    }
}
