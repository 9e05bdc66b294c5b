//! `campaign purge`: pictures of homes that nobody confirmed go, and nothing else, ever.

use super::answers::{add_pictures, answer, close, pack, put, set, sites};
use crate::support::{county, rows, sample, tianmu};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tianmu::campaign::home::HOMES;
use tianmu::campaign::tables::{AUDIT, SITES};
use tianmu::tasks::pack::Setting;

fn purged(folder: &Path, words: &str) -> Value {
    let ran = tianmu(folder, &format!("campaign purge {words} --json"), &[]).expect(0);
    serde_json::from_str(&ran.out).unwrap()
}

fn names(list: &Value) -> BTreeSet<String> {
    let list = list.as_array().unwrap().iter();
    let name = |file: &Value| {
        let path = PathBuf::from(file["path"].as_str().unwrap());
        path.file_name().unwrap().to_str().unwrap().to_owned()
    };
    list.map(name).collect()
}

fn states(folder: &Path, state: &str) -> BTreeSet<String> {
    let words = format!("verify first.gpkg --files {} --json", sample(""));
    let json: Value = serde_json::from_str(&tianmu(folder, &words, &[]).out).unwrap();
    let files = json["files"].as_array().unwrap().iter();
    let files: Vec<Value> = files.filter(|f| f["state"] == state).cloned().collect();
    names(&Value::from(files))
}

/// Three homes: one confirmed, one a false alarm, one that nobody reached; all else is open ground
/// without a plot.
fn round() -> (tempfile::TempDir, Vec<String>) {
    let folder = county().with(&["first.gpkg"]);
    let campaign = folder.path().join("first.gpkg");
    pack(folder.path(), "first.gpkg -o pack --formats csv");
    add_pictures(&campaign, &folder.path().join("pack"));
    let ids = answered(&campaign);
    (folder, ids)
}

/// The same with a pack that really has pictures.
fn pictured() -> (tempfile::TempDir, Vec<String>) {
    let folder = county().with(&["first.gpkg"]);
    let images = sample("");
    let words = format!("first.gpkg -o pack --formats xlsx,csv,kmz,qfield,html --images {images}");
    pack(folder.path(), &words);
    let ids = answered(&folder.path().join("first.gpkg"));
    (folder, ids)
}

fn answered(campaign: &Path) -> Vec<String> {
    let ids = sites(campaign);
    for (at, id) in ids.iter().enumerate() {
        let setting = match at {
            0 | 1 => "courtyard",
            2 => "roof",
            _ => "open",
        };
        set(campaign, &SITES, id, "setting", setting);
    }
    put(
        campaign,
        vec![
            answer(&ids[0], "confirmed"),
            answer(&ids[1], "false_alarm"),
            answer(&ids[2], "unreachable"),
        ],
    );
    ids
}

#[test]
fn pictures_of_homes_that_nobody_confirmed_go_and_nothing_else() {
    let (folder, ids) = pictured();
    let place = folder.path();
    let campaign = place.join("first.gpkg");
    // The round is open: nothing goes.
    let ran = tianmu(place, "campaign purge first.gpkg", &[]).expect(1);
    assert!(
        ran.err.contains("tasks that nobody has answered yet"),
        "{}",
        ran.err
    );
    close(&campaign, "not_found");
    let ran = tianmu(place, "campaign purge first.gpkg", &[]).expect(1);
    assert!(ran.err.contains("has 1 tasks"), "{}", ran.err);
    let before = rows(&campaign, &AUDIT).len();
    let dry = purged(place, "first.gpkg --dry-run --force");
    let wanted: BTreeSet<String> = [1, 2].map(|at: usize| format!("{}.jpg", ids[at])).into();
    assert_eq!(names(&dry["deleted"]), wanted);
    assert_eq!(rows(&campaign, &AUDIT).len(), before);
    assert!(
        place
            .join("pack/pictures")
            .join(format!("{}.jpg", ids[1]))
            .exists()
    );

    let done = purged(place, "first.gpkg --force");
    assert_eq!(names(&done["deleted"]), wanted);
    assert_eq!(done["places"], 2);
    // What holds such pictures is named.
    let holding = names(&done["holding"]);
    for name in ["ledger.xlsx", "sites.kmz", "990101201202.html"] {
        assert!(holding.contains(name), "{name}: {holding:?}");
    }
    assert!(!holding.contains("checks.gpkg") && !holding.contains("ledger.csv"));
    let left = |id: &String| {
        place
            .join("pack/pictures")
            .join(format!("{id}.jpg"))
            .exists()
    };
    let left: Vec<bool> = ids.iter().map(left).collect();
    assert_eq!(left, [true, false, false, true, true, true, true]);
    // The audit has a line for each, the manifest keeps its lines, and `verify` says what it was.
    let audit = rows(&campaign, &AUDIT);
    let last = audit.last().unwrap();
    assert_eq!(last.text("action"), "purge");
    let detail: Value = serde_json::from_str(&last.text("detail")).unwrap();
    assert_eq!(names(&detail["files"]), wanted);
    assert_eq!(detail["files"][0]["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(states(place, "purged"), wanted);
    assert!(states(place, "missing").is_empty());
    // Again, there is nothing left to do.
    let again = purged(place, "first.gpkg --force");
    assert_eq!(again["deleted"], serde_json::json!([]));
    assert_eq!(rows(&campaign, &AUDIT).len(), audit.len());
    // Documents go when that is asked for.
    let done = purged(place, "first.gpkg --force --documents");
    assert!(names(&done["deleted"]).is_superset(&holding), "{done:#}");
    assert!(!place.join("pack/ledger.xlsx").exists() && place.join("pack/ledger.csv").exists());
    assert!(states(place, "missing").is_empty());
}

#[test]
fn answers_that_contradict_and_ground_nobody_knows_keep_their_pictures() {
    let (folder, ids) = round();
    let place = folder.path();
    let campaign = place.join("first.gpkg");
    let mut other = answer(&ids[1], "confirmed");
    other.check_id = "another".into();
    other.checked_at = "2026-05-09T10:00:00+08:00".into();
    other.flag = format!("no species; conflict with check-{} (outcome)", ids[1]);
    put(&campaign, vec![other]);
    let done = purged(place, "first.gpkg --force");
    assert_eq!(names(&done["deleted"]), [format!("{}.jpg", ids[2])].into());
    assert_eq!(done["conflicting"], 1);
    // Every place that nobody confirmed goes with `--all`.
    let done = purged(place, "first.gpkg --force --all");
    let gone = names(&done["deleted"]);
    assert!(
        gone.contains(&format!("{}.jpg", ids[5])) && !gone.contains(&format!("{}.jpg", ids[0]))
    );
    assert!(!gone.contains(&format!("{}.jpg", ids[1])));
}

#[test]
fn a_purge_that_was_killed_is_finished_by_the_same_command() {
    let (folder, ids) = round();
    let place = folder.path();
    // One file cannot be deleted, as when the program ends before it: its folder may not be written.
    let whole = fs_err::read(place.join("first.gpkg")).unwrap();
    let picture = place.join("pack/pictures").join(format!("{}.jpg", ids[1]));
    let bytes = fs_err::read(&picture).unwrap();
    purged(place, "first.gpkg --force");
    fs_err::write(&picture, &bytes).unwrap();
    assert!(states(place, "purged").contains(&format!("{}.jpg", ids[2])));
    let done = purged(place, "first.gpkg --force");
    assert_eq!(names(&done["deleted"]), [format!("{}.jpg", ids[1])].into());
    assert!(!picture.exists());
    // One that is put back from a copy of the campaign before it knows of no purge.
    fs_err::write(place.join("first.gpkg"), whole).unwrap();
    assert_eq!(states(place, "missing").len(), 2);
}

#[cfg(unix)]
#[test]
fn nothing_outside_of_folders_of_ours_is_touched() {
    use std::os::unix::fs::symlink;
    let (folder, ids) = round();
    let place = folder.path();
    let name = format!("{}.jpg", ids[1]);
    // A folder of somebody's own, with a picture of that name; a link in the pack, and to a pack.
    for mine in ["mine", "elsewhere"] {
        fs_err::create_dir(place.join(mine)).unwrap();
        fs_err::write(place.join(mine).join(&name), "mine").unwrap();
    }
    let picture = place.join("pack/pictures").join(&name);
    fs_err::remove_file(&picture).unwrap();
    symlink(place.join("elsewhere").join(&name), &picture).unwrap();
    symlink(place.join("pack"), place.join("link")).unwrap();
    // A manifest that the campaign never noted, whose lines lead out of its folder.
    fs_err::create_dir(place.join("trap")).unwrap();
    let manifest = fs_err::read_to_string(place.join("pack/manifest.csv")).unwrap();
    let lines = manifest.replace(&format!("pictures/{name}"), &format!("../mine/{name}"));
    fs_err::write(place.join("trap/manifest.csv"), lines).unwrap();
    let done = purged(place, "first.gpkg mine link trap --force");
    assert_eq!(names(&done["deleted"]), [format!("{}.jpg", ids[2])].into());
    assert!(place.join("mine").join(&name).exists());
    assert!(place.join("elsewhere").join(&name).exists());
    assert!(names(&done["holding"]).contains(&name), "{done:#}");
    let states: Vec<&Value> = done["folders"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| &f["state"])
        .collect();
    assert_eq!(states, ["searched", "not-ours", "not-ours", "not-ours"]);
    let ran = tianmu(place, "campaign purge first.gpkg nowhere --force", &[]).expect(2);
    assert!(ran.err.contains("a folder that is there"), "{}", ran.err);
}

#[test]
fn what_somebody_worked_in_stays() {
    let (folder, ids) = round();
    let place = folder.path();
    let name = format!("{}.jpg", ids[1]);
    fs_err::write(place.join("pack/pictures").join(&name), "somebody's own").unwrap();
    let ledger = place.join("pack/ledger.xlsx");
    let has_ledger = ledger.exists();
    if has_ledger {
        let mut bytes = fs_err::read(&ledger).unwrap();
        bytes.push(0);
        fs_err::write(&ledger, bytes).unwrap();
    }
    let done = purged(place, "first.gpkg --force --documents");
    assert_eq!(names(&done["deleted"]), [format!("{}.jpg", ids[2])].into());
    assert!(names(&done["holding"]).contains(&name), "{done:#}");
    assert!(place.join("pack/pictures").join(&name).exists());
    assert_eq!(ledger.exists(), has_ledger);
}

#[test]
fn chips_of_homes_go_by_their_table() {
    let (folder, ids) = round();
    let place = folder.path();
    let images = sample("");
    let words =
        format!("chips first.gpkg -o chips --images {images} --with-homes --chip-size 64 -q");
    tianmu(place, &words, &[]).expect(0);
    let table = fs_err::read_to_string(place.join("chips/chips.csv")).unwrap();
    let of_home: Vec<&str> = table
        .lines()
        .filter(|line| line.contains(&ids[1]))
        .map(|line| line.split(',').next().unwrap())
        .collect();
    assert!(!of_home.is_empty(), "{table}");
    let wanted: BTreeSet<String> = of_home
        .iter()
        .flat_map(|chip| [(*chip).to_owned(), chip.replace("png", "txt")])
        .collect();
    let done = purged(place, "first.gpkg --force");
    let pictures: BTreeSet<String> = [1, 2].map(|at: usize| format!("{}.jpg", ids[at])).into();
    let gone = names(&done["deleted"]);
    assert_eq!(gone, wanted.union(&pictures).cloned().collect());
    assert!(place.join("chips/chips.csv").exists());
    assert!(states(place, "missing").is_empty());
}

#[test]
fn settings_that_mean_a_home_are_those_of_packs() {
    let all = [
        Setting::Roof,
        Setting::Greenhouse,
        Setting::Courtyard,
        Setting::Clearing,
        Setting::Forest,
        Setting::Waterside,
        Setting::Open,
        Setting::Unknown,
    ];
    let homes: BTreeSet<&str> = [Setting::Roof, Setting::Courtyard]
        .map(Setting::name)
        .into();
    assert_eq!(homes, HOMES.into_iter().collect());
    let names: BTreeSet<&str> = all.into_iter().map(Setting::name).collect();
    assert!(names.contains("unknown") && names.len() == 8);
}
