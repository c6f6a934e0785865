//! GStreamer: sources, mixer, multiview, outputs.
//!
//! [`Studio`] is the face. Behind it: a pipeline per source ([`source`]) hands decoded pictures and sound to its
//! [`SlotInput`]; the mixer ([`mixer`]) draws program and multiview from them on its own tick and mixes the sound;
//! a pipeline per output ([`output`]) takes what it needs from a [`Tap`]. All pipelines share one clock
//! ([`clock`]), so a running time means the same everywhere. Nothing here decides anything about the show: what is
//! observed leaves as [`regie_model::Report`]s.

pub mod bus;
pub mod clock;
mod error;
mod figures;
mod init;
pub mod mixer;
pub mod multiview;
pub mod output;
mod signal;
pub mod slot;
pub mod source;
mod studio;
pub mod tap;
mod webrtc;

pub use error::Error;
pub use figures::{Figures, SourceFigures};
pub use init::init;
pub use multiview::{MultiviewCodec, MultiviewFrame, MultiviewStream};
pub use output::viewers::ViewerSession;
pub use signal::{Candidate, Signal, Signals};
pub use slot::SlotInput;
pub use source::phone::PhoneSession;
pub use studio::{Studio, StudioSettings};
pub use tap::{Tap, TapGuard};

use regie_model::Report;
use std::sync::Arc;

/// Where observations go. Called from streaming threads and the mixer's tick: it must never block.
pub type Reports = Arc<dyn Fn(Report) + Send + Sync>;
