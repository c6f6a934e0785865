//! What of the show outlives the program.

use crate::{Scene, Secret, SourceId, SourceKind, Token, Transition};

/// What of the show outlives the program: saved as it changes, restored at start.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedShow {
    /// The event's name.
    pub name: String,
    /// In the order of their tiles: id, slot, kind, name, and a phone's resume secret.
    pub sources: Vec<SavedSource>,
    /// The scene prepared.
    pub preview: Scene,
    /// The scene on air.
    pub program: Scene,
    /// What `Auto` does.
    pub transition: Transition,
    /// Who may come in.
    pub tokens: Vec<Token>,
    /// The highest source id ever given, so that none is used twice.
    pub last_source: u32,
    /// The highest token id ever given.
    pub last_token: u32,
}

/// One source of a saved show.
#[derive(Clone, Debug, PartialEq)]
pub struct SavedSource {
    /// Its id.
    pub id: SourceId,
    /// Its place in the mixer.
    pub slot: crate::Slot,
    /// What it is.
    pub kind: SourceKind,
    /// Its name.
    pub name: String,
    /// What a phone must present to replace itself.
    pub resume: Option<Secret>,
}
