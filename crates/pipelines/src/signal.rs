//! What a WebRTC session tells its socket.

use std::sync::Arc;

/// What a session wants told to its peer, or has become.
#[derive(Clone, Debug, PartialEq)]
pub enum Signal {
    /// Send this offer (SDP).
    Offer(String),
    /// Send this answer (SDP).
    Answer(String),
    /// Send this candidate.
    Candidate(Candidate),
    /// Media flows; the peer showed the certificate that its SDP promised.
    Connected,
    /// The session is over by itself; why.
    Failed(String),
}

/// Where a session's signals go. Called from GStreamer's threads: it must not block.
pub type Signals = Arc<dyn Fn(Signal) + Send + Sync>;

/// An ICE candidate as it is trickled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// `candidate:…`; empty where the peer has no more.
    pub candidate: String,
    /// The section's `mid`.
    pub mid: Option<String>,
    /// The section's number.
    pub line: u32,
}
