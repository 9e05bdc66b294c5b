//! `tianmu chips`.

use super::campaign::WaitArg;
use super::{Exit, clock, output};
use crate::chips::{ChipsDone, ChipsRequest, chips};
use crate::pipeline::report::ChipLayout;
use crate::pipeline::settings::word;
use crate::vector::StoreTarget;
use crate::{Error, Result};
use std::fmt::Write as _;
use std::path::PathBuf;

/// Arguments of `tianmu chips`.
#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct Args {
    /// The campaign
    #[arg(value_name = "CAMPAIGN")]
    campaign: String,

    /// The folder of the chips
    #[arg(short, long, value_name = "FOLDER")]
    output: PathBuf,

    /// How labels are stored: yolo, coco or mask
    #[arg(long, value_name = "LAYOUT", default_value = "yolo", value_parser = word::<ChipLayout>)]
    layout: ChipLayout,

    /// Edge of a chip in pixels
    #[arg(long, value_name = "PX", default_value_t = 512, value_parser = clap::value_parser!(u32).range(32..=4096))]
    chip_size: u32,

    /// Metres of ground a pixel; each image's own otherwise
    #[arg(long, value_name = "METRES")]
    gsd: Option<f64>,

    /// Where images lie now, if not where they were scanned
    #[arg(long, value_name = "FOLDER")]
    images: Option<PathBuf>,

    /// Chips of ground where nobody looked and the model found nothing
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=100_000))]
    background: u32,

    /// The share of villages to measure on, never to learn from
    #[arg(long, value_name = "SHARE", default_value = "20%")]
    val_share: String,

    /// Also show homes where no crop stood
    #[arg(long)]
    with_homes: bool,

    /// Replace a folder of chips that exists
    #[arg(long)]
    overwrite: bool,

    #[command(flatten)]
    wait: WaitArg,

    /// Print what was made as JSON
    #[arg(long)]
    json: bool,

    /// Print errors only
    #[arg(short, long)]
    quiet: bool,
}

/// Makes training chips of a round.
pub(super) fn run(args: &Args) -> Result<Exit> {
    output::catch_interrupts();
    if let Some(folder) = args.images.as_ref().filter(|folder| !folder.is_dir()) {
        return Err(Error::setting(
            "images",
            folder.display(),
            "a folder that is there",
        ));
    }
    if let Some(gsd) = args.gsd.filter(|gsd| !(0.001..=100.0).contains(gsd)) {
        return Err(Error::setting("gsd", gsd, "metres a pixel, 0.001 to 100"));
    }
    let now = clock::now();
    let target = StoreTarget::parse(&args.campaign);
    let tell = |what: &str| output::stage(what, args.quiet || args.json);
    let request = ChipsRequest {
        target: &target,
        output: &args.output,
        layout: args.layout,
        size: args.chip_size,
        gsd_m: args.gsd,
        images: args.images.as_deref(),
        background: args.background,
        val_share: share(&args.val_share)?,
        with_homes: args.with_homes,
        overwrite: args.overwrite,
        moment: args.wait.moment(&now),
        tell: &tell,
        stop: &output::is_interrupted,
    };
    let done = chips(&request)?;
    if args.json {
        output::json(&done)?;
    } else if !args.quiet {
        output::text(&said(&done));
    }
    for image in &done.refused_images {
        output::failure(&format!(
            "image `{image}` is not the one that was scanned: its SHA-256 is another"
        ));
    }
    Ok(
        if done.refused_images.is_empty() && done.missing_images.is_empty() {
            Exit::Done
        } else {
            Exit::SomeFailed
        },
    )
}

/// `20%` or `0.2`.
fn share(text: &str) -> Result<f64> {
    let number = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map(|p| p / 100.0),
        None => text.trim().parse::<f64>(),
    };
    number
        .ok()
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| Error::setting("val-share", text, "a share from 0 to 100%, such as 20%"))
}

fn said(done: &ChipsDone) -> String {
    let mut text = format!(
        "{} chips in `{}`: {} with plants, {} of what was taken for them, {} of ground where nobody \
         looked; {} to learn from, {} to measure on\n",
        done.sites + done.negative + done.background,
        done.folder,
        done.sites,
        done.negative,
        done.background,
        done.train,
        done.val
    );
    let _ = writeln!(
        text,
        "classes: {}; {} outlines as they were walked",
        done.classes.join(", "),
        done.walked
    );
    for (reason, count) in &done.left_out {
        let _ = writeln!(text, "left out: {count}: {reason}");
    }
    if !done.missing_images.is_empty() {
        let _ = writeln!(
            text,
            "{} images are missing, name their folder with `--images`: {}",
            done.missing_images.len(),
            done.missing_images.join(", ")
        );
    }
    for note in &done.notes {
        let _ = writeln!(text, "note: {note}");
    }
    text
}
