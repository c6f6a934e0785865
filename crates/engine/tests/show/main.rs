//! The show, told as scripts: no clock, no socket, no chance.

mod fold;
mod harness;
mod invariants;
mod phones;
mod recording;
mod save;
mod sources;
mod take;
mod tokens;
mod walk;
mod workers;
