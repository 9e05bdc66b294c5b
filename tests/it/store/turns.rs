//! Changes of every store, wherever it lies: whole or not at all, and one writer at a time. Each
//! test gets a place where nothing is yet.

use super::suite::{MORE, codes, insert, note, with_codes};
use super::{DATE, NOTES, TABLES, WAIT, create, told};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};
use tianmu::vector::{Filter, Store, StoreTarget};
use tianmu::{Error, Result};

pub(super) fn what_exists_is_never_replaced(target: &StoreTarget) {
    with_codes(target, &["kept"]);
    let again = Store::create(target, &TABLES, &[], DATE, |_| panic!("nothing to fill"));
    assert!(told(again).contains("already"));
    assert_eq!(codes(target), ["kept"]);
}

pub(super) fn what_fails_on_its_way_leaves_nothing(target: &StoreTarget) {
    let failed = Store::create(target, &TABLES, &[], DATE, |change| {
        insert(change, &["lost"])?;
        Err(Error::Interrupted)
    });
    assert!(matches!(failed, Err(Error::Interrupted)));
    assert!(Store::open(target, &TABLES).is_err());
    with_codes(target, &["second try"]);
    assert_eq!(codes(target), ["second try"]);
}

pub(super) fn a_failure_or_panic_changes_nothing(target: &StoreTarget) {
    with_codes(target, &["kept"]);
    let failed = Store::change(target, &TABLES, WAIT, |change| {
        insert(change, &["lost"])?;
        change.delete(&NOTES, &Filter::row(1))?;
        Err::<(), _>(Error::Interrupted)
    });
    assert!(matches!(failed, Err(Error::Interrupted)));
    assert_eq!(codes(target), ["kept"]);
    let panicked = thread::scope(|scope| {
        let work = scope.spawn(|| {
            Store::change(target, &TABLES, WAIT, |change| -> Result<()> {
                insert(change, &["lost"])?;
                std::panic::resume_unwind(Box::new("on purpose"))
            })
        });
        work.join()
    });
    assert!(panicked.is_err());
    assert_eq!(codes(target), ["kept"]);
    // Nobody holds the right to write any more.
    Store::change(target, &TABLES, Duration::ZERO, |c| insert(c, &["new"])).unwrap();
    assert_eq!(codes(target), ["kept", "new"]);
}

pub(super) fn a_failure_that_is_passed_over_changes_nothing(target: &StoreTarget) {
    with_codes(target, &["kept"]);
    let failed = Store::change(target, &TABLES, WAIT, |change| {
        insert(change, &["lost"])?;
        let _ = change.insert(&NOTES, [note([1.into(), 1.into(), 1.0.into()])].into_iter());
        Ok(())
    });
    assert!(told(failed).contains("after a failure"));
    assert_eq!(codes(target), ["kept"]);
    // A reading that fails ends the transaction of a server as well.
    let failed = Store::change(target, &TABLES, WAIT, |change| {
        insert(change, &["lost"])?;
        assert!(change.read(&MORE, &Filter::All).is_err());
        Ok(())
    });
    assert!(told(failed).contains("after a failure"));
    assert_eq!(codes(target), ["kept"]);
}

pub(super) fn writers_take_turns(target: &StoreTarget) {
    create(target);
    let (begun, has_begun) = channel();
    let (end, may_end) = channel::<()>();
    thread::scope(|scope| {
        let first = scope.spawn(move || {
            Store::change(target, &TABLES, WAIT, |change| {
                insert(change, &["first"])?;
                begun.send(()).unwrap();
                may_end.recv().unwrap();
                Ok(())
            })
        });
        has_begun.recv().unwrap();
        // Readers are not kept out, and see what was before.
        assert_eq!(codes(target), [""; 0]);
        let start = Instant::now();
        let short = Duration::from_millis(300);
        let said = told(Store::change(target, &TABLES, short, |change| {
            insert(change, &["never"])
        }));
        assert!(
            said.contains("is being written by another program"),
            "{said}"
        );
        let waited = start.elapsed();
        assert!(waited >= short && waited < WAIT, "{waited:?}");
        let second = scope.spawn(move || {
            Store::change(target, &TABLES, WAIT, |change| {
                let before = change.read(&NOTES, &Filter::All)?;
                assert_eq!(before[0].text("code"), "first");
                insert(change, &["second"])
            })
        });
        thread::sleep(Duration::from_millis(300));
        assert!(!second.is_finished());
        end.send(()).unwrap();
        first.join().unwrap().unwrap();
        second.join().unwrap().unwrap();
    });
    assert_eq!(codes(target), ["first", "second"]);
}
