//! The KML document: its styles, and its folders of tasks.

use super::super::marks::{MARKS, Mark, not_evidence, village_name};
use super::super::xml::Xml;
use super::placemark;
use crate::campaign::Lang;
use crate::tasks::pack::{FieldPack, FieldTask, Listing, Village};
use rayon::prelude::*;
use std::io::{Result, Write};

/// Tasks put into words at once, by all processors, before they are written in order.
const CHUNK: usize = 1024;

/// Writes the document (OGC 12-007, KML 2.2 elements).
pub(super) fn write(target: impl Write, pack: &FieldPack) -> Result<()> {
    let (facts, lang) = (&pack.facts, pack.facts.lang);
    let mut xml = Xml::begin(target)?;
    xml.start("kml", &[("xmlns", "http://www.opengis.net/kml/2.2")])?;
    xml.start("Document", &[])?;
    let name = format!(
        "{} {} R{} {}",
        facts.campaign, facts.year, facts.round, facts.county
    );
    xml.leaf("name", name.trim())?;
    let mut lines = vec![not_evidence(lang), &facts.date, &facts.program];
    lines.extend(facts.notes.iter().map(String::as_str));
    xml.leaf("description", &lines.join("\n"))?;
    xml.line()?;
    for mark in &MARKS {
        style(&mut xml, mark)?;
    }
    // Villages follow one another in the list, so one pass finds each folder's tasks.
    let mut at = 0;
    for village in &pack.villages {
        let count = pack.tasks[at..]
            .iter()
            .take_while(|t| t.village == *village)
            .count();
        let tasks = &pack.tasks[at..at + count];
        folder(
            &mut xml,
            &village_title(village, lang),
            pack,
            tasks.iter().filter(|t| stands_in(t, FolderKind::Village)),
        )?;
        at += count;
    }
    // What the list of villages does not name would otherwise be lost.
    let rest = pack.tasks[at..].iter();
    folder(
        &mut xml,
        lang.pick("其他", "others"),
        pack,
        rest.filter(|t| stands_in(t, FolderKind::Village)),
    )?;
    for (kind, title) in [
        (
            FolderKind::Licensed,
            lang.pick("许可范围内（legal_crop?）", "licensed ground (legal_crop?)"),
        ),
        (
            FolderKind::NearBorder,
            lang.pick("临界点，须两地会核", "near a border: both units"),
        ),
        (
            FolderKind::SpotChecks,
            lang.pick("抽查点", "spot checks drawn by lot"),
        ),
    ] {
        let tasks = pack.tasks.iter().filter(|t| stands_in(t, kind));
        folder(&mut xml, title, pack, tasks)?;
    }
    xml.end("Document")?;
    xml.end("kml")?;
    xml.line()?;
    xml.into_inner().flush()
}

/// The lists as folders.
#[derive(Clone, Copy, PartialEq)]
enum FolderKind {
    Village,
    Licensed,
    NearBorder,
    SpotChecks,
}

fn stands_in(task: &FieldTask, kind: FolderKind) -> bool {
    let own = match task.listing {
        Listing::Main => FolderKind::Village,
        Listing::LegalCrop => FolderKind::Licensed,
        Listing::NearBorder => FolderKind::NearBorder,
        Listing::Control => FolderKind::SpotChecks,
    };
    own == kind
}

fn village_title(village: &Village, lang: Lang) -> String {
    let name = village_name(village, lang);
    format!("{} {name}", village.town).trim().to_owned()
}

/// A folder of tasks in their order; none where there are no tasks.
fn folder<'a, W: Write>(
    xml: &mut Xml<W>,
    title: &str,
    pack: &FieldPack,
    tasks: impl Iterator<Item = &'a FieldTask>,
) -> Result<()> {
    let tasks: Vec<&FieldTask> = tasks.collect();
    if tasks.is_empty() {
        return Ok(());
    }
    xml.start("Folder", &[])?;
    xml.leaf("name", title)?;
    xml.line()?;
    for chunk in tasks.chunks(CHUNK) {
        let texts: Vec<Vec<u8>> = chunk
            .par_iter()
            .map(|task| placemark::text(task, pack))
            .collect::<Result<_>>()?;
        texts.iter().try_for_each(|text| xml.insert(text))?;
    }
    xml.end("Folder")?;
    xml.line()
}

/// The look of a grade. There is no icon by address, so that nothing is fetched from anywhere: the
/// reader's own pin takes the colour.
fn style<W: Write>(xml: &mut Xml<W>, mark: &Mark) -> Result<()> {
    let (line, fill) = (kml_color(mark.rgb, 255), kml_color(mark.rgb, 60));
    xml.start("Style", &[("id", &style_id(mark))])?;
    xml.start("IconStyle", &[])?;
    xml.leaf("color", &line)?;
    xml.end("IconStyle")?;
    xml.start("LineStyle", &[])?;
    xml.leaf("color", &line)?;
    xml.leaf("width", "2")?;
    xml.end("LineStyle")?;
    xml.start("PolyStyle", &[])?;
    xml.leaf("color", &fill)?;
    xml.end("PolyStyle")?;
    xml.end("Style")?;
    xml.line()
}

/// The id of a mark's style.
pub(super) fn style_id(mark: &Mark) -> String {
    format!("grade-{}", mark.letter)
}

/// A colour as KML wants it: `aabbggrr`.
fn kml_color([red, green, blue]: [u8; 3], alpha: u8) -> String {
    format!("{alpha:02x}{blue:02x}{green:02x}{red:02x}")
}
