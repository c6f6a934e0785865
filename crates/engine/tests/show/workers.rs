//! What the workers know, by nothing but the effects that they were sent. It must be what the show says.

use regie_engine::Show;
use regie_model::{
    Effect, Mosaic, SavedShow, Scene, SessionId, Slot, SourceId, SourceKind, SourceState, Tally, Token,
};
use std::collections::BTreeMap;

#[derive(Default)]
pub struct Workers {
    open: BTreeMap<SourceId, (Slot, Option<SessionId>)>,
    /// Phones that were welcomed and are connected, with what they were told last.
    phones: BTreeMap<SessionId, (SourceId, Option<Tally>)>,
    tokens: Vec<Token>,
    mosaic: Option<Mosaic>,
    preview: Option<Scene>,
    program: Option<Scene>,
    saved: Option<SavedShow>,
}

impl Workers {
    /// A phone's connection broke by itself.
    pub fn hang_up(&mut self, session: SessionId) {
        self.phones.remove(&session);
    }

    pub fn carry_out(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect.clone() {
                Effect::OpenSource {
                    source,
                    slot,
                    session,
                    ..
                } => {
                    let other = self
                        .open
                        .iter()
                        .find(|(id, (at, _))| **id != source && *at == slot);
                    assert!(other.is_none(), "slot {slot} is open twice");
                    self.open.insert(source, (slot, session));
                }
                Effect::CloseSource { source, .. } => {
                    self.open.remove(&source);
                }
                Effect::WelcomePhone { session, source, .. } => {
                    let opened = self.open.get(&source).and_then(|(_, session)| *session);
                    assert_eq!(opened, Some(session), "opened before it is welcomed");
                    self.phones.insert(session, (source, None));
                }
                Effect::EndSession { session, .. } => {
                    self.phones.remove(&session);
                }
                Effect::TellTally { session, tally } => {
                    let phone = self.phones.get_mut(&session).expect("welcomed before it is told");
                    assert_ne!(phone.1, Some(tally), "told twice");
                    phone.1 = Some(tally);
                }
                Effect::SetTokens { tokens } => self.tokens = tokens,
                Effect::PutOut { token } => {
                    assert!(!self.tokens.contains(&token), "put out while the door is open");
                }
                Effect::ArrangeMosaic { mosaic } => self.mosaic = Some(mosaic),
                Effect::ShowPreview { scene } => self.preview = Some(scene),
                Effect::Take { scene, .. } => self.program = Some(scene),
                Effect::Save(show) => self.saved = Some(*show),
                Effect::RequestKeyframe { source } => {
                    assert!(
                        self.open.contains_key(&source),
                        "asked of a source that is closed"
                    );
                }
                Effect::StartRecording { .. } | Effect::StopRecording => {}
            }
        }
    }

    pub fn check(&self, show: &Show) {
        let snapshot = show.snapshot();
        assert_eq!(self.tokens, show.tokens());
        assert_eq!(self.mosaic.as_ref(), Some(&snapshot.mosaic));
        assert_eq!(self.preview.as_ref(), Some(&snapshot.preview));
        assert_eq!(self.program.as_ref(), Some(&snapshot.program));
        assert_eq!(self.saved, Some(show.saved()));
        let open: Vec<_> = self.open.keys().copied().collect();
        let mut wanted: Vec<_> = snapshot
            .sources
            .iter()
            .filter(|source| source.state != SourceState::Lost)
            .map(|source| source.id)
            .collect();
        wanted.sort();
        assert_eq!(open, wanted, "open are those that are not lost");
        for source in &snapshot.sources {
            let phone = self.phones.values().find(|(id, _)| *id == source.id);
            let connected =
                matches!(source.kind, SourceKind::Phone { .. }) && source.state != SourceState::Lost;
            assert_eq!(phone.is_some(), connected);
            if let Some((_, told)) = phone {
                assert_eq!(*told, Some(source.tally), "a phone knows its tally");
            }
        }
    }
}
