//! Parts of one plan, joined.

use super::{FILES, bytes_of, prepare, same, unbroken};
use crate::support::{ModelKit, tianmu};
use std::path::Path;
use tempfile::tempdir;

/// Does all parts; gives their names.
fn parts(folder: &Path, words: &str, of: u32, workers: u32, code: i32) -> String {
    let name = |part: u32| format!("w{workers}p{part}of{of}.shard");
    for part in 1..=of {
        let name = name(part);
        let words = format!("scan {words} --shard {part}/{of} --workers {workers} -o {name} -q");
        tianmu(folder, &words, &[]).expect(code);
    }
    (1..=of).map(name).collect::<Vec<_>>().join(" ")
}

fn merged(folder: &Path, shards: &str, name: &str) -> Vec<(&'static str, Vec<u8>)> {
    fs_err::create_dir(folder.join(name)).unwrap();
    let outputs = FILES.map(|file| format!("-o {name}/{file}")).join(" ");
    tianmu(folder, &format!("merge {shards} {outputs} -q"), &[]).expect(0);
    bytes_of(folder, name)
}

#[test]
fn parts_joined_give_the_same_bytes() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    ModelKit::segmenter()
        .named(&["rock", "canopy"])
        .set("tianmu:gsd_m", 0.3)
        .save(dir.path(), "screen");
    for (model, more) in [("seg", "--screen screen"), ("tile", "")] {
        let words = format!("a.tif b.tif -m {model} --merge-distance 0.3 {more}");
        let wanted = unbroken(dir.path(), &words, &format!("{model}-whole"));
        for (of, workers) in [(1, 5), (3, 2), (7, 1)] {
            let shards = parts(dir.path(), &words, of, workers, 0);
            let found = merged(dir.path(), &shards, &format!("{model}-{of}"));
            same(&found, &wanted, &format!("{of} parts of {model}"));
            shards
                .split(' ')
                .for_each(|s| fs_err::remove_file(dir.path().join(s)).unwrap());
        }
    }
}

#[test]
fn images_that_fail_and_more_parts_than_rows_change_nothing() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    fs_err::write(dir.path().join("c.tif"), "no image").unwrap();
    let words = "a.tif c.tif b.tif -m tile --overlap 0 --tile-size 128";
    fs_err::create_dir(dir.path().join("whole")).unwrap();
    let outputs = FILES.map(|file| format!("-o whole/{file}")).join(" ");
    tianmu(dir.path(), &format!("scan {words} {outputs} -q"), &[]).expect(3);
    let shards = parts(dir.path(), words, 11, 2, 3);
    fs_err::create_dir(dir.path().join("joined")).unwrap();
    let outputs = FILES.map(|file| format!("-o joined/{file}")).join(" ");
    let backwards: Vec<&str> = shards.rsplit(' ').collect();
    let words = format!("merge {} {outputs}", backwards.join(" "));
    let done = tianmu(dir.path(), &words, &[]).expect(3);
    assert!(done.err.contains("c.tif"), "{}", done.err);
    let wanted = bytes_of(dir.path(), "whole");
    same(&bytes_of(dir.path(), "joined"), &wanted, "eleven parts");
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    let shards = parts(dir.path(), "a.tif -m tile", 3, 2, 0);
    let names: Vec<&str> = shards.split(' ').collect();
    let refused = |words: &str, wanted: &str| {
        let done = tianmu(dir.path(), &format!("merge {words} -o s.csv"), &[]);
        assert_eq!(done.code, 1, "{words}: {}", done.err);
        assert!(done.err.contains(wanted), "{wanted}: {}", done.err);
        assert!(!dir.path().join("s.csv").exists());
    };
    refused(
        &format!("{} {}", names[0], names[2]),
        "is one of 3 parts, of which one is missing: 2",
    );
    refused(&format!("{shards} {}", names[1]), "is named twice");
    fs_err::copy(dir.path().join(names[1]), dir.path().join("copy.shard")).unwrap();
    refused(&format!("{shards} copy.shard"), "is part 2, and so is `");
    tianmu(
        dir.path(),
        "scan a.tif -m tile --threshold 0.9 --shard 2/3 -o other.shard",
        &[],
    )
    .expect(0);
    refused(
        &format!("{} other.shard {}", names[0], names[2]),
        "belongs to another run",
    );
    refused("a.tif", "is no journal of this program");
    refused("no.shard", "`no.shard` matches no file");
    ModelKit::classifier()
        .set("tianmu:threshold", 0.9)
        .save(dir.path(), "tile");
    refused(&shards, "cannot be joined here: since it was made,");
}

#[test]
fn what_a_part_cannot_give_is_refused() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    for (words, wanted) in [
        ("--shard 4/3 -o p.shard", "invalid value '4/3'"),
        ("--shard 1/3 -o p.gpkg", "a part holds no sites"),
        (
            "--shard 1/3 -o p.shard -o q.shard",
            "one file for a part of the plan",
        ),
        (
            "--shard 1/3 -o p.shard --thumbs t",
            "setting `thumbs` is `given`",
        ),
    ] {
        let done = tianmu(dir.path(), &format!("scan a.tif -m tile {words}"), &[]);
        assert_eq!(done.code, 2, "{words}: {}", done.err);
        assert!(done.err.contains(wanted), "{wanted}: {}", done.err);
    }
}

/// The records of a part: where each begins, and how long its content is.
fn records(bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut at = bytes.iter().position(|b| *b == b'\n').unwrap() + 1;
    let mut found = Vec::new();
    while at < bytes.len() {
        let length = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        found.push((at, length));
        at += 9 + length;
    }
    found
}

#[test]
fn rows_made_to_do_harm_are_refused() {
    let dir = tempdir().unwrap();
    prepare(dir.path());
    for (model, workers) in [("seg", 1), ("tile", 2)] {
        let words = format!("a.tif -m {model} --threshold 0.3");
        let shard = parts(dir.path(), &words, 1, workers, 0);
        let whole = fs_err::read(dir.path().join(&shard)).unwrap();
        let rows: Vec<_> = records(&whole)
            .into_iter()
            .filter(|(at, _)| whole[at + 8] == 2)
            .collect();
        let mut refused = 0;
        for i in 0..60_usize {
            let (at, length) = rows[i * 7 % rows.len()];
            let mut bytes = whole.clone();
            // Behind the image's number, which only says whose the row is.
            let place = at + 9 + 4 + i * 7919 % (length - 4);
            bytes[place] = bytes[place].wrapping_add([1, 3, 0x40, 0x80, 0xff][i % 5]);
            let checksum = crc32fast::hash(&bytes[at + 8..at + 9 + length]);
            bytes[at + 4..at + 8].copy_from_slice(&checksum.to_le_bytes());
            fs_err::write(dir.path().join("bad.shard"), &bytes).unwrap();
            let done = tianmu(dir.path(), "merge bad.shard -o s.csv --overwrite", &[]);
            let told = format!("{model}, byte {place}: {} {}", done.code, done.err);
            assert!([0, 1, 3].contains(&done.code), "{told}");
            for word in ["panicked", "internal error"] {
                assert!(!done.err.contains(word), "{told}");
            }
            refused += u32::from(done.err.contains("does not fit its image"));
        }
        assert!(refused > 5, "{model}: {refused}");
    }
}
