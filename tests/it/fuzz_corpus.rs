//! What fuzzing found and kept is gone through again, without the fuzzer.

#[expect(unreachable_pub, reason = "a library of its own for the fuzzer")]
#[path = "../fuzz/bodies.rs"]
mod bodies;

use std::collections::BTreeSet;
use std::path::PathBuf;
use tianmu::model::fuzzing;

fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    let entries = fs_err::read_dir(folder.join(target)).unwrap();
    let read = |entry: std::io::Result<fs_err::DirEntry>| {
        let path = entry.unwrap().path();
        let bytes = fs_err::read(&path).unwrap();
        (path, bytes)
    };
    entries.map(read).collect()
}

#[test]
fn nothing_in_a_corpus_stops_the_program() {
    for (target, body) in bodies::TARGETS {
        let all = corpus(target);
        assert!(all.len() > 1, "the corpus of `{target}` is empty");
        for (path, bytes) in all {
            let went = std::panic::catch_unwind(|| body(&bytes));
            assert!(went.is_ok(), "`{}` stops `{target}`", path.display());
        }
    }
}

#[test]
fn made_up_models_are_of_every_kind() {
    let understood = corpus("contract")
        .into_iter()
        .filter_map(|(_, bytes)| Some(fuzzing::contract(&bytes).ok()?.0));
    let (mut tasks, mut decoders) = (BTreeSet::new(), BTreeSet::new());
    for contract in understood {
        tasks.insert(contract.task.to_string());
        decoders.extend(contract.detection.map(|d| format!("{:?}", d.decoder)));
    }
    assert!(tasks.len() >= 3, "{tasks:?}");
    assert!(decoders.len() >= 4, "{decoders:?}");
    let wanted = ["w.bin", "../w.bin"];
    let names: BTreeSet<String> = corpus("weights")
        .iter()
        .flat_map(|(_, bytes)| fuzzing::weight_names(bytes))
        .collect();
    assert!(wanted.iter().all(|name| names.contains(*name)), "{names:?}");
}
