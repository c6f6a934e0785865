//! Events: what became true. Each carries the new value, so that a page replaces and never patches.

use crate::{Fault, FaultId, Links, Mosaic, Recording, Scene, Source, SourceId, TokenInfo, Transition};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Who caused an event: an operator's token name, or Régie itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(transparent)]
#[ts(type = "string")]
pub struct By(pub String);

impl By {
    /// Caused by no operator: a phone came, a disk filled.
    pub fn regie() -> Self {
        Self("régie".into())
    }
}

/// An event with its place in the order of all events of this run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Stamped {
    /// One more than the event before.
    #[ts(type = "number")]
    pub seq: u64,
    /// Who caused it.
    pub by: By,
    /// What became true.
    pub event: Event,
}

/// What became true.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[ts(export)]
pub enum Event {
    /// A source is new.
    SourceAdded {
        /// The source.
        source: Source,
    },
    /// A source has another name, state, picture or tally.
    SourceChanged {
        /// The whole source as it is now.
        source: Source,
    },
    /// A source is gone.
    SourceRemoved {
        /// Which.
        id: SourceId,
    },
    /// Another scene is prepared.
    PreviewChanged {
        /// The scene.
        scene: Scene,
    },
    /// Another scene is on air, or on its way there.
    SceneTaken {
        /// On air.
        program: Scene,
        /// Prepared.
        preview: Scene,
        /// How it came.
        transition: Transition,
    },
    /// A mix has run to its end.
    TransitionEnded,
    /// `Auto` does something else from now on.
    TransitionChosen {
        /// The new choice.
        transition: Transition,
    },
    /// The multiview's tiles stand elsewhere.
    MosaicArranged {
        /// The new geometry.
        mosaic: Mosaic,
    },
    /// Recording began, ended or failed.
    RecordingChanged {
        /// How it is now.
        recording: Recording,
    },
    /// More or fewer people watch.
    ViewersCounted {
        /// How many.
        count: u32,
    },
    /// Something went wrong.
    FaultRaised {
        /// What.
        fault: Fault,
    },
    /// It is over.
    FaultCleared {
        /// Which.
        id: FaultId,
    },
    /// A token was made, ended or replaced.
    TokensChanged {
        /// All of them.
        tokens: Vec<TokenInfo>,
    },
    /// The laptop has other addresses, or the join code changed.
    LinksChanged {
        /// All of them.
        links: Links,
    },
    /// The event has another name.
    ShowNamed {
        /// The name.
        name: String,
    },
}
