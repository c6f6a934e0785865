//! What the phone source and the viewer output share of WebRTC: descriptions, candidates, certificates, keyframe
//! requests, and one peer connection.

pub mod candidate;
pub mod fingerprint;
pub mod keyframes;
pub mod peer;
pub mod sdp;
pub mod timer;
pub mod tuning;
pub mod warm;
