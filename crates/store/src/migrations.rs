//! From the schema of the file to the schema of this program.

use crate::{Error, Result, settings, sources, tokens};
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// Step `n` leads from schema `n` to schema `n + 1`; each table says its own part. A step that has been
/// released is never changed: a new one is added.
const STEPS: &[&[&str]] = &[&[sources::CREATE, tokens::CREATE, settings::CREATE]];

/// The schema that this program writes.
pub(crate) const SCHEMA: u32 = STEPS.len() as u32;

/// Brings the file up to date, wholly or not at all.
pub(crate) fn run(db: &mut Connection, path: &Path) -> Result<()> {
    let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: u32 = step.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > SCHEMA {
        return Err(newer(path, found));
    }
    for statements in &STEPS[found as usize..] {
        for statement in *statements {
            step.execute_batch(statement)?;
        }
    }
    if found < SCHEMA {
        step.pragma_update(None, "user_version", SCHEMA)?;
    }
    step.commit()?;
    Ok(())
}

pub(crate) fn newer(path: &Path, found: u32) -> Error {
    Error::Newer {
        path: path.to_owned(),
        found,
        known: SCHEMA,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_make_the_schema_and_twice_is_once() {
        let mut db = Connection::open_in_memory().unwrap();
        for _ in 0..2 {
            run(&mut db, Path::new("memory")).unwrap();
            let version: u32 = db
                .pragma_query_value(None, "user_version", |row| row.get(0))
                .unwrap();
            assert_eq!(version, SCHEMA);
        }
    }
}
