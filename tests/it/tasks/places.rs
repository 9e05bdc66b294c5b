//! Where a pack may stand, what it takes the place of, and what is left where it cannot be made.

use super::{files_below, tasks};
use crate::support::{county, files_in, info, rows, tianmu};
use tianmu::campaign::tables::TASKS;

const FEW: &str = "--formats csv,qfield --control 0";

#[test]
fn only_an_untouched_pack_is_replaced() {
    let folder = county().with(&["second.gpkg"]);
    let place = folder.path();
    let pack = place.join("pack");
    let again = format!("second.gpkg -o pack {FEW} --overwrite");
    tasks(place, &format!("second.gpkg -o pack {FEW}")).expect(0);
    let ran = tasks(place, &format!("second.gpkg -o pack {FEW}")).expect(1);
    assert!(
        ran.err.contains("exists already") && ran.err.contains("`--overwrite`"),
        "{}",
        ran.err
    );
    tasks(place, &again).expect(0);

    let refused = |what: &str, said: &str| {
        let before = (files_below(&pack), info(place, "second.gpkg"));
        let ran = tasks(place, &again).expect(1);
        assert!(ran.err.contains(said), "{what}: {}", ran.err);
        assert!(
            (files_below(&pack), info(place, "second.gpkg")) == before,
            "{what}"
        );
    };
    // A photo that somebody took.
    fs_err::create_dir(pack.join("qfield/DCIM")).unwrap();
    fs_err::write(pack.join("qfield/DCIM/JPEG_20260421.jpg"), "photo").unwrap();
    refused(
        "a photo",
        "`qfield/DCIM/JPEG_20260421.jpg` in it is not as the pack was written",
    );
    fs_err::remove_dir_all(pack.join("qfield/DCIM")).unwrap();
    tasks(place, &again).expect(0);
    // An answer in the ledger.
    let ledger = fs_err::read_to_string(pack.join("ledger.csv")).unwrap();
    fs_err::write(pack.join("ledger.csv"), ledger.replace("罂粟", "虞美人")).unwrap();
    refused(
        "an answer",
        "`ledger.csv` in it is not as the pack was written: somebody worked there",
    );
    fs_err::write(pack.join("ledger.csv"), ledger).unwrap();
    // A file of somebody's own.
    fs_err::write(pack.join("notes.docx"), "notes").unwrap();
    refused("notes", "`notes.docx`");
    fs_err::remove_file(pack.join("notes.docx")).unwrap();
    // Nobody can tell what was changed.
    let manifest = fs_err::read(pack.join("manifest.csv")).unwrap();
    fs_err::remove_file(pack.join("manifest.csv")).unwrap();
    refused("no manifest", "is not as the pack was written");
    fs_err::write(pack.join("manifest.csv"), manifest).unwrap();
    // What was taken away is no loss, and a folder that is no pack is nobody's to replace.
    fs_err::remove_file(pack.join("qfield/checks.gpkg")).unwrap();
    tasks(place, &again).expect(0);
    assert!(pack.join("qfield/checks.gpkg").exists());
    fs_err::create_dir(place.join("mine")).unwrap();
    fs_err::write(place.join("mine/README.txt"), "my own").unwrap();
    let ran = tasks(place, &format!("second.gpkg -o mine {FEW} --overwrite")).expect(1);
    assert!(ran.err.contains("`mine`"), "{}", ran.err);
    assert_eq!(
        fs_err::read_to_string(place.join("mine/README.txt")).unwrap(),
        "my own"
    );
}

#[test]
fn a_pack_that_cannot_be_made_leaves_nothing() {
    let folder = county().with(&["second.gpkg"]);
    let place = folder.path();
    fs_err::write(place.join("file"), "mine").unwrap();
    let before = (files_in(place), info(place, "second.gpkg"));
    let bytes = fs_err::read(place.join("second.gpkg")).unwrap();
    for (words, said) in [
        ("-o none/pack", "`none` does not exist"),
        ("-o file", "it is a file"),
        ("-o file/pack", "file/pack"),
        ("-o none/pack.age --encrypt", "none"),
        ("-o file --encrypt", "`file` exists already"),
        ("-o file/pack.age --encrypt --overwrite", "file/pack.age"),
    ] {
        let words = format!("tasks second.gpkg {words} {FEW} --date 2026-04-21");
        let ran = tianmu(place, &words, &[("TIANMU_PASSPHRASE", "芝麻 open")]).expect(1);
        assert!(ran.err.contains(said), "{words}: {}", ran.err);
        assert_eq!(
            (files_in(place), info(place, "second.gpkg")),
            before,
            "{words}"
        );
        assert!(
            fs_err::read(place.join("second.gpkg")).unwrap() == bytes,
            "{words}"
        );
    }
    assert!(rows(&place.join("second.gpkg"), &TASKS).is_empty());
    // A disk that takes no more, or a folder of another user.
    #[cfg(target_os = "linux")]
    {
        let ran = tasks(place, &format!("second.gpkg -o /proc/pack {FEW}")).expect(1);
        assert!(ran.err.contains("/proc/pack"), "{}", ran.err);
        assert_eq!(info(place, "second.gpkg"), before.1);
    }
}

#[test]
fn a_sealed_pack_opens_with_its_passphrase_only() {
    let folder = county().with(&["second.gpkg"]);
    let place = folder.path();
    let before = (files_in(place), info(place, "second.gpkg"));
    let words = format!("tasks second.gpkg -o pack.zip.age --encrypt {FEW} --date 2026-04-21");
    for environment in [
        &[][..],
        &[("TIANMU_PASSPHRASE", "")],
        &[("TIANMU_PASSPHRASE", "  ")],
    ] {
        let ran = tianmu(place, &words, environment).expect(2);
        assert!(
            ran.err.contains("a passphrase in `TIANMU_PASSPHRASE`"),
            "{}",
            ran.err
        );
        assert_eq!((files_in(place), info(place, "second.gpkg")), before);
    }
    let ran = tianmu(place, &words, &[("TIANMU_PASSPHRASE", "芝麻 open")]).expect(0);
    assert!(!ran.out.contains("芝麻") && !ran.err.contains("芝麻"));
    let sealed = fs_err::read(place.join("pack.zip.age")).unwrap();
    assert!(sealed.starts_with(b"age-encryption.org/v1\n-> scrypt "));
    // Nothing lies beside it in the clear.
    let mut wanted = before.0.clone();
    wanted.push("pack.zip.age".into());
    wanted.sort();
    assert_eq!(files_in(place), wanted);
    // The passphrase may stand in a file; what was sealed is the pack itself.
    fs_err::write(place.join("secret.txt"), "芝麻 open\n").unwrap();
    let more = format!("{words} --overwrite --passphrase-file secret.txt");
    tianmu(place, &more, &[]).expect(0);
    tasks(place, &format!("second.gpkg -o pack {FEW}")).expect(0);
    let files = files_below(&place.join("pack"));
    let opened = open(
        &fs_err::read(place.join("pack.zip.age")).unwrap(),
        "芝麻 open",
    )
    .unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(opened)).unwrap();
    assert_eq!(archive.len(), files.len());
    for (name, bytes) in files {
        let mut inside = Vec::new();
        std::io::Read::read_to_end(&mut archive.by_name(&name).unwrap(), &mut inside).unwrap();
        assert!(inside == bytes, "{name}");
    }
    assert!(open(&sealed, "芝麻 Open").is_none());
    // An existing one is kept, unless it may be replaced.
    let ran = tianmu(place, &words, &[("TIANMU_PASSPHRASE", "x")]).expect(1);
    assert!(ran.err.contains("exists already"), "{}", ran.err);
}

/// What a sealed pack holds; `None` with another passphrase.
fn open(sealed: &[u8], passphrase: &str) -> Option<Vec<u8>> {
    let identity =
        age::scrypt::Identity::new(age::secrecy::SecretString::from(passphrase.to_owned()));
    let decryptor = age::Decryptor::new_buffered(sealed).unwrap();
    let mut reader = decryptor.decrypt(std::iter::once(&identity as _)).ok()?;
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut reader, &mut bytes).unwrap();
    Some(bytes)
}
