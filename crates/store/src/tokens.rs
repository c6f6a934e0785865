//! Table `tokens`: a row for each token, in the order of the list.

use crate::{Error, Result};
use regie_model::{Role, Secret, Token, TokenId, TokenInfo};
use rusqlite::{Connection, params};

/// Times are milliseconds since 1970. Secrets stand here as they are, since links are made from them again
/// at every start; the file is for its user alone.
pub(crate) const CREATE: &str = "
    CREATE TABLE tokens (
        id         INTEGER PRIMARY KEY,
        position   INTEGER NOT NULL,
        role       TEXT NOT NULL,
        name       TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        expires_ms INTEGER,
        join_code  INTEGER NOT NULL,
        secret     TEXT NOT NULL
    ) STRICT;";

/// All of them, in the order of the list.
pub(crate) fn read(db: &Connection) -> Result<Vec<Token>> {
    let mut query = db.prepare(
        "SELECT id, role, name, created_ms, expires_ms, join_code, secret FROM tokens ORDER BY position",
    )?;
    let mut rows = query.query([])?;
    let mut tokens = Vec::new();
    while let Some(row) = rows.next()? {
        let id: u32 = row.get(0)?;
        let role: String = row.get(1)?;
        let role =
            role_from(&role).ok_or_else(|| Error::row("tokens", id, format!("there is no role {role:?}")))?;
        tokens.push(Token {
            info: TokenInfo {
                id: TokenId(id),
                role,
                name: row.get(2)?,
                created_ms: time(id, row.get(3)?)?,
                expires_ms: row.get::<_, Option<i64>>(4)?.map(|ms| time(id, ms)).transpose()?,
                join_code: row.get(5)?,
            },
            secret: Secret::new(row.get::<_, String>(6)?),
        });
    }
    Ok(tokens)
}

/// These, and no others.
pub(crate) fn write(db: &Connection, tokens: &[Token]) -> Result<()> {
    db.execute("DELETE FROM tokens", [])?;
    let mut insert = db.prepare_cached(
        "INSERT INTO tokens (id, position, role, name, created_ms, expires_ms, join_code, secret)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    for (position, Token { info, secret }) in (0u32..).zip(tokens) {
        insert.execute(params![
            info.id.0,
            position,
            info.role.as_str(),
            info.name,
            signed(info.created_ms),
            info.expires_ms.map(signed),
            info.join_code,
            secret.reveal(),
        ])?;
    }
    Ok(())
}

fn role_from(word: &str) -> Option<Role> {
    [Role::Operator, Role::Camera, Role::Viewer]
        .into_iter()
        .find(|role| role.as_str() == word)
}

fn time(id: u32, ms: i64) -> Result<u64> {
    u64::try_from(ms).map_err(|_| Error::row("tokens", id, "a time before 1970"))
}

/// SQLite's numbers end at 2^63 - 1, which as a time is 292 million years away.
fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}
