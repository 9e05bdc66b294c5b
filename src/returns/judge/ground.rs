//! What the campaign knows of places: sites, places drawn by lot, plots that somebody found, and the
//! numbers that they once had.

use crate::Result;
use crate::campaign::check::Check;
use crate::campaign::moved::Moved;
use crate::campaign::site::{CampaignSite, MERGED};
use crate::campaign::tables::{LINKS, PREVIOUS, SITES, TASKS};
use crate::georef::{LocalMetres, geodesic_distance_m};
use crate::returns::Fault;
use crate::returns::plain::fold;
use crate::vector::{StoredRow, StoredShape, Table};
use geo::{Distance, Euclidean, MultiPolygon, Point};
use std::collections::{HashMap, HashSet};

/// Reads a table of the campaign as it is now.
pub(in crate::returns) type Read<'a> = dyn Fn(&'static Table) -> Result<Vec<StoredRow>> + 'a;

/// A place that may be answered for.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::returns) struct Place {
    /// Its number.
    pub(in crate::returns) site_id: String,
    /// WGS 84.
    pub(in crate::returns) point: Point<f64>,
    /// The plot's outline; empty where there is none.
    pub(in crate::returns) outline: MultiPolygon<f64>,
    /// Metres.
    pub(in crate::returns) pos_err_m: f64,
    /// The area seen in the image, square metres.
    pub(in crate::returns) area_m2: Option<f64>,
    /// When it was given out, ISO 8601; empty where it was not.
    pub(in crate::returns) assigned_on: String,
}

impl Place {
    /// Metres from the plot, or from its point where it has no outline.
    pub(in crate::returns) fn distance_m(&self, from: Point<f64>) -> f64 {
        let to_point = geodesic_distance_m((self.point.x(), self.point.y()), (from.x(), from.y()));
        // Far away the flat frame is wrong, and the size of a plot does not matter.
        if self.outline.0.is_empty() || to_point > 5000.0 {
            return to_point;
        }
        let frame = LocalMetres::around(self.point);
        Euclidean.distance(&frame.point(from), &frame.outline(&self.outline))
    }
}

/// All places of a campaign.
#[derive(Debug, Default)]
pub(in crate::returns) struct Ground {
    places: HashMap<String, Place>,
    codes: HashMap<String, String>,
    /// Numbers that are no more, and those that took their place.
    moved: Moved,
    /// Sites of earlier rounds.
    earlier: HashSet<String>,
}

impl Ground {
    /// Reads the places of a campaign; `checks` are all it has.
    pub(in crate::returns) fn load(read: &Read<'_>, checks: &[Check]) -> Result<Self> {
        let mut ground = Self::default();
        for row in read(&SITES)? {
            let site = CampaignSite::from_row(row);
            if site.status == MERGED {
                continue;
            }
            let place = Place {
                site_id: site.site_id,
                point: site.point,
                outline: site.outline,
                pos_err_m: if site.pos_err_m.is_finite() {
                    site.pos_err_m
                } else {
                    0.0
                },
                area_m2: Some(site.area_m2).filter(|area| *area > 0.0),
                assigned_on: String::new(),
            };
            ground.add(place);
        }
        for row in read(&TASKS)? {
            let site_id = row.text("site_id");
            let (code, assigned_on) = (row.text("code"), row.text("assigned_on"));
            if !code.is_empty() {
                ground.codes.insert(fold(&code), site_id.clone());
            }
            match (ground.places.get_mut(&fold(&site_id)), row.shape) {
                (Some(place), _) => place.assigned_on = assigned_on,
                (None, Some(StoredShape::Point(point))) => ground.add(Place {
                    site_id,
                    point,
                    outline: MultiPolygon::new(vec![]),
                    pos_err_m: 0.0,
                    area_m2: None,
                    assigned_on,
                }),
                (None, _) => {}
            }
        }
        for check in checks.iter().filter(|check| is_find(&check.site_id)) {
            if let (Some(point), None) = (check.point, ground.places.get(&fold(&check.site_id))) {
                ground.add(Place {
                    site_id: check.site_id.clone(),
                    point,
                    outline: MultiPolygon::new(vec![]),
                    pos_err_m: 0.0,
                    area_m2: None,
                    assigned_on: String::new(),
                });
            }
        }
        ground.moved = Moved::of_rows(&read(&LINKS)?).folded(fold);
        ground.earlier = read(&PREVIOUS)?
            .iter()
            .map(|row| fold(&row.text("site_id")))
            .collect();
        Ok(ground)
    }

    /// Adds a place.
    pub(in crate::returns) fn add(&mut self, place: Place) {
        self.places.insert(fold(&place.site_id), place);
    }

    /// The place nearest to a point, with the metres to it, among those not farther than `most_m`.
    pub(in crate::returns) fn nearest(
        &self,
        from: Point<f64>,
        most_m: f64,
    ) -> Option<(f64, &Place)> {
        // Wide enough for large plots: from their middle to their edge.
        let degrees = (most_m + 500.0) / 100_000.0;
        let near = self.places.values().filter(|place| {
            (place.point.y() - from.y()).abs() <= degrees
                && (place.point.x() - from.x()).abs() * from.y().to_radians().cos() <= degrees
        });
        near.map(|place| (place.distance_m(from), place))
            .filter(|(metres, _)| *metres <= most_m)
            .min_by(|a, b| {
                a.0.total_cmp(&b.0)
                    .then_with(|| a.1.site_id.cmp(&b.1.site_id))
            })
    }

    /// The place with a number, followed through the numbers that it had; the second says whether it
    /// was another one.
    fn numbered(&self, written: &str) -> Option<(&Place, bool)> {
        let mut number = fold(written);
        let mut is_moved = false;
        // A chain of renumberings is short; a circle would have no end.
        for _ in 0..16 {
            if let Some(place) = self.places.get(&number) {
                return Some((place, is_moved));
            }
            number = self.moved.next(&number)?.to_owned();
            is_moved = true;
        }
        None
    }

    /// The place that a number or a short code names, and what to know of it.
    ///
    /// # Errors
    /// The cell at fault and why.
    pub(in crate::returns) fn find(
        &self,
        (site_id, site_cell): (&str, &str),
        (code, code_cell): (&str, &str),
    ) -> Result<(&Place, Option<String>), Fault> {
        let by_code = self
            .codes
            .get(&fold(code))
            .and_then(|site| self.numbered(site));
        if site_id.is_empty() {
            return by_code
                .map(|(place, _)| (place, None))
                .ok_or_else(|| Fault {
                    cell: code_cell.to_owned(),
                    reason: format!(
                        "is `{code}`, wanted the short code of a place that this campaign gave out"
                    ),
                });
        }
        let Some((place, is_moved)) = self.numbered(site_id) else {
            let wanted = match by_code {
                _ if self.earlier.contains(&fold(site_id)) => {
                    "a place of this round; this one is of an earlier round and was not seen again"
                        .to_owned()
                }
                Some((place, _)) => format!("`{}`, whose short code is `{code}`", place.site_id),
                None => "a site, or a place drawn by lot, of this campaign".to_owned(),
            };
            return Err(Fault {
                cell: site_cell.to_owned(),
                reason: format!("is `{site_id}`, wanted {wanted}"),
            });
        };
        match by_code {
            Some((other, _)) if other.site_id != place.site_id => Err(Fault {
                cell: code_cell.to_owned(),
                reason: format!(
                    "is `{code}`, which is `{}`, but the row is of `{site_id}`; wanted both of one place",
                    other.site_id
                ),
            }),
            _ => {
                let note = is_moved
                    .then(|| format!("written for `{site_id}`, which is `{}` now", place.site_id));
                Ok((place, note))
            }
        }
    }
}

/// Whether a number is that of a plot which somebody found without a lead.
pub(in crate::returns) fn is_find(site_id: &str) -> bool {
    find_number(site_id).is_some()
}

/// The last part of such a number: `…-F012` is 12.
pub(in crate::returns) fn find_number(site_id: &str) -> Option<u32> {
    let (_, digits) = site_id.rsplit_once("-F")?;
    let is_number = digits.len() >= 3 && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ground() -> Ground {
        let mut ground = Ground::default();
        for (number, lon) in [
            ("990101201202-2026R1-0001", 101.0),
            ("990101201202-2026R1-0002", 101.1),
        ] {
            ground.add(Place {
                site_id: number.into(),
                point: Point::new(lon, 24.0),
                outline: MultiPolygon::new(vec![]),
                pos_err_m: 3.0,
                area_m2: Some(20.0),
                assigned_on: "2026-04-21".into(),
            });
        }
        ground
            .codes
            .insert("201202-01".into(), "990101201202-2026R1-0001".into());
        let renumbered = [
            "990101201202-2026R1-0002",
            "was_numbered",
            "990101201202-2026R1-0009",
        ];
        ground.moved = Moved::of([renumbered.map(str::to_owned)]).folded(fold);
        ground.earlier.insert("990101201202-2025r1-0004".into());
        ground
    }

    #[test]
    fn places_are_found_by_number_code_and_old_number() {
        let ground = ground();
        let find = |site: &str, code: &str| {
            ground
                .find((site, "C4"), (code, "B4"))
                .map(|(place, note)| (place.site_id.clone(), note))
                .map_err(|fault| format!("{}: {}", fault.cell, fault.reason))
        };
        let first = Ok(("990101201202-2026R1-0001".to_owned(), None));
        assert_eq!(find("990101201202-2026R1-0001", ""), first);
        assert_eq!(find("", "２０１２０２－０１"), first);
        assert_eq!(find("990101201202-2026r1-0001", "201202-01"), first);
        let (site, note) = find("990101201202-2026R1-0009", "").unwrap();
        assert_eq!(site, "990101201202-2026R1-0002");
        assert!(note.unwrap().contains("which is"));
        let wrong = find("990101201202-2026R1-0002", "201202-01").unwrap_err();
        assert!(
            wrong.starts_with("B4: is `201202-01`, which is `990101201202-2026R1-0001`"),
            "{wrong}"
        );
        assert!(
            find("x", "201202-01")
                .unwrap_err()
                .contains("whose short code is")
        );
        assert!(
            find("990101201202-2025R1-0004", "")
                .unwrap_err()
                .contains("of an earlier round")
        );
        assert!(
            find("", "201202-77")
                .unwrap_err()
                .starts_with("B4: is `201202-77`")
        );
    }

    #[test]
    fn numbers_of_finds_are_told() {
        assert_eq!(find_number("990101201202-2026R1-F012"), Some(12));
        assert_eq!(find_number("990101201202-2026R1-0012"), None);
        assert!(!is_find("990101201202-2026R1-Fx12"));
    }
}
