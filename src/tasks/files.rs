//! The files of a pack, each format into its own.

use super::job::{Format, SheetChoice, TaskJob};
use super::make::Made;
use super::map_layers::MapLayers;
use super::pack::{FieldPack, MapSource};
use super::place::stop;
use super::shots::cut_pictures;
use super::source::Source;
use super::{readme, write};
use crate::campaign::Lang;
use crate::{Error, Result};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

/// Writes every format into a folder; gives what to know of it.
pub(super) fn fill(
    job: &TaskJob<'_>,
    source: &mut Source,
    made: &mut Made,
    folder: &Path,
) -> Result<Vec<String>> {
    (job.tell)("cutting pictures");
    let mut notes = cut_pictures(job, source, made, folder)?;
    made.pack.facts.notes.extend(notes.iter().cloned());
    let pack = &made.pack;
    for inner in ["qfield", "odk", "sheets"] {
        fs_err::create_dir_all(folder.join(inner))?;
    }
    (job.tell)("writing the pack");
    let sheets = sheet_tasks(pack, job.sheets);
    let files: Vec<Format> = job
        .formats
        .iter()
        .copied()
        .filter(|f| !matches!(f, Format::Pdf | Format::Html))
        .collect();
    files.par_iter().try_for_each(|format| {
        stop(job)?;
        write_file(*format, folder, pack)
    })?;
    let wants = |format| job.formats.contains(&format);
    if wants(Format::Pdf) || wants(Format::Html) {
        // Only sheets show maps, and nothing else needs the layers as they are drawn.
        let map = std::mem::take(&mut source.map);
        let maps = MapLayers::new(map, &pack.tasks, source.elevation.clone());
        let shown: usize = sheets.values().map(Vec::len).sum();
        if shown < pack.tasks.len() {
            let (left, all) = (pack.tasks.len() - shown, pack.tasks.len());
            notes.push(match job.lang {
                Lang::Zh => format!("核查单只打印最急的 {shown} 处，其余 {left} 处见台账（共 {all} 处）；全部打印用 --sheets all"),
                Lang::En => format!(
                    "sheets are printed for the {shown} most urgent of {all} places; `--sheets all` prints all"
                ),
            });
        }
        notes.extend(write_sheets(job, pack, &sheets, &maps, folder)?);
    }
    for inner in ["qfield", "odk", "sheets", "pictures"] {
        // Fails for a folder that holds something, which stays.
        let _ = fs_err::remove_dir(folder.join(inner));
    }
    let mut formats = job.formats.to_vec();
    formats.sort_unstable();
    readme::write(folder, pack, &formats)?;
    write::manifest::write(folder, pack)?;
    Ok(notes)
}

fn write_file(format: Format, folder: &Path, pack: &FieldPack) -> Result<()> {
    let at = |name: &str| folder.join(name);
    match format {
        Format::Xlsx => write::xlsx::write(&at("ledger.xlsx"), pack),
        Format::Csv => write::csv::write(&at("ledger.csv"), pack),
        Format::Kmz => write::kmz::write(&at("sites.kmz"), pack),
        Format::Gpx => write::gpx::write(&at("sites.gpx"), pack),
        Format::Qfield => write::qfield::write(&at("qfield/checks.gpkg"), pack),
        Format::Odk => {
            write::xlsform::write(&at("odk/form.xlsx"), pack)?;
            write::geojson::write(&at("odk/sites.geojson"), pack)
        }
        Format::Ovital => write::ovital::write(&at("ovital.txt"), pack),
        Format::Maproulette => write::maproulette::write(&at("maproulette.geojson"), pack),
        Format::Pdf | Format::Html => Ok(()),
    }
}

/// The tasks that get a sheet, by village, in the order of the list.
fn sheet_tasks(pack: &FieldPack, choice: SheetChoice) -> BTreeMap<String, Vec<usize>> {
    let mut places: Vec<usize> = (0..pack.tasks.len()).collect();
    if let SheetChoice::Most(most) = choice {
        // Places drawn by lot have no priority, and come after the leads.
        let priority = |at: &usize| pack.tasks[*at].priority.unwrap_or(-1.0);
        places.sort_by(|a, b| priority(b).total_cmp(&priority(a)).then(a.cmp(b)));
        places.truncate(most);
        places.sort_unstable();
    }
    let mut by_village: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for at in places {
        let code = &pack.tasks[at].village.code;
        let name = if code.is_empty() { "outside" } else { code };
        by_village.entry(name.to_owned()).or_default().push(at);
    }
    by_village
}

fn write_sheets(
    job: &TaskJob<'_>,
    pack: &FieldPack,
    sheets: &BTreeMap<String, Vec<usize>>,
    maps: &dyn MapSource,
    folder: &Path,
) -> Result<Vec<String>> {
    (job.tell)("printing sheets");
    let folder = folder.join("sheets");
    #[cfg(feature = "pdf")]
    let press = job
        .formats
        .contains(&Format::Pdf)
        .then(|| super::sheet::Press::new(job.fonts))
        .transpose()?;
    let print = |name: &str, tasks: &[usize]| -> Result<Vec<String>> {
        stop(job)?;
        if job.formats.contains(&Format::Html) {
            let path = folder.join(format!("{name}.html"));
            super::sheet::write_html(&path, pack, tasks, maps)?;
        }
        #[cfg(feature = "pdf")]
        if let Some(press) = &press {
            let path = folder.join(format!("{name}.pdf"));
            return super::sheet::write_pdf(&path, pack, tasks, maps, press);
        }
        Ok(Vec::new())
    };
    let mut notes = in_turns(sheets, &print)?;
    notes.sort();
    notes.dedup();
    Ok(notes)
}

/// Prints the document of a village; gives what to know of it.
type Printer<'a> = dyn Fn(&str, &[usize]) -> Result<Vec<String>> + Sync + 'a;

/// Stack of a thread that prints: Typst goes deep.
const PRINTER_STACK: usize = 64 << 20;

/// Prints the documents on plain threads. Typst itself waits for other threads, and `rayon` would begin
/// the next document inside of such a wait, one on top of another.
fn in_turns(documents: &BTreeMap<String, Vec<usize>>, print: &Printer<'_>) -> Result<Vec<String>> {
    let queue = Mutex::new(documents.iter());
    let work = || -> Result<Vec<String>> {
        let mut notes = Vec::new();
        loop {
            let next = queue.lock().map_or(None, |mut queue| queue.next());
            let Some((name, tasks)) = next else {
                return Ok(notes);
            };
            notes.extend(print(name, tasks)?);
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers.min(documents.len()))
            .map(|_| {
                std::thread::Builder::new()
                    .stack_size(PRINTER_STACK)
                    .spawn_scoped(scope, work)
            })
            .collect::<std::io::Result<_>>()?;
        let mut notes = Vec::new();
        for thread in threads {
            let printed = thread
                .join()
                .map_err(|panic| Error::Internal(crate::pipeline::panic_text(&*panic)))?;
            notes.extend(printed?);
        }
        Ok(notes)
    })
}
