//! Runs that are killed, and what they go on from.

use super::{begin, bytes_of, cut_off, kill_when, mosaic, prepare, same, scan_into, unbroken};
use crate::support::{ModelKit, POPPY, Scene, files_in, tianmu};
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::tempdir;

const WORDS: &str = "a.tif b.tif -m seg --merge-distance 0.3";

/// A folder of the outputs holds nothing else at the end.
#[track_caller]
fn nothing_else(folder: &Path, told: &str) {
    let wanted = ["s.csv", "s.geojson", "s.gpkg", "s.gpkg.run.json"];
    assert_eq!(files_in(folder), wanted, "{told}");
}

/// The same command goes on, to the same bytes and nothing else. A kill may have come after the
/// last output was in place: then nothing is left to do.
#[track_caller]
fn goes_on(folder: &Path, words: &str, name: &str, wanted: &[(&str, Vec<u8>)], told: &str) {
    let done = tianmu(folder, words, &[]);
    let told = format!("{told}: {}", done.err);
    assert!(
        done.code == 0 || done.err.contains("exists already"),
        "{told}"
    );
    same(&bytes_of(folder, name), wanted, &told);
    nothing_else(&folder.join(name), &told);
}

#[test]
fn killed_at_any_moment_it_gives_the_same_bytes() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    let start = Instant::now();
    let wanted = unbroken(dir.path(), WORDS, "whole");
    let whole = start.elapsed();
    let mut killed = 0;
    // Moments that are the same on every run, in no order: the golden ratio's multiples.
    for moment in 1..=20_u32 {
        let name = format!("k{moment}");
        let words = scan_into(dir.path(), WORDS, &name) + " -q";
        for part in [moment, moment + 7] {
            let wait = whole.mul_f64((f64::from(part) * 0.618_034).fract());
            let start = Instant::now();
            killed += u32::from(kill_when(begin(dir.path(), &words), || {
                start.elapsed() > wait
            }));
        }
        let told = format!("killed at moment {moment}");
        goes_on(dir.path(), &words, &name, &wanted, &told);
    }
    assert!(killed >= 20, "{killed} kills");
}

#[test]
fn killed_while_it_writes_it_gives_the_same_bytes() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    let wanted = unbroken(dir.path(), WORDS, "whole");
    let mut in_time = 0;
    for delay in 0..12_u64 {
        let name = format!("w{delay}");
        let words = scan_into(dir.path(), WORDS, &name) + " -q";
        let own = dir.path().join(&name);
        // Its hidden folder shows that the results are being written.
        let mut seen: Option<Instant> = None;
        let is_writing = || {
            if seen.is_none() && files_in(&own).iter().any(|f| f.starts_with(".tianmu-")) {
                seen = Some(Instant::now());
            }
            seen.is_some_and(|s| s.elapsed() >= Duration::from_millis(delay))
        };
        let killed = kill_when(begin(dir.path(), &words), is_writing);
        in_time += u32::from(killed && own.join("s.gpkg.resume").exists());
        let told = format!("killed {delay} ms into writing");
        goes_on(dir.path(), &words, &name, &wanted, &told);
    }
    assert!(in_time >= 1, "no kill came while results were written");
}

#[test]
fn what_was_done_is_not_done_again_and_the_user_is_told() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    let words = cut_off(dir.path(), WORDS, "out");
    let done = tianmu(dir.path(), &words, &[]).expect(0);
    assert!(
        done.err
            .contains("goes on where it stopped: `out/s.gpkg.resume` holds"),
        "{}",
        done.err
    );
    let again = tianmu(dir.path(), &(words + " --overwrite"), &[]).expect(0);
    assert!(!again.err.contains("goes on"), "{}", again.err);
}

#[test]
fn what_changed_is_named_and_nothing_old_is_used() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    let path = |name: &str| dir.path().join(name);
    let begins_anew = |name: &str, words: &str, why: &str| {
        let words = scan_into(dir.path(), words, name);
        let done = tianmu(dir.path(), &words, &[]).expect(0);
        let told = format!("begins anew, what `{name}/s.gpkg.resume` held is of no use: {why}");
        assert!(done.err.contains(&told), "{told}: {}", done.err);
    };
    cut_off(dir.path(), WORDS, "setting");
    begins_anew(
        "setting",
        "a.tif b.tif -m seg --merge-distance 0.4",
        "setting `merge-distance` was 0.3 and is 0.4",
    );
    cut_off(dir.path(), WORDS, "batch");
    begins_anew(
        "batch",
        &format!("{WORDS} --batch 2"),
        "setting `batch` was \"auto\" and is 2",
    );
    cut_off(dir.path(), WORDS, "images");
    begins_anew(
        "images",
        "a.tif -m seg --merge-distance 0.3",
        "there were 2 images and are 1",
    );
    cut_off(dir.path(), WORDS, "model");
    ModelKit::segmenter().blur(3).save(dir.path(), "other");
    fs_err::copy(path("other/model.onnx"), path("seg/model.onnx")).unwrap();
    begins_anew("model", WORDS, "the model has changed");
    cut_off(dir.path(), WORDS, "image");
    Scene::utm(50, 0.05)
        .size(520, 460)
        .plot([9, 9, 70, 70], POPPY)
        .save(dir.path(), "b.tif");
    begins_anew("image", WORDS, "image `b.tif` has changed");
    let wanted = unbroken(dir.path(), WORDS, "whole");
    same(
        &bytes_of(dir.path(), "image"),
        &wanted,
        "after an image changed",
    );
}

#[test]
fn a_source_of_a_mosaic_that_changed_is_noticed() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    mosaic(dir.path());
    let words = cut_off(dir.path(), "both.vrt -m seg", "out");
    Scene::utm(50, 0.05)
        .size(520, 460)
        .moved(180.0, 20.0)
        .save(dir.path(), "b.tif");
    let done = tianmu(dir.path(), &words, &[]).expect(0);
    assert!(
        done.err.contains("image `both.vrt` has changed"),
        "{}",
        done.err
    );
}

#[test]
fn the_number_of_threads_may_change_on_the_way() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    let wanted = unbroken(dir.path(), WORDS, "whole");
    cut_off(dir.path(), &format!("{WORDS} --workers 1"), "out");
    let words = scan_into(dir.path(), &format!("{WORDS} --workers 5"), "out");
    let done = tianmu(dir.path(), &words, &[]).expect(0);
    assert!(
        done.err.contains("goes on where it stopped"),
        "{}",
        done.err
    );
    same(&bytes_of(dir.path(), "out"), &wanted, "with other workers");
}

#[test]
fn a_damaged_journal_costs_what_is_damaged_only() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    let wanted = unbroken(dir.path(), WORDS, "whole");
    for (number, keep) in [0.0, 0.002, 0.3, 0.7, 0.999].into_iter().enumerate() {
        for flips in [false, true] {
            let name = format!("d{number}{flips}");
            let words = cut_off(dir.path(), WORDS, &name);
            let journal = dir.path().join(&name).join("s.gpkg.resume");
            let mut bytes = fs_err::read(&journal).unwrap();
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_precision_loss,
                clippy::cast_sign_loss,
                reason = "a place in a short file"
            )]
            let at = (bytes.len() as f64 * keep) as usize;
            if flips {
                // Of the first line, only what is its own; that of another file is refused.
                let at = at.max(40);
                bytes[at] ^= 0x55;
            } else {
                bytes.truncate(at);
            }
            fs_err::write(&journal, bytes).unwrap();
            let done = tianmu(dir.path(), &words, &[]);
            let told = format!("{keep} {flips}: {}", done.err);
            assert_eq!(done.code, 0, "{told}");
            same(&bytes_of(dir.path(), &name), &wanted, &told);
        }
    }
}

#[test]
fn without_resume_nothing_is_kept_and_nothing_used() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    let words = cut_off(dir.path(), WORDS, "out") + " --no-resume";
    let before = fs_err::read(dir.path().join("out/s.gpkg.resume")).unwrap();
    let done = tianmu(dir.path(), &words, &[]).expect(0);
    assert!(!done.err.contains("goes on"), "{}", done.err);
    assert_eq!(
        fs_err::read(dir.path().join("out/s.gpkg.resume")).unwrap(),
        before
    );
}

#[test]
fn what_is_no_journal_is_not_replaced() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    fs_err::write(
        dir.path().join("s.csv.resume"),
        "my own notes, which are long enough to be read",
    )
    .unwrap();
    let done = tianmu(dir.path(), "scan a.tif -m tile -o s.csv", &[]).expect(1);
    assert!(
        done.err
            .contains("`s.csv.resume` is no journal of this program"),
        "{}",
        done.err
    );
    assert!(
        done.err
            .contains("hint: move it away, or pass `--no-resume`"),
        "{}",
        done.err
    );
}

#[test]
fn two_runs_do_not_share_what_they_keep() {
    let dir = tempdir().unwrap();
    Scene::utm(50, 0.05)
        .size(6000, 6000)
        .save(dir.path(), "a.tif");
    ModelKit::segmenter().blur(6).save(dir.path(), "m");
    let mut first = begin(dir.path(), "scan a.tif -m m -o s.csv");
    while !dir.path().join("s.csv.resume").exists() {
        assert!(first.try_wait().unwrap().is_none(), "done too soon");
        std::thread::sleep(Duration::from_millis(2));
    }
    let second = tianmu(dir.path(), "scan a.tif -m m -o s.csv", &[]);
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(second.code, 1);
    assert!(
        second
            .err
            .contains("is in use: the same run is going on in another window"),
        "{}",
        second.err
    );
}
