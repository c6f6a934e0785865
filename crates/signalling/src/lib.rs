//! `/stream` without its sockets: the messages, the session descriptions and candidates as they are let in at
//! the door, and the room: who may say what to whom. Pure: no socket, no clock, no chance, no GStreamer.

mod candidate;
mod messages;
mod room;
mod sdp;

pub use candidate::{Candidate, CandidateError};
pub use messages::{
    ClientMessage, Control, Description, MESSAGE_MAX, REGIE, ServerMessage, Streamer, Target, Telemetry,
    ViewerId, WireCandidate, Wrong, WrongCode, parse,
};
pub use room::{Act, ERRORS_MAX, May, News, Room};
pub use sdp::{SDP_MAX, Sdp, SdpError, SdpKind};
