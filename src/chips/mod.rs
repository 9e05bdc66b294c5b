//! `tianmu chips`: what a round found on the ground, as training chips. Confirmed plots are objects,
//! false alarms chips without one, and whatever nobody knows is painted over.
//!
//! In the order of the work: `examples.rs` says what each place is to training, `images.rs` finds the
//! images and the best one for each place, `split.rs` puts villages on one side or the other,
//! `write.rs` cuts with the tools of `scan --chips`.

mod examples;
mod images;
mod readme;
mod split;
mod table;
mod write;

use crate::campaign::files::{MadeFile, MadeKind};
use crate::campaign::home::Homes;
use crate::campaign::manifest::{About, MANIFEST, write_manifest};
use crate::campaign::tables::{BUILDINGS, VILLAGES};
use crate::campaign::villages::VillageIndex;
use crate::campaign::{Campaign, Moment};
use crate::pipeline::report::{
    CHIPS_BEGIN, CHIPS_TABLE, ChipLayout, FolderKind, NewFolder, check_folder,
};
use crate::vector::{Filter, StoreTarget};
use crate::{Error, Result};
use examples::Examples;
use images::Images;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;
use write::Writer;

/// What marks a folder as one of chips of a campaign.
const KIND: FolderKind = FolderKind {
    marker: CHIPS_TABLE,
    begins: CHIPS_BEGIN,
    others: &[readme::FILE, MANIFEST, "data.yaml", "train", "val"],
};

/// How chips are to be made.
pub struct ChipsRequest<'a> {
    /// The campaign.
    pub target: &'a StoreTarget,
    /// The folder.
    pub output: &'a Path,
    /// How labels are stored.
    pub layout: ChipLayout,
    /// Pixels along an edge.
    pub size: u32,
    /// Metres of ground a pixel; each image's own where it is not said.
    pub gsd_m: Option<f64>,
    /// Where images are looked for by name that are no longer where they were scanned.
    pub images: Option<&'a Path>,
    /// Chips of ground where nobody looked and the model found nothing.
    pub background: u32,
    /// The share of villages that is measured on, 0 to 1.
    pub val_share: f64,
    /// Also show homes where no crop stood.
    pub with_homes: bool,
    /// Replace a folder of chips that exists.
    pub overwrite: bool,
    /// When, and how long to wait for another program.
    pub moment: Moment<'a>,
    /// Says what is being done.
    pub tell: &'a dyn Fn(&str),
    /// Whether the user called a halt.
    pub stop: &'a dyn Fn() -> bool,
}

/// What became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ChipsDone {
    /// The folder, as the user wrote it.
    pub folder: String,
    /// The round, `2026R1`.
    pub round: String,
    /// Classes, in the order of their numbers.
    pub classes: Vec<String>,
    /// Chips with plants.
    pub sites: u32,
    /// Chips of what was taken for them.
    pub negative: u32,
    /// Chips of ground where nobody looked.
    pub background: u32,
    /// Chips to learn from.
    pub train: u32,
    /// Chips to measure on.
    pub val: u32,
    /// Objects whose outline was walked on the ground.
    pub walked: usize,
    /// Places that were left out, by reason.
    pub left_out: BTreeMap<String, usize>,
    /// Images that are nowhere.
    pub missing_images: Vec<String>,
    /// Images whose bytes are not those that were scanned.
    pub refused_images: Vec<String>,
    /// What to know.
    pub notes: Vec<String>,
}

/// Makes training chips of a round. The folder appears whole or not at all, and the campaign names it;
/// its bytes depend on the campaign, the images and the settings alone.
///
/// # Errors
/// [`Error::Store`] where there is nothing to learn from or no image is at hand,
/// [`Error::OutputExists`] and [`Error::OutputTaken`] for the folder, [`Error::Interrupted`].
pub fn chips(request: &ChipsRequest<'_>) -> Result<ChipsDone> {
    check_folder(request.output, KIND, request.overwrite)?;
    if !(0.0..=1.0).contains(&request.val_share) {
        return Err(Error::setting(
            "val-share",
            request.val_share,
            "a share from 0 to 100%, such as 20%",
        ));
    }
    let campaign = Campaign::open(request.target)?;
    (request.tell)("reading the campaign");
    let homes = Homes::of_rows(campaign.store.read(&BUILDINGS, &Filter::All)?);
    let villages = VillageIndex::of_rows(campaign.store.read(&VILLAGES, &Filter::All)?);
    let examples = Examples::read(&campaign, &homes, request.with_homes)?;
    let images = Images::find(&campaign, request, &examples.list)?;
    let round = campaign.facts.label();
    let folder = NewFolder::begin(request.output, KIND, request.overwrite)?;
    let made = fill(
        request,
        folder.path(),
        &round,
        &examples,
        &images,
        (&homes, &villages),
    );
    let done = made.map_err(|e| folder.name(e))?;
    if done.sites + done.negative + done.background == 0 {
        return Err(nothing(request, &done));
    }
    note(request, folder.path(), &done)?;
    folder.finish()?;
    Ok(done)
}

fn fill(
    request: &ChipsRequest<'_>,
    folder: &Path,
    round: &str,
    examples: &Examples,
    images: &Images,
    ground: (&Homes, &VillageIndex),
) -> Result<ChipsDone> {
    let mut writer = Writer::new(folder, request, round, examples, &images.list, ground)?;
    let not_shown = writer.write()?;
    writer.write_rest()?;
    let tally = writer.tally;
    let mut left_out = examples.left_out.clone();
    if not_shown > 0 {
        let reason = "no image at hand shows them as they were before somebody looked";
        left_out.insert(reason.into(), not_shown);
    }
    let mut done = ChipsDone {
        folder: request.output.display().to_string(),
        round: round.to_owned(),
        classes: examples.classes.clone(),
        sites: tally.sites,
        negative: tally.negative,
        background: tally.background,
        train: tally.train,
        val: tally.val,
        walked: examples.walked,
        left_out,
        missing_images: images.missing.clone(),
        refused_images: images.refused.clone(),
        notes: Vec::new(),
    };
    let unreadable = tally.unreadable as usize;
    for (count, what) in [
        (
            images.coarse.len(),
            "images are far coarser than `--gsd`, and were left out",
        ),
        (
            tally.undated as usize,
            "chips are of images whose date nobody knows: they may be later than the check",
        ),
        (
            unreadable,
            "chips could not be cut, as the image cannot be read there",
        ),
        (
            examples.unknown_homes,
            "places without plants may be homes: no layer of buildings tells; look before the chips are passed on",
        ),
    ] {
        if count > 0 {
            done.notes.push(format!("{count} {what}."));
        }
    }
    if request.with_homes {
        done.notes
            .push("Homes where no crop stood are shown, as was asked for.".into());
    }
    let sides = [(tally.train, "learn from"), (tally.val, "measure on")];
    for (_, what) in sides.iter().filter(|(count, _)| *count == 0) {
        done.notes.push(format!(
            "No village fell on the side to {what}; more villages, or another `--val-share`, change that."
        ));
    }
    readme::write(folder, request, &done)?;
    write_manifest(folder, &|name, format| About {
        category: match format {
            "PNG" if name.contains("/masks/") => "训练标注 label",
            "PNG" => "训练切片 training chip",
            "TXT" | "JSON" => "训练标注 label",
            "CSV" => "切片清单 list of chips",
            _ => "说明 notes",
        }
        .into(),
        taken: String::new(),
    })?;
    Ok(done)
}

/// Why there is no chip.
fn nothing(request: &ChipsRequest<'_>, done: &ChipsDone) -> Error {
    let left_out: usize = done.left_out.values().sum();
    Error::Store {
        target: request.target.to_string(),
        problem: format!(
            "gives no chip: {left_out} places left out, {} images missing, {} that are not those that \
             were scanned",
            done.missing_images.len(),
            done.refused_images.len()
        ),
        hint: "read back what came from the field with `tianmu record`, and name the folder of the images \
               with `--images`"
            .into(),
    }
}

/// Notes the folder in the campaign.
fn note(request: &ChipsRequest<'_>, filled: &Path, done: &ChipsDone) -> Result<()> {
    let file = MadeFile::of(MadeKind::Chips, request.output, filled)?;
    Campaign::change(request.target, request.moment, "chips", |change, _| {
        file.note(change, request.moment)?;
        let detail = serde_json::json!({
            "output": file.path.display().to_string(),
            "sha256": file.sha256,
            "layout": request.layout,
            "sites": done.sites,
            "negative": done.negative,
            "background": done.background,
            "with_homes": request.with_homes,
            "left_out": done.left_out,
        });
        Ok(((), Some(detail)))
    })
}
