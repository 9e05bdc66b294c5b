//! `tianmu scan`.

use super::chips::ChipArgs;
use super::photos::PhotoArgs;
use super::request::{Request, records};
use super::results::{
    check_values_output, exit_of, is_tiff, record_of_nothing, record_path, write_record,
};
use super::resume;
use super::scan_campaign::CampaignArgs;
use super::settings::SettingsArgs;
use super::{Exit, output};
use crate::campaign::Added;
use crate::evaluate::{SiteComparison, compare_sites, read_truth};
use crate::model::{Model, ModelTask, files_of};
use crate::pipeline::acquire::{expand_inputs, files_read};
use crate::pipeline::detect::Progress;
use crate::pipeline::journal::Journal;
use crate::pipeline::provenance::{FileRecord, FileRole};
use crate::pipeline::report::{
    Placing, Replace, Report, SiteFormat, check_folder_place, check_outputs, check_site_outputs,
    put_in_place, refuse_inputs, write_results, write_thumbs,
};
use crate::pipeline::{RunRecord, Scan, ScanJob, Shard, scan, scan_shard};
use crate::{Error, Result};
use std::path::PathBuf;

/// Arguments of `tianmu scan`.
#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct Args {
    /// Images: files, folders, patterns, anything GDAL opens
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<String>,

    /// The model: an ONNX file, or a folder with `model.onnx`
    #[arg(short, long, value_name = "MODEL")]
    model: PathBuf,

    /// The model's sidecar, if it does not lie beside it
    #[arg(long, value_name = "JSON")]
    model_config: Option<PathBuf>,

    /// Where sites go: .gpkg, .geojson or .csv; may be repeated. Values of a regression: .tif
    #[arg(short, long, required_unless_present = "campaign", value_name = "FILE")]
    output: Vec<PathBuf>,

    #[command(flatten)]
    campaign: CampaignArgs,

    /// Replace outputs that exist
    #[arg(long)]
    overwrite: bool,

    /// Begin afresh, and keep nothing to go on from should the run be cut off
    #[arg(long)]
    no_resume: bool,

    /// Do part I of N equal parts; -o names a file for `tianmu merge`
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,

    /// Only look inside the polygons of this vector file
    #[arg(long, value_name = "FILE")]
    aoi: Option<PathBuf>,

    /// Also write the scores as a GeoTIFF (one image only)
    #[arg(long, value_name = "FILE")]
    heatmap: Option<PathBuf>,

    /// Also write a picture of each site into this folder
    #[arg(long, value_name = "FOLDER")]
    thumbs: Option<PathBuf>,

    /// Compare the sites with known plots: polygons with a `class`
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,

    #[command(flatten)]
    chips: ChipArgs,

    #[command(flatten)]
    photos: PhotoArgs,

    #[command(flatten)]
    settings: SettingsArgs,

    /// Print the run record (and the comparison) as JSON
    #[arg(long)]
    json: bool,

    /// Print errors only
    #[arg(short, long)]
    quiet: bool,

    /// Say more; twice for GDAL's messages
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
}

/// What `--json` prints.
#[derive(serde::Serialize)]
struct Summary<'a> {
    run: &'a RunRecord,
    #[serde(skip_serializing_if = "Option::is_none")]
    comparison: Option<&'a SiteComparison>,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign: Option<&'a Added>,
}

/// Scans and writes the results.
pub(super) fn run(args: &mut Args) -> Result<Exit> {
    args.campaign
        .prepare(&args.images, &args.model, &mut args.output)?;
    let args = &*args;
    let level = ["warn", "info", "debug"][usize::from(args.verbose.min(2))];
    let filter =
        tracing_subscriber::EnvFilter::try_new(format!("tianmu={level}")).unwrap_or_default();
    // A second subscriber is refused, which only matters to tests.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();

    output::catch_interrupts();
    let images = expand_inputs(&args.images)?;
    let outputs = args.outputs();
    let resume_path = resume::path_beside(&args.output[0]);
    let kept = if args.no_resume {
        Ok(None)
    } else {
        Journal::open(&resume_path)
    };
    // What a run that was cut off had put in place, and nobody touched since, is its own.
    let mut own = match &kept {
        Ok(Some(journal)) => journal.own_outputs(),
        _ => Vec::new(),
    };
    own.extend(args.replaceable());
    args.check_outputs(&outputs, &images, args.replace(&own))?;
    let request = Request {
        images,
        model: args.model.clone(),
        model_config: args.model_config.clone(),
        aoi: args.aoi.clone(),
        chosen: args.settings.chosen()?,
        photos: args.photos.clone(),
    };
    let opened = request.open()?;
    args.check_kind(&opened.model, &request.images)?;
    if !args.quiet {
        for note in &opened.model.contract.notes {
            output::note(note);
        }
    }
    let truth = args.truth.as_deref().map(read_truth).transpose()?;
    let bar = output::Bar::new(request.images.len(), args.quiet, args.json);
    let job = request.job(
        &opened,
        args.raster_output(&opened.model),
        args.quiet || args.json,
    )?;
    if let Some(shard) = args.shard {
        return args.scan_shard(shard, kept, &job, request, &bar);
    }
    let mut read = request.files(&opened);
    read.extend(args.other_files());
    let head = resume::head(&job, &request, None)?;
    if matches!(&kept, Ok(Some(journal)) if !journal.is_of(&head)) {
        // Another run's own is not this one's.
        own = args.replaceable();
        args.check_outputs(&outputs, &job.images, args.replace(&own))?;
    }
    let mut journal = (!args.no_resume)
        .then(|| resume::journal(&resume_path, kept, head, args.quiet))
        .transpose()?;
    let mut found = match scan(&job, journal.as_mut(), &bar) {
        Ok(found) => found,
        Err(error) => {
            resume::tidy(journal)?;
            return Err(error);
        }
    };
    bar.finish();
    let mut note = |files: &[(PathBuf, PathBuf)]| {
        let journal = journal.as_mut();
        journal.map_or(Ok(()), |journal| journal.note_placing(files))
    };
    let mut placing = Placing {
        replace: args.replace(&own),
        note: &mut note,
    };
    let written = args.write(&mut found, &job, read, &mut placing, &bar)?;
    if let Some(journal) = journal {
        resume::finish(journal, &found, args.quiet)?;
    }
    let added = args.campaign.add(&found, &args.output)?;
    let comparison = truth.map(|t| compare_sites(&found.sites, &t));
    if args.json {
        output::json(&Summary {
            run: &found.record,
            comparison: comparison.as_ref(),
            campaign: added.as_ref(),
        })?;
    } else if !args.quiet {
        output::scan_summary(&found, &written);
        if let Some(added) = &added {
            output::text(&format!("campaign: {added}"));
        }
        if let Some(comparison) = &comparison {
            output::comparison(comparison, &found.sites);
        }
    }
    Ok(exit_of(&found))
}

impl Args {
    fn replace<'a>(&self, own: &'a [PathBuf]) -> Replace<'a> {
        Replace {
            any: self.overwrite,
            own,
        }
    }

    /// Files that may be replaced in any case.
    fn replaceable(&self) -> Vec<PathBuf> {
        let mut files = record_of_nothing(&self.output);
        if self.campaign.keeps_output() {
            files.extend(self.output.iter().cloned());
            files.push(record_path(&self.output));
        }
        files
    }

    /// Does a part of the plan.
    fn scan_shard(
        &self,
        shard: Shard,
        kept: Result<Option<Journal>>,
        job: &ScanJob<'_>,
        request: Request,
        bar: &output::Bar,
    ) -> Result<Exit> {
        let target = &self.output[0];
        let path = resume::path_beside(target);
        if self.no_resume {
            Journal::discard(&path)?;
        }
        let head = resume::head(job, &request.absolute(), Some(shard))?;
        let mut journal = resume::journal(&path, kept, head, self.quiet)?;
        let is_whole = match scan_shard(job, shard, &mut journal, bar) {
            Ok(is_whole) => is_whole,
            Err(error) => {
                resume::tidy(Some(journal))?;
                return Err(error);
            }
        };
        bar.finish();
        drop(journal);
        put_in_place(target, path.clone(), self.overwrite)?;
        Journal::remove_aside(&path)?;
        if !self.quiet {
            let name = target.display();
            output::note(&format!(
                "part {shard} is done: `{name}`; `tianmu merge` joins all parts"
            ));
        }
        if !is_whole {
            return Ok(Exit::SomeFailed);
        }
        Ok(Exit::Done)
    }

    /// Every file that this run writes, but for the pictures.
    fn outputs(&self) -> Vec<PathBuf> {
        let mut outputs = self.output.clone();
        if self.shard.is_some() {
            return outputs;
        }
        outputs.push(record_path(&self.output));
        outputs.extend(self.heatmap.clone());
        outputs
    }

    /// Refuses, before any work, outputs that cannot be written or would destroy what the
    /// run reads.
    fn check_outputs(
        &self,
        outputs: &[PathBuf],
        images: &[PathBuf],
        replace: Replace<'_>,
    ) -> Result<()> {
        let mut others = self.inputs(images);
        refuse_inputs(outputs, &others)?;
        let sites: Vec<PathBuf> = self
            .output
            .iter()
            .filter(|p| !is_tiff(p))
            .cloned()
            .collect();
        if self.shard.is_some() {
            self.check_shard()?;
        } else {
            check_site_outputs(&sites, replace)?;
        }
        check_outputs(outputs, replace)?;
        others.extend(outputs.iter().chain(&self.thumbs).cloned());
        self.chips.check(&others, self.overwrite)?;
        if let Some(folder) = self.thumbs.as_ref().filter(|f| f.is_file()) {
            return wrong("thumbs", folder.display().to_string(), "a folder");
        }
        let folders = self.thumbs.iter().chain(&self.chips.chips);
        for folder in folders {
            check_folder_place(folder)?;
        }
        let Some(heatmap) = &self.heatmap else {
            return Ok(());
        };
        if !is_tiff(heatmap) {
            return wrong(
                "heatmap",
                heatmap.display().to_string(),
                "a name that ends in `.tif`",
            );
        }
        if images.len() > 1 {
            return wrong("heatmap", format!("{} images", images.len()), "one image");
        }
        Ok(())
    }

    /// Refuses what a part of a plan cannot give.
    fn check_shard(&self) -> Result<()> {
        let [output] = self.output.as_slice() else {
            let seen = format!("{} files", self.output.len());
            return wrong("output", seen, "one file for a part of the plan");
        };
        let known = SiteFormat::of(output).is_ok() || is_tiff(output);
        if known {
            let wanted =
                "a name such as `part2.shard`: a part holds no sites, `tianmu merge` makes them";
            return wrong("output", output.display().to_string(), wanted);
        }
        self.refuse_extras("a scan that is not `--shard`")
    }

    /// Refuses what only a scan that finds sites here can give.
    fn refuse_extras(&self, wanted: &str) -> Result<()> {
        for (name, given) in [
            ("heatmap", self.heatmap.is_some()),
            ("thumbs", self.thumbs.is_some()),
            ("chips", self.chips.chips.is_some()),
            ("truth", self.truth.is_some()),
            ("campaign", self.campaign.is_given()),
        ] {
            if given {
                return wrong(name, "given", wanted);
            }
        }
        Ok(())
    }

    /// Refuses, before any work, outputs that this kind of model cannot give.
    fn check_kind(&self, model: &Model, images: &[PathBuf]) -> Result<()> {
        let task = model.contract.task;
        if task == ModelTask::Regression {
            if self.shard.is_none() {
                check_values_output(&self.output)?;
            }
            if images.len() > 1 {
                let wanted = "one image, as a regression gives one raster";
                return wrong("image", format!("{} images", images.len()), wanted);
            }
            return self.refuse_extras("a model that finds sites");
        }
        if let Some(raster) = self.output.iter().find(|p| is_tiff(p)) {
            let wanted =
                "a name that ends in `.gpkg`, `.geojson` or `.csv`; scores go to `--heatmap`";
            return wrong("output", raster.display().to_string(), wanted);
        }
        if let Some(heatmap) = self
            .heatmap
            .as_ref()
            .filter(|_| task == ModelTask::Detection)
        {
            let wanted = "a model that scores pixels or tiles; this one gives objects";
            return wrong("heatmap", heatmap.display().to_string(), wanted);
        }
        Ok(())
    }

    /// Records of the files that the job itself does not read.
    fn other_files(&self) -> Vec<FileRecord> {
        let config = self.settings.config_path().into_iter().collect();
        let truth = self.truth.as_deref().map_or_else(Vec::new, files_read);
        let mut files = records(FileRole::Config, config);
        files.extend(records(FileRole::Truth, truth));
        files
    }

    /// Where a raster of scores or values goes.
    fn raster_output(&self, model: &Model) -> Option<PathBuf> {
        if model.contract.task == ModelTask::Regression {
            self.output.first().cloned()
        } else {
            self.heatmap.clone()
        }
    }

    /// Every file that this run reads.
    fn inputs(&self, images: &[PathBuf]) -> Vec<PathBuf> {
        let mut inputs: Vec<PathBuf> = images
            .iter()
            .chain(&self.aoi)
            .chain(&self.truth)
            .flat_map(|p| files_read(p))
            .collect();
        inputs.extend(files_of(&self.model, self.model_config.as_deref()));
        inputs.extend(self.settings.config_path());
        inputs.extend(self.photos.files());
        inputs
    }

    /// Writes the results; says which files there are now. Where no image could be
    /// scanned, results of an earlier run stay as they are.
    fn write(
        &self,
        found: &mut Scan,
        job: &ScanJob<'_>,
        read: Vec<FileRecord>,
        placing: &mut Placing<'_>,
        progress: &dyn Progress,
    ) -> Result<Vec<PathBuf>> {
        let record_path = record_path(&self.output);
        let replaced = self.output.iter().chain([&record_path]).any(|p| p.exists());
        if found.all_failed() && replaced {
            return Ok(Vec::new());
        }
        let mut written = Vec::new();
        if !found.all_failed() {
            let report = Report {
                sites: &found.sites,
                coverage: &found.coverage,
                facts: &found.facts,
            };
            write_results(&self.output, &report, found.raster.as_ref(), placing)?;
            written.extend(self.output.clone());
            written.extend(self.heatmap.clone());
        }
        // The record is written even when chips fail: the sites are there.
        let chips = if found.all_failed() {
            Ok(None)
        } else {
            let stop = || progress.interrupted();
            self.chips.write(found, job, self.overwrite, &stop)
        };
        found.record.chips = chips.as_ref().map_or(None, Clone::clone);
        let files = &mut found.record.files;
        files.extend(read);
        files.extend(records(FileRole::Output, written.clone()));
        write_record(&found.record, &record_path, placing)?;
        written.push(record_path);
        if let Some(chips) = chips?.filter(|c| c.with_sites + c.background > 0) {
            written.push(chips.folder.into());
        }
        if let Some(folder) = self.thumbs.as_ref().filter(|_| !found.sites.is_empty()) {
            let options = &job.settings.acquire;
            let left_out =
                write_thumbs(folder, &found.sites, &job.images, options, self.overwrite)?;
            if left_out > 0 {
                output::note(&format!(
                    "{left_out} pictures are missing in `{}`, as the images cannot be read there",
                    folder.display()
                ));
            }
            written.push(folder.clone());
        }
        Ok(written)
    }
}

fn wrong(name: &str, seen: impl std::fmt::Display, wanted: &str) -> Result<()> {
    Err(Error::setting(name, seen, wanted))
}
