//! Opened, saved, loaded, broken, of another version, in use.

use crate::shows::numbered;
use regie_store::{Error, Store};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data/regie.db");
    (folder, path)
}

/// Makes a sound file that holds show 7.
fn saved(path: &Path) {
    let mut store = Store::open(path).unwrap().store;
    store.save(&numbered(7)).unwrap();
}

/// Runs SQL on a file that nobody has open.
fn edit(path: &Path, sql: &str) {
    let db = rusqlite::Connection::open(path).unwrap();
    db.execute_batch(sql).unwrap();
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_new_file_holds_no_show() {
    let (_folder, path) = folder();
    let opened = Store::open(&path).unwrap();
    assert_eq!(opened.moved_aside, None);
    assert_eq!(opened.store.load().unwrap(), None);
}

#[test]
fn what_is_saved_is_loaded_the_same_and_replaced_as_a_whole() {
    let (_folder, path) = folder();
    let mut store = Store::open(&path).unwrap().store;
    store.save(&numbered(1)).unwrap();
    assert_eq!(store.load().unwrap(), Some(numbered(1)));
    let mut smaller = numbered(2);
    smaller.sources.truncate(3);
    smaller.tokens.clear();
    store.save(&smaller).unwrap();
    drop(store);
    let opened = Store::open(&path).unwrap();
    assert_eq!(opened.moved_aside, None);
    assert_eq!(opened.store.load().unwrap(), Some(smaller));
}

#[cfg(unix)]
#[test]
fn files_are_for_their_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = folder();
    let mut store = Store::open(&path).unwrap().store;
    store.save(&numbered(1)).unwrap();
    let data = path.parent().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(data), 0o700);
    for name in names(data) {
        assert_eq!(mode(&data.join(&name)), 0o600, "{name}");
    }
    drop(store);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let _store = Store::open(&path).unwrap();
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn a_broken_file_is_moved_aside_and_a_fresh_one_begun() {
    let garbage: Vec<u8> = (0..9_000u32).map(|n| (n * 7 % 251) as u8).collect();
    let torn = |path: &Path| {
        saved(path);
        let mut bytes = fs::read(path).unwrap();
        bytes.truncate(5_000);
        bytes[4_096..].fill(0xa5);
        bytes
    };
    type Breaking<'a> = (&'a str, &'a dyn Fn(&Path) -> Vec<u8>);
    let breakings: [Breaking; 4] = [
        ("garbage", &|_| garbage.clone()),
        ("a few bytes", &|_| b"hello".to_vec()),
        ("only a header", &|path| {
            saved(path);
            fs::read(path).unwrap()[..64].to_vec()
        }),
        ("torn in the middle", &torn),
    ];
    for (how, broken) in breakings {
        let (_folder, path) = folder();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let bytes = broken(&path);
        fs::write(&path, &bytes).unwrap();
        let opened = Store::open(&path).unwrap_or_else(|error| panic!("{how}: {error}"));
        let aside = opened.moved_aside.unwrap_or_else(|| panic!("{how}: not moved"));
        assert_eq!(aside.file_name().unwrap(), "regie.db.broken-1", "{how}");
        assert_eq!(fs::read(&aside).unwrap(), bytes, "{how}: nothing of it is lost");
        let mut store = opened.store;
        assert_eq!(store.load().unwrap(), None);
        store.save(&numbered(3)).unwrap();
        drop(store);
        assert_eq!(Store::open(&path).unwrap().moved_aside, None);
    }
}

#[test]
fn rows_that_no_regie_writes_count_as_broken_too() {
    for sql in [
        "UPDATE sources SET kind = '{\"type\":\"hologram\"}' WHERE id = 2",
        "UPDATE sources SET kind = '{\"type\":\"phone\",\"device\":\"a b\"}' WHERE id = 1",
        "UPDATE sources SET slot = 900 WHERE id = 2",
        "UPDATE tokens SET role = 'emperor' WHERE id = 1",
        "UPDATE tokens SET created_ms = -1 WHERE id = 1",
        "UPDATE settings SET value = '{' WHERE key = 'program'",
        "DELETE FROM settings WHERE key = 'name'",
        "DROP TABLE tokens",
        "ALTER TABLE sources RENAME COLUMN slot TO place",
    ] {
        let (_folder, path) = folder();
        saved(&path);
        edit(&path, sql);
        let opened = Store::open(&path).unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert!(opened.moved_aside.is_some(), "{sql}");
        assert_eq!(opened.store.load().unwrap(), None);
    }
}

#[test]
fn broken_files_do_not_replace_each_other() {
    let (_folder, path) = folder();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    for n in 1..=3 {
        fs::write(&path, format!("broken {n}")).unwrap();
        Store::open(&path).unwrap();
    }
    for n in 1..=3 {
        let aside = path.with_file_name(format!("regie.db.broken-{n}"));
        assert_eq!(fs::read_to_string(aside).unwrap(), format!("broken {n}"));
    }
}

#[test]
fn a_file_of_a_later_schema_is_refused_and_not_touched() {
    let (_folder, path) = folder();
    saved(&path);
    edit(&path, "PRAGMA journal_mode = DELETE; PRAGMA user_version = 99;");
    let before = (fs::read(&path).unwrap(), names(path.parent().unwrap()));
    let written = fs::metadata(&path).unwrap().modified().unwrap();
    let error = Store::open(&path).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Newer {
                found: 99,
                known: 1,
                ..
            }
        ),
        "{error}"
    );
    assert!(error.to_string().contains("later version"));
    assert_eq!((fs::read(&path).unwrap(), names(path.parent().unwrap())), before);
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), written);
}

#[test]
fn a_later_schema_that_is_only_in_the_log_is_refused_too() {
    let (_folder, path) = folder();
    saved(&path);
    {
        // A later Régie that was killed before its log was written back.
        let db = rusqlite::Connection::open(&path).unwrap();
        db.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
            .unwrap();
        db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA user_version = 99;")
            .unwrap();
    }
    let before = fs::read(&path).unwrap();
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, Error::Newer { found: 99, .. }), "{error}");
    assert_eq!(fs::read(&path).unwrap(), before);
    let db = rusqlite::Connection::open(&path).unwrap();
    let version: u32 = db
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert_eq!(version, 99, "its log is still there");
}

#[test]
fn a_file_in_use_is_refused_and_stays_sound() {
    let (_folder, path) = folder();
    let mut first = Store::open(&path).unwrap().store;
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, Error::InUse { .. }), "{error}");
    first.save(&numbered(1)).unwrap();
    drop(first);
    let opened = Store::open(&path).unwrap();
    assert_eq!(opened.moved_aside, None);
    assert_eq!(opened.store.load().unwrap(), Some(numbered(1)));
}

#[test]
fn a_folder_in_the_files_place_is_an_error_that_names_it() {
    let (_folder, path) = folder();
    fs::create_dir_all(&path).unwrap();
    let error = Store::open(&path).unwrap_err();
    assert!(matches!(error, Error::File { .. }), "{error}");
    assert!(error.to_string().contains("regie.db"));
    assert!(path.is_dir());
}
