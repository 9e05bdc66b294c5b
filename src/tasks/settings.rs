//! Settings of `tianmu tasks`, from a TOML file.

use super::grade::GradeSettings;
use super::order::OrderSettings;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Settings of grading and order: the tables `[grade]` and `[order]` of a file.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TaskSettings {
    /// Weights, thresholds and radii of the grade.
    pub grade: GradeSettings,
    /// How stops are cut into days.
    pub order: OrderSettings,
}

impl TaskSettings {
    /// Reads a file, and refuses what makes no sense.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs_err::read_to_string(path)?;
        let settings: Self = toml::from_str(&text).map_err(|e| {
            Error::setting(
                "config",
                format!("{}: {}", path.display(), e.message()),
                "a TOML file with the tables `[grade]` and `[order]`",
            )
        })?;
        settings.check()?;
        Ok(settings)
    }

    /// Refuses what makes no sense.
    pub fn check(&self) -> Result<()> {
        self.grade.check()?;
        self.order.check()
    }
}
