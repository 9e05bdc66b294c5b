//! Pixels of photos to the ground, as a table: for those who check the geometry, or put their own marks on
//! the map.

use super::survey::Survey;
use crate::georef::PixelGround;
use crate::{Error, Result};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Reads a CSV with `path`, `col` and `row` (the file's name will do where only one photo has it) and gives
/// one with `lon`, `lat` (WGS 84, 9 decimals) and `pos_err_m` behind them, row by row; the three are empty
/// where the pixel shows no ground.
///
/// # Errors
/// [`Error::Labels`] for a table without these columns, an unknown photo, and what is no number.
pub fn project(table: &Path, survey: &Survey) -> Result<String> {
    let refused = |problem: String| {
        Error::labels(
            table,
            problem,
            "write a CSV with the columns `path`, `col` and `row`, pixels from the upper left corner",
        )
    };
    let mut by_name: HashMap<PathBuf, Option<usize>> = HashMap::new();
    for (at, photo) in survey.photos.iter().enumerate() {
        let path = photo.tags.path.clone();
        let name = path.file_name().map(PathBuf::from).unwrap_or_default();
        by_name
            .entry(name)
            .and_modify(|found| *found = None)
            .or_insert(Some(at));
        by_name.insert(path, Some(at));
    }
    let bytes = fs_err::read(table)?;
    let mut reader = csv::Reader::from_reader(&*bytes);
    let header = reader
        .headers()
        .map_err(|e| refused(e.to_string()))?
        .clone();
    let column = |name: &str| {
        let found = header
            .iter()
            .position(|h| h.trim_start_matches('\u{feff}').trim() == name);
        found.ok_or_else(|| refused(format!("has no column `{name}`")))
    };
    let (path_at, col_at, row_at) = (column("path")?, column("col")?, column("row")?);
    let mut out = csv::Writer::from_writer(Vec::new());
    let unwritten = |e: csv::Error| Error::Internal(format!("the table cannot be written: {e}"));
    out.write_record(["path", "col", "row", "lon", "lat", "pos_err_m"])
        .map_err(unwritten)?;
    for (line, record) in (2..).zip(reader.records()) {
        let record = record.map_err(|e| refused(e.to_string()))?;
        let cell = |at: usize| record.get(at).unwrap_or_default().trim();
        let number = |at: usize| {
            let found = cell(at).parse::<f64>().ok().filter(|v| v.is_finite());
            found.ok_or_else(|| refused(format!("line {line} has `{}`, wanted a number", cell(at))))
        };
        let (col, row) = (number(col_at)?, number(row_at)?);
        let at = by_name.get(Path::new(cell(path_at))).copied().flatten();
        let at = at.ok_or_else(|| {
            refused(format!(
                "line {line} names `{}`, wanted one of the photos",
                cell(path_at)
            ))
        })?;
        let view = survey.photos[at].placed.view();
        let place = view.and_then(|view| Some((view, view.ground(col, row)?)));
        let [lon, lat, error] = place.map_or([const { String::new() }; 3], |(view, (lon, lat))| {
            [
                format!("{lon:.9}"),
                format!("{lat:.9}"),
                format!("{:.3}", view.position_error_m(col, row)),
            ]
        });
        out.write_record([
            cell(path_at),
            cell(col_at),
            cell(row_at),
            &lon,
            &lat,
            &error,
        ])
        .map_err(unwritten)?;
    }
    let bytes = out
        .into_inner()
        .map_err(|e| Error::Internal(format!("the table cannot be written: {e}")))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
