//! Effects: work that the engine wants done, and by whom it is done.

use crate::{
    Mosaic, Role, SavedShow, Scene, Secret, SessionId, Slot, SourceId, SourceKind, Tally, Token, Transition,
};

/// Work that the engine wants done. The server hands each to its worker; none answers but by a `Report`.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Pipelines: open a source in a slot. For a phone, `session` is the connection that brings it; whatever
    /// the source had open before is closed first.
    OpenSource {
        /// Which.
        source: SourceId,
        /// Where.
        slot: Slot,
        /// What it is.
        kind: SourceKind,
        /// Its name, for the slate.
        name: String,
        /// The phone's connection.
        session: Option<SessionId>,
    },
    /// Pipelines: close what the source has open. `forget` frees the slot's picture too.
    CloseSource {
        /// Which.
        source: SourceId,
        /// Its slot.
        slot: Slot,
        /// Whether the source is gone for good.
        forget: bool,
    },
    /// Sockets: the phone is in; tell it who it is and ask for its offer.
    WelcomePhone {
        /// The connection.
        session: SessionId,
        /// The source it became.
        source: SourceId,
        /// The secret with which it may come back and replace itself.
        resume: Secret,
    },
    /// Sockets: end this connection, saying why.
    EndSession {
        /// The connection.
        session: SessionId,
        /// `bye`'s reason or `error`'s code: `removed`, `replaced`, `full`, `revoked`, `show_ended`, or
        /// `failed` where the phone's pipeline broke and the phone does well to come back.
        reason: &'static str,
    },
    /// Sockets: tell a phone what it is now.
    TellTally {
        /// The connection.
        session: SessionId,
        /// The news.
        tally: Tally,
    },
    /// Sockets: whoever came in with this token goes out.
    PutOut {
        /// The token that was ended.
        token: Token,
    },
    /// Door: these tokens, and no others, open it from now on.
    SetTokens {
        /// All of them.
        tokens: Vec<Token>,
    },
    /// Pipelines: draw this scene as preview.
    ShowPreview {
        /// The scene.
        scene: Scene,
    },
    /// Pipelines: put this scene on program.
    Take {
        /// The scene.
        scene: Scene,
        /// How.
        transition: Transition,
    },
    /// Pipelines: the multiview's tiles stand like this.
    ArrangeMosaic {
        /// The geometry.
        mosaic: Mosaic,
    },
    /// Pipelines: ask a source for a keyframe.
    RequestKeyframe {
        /// Which.
        source: SourceId,
    },
    /// Pipelines: record program under this name (made fit for a file name there).
    StartRecording {
        /// The event's name.
        name: String,
    },
    /// Pipelines: close the recording.
    StopRecording,
    /// Store: this is the show now. Only the latest matters.
    Save(Box<SavedShow>),
}

impl Role {
    /// The word used in tokens, logs and SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Operator => "operator",
            Role::Camera => "camera",
            Role::Viewer => "viewer",
        }
    }
}
