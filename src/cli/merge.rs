//! `tianmu merge`.

use super::resume::Request;
use super::{Exit, output, scan};
use crate::pipeline::acquire::{files_read, short_names};
use crate::pipeline::detect::Progress;
use crate::pipeline::journal::Journal;
use crate::pipeline::provenance::{FileRecord, FileRole};
use crate::pipeline::report::{
    Report, check_outputs, check_site_outputs, refuse_inputs, write_atomically, write_sites,
};
use crate::pipeline::{Plan, ScanJob, read_aoi};
use crate::{Error, Result};
use std::path::PathBuf;

/// Arguments of `tianmu merge`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Every part of one run, as `tianmu scan --shard` made it
    #[arg(required = true, value_name = "SHARD")]
    shards: Vec<PathBuf>,

    /// Where sites go: .gpkg, .geojson or .csv; may be repeated
    #[arg(short, long, required = true, value_name = "FILE")]
    output: Vec<PathBuf>,

    /// Replace outputs that exist
    #[arg(long)]
    overwrite: bool,

    /// Print the run record as JSON
    #[arg(long)]
    json: bool,

    /// Print errors only
    #[arg(short, long)]
    quiet: bool,
}

/// Joins the parts and writes the results: the same bytes as one run over everything.
pub(super) fn run(args: &Args) -> Result<Exit> {
    output::catch_interrupts();
    let mut outputs = args.output.clone();
    let record_path = scan::record_path(&args.output);
    outputs.push(record_path.clone());
    refuse_inputs(&outputs, &args.shards)?;
    check_site_outputs(&args.output, args.overwrite)?;
    check_outputs(&outputs, args.overwrite)?;
    let open = |path: &PathBuf| {
        Journal::open(path)?.ok_or_else(|| Error::NoInput {
            pattern: path.display().to_string(),
        })
    };
    let parts = args.shards.iter().map(open).collect::<Result<_>>()?;
    let mut journal = Journal::join(parts)?;
    let request: Request = serde_json::from_value(journal.head().request.clone())
        .map_err(|e| Error::Internal(format!("a part does not say what it is of: {e}")))?;
    let inputs: Vec<PathBuf> = request.images.iter().flat_map(|p| files_read(p)).collect();
    refuse_inputs(&outputs, &inputs)?;
    let (model, settings) = request
        .chosen
        .open(&request.model, request.model_config.as_deref())?;
    let screen = request.chosen.open_screen(&settings)?;
    let bar = output::Bar::new(request.images.len(), args.quiet, args.json);
    let job = ScanJob {
        names: short_names(&request.images),
        images: request.images,
        model: &model,
        screen: screen.as_ref(),
        settings,
        aoi: request.aoi,
        heatmap: None,
        command_line: std::env::args_os()
            .map(|a| a.to_string_lossy().into_owned())
            .collect(),
    };
    let plan = Plan::of(&job, read_aoi(&job)?.as_ref(), None)?.whole();
    if let Some(why) = journal.head().plan.difference(&plan) {
        return Err(Error::Journal {
            path: args.shards[0].clone(),
            problem: format!("cannot be joined here: since it was made, {why}"),
        });
    }
    let mut found = crate::pipeline::scan(&job, Some(&mut journal), &bar)?;
    bar.finish();
    if bar.interrupted() {
        return Err(Error::Interrupted);
    }
    let mut written = Vec::new();
    if !found.all_failed() {
        let report = Report {
            sites: &found.sites,
            coverage: &found.coverage,
            facts: &found.facts,
        };
        write_sites(&args.output, &report, args.overwrite)?;
        written.extend(args.output.clone());
    }
    let record = |role| move |path: &PathBuf| FileRecord::of(role, path);
    let shards = args.shards.iter().filter_map(record(FileRole::Shard));
    found.record.files.extend(shards);
    let model = FileRecord::of(FileRole::Model, &job.model.file.path);
    found.record.files.extend(model);
    let outputs = written.iter().filter_map(record(FileRole::Output));
    found.record.files.extend(outputs);
    let text =
        serde_json::to_string_pretty(&found.record).map_err(|e| Error::Internal(e.to_string()))?;
    let record = std::slice::from_ref(&record_path);
    write_atomically(record, args.overwrite, |_, temporary| {
        Ok(fs_err::write(temporary, &text)?)
    })?;
    written.push(record_path);
    if args.json {
        output::json(&serde_json::json!({ "run": found.record }))?;
    } else if !args.quiet {
        output::scan_summary(&found, &written);
    }
    Ok(if found.has_failures() {
        Exit::SomeFailed
    } else {
        Exit::Done
    })
}
