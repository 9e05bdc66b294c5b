//! The raw photos among the images of a campaign, placed once more as the scan placed them: for pictures
//! and chips that are cut from them later.

use super::Campaign;
use super::tables::{DOCUMENTS, RUNS, SCENES};
use crate::elevation::Elevation;
use crate::flight::place::{PlaceSettings, place, take_off};
use crate::flight::sorties::{offset_of, sorties};
use crate::flight::survey::is_photo;
use crate::flight::tags;
use crate::flight::view::{Heights, SCANNED_DEPRESSION_DEG};
use crate::georef::PixelGround;
use crate::pipeline::acquire::Photos;
use crate::vector::Filter;
use crate::{Error, Result};
use chrono::FixedOffset;
use rayon::prelude::*;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The elevation model of a campaign, or another one in its place; `None` where it names none.
///
/// # Errors
/// [`Error::Store`] where the one that it names is not there, and those of [`Elevation::open`].
pub fn elevation_model(campaign: &Campaign, dem: Option<&Path>) -> Result<Option<Arc<Elevation>>> {
    let named = campaign
        .store
        .read(&DOCUMENTS, &Filter::Equals("role", "dem".into()))?
        .last()
        .map(|row| PathBuf::from(row.text("path")));
    let Some(path) = dem.map(Path::to_owned).or(named) else {
        return Ok(None);
    };
    if dem.is_none() && !path.exists() {
        return Err(Error::Store {
            target: campaign.store.target().to_string(),
            problem: format!(
                "names the elevation model `{}`, which is not there",
                path.display()
            ),
            hint: "pass `--dem FILE`, or import it again with `--role dem`".into(),
        });
    }
    Elevation::open(&path).map(|elevation| Some(Arc::new(elevation)))
}

/// Places the photos of all runs, as the settings of each run say. Images are where the campaign says, or
/// in `folder` by their name. Photos that were placed over an elevation model are left out where `heights`
/// are not known; a file that cannot be read is left out, too.
///
/// # Errors
/// [`Error::Store`] where the campaign cannot be read.
pub fn scene_photos(
    campaign: &Campaign,
    heights: Option<&Arc<Elevation>>,
    folder: Option<&Path>,
) -> Result<Photos> {
    let scenes = campaign.store.read(&SCENES, &Filter::All)?;
    let mut all: Vec<(PathBuf, Arc<dyn PixelGround>)> = Vec::new();
    for run in campaign.store.read(&RUNS, &Filter::All)? {
        let Some(settings) = settings_of(&run.text("facts"), heights) else {
            continue;
        };
        let run_id = run.text("run_id");
        let paths: Vec<PathBuf> = scenes
            .iter()
            .filter(|scene| scene.text("run_id") == run_id)
            .filter_map(|scene| found(PathBuf::from(scene.text("path")), folder))
            .collect();
        let photos: Vec<_> = paths
            .into_par_iter()
            .filter(|path| is_photo(path))
            .filter_map(|path| tags::read(&path).ok())
            .collect();
        let (settings, offset) = settings;
        let (placed, _) = place(&photos, &sorties(&photos, offset), &settings);
        all.extend(photos.into_iter().zip(placed).filter_map(|(tags, placed)| {
            let view = Arc::clone(placed.view()?);
            Some((tags.path, view as Arc<dyn PixelGround>))
        }));
    }
    Ok(all.into_iter().collect())
}

/// Where an image is; `None` where it is nowhere.
fn found(path: PathBuf, folder: Option<&Path>) -> Option<PathBuf> {
    if path.is_file() {
        return Some(path);
    }
    let place = folder?.join(path.file_name()?);
    place.is_file().then_some(place)
}

/// How a run placed photos; `None` where it had none, or where it took heights that are not known here.
fn settings_of(
    facts: &str,
    heights: Option<&Arc<Elevation>>,
) -> Option<(PlaceSettings, FixedOffset)> {
    let facts: Value = serde_json::from_str(facts).ok()?;
    let settings: Map<String, Value> =
        serde_json::from_str(facts.get("settings")?.as_str()?).ok()?;
    // Runs without photos do not have it.
    let depression = settings.get("min-depression")?.as_f64();
    let number = |name: &str| settings.get(name).and_then(Value::as_f64);
    let heights = match settings.get("dem") {
        Some(Value::String(_)) => Some(Arc::clone(heights?) as Arc<dyn Heights>),
        _ => None,
    };
    let offset = offset_of(number("utc-offset").unwrap_or(8.0))?;
    let place = PlaceSettings {
        heights,
        take_off: settings
            .get("takeoff")
            .and_then(Value::as_str)
            .and_then(take_off),
        height_m: number("flight-height"),
        gnss_m: number("gnss-error"),
        least_depression_deg: depression.unwrap_or(SCANNED_DEPRESSION_DEG),
        allow_points: false,
    };
    Some((place, offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_runs_with_photos_are_read() {
        let facts =
            |settings: Value| serde_json::json!({ "settings": settings.to_string() }).to_string();
        let asked = facts(serde_json::json!({
            "dem": null, "takeoff": "101.5,24.25", "flight-height": null, "gnss-error": 0.5,
            "min-depression": 40.0, "utc-offset": -3.5, "no-quality": false,
        }));
        let (place, offset) = settings_of(&asked, None).unwrap();
        assert_eq!(place.take_off, Some((101.5, 24.25)));
        assert_eq!((place.height_m, place.gnss_m), (None, Some(0.5)));
        assert!((place.least_depression_deg - 40.0).abs() < 1e-9);
        assert_eq!(offset.local_minus_utc(), -12_600);
        for none in [
            "{}".to_owned(),
            facts(serde_json::json!({ "classes": [] })),
            facts(serde_json::json!({ "dem": "a.tif", "min-depression": 30.0 })),
        ] {
            assert!(settings_of(&none, None).is_none(), "{none}");
        }
    }
}
