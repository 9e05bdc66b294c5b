//! What a campaign is: its name, year, round and county.

use super::code::is_county;
use crate::{Error, Result};
use serde::Serialize;
use uuid::Uuid;

/// The version of the tables; a program refuses a campaign of a later one.
pub const SCHEMA_VERSION: i64 = 1;

/// The facts of a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CampaignFacts {
    /// Its name, such as `天目-26`.
    pub name: String,
    /// The year.
    pub year: i32,
    /// The round within the year, from 1.
    pub round: u32,
    /// The county's code, 6 digits.
    pub county_code: String,
    /// The county's name; empty where nobody said it.
    pub county: String,
    /// When it was made, ISO 8601 in UTC.
    pub created_at: String,
    /// The program that made it.
    pub program: String,
}

impl CampaignFacts {
    /// Refuses what no campaign can be.
    pub fn check(&self) -> Result<()> {
        if !is_county(&self.county_code) {
            return Err(Error::setting(
                "county-code",
                &self.county_code,
                "the 6 digits of a county, such as `620821`",
            ));
        }
        if !(2000..=2199).contains(&self.year) {
            return Err(Error::setting("year", self.year, "a year such as 2026"));
        }
        if !(1..=99).contains(&self.round) {
            return Err(Error::setting("round", self.round, "1 to 99"));
        }
        Ok(())
    }

    /// `2026R1`, as it stands in site ids.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{}R{}", self.year, self.round)
    }

    /// The id of a new site: `{code12}-{year}R{round}-{nnnn}`.
    #[must_use]
    pub fn site_id(&self, village_code: &str, number: u64) -> String {
        format!("{village_code}-{}-{number:04}", self.label())
    }

    /// The code that stands in ids for ground outside of every village.
    #[must_use]
    pub fn outside_code(&self) -> String {
        format!("{}000000", self.county_code)
    }

    /// A name-based UUID (version 5, RFC 9562) of something of this campaign.
    #[must_use]
    pub fn uuid(&self, of: &str) -> String {
        let campaign = format!(
            "tianmu:{}:{}:{}",
            self.county_code,
            self.label(),
            self.created_at
        );
        let space = Uuid::new_v5(&Uuid::NAMESPACE_URL, campaign.as_bytes());
        Uuid::new_v5(&space, of.as_bytes()).to_string()
    }

    /// The facts as the rows of a table.
    #[must_use]
    pub fn to_rows(&self) -> Vec<(&'static str, String)> {
        vec![
            ("schema_version", SCHEMA_VERSION.to_string()),
            ("name", self.name.clone()),
            ("year", self.year.to_string()),
            ("round", self.round.to_string()),
            ("county_code", self.county_code.clone()),
            ("county", self.county.clone()),
            ("created_at", self.created_at.clone()),
            ("program", self.program.clone()),
        ]
    }

    /// The facts from the rows of a table.
    ///
    /// # Errors
    /// What is wrong with them, in words.
    pub fn from_rows(rows: &[(String, String)]) -> Result<Self, String> {
        let get = |key: &str| {
            let row = rows.iter().find(|(k, _)| k == key);
            row.map(|(_, v)| v.clone())
                .ok_or_else(|| format!("has no `{key}`"))
        };
        let whole = |key: &str| {
            let text = get(key)?;
            text.parse::<i64>()
                .map_err(|_| format!("has `{key}` = `{text}`, wanted a whole number"))
        };
        let version = whole("schema_version")?;
        if version > SCHEMA_VERSION {
            return Err(format!(
                "has tables of version {version}; this program knows up to {SCHEMA_VERSION}"
            ));
        }
        let out_of_range = |key: &str| format!("has a `{key}` out of range");
        Ok(Self {
            name: get("name")?,
            year: i32::try_from(whole("year")?).map_err(|_| out_of_range("year"))?,
            round: u32::try_from(whole("round")?).map_err(|_| out_of_range("round"))?,
            county_code: get("county_code")?,
            county: get("county")?,
            created_at: get("created_at")?,
            program: get("program")?,
        })
    }
}

#[cfg(test)]
pub(crate) fn example() -> CampaignFacts {
    CampaignFacts {
        name: "天目-26".into(),
        year: 2026,
        round: 1,
        county_code: "990101".into(),
        county: "天目县".into(),
        created_at: "2026-03-01T00:00:00Z".into(),
        program: "tianmu 0.1.0".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_survive_their_rows() {
        let facts = example();
        let rows: Vec<(String, String)> = facts
            .to_rows()
            .into_iter()
            .map(|(k, v)| (k.to_owned(), v))
            .collect();
        assert_eq!(CampaignFacts::from_rows(&rows), Ok(facts.clone()));
        let mut later = rows.clone();
        later[0].1 = "2".into();
        assert!(
            CampaignFacts::from_rows(&later)
                .unwrap_err()
                .contains("version 2")
        );
        assert!(CampaignFacts::from_rows(&rows[1..]).is_err());
        assert_eq!(facts.site_id("990101101201", 7), "990101101201-2026R1-0007");
        assert_eq!(facts.uuid("a"), facts.uuid("a"));
        assert_ne!(facts.uuid("a"), facts.uuid("b"));
    }

    #[test]
    fn nonsense_is_refused() {
        for broken in [
            CampaignFacts {
                county_code: "62".into(),
                ..example()
            },
            CampaignFacts {
                year: 26,
                ..example()
            },
            CampaignFacts {
                round: 0,
                ..example()
            },
        ] {
            assert!(broken.check().is_err());
        }
        assert!(example().check().is_ok());
    }
}
