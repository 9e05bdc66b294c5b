//! The only place that prints: results to stdout, everything else to stderr.

use crate::Error;
use crate::evaluate::SiteComparison;
use crate::model::ModelFacts;
use crate::pipeline::detect::Progress;
use crate::pipeline::inspect::{Fit, ImageFacts};
use crate::pipeline::provenance::{FileRecord, FileState, FileVerdict};
use crate::pipeline::site::CandidateSite;
use crate::pipeline::{ChipsRecord, Scan, ScanProgress};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a result could not be written to stdout.
static RESULT_LOST: AtomicBool = AtomicBool::new(false);

/// Whether the user called a halt.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Prints a line to stdout. A reader that has gone away is no reason to stop; a full
/// disk behind it makes the program fail at the end.
macro_rules! say {
    ($($text:tt)*) => {{
        if let Err(e) = writeln!(std::io::stdout().lock(), $($text)*)
            && e.kind() != ErrorKind::BrokenPipe
        {
            RESULT_LOST.store(true, Ordering::Relaxed);
        }
    }};
}

/// Prints a line to stderr; where that is closed, nobody is there to read it.
macro_rules! tell {
    ($($text:tt)*) => {{
        let _ = writeln!(std::io::stderr().lock(), $($text)*);
    }};
}

/// Whether something said on stdout was lost for another reason than a closed pipe.
pub(super) fn result_lost() -> bool {
    RESULT_LOST.load(Ordering::Relaxed)
}

/// Makes Ctrl-C and a request to end stop a scan tidily; a second one ends at once.
pub(super) fn catch_interrupts() {
    // Only a second handler is refused, and there is none.
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            // Asked twice: whatever still runs is not worth waiting for. 128 + SIGINT.
            std::process::exit(130);
        }
    });
}

/// Prints an error and the next step.
pub(super) fn error(error: &Error) {
    tell!("error: {error}");
    tell!("hint: {}", error.hint());
}

/// Prints what is wrong with one of several inputs, and the next step.
pub(super) fn failed_input(problem: &str, hint: &str) {
    tell!("error: {problem}");
    tell!("hint: {hint}");
}

/// Prints a result as JSON.
pub(super) fn json(value: &impl serde::Serialize) -> crate::Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(|e| Error::Internal(e.to_string()))?;
    say!("{text}");
    Ok(())
}

/// Whether the user called a halt.
pub(super) fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// Says which file is being hashed.
pub(super) fn hashing(file: &FileRecord, quiet: bool) {
    if !quiet && std::io::stderr().is_terminal() {
        tell!("hashing {} `{}`", file.role, file.path.display());
    }
}

/// Says what is being done, to who watches.
pub(super) fn stage(what: &str, quiet: bool) {
    if !quiet && std::io::stderr().is_terminal() {
        tell!("{what}…");
    }
}

/// What became of the files of a run.
pub(super) fn verdicts(verdicts: &[FileVerdict], quiet: bool) {
    let word = |state| match state {
        FileState::Same => "same",
        FileState::Changed => "CHANGED",
        FileState::Missing => "MISSING",
        FileState::Unknown => "unknown",
    };
    for FileVerdict { file, found, state } in verdicts {
        if *state != FileState::Same || !quiet {
            let path = found.as_ref().unwrap_or(&file.path).display();
            say!("{:<8} {:<17} {path}", word(*state), file.role.to_string());
        }
    }
    let count = |state| verdicts.iter().filter(|v| v.state == state).count();
    let (changed, missing) = (count(FileState::Changed), count(FileState::Missing));
    if changed + missing > 0 {
        let all = verdicts.len();
        say!("{changed} changed and {missing} missing of {all} files");
    } else if !quiet {
        say!("all {} files are as they were", count(FileState::Same));
    }
    let unknown = count(FileState::Unknown);
    if unknown > 0 {
        say!("{unknown} files were not hashed by the run, so nothing is known of them");
    }
}

/// Prints a text that is a result.
pub(super) fn text(text: &str) {
    say!("{}", text.trim_end());
}

/// Says what a check found wanting.
pub(super) fn failure(text: &str) {
    tell!("failed: {text}");
}

/// Prints a note for the user.
pub(super) fn note(text: &str) {
    tell!("note: {text}");
}

/// A bar on stderr while many things are looked at one after the other.
pub(super) struct Counting(ProgressBar);

impl Counting {
    pub(super) fn new(quiet: bool) -> Self {
        let bar = ProgressBar::new(0);
        if quiet || !std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        let style =
            ProgressStyle::with_template("{msg} {bar:30} {pos}/{len}, {per_sec}, {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self(bar)
    }

    /// Says what is being done, how much of it is done, and how much there is.
    pub(super) fn tell(&self, what: &str, done: usize, all: usize) {
        if self.0.is_hidden() {
            return;
        }
        if self.0.message() != what {
            self.0.set_message(what.to_owned());
            self.0.reset();
        }
        self.0.set_length(all as u64);
        self.0.set_position(done as u64);
    }

    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

/// A bar on stderr while a scan runs.
pub(super) struct Bar {
    tiles: ProgressBar,
    images: usize,
    quiet: bool,
}

impl Bar {
    pub(super) fn new(images: usize, quiet: bool, json: bool) -> Self {
        let bar = ProgressBar::new(0);
        if quiet || json || !std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        let style =
            ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} tiles, {per_sec}, {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self {
            tiles: bar,
            images,
            quiet,
        }
    }

    pub(super) fn finish(&self) {
        self.tiles.finish_and_clear();
    }
}

impl Progress for Bar {
    fn tiles_done(&self, count: u64) {
        self.tiles.inc(count);
    }

    fn interrupted(&self) -> bool {
        is_interrupted()
    }
}

impl ScanProgress for Bar {
    fn image_begins(&self, index: usize, path: &Path, tiles: u64) {
        self.tiles.reset();
        self.tiles.set_length(tiles);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        self.tiles
            .set_message(format!("[{}/{}] {name}", index + 1, self.images));
    }

    fn warning(&self, path: &Path, text: &str) {
        if !self.quiet {
            self.tiles
                .suspend(|| tell!("warning: `{}` {text}", path.display()));
        }
    }

    fn image_failed(&self, _path: &Path, failure: &Error) {
        self.tiles.suspend(|| error(failure));
    }
}

/// The closing table of a scan.
pub(super) fn scan_summary(scan: &Scan, outputs: &[std::path::PathBuf]) {
    let record = &scan.record;
    let tiles = |pick: fn(&crate::pipeline::detect::TileCounts) -> u64| -> u64 {
        record.images.iter().map(|i| pick(&i.tiles)).sum()
    };
    if !record.sites_by_class.is_empty() {
        say!("class                sites   area m²   area mu");
    }
    for (class, count) in &record.sites_by_class {
        let areas = scan
            .sites
            .iter()
            .filter(|s| s.class == *class)
            .map(|s| s.area_m2);
        let area = areas.fold(0.0, |sum, a| sum + a);
        say!(
            "{class:<20} {count:>5} {area:>9.1} {:>9.3}",
            crate::georef::m2_to_mu(area)
        );
    }
    let unreadable = match tiles(|t| t.unreadable) {
        0 => String::new(),
        count => format!(", {count} unreadable"),
    };
    let screened = match tiles(|t| t.screened) {
        0 => String::new(),
        count => format!(", {count} left out by the screen"),
    };
    say!(
        "tiles: {} inferred, {} empty, {} outside the area of interest{screened}{unreadable}",
        tiles(|t| t.inferred),
        tiles(|t| t.empty),
        tiles(|t| t.outside_aoi),
    );
    say!("{}", record.statement);
    let failed = record.images.iter().filter(|i| i.failure.is_some()).count();
    if failed > 0 {
        say!(
            "{failed} of {} images could not be scanned",
            record.images.len()
        );
    }
    if let Some(chips) = &record.chips {
        chips_summary(chips);
    }
    let names: Vec<String> = outputs.iter().map(|p| p.display().to_string()).collect();
    let written = if names.is_empty() {
        "nothing was written: results of an earlier run stay as they are".to_owned()
    } else {
        format!("written: {}", names.join(", "))
    };
    say!("{:.1} s on {}; {written}", record.seconds, record.device);
    say!("leads for verification on the ground, not evidence (线索，非证据)");
}

fn chips_summary(chips: &ChipsRecord) {
    let (sites, background) = (chips.with_sites, chips.background);
    let count = sites + background;
    if chips.unreadable > 0 {
        say!(
            "training chips: {} sites have none, as the images cannot be read there",
            chips.unreadable
        );
    }
    if count == 0 {
        say!("training chips: none, as there is nothing to show");
        return;
    }
    let size = chips.size_px;
    say!(
        "training chips: {count} of {size} × {size} pixels, {sites} with sites, {background} without, in {}; \
         their labels are to be corrected first",
        chips.folder
    );
}

/// Sites against known plots.
pub(super) fn comparison(comparison: &SiteComparison, sites: &[CandidateSite]) {
    say!("\nknown plot           class        stage      area m²  found as");
    for plot in &comparison.plots {
        let found = if plot.sites.is_empty() {
            "missed".to_owned()
        } else {
            format!("{} ({:.2})", plot.sites.join(", "), plot.prob)
        };
        say!(
            "{:<20} {:<12} {:<10} {:>7.1}  {found}",
            plot.id,
            plot.class,
            plot.stage,
            plot.area_m2
        );
    }
    say!(
        "{} of {} known plots found",
        comparison.found(),
        comparison.plots.len()
    );
    say!("{} false sites", comparison.false_sites.len());
    for id in &comparison.false_sites {
        if let Some(site) = sites.iter().find(|s| s.site_id == *id) {
            say!(
                "  {id} {} {:.1} m² at {:.6}, {:.6} ({:.2})",
                site.class,
                site.area_m2,
                site.point.x(),
                site.point.y(),
                site.prob
            );
        }
    }
}

/// The facts of an image.
pub(super) fn image(facts: &ImageFacts) {
    say!("image {}", facts.path);
    let size = facts
        .file_bytes
        .map_or(String::new(), |b| format!(", {}", bytes(b)));
    say!(
        "  {} {} × {} pixels{size}",
        facts.driver,
        facts.width,
        facts.height
    );
    for (i, band) in facts.bands.iter().enumerate() {
        let range = band.sampled_range.map_or(String::new(), |(l, h)| {
            format!(", values {l}–{h} in a sample")
        });
        let nodata = band
            .nodata
            .map_or(String::new(), |n| format!(", nodata {n}"));
        let name = if band.description.is_empty() {
            String::new()
        } else {
            format!(" `{}`", band.description)
        };
        say!(
            "  band {}: {} {}{name}{range}{nodata}",
            i + 1,
            band.kind,
            band.color
        );
    }
    let kind = if facts.block.0 >= facts.width {
        "strips"
    } else {
        "blocks"
    };
    say!(
        "  {kind} of {} × {}, {}, {} overviews",
        facts.block.0,
        facts.block.1,
        facts.compression.as_deref().unwrap_or("not compressed"),
        facts.overviews.len()
    );
    say!(
        "  reference system: {}",
        facts.crs.as_deref().unwrap_or("none")
    );
    if let Some(gsd) = facts.gsd {
        say!(
            "  ground sample distance: {:.2} cm by {:.2} cm",
            gsd.x_m * 100.0,
            gsd.y_m * 100.0
        );
    }
    let masks: Vec<String> = facts
        .masks
        .iter()
        .map(|m| format!("{m:?}").to_lowercase())
        .collect();
    let share = facts.valid_share.map_or(String::new(), |s| {
        format!(", {:.1} % valid in a sample", s * 100.0)
    });
    say!("  empty pixels by: {}{share}", masks.join(", "));
    say!(
        "  taken: {}",
        facts.capture_time.as_deref().unwrap_or("unknown")
    );
    facts.warnings.iter().for_each(|w| say!("  warning: {w}"));
}

/// The facts of a model.
pub(super) fn model(facts: &ModelFacts) {
    say!(
        "model {} ({}, {})",
        facts.name,
        facts.path,
        bytes(facts.bytes)
    );
    for (what, tensors) in [("input", &facts.inputs), ("output", &facts.outputs)] {
        for tensor in tensors {
            say!(
                "  {what} `{}` {:?} {:?}",
                tensor.name,
                tensor.element,
                tensor.shape
            );
        }
    }
    say!("  device: {}", facts.device);
    for setting in &facts.settings {
        say!("  {}: {} ({setting})", setting.name, setting.value);
    }
    facts
        .metadata
        .iter()
        .for_each(|(k, v)| say!("  metadata {k}: {v}"));
    facts.notes.iter().for_each(|n| say!("  note: {n}"));
}

/// How a model fits an image.
pub(super) fn fit(fit: &Fit) {
    say!("{} on {}", fit.model, fit.image);
    say!(
        "  bands {:?}; {:.2} cm per pixel, {}; {:.3} × {:.3} image pixels per model pixel",
        fit.bands,
        fit.image_gsd_m * 100.0,
        fit.model_gsd_m
            .map_or("the model takes any".into(), |g| format!(
                "the model sees {:.2} cm",
                g * 100.0
            )),
        fit.scale.0,
        fit.scale.1
    );
    match fit.estimated_seconds {
        Some(seconds) => say!(
            "  {} tiles, about {seconds:.0} s with {} workers (measured on a few tiles)",
            fit.tiles,
            fit.workers
        ),
        None => say!(
            "  {} tiles; no tile with valid pixels to measure",
            fit.tiles
        ),
    }
    if let Some(memory) = fit.estimated_memory_bytes {
        say!("  about {} of memory", bytes(memory));
    }
    fit.advice.iter().for_each(|a| say!("  advice: {a}"));
}

fn bytes(count: u64) -> String {
    let (mega, kilo) = (count >> 20, count >> 10);
    if mega >= 10 {
        format!("{mega} MiB")
    } else {
        format!("{kilo} KiB")
    }
}
