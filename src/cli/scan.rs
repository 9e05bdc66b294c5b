//! `tianmu scan`.

use super::{Exit, output};
use crate::evaluate::{compare_sites, read_truth};
use crate::model::Model;
use crate::pipeline::acquire::expand_inputs;
use crate::pipeline::report::{Report, check_site_outputs, write_atomically, write_sites};
use crate::pipeline::settings::{ScanSettings, resolve};
use crate::pipeline::{ScanJob, scan};
use crate::{Error, Result};
use std::path::PathBuf;

/// Arguments of `tianmu scan`.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
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

    /// Compare the sites with known plots: polygons with a `class`
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,

    /// Config file [default: tianmu.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Ground sample distance for the model, metres per pixel
    #[arg(long, value_name = "METRES", help_heading = "Settings")]
    gsd: Option<f64>,

    /// Source bands in model order, counted from 1
    #[arg(long, value_delimiter = ',', help_heading = "Settings")]
    bands: Option<Vec<usize>>,

    /// Edge of a tile in model pixels
    #[arg(long, value_name = "PX", help_heading = "Settings")]
    tile_size: Option<u32>,

    /// Model pixels that neighbouring tiles share
    #[arg(long, value_name = "PX", help_heading = "Settings")]
    overlap: Option<u32>,

    /// Least score: 0.5, or class=0.5,…, or argmax
    #[arg(long, help_heading = "Settings")]
    threshold: Option<String>,

    /// Classes that make sites
    #[arg(long, value_delimiter = ',', help_heading = "Settings")]
    classes: Option<Vec<String>>,

    /// Drop smaller sites, square metres
    #[arg(long, value_name = "M2", help_heading = "Settings")]
    min_area: Option<f64>,

    /// Parts closer than this make one site, metres
    #[arg(long, value_name = "METRES", help_heading = "Settings")]
    merge_distance: Option<f64>,

    /// Threads [default: the cores]
    #[arg(long, help_heading = "Settings")]
    workers: Option<usize>,

    /// Tiles in one run of the model
    #[arg(long, help_heading = "Settings")]
    batch: Option<usize>,

    /// Reference system of images that carry none
    #[arg(long, value_name = "CRS", help_heading = "Settings")]
    assume_crs: Option<String>,

    /// A value that marks empty pixels
    #[arg(
        long,
        value_name = "VALUE",
        allow_negative_numbers = true,
        help_heading = "Settings"
    )]
    nodata: Option<f64>,

    /// Error of the images' own position, metres
    #[arg(long, value_name = "METRES", help_heading = "Settings")]
    position_error: Option<f64>,

    /// Keep a plot that two images show as two sites
    #[arg(long, help_heading = "Settings")]
    no_merge_inputs: bool,

    /// Print the run record as JSON
    #[arg(long)]
    json: bool,

    /// Print errors only
    #[arg(short, long)]
    quiet: bool,

    /// Say more; twice for GDAL's messages
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
}

impl Args {
    fn settings(&self) -> ScanSettings {
        ScanSettings {
            gsd: self.gsd,
            bands: self.bands.clone(),
            tile_size: self.tile_size,
            overlap: self.overlap,
            threshold: self.threshold.clone(),
            classes: self.classes.clone(),
            min_area: self.min_area,
            merge_distance: self.merge_distance,
            workers: self.workers,
            batch: self.batch,
            assume_crs: self.assume_crs.clone(),
            nodata: self.nodata,
            position_error: self.position_error,
            merge_inputs: self.no_merge_inputs.then_some(false),
        }
    }

    fn config(&self) -> Result<ScanSettings> {
        match &self.config {
            Some(path) => ScanSettings::read(path),
            None if PathBuf::from("tianmu.toml").is_file() => {
                ScanSettings::read("tianmu.toml".as_ref())
            }
            None => Ok(ScanSettings::default()),
        }
    }
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
    for path in args.heatmap.iter().chain([&record_path]) {
        if path.exists() && !args.overwrite {
            return Err(Error::OutputExists { path: path.clone() });
        }
    }
    let images = expand_inputs(&args.images)?;
    if args.heatmap.is_some() && images.len() > 1 {
        return Err(Error::Setting {
            name: "heatmap".into(),
            seen: format!("{} images", images.len()),
            wanted: "one image".into(),
        });
    }
    let model = Model::open(&args.model, args.model_config.as_deref())?;
    let settings = resolve(&args.settings(), &args.config()?, &model.contract)?;
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
    if args.json {
        output::json(&found.record)?;
    } else {
        output::scan_summary(&found, &args.output, &bar);
        if let Some(truth) = &truth {
            output::comparison(&compare_sites(&found.sites, truth), &found.sites);
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
