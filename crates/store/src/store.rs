//! The store: one file, one show.

use crate::settings::{self, Settings};
use crate::{Error, Result, file, migrations, sources, tokens};
use regie_model::SavedShow;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long to wait for another program that has the file open: one that is just ending lets go by then.
const BUSY: Duration = Duration::from_secs(2);

/// A database file, open and known to be sound.
///
/// It is held alone: a second Régie on the same file would save its own show over this one.
#[derive(Debug)]
pub struct Store {
    db: Connection,
}

/// A store, and what had to be done to open it.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: Store,
    /// Where a broken file was moved to; the store is a fresh one then, and its owner should say so.
    pub moved_aside: Option<PathBuf>,
}

impl Store {
    /// Opens the file, or makes it (mode 0600, in a folder of mode 0700 where that is missing too).
    ///
    /// A broken file is moved aside to `<name>.broken-<n>` and a fresh one begun. A file of a later schema
    /// is refused and not touched, one that another program holds is refused ([`Error::InUse`]).
    pub fn open(path: &Path) -> Result<Opened> {
        // Looked at before anything is written: rights, too, are left as they are.
        if let Some(found) = file::schema_in_header(path)?
            && found > migrations::SCHEMA
        {
            return Err(migrations::newer(path, found));
        }
        file::prepare(path)?;
        match Self::open_sound(path) {
            Ok(store) => Ok(Opened {
                store,
                moved_aside: None,
            }),
            Err(error) if error.is_damage() => {
                let aside = file::move_aside(path)?;
                file::prepare(path)?;
                Ok(Opened {
                    store: Self::open_sound(path)?,
                    moved_aside: Some(aside),
                })
            }
            Err(error) => Err(error),
        }
    }

    /// The show that was saved last; `None` where none was.
    pub fn load(&self) -> Result<Option<SavedShow>> {
        let Some(settings) = settings::read(&self.db)? else {
            return Ok(None);
        };
        Ok(Some(SavedShow {
            name: settings.name,
            sources: sources::read(&self.db)?,
            preview: settings.preview,
            program: settings.program,
            transition: settings.transition,
            tokens: tokens::read(&self.db)?,
            last_source: settings.last_source,
            last_token: settings.last_token,
        }))
    }

    /// Saves the show, wholly or not at all. Killed in mid-save, the file holds the show before.
    pub fn save(&mut self, show: &SavedShow) -> Result<()> {
        let step = self.db.transaction()?;
        sources::write(&step, &show.sources)?;
        tokens::write(&step, &show.tokens)?;
        settings::write(
            &step,
            &Settings {
                name: show.name.clone(),
                preview: show.preview.clone(),
                program: show.program.clone(),
                transition: show.transition,
                last_source: show.last_source,
                last_token: show.last_token,
            },
        )?;
        step.commit()?;
        Ok(())
    }

    fn open_sound(path: &Path) -> Result<Self> {
        let store = Self::open_held(path).map_err(|error| held_by_another(error, path))?;
        let verdict: String = store
            .db
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if verdict != "ok" {
            return Err(Error::Damaged {
                path: path.to_owned(),
                detail: verdict,
            });
        }
        // Rows are read now: one that cannot be would otherwise be met when there is no other way any more.
        store.load()?;
        Ok(store)
    }

    fn open_held(path: &Path) -> Result<Self> {
        let mut db = Connection::open(path)?;
        db.busy_timeout(BUSY)?;
        // Until the schema is known, closing must not write the log back into a file of a later Régie.
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        // Before the first access, so that the lock is taken with it and the log's index stays in memory.
        db.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        let found: u32 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if found > migrations::SCHEMA {
            return Err(migrations::newer(path, found));
        }
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "NORMAL")?;
        migrations::run(&mut db, path)?;
        // The schema number belongs into the header, where a program of another version looks first.
        db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
        Ok(Self { db })
    }
}

fn held_by_another(error: Error, path: &Path) -> Error {
    match error {
        Error::Sqlite(rusqlite::Error::SqliteFailure(failure, _))
            if matches!(failure.code, ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) =>
        {
            Error::InUse {
                path: path.to_owned(),
            }
        }
        other => other,
    }
}
