//! Table `settings`: what there is one of, each under its key as JSON.

use crate::{Error, Result};
use regie_model::{Scene, Transition};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

pub(crate) const CREATE: &str = "
    CREATE TABLE settings (
        key   TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT;";

const TABLE: &str = "settings";

/// What of a saved show there is one of.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings {
    pub(crate) name: String,
    pub(crate) preview: Scene,
    pub(crate) program: Scene,
    pub(crate) transition: Transition,
    pub(crate) last_source: u32,
    pub(crate) last_token: u32,
}

/// All of them; `None` where no show was saved yet.
pub(crate) fn read(db: &Connection) -> Result<Option<Settings>> {
    let any: bool = db.query_row("SELECT EXISTS (SELECT 1 FROM settings)", [], |row| row.get(0))?;
    if !any {
        return Ok(None);
    }
    Ok(Some(Settings {
        name: get(db, "name", |value| value.as_str().map(str::to_owned))?,
        preview: get(db, "preview", parsed)?,
        program: get(db, "program", parsed)?,
        transition: get(db, "transition", parsed)?,
        last_source: get(db, "last_source", parsed)?,
        last_token: get(db, "last_token", parsed)?,
    }))
}

/// These, and no others.
pub(crate) fn write(db: &Connection, settings: &Settings) -> Result<()> {
    db.execute("DELETE FROM settings", [])?;
    put(db, "name", serde_json::to_value(&settings.name))?;
    put(db, "preview", serde_json::to_value(&settings.preview))?;
    put(db, "program", serde_json::to_value(&settings.program))?;
    put(db, "transition", serde_json::to_value(settings.transition))?;
    put(db, "last_source", serde_json::to_value(settings.last_source))?;
    put(db, "last_token", serde_json::to_value(settings.last_token))
}

fn get<T>(db: &Connection, key: &'static str, parse: impl Fn(Value) -> Option<T>) -> Result<T> {
    let text: Option<String> = db
        .query_row("SELECT value FROM settings WHERE key = ?", [key], |row| {
            row.get(0)
        })
        .optional()?;
    let text = text.ok_or_else(|| Error::row(TABLE, key, "it is missing"))?;
    let value = serde_json::from_str(&text).map_err(|error| Error::row(TABLE, key, error))?;
    parse(value).ok_or_else(|| Error::row(TABLE, key, "it has another form"))
}

fn parsed<T: for<'a> serde::Deserialize<'a>>(value: Value) -> Option<T> {
    serde_json::from_value(value).ok()
}

fn put(db: &Connection, key: &'static str, value: serde_json::Result<Value>) -> Result<()> {
    let value = value.map_err(|error| Error::row(TABLE, key, error))?;
    let mut insert = db.prepare_cached("INSERT INTO settings (key, value) VALUES (?, ?)")?;
    insert.execute(params![key, value.to_string()])?;
    Ok(())
}
