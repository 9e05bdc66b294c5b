//! What a round teaches: each site with what stood there, as an object, as ground without one, or as
//! something that no chip may show, as nobody knows or may know.

use crate::Result;
use crate::campaign::Campaign;
use crate::campaign::check::{Check, Outcome, conflicting, verdicts};
use crate::campaign::home::{Homes, is_unknown};
use crate::campaign::moved::Moved;
use crate::campaign::site::{CampaignSite, MERGED};
use crate::campaign::tables::{CHECKS, LINKS, SITES, TASKS};
use crate::vector::{Filter, Table};
use geo::{Intersects, MultiPolygon};
use std::collections::BTreeMap;

/// What a place is to training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// An object of a class, by its place in the list of classes.
    Object(usize),
    /// Looked like one and is none.
    Negative,
    /// Nobody knows, or nobody may see: painted over wherever a chip would show it.
    Hidden,
}

/// A place and what stood there.
#[derive(Debug, Clone)]
pub(super) struct Example {
    /// Its number in the campaign.
    pub(super) site_id: String,
    /// What it is to training.
    pub(super) role: Role,
    /// Its outline, WGS 84.
    pub(super) outline: MultiPolygon<f64>,
    /// The village code; empty outside of every village.
    pub(super) village: String,
    /// What stood there, by its machine name.
    pub(super) outcome: &'static str,
    /// What was mistaken for the crop.
    pub(super) confuser: String,
    /// When somebody looked, ISO 8601; empty where unknown.
    pub(super) checked_at: String,
    /// The images that show it, by SHA-256 and by name.
    pub(super) seen_in: Vec<(String, String)>,
}

/// Everything that a round teaches.
pub(super) struct Examples {
    /// The places.
    pub(super) list: Vec<Example>,
    /// Names of classes, sorted.
    pub(super) classes: Vec<String>,
    /// Places that were left out, by reason.
    pub(super) left_out: BTreeMap<String, usize>,
    /// Places whose outline is the one that was walked.
    pub(super) walked: usize,
    /// Places without an object of which nobody knows whether they are homes.
    pub(super) unknown_homes: usize,
}

impl Examples {
    /// Reads a campaign: answers of this round only. Homes where no crop stood are left out unless
    /// `with_homes`.
    pub(super) fn read(campaign: &Campaign, homes: &Homes, with_homes: bool) -> Result<Self> {
        let rows = |table: &Table| campaign.store.read(table, &Filter::All);
        let mut checks: Vec<Check> = rows(&CHECKS)?.iter().map(Check::from_row).collect();
        Moved::of_rows(&rows(&LINKS)?).follow(&mut checks);
        let conflicts = conflicting(&checks);
        let verdicts = verdicts(&checks, std::iter::empty());
        let mut examples = Self {
            list: Vec::new(),
            classes: Vec::new(),
            left_out: BTreeMap::new(),
            walked: 0,
            unknown_homes: 0,
        };
        // Classes are numbered by name at the end, as places come in any order.
        let mut names = Vec::new();
        for site in rows(&SITES)?.into_iter().map(CampaignSite::from_row) {
            if site.status == MERGED {
                continue;
            }
            let verdict = verdicts.get(site.site_id.as_str());
            let check = verdict.and_then(|v| v.check).map(|at| &checks[at]);
            let outcome = verdict.map(|v| v.outcome);
            let is_home = homes.holds(&site.setting, site.point);
            let reason = match outcome {
                _ if conflicts.contains(site.site_id.as_str()) => Some("conflicting answers"),
                None => Some("not answered in this round"),
                Some(Outcome::Confirmed | Outcome::LegalCrop) => {
                    let is_other = check.is_some_and(|c| c.species == "other");
                    is_other.then_some("another plant")
                }
                Some(Outcome::FalseAlarm) => {
                    (is_home && !with_homes).then_some("homes where no crop stood")
                }
                Some(other) => Some(other.word().name),
            };
            let mut outline = site.outline.clone();
            let mut name = String::new();
            let role = match (reason, outcome) {
                (Some(reason), _) => {
                    *examples.left_out.entry(reason.to_owned()).or_default() += 1;
                    Role::Hidden
                }
                (None, Some(Outcome::FalseAlarm)) => {
                    if is_unknown(&site.setting) && homes.is_empty() {
                        examples.unknown_homes += 1;
                    }
                    Role::Negative
                }
                (None, _) => {
                    if let Some(walked) = check.and_then(|c| walked(c, &site.outline)) {
                        outline = walked;
                        examples.walked += 1;
                    }
                    name = class_of(check, &site.class);
                    Role::Object(0)
                }
            };
            names.push(name);
            examples.list.push(Example {
                site_id: site.site_id,
                role,
                outline,
                village: site.xzqdm,
                outcome: outcome.map_or("", |o| o.word().name),
                confuser: check.map_or_else(String::new, |c| c.confuser.clone()),
                checked_at: verdict.map_or_else(String::new, |v| v.checked_at.to_owned()),
                seen_in: pairs(&site.src_sha256, &site.src_image),
            });
        }
        examples.add_missed(campaign, &checks, &conflicts, &mut names)?;
        examples.number_classes(&names);
        Ok(examples)
    }

    /// Plots that the model missed: confirmed at a place drawn by lot, and walked around.
    fn add_missed(
        &mut self,
        campaign: &Campaign,
        checks: &[Check],
        conflicts: &std::collections::BTreeSet<&str>,
        names: &mut Vec<String>,
    ) -> Result<()> {
        let lots = Filter::Equals("kind", "control_random".into());
        let verdicts = verdicts(checks, std::iter::empty());
        for row in campaign.store.read(&TASKS, &lots)? {
            let site_id = row.text("site_id");
            let Some(verdict) = verdicts.get(site_id.as_str()) else {
                continue;
            };
            if verdict.outcome != Outcome::Confirmed {
                continue;
            }
            let Some(check) = verdict.check.map(|at| &checks[at]) else {
                continue;
            };
            let plot = check
                .walked()
                .filter(|_| !conflicts.contains(site_id.as_str()));
            let (Some(outline), "opium_poppy" | "cannabis") = (plot, check.species.as_str()) else {
                let reason = "missed plots without a walked outline and a species";
                *self.left_out.entry(reason.into()).or_default() += 1;
                continue;
            };
            self.walked += 1;
            names.push(check.species.clone());
            self.list.push(Example {
                site_id: site_id.clone(),
                role: Role::Object(0),
                outline,
                village: row.text("xzqdm"),
                outcome: verdict.outcome.word().name,
                confuser: String::new(),
                checked_at: verdict.checked_at.to_owned(),
                seen_in: Vec::new(),
            });
        }
        Ok(())
    }

    fn number_classes(&mut self, names: &[String]) {
        let objects = names.iter().filter(|name| !name.is_empty());
        self.classes = objects.cloned().collect();
        self.classes.sort();
        self.classes.dedup();
        for (example, name) in self.list.iter_mut().zip(names) {
            if let (Role::Object(_), Ok(at)) = (example.role, self.classes.binary_search(name)) {
                example.role = Role::Object(at);
            }
        }
    }
}

/// The species that somebody saw, before what the model took it for.
fn class_of(check: Option<&Check>, class: &str) -> String {
    let species = check.map_or("", |c| c.species.as_str());
    let name = if species.is_empty() { class } else { species };
    name.to_owned()
}

/// The outline that was walked, where it lies on the site's own.
fn walked(check: &Check, site: &MultiPolygon<f64>) -> Option<MultiPolygon<f64>> {
    check.walked().filter(|plot| plot.intersects(site))
}

/// Hashes and names of images, each list joined with `; `.
fn pairs(hashes: &str, images: &str) -> Vec<(String, String)> {
    let mut hashes = hashes.split("; ");
    images
        .split("; ")
        .filter(|image| !image.is_empty())
        .map(|image| {
            (
                hashes.next().unwrap_or_default().to_owned(),
                image.to_owned(),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walked_outline_counts_where_it_lies_on_the_site() {
        let square = "POLYGON ((101 24, 101.001 24, 101.001 24.001, 101 24.001, 101 24))";
        let check = |plot: &str| Check {
            plot: plot.into(),
            ..Check::default()
        };
        let site = check(square).walked().unwrap();
        let near =
            "POLYGON ((101.0005 24, 101.002 24, 101.002 24.001, 101.0005 24.001, 101.0005 24))";
        assert_eq!(walked(&check(near), &site), check(near).walked());
        let far = "POLYGON ((102 24, 102.001 24, 102.001 24.001, 102 24.001, 102 24))";
        for other in [
            far,
            "",
            "POINT (101 24)",
            "LINESTRING (101 24, 101.001 24)",
            "x",
        ] {
            assert_eq!(walked(&check(other), &site), None, "{other}");
        }
    }

    #[test]
    fn the_species_decides_over_the_class() {
        let check = |species: &str| Check {
            species: species.into(),
            ..Check::default()
        };
        assert_eq!(
            class_of(Some(&check("cannabis")), "opium_poppy"),
            "cannabis"
        );
        assert_eq!(class_of(Some(&check("")), "opium_poppy"), "opium_poppy");
        assert_eq!(class_of(None, "opium_poppy"), "opium_poppy");
        let two = pairs("aa; bb", "x.tif; y.tif");
        assert_eq!(two[1], ("bb".to_owned(), "y.tif".to_owned()));
        assert_eq!(pairs("", "x.tif"), [(String::new(), "x.tif".to_owned())]);
        assert!(pairs("", "").is_empty());
    }
}
