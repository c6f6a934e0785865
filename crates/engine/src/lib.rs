//! Show (pure decisions) and Engine (the one task that owns it).
//!
//! [`Show`] is all of a live event as one value. Commands and reports go in, effects and events come out;
//! it has no socket, no clock, no chance and no GStreamer, so that a ten-minute show is tested in a
//! millisecond. [`Engine`] owns one show, hands its effects to their workers and its events to every page.

mod changes;
mod clock;
mod engine;
mod faults;
mod handle;
mod phones;
mod recording;
mod save;
mod settle;
mod show;
mod sources;
mod take;
mod tokens;

pub use changes::Changes;
pub use clock::{Clock, Now};
pub use engine::Engine;
pub use handle::EngineHandle;
pub use regie_model::Reply;
pub use show::{Show, StartSecrets};
pub use tokens::TOKENS_MAX;
