//! `--campaign` of `tianmu scan`: where results lie, and how they come into the campaign.

use super::campaign::WaitArg;
use super::{clock, output};
use crate::campaign::run::RunToAdd;
use crate::campaign::{Added, Campaign, add};
use crate::pipeline::Scan;
use crate::vector::StoreTarget;
use crate::{Error, Result};
use std::path::{Path, PathBuf};

/// Arguments that lead to a campaign.
#[derive(clap::Args)]
pub(super) struct CampaignArgs {
    /// Add the sites to this campaign (a .gpkg, or `PG:…`); -o may then be left out
    #[arg(long, value_name = "CAMPAIGN")]
    campaign: Option<String>,

    /// Whether the output was chosen here, not by the user.
    #[arg(skip)]
    keeps_output: bool,

    #[command(flatten)]
    wait: WaitArg,
}

impl CampaignArgs {
    /// Refuses a campaign that is none, before any work, and says where results go where the user did
    /// not: into a folder beside the campaign, a file for each choice of images and model.
    pub(super) fn prepare(
        &mut self,
        images: &[String],
        model: &Path,
        outputs: &mut Vec<PathBuf>,
    ) -> Result<()> {
        let Some(text) = &self.campaign else {
            return Ok(());
        };
        let target = StoreTarget::parse(text);
        Campaign::open(&target)?;
        if !outputs.is_empty() {
            return Ok(());
        }
        self.keeps_output = true;
        let folder = match target.file() {
            Some(path) => {
                let mut name = path.file_stem().unwrap_or_default().to_owned();
                name.push("-scans");
                path.with_file_name(name)
            }
            None => "tianmu-scans".into(),
        };
        fs_err::create_dir_all(&folder)?;
        let stem = |path: &str| {
            let stem = Path::new(path).file_stem().unwrap_or_default();
            stem.to_string_lossy().replace(['*', '?', ':'], "_")
        };
        let first = images.first().map_or_else(String::new, |image| stem(image));
        let more = match images.len() {
            0 | 1 => String::new(),
            n => format!("-and-{}", n - 1),
        };
        // Names alone may be the same in two folders.
        let all = crate::digest::hash_of(images.join("\n"));
        let model = stem(&model.to_string_lossy());
        outputs.push(folder.join(format!("{first}{more}-{model}-{}.gpkg", &all[..6])));
        Ok(())
    }

    /// Whether a campaign was given.
    pub(super) fn is_given(&self) -> bool {
        self.campaign.is_some()
    }

    /// Whether the output was chosen here: it may then be replaced.
    pub(super) fn keeps_output(&self) -> bool {
        self.keeps_output
    }

    /// Adds what a scan found. Where that fails, the results are on disk all the same.
    pub(super) fn add(&self, found: &Scan, outputs: &[PathBuf]) -> Result<Option<Added>> {
        let Some(text) = self.campaign.as_ref().filter(|_| !found.all_failed()) else {
            return Ok(None);
        };
        let now = clock::now();
        let target = StoreTarget::parse(text);
        let added = add(&target, &RunToAdd::of(found), self.wait.moment(&now));
        if let (Err(Error::Store { .. }), Some(kept)) = (&added, outputs.first()) {
            output::note(&format!(
                "the sites are in `{}`; `tianmu campaign import CAMPAIGN --role scan {}` takes them in later",
                kept.display(),
                kept.display()
            ));
        }
        added.map(Some)
    }
}
