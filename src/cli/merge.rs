//! `tianmu merge`.

use super::request::{Request, records};
use super::results::{
    check_values_output, exit_of, is_tiff, record_of_nothing, record_path, write_record,
};
use super::{Exit, output};
use crate::model::ModelTask;
use crate::pipeline::Plan;
use crate::pipeline::acquire::{files_read, is_remote};
use crate::pipeline::detect::Progress;
use crate::pipeline::journal::Journal;
use crate::pipeline::provenance::FileRole;
use crate::pipeline::report::{
    Placing, Replace, Report, check_outputs, check_site_outputs, refuse_inputs, write_results,
};
use crate::{Error, Result};
use std::path::{Path, PathBuf};

/// Arguments of `tianmu merge`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Every part of one run, as `tianmu scan --shard` made it
    #[arg(required = true, value_name = "SHARD")]
    shards: Vec<PathBuf>,

    /// Where sites go: .gpkg, .geojson or .csv; may be repeated. A regression goes to one .tif
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
    let record_path = record_path(&args.output);
    outputs.push(record_path.clone());
    refuse_inputs(&outputs, &args.shards)?;
    let own = record_of_nothing(&args.output);
    let replace = Replace {
        any: args.overwrite,
        own: &own,
    };
    if !args.output.iter().any(|p| is_tiff(p)) {
        check_site_outputs(&args.output, replace)?;
    }
    check_outputs(&outputs, replace)?;
    for (index, path) in args.shards.iter().enumerate() {
        if args.shards[..index].contains(path) {
            return Err(unfit(path, "is named twice".into()));
        }
    }
    let open = |path: &PathBuf| {
        let opened = Journal::open(path).map_err(|error| match error {
            Error::Journal { path, problem } => unfit(&path, problem),
            other => other,
        });
        opened?.ok_or_else(|| Error::NoInput {
            pattern: path.display().to_string(),
        })
    };
    let parts = args.shards.iter().map(open).collect::<Result<_>>()?;
    let mut journal = Journal::join(parts)?;
    let request: Request = serde_json::from_value(journal.head().request.clone())
        .map_err(|e| Error::Internal(format!("a part does not say what it is of: {e}")))?;
    let mut named = request.images.iter().chain(&request.aoi);
    if let Some(place) = named.find(|path| is_remote(path)) {
        let problem = format!(
            "names a place on a network, `{}`, which no part may make this machine open",
            place.display()
        );
        return Err(unfit(&args.shards[0], problem));
    }
    let inputs: Vec<PathBuf> = request.images.iter().flat_map(|p| files_read(p)).collect();
    refuse_inputs(&outputs, &inputs)?;
    let opened = request.open()?;
    let bar = output::Bar::new(request.images.len(), args.quiet, args.json);
    let raster = if opened.model.contract.task == ModelTask::Regression {
        check_values_output(&args.output)?;
        args.output.first().cloned()
    } else {
        check_site_outputs(&args.output, replace)?;
        None
    };
    let job = request.job(&opened, raster, args.quiet || args.json)?;
    let plan = Plan::of(&job, None)?.whole();
    if let Some(why) = journal.head().plan.difference(&plan) {
        let problem = format!("cannot be joined here: since it was made, {why}");
        return Err(unfit(&args.shards[0], problem));
    }
    let mut found = crate::pipeline::scan(&job, Some(&mut journal), &bar)?;
    bar.finish();
    if bar.interrupted() {
        return Err(Error::Interrupted);
    }
    let mut written = Vec::new();
    let mut placing = Placing {
        replace,
        note: &mut |_| Ok(()),
    };
    if !found.all_failed() {
        let report = Report {
            sites: &found.sites,
            coverage: &found.coverage,
            facts: &found.facts,
        };
        write_results(&args.output, &report, found.raster.as_ref(), &mut placing)?;
        written.extend(args.output.clone());
    }
    let files = &mut found.record.files;
    files.extend(records(FileRole::Shard, args.shards.clone()));
    files.extend(request.files(&opened));
    files.extend(records(FileRole::Output, written.clone()));
    // Results of an earlier run stay with their record.
    let replaced = outputs.iter().any(|path| path.exists());
    if !found.all_failed() || !replaced {
        write_record(&found.record, &record_path, &mut placing)?;
        written.push(record_path);
    }
    if args.json {
        output::json(&serde_json::json!({ "run": found.record }))?;
    } else if !args.quiet {
        output::scan_summary(&found, &written);
    }
    Ok(exit_of(&found))
}

fn unfit(path: &Path, problem: String) -> Error {
    Error::Shard {
        path: path.to_owned(),
        problem,
    }
}
