//! The whole show as one value, as an operator's page first gets it.

use crate::{FaultId, Mosaic, Scene, Source, TokenInfo, Transition};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The whole show. Events applied to it in order give the show as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Snapshot {
    /// The event's name.
    pub name: String,
    /// The program's format.
    pub format: Format,
    /// In the order of their tiles.
    pub sources: Vec<Source>,
    /// The scene prepared.
    pub preview: Scene,
    /// The scene on air.
    pub program: Scene,
    /// What `Auto` does.
    pub transition: Transition,
    /// The mix that is under way, if one is.
    pub mixing: Option<Transition>,
    /// Where the multiview's tiles stand.
    pub mosaic: Mosaic,
    /// Program's recording.
    pub recording: Recording,
    /// How many people watch.
    pub viewers: u32,
    /// What is wrong now.
    pub faults: Vec<Fault>,
    /// Who may come in.
    pub tokens: Vec<TokenInfo>,
    /// The addresses to give to people.
    pub links: Links,
}

/// The program's format, fixed for the show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Format {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Frames a second.
    pub fps: u32,
}

/// Program's recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export)]
pub enum Recording {
    /// Nothing is recorded.
    Off,
    /// The file is being opened.
    Starting,
    /// Program goes into a file.
    On {
        /// The file's name in the recordings folder.
        file: String,
        /// When it began, milliseconds since 1970.
        #[ts(type = "number")]
        since_ms: u64,
    },
}

/// Something wrong that is not over: what happened, to whom, what Régie does, what the operator can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub struct Fault {
    /// Its number in this run.
    pub id: FaultId,
    /// How bad.
    pub severity: Severity,
    /// For programs and translation: `source_failed`, `recording_failed`, `worker_died` …
    pub code: String,
    /// The name of what it happened to: a source's, a file's.
    pub subject: String,
    /// What was observed, in English.
    pub detail: String,
    /// When it was raised, milliseconds since 1970.
    #[ts(type = "number")]
    pub since_ms: u64,
}

/// How bad a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub enum Severity {
    /// Something is less good than it was.
    Warning,
    /// Something is lost until somebody acts.
    Error,
}

/// The addresses to give to people. They follow the laptop's network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Links {
    /// Where a phone joins: `https://…/j/…`; behind `/qr/camera.svg`.
    pub camera: String,
    /// Where people watch: behind `/qr/watch.svg`.
    pub watch: String,
    /// How to trust this laptop.
    pub trust: String,
    /// Every address of this laptop on the LAN, best first.
    pub addresses: Vec<String>,
}
