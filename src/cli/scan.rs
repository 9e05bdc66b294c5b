//! `tianmu scan`.

use super::settings::SettingsArgs;
use super::{Exit, output};
use crate::evaluate::{SiteComparison, compare_sites, read_truth};
use crate::model::Model;
use crate::pipeline::acquire::expand_inputs;
use crate::pipeline::report::{
    Report, check_outputs, check_site_outputs, write_atomically, write_sites, write_thumbs,
};
use crate::pipeline::{RunRecord, ScanJob, scan};
use crate::{Error, Result};
use std::path::PathBuf;

/// Arguments of `tianmu scan`.
#[derive(clap::Args)]
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

    /// Where sites go: .gpkg, .geojson or .csv; may be repeated
    #[arg(short, long, required = true, value_name = "FILE")]
    output: Vec<PathBuf>,

    /// Replace outputs that exist
    #[arg(long)]
    overwrite: bool,

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
}

/// Scans and writes the results.
pub(super) fn run(args: &Args) -> Result<Exit> {
    let level = ["warn", "info", "debug"][usize::from(args.verbose.min(2))];
    let filter =
        tracing_subscriber::EnvFilter::try_new(format!("tianmu={level}")).unwrap_or_default();
    // A second subscriber is refused, which only matters to tests.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();

    let record_path = record_path(&args.output[0]);
    check_site_outputs(&args.output, args.overwrite)?;
    let others: Vec<PathBuf> = args.heatmap.iter().chain([&record_path]).cloned().collect();
    check_outputs(&others, args.overwrite)?;
    let images = expand_inputs(&args.images)?;
    if args.heatmap.is_some() && images.len() > 1 {
        return Err(Error::Setting {
            name: "heatmap".into(),
            seen: format!("{} images", images.len()),
            wanted: "one image".into(),
        });
    }
    let model = Model::open(&args.model, args.model_config.as_deref())?;
    let settings = args.settings.resolve(&model.contract)?;
    if !args.quiet {
        model.contract.notes.iter().for_each(|n| output::note(n));
    }
    let truth = args.truth.as_deref().map(read_truth).transpose()?;
    let bar = output::Bar::new(images.len(), args.quiet || args.json);
    let job = ScanJob {
        images,
        model: &model,
        settings,
        aoi: args.aoi.clone(),
        heatmap: args.heatmap.clone(),
        command_line: std::env::args_os()
            .map(|a| a.to_string_lossy().into_owned())
            .collect(),
    };
    let found = scan(&job, &bar)?;
    bar.finish();
    let report = Report {
        sites: &found.sites,
        coverage: &found.coverage,
        facts: &found.facts,
    };
    write_sites(&args.output, &report, args.overwrite)?;
    let text =
        serde_json::to_string_pretty(&found.record).map_err(|e| Error::Internal(e.to_string()))?;
    write_atomically(&[record_path], args.overwrite, |_, temporary| {
        Ok(fs_err::write(temporary, &text)?)
    })?;
    if let Some(folder) = &args.thumbs {
        write_thumbs(folder, &found.sites, &job.images, &job.settings.acquire)?;
    }
    let comparison = truth.map(|t| compare_sites(&found.sites, &t));
    if args.json {
        output::json(&Summary {
            run: &found.record,
            comparison: comparison.as_ref(),
        })?;
    } else if !args.quiet {
        output::scan_summary(&found, &args.output);
        if let Some(comparison) = &comparison {
            output::comparison(comparison, &found.sites);
        }
    }
    Ok(if found.has_failures() {
        Exit::SomeFailed
    } else {
        Exit::Done
    })
}

fn record_path(output: &std::path::Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".run.json");
    name.into()
}
