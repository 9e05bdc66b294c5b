//! One model on one scene: run through the same pipeline as a scan, and compared with the truth.

mod covered;
mod ground;
mod pixels;
mod sweep;
mod tiles;

pub use sweep::THRESHOLDS;

use super::dataset::Scene;
use super::found::FoundSite;
use super::matching::hits;
use super::metrics::{FoundBox, TruthBox};
use super::observation::{
    LookalikeOutcome, Observation, PlotOutcome, SiteCounts, SiteOutcome, TileOutcome,
};
use super::truth::{Place, TruthKind, TruthPlot, read_scene_truth};
use crate::model::ModelTask;
use crate::model::decode::LabelRule;
use crate::pipeline::{Answers, ImageSites, ScanJob, ScanProgress};
use crate::{Error, Result};
use covered::Covered;
use geo::Point;
use ground::OnGrid;
use std::collections::BTreeMap;
use sweep::{lower_of, scoring_rule};

/// What is looked for.
pub struct Question<'a> {
    /// The scene's place in the data set.
    pub index: usize,
    /// The scene.
    pub scene: &'a Scene,
    /// Names in the truth to names of the model's classes.
    pub rename: &'a BTreeMap<String, String>,
    /// Classes that are evaluated, all of them searched for by the job.
    pub classes: &'a [String],
    /// Rules of the sweep, by ascending threshold.
    pub rules: &'a [LabelRule],
}

/// What a look at a scene gives besides figures.
pub struct Looked {
    /// The figures.
    pub observation: Observation,
    /// What the truth allows.
    pub truth: TruthKind,
    /// What whoever made the truth should know.
    pub warnings: Vec<String>,
    /// Known plots by class, those that lie on ground that was not looked at left out.
    pub plots: BTreeMap<String, usize>,
    /// The scan at the thresholds of the run.
    pub scan: ImageSites,
}

/// Runs the job's model over its one image, and compares what it shows with the truth.
pub fn look(
    job: &ScanJob<'_>,
    question: &Question<'_>,
    progress: &dyn ScanProgress,
) -> Result<Looked> {
    let own_rule = job.settings.rule.clone();
    let task = job.model.contract.task;
    let (first, answers, lowest) = run(job, question, progress)?;
    let scan = match task {
        ModelTask::Detection => answers.sites(&first, 0, &own_rule)?,
        _ => lowest.sites,
    };
    let truth = read_scene_truth(question.scene, question.rename, answers.raster())?;
    let ground = OnGrid::of(&answers)?;
    let covered = Covered::new(&answers, &ground)?;
    let known = Known::new(question, truth.plots, truth.lookalikes, &covered)?;
    let mut observation = Observation {
        scene: question.index,
        km2: Some(scan.coverage.area_m2 / 1e6),
        gsd_cm: Some(scan.coverage.gsd_cm),
        warnings: scan.record.warnings.clone(),
        ..Observation::default()
    };
    known.compare(&scan, &mut observation);
    known.sweep(&answers, &first, lowest.skipped, &mut observation)?;
    let scored = match scoring_rule(&own_rule, &first) {
        None => None,
        Some(rule) => match answers.sites(&first, 0, &rule) {
            Err(Error::TooManyParts { .. }) => None,
            scored => Some(scored?),
        },
    };
    let scored = scored.as_ref().unwrap_or(&scan);
    known.score(scored, &mut observation);
    let tiles = tiles::outcomes(&first, &answers, &ground, &known, &own_rule)?;
    observation.tiles = Some(tiles);
    if truth.kind.has_outlines() && task == ModelTask::Segmentation {
        let mask = truth.mask.as_ref();
        let (counts, count) = pixels::counts(&first, &answers, &ground, &known, &scan, mask)?;
        observation.pixels = Some(counts);
        observation.pixel_count = count;
    }
    if truth.kind.has_boxes() && task != ModelTask::Classification {
        let of = match task {
            ModelTask::Detection => scored,
            _ => &scan,
        };
        observation.boxes = Some(known.boxes(of, &ground)?);
    }
    Ok(Looked {
        observation,
        truth: truth.kind,
        warnings: known
            .unseen_note()
            .into_iter()
            .chain(truth.warnings)
            .collect(),
        plots: known.by_class(),
        scan,
    })
}

/// The sites of a first run.
struct Lowest {
    sites: ImageSites,
    /// Thresholds of the sweep at which there is nothing but noise.
    skipped: usize,
}

/// Runs the model. What a detector leaves out at its threshold is nowhere else, so it is run at
/// the lowest that gives no more objects than can be listed; scores of pixels and tiles are all
/// kept.
fn run<'a>(
    job: &ScanJob<'a>,
    question: &Question<'_>,
    progress: &dyn ScanProgress,
) -> Result<(ScanJob<'a>, Answers, Lowest)> {
    if job.model.contract.task != ModelTask::Detection {
        let (answers, sites) = Answers::of(job, 0, progress)?;
        return Ok((job.clone(), answers, Lowest { sites, skipped: 0 }));
    }
    let mut first = job.clone();
    for (skipped, rule) in question.rules.iter().enumerate() {
        first.settings.rule = lower_of(&job.settings.rule, rule);
        match Answers::of(&first, 0, progress) {
            Err(Error::TooManyParts { .. }) => {}
            ran => {
                let (answers, sites) = ran?;
                return Ok((first, answers, Lowest { sites, skipped }));
            }
        }
    }
    let (answers, sites) = Answers::of(job, 0, progress)?;
    let skipped = question.rules.len();
    Ok((job.clone(), answers, Lowest { sites, skipped }))
}

fn found_sites(scan: &ImageSites) -> Vec<FoundSite> {
    scan.sites.iter().map(FoundSite::from).collect()
}

/// What is known of a scene.
struct Known<'a> {
    question: &'a Question<'a>,
    /// By plot: its class among those evaluated.
    classes: Vec<usize>,
    plots: Vec<TruthPlot>,
    /// Plots of classes that are not evaluated.
    others: Vec<TruthPlot>,
    /// Plots of which too little was seen: nobody is asked to find them, and to find them is no
    /// mistake.
    unseen: Vec<TruthPlot>,
    lookalikes: Vec<TruthPlot>,
}

/// Which plots and sites belong together.
struct Matched {
    /// By plot: whether a site of its class hits it.
    is_found: Vec<bool>,
    /// By site: whether it hits a plot of its class.
    is_true: Vec<bool>,
    /// By site: whether it does not count, for it hits a plot of which too little was seen.
    is_ignored: Vec<bool>,
    /// By site: a plot of another class that it hits.
    wrong_class: Vec<Option<usize>>,
}

impl<'a> Known<'a> {
    fn new(
        question: &'a Question<'a>,
        plots: Vec<TruthPlot>,
        lookalikes: Vec<TruthPlot>,
        covered: &Covered<'_>,
    ) -> Result<Self> {
        let mut seen = Vec::new();
        for plot in lookalikes {
            if covered.has(&plot.place)? {
                seen.push(plot);
            }
        }
        let mut known = Self {
            question,
            classes: Vec::new(),
            plots: Vec::new(),
            others: Vec::new(),
            unseen: Vec::new(),
            lookalikes: seen,
        };
        for plot in plots {
            let class = question.classes.iter().position(|c| *c == plot.class);
            match class {
                _ if !covered.has(&plot.place)? => known.unseen.push(plot),
                Some(class) => {
                    known.classes.push(class);
                    known.plots.push(plot);
                }
                None => known.others.push(plot),
            }
        }
        Ok(known)
    }

    /// Says of plots that are not asked for.
    fn unseen_note(&self) -> Option<String> {
        let count = self.unseen.len();
        (count > 0).then(|| {
            format!(
                "{count} plots lie mostly on ground that was not looked at; nobody is asked for them, and sites on them are no false ones"
            )
        })
    }

    /// Known plots by class.
    fn by_class(&self) -> BTreeMap<String, usize> {
        let mut by_class = BTreeMap::new();
        for plot in self.plots.iter().chain(&self.others) {
            *by_class.entry(plot.class.clone()).or_default() += 1;
        }
        by_class
    }

    /// What other thresholds give. The lowest `skipped` of them give more parts than anybody can
    /// look at, and so may others: noise, which no unit would walk to.
    fn sweep(
        &self,
        answers: &Answers,
        job: &ScanJob<'_>,
        skipped: usize,
        observation: &mut Observation,
    ) -> Result<()> {
        let mut noisy = 0;
        for (index, rule) in self.question.rules.iter().enumerate() {
            let found = match answers.sites(job, 0, rule) {
                _ if index < skipped => None,
                Err(Error::TooManyParts { .. }) => None,
                found => Some(found?),
            };
            noisy += usize::from(found.is_none());
            observation.sweep.push(match found {
                Some(found) => self.counts(&found_sites(&found)),
                None => self.noise(),
            });
        }
        if noisy > 0 {
            observation.warnings.push(format!(
                "gives more sites than can be listed at the {noisy} lowest thresholds; they are counted as finding every plot among a million false sites"
            ));
        }
        Ok(())
    }

    fn class_of(&self, site: &FoundSite) -> Option<usize> {
        let classes = &self.question.classes;
        classes.iter().position(|class| *class == site.class)
    }

    fn matched(&self, sites: &[FoundSite]) -> Matched {
        let mut matched = Matched {
            is_found: vec![false; self.plots.len()],
            is_true: vec![false; sites.len()],
            is_ignored: vec![false; sites.len()],
            wrong_class: vec![None; sites.len()],
        };
        for (plot, hits) in hits(sites, &self.plots).into_iter().enumerate() {
            for site in hits {
                if sites[site].class == self.plots[plot].class {
                    matched.is_found[plot] = true;
                    matched.is_true[site] = true;
                } else {
                    matched.wrong_class[site].get_or_insert(plot);
                }
            }
        }
        for (plot, hits) in self.unseen.iter().zip(hits(sites, &self.unseen)) {
            for site in hits {
                let is_of_it = sites[site].class == plot.class;
                matched.is_ignored[site] |= is_of_it && !matched.is_true[site];
            }
        }
        matched
    }

    /// The sites that count, each with its class, its place in the list and whether it is true.
    fn counted<'s>(
        &self,
        sites: &'s [FoundSite],
        matched: &'s Matched,
    ) -> impl Iterator<Item = (&'s FoundSite, usize, usize, bool)> {
        sites.iter().enumerate().filter_map(|(index, site)| {
            let class = self.class_of(site).filter(|_| !matched.is_ignored[index])?;
            Some((site, class, index, matched.is_true[index]))
        })
    }

    /// Counts by class.
    fn counts(&self, sites: &[FoundSite]) -> Vec<SiteCounts> {
        let matched = self.matched(sites);
        let mut counts = vec![SiteCounts::default(); self.question.classes.len()];
        let one = |is: bool| f64::from(u8::from(is));
        for (class, found) in self.classes.iter().zip(&matched.is_found) {
            counts[*class].plots += 1.0;
            counts[*class].found += one(*found);
        }
        for (_, class, _, is_true) in self.counted(sites, &matched) {
            counts[class].sites += 1.0;
            counts[class].false_sites += one(!is_true);
        }
        counts
    }

    /// Counts where there are sites without end.
    fn noise(&self) -> Vec<SiteCounts> {
        let mut counts = self.counts(&[]);
        for class in &mut counts {
            class.found = class.plots;
            class.sites = 1e6;
            class.false_sites = 1e6 - class.plots;
        }
        counts
    }

    /// What became of plots and sites at the thresholds of the run.
    fn compare(&self, scan: &ImageSites, observation: &mut Observation) {
        let sites = found_sites(scan);
        let matched = self.matched(&sites);
        let scene_stage = self.question.scene.stage.as_deref().unwrap_or_default();
        for ((plot, class), is_found) in self.plots.iter().zip(&self.classes).zip(&matched.is_found)
        {
            observation.plots.push(PlotOutcome {
                class: *class,
                id: plot.id.clone(),
                stage: if plot.stage.is_empty() {
                    scene_stage.to_owned()
                } else {
                    plot.stage.clone()
                },
                area_m2: plot.place.area_m2(),
                at: plot.place.middle().map_or((0.0, 0.0), Point::x_y),
                is_found: *is_found,
            });
        }
        let wrong = matched.wrong_class.iter();
        let mut lies_on: Vec<Option<String>> = wrong
            .map(|plot| plot.map(|plot| format!("plot of {}", self.plots[plot].class)))
            .collect();
        for (plot, hits) in self.others.iter().zip(hits(&sites, &self.others)) {
            for site in hits {
                lies_on[site].get_or_insert_with(|| format!("plot of {}", plot.class));
            }
        }
        for (patch, hits) in self.lookalikes.iter().zip(hits(&sites, &self.lookalikes)) {
            observation.lookalikes.push(LookalikeOutcome {
                name: patch.class.clone(),
                is_hit: hits.iter().any(|site| !matched.is_true[*site]),
            });
            for site in hits {
                lies_on[site].get_or_insert_with(|| patch.class.clone());
            }
        }
        for (site, class, index, is_true) in self.counted(&sites, &matched) {
            observation.sites.push(SiteOutcome {
                class,
                id: site.id.clone(),
                score: site.score,
                area_m2: site.area_m2,
                at: site.point.x_y(),
                is_false: !is_true,
                lies_on: lies_on[index].take().filter(|_| !is_true),
            });
        }
    }

    /// Scores of sites of any score, and whether they hit.
    fn score(&self, scan: &ImageSites, observation: &mut Observation) {
        let sites = found_sites(scan);
        let matched = self.matched(&sites);
        let counted = self.counted(&sites, &matched);
        observation.scored = counted
            .map(|(site, class, _, is_true)| (class, site.score, is_true))
            .collect();
    }

    fn boxes(
        &self,
        scan: &ImageSites,
        ground: &OnGrid<'_>,
    ) -> Result<(Vec<TruthBox>, Vec<FoundBox>)> {
        let image = self.question.index;
        let mut truth = Vec::new();
        for (plot, class) in self.plots.iter().zip(&self.classes) {
            if let Some(bounds) = ground.shapes.pixel_box(&plot.place)? {
                truth.push(TruthBox {
                    image,
                    class: *class,
                    bounds,
                });
            }
        }
        let mut found = Vec::new();
        let sites = found_sites(scan);
        let matched = self.matched(&sites);
        for (site, class, _, _) in self.counted(&sites, &matched) {
            let place = Place::Area(site.outline.clone());
            let bounds = ground.shapes.pixel_box(&place)?;
            if let Some(bounds) = bounds {
                found.push(FoundBox {
                    image,
                    class,
                    bounds,
                    score: site.score,
                });
            }
        }
        Ok((truth, found))
    }
}

/// Tiles of all classes, without any.
fn no_tiles(classes: usize) -> Vec<Vec<TileOutcome>> {
    vec![Vec::new(); classes]
}

impl TruthKind {
    /// Whether pixels can be compared: outlines are known, or that there is nothing.
    #[must_use]
    pub fn has_outlines(self) -> bool {
        matches!(self, Self::Nothing | Self::Polygons | Self::Mask)
    }

    /// Whether boxes can be compared.
    #[must_use]
    pub fn has_boxes(self) -> bool {
        self != Self::Points
    }

    /// In a word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Points => "points",
            Self::Boxes => "boxes",
            Self::Polygons => "polygons",
            Self::Mask => "mask",
        }
    }
}
