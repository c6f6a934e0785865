//! What can go wrong in a pipeline.

/// What can go wrong when something is opened. What goes wrong later is a `Report`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// GStreamer itself does not start.
    #[error("GStreamer does not start: {0}")]
    Init(String),
    /// Elements are missing; the second field names the Debian packages that bring them.
    #[error("GStreamer elements are missing: {elements}; on Debian: apt install {packages}")]
    Missing {
        /// Names of the elements, comma separated.
        elements: String,
        /// Names of the packages, space separated.
        packages: String,
    },
    /// An element cannot be made, or elements do not fit together.
    #[error("{0}")]
    Element(#[from] gst::glib::BoolError),
    /// A pipeline does not start.
    #[error("the pipeline does not start: {0}")]
    State(#[from] gst::StateChangeError),
    /// The slot is beyond the mixer's last one.
    #[error("there is no slot {0}")]
    NoSuchSlot(u8),
    /// A colour that is not `#rrggbb`.
    #[error("{0:?} is not a colour of the form #rrggbb")]
    BadColour(String),
    /// This kind of source is opened in another way.
    #[error("a {0} is not opened like this")]
    WrongKind(&'static str),
    /// A program is being recorded already.
    #[error("program is being recorded already")]
    RecordingAlready,
    /// A file or folder of the recordings.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A peer's description that cannot be used; the text says what is wrong with it.
    #[error(transparent)]
    Sdp(#[from] crate::webrtc::sdp::SdpError),
    /// A WebRTC session that cannot do this now.
    #[error("the session has no {0}")]
    Session(&'static str),
    /// A thread cannot be started.
    #[error("a thread cannot be started: {0}")]
    Thread(std::io::Error),
    /// The studio was stopped.
    #[error("the studio was stopped")]
    Stopped,
}

use gstreamer as gst;
