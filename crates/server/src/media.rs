//! What the server needs of the media side: the few methods that effects and sockets call. The real one is
//! [`regie_pipelines::Studio`]; tests of sockets bring one without pictures.

use bytes::Bytes;
use regie_model::{Mosaic, Scene, SessionId, Slot, SourceId, SourceKind, Transition};
use regie_signalling::{Candidate, WireCandidate};
use std::pin::Pin;
use std::sync::Arc;

/// What a WebRTC connection says to its socket.
#[derive(Clone, Debug, PartialEq)]
pub enum Signal {
    /// To a viewer.
    Offer(String),
    /// To a camera.
    Answer(String),
    /// To either.
    Candidate(WireCandidate),
    /// Media may flow.
    Connected,
    /// It is over, and why.
    Failed(String),
}

/// Where signals go; called from any thread, returns at once.
pub type Signals = Arc<dyn Fn(Signal) + Send + Sync>;

/// A phone's media connection. Dropping it ends it.
pub trait Phone: Send + Sync {
    /// The phone's offer, once; the error says why it cannot be answered.
    fn offer(&self, sdp: &str) -> Result<(), String>;
    /// A way to reach the phone.
    fn candidate(&self, candidate: &Candidate);
}

/// A viewer's media connection. Dropping it ends it.
pub trait Viewer: Send + Sync {
    /// The viewer's answer, once; the error says why it cannot be used.
    fn answer(&self, sdp: &str) -> Result<(), String>;
    /// A way to reach the viewer.
    fn candidate(&self, candidate: &Candidate);
}

/// How the multiview is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// H.264, Annex B, one access unit a frame.
    H264,
    /// One JPEG a frame.
    Jpeg,
}

/// One picture of the multiview.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Encoded.
    pub data: Bytes,
    /// Whether decoding may begin with it.
    pub key: bool,
    /// When the mixer made it, microseconds since 1970.
    pub at_us: u64,
}

/// The next frame of a multiview, or `None` when it is over.
pub type NextFrame<'a> = Pin<Box<dyn Future<Output = Option<Frame>> + Send + 'a>>;

/// The multiview's pictures; a slow reader misses some and goes on at one that can be decoded.
pub trait Frames: Send {
    /// Waits for the next.
    fn next(&mut self) -> NextFrame<'_>;
}

/// How the media side does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Program frames since the start.
    pub program_frames: u64,
    /// How old the last one is, milliseconds; `None` before the first.
    pub program_age_ms: Option<u64>,
    /// Frames decoded, by source.
    pub decoded: Vec<(SourceId, u64)>,
    /// Viewers with a media connection.
    pub viewers: u64,
    /// Bytes in the recording under way.
    pub recording_bytes: u64,
}

/// The media side. Every method may be called from any thread and returns within milliseconds.
pub trait Media: Send + Sync {
    /// Opens a source that Régie makes itself.
    fn open(&self, source: SourceId, slot: Slot, kind: &SourceKind, name: &str) -> Result<(), String>;
    /// Opens a phone's source and waits for its offer.
    fn open_phone(
        &self,
        source: SourceId,
        slot: Slot,
        name: &str,
        signals: Signals,
    ) -> Result<Arc<dyn Phone>, String>;
    /// Closes what a source has open; `forget` frees its slot's picture.
    fn close(&self, source: SourceId, slot: Slot, forget: bool);
    /// Draws a scene as preview.
    fn show_preview(&self, scene: &Scene);
    /// Puts a scene on program.
    fn take(&self, scene: &Scene, transition: Transition);
    /// Moves the multiview's tiles.
    fn arrange(&self, mosaic: &Mosaic);
    /// Asks a source for a keyframe.
    fn request_keyframe(&self, source: SourceId);
    /// Records program; what comes of it is reported.
    fn start_recording(&self, name: &str);
    /// Closes the recording; that it is closed is reported.
    fn stop_recording(&self);
    /// Makes a viewer's connection; its offer comes as a signal.
    fn join_viewer(&self, session: SessionId, signals: Signals) -> Result<Box<dyn Viewer>, String>;
    /// The multiview's pictures from now on.
    fn multiview(&self, codec: Codec) -> Box<dyn Frames>;
    /// How it does.
    fn figures(&self) -> Figures;
    /// Ends everything; a recording is closed properly. Blocks, up to some seconds.
    fn stop(&self);
}
