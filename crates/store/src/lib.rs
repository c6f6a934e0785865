//! SQLite: the show, the tokens.
//!
//! One file per table (sources, tokens, settings): its columns, its rows, its reads and writes.
//! [`Store`] opens the file and saves a show as one transaction; [`SaveWorker`] does so on a thread of its
//! own, the latest show only.

mod error;
mod file;
mod migrations;
mod settings;
mod sources;
mod store;
mod tokens;
mod worker;

pub use error::Error;
pub use store::{Opened, Store};
pub use worker::SaveWorker;

/// What the store gives back.
pub type Result<T, E = Error> = std::result::Result<T, E>;
