//! Table `sources`: a row for each source, in the order of tiles.

use crate::{Error, Result};
use regie_model::{SavedSource, Secret, Slot, SourceId, SourceKind};
use rusqlite::{Connection, params};

/// `kind` is the JSON of a [`SourceKind`]: kinds differ in what they hold, and nothing is looked up by it.
pub(crate) const CREATE: &str = "
    CREATE TABLE sources (
        id       INTEGER PRIMARY KEY,
        position INTEGER NOT NULL,
        slot     INTEGER NOT NULL,
        kind     TEXT NOT NULL,
        name     TEXT NOT NULL,
        resume   TEXT
    ) STRICT;";

/// All of them, in the order of tiles.
pub(crate) fn read(db: &Connection) -> Result<Vec<SavedSource>> {
    let mut query = db.prepare("SELECT id, slot, kind, name, resume FROM sources ORDER BY position")?;
    let mut rows = query.query([])?;
    let mut sources = Vec::new();
    while let Some(row) = rows.next()? {
        let id: u32 = row.get(0)?;
        let kind: String = row.get(2)?;
        sources.push(SavedSource {
            id: SourceId(id),
            slot: Slot(row.get(1)?),
            kind: kind_from(&kind).map_err(|detail| Error::row("sources", id, detail))?,
            name: row.get(3)?,
            resume: row.get::<_, Option<String>>(4)?.map(Secret::new),
        });
    }
    Ok(sources)
}

/// These, and no others.
pub(crate) fn write(db: &Connection, sources: &[SavedSource]) -> Result<()> {
    db.execute("DELETE FROM sources", [])?;
    let mut insert = db.prepare_cached(
        "INSERT INTO sources (id, position, slot, kind, name, resume) VALUES (?, ?, ?, ?, ?, ?)",
    )?;
    for (position, source) in (0u32..).zip(sources) {
        let kind =
            serde_json::to_string(&source.kind).map_err(|error| Error::row("sources", source.id, error))?;
        insert.execute(params![
            source.id.0,
            position,
            source.slot.0,
            kind,
            source.name,
            source.resume.as_ref().map(Secret::reveal),
        ])?;
    }
    Ok(())
}

/// A device id is parsed like one from outside: the file may have been edited.
fn kind_from(json: &str) -> Result<SourceKind, String> {
    let kind: SourceKind = serde_json::from_str(json).map_err(|error| error.to_string())?;
    if let SourceKind::Phone { device } = &kind
        && regie_model::DeviceId::parse(device.as_str()).is_none()
    {
        return Err("not a device id".to_owned());
    }
    Ok(kind)
}
