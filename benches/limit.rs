//! How near a scan comes to what decoding and inference alone would take.
//!
//! `benches/limit.sh` makes rasters and models and calls this; see there. For each pair of
//! raster and model, in turns and several times over:
//!
//! - *decode*: seconds of one processor to read the windows of all tiles, overlap included, with
//!   one GDAL handle, row by row, and nothing else;
//! - *infer*: seconds of one processor to run the model on as many tiles, and nothing else, while
//!   every other core does the same;
//! - *scan*: seconds by the clock of `tianmu scan` from start to end, outputs written.
//!
//! The limit is (decode + infer) / cores. Peak memory of a scan stands beside that of the model
//! alone: its session and runs of it in a process of their own.
//!
//! Linux only: processor time comes from `/proc`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program of its own"
)]

use gdal::Dataset;
use ndarray::Array4;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use tianmu::memory;
use tianmu::model::{Model, OpenOptions};
use tianmu::pipeline::acquire;
use tianmu::pipeline::chip::{ModelGrid, Tiling};
use tianmu::pipeline::settings::{ScanSettings, resolve};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Raster, model.
const CASES: [(&str, &str); 9] = [
    ("jpeg-30000", "mobilenet-224"),
    ("striped-10000", "mobilenet-224"),
    ("rgba-4096", "mobilenet-224"),
    ("jpeg-10000", "mobilenet-224"),
    ("striped-10000", "resnet18-224"),
    ("jpeg-10000", "unet-512"),
    ("rgba-4096", "unet-512"),
    ("striped-10000", "yolov8n-640"),
    ("rgba-4096", "yolov8n-640"),
];

/// Inference is timed for about so long; all tiles would tell no more.
const INFER_S: f64 = 4.0;

fn main() -> Outcome<()> {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    words.retain(|word| word != "--bench");
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["decode", raster, model] => decode(Path::new(raster), Path::new(model)),
        ["infer", model] => infer(Path::new(model)),
        ["compare", folder, runs, cases @ ..] => compare(Path::new(folder), runs.parse()?, cases),
        // `cargo bench` runs every target.
        [] => {
            println!("limit: called by benches/limit.sh");
            Ok(())
        }
        other => Err(format!("`{}`, wanted what benches/limit.sh says", other.join(" ")).into()),
    }
}

/// Seconds of processor time that this thread has had.
fn thread_seconds() -> Outcome<f64> {
    let line = fs_err::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: f64 = line.split(' ').next().unwrap_or_default().parse()?;
    Ok(nanoseconds / 1e9)
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn open(model: &Path) -> Outcome<Model> {
    let options = OpenOptions {
        sidecar: None,
        told: Vec::new(),
        device: "cpu".parse()?,
    };
    Ok(Model::open(model, &options)?)
}

/// Prints the seconds of decoding, and the number of tiles.
fn decode(raster: &Path, model: &Path) -> Outcome<()> {
    let model = open(model)?;
    let contract = &model.contract;
    let none = ScanSettings::default();
    let settings = resolve(&none, &none, contract)?;
    acquire::prepare_gdal();
    let source = acquire::open(
        raster,
        contract.channels,
        &contract.bands,
        &settings.acquire,
    )?;
    let info = &source.info;
    let grid = ModelGrid::new(info.width, info.height, source.gsd, settings.gsd_m);
    let tiling = Tiling::new(&grid, &settings.tile);
    // Room for what a row of tiles lies on, so that no block is decoded twice.
    acquire::set_block_cache(1 << 30);
    let dataset = Dataset::open(raster)?;
    let wide = source.info.bands.iter().any(|b| b.type_name != "Byte");
    let (width, height) = tiling.chip_size();
    let pixels = width as usize * height as usize;
    let (mut bytes, mut shorts) = (vec![0_u8; pixels], vec![0_u16; pixels]);
    let start = thread_seconds()?;
    for row in 0..tiling.row_count() {
        for col in 0..tiling.column_count() {
            let tile = tiling.tile(row, col);
            let Some(inside) = tile.window.intersection(&grid.window()) else {
                continue;
            };
            let size = (inside.width as usize, inside.height as usize);
            for band in &source.bands {
                let band = dataset.rasterband(*band)?;
                let count = size.0 * size.1;
                if wide {
                    let room = &mut shorts[..count];
                    band.read_into_slice(inside.offset(), size, size, room, None)?;
                } else {
                    let room = &mut bytes[..count];
                    band.read_into_slice(inside.offset(), size, size, room, None)?;
                }
            }
        }
    }
    println!("{} {}", thread_seconds()? - start, tiling.tile_count());
    Ok(())
}

/// Prints the seconds of one run of the model, and the peak memory with one session.
fn infer(model: &Path) -> Outcome<()> {
    let model = open(model)?;
    let (rows, cols) = model.contract.tile_size;
    let shape = model.contract.input_shape(1, rows as usize, cols as usize);
    let input = Array4::from_shape_fn(shape, |(_, c, y, x)| {
        let value = (c * 71 + y * 13 + x * 7) % 251;
        f32::from(u8::try_from(value).unwrap_or(0)) / 255.0
    });
    let alone = || -> tianmu::Result<f64> {
        let mut session = model.file.session()?;
        let mut once = || session.run(&input.view(), |_| Ok(()));
        once()?;
        let seconds = || thread_seconds().unwrap_or_default();
        let (begun, start, mut runs) = (Instant::now(), seconds(), 0_u32);
        while begun.elapsed().as_secs_f64() < INFER_S || runs < 3 {
            once()?;
            runs += 1;
        }
        Ok((seconds() - start) / f64::from(runs))
    };
    alone()?;
    let peak = memory::peak().unwrap_or_default();
    let all: Vec<f64> = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..cores()).map(|_| scope.spawn(alone)).collect();
        let join = |lane: std::thread::ScopedJoinHandle<'_, _>| lane.join().expect("no panic");
        lanes.into_iter().map(join).collect::<Result<_, _>>()
    })?;
    let together = all.iter().sum::<f64>() / f64::from(u32::try_from(all.len())?);
    println!("{together} {peak}");
    Ok(())
}

/// One part in a process of its own: the numbers it prints.
fn part(words: &[&str]) -> Outcome<Vec<f64>> {
    let done = Command::new(std::env::current_exe()?)
        .args(words)
        .output()?;
    if !done.status.success() {
        return Err(String::from_utf8_lossy(&done.stderr).into_owned().into());
    }
    let text = String::from_utf8(done.stdout)?;
    Ok(text
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()?)
}

/// Measures of one run of a case.
struct Run {
    decode_s: f64,
    infer_s: f64,
    scan_s: f64,
    ratio: f64,
    peak: f64,
    alone: f64,
}

fn one_run(folder: &Path, raster: &str, model: &str) -> Outcome<Run> {
    let raster = folder.join("rasters").join(raster).with_extension("tif");
    let model = folder.join("models").join(model);
    let (raster, model) = (raster.to_string_lossy(), model.to_string_lossy());
    let decoded = part(&["decode", &raster, &model])?;
    let inferred = part(&["infer", &model])?;
    let output = folder.join("sites.gpkg");
    let program = PathBuf::from(env!("CARGO_BIN_EXE_tianmu"));
    let begun = Instant::now();
    let done = Command::new(program)
        .args([
            "scan",
            &raster,
            "--model",
            &model,
            "--quiet",
            "--overwrite",
            "-o",
        ])
        .arg(&output)
        .output()?;
    let scan_s = begun.elapsed().as_secs_f64();
    if !done.status.success() {
        return Err(String::from_utf8_lossy(&done.stderr).into_owned().into());
    }
    let record = fs_err::read_to_string(format!("{}.run.json", output.display()))?;
    let record: serde_json::Value = serde_json::from_str(&record)?;
    let (decode_s, infer_s) = (decoded[0], inferred[0] * decoded[1]);
    let workers = f64::from(u32::try_from(cores())?);
    Ok(Run {
        decode_s,
        infer_s,
        scan_s,
        ratio: scan_s * workers / (decode_s + infer_s),
        peak: record["peak_memory_bytes"].as_f64().unwrap_or_default(),
        alone: inferred[1],
    })
}

fn compare(folder: &Path, runs: usize, wanted: &[&str]) -> Outcome<()> {
    let cases: Vec<_> = CASES
        .into_iter()
        .filter(|(r, m)| wanted.is_empty() || wanted.contains(&format!("{r}/{m}").as_str()))
        .collect();
    if cases.is_empty() {
        return Err("no such case".into());
    }
    let mut measured: Vec<Vec<Run>> = cases.iter().map(|_| Vec::new()).collect();
    for round in 1..=runs {
        for ((raster, model), runs) in cases.iter().zip(&mut measured) {
            let run = one_run(folder, raster, model)?;
            eprintln!(
                "round {round}: {raster} {model}: decode {:.2} s, infer {:.2} s, scan {:.2} s, ratio {:.3}",
                run.decode_s, run.infer_s, run.scan_s, run.ratio
            );
            runs.push(run);
        }
    }
    println!(
        "{} cores; medians of {runs} interleaved runs; ratio: scan by the clock / limit, limit: (decode + infer) / cores\n",
        cores()
    );
    println!(
        "| raster | model | decode s | infer s | limit s | scan s | ratio | lowest-highest | peak MB | session alone MB | above {} sessions, MB |",
        cores()
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for ((raster, model), runs) in cases.iter().zip(&measured) {
        let median = |get: fn(&Run) -> f64| {
            let mut values: Vec<f64> = runs.iter().map(get).collect();
            values.sort_by(f64::total_cmp);
            (
                values[values.len() / 2],
                values[0],
                values[values.len() - 1],
            )
        };
        let workers = f64::from(u32::try_from(cores())?);
        let (decode, ..) = median(|r| r.decode_s);
        let (infer, ..) = median(|r| r.infer_s);
        let (ratio, low, high) = median(|r| r.ratio);
        let (peak, alone) = (median(|r| r.peak).0 / 1e6, median(|r| r.alone).0 / 1e6);
        println!(
            "| {raster} | {model} | {decode:.2} | {infer:.2} | {:.2} | {:.2} | {ratio:.3} | {low:.3}-{high:.3} | {peak:.0} | {alone:.0} | {:.0} |",
            (decode + infer) / workers,
            median(|r| r.scan_s).0,
            peak - workers * alone,
        );
    }
    Ok(())
}
