//! What can go wrong with the database.

use std::path::PathBuf;

/// What can go wrong with the database. Each variant names the file or the row at fault.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder or the file cannot be made, read or moved.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A later Régie wrote the file. It is left as it is.
    #[error(
        "{path} was written by a later version of Régie (schema {found}, this one knows {known}); \
         run that version, or choose another data folder"
    )]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The latest schema that this program knows.
        known: u32,
    },
    /// Another program has the file open.
    #[error("{path} is in use by another Régie; end it, or choose another data folder")]
    InUse {
        /// Which file.
        path: PathBuf,
    },
    /// The file's pages are no sound database.
    #[error("{path} is damaged: {detail}")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What SQLite found.
        detail: String,
    },
    /// A row holds what this program never writes.
    #[error("table {table}, row {row}: {detail}")]
    Row {
        /// Which table.
        table: &'static str,
        /// Which row, by its key.
        row: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The worker that saves has ended.
    #[error("the show is not saved any more: {0}")]
    Stopped(String),
    /// Anything else that SQLite refuses: a full disk, a lost device.
    #[error("database: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

impl Error {
    pub(crate) fn row(table: &'static str, row: impl ToString, detail: impl ToString) -> Self {
        Self::Row {
            table,
            row: row.to_string(),
            detail: detail.to_string(),
        }
    }

    /// Whether the file itself is at fault, so that only another file helps. A full disk, a missing right or
    /// a file in use is not: there the show is sound, and moving it aside would lose it.
    pub(crate) fn is_damage(&self) -> bool {
        match self {
            Self::Damaged { .. } | Self::Row { .. } => true,
            Self::Sqlite(error) => is_damage(error),
            _ => false,
        }
    }
}

fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::Error as Sql;
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    match error {
        Sql::SqliteFailure(failure, said) => {
            // A table or column that a file of a known schema should have and has not: SQLite has no code
            // of its own for it.
            let missing = said.as_deref().is_some_and(|said| said.starts_with("no such"));
            matches!(failure.code, DatabaseCorrupt | NotADatabase) || missing
        }
        Sql::SqlInputError { msg, .. } => msg.starts_with("no such"),
        Sql::FromSqlConversionFailure(..)
        | Sql::IntegralValueOutOfRange(..)
        | Sql::InvalidColumnType(..)
        | Sql::Utf8Error(..) => true,
        _ => false,
    }
}
