//! The last stage: writes candidate sites, covered ground and the facts of the run
//! in the formats their readers use.

mod atomic;
pub(crate) mod chips;
mod columns;
mod csv;
#[cfg(test)]
mod fixture;
mod folder;
mod geojson;
mod geopackage;
mod outline;
mod palette;
mod staging;
mod thumbs;

pub use atomic::{
    Note, Placing, Replace, check_folder_place, check_outputs, put_in_place, refuse_inputs,
    write_atomically, write_noted,
};
pub(crate) use chips::{CHIPS_BEGIN, CHIPS_TABLE};
pub use chips::{ChipLayout, ChipOptions, check_chips, write_chips};
pub use columns::NOTE;
pub(crate) use csv::formula_safe;
pub(crate) use folder::{FolderKind, NewFolder, check_folder};
pub(crate) use geojson::rings;
pub(crate) use outline::Outline;
pub use staging::MadeRaster;
pub(super) use staging::Staging;
pub use thumbs::{Eyes, Seen, Sight, write_thumbs};

use crate::pipeline::site::{CandidateSite, Coverage, RunFacts};
use crate::{Error, Result};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// What a run hands over.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The sites, in the order of their ids.
    pub sites: &'a [CandidateSite],
    /// The ground looked at.
    pub coverage: &'a [Coverage],
    /// What made them.
    pub facts: &'a RunFacts,
}

/// A format that sites can be written in. A new one is a variant, its extension,
/// and a file with a `write` function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SiteFormat {
    /// Everything, with styles: QGIS, QField.
    GeoPackage,
    /// Sites on the map: web maps, ODK Collect.
    GeoJson,
    /// The list of sites: Excel, WPS.
    Csv,
}

impl SiteFormat {
    const ALL: [Self; 3] = [Self::GeoPackage, Self::GeoJson, Self::Csv];

    /// The extension of its files, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::GeoPackage => "gpkg",
            Self::GeoJson => "geojson",
            Self::Csv => "csv",
        }
    }

    /// The format that a file name asks for.
    pub fn of(path: &Path) -> Result<Self> {
        let extension = path.extension().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|f| extension.eq_ignore_ascii_case(f.extension()))
            .ok_or_else(|| {
                let known: Vec<String> = Self::ALL
                    .iter()
                    .map(|f| format!("`.{}`", f.extension()))
                    .collect();
                Error::Setting {
                    name: "--output".into(),
                    seen: path.display().to_string(),
                    wanted: format!("a name that ends in {}", known.join(", ")),
                }
            })
    }
}

/// Checks that [`write_results`] could write these files: known formats, and places
/// that may be written. Meant for before the work.
pub fn check_site_outputs<'a>(paths: &[PathBuf], replace: impl Into<Replace<'a>>) -> Result<()> {
    paths.iter().try_for_each(|p| SiteFormat::of(p).map(drop))?;
    check_outputs(paths, replace)
}

/// Writes the report to every path, in the format its extension names, and puts `raster` into
/// its place, which may be one of them. All files are written before the first is put in place;
/// campaign files are never replaced.
pub fn write_results(
    paths: &[PathBuf],
    report: &Report<'_>,
    raster: Option<&MadeRaster>,
    placing: &mut Placing<'_>,
) -> Result<()> {
    let raster_at = |path: &Path| raster.filter(|raster| raster.target() == path);
    let sites = paths.iter().filter(|path| raster_at(path).is_none());
    let mut all = sites.cloned().collect::<Vec<_>>();
    check_site_outputs(&all, placing.replace)?;
    let mut ids = HashSet::new();
    if let Some(twice) = report.sites.iter().find(|s| !ids.insert(&s.site_id)) {
        return Err(Error::Internal(format!(
            "two sites bear the id `{}`",
            twice.site_id
        )));
    }
    all.extend(raster.map(|raster| raster.target().to_owned()));
    write_noted(&all, placing, |target, temporary| {
        if let Some(raster) = raster_at(target) {
            return Ok(raster.move_to(temporary)?);
        }
        match SiteFormat::of(target)? {
            SiteFormat::GeoPackage => geopackage::write(temporary, report),
            SiteFormat::GeoJson => geojson::write(temporary, report),
            SiteFormat::Csv => csv::write(temporary, report),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(dir: &Path, names: &[&str], overwrite: bool) -> Result<()> {
        let (sites, facts) = ([fixture::site(1)], fixture::facts());
        let report = Report {
            sites: &sites,
            coverage: &[fixture::coverage()],
            facts: &facts,
        };
        let paths: Vec<PathBuf> = names.iter().map(|n| dir.join(n)).collect();
        let mut placing = Placing {
            replace: overwrite.into(),
            note: &mut |_| Ok(()),
        };
        write_results(&paths, &report, None, &mut placing)
    }

    #[test]
    fn each_format_by_its_extension_and_nothing_beside() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("云南 一队");
        fs_err::create_dir(&folder).unwrap();
        let names = ["线索 1.gpkg", "线索 1.GeoJSON", "线索 1.csv"];
        written(&folder, &names, false).unwrap();
        assert_eq!(fs_err::read_dir(&folder).unwrap().count(), 3);
        written(&folder, &names, true).unwrap();
        assert_eq!(fs_err::read_dir(&folder).unwrap().count(), 3);
        assert!(matches!(
            written(&folder, &names, false),
            Err(Error::OutputExists { .. })
        ));
    }

    #[test]
    fn unknown_formats_are_told_the_known_ones() {
        let dir = tempfile::tempdir().unwrap();
        let error = written(dir.path(), &["a.shp"], false)
            .unwrap_err()
            .to_string();
        assert!(error.contains("`.gpkg`, `.geojson`, `.csv`"), "{error}");
    }

    #[test]
    fn a_campaign_is_never_replaced() {
        use crate::vector::{GeometryKind, Layer, geopackage};
        let dir = tempfile::tempdir().unwrap();
        let campaign = Layer {
            name: "campaign",
            title: "campaign",
            description: "",
            geometry: GeometryKind::None,
            fields: vec![],
            rows: Box::new(std::iter::empty()),
        };
        let path = dir.path().join("a.gpkg");
        geopackage::write(&path, vec![campaign], &[], "2026-05-04T00:00:00.000Z").unwrap();
        let before = fs_err::read(&path).unwrap();
        let error = written(dir.path(), &["a.gpkg"], true)
            .unwrap_err()
            .to_string();
        assert!(error.contains("campaign file"), "{error}");
        assert!(before == fs_err::read(&path).unwrap());
        assert_eq!(fs_err::read_dir(dir.path()).unwrap().count(), 1);
    }
}
