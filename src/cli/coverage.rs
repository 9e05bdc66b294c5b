//! `tianmu coverage`.

use super::campaign::WaitArg;
use super::{Exit, clock, output};
use crate::campaign::coverage::{
    CoverageReport, CoverageSettings, CropCoverage, RESOLUTION, VillageCoverage, candidates,
    keep_gaps, measure, reason_name, smallest_plot_m2, write_gaps, write_villages,
};
use crate::campaign::{Campaign, Lang, crop_name};
use crate::georef::m2_to_mu;
use crate::pipeline::report::{check_outputs, refuse_inputs, write_atomically};
use crate::vector::StoreTarget;
use crate::{Error, Result};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Arguments of `tianmu coverage`.
#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct Args {
    /// The campaign
    #[arg(value_name = "CAMPAIGN")]
    campaign: String,

    /// Write the gaps for flight planning: a name that ends in .geojson
    #[arg(short, long, value_name = "GEOJSON")]
    output: Option<PathBuf>,

    /// Write the villages as CSV
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,

    /// Replace files that exist
    #[arg(long)]
    overwrite: bool,

    /// A crop that is looked for, as the phenology names it; may be repeated
    ///
    /// Without it, the crops of the phenology that sites or models of the campaign name.
    #[arg(long = "crop", value_name = "NAME")]
    crops: Vec<String>,

    /// The coarsest ground sample distance that counts, in centimetres
    ///
    /// 1 cm shows single plants, 3 cm clumps of 1 m², 10 cm plots of 20 m², 100 cm patches of
    /// 100 m².
    #[arg(long, value_name = "CM", default_value_t = 10.0)]
    max_gsd: f64,

    /// Days between two dates that count as seen twice
    #[arg(long, value_name = "N", default_value_t = 10)]
    days_apart: u32,

    /// The smallest gap that is flown again, in square metres
    #[arg(long, value_name = "M2", default_value_t = 100.0)]
    min_gap: f64,

    /// The last day of images that count, such as 2026-05-31; those without a day count, too
    #[arg(long, value_name = "YYYY-MM-DD")]
    until: Option<String>,

    /// Leave the campaign as it is; gaps go to files only
    #[arg(long)]
    dry_run: bool,

    /// The language of the table, the statement and the titles of gaps
    #[arg(long, value_enum, default_value = "zh")]
    lang: Lang,

    #[command(flatten)]
    wait: WaitArg,

    /// Print villages, gaps and statement as JSON
    #[arg(long)]
    json: bool,

    /// Print errors only
    #[arg(short, long)]
    quiet: bool,
}

/// Measures which ground was really seen.
pub(super) fn run(args: &Args) -> Result<Exit> {
    let now = clock::now();
    let lang = args.lang;
    let outputs = args.outputs()?;
    let target = StoreTarget::parse(&args.campaign);
    let inputs: Vec<PathBuf> = target.file().into_iter().map(Path::to_owned).collect();
    refuse_inputs(&outputs, &inputs)?;
    check_outputs(&outputs, args.overwrite)?;
    let settings = CoverageSettings {
        crops: args.crops.clone(),
        max_gsd_cm: args.max_gsd,
        days_apart: args.days_apart,
        min_gap_m2: args.min_gap,
        until: args.until.clone(),
        ..CoverageSettings::default()
    };
    let campaign = Campaign::open(&target)?;
    output::stage("measuring coverage", args.quiet || args.json);
    let report = measure(&campaign, &settings)?;
    let candidates = candidates(&campaign)?;
    drop(campaign);
    if !args.dry_run {
        keep_gaps(&target, &report, args.wait.moment(&now))?;
    }
    write_atomically(&outputs, args.overwrite, |place, temporary| {
        if args.output.as_deref() == Some(place) {
            write_gaps(temporary, &report, lang)
        } else {
            write_villages(temporary, &report)
        }
    })?;
    if args.json {
        output::json(&serde_json::json!({
            "report": report,
            "totals": report.totals(),
            "statement_zh": report.statement(Lang::Zh, candidates),
            "statement_en": report.statement(Lang::En, candidates),
        }))?;
    } else if !args.quiet {
        output::text(&said(&report, lang, candidates));
    }
    Ok(Exit::Done)
}

impl Args {
    fn outputs(&self) -> Result<Vec<PathBuf>> {
        let named = [
            ("output", &self.output, ["geojson", "json"].as_slice()),
            ("csv", &self.csv, &["csv"]),
        ];
        let mut outputs = Vec::new();
        for (name, path, extensions) in named {
            let Some(path) = path else { continue };
            let extension = path.extension().unwrap_or_default();
            if !extensions.iter().any(|e| extension.eq_ignore_ascii_case(e)) {
                let wanted = format!("a name that ends in `.{}`", extensions[0]);
                return Err(Error::setting(name, path.display(), &wanted));
            }
            outputs.push(path.clone());
        }
        Ok(outputs)
    }
}

/// The table, the totals, what to know of them, and the statement.
fn said(report: &CoverageReport, lang: Lang, candidates: usize) -> String {
    let mut text = table(report, lang);
    text.push_str(&totals(report, lang));
    for note in notes(report, lang) {
        let _ = writeln!(text, "  {note}");
    }
    let _ = writeln!(text, "{}", report.statement(lang, candidates));
    text
}

fn table(report: &CoverageReport, lang: Lang) -> String {
    let head = [
        lang.pick("行政区代码", "code"),
        lang.pick("村", "village"),
        lang.pick("覆盖%", "seen %"),
        lang.pick("覆盖亩", "mu"),
        lang.pick("两期%", "twice %"),
        lang.pick("分辨率cm", "GSD cm"),
        lang.pick("日期", "dates"),
    ];
    let rows = report.villages.iter().map(|village| {
        let gsd = village.median_gsd_cm;
        [
            village.xzqdm.clone(),
            village.village.clone(),
            format!("{:.1}", village.share() * 100.0),
            format!("{:.1}", m2_to_mu(village.covered_m2)),
            format!("{:.1}", village.share_twice() * 100.0),
            gsd.map_or_else(|| "–".into(), |cm| format!("{cm:.1}")),
            dates(village),
        ]
    });
    let rows: Vec<[String; 7]> = std::iter::once(head.map(str::to_owned))
        .chain(rows)
        .collect();
    let width = |at: usize| rows.iter().map(|row| columns(&row[at])).max().unwrap_or(0);
    let widths: Vec<usize> = (0..7).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (at, cell) in row.iter().enumerate() {
            let blanks = " ".repeat(widths[at].saturating_sub(columns(cell)));
            // Names stand left, numbers right; nothing follows the dates.
            match at {
                0 | 1 => line.extend([cell, &blanks, "  "]),
                6 => line += cell,
                _ => line.extend([&blanks, cell, "  "]),
            }
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn dates(village: &VillageCoverage) -> String {
    if village.dates.is_empty() {
        "–".into()
    } else {
        village.dates.join(" ")
    }
}

/// Columns that a text takes up on a terminal: Chinese characters and signs take two.
fn columns(text: &str) -> usize {
    text.chars()
        .map(|c| if c >= '\u{2e80}' { 2 } else { 1 })
        .sum()
}

fn totals(report: &CoverageReport, lang: Lang) -> String {
    let totals = report.totals();
    let [all, imaged, covered, gaps] = [
        totals.area_m2,
        totals.imaged_m2,
        totals.covered_m2,
        totals.gaps_m2,
    ]
    .map(m2_to_mu);
    let (share, twice) = (totals.share() * 100.0, totals.share_twice() * 100.0);
    let (villages, count, days) = (report.villages.len(), report.gaps.len(), report.days_apart);
    let mut by_reason: BTreeMap<&str, (usize, f64)> = BTreeMap::new();
    for gap in &report.gaps {
        let entry = by_reason.entry(gap.reason).or_default();
        *entry = (entry.0 + 1, entry.1 + gap.area_m2);
    }
    let reasons: Vec<String> = by_reason
        .iter()
        .map(|(reason, (count, m2))| {
            let (reason, mu) = (reason_name(reason, lang), m2_to_mu(*m2));
            match lang {
                Lang::Zh => format!("{reason} {count} 处 {mu:.1} 亩"),
                Lang::En => format!("{reason}: {count}, {mu:.1} mu"),
            }
        })
        .collect();
    let reasons = reasons.join(lang.pick("，", "; "));
    match lang {
        Lang::Zh => format!(
            "合计 {villages} 个村 {all:.1} 亩：拍摄 {imaged:.1} 亩，有效覆盖 {covered:.1} 亩（{share:.1} %），\
             间隔 {days} 天以上两期覆盖 {twice:.1} %\n\
             待补飞 {count} 处 {gaps:.1} 亩{}{reasons}\n",
            if count > 0 { "：" } else { "" }
        ),
        Lang::En => format!(
            "{villages} villages, {all:.1} mu: {imaged:.1} mu imaged, {covered:.1} mu count as seen \
             ({share:.1} %), {twice:.1} % on two dates {days} days or more apart\n\
             {count} gaps to fly again, {gaps:.1} mu{}{reasons}\n",
            if count > 0 { ": " } else { "" }
        ),
    }
}

/// What to know of the figures.
fn notes(report: &CoverageReport, lang: Lang) -> Vec<String> {
    let mut notes = vec![limit(report.max_gsd_cm, lang)];
    let mut note = |zh: String, en: String| notes.push(lang.pick(&zh, &en).to_owned());
    for crop in &report.by_crop {
        of_crop(crop, lang, &mut note);
    }
    let images = report.images;
    if report.undated > 0 {
        let n = report.undated;
        note(
            format!("{images} 幅影像中 {n} 幅无拍摄日期，不计入覆盖"),
            format!("{n} of {images} images have no date and do not count"),
        );
    }
    if report.without_gsd > 0 {
        let n = report.without_gsd;
        note(
            format!("{images} 幅影像中 {n} 幅分辨率不明，不计入覆盖"),
            format!("{n} of {images} images have no known resolution and do not count"),
        );
    }
    if report.outside > 0 {
        let n = report.outside;
        note(
            format!("{images} 幅影像中 {n} 幅不在任何村内"),
            format!("{n} of {images} images lie outside of every village"),
        );
    }
    if report.left_out_m2 > 0.0 {
        let m2 = report.left_out_m2;
        note(
            format!("另有 {m2:.0} 平方米未覆盖，因过小或过窄未列入补飞"),
            format!("another {m2:.0} m² are not covered, in parts too small or narrow to fly"),
        );
    }
    if report.overlap_m2 > 0.0 {
        let mu = m2_to_mu(report.overlap_m2);
        note(
            format!("村界重叠 {mu:.1} 亩，在各村中分别计入"),
            format!("villages overlap on {mu:.1} mu, which count in each of them"),
        );
    }
    let zone = report.zone;
    note(
        format!("面积为 CGCS2000 三度带第 {zone} 带平面面积"),
        format!("areas are planar, CGCS2000 3-degree zone {zone}"),
    );
    notes
}

fn of_crop(crop: &CropCoverage, lang: Lang, note: &mut impl FnMut(String, String)) {
    let name = crop_name(&crop.crop, lang);
    let mu = m2_to_mu(crop.covered_m2);
    let twice = m2_to_mu(crop.twice_m2);
    if crop.dates.is_empty() {
        note(
            format!("{name}：无当季影像"),
            format!("{name}: no image in its season"),
        );
    } else {
        note(
            format!(
                "{name}：当季覆盖 {mu:.1} 亩，两期 {twice:.1} 亩，日期 {}",
                crop.dates.join("、")
            ),
            format!(
                "{name}: {mu:.1} mu in season, {twice:.1} mu twice, dated {}",
                crop.dates.join(", ")
            ),
        );
    }
    if crop.no_window > 0 {
        let n = crop.no_window;
        note(
            format!("{name}：物候表在 {n} 个村的纬度无时段，该处不计入覆盖"),
            format!("{name}: no window of the phenology, so nothing counts; villages: {n}"),
        );
    }
    if crop.height_unknown > 0 {
        let n = crop.height_unknown;
        note(
            format!("{name}：{n} 个村的物候期依高程而定，高程未知，按当季计"),
            format!(
                "{name}: its season depends on a height that is not known, and is taken as met; villages: {n}"
            ),
        );
    }
}

/// What the limit lets one see, with the table that says so.
fn limit(max_gsd_cm: f64, lang: Lang) -> String {
    let steps: Vec<String> = RESOLUTION
        .iter()
        .map(|(m2, cm)| match (*m2 > 0.0, lang) {
            (false, Lang::Zh) => format!("单株 {cm} 厘米"),
            (false, Lang::En) => format!("single plants {cm} cm"),
            (true, Lang::Zh) => format!("{m2} 平方米 {cm} 厘米"),
            (true, Lang::En) => format!("{m2} m² {cm} cm"),
        })
        .collect();
    let plots = match (smallest_plot_m2(max_gsd_cm), lang) {
        (None, Lang::Zh) => "分辨不出任何地块".into(),
        (None, Lang::En) => "shows no plot at all".into(),
        (Some(m2), Lang::Zh) if m2 > 0.0 => format!("可辨 {m2} 平方米及以上的地块"),
        (Some(m2), Lang::En) if m2 > 0.0 => format!("shows plots of {m2} m² and more"),
        (Some(_), Lang::Zh) => "可辨单株".into(),
        (Some(_), Lang::En) => "shows single plants".into(),
    };
    match lang {
        Lang::Zh => format!(
            "分辨率不超过 {max_gsd_cm} 厘米/像素的影像计入：{plots}（{}）",
            steps.join("，")
        ),
        Lang::En => format!(
            "images up to {max_gsd_cm} cm per pixel count, which {plots} ({})",
            steps.join(", ")
        ),
    }
}
