//! Sources: added, renamed, removed, and how they fare.

use crate::show::a_name;
use crate::take::no_such_source;
use crate::{Changes, Now, Show};
use regie_model::{
    Code, Effect, Picture, Refusal, Reply, SLOTS, Secret, SessionId, Severity, Slot, Source, SourceId,
    SourceKind, SourceState, Tally,
};

/// The first wait before a source that Régie makes itself is opened again; each failure in a row doubles it.
const REOPEN_MS: u64 = 1_000;

/// The longest such wait.
const REOPEN_MAX_MS: u64 = 30_000;

/// A source with what only the engine knows about it.
#[derive(Clone, Debug)]
pub(crate) struct Seat {
    pub(crate) source: Source,
    /// The connection that brings a phone's pictures now.
    pub(crate) session: Option<SessionId>,
    /// What a phone must present to replace itself.
    pub(crate) resume: Option<Secret>,
    /// Failures since it was last live.
    failures: u32,
    /// When it is opened again, by the monotonic clock.
    reopen_at_ms: Option<u64>,
}

impl Seat {
    pub(crate) fn new(id: SourceId, slot: Slot, kind: SourceKind, name: String) -> Self {
        Self {
            source: Source {
                id,
                slot,
                kind,
                name,
                state: SourceState::Connecting,
                picture: None,
                tally: Tally::Off,
            },
            session: None,
            resume: None,
            failures: 0,
            reopen_at_ms: None,
        }
    }

    pub(crate) fn is_phone(&self) -> bool {
        matches!(self.source.kind, SourceKind::Phone { .. })
    }

    pub(crate) fn open(&self, session: Option<SessionId>) -> Effect {
        Effect::OpenSource {
            source: self.source.id,
            slot: self.source.slot,
            kind: self.source.kind.clone(),
            name: self.source.name.clone(),
            session,
        }
    }

    pub(crate) fn close(&self, forget: bool) -> Effect {
        Effect::CloseSource {
            source: self.source.id,
            slot: self.source.slot,
            forget,
        }
    }
}

impl Show {
    pub(crate) fn seat(&self, id: SourceId) -> Option<&Seat> {
        self.seats.iter().find(|seat| seat.source.id == id)
    }

    fn seat_mut(&mut self, id: SourceId) -> Option<&mut Seat> {
        self.seats.iter_mut().find(|seat| seat.source.id == id)
    }

    pub(crate) fn add_source(
        &mut self,
        kind: SourceKind,
        name: Option<String>,
        changes: &mut Changes,
    ) -> Result<Reply, Refusal> {
        let kind = made_here(kind)?;
        let name = match name {
            Some(name) => a_name(&name)?,
            None => self.next_name(match kind {
                SourceKind::Colour { .. } => "Colour",
                _ => "Demo",
            }),
        };
        let seat = self
            .take_seat(kind, name)
            .ok_or_else(|| Refusal::new(Code::Full, format!("all {SLOTS} places are taken")))?;
        changes.effects.push(seat.open(None));
        Ok(Reply::Source { id: seat.source.id })
    }

    /// A new source in the lowest free slot, last in the order of tiles; `None` where all are taken.
    pub(crate) fn take_seat(&mut self, kind: SourceKind, name: String) -> Option<&mut Seat> {
        let taken: Vec<Slot> = self.seats.iter().map(|seat| seat.source.slot).collect();
        let slot = (0..SLOTS as u8).map(Slot).find(|slot| !taken.contains(slot))?;
        // Ids are never given twice; after four thousand million of them the show takes no more sources.
        self.last_source = self.last_source.checked_add(1)?;
        self.seats
            .push(Seat::new(SourceId(self.last_source), slot, kind, name));
        self.seats.last_mut()
    }

    /// `Camera 1`, or the first number that no source is called by.
    pub(crate) fn next_name(&self, word: &str) -> String {
        let free = |name: &String| self.seats.iter().all(|seat| seat.source.name != *name);
        (1..=SLOTS + 1)
            .map(|n| format!("{word} {n}"))
            .find(free)
            .unwrap_or_else(|| word.to_owned())
    }

    pub(crate) fn rename_source(&mut self, id: SourceId, name: &str) -> Result<(), Refusal> {
        let seat = self.seat_mut(id).ok_or_else(|| no_such_source(id))?;
        seat.source.name = a_name(name)?;
        let name = seat.source.name.clone();
        self.faults.rename_source(id, &name);
        Ok(())
    }

    pub(crate) fn remove_source(&mut self, id: SourceId, changes: &mut Changes) -> Result<(), Refusal> {
        let place = self
            .seats
            .iter()
            .position(|seat| seat.source.id == id)
            .ok_or_else(|| no_such_source(id))?;
        let seat = self.seats.remove(place);
        if let Some(session) = seat.session {
            changes.effects.push(Effect::EndSession {
                session,
                reason: "removed",
            });
        }
        self.empty_boxes(id, changes);
        changes.effects.push(seat.close(true));
        self.faults.clear_source(id);
        Ok(())
    }

    /// Pictures come. A phone that has no session any more, or a source that failed, cannot be live: such a
    /// report was under way when it ended.
    pub(crate) fn source_live(&mut self, id: SourceId, picture: Picture) {
        let Some(seat) = self.seat_mut(id) else { return };
        if seat.source.state == SourceState::Lost {
            return;
        }
        seat.source.state = SourceState::Live;
        seat.source.picture = Some(picture);
        seat.failures = 0;
        self.faults.clear_source(id);
    }

    pub(crate) fn source_held(&mut self, id: SourceId) {
        if let Some(seat) = self.seat_mut(id)
            && seat.source.state == SourceState::Live
        {
            seat.source.state = SourceState::Held;
        }
    }

    /// A source's pipeline ended by itself. A phone's connection is ended too, so that the phone comes back
    /// with a new one; what Régie makes itself is opened again after a while.
    pub(crate) fn source_failed(&mut self, id: SourceId, detail: &str, now: Now, changes: &mut Changes) {
        let Some(seat) = self.seat_mut(id) else { return };
        // It was lost already: the report crossed its end on the way.
        if seat.source.state == SourceState::Lost {
            return;
        }
        seat.source.state = SourceState::Lost;
        if seat.is_phone() {
            if let Some(session) = seat.session.take() {
                changes.effects.push(Effect::EndSession {
                    session,
                    reason: "failed",
                });
            }
        } else {
            let wait = REOPEN_MS << seat.failures.min(5);
            seat.failures = seat.failures.saturating_add(1);
            seat.reopen_at_ms = Some(now.mono_ms.saturating_add(wait.min(REOPEN_MAX_MS)));
        }
        changes.effects.push(seat.close(false));
        let name = seat.source.name.clone();
        self.faults
            .raise_source(id, Severity::Error, "source_failed", &name, detail, now);
    }

    /// Opens again what failed and has waited long enough.
    pub(crate) fn reopen_due(&mut self, now: Now, changes: &mut Changes) {
        for seat in &mut self.seats {
            if seat.reopen_at_ms.is_some_and(|at| at <= now.mono_ms) {
                seat.reopen_at_ms = None;
                seat.source.state = SourceState::Connecting;
                changes.effects.push(seat.open(None));
            }
        }
    }
}

/// The kinds that an operator may add, with their bounds.
pub(crate) fn made_here(kind: SourceKind) -> Result<SourceKind, Refusal> {
    match kind {
        SourceKind::Demo { pattern: 0..=3 } => Ok(kind),
        SourceKind::Demo { .. } => Err(Refusal::new(Code::OutOfRange, "demo patterns are 0 to 3")),
        SourceKind::Colour { rgb } => {
            let digits = rgb.strip_prefix('#').unwrap_or_default();
            if digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
                Ok(SourceKind::Colour {
                    rgb: rgb.to_ascii_lowercase(),
                })
            } else {
                Err(Refusal::new(Code::OutOfRange, "a colour is written #rrggbb"))
            }
        }
        SourceKind::Phone { .. } => Err(Refusal::new(
            Code::OutOfRange,
            "phones add themselves, by the join code",
        )),
    }
}
