//! Reports: what a worker observed.

use crate::{DeviceId, Links, Picture, Secret, SessionId, Severity, SourceId};

/// What a worker observed. GStreamer callbacks and socket tasks send these and decide nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    /// A phone with the camera role said `streamer`.
    PhoneArrived {
        /// Its connection.
        session: SessionId,
        /// What it calls itself; a legacy client gets one from its connection.
        device: DeviceId,
        /// How it wants to be called.
        name: Option<String>,
        /// The secret it was given last time, if it has one.
        resume: Option<Secret>,
        /// A new secret to give it: chance is made by the worker, so that the engine stays pure.
        fresh: Secret,
    },
    /// A phone's connection is gone, whoever ended it.
    SessionEnded {
        /// Which.
        session: SessionId,
    },
    /// The first picture of a source was decoded, or pictures are back, or their size changed.
    SourceLive {
        /// Which.
        source: SourceId,
        /// The size as decoded.
        picture: Picture,
    },
    /// No picture of this source was decoded for 500 ms.
    SourceHeld {
        /// Which.
        source: SourceId,
    },
    /// A source's pipeline ended by itself.
    SourceFailed {
        /// Which.
        source: SourceId,
        /// What GStreamer said.
        detail: String,
    },
    /// The mixer has drawn the last frame of a mix.
    TransitionEnded,
    /// A file is being written.
    RecordingStarted {
        /// Its name in the recordings folder.
        file: String,
    },
    /// The file is closed.
    RecordingEnded {
        /// Its name.
        file: String,
    },
    /// The recording cannot start or go on; what is written stays.
    RecordingFailed {
        /// Why.
        detail: String,
    },
    /// How many viewers are connected.
    ViewersCounted {
        /// How many.
        count: u32,
    },
    /// The laptop's addresses changed, or the links were made for the first time.
    LinksChanged {
        /// All of them.
        links: Links,
    },
    /// Something else is wrong. The same `code` and `subject` again replaces the fault.
    FaultSeen {
        /// How bad.
        severity: Severity,
        /// For programs.
        code: &'static str,
        /// What it happened to.
        subject: String,
        /// What was observed.
        detail: String,
    },
    /// The fault with this code and subject is over.
    FaultOver {
        /// For programs.
        code: &'static str,
        /// What it happened to.
        subject: String,
    },
}
