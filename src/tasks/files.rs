//! The files of a pack, each format into its own.

use super::job::{Format, SheetChoice, TaskJob};
use super::make::Made;
use super::map_layers::MapLayers;
use super::pack::{FieldPack, MapSource};
use super::place::stop;
use super::shots::cut_pictures;
use super::source::Source;
use super::{readme, write};
use crate::Result;
use crate::campaign::Lang;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

/// Writes every format into a folder; gives what to know of it.
pub(super) fn fill(
    job: &TaskJob<'_>,
    source: &Source,
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
    let maps = MapLayers::new(source.map.clone(), &pack.tasks, source.elevation.clone());
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
    let written: Vec<Vec<String>> = sheets
        .par_iter()
        .map(|(name, tasks)| {
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
        })
        .collect::<Result<_>>()?;
    let mut notes: Vec<String> = written.concat();
    notes.sort();
    notes.dedup();
    Ok(notes)
}
