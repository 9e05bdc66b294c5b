//! The only place that prints: results to stdout, everything else to stderr.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is the place"
)]

use crate::Error;
use crate::evaluate::SiteComparison;
use crate::pipeline::detect::Progress;
use crate::pipeline::site::CandidateSite;
use crate::pipeline::{Scan, ScanProgress};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::path::Path;

/// Prints an error and the next step.
pub(super) fn error(error: &Error) {
    eprintln!("error: {error}");
    if let Some(hint) = error.hint() {
        eprintln!("hint: {hint}");
    }
}

/// Prints a result as JSON.
pub(super) fn json(value: &impl serde::Serialize) -> crate::Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(|e| Error::Internal(e.to_string()))?;
    println!("{text}");
    Ok(())
}

/// Prints a note for the user.
pub(super) fn note(text: &str) {
    eprintln!("note: {text}");
}

/// A bar on stderr while a scan runs.
pub(super) struct Bar {
    tiles: ProgressBar,
    images: usize,
    quiet: bool,
}

impl Bar {
    pub(super) fn new(images: usize, quiet: bool) -> Self {
        let bar = ProgressBar::new(0);
        if quiet || !std::io::stderr().is_terminal() {
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
}

impl ScanProgress for Bar {
    fn image_begins(&self, index: usize, path: &Path, tiles: u64) {
        self.tiles.reset();
        self.tiles.set_length(tiles);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        self.tiles
            .set_message(format!("[{}/{}] {name}", index + 1, self.images));
    }

    fn image_failed(&self, _path: &Path, failure: &Error) {
        self.tiles.suspend(|| error(failure));
    }
}

/// The closing table of a scan.
pub(super) fn scan_summary(scan: &Scan, outputs: &[std::path::PathBuf], bar: &Bar) {
    if bar.quiet {
        return;
    }
    let record = &scan.record;
    let tiles = |pick: fn(&crate::pipeline::detect::TileCounts) -> u64| -> u64 {
        record.images.iter().map(|i| pick(&i.tiles)).sum()
    };
    println!("class                sites   area m²   area mu");
    for (class, count) in &record.sites_by_class {
        let area: f64 = scan
            .sites
            .iter()
            .filter(|s| s.class == *class)
            .map(|s| s.area_m2)
            .sum();
        println!(
            "{class:<20} {count:>5} {area:>9.1} {:>9.3}",
            crate::georef::m2_to_mu(area)
        );
    }
    println!(
        "tiles: {} inferred, {} empty, {} outside the area of interest",
        tiles(|t| t.inferred),
        tiles(|t| t.empty),
        tiles(|t| t.outside_aoi),
    );
    println!("{}", record.statement);
    let failed = record.images.iter().filter(|i| i.failure.is_some()).count();
    if failed > 0 {
        println!(
            "{failed} of {} images could not be scanned",
            record.images.len()
        );
    }
    let names: Vec<String> = outputs.iter().map(|p| p.display().to_string()).collect();
    println!("{:.1} s; written: {}", record.seconds, names.join(", "));
    println!("leads for verification on the ground, not evidence (线索，非证据)");
}

/// Sites against known plots.
pub(super) fn comparison(comparison: &SiteComparison, sites: &[CandidateSite]) {
    println!();
    println!("known plot           class        stage      area m²  found as");
    for plot in &comparison.plots {
        let found = if plot.sites.is_empty() {
            "missed".to_owned()
        } else {
            format!("{} ({:.2})", plot.sites.join(", "), plot.prob)
        };
        println!(
            "{:<20} {:<12} {:<10} {:>7.1}  {found}",
            plot.id, plot.class, plot.stage, plot.area_m2
        );
    }
    println!(
        "{} of {} known plots found",
        comparison.found(),
        comparison.plots.len()
    );
    println!("{} false sites", comparison.false_sites.len());
    for id in &comparison.false_sites {
        if let Some(site) = sites.iter().find(|s| s.site_id == *id) {
            println!(
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
