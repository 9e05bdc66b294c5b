//! What models cost to run: scans with this very program, timed in turns, next to what reading
//! and the model alone would take.

use super::report::schema::Cost;
use crate::pipeline::{ScanJob, infer_alone, read_alone};
use crate::{Error, Result};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How a scan ends that could not read all of its image.
const SOME_FAILED: i32 = 3;

/// The model alone is run for about so long.
const INFER: Duration = Duration::from_millis(1500);

/// How costs are measured.
pub struct CostOptions {
    /// The program that scans.
    pub program: PathBuf,
    /// Runs that are timed, after one to warm up.
    pub repeats: usize,
    /// A folder for what the scans write.
    pub work: PathBuf,
}

/// One model on one image.
pub struct CostCase<'a> {
    /// The job, of one image.
    pub job: &'a ScanJob<'a>,
    /// The model, as a command line names it.
    pub model: PathBuf,
    /// The area of interest.
    pub aoi: Option<PathBuf>,
    /// Settings as `tianmu.toml` has them.
    pub config: String,
    /// The scene's name.
    pub scene: String,
}

/// A timed scan.
struct Run {
    seconds: f64,
    record: Value,
}

/// Scans one image with each model, all models in every round, so that a machine that slows down
/// slows them alike. For a model that could not be timed there is the reason.
pub fn costs(
    cases: &[CostCase<'_>],
    options: &CostOptions,
    stop: &dyn Fn() -> bool,
) -> Result<Vec<Result<Cost, String>>> {
    let mut runs: Vec<Result<Vec<Run>, String>> = cases.iter().map(|_| Ok(Vec::new())).collect();
    for round in 0..=options.repeats {
        for (case, runs) in cases.iter().zip(&mut runs) {
            if stop() {
                return Err(Error::Interrupted);
            }
            let Ok(done) = runs else { continue };
            let run = scan(case, options);
            if stop() {
                return Err(Error::Interrupted);
            }
            match run {
                // The first reads files from the disk, the others from memory.
                Ok(run) if round > 0 || options.repeats == 0 => done.push(run),
                Ok(_) => {}
                Err(reason) => *runs = Err(reason),
            }
        }
    }
    let alone = |case: &CostCase<'_>| -> Result<(f64, f64)> {
        let seconds = infer_alone(case.job, 0, INFER)?;
        Ok((read_alone(case.job, 0)?.0, seconds))
    };
    cases
        .iter()
        .zip(runs)
        .map(|(case, runs)| {
            Ok(match runs {
                Ok(runs) => Ok(cost(case, &runs, options.repeats, alone(case)?)),
                Err(reason) => Err(reason),
            })
        })
        .collect()
}

fn scan(case: &CostCase<'_>, options: &CostOptions) -> Result<Run, String> {
    let failed = |e: std::io::Error| format!("a scan could not be timed: {e}");
    let config = options.work.join("tianmu.toml");
    fs_err::write(&config, &case.config).map_err(failed)?;
    let output = options.work.join("sites.gpkg");
    let mut command = Command::new(&options.program);
    command
        .arg("scan")
        .arg("--model")
        .arg(&case.model)
        .arg("--config")
        .arg(&config)
        .args(["--no-resume", "--overwrite", "--quiet", "-o"])
        .arg(&output)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    if let Some(aoi) = &case.aoi {
        command.arg("--aoi").arg(aoi);
    }
    // A name may begin with a dash.
    command.arg("--").arg(&case.job.images[0]);
    let begun = Instant::now();
    let done = command.output().map_err(failed)?;
    let seconds = begun.elapsed().as_secs_f64();
    // An image that cannot be read in places is scanned all the same.
    if !done.status.success() && done.status.code() != Some(SOME_FAILED) {
        let text = String::from_utf8_lossy(&done.stderr);
        let said = text.lines().next().unwrap_or("it said nothing");
        return Err(format!("a scan to be timed failed: {said}"));
    }
    let record = fs_err::read_to_string(record_beside(&output)).map_err(failed)?;
    let record =
        serde_json::from_str(&record).map_err(|e| format!("a run record is no JSON: {e}"))?;
    Ok(Run { seconds, record })
}

fn record_beside(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".run.json");
    name.into()
}

fn cost(case: &CostCase<'_>, runs: &[Run], repeats: usize, (read_s, tile_s): (f64, f64)) -> Cost {
    let image = |run: &Run, key: &str| run.record["images"][0][key].clone();
    let first = &runs[0];
    let number = |value: &Value| value.as_f64().unwrap_or_default();
    let inferred = number(&image(first, "tiles")["inferred"]);
    let threads = number(&image(first, "workers")).max(1.0);
    let seconds = sorted(runs.iter().map(|run| run.seconds));
    let median = middle(&seconds);
    let stage = |name: &str| {
        let of = runs
            .iter()
            .map(|run| number(&image(run, "timings_s")[name]));
        (name.to_owned(), middle(&sorted(of)))
    };
    let stages: BTreeMap<String, f64> = ["read", "infer", "decode", "locate"].map(stage).into();
    let covered_m2 = number(&image(first, "covered_m2"));
    let gsd = image(first, "gsd");
    let pixel_m2 = number(&gsd["x_m"]) * number(&gsd["y_m"]);
    let pixels = if pixel_m2 > 0.0 {
        covered_m2 / pixel_m2
    } else {
        0.0
    };
    let infer_s = tile_s * inferred;
    let peaks = runs
        .iter()
        .filter_map(|run| run.record["peak_memory_bytes"].as_u64());
    Cost {
        scene: case.scene.clone(),
        repeats,
        threads: usize::try_from(whole(threads)).unwrap_or(usize::MAX),
        processor: processor(),
        cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        device: case.job.model.file.device.to_string(),
        seconds: median,
        seconds_range: (seconds[0], seconds[seconds.len() - 1]),
        stages,
        mpx_per_s: pixels / 1e6 / median,
        tiles_per_s: inferred / median,
        km2_per_h: covered_m2 / 1e6 / median * 3600.0,
        decode_alone_s: read_s,
        infer_alone_s: infer_s,
        share_of_limit: (read_s + infer_s) / threads / median,
        peak_memory_bytes: peaks.max(),
        pixels: whole(pixels),
        tiles: whole(inferred),
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The median: of an even number the mean of the two in the middle.
fn middle(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[half]
    } else {
        f64::midpoint(sorted[half - 1], sorted[half])
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts that are not negative"
)]
fn whole(value: f64) -> u64 {
    value.round().max(0.0) as u64
}

/// What the system calls the processor.
fn processor() -> String {
    let mut system = sysinfo::System::new();
    system.refresh_cpu_all();
    let name = system
        .cpus()
        .first()
        .map(|cpu| cpu.brand().trim().to_owned());
    name.unwrap_or_default()
}
