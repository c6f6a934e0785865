//! Sources: anything that gives pictures or sound.

use crate::{DeviceId, Slot, SourceId, Tally};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A source as everybody sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Source {
    /// Its id, kept over restarts.
    pub id: SourceId,
    /// Its place in the mixer.
    pub slot: Slot,
    /// What it is.
    pub kind: SourceKind,
    /// What the operator reads under its tile.
    pub name: String,
    /// How it is.
    pub state: SourceState,
    /// The size of its picture as last decoded; `None` before the first one.
    pub picture: Option<Picture>,
    /// What it is on air.
    pub tally: Tally,
}

/// What a source is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export)]
pub enum SourceKind {
    /// A phone's camera and microphone over WebRTC.
    Phone {
        /// Which phone: the same device comes back as the same source.
        device: DeviceId,
    },
    /// A moving, frame-numbered picture with sound, made here.
    Demo {
        /// Which of the four pictures, 0 to 3.
        pattern: u8,
    },
    /// One colour, no sound.
    Colour {
        /// `#rrggbb`
        rgb: String,
    },
}

/// The life of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum SourceState {
    /// It is being opened; no picture was decoded yet.
    Connecting,
    /// Pictures are being decoded.
    Live,
    /// No picture was decoded for 500 ms; the last one stands.
    Held,
    /// Its session ended, or it failed. It keeps slot, name and tile until it comes back or is removed.
    Lost,
}

/// The size of a picture in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Picture {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}
