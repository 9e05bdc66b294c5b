//! What a campaign says of its images, its villages, and what was looked for.

use super::CoverageSettings;
use crate::campaign::phenology::{self, Phenology, calendar_day};
use crate::campaign::site::MERGED;
use crate::campaign::tables::{AUDIT, COVERAGE, PHENOLOGY, RUNS, SITES, VILLAGES};
use crate::campaign::villages::VillageIndex;
use crate::campaign::{Campaign, Lang, crop_name};
use crate::vector::{Filter, StoredShape};
use crate::{Error, Result};
use chrono::NaiveDate;
use geo::MultiPolygon;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Crops that are looked for where nothing names any.
const USUAL_CROPS: [&str; 2] = ["opium_poppy", "cannabis"];

/// What the measuring takes from a campaign.
pub(super) struct Source {
    /// The villages, WGS 84.
    pub(super) villages: VillageIndex,
    /// The images, in the order of their rows.
    pub(super) images: Vec<SeenGround>,
    /// How many of them, the last ones, nobody looked at.
    pub(super) supposed: usize,
    /// Their outlines, WGS 84.
    pub(super) outlines: Vec<MultiPolygon<f64>>,
    /// When crops can be told apart.
    pub(super) phenology: Phenology,
    /// The crops that are looked for.
    pub(super) crops: Vec<String>,
    /// Rows of the audit.
    pub(super) audit_rows: u64,
}

/// Ground that is taken as looked at by a model that searches for all crops.
#[derive(Debug, Clone, PartialEq)]
pub struct ExtraImage {
    /// The ground, WGS 84.
    pub outline: MultiPolygon<f64>,
    /// Ground sample distance in centimetres, where it is known.
    pub gsd_cm: Option<f64>,
    /// When it was taken, ISO 8601; empty where unknown.
    pub capture_time: String,
}

/// Ground of one image that a model looked at.
#[derive(Debug, Clone, Default)]
pub(super) struct SeenGround {
    /// Ground sample distance in centimetres, where it is known.
    pub(super) gsd_cm: Option<f64>,
    /// When it was taken, as the row says it.
    pub(super) capture_time: String,
    /// The day of that, where it says one.
    pub(super) day: Option<NaiveDate>,
    /// For each crop of the source, whether the model searched for it.
    pub(super) searched: Vec<bool>,
}

impl Source {
    /// Reads a campaign, and takes more images for looked at than it knows.
    pub(super) fn read(
        campaign: &Campaign,
        settings: &CoverageSettings,
        extra: &[ExtraImage],
    ) -> Result<Self> {
        let store = &campaign.store;
        let villages = VillageIndex::of_rows(store.read(&VILLAGES, &Filter::All)?);
        if villages.is_empty() {
            return Err(Error::Store {
                target: store.target().to_string(),
                problem: "has no villages, so there is no share to measure".into(),
                hint: "take them in with `tianmu campaign import CAMPAIGN FILE --role villages`"
                    .into(),
            });
        }
        let phenology = latest_phenology(campaign)?;
        let searched = searched_classes(campaign)?;
        let crops = crops(campaign, settings, &phenology, &searched)?;
        let known: BTreeSet<&str> = crops_of(&phenology).into_iter().collect();
        let rows = store.read(&COVERAGE, &Filter::All)?;
        let last_day = settings.until.as_deref().and_then(calendar_day);
        let (mut images, mut outlines) = (Vec::new(), Vec::new());
        let known_gsd = |cm: &f64| cm.is_finite() && *cm > 0.0;
        let in_time = |day: Option<NaiveDate>| day.zip(last_day).is_none_or(|(d, last)| d <= last);
        for row in rows {
            let capture_time = row.text("capture_time");
            let day = calendar_day(&capture_time);
            if !in_time(day) {
                continue;
            }
            // A model whose classes name no crop of the phenology may have looked for any.
            let named = searched
                .get(&row.text("run_id"))
                .filter(|classes| classes.iter().any(|c| known.contains(c.as_str())));
            images.push(SeenGround {
                gsd_cm: row.real("gsd_cm").filter(known_gsd),
                day,
                capture_time,
                searched: crops
                    .iter()
                    .map(|crop| named.is_none_or(|classes| classes.contains(crop)))
                    .collect(),
            });
            let shape = row.shape.map(StoredShape::into_area);
            outlines.push(shape.unwrap_or_else(|| MultiPolygon::new(vec![])));
        }
        let mut supposed = 0;
        for image in extra {
            let day = calendar_day(&image.capture_time);
            if !in_time(day) {
                continue;
            }
            supposed += 1;
            images.push(SeenGround {
                gsd_cm: image.gsd_cm.filter(known_gsd),
                day,
                capture_time: image.capture_time.clone(),
                searched: vec![true; crops.len()],
            });
            outlines.push(image.outline.clone());
        }
        Ok(Self {
            villages,
            images,
            supposed,
            outlines,
            phenology,
            crops,
            audit_rows: store.count(&AUDIT, &Filter::All)?,
        })
    }
}

/// Sites of a campaign that stand for themselves: leads, whatever became of them.
pub fn candidates(campaign: &Campaign) -> Result<usize> {
    let mut count = 0;
    campaign.store.for_each(&SITES, &Filter::All, &mut |row| {
        count += usize::from(row.text("status") != MERGED);
        Ok(())
    })?;
    Ok(count)
}

/// The last table that came in; the built-in one where none did.
fn latest_phenology(campaign: &Campaign) -> Result<Phenology> {
    let rows = campaign.store.read(&PHENOLOGY, &Filter::All)?;
    match rows.last() {
        Some(row) => Phenology::parse(&row.text("text"), Path::new(&row.text("source"))),
        None => Phenology::parse(phenology::DEFAULT, Path::new("phenology.toml")),
    }
}

/// Crops of a phenology, in the order in which it names them.
fn crops_of(phenology: &Phenology) -> Vec<&str> {
    let mut crops: Vec<&str> = Vec::new();
    for window in &phenology.windows {
        if !crops.contains(&window.crop.as_str()) {
            crops.push(&window.crop);
        }
    }
    crops
}

/// The classes that each run searched for, where its facts say so.
fn searched_classes(campaign: &Campaign) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let rows = campaign.store.read(&RUNS, &Filter::All)?;
    let runs = rows.iter().filter_map(|row| {
        let classes = classes_of(&row.text("facts"))?;
        Some((row.text("run_id"), classes))
    });
    Ok(runs.collect())
}

/// The setting `classes` in the facts of a run, whose settings are JSON within JSON.
fn classes_of(facts: &str) -> Option<BTreeSet<String>> {
    let facts: serde_json::Value = serde_json::from_str(facts).ok()?;
    let settings: serde_json::Value =
        serde_json::from_str(facts.get("settings")?.as_str()?).ok()?;
    let classes = settings.get("classes")?.as_array()?;
    let classes: BTreeSet<String> = classes
        .iter()
        .filter_map(|c| c.as_str().map(str::to_owned))
        .collect();
    (!classes.is_empty()).then_some(classes)
}

/// The crops that were asked for; else those of the phenology that sites or models name; else the
/// usual ones.
fn crops(
    campaign: &Campaign,
    settings: &CoverageSettings,
    phenology: &Phenology,
    searched: &BTreeMap<String, BTreeSet<String>>,
) -> Result<Vec<String>> {
    let known = crops_of(phenology);
    let mut asked: Vec<String> = Vec::new();
    for crop in &settings.crops {
        if !known.contains(&crop.as_str()) {
            let names: Vec<String> = known
                .iter()
                .map(|c| format!("{c} ({})", crop_name(c, Lang::Zh)))
                .collect();
            let wanted = format!("a crop of the phenology: {}", names.join(", "));
            return Err(Error::setting("crop", crop, &wanted));
        }
        if !asked.contains(crop) {
            asked.push(crop.clone());
        }
    }
    if !asked.is_empty() {
        return Ok(asked);
    }
    let mut named: BTreeSet<String> = searched.values().flatten().cloned().collect();
    campaign.store.for_each(&SITES, &Filter::All, &mut |row| {
        named.insert(row.text("class"));
        Ok(())
    })?;
    let named: Vec<String> = known
        .into_iter()
        .filter(|crop| named.contains(*crop))
        .map(str::to_owned)
        .collect();
    if named.is_empty() {
        return Ok(USUAL_CROPS.map(str::to_owned).into());
    }
    Ok(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_classes_of_a_run_stand_in_its_settings() {
        let facts = |classes: &str| {
            serde_json::json!({ "settings": format!("{{\"classes\":{classes}}}") }).to_string()
        };
        let classes = classes_of(&facts(r#"["opium_poppy","cannabis"]"#)).unwrap();
        assert_eq!(Vec::from_iter(classes), ["cannabis", "opium_poppy"]);
        for none in ["", "[]", "{}", &facts("null"), &facts("[]"), &facts("[7]")] {
            assert_eq!(classes_of(none), None, "{none}");
        }
    }
}
