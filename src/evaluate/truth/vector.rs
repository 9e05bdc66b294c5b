//! Points and polygons of vector files become plots.

use super::{Context, Gathered, Place, TruthKind, TruthPlot};
use crate::georef::Crs;
use crate::vector::{FeatureShape, PlacedFeature, PlacedFeatures, read_places};
use crate::{Error, Result};
use geo::MultiPolygon;
use geo::orient::{Direction, Orient};
use std::path::Path;

/// What a look-alike is called whose file does not say what it is.
const UNNAMED: &str = "unnamed";

/// Reads known plots of any ground: points and polygons with the attribute `class`, and `id`,
/// `stage` and `note` or `kind` where there are any; names of attributes however capitalised.
///
/// # Errors
/// [`Error::Vector`] when the file is not understood or a feature has no class.
pub fn read_truth(path: &Path) -> Result<Vec<TruthPlot>> {
    let found = read_places(path, &Crs::wgs84()?, None)?;
    let plots = plots_of(path, found, None)?;
    let mut plots: Vec<TruthPlot> = plots.into_iter().map(|(_, plot)| plot).collect();
    super::make_unique(&mut plots);
    Ok(plots)
}

/// Takes the features of a file that the image shows. `class` is that of features which name
/// none.
pub(super) fn gather(
    gathered: &mut Gathered<'_>,
    path: &Path,
    layer: Option<&str>,
    class: Option<&str>,
) -> Result<()> {
    let found = read_places(path, &Crs::wgs84()?, layer)?;
    if found.layers.len() > 1 {
        let text = format!(
            "plots are taken from all of its layers: {}; `truth-layer` names one",
            found.layers.join(", ")
        );
        gathered.warn(path, &text);
    }
    if found.passed_over > 0 {
        let text = format!(
            "features that are no point or polygon are passed over: {}",
            found.passed_over
        );
        gathered.warn(path, &text);
    }
    let plots = plots_of(path, found, class)?;
    let (count, image) = (plots.len(), &gathered.context.raster.info.path);
    let image = image.file_name().unwrap_or_default().to_owned();
    let mut elsewhere = 0;
    for (kind, mut plot) in plots {
        if !gathered.context.shapes.shows(&plot.place) {
            elsewhere += 1;
            continue;
        }
        plot.class = gathered.context.class(&plot.class);
        if plot.stage.is_empty() {
            plot.stage = gathered.context.stage();
        }
        gathered.add(kind, plot);
    }
    if elsewhere > 0 {
        let text = if elsewhere == count {
            format!(
                "none of its {count} features lies in `{}`; check its reference system if some \
                 should",
                image.display()
            )
        } else {
            format!(
                "{elsewhere} of {count} features lie outside `{}` and are left out",
                image.display()
            )
        };
        gathered.warn(path, &text);
    }
    Ok(())
}

/// The look-alikes of a file that the image shows; `class` or `kind` says what they are.
pub(super) fn lookalikes(context: &Context<'_>, path: &Path) -> Result<Vec<TruthPlot>> {
    let found = read_places(path, &Crs::wgs84()?, None)?;
    let mut plots = Vec::new();
    for feature in found.features {
        let names = ["class", "kind"].map(|field| feature.text(field));
        let class = names.into_iter().find(|n| !n.is_empty());
        let class = class.unwrap_or_else(|| UNNAMED.into());
        let shown = places_of(feature, class, plots.len());
        plots.extend(
            shown
                .map(|(_, plot)| plot)
                .filter(|plot| context.shapes.shows(&plot.place)),
        );
    }
    super::make_unique(&mut plots);
    Ok(plots)
}

fn plots_of(
    path: &Path,
    found: PlacedFeatures,
    class: Option<&str>,
) -> Result<Vec<(TruthKind, TruthPlot)>> {
    let mut plots = Vec::new();
    for feature in found.features {
        let own = feature.text("class");
        let class = match class {
            _ if !own.is_empty() => own,
            Some(class) => class.to_owned(),
            None => {
                return Err(Error::Vector {
                    path: path.to_owned(),
                    problem: format!(
                        "has no `class` on feature {} of layer `{}`",
                        feature.number, feature.layer
                    ),
                    hint: "give every plot the name of its class".into(),
                });
            }
        };
        let before = plots.len();
        plots.extend(places_of(feature, class, before));
    }
    Ok(plots)
}

/// The plots of a feature: one, or one for each of several points. `before` is the number of
/// plots before it.
fn places_of(
    feature: PlacedFeature,
    class: String,
    before: usize,
) -> impl Iterator<Item = (TruthKind, TruthPlot)> {
    let (id, stage) = (feature.text("id"), feature.text("stage"));
    let notes = ["note", "kind"].map(|field| feature.text(field));
    let note = notes
        .into_iter()
        .find(|n| !n.is_empty())
        .unwrap_or_default();
    let places: Vec<(TruthKind, Place)> = match feature.shape {
        FeatureShape::Area(area) => {
            let area: MultiPolygon<f64> = area
                .iter()
                .map(|polygon| polygon.orient(Direction::Default))
                .collect();
            vec![(TruthKind::Polygons, Place::Area(area))]
        }
        FeatureShape::Points(points) => points
            .into_iter()
            .map(|point| (TruthKind::Points, Place::Point(point)))
            .collect(),
    };
    let count = places.len();
    places
        .into_iter()
        .zip(1..)
        .map(move |((kind, place), number)| {
            let id = match (id.as_str(), count) {
                ("", _) => (before + number).to_string(),
                (id, 1) => id.to_owned(),
                (id, _) => format!("{id}-{number}"),
            };
            let plot = TruthPlot {
                id,
                class: class.clone(),
                stage: stage.clone(),
                note: note.clone(),
                place,
            };
            (kind, plot)
        })
}
