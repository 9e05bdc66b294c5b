//! How many tiles go into one run of the model.

use crate::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Tiles in one run of the model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BatchChoice {
    /// What turns out to be fastest, one unless others give the same scores to the last bit.
    #[default]
    Auto,
    /// So many.
    Tiles(usize),
}

impl BatchChoice {
    /// So many tiles where nothing is measured.
    #[must_use]
    pub fn unmeasured(self) -> usize {
        match self {
            Self::Auto => 1,
            Self::Tiles(count) => count,
        }
    }
}

impl fmt::Display for BatchChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Tiles(count) => count.fmt(f),
        }
    }
}

impl FromStr for BatchChoice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.parse() {
            Ok(count) => Ok(Self::Tiles(count)),
            Err(_) if text.eq_ignore_ascii_case("auto") => Ok(Self::Auto),
            Err(_) => Err(Error::setting("batch", text, "auto, or 1 to 1024")),
        }
    }
}

impl Serialize for BatchChoice {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Self::Auto => serializer.serialize_str("auto"),
            Self::Tiles(count) => count.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for BatchChoice {
    fn deserialize<D: Deserializer<'de>>(value: D) -> std::result::Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Count(usize),
            Text(String),
        }
        match Either::deserialize(value)? {
            Either::Count(count) => Ok(Self::Tiles(count)),
            Either::Text(text) => text.parse().map_err(serde::de::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_auto_are_read_as_they_are_written() {
        for choice in [BatchChoice::Auto, BatchChoice::Tiles(8)] {
            let json = serde_json::to_string(&choice).unwrap();
            assert_eq!(serde_json::from_str::<BatchChoice>(&json).unwrap(), choice);
            assert_eq!(choice.to_string().parse::<BatchChoice>().unwrap(), choice);
        }
        let error = "many".parse::<BatchChoice>().unwrap_err().to_string();
        assert_eq!(
            error,
            "setting `batch` is `many`, wanted auto, or 1 to 1024"
        );
    }
}
