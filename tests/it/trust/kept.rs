//! What is kept for a later run, and what of the user's a later run may touch.

use super::{begin, bytes_of, cut_off, holds, kill_when, prepare, same, scan_into, unbroken};
use crate::support::{ModelKit, Scene, files_in, tianmu};
use tempfile::tempdir;

const WORDS: &str = "a.tif b.tif -m seg";

#[test]
fn another_command_sets_aside_what_it_cannot_use() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    let wanted = unbroken(dir.path(), WORDS, "whole");
    let words = cut_off(dir.path(), WORDS, "out");
    let journal = dir.path().join("out/s.gpkg.resume");
    let kept = fs_err::read(&journal).unwrap();
    // Refused before it begins: nothing is touched.
    tianmu(dir.path(), &format!("{words} --threshold 7"), &[]).expect(2);
    fs_err::write(dir.path().join("out/s.csv"), "mine").unwrap();
    tianmu(dir.path(), &format!("{words} --min-area 3"), &[]).expect(1);
    assert!(fs_err::read(&journal).unwrap() == kept);
    fs_err::remove_file(dir.path().join("out/s.csv")).unwrap();
    // Another run begins, and is cut off as well: both are there, each goes on with its own.
    let aside = dir.path().join("out/s.gpkg.resume.old");
    let other = words.replace(WORDS, &format!("{WORDS} --min-area 3"));
    let has_begun = || aside.exists() && holds(&journal, 9000);
    let killed = kill_when(begin(dir.path(), &other), has_begun);
    assert!(killed, "it was over too soon");
    assert!(fs_err::read(&aside).unwrap() == kept);
    let done = tianmu(dir.path(), &words, &[]).expect(0);
    assert!(
        done.err.contains("goes on where it stopped"),
        "{}",
        done.err
    );
    same(&bytes_of(dir.path(), "out"), &wanted, "taken back");
    assert!(!aside.exists() && !journal.exists());
}

#[test]
fn a_run_without_rows_puts_back_what_it_set_aside() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    let words = cut_off(dir.path(), WORDS, "out");
    let journal = dir.path().join("out/s.gpkg.resume");
    let kept = fs_err::read(&journal).unwrap();
    // Its images cannot be read: no row is done.
    let image = fs_err::read(dir.path().join("a.tif")).unwrap();
    for name in ["a.tif", "b.tif"] {
        fs_err::write(dir.path().join(name), "nothing").unwrap();
    }
    let done = tianmu(dir.path(), &words, &[]).expect(3);
    assert!(done.err.contains("begins anew"), "{}", done.err);
    assert!(fs_err::read(&journal).unwrap() == kept);
    // A record of failures alone is in nobody's way.
    fs_err::write(dir.path().join("a.tif"), image).unwrap();
    tianmu(dir.path(), &words, &[]).expect(3);
}

#[test]
fn only_what_a_run_itself_put_in_place_is_replaced() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    let wanted = unbroken(dir.path(), &format!("{WORDS} --thumbs t"), "whole");
    // A file appears while the run goes on: refused, and refused again.
    let words = cut_off(dir.path(), WORDS, "out");
    let csv = dir.path().join("out/s.csv");
    fs_err::write(&csv, "precious").unwrap();
    for _ in 0..2 {
        let done = tianmu(dir.path(), &words, &[]).expect(1);
        assert!(done.err.contains("exists already"), "{}", done.err);
        assert_eq!(fs_err::read_to_string(&csv).unwrap(), "precious");
    }
    fs_err::remove_file(&csv).unwrap();
    // Pictures of that name are there: the sites are written, and the journal stays.
    tianmu(dir.path(), &format!("{words} --thumbs t"), &[]).expect(1);
    assert!(dir.path().join("out/s.gpkg.resume").exists());
    same(&bytes_of(dir.path(), "out"), &wanted, "in place");
    // What was edited since is the user's.
    let edited = fs_err::read_to_string(&csv).unwrap() + "looked at\n";
    fs_err::write(&csv, &edited).unwrap();
    let done = tianmu(dir.path(), &words, &[]).expect(1);
    assert!(done.err.contains("s.csv` exists already"), "{}", done.err);
    assert_eq!(fs_err::read_to_string(&csv).unwrap(), edited);
    // The rest may be replaced by the run that made it.
    fs_err::remove_file(&csv).unwrap();
    tianmu(dir.path(), &words, &[]).expect(0);
    same(&bytes_of(dir.path(), "out"), &wanted, "put in place anew");
}

#[test]
fn what_could_not_be_read_is_tried_again_and_nothing_else() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    let wanted = unbroken(dir.path(), WORDS, "whole");
    let image = dir.path().join("a.tif");
    let whole = fs_err::read(&image).unwrap();
    let when = fs_err::metadata(&image).unwrap().modified().unwrap();
    let damage = |bytes: &[u8]| {
        fs_err::write(&image, bytes).unwrap();
        let file = fs_err::OpenOptions::new().write(true).open(&image).unwrap();
        file.file().set_modified(when).unwrap();
    };
    let mut broken = whole.clone();
    let middle = broken.len() / 2;
    broken[middle..].fill(0);
    damage(&broken);
    let words = scan_into(dir.path(), WORDS, "out");
    let done = tianmu(dir.path(), &words, &[]).expect(3);
    if done.err.contains("could not be scanned") {
        // Not a block was left to read.
        return;
    }
    assert!(
        done.err.contains("tries again what could not be read"),
        "{}",
        done.err
    );
    damage(&whole);
    let done = tianmu(dir.path(), &format!("{words} --overwrite"), &[]).expect(0);
    assert!(
        done.err.contains("goes on where it stopped"),
        "{}",
        done.err
    );
    same(&bytes_of(dir.path(), "out"), &wanted, "read at last");
    assert_eq!(files_in(&dir.path().join("out")).len(), 4);
}

#[test]
fn a_shard_is_put_in_place_as_any_output() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    // Foreign, and in use.
    fs_err::write(dir.path().join("p.shard.resume"), "mine").unwrap();
    let words = "scan a.tif -m seg --shard 1/2 -o p.shard";
    let done = tianmu(dir.path(), &format!("{words} --no-resume"), &[]).expect(1);
    assert!(done.err.contains("is no journal"), "{}", done.err);
    assert_eq!(
        fs_err::read(dir.path().join("p.shard.resume")).unwrap(),
        b"mine"
    );
    fs_err::remove_file(dir.path().join("p.shard.resume")).unwrap();
    tianmu(dir.path(), words, &[]).expect(0);
    let done = tianmu(dir.path(), words, &[]).expect(1);
    assert!(done.err.contains("exists already"), "{}", done.err);
    // An image that fails is said by the part too, and tried again when parts are joined.
    fs_err::rename(dir.path().join("b.tif"), dir.path().join("c.tif")).unwrap();
    fs_err::write(dir.path().join("b.tif"), "no image").unwrap();
    let words = "scan a.tif b.tif -m seg --shard 1/1 -o q.shard";
    let done = tianmu(dir.path(), words, &[]).expect(3);
    assert!(done.err.contains("b.tif"), "{}", done.err);
    let done = tianmu(dir.path(), "merge q.shard -o q.csv", &[]).expect(3);
    assert!(done.err.contains("b.tif"), "{}", done.err);
}

#[test]
fn parts_of_other_sources_are_not_joined() {
    let dir = tempdir().unwrap();
    Scene::utm(50, 0.05)
        .size(300, 200)
        .save(dir.path(), "src.tif");
    ModelKit::segmenter().save(dir.path(), "m");
    let text = r#"<VRTDataset rasterXSize="300" rasterYSize="200"><SRS>EPSG:32650</SRS><GeoTransform>500000,0.05,0,3000000,0,-0.05</GeoTransform>"#;
    let bands: Vec<String> = (1..=3)
        .map(|b| format!(r#"<VRTRasterBand dataType="Byte" band="{b}"><SimpleSource><SourceFilename relativeToVRT="1">src.tif</SourceFilename><SourceBand>{b}</SourceBand></SimpleSource></VRTRasterBand>"#))
        .collect();
    fs_err::write(
        dir.path().join("v.vrt"),
        format!("{text}{}</VRTDataset>", bands.concat()),
    )
    .unwrap();
    let part = |n: u32| format!("scan v.vrt -m m --tile-size 64 --shard {n}/2 -o p{n}.shard");
    tianmu(dir.path(), &part(1), &[]).expect(0);
    // Other pixels, as many bytes.
    let path = dir.path().join("src.tif");
    let mut bytes = fs_err::read(&path).unwrap();
    let at = bytes.len() - 40;
    bytes[at] ^= 1;
    fs_err::write(&path, bytes).unwrap();
    tianmu(dir.path(), &part(2), &[]).expect(0);
    let done = tianmu(dir.path(), "merge p1.shard p2.shard -o s.csv", &[]).expect(1);
    assert!(
        done.err.contains("was made of another image `v.vrt`"),
        "{}",
        done.err
    );
}
