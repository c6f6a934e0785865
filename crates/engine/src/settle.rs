//! The end of every step: what follows from what changed.
//!
//! Tally, the mosaic, the door's tokens, the save and most events are never thought of by the step itself;
//! they are read off by comparing the show before and after. So no step can forget one.

use crate::{Changes, Show};
use regie_model::{Effect, Event};

impl Show {
    /// Brings tally up to date, then adds to `changes` everything that follows from the difference to
    /// `before`. Scenes are the exception: how they changed is an act, and the step has said it.
    pub(crate) fn settle(&mut self, before: &Show, changes: &mut Changes) {
        self.retally();
        self.tell_sources(before, changes);
        self.tell_plain_values(before, changes);
        self.tell_faults(before, changes);
        self.tell_tokens(before, changes);
        let saved = self.saved();
        if saved != before.saved() {
            changes.effects.push(Effect::Save(Box::new(saved)));
        }
    }

    fn retally(&mut self) {
        for place in 0..self.seats.len() {
            self.seats[place].source.tally = self.tally_of(self.seats[place].source.id);
        }
    }

    fn tell_sources(&self, before: &Show, changes: &mut Changes) {
        for seat in &before.seats {
            if self.seat(seat.source.id).is_none() {
                changes.events.push(Event::SourceRemoved { id: seat.source.id });
            }
        }
        for seat in &self.seats {
            let source = seat.source.clone();
            let old = before.seat(source.id);
            match old {
                None => changes.events.push(Event::SourceAdded { source }),
                Some(old) if old.source != source => changes.events.push(Event::SourceChanged { source }),
                Some(_) => {}
            }
            let told = old.and_then(|old| Some((old.session?, old.source.tally)));
            if let Some(session) = seat.session
                && told != Some((session, seat.source.tally))
            {
                changes.effects.push(Effect::TellTally {
                    session,
                    tally: seat.source.tally,
                });
            }
        }
        let mosaic = self.mosaic();
        if mosaic != before.mosaic() {
            changes.effects.push(Effect::ArrangeMosaic {
                mosaic: mosaic.clone(),
            });
            changes.events.push(Event::MosaicArranged { mosaic });
        }
    }

    fn tell_plain_values(&self, before: &Show, changes: &mut Changes) {
        let events = &mut changes.events;
        if self.transition != before.transition {
            events.push(Event::TransitionChosen {
                transition: self.transition,
            });
        }
        if self.recording.shown() != before.recording.shown() {
            events.push(Event::RecordingChanged {
                recording: self.recording.shown(),
            });
        }
        if self.viewers != before.viewers {
            events.push(Event::ViewersCounted { count: self.viewers });
        }
        if self.links != before.links {
            events.push(Event::LinksChanged {
                links: self.links.clone(),
            });
        }
        if self.name != before.name {
            events.push(Event::ShowNamed {
                name: self.name.clone(),
            });
        }
    }

    fn tell_faults(&self, before: &Show, changes: &mut Changes) {
        let (old, new) = (before.faults.list(), self.faults.list());
        for fault in &old {
            if !new.iter().any(|other| other.id == fault.id) {
                changes.events.push(Event::FaultCleared { id: fault.id });
            }
        }
        for fault in new {
            if !old.contains(&fault) {
                changes.events.push(Event::FaultRaised { fault });
            }
        }
    }

    /// The door is closed before its old bearers are put out, or they would come straight back in. Phones
    /// that came in with an old join code stay.
    fn tell_tokens(&self, before: &Show, changes: &mut Changes) {
        if self.tokens == before.tokens {
            return;
        }
        changes.effects.push(Effect::SetTokens {
            tokens: self.tokens.clone(),
        });
        for token in &before.tokens {
            let gone = !self.tokens.iter().any(|other| other.info.id == token.info.id);
            if gone && !token.info.join_code {
                changes.effects.push(Effect::PutOut { token: token.clone() });
            }
        }
        changes.events.push(Event::TokensChanged {
            tokens: self.tokens.iter().map(|token| token.info.clone()).collect(),
        });
    }
}
