//! The store with real files.

mod file;
mod kill;
mod shows;
mod worker;
