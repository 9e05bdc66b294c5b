//! The county of `samples/ridge-county` as campaigns: made once for all tests, copied for each.

use super::run::tianmu;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;
use tempfile::{TempDir, tempdir};
use tianmu::campaign::Campaign;
use tianmu::vector::{Filter, StoreTarget, StoredRow, Table};

/// Every layer of the county and its role, in the order in which an office would bring them.
pub(crate) const LAYERS: [(&str, &str); 12] = [
    ("villages.shp", "villages"),
    ("grid.csv", "grid"),
    ("history.geojson", "history"),
    ("whitelist.gpkg", "whitelist"),
    ("targets.csv", "targets"),
    ("tips.csv", "tips"),
    ("buildings.gpkg", "buildings"),
    ("roads.gpkg", "roads"),
    ("water.gpkg", "water"),
    ("forest.gpkg", "forest"),
    ("dem.tif", "dem"),
    ("phenology.toml", "phenology"),
];

/// Files that take long to make.
///
/// `first.gpkg` and `second.gpkg` hold round 1 and round 2 with all layers and the sites of their
/// scan, the second knows the first as the round before. `first-bare.gpkg` and `second-bare.gpkg`
/// have the layers alone. `first-scan.gpkg` and `second-scan.gpkg` are what `scan -o` wrote.
/// The images were taken away after the scan, so that packs have no pictures, which take long to
/// cut; `--images` brings them back.
pub(crate) struct County {
    folder: PathBuf,
}

/// The county; the first test that asks for it makes it.
pub(crate) fn county() -> &'static County {
    static COUNTY: OnceLock<County> = OnceLock::new();
    COUNTY.get_or_init(County::make)
}

impl County {
    fn make() -> Self {
        let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ridge-county");
        fs_err::create_dir_all(&all).unwrap();
        // Nothing is dropped at the end of a test run: the next one takes away what is old.
        for entry in fs_err::read_dir(&all).unwrap() {
            let path = entry.unwrap().path();
            let made = fs_err::metadata(&path).and_then(|m| m.modified());
            let is_old = made
                .ok()
                .and_then(|made| made.elapsed().ok())
                .is_some_and(|age| age > Duration::from_hours(1));
            if is_old {
                let _ = fs_err::remove_dir_all(&path);
            }
        }
        let folder = all.join(std::process::id().to_string());
        let _ = fs_err::remove_dir_all(&folder);
        fs_err::create_dir_all(folder.join("images")).unwrap();
        let place = folder.as_path();
        std::thread::scope(|threads| {
            let first = threads.spawn(|| {
                bare(place, "first", 1);
                scan(place, "first", 1);
            });
            let second = threads.spawn(|| bare(place, "second", 2));
            first.join().unwrap();
            second.join().unwrap();
        });
        copy(place, "second-bare.gpkg", place, "second.gpkg");
        tianmu(
            place,
            "campaign import second.gpkg first.gpkg --role previous",
            &[],
        )
        .expect(0);
        scan(place, "second", 2);
        fs_err::remove_dir_all(place.join("images")).unwrap();
        Self { folder }
    }

    /// Where a file of the county lies.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// An empty folder with these files of the county in it.
    pub(crate) fn with(&self, names: &[&str]) -> TempDir {
        let folder = tempdir().unwrap();
        for name in names {
            copy(&self.folder, name, folder.path(), name);
        }
        folder
    }
}

/// A file of `samples/ridge-county`.
pub(crate) fn sample(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/ridge-county");
    folder.join(name).to_str().unwrap().to_owned()
}

/// The model that finds the plots of the county.
pub(crate) fn model() -> String {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/poppy-seg");
    model.to_str().unwrap().to_owned()
}

/// A campaign of a round with every layer, without sites: `NAME-bare.gpkg`.
fn bare(folder: &Path, name: &str, round: u32) {
    let campaign = format!("{name}-bare.gpkg");
    let words = format!(
        "campaign new {campaign} --year 2026 --round {round} --county-code 990101 --county 天目县 -q"
    );
    tianmu(folder, &words, &[]).expect(0);
    for (file, role) in LAYERS {
        let file = sample(file);
        let words = format!("campaign import {campaign} {file} --role {role} -q");
        tianmu(folder, &words, &[]).expect(0);
    }
}

/// Scans the image of a round into `NAME.gpkg`, which is made of `NAME-bare.gpkg` where it is not
/// there, and into `NAME-scan.gpkg`.
fn scan(folder: &Path, name: &str, round: u32) {
    if !folder.join(format!("{name}.gpkg")).exists() {
        copy(
            folder,
            &format!("{name}-bare.gpkg"),
            folder,
            &format!("{name}.gpkg"),
        );
    }
    let image = format!("images/round{round}.tif");
    fs_err::copy(sample(&format!("round{round}.tif")), folder.join(&image)).unwrap();
    let model = model();
    let words = format!(
        "scan {image} -m {model} -o {name}-scan.gpkg --campaign {name}.gpkg -q --workers 1"
    );
    tianmu(folder, &words, &[]).expect(0);
}

fn copy(from: &Path, name: &str, to: &Path, new_name: &str) {
    fs_err::copy(from.join(name), to.join(new_name)).unwrap();
}

/// The rows of a table of a campaign.
pub(crate) fn rows(campaign: &Path, table: &'static Table) -> Vec<StoredRow> {
    let campaign = Campaign::open(&StoreTarget::File(campaign.to_owned())).unwrap();
    campaign.store.read(table, &Filter::All).unwrap()
}

/// One column of a table of a campaign as text, in the order of the rows.
pub(crate) fn column(campaign: &Path, table: &'static Table, name: &str) -> Vec<String> {
    let rows = rows(campaign, table);
    rows.iter().map(|row| row.text(name)).collect()
}

/// What `campaign info --json` says of a campaign in a folder.
pub(crate) fn info(folder: &Path, campaign: &str) -> serde_json::Value {
    let ran = tianmu(folder, &format!("campaign info {campaign} --json"), &[]).expect(0);
    serde_json::from_str(&ran.out).unwrap()
}
