//! The terms of a grade: what is measured around a lead, and what it does to the priority.

use super::layers::nearer;
use super::licence::{Standing, judge};
use super::reasons::{Layer, Reasons};
use super::space::Frame;
use super::{GradeSettings, Graded, Layers, Lead};
use crate::campaign::Lang;
use crate::campaign::phenology::{NoSeason, Phenology, Season, calendar_day};
use crate::tasks::pack::{Grade, Listing, Setting, Surroundings};
use chrono::NaiveDate;

/// A resolution counts as fine enough up to half a percent above the limit: pixels of a map
/// projection are a little more or less than their nominal size on the ground.
const SAME_RESOLUTION: f64 = 1.005;

pub(super) fn grade(
    lead: &Lead<'_>,
    layers: &Layers,
    settings: &GradeSettings,
    lang: Lang,
) -> Graded {
    let frame = Frame::new(lead.point, lead.outline);
    let around = Around::measure(&frame, lead, layers, settings);
    let dates = capture_days(lead.capture_time);
    let mut reasons = Reasons::new(lang);

    let prob = probability(lead.prob, &mut reasons);
    let season = season_factor(
        lead,
        &dates,
        layers.phenology.as_ref(),
        settings,
        &mut reasons,
    );
    let resolution = resolution_factor(lead, settings, &mut reasons);
    let sum = around.weights(lead, layers, settings, &mut reasons);
    let raw = 100.0 * prob * season * resolution * (1.0 + sum);
    // Rounded before it is graded, so that no printed 70.0 is a B.
    let priority = ((raw * 10.0).round() / 10.0).min(100.0);
    if priority < (raw * 10.0).round() / 10.0 {
        reasons.capped(raw);
    }

    let licence = licence(&frame, lead, &dates, layers, &mut reasons);
    missing_layers(lead, layers, &mut reasons);
    let listing = if licence.is_some() {
        Listing::LegalCrop
    } else if around.near_border {
        Listing::NearBorder
    } else {
        Listing::Main
    };
    Graded {
        grade: letter(priority, settings),
        priority,
        listing,
        setting: around.setting(layers, settings),
        courtyard: around.courtyard,
        near: around.near,
        licence,
        reasons: reasons.into_sentences(),
    }
}

fn letter(priority: f64, settings: &GradeSettings) -> Grade {
    if priority >= settings.grade_a {
        Grade::A
    } else if priority >= settings.grade_b {
        Grade::B
    } else {
        Grade::C
    }
}

fn probability(prob: f64, reasons: &mut Reasons) -> f64 {
    if prob.is_nan() {
        reasons.not_computed("无置信", "no probability");
        return 0.0;
    }
    let prob = prob.clamp(0.0, 1.0);
    reasons.probability(prob);
    prob
}

/// The days on which images of a lead were taken, ascending.
fn capture_days(capture_time: &str) -> Vec<NaiveDate> {
    let mut days: Vec<NaiveDate> = capture_time.split(';').filter_map(calendar_day).collect();
    days.sort_unstable();
    days.dedup();
    days
}

/// One image in season is enough. Where none is, the last one is spoken of.
fn season_factor(
    lead: &Lead<'_>,
    days: &[NaiveDate],
    phenology: Option<&Phenology>,
    settings: &GradeSettings,
    reasons: &mut Reasons,
) -> f64 {
    let Some(phenology) = phenology else {
        reasons.no_layer(Layer::Phenology);
        return 1.0;
    };
    let no_date = Season::NotComputed(NoSeason::NoDate);
    let seasons = days
        .iter()
        .map(|day| phenology.season(lead.class, lead.point.y(), lead.height_m, &day.to_string()));
    let rank = |season: &Season<'_>| match season {
        Season::Outside(_) => 0,
        Season::NotComputed(_) => 1,
        Season::InWindow(_) => 2,
    };
    match seasons.max_by_key(rank).unwrap_or(no_date) {
        Season::InWindow(window) => {
            reasons.season(window, true, 1.0);
            1.0
        }
        Season::Outside(window) => {
            reasons.season(window, false, settings.out_of_season);
            settings.out_of_season
        }
        Season::NotComputed(why) => {
            reasons.not_computed(why.say(Lang::Zh), why.say(Lang::En));
            1.0
        }
    }
}

fn resolution_factor(lead: &Lead<'_>, settings: &GradeSettings, reasons: &mut Reasons) -> f64 {
    let Some(gsd_cm) = lead.gsd_cm.filter(|gsd| gsd.is_finite()) else {
        reasons.not_computed("无分辨率", "no resolution");
        return 1.0;
    };
    let most_cm = settings.most_cm(lead.area_m2);
    let fits = gsd_cm <= most_cm * SAME_RESOLUTION;
    let factor = if fits { 1.0 } else { settings.too_coarse };
    reasons.resolution(gsd_cm, most_cm, fits, factor);
    factor
}

/// The number of the first licence that holds. Where none does, those that were met are said.
fn licence(
    frame: &Frame,
    lead: &Lead<'_>,
    days: &[NaiveDate],
    layers: &Layers,
    reasons: &mut Reasons,
) -> Option<String> {
    let licences = layers.licences.as_ref()?;
    let met: Vec<_> = licences
        .touched(frame, lead.pos_err_m)
        .into_iter()
        .map(|licence| (licence, judge(licence, lead.class, days.last().copied())))
        .collect();
    if let Some((licence, standing)) = met.iter().find(|(_, s)| *s == Standing::Holds) {
        reasons.licence(licence, *standing);
        return Some(licence.id.clone());
    }
    for (licence, standing) in met {
        reasons.licence(licence, standing);
    }
    None
}

/// Says what is missing that is no term of the priority.
fn missing_layers(lead: &Lead<'_>, layers: &Layers, reasons: &mut Reasons) {
    for (layer, is_missing) in [
        (Layer::Licences, layers.licences.is_none()),
        (Layer::Water, layers.water.is_none()),
        (Layer::Roads, layers.roads.is_none()),
        (Layer::Elevation, !layers.has_elevation),
    ] {
        if is_missing {
            reasons.no_layer(layer);
        }
    }
    if layers.has_elevation && lead.height_m.is_none() {
        reasons.not_computed("此处无高程", "no elevation here");
    }
}

/// What was measured around a lead.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a finding of its own, which a term or the kind of ground asks for"
)]
struct Around {
    near: Surroundings,
    home_m: Option<f64>,
    on_home: bool,
    in_greenhouse: bool,
    in_forest: bool,
    clearing: bool,
    courtyard: bool,
    near_history: bool,
    near_border: bool,
}

impl Around {
    fn measure(frame: &Frame, lead: &Lead<'_>, layers: &Layers, settings: &GradeSettings) -> Self {
        let buildings = layers.buildings.as_ref();
        let home_m = buildings.and_then(|b| b.home_m(frame));
        let greenhouse_m = buildings.and_then(|b| b.greenhouse_m(frame));
        let in_forest = layers.forest.as_ref().is_some_and(|f| f.holds(frame));
        let canopy_ratio = layers.forest.as_ref().map(|f| f.canopy_ratio(frame));
        let history = layers.history.as_ref().and_then(|h| h.nearest(frame));
        let border_m = lead.border_m.filter(|_| layers.has_villages);
        let near_border = within(border_m, settings.border_m);
        let near = Surroundings {
            building_m: nearer(home_m, greenhouse_m),
            access: layers.roads.as_ref().and_then(|r| r.access(frame)),
            water_m: layers.water.as_ref().and_then(|w| w.distance_m(frame)),
            border_m,
            border_unit: if near_border {
                lead.border_unit.to_owned()
            } else {
                String::new()
            },
            canopy_ratio,
            slope_deg: lead.slope_deg,
            elev_m: lead.height_m,
            history_m: history.map(|(distance_m, _)| distance_m),
            history_year: history.and_then(|(_, plot)| plot.year),
        };
        Self {
            home_m,
            on_home: buildings.is_some_and(|b| b.on_home(frame)),
            in_greenhouse: buildings.is_some_and(|b| b.in_greenhouse(frame)),
            in_forest,
            clearing: !in_forest && canopy_ratio.is_some_and(|r| r >= settings.clearing_share),
            courtyard: within(home_m, settings.courtyard_m),
            near_history: within(near.history_m, settings.history_m),
            near_border,
            near,
        }
    }

    /// The sum of the weights that apply, each said; and each layer that was missed.
    fn weights(
        &self,
        lead: &Lead<'_>,
        layers: &Layers,
        settings: &GradeSettings,
        reasons: &mut Reasons,
    ) -> f64 {
        let mut sum = 0.0;
        match self.near.history_m {
            _ if layers.history.is_none() => reasons.no_layer(Layer::History),
            Some(distance_m) if self.near_history => {
                sum += settings.history_weight;
                reasons.history(self.near.history_year, distance_m, settings.history_weight);
            }
            _ => {}
        }
        match self.near.canopy_ratio {
            None => reasons.no_layer(Layer::Forest),
            Some(ratio) if self.clearing => {
                sum += settings.clearing_weight;
                reasons.clearing(ratio, settings.clearing_weight);
            }
            Some(_) => {}
        }
        match self.home_m {
            _ if layers.buildings.is_none() => reasons.no_layer(Layer::Buildings),
            Some(home_m) if self.courtyard => {
                sum += settings.courtyard_weight;
                reasons.courtyard(home_m, settings.courtyard_weight);
            }
            _ => {}
        }
        match self.near.border_m {
            _ if !layers.has_villages => reasons.no_layer(Layer::Villages),
            Some(border_m) if self.near_border => {
                sum += settings.border_weight;
                reasons.border(border_m, lead.border_unit, settings.border_weight);
            }
            None => reasons.not_computed("不在任何村内", "outside of every village"),
            Some(_) => {}
        }
        if lead.area_m2 > settings.large_m2 {
            sum += settings.area_weight;
            reasons.area(lead.area_m2, settings.large_m2, settings.area_weight);
        }
        sum
    }

    /// The first that fits, in this order; waterside and open ground only where a layer can tell
    /// that it is neither a yard nor forest.
    fn setting(&self, layers: &Layers, settings: &GradeSettings) -> Setting {
        if self.in_greenhouse {
            Setting::Greenhouse
        } else if self.on_home {
            Setting::Roof
        } else if self.courtyard {
            Setting::Courtyard
        } else if self.clearing {
            Setting::Clearing
        } else if self.in_forest {
            Setting::Forest
        } else if layers.buildings.is_none() && layers.forest.is_none() {
            Setting::Unknown
        } else if within(self.near.water_m, settings.waterside_m) {
            Setting::Waterside
        } else {
            Setting::Open
        }
    }
}

fn within(distance_m: Option<f64>, reach_m: f64) -> bool {
    distance_m.is_some_and(|m| m <= reach_m)
}
