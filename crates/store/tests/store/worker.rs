//! The thread that saves.

use crate::shows::numbered;
use regie_store::{SaveWorker, Store};
use std::path::Path;
use std::sync::mpsc;

fn open(path: &Path) -> Store {
    Store::open(path).unwrap().store
}

#[test]
fn the_latest_show_is_in_the_file_after_a_flush() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("regie.db");
    let worker = SaveWorker::start(open(&path), |result| panic!("{result:?}")).unwrap();
    worker.flush().unwrap();
    for n in 1..=2_000 {
        worker.save(Box::new(numbered(n)));
    }
    worker.flush().unwrap();
    drop(worker);
    assert_eq!(open(&path).load().unwrap(), Some(numbered(2_000)));
}

#[test]
fn dropping_the_worker_saves_what_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("regie.db");
    let worker = SaveWorker::start(open(&path), |result| panic!("{result:?}")).unwrap();
    worker.save(Box::new(numbered(5)));
    drop(worker);
    assert_eq!(open(&path).load().unwrap(), Some(numbered(5)));
}

/// A store that cannot save show 13, as if the disk were full just then.
fn superstitious(path: &Path) -> Store {
    drop(open(path));
    let db = rusqlite::Connection::open(path).unwrap();
    db.execute_batch(
        r#"CREATE TRIGGER full BEFORE INSERT ON settings WHEN new.key = 'name' AND new.value = '"13"'
           BEGIN SELECT RAISE(ABORT, 'disk is full'); END;"#,
    )
    .unwrap();
    drop(db);
    open(path)
}

#[test]
fn a_save_that_fails_is_told_and_does_not_hang_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let (tell, told) = mpsc::channel();
    let worker = SaveWorker::start(superstitious(&folder.path().join("regie.db")), move |result| {
        tell.send(result.map_err(ToString::to_string)).unwrap();
    })
    .unwrap();
    worker.save(Box::new(numbered(13)));
    let error = worker.flush().unwrap_err();
    assert!(error.to_string().contains("disk is full"), "{error}");
    drop(worker);
    assert!(
        told.iter()
            .all(|result| result.is_err_and(|text| text.contains("disk is full")))
    );
}

#[test]
fn a_show_that_is_saved_after_a_failure_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("regie.db");
    let (tell, told) = mpsc::channel();
    let worker = SaveWorker::start(superstitious(&path), move |result| {
        tell.send(result.is_ok()).unwrap();
    })
    .unwrap();
    for n in [12, 13] {
        worker.save(Box::new(numbered(n)));
        let flushed = worker.flush();
        assert_eq!(flushed.is_ok(), n == 12);
    }
    for n in [14, 15] {
        worker.save(Box::new(numbered(n)));
        worker.flush().unwrap();
    }
    drop(worker);
    let said: Vec<_> = told.iter().collect();
    let (last, failures) = said.split_last().unwrap();
    assert!(
        *last && !failures.is_empty() && failures.iter().all(|ok| !ok),
        "{said:?}"
    );
    assert_eq!(open(&path).load().unwrap(), Some(numbered(15)));
}

#[test]
fn what_could_not_be_saved_is_tried_again_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let (tell, told) = mpsc::channel();
    let worker = SaveWorker::start(superstitious(&folder.path().join("regie.db")), move |result| {
        // The test may be over before the last try.
        let _ = tell.send(result.is_ok());
    })
    .unwrap();
    worker.save(Box::new(numbered(13)));
    for _ in 0..2 {
        assert!(!told.recv_timeout(std::time::Duration::from_secs(20)).unwrap());
    }
}
