//! The words for layouts of boxes and measures of overlap, as files and flags have them.

use super::{BoxDecoder, Overlap};
use serde::Serialize;
use std::fmt::{self, Display};

fn word(value: &impl Serialize) -> String {
    let json = serde_json::to_value(value).ok();
    json.and_then(|v| v.as_str().map(str::to_owned))
        .unwrap_or_default()
}

impl Display for BoxDecoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&word(self))
    }
}

impl Display for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&word(self))
    }
}
