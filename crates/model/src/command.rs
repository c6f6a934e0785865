//! Commands: an operator's orders.

use crate::{Role, Scene, SourceId, SourceKind, TokenId, Transition};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// An operator's order. Every door (page, HTTP, window) sends these to the same inbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
#[ts(export)]
pub enum Command {
    /// Prepare this scene.
    SetPreview {
        /// What to prepare.
        scene: Scene,
    },
    /// Put preview on program now; the old program becomes preview.
    Take,
    /// Put preview on program with the chosen transition; the old program becomes preview.
    Auto,
    /// Put this scene on program now; preview stays.
    Cut {
        /// What to put on air.
        scene: Scene,
    },
    /// Choose what `Auto` does.
    SetTransition {
        /// The new choice.
        transition: Transition,
    },
    /// Add a source that Régie makes itself (demo, colour). Phones add themselves.
    AddSource {
        /// What it is.
        kind: SourceKind,
        /// Its name; one is found where this is `None`.
        name: Option<String>,
    },
    /// Give a source another name.
    RenameSource {
        /// Which.
        source: SourceId,
        /// 1 to 60 characters.
        name: String,
    },
    /// Take a source out of the show; a phone is told and let go.
    RemoveSource {
        /// Which.
        source: SourceId,
    },
    /// Start recording program.
    StartRecording,
    /// End the recording; the file is closed.
    StopRecording,
    /// Name the event.
    NameShow {
        /// 1 to 60 characters.
        name: String,
    },
    /// Make a token; its secret comes back to the asker alone.
    CreateToken {
        /// What it lets its bearer do.
        role: Role,
        /// Whom it is for, 1 to 60 characters.
        name: String,
        /// When it ends, milliseconds since 1970.
        #[ts(type = "number | null")]
        expires: Option<u64>,
    },
    /// End a token; its bearers are put out at once.
    RevokeToken {
        /// Which.
        token: TokenId,
    },
    /// Make a new join code for phones. Phones already in stay; the old code lets nobody in any more.
    RotateJoinCode,
}
