//! Phones: how they come, come back, and go.

use crate::sources::Seat;
use crate::{Changes, Show};
use regie_model::{
    DeviceId, Effect, SLOTS, Secret, SessionId, SourceId, SourceKind, SourceState, clean_name,
};

/// As whom a phone comes in.
enum Arrival {
    /// As this source, which it was before.
    Back {
        source: SourceId,
        /// Whether it presented the secret that it was given.
        proven: bool,
    },
    /// As somebody new, under this device id.
    New(DeviceId),
}

impl Show {
    /// A phone wants in. A device id proves nothing, so it never puts another phone out: only the resume
    /// secret replaces a connection that stands.
    pub(crate) fn phone_arrived(
        &mut self,
        session: SessionId,
        device: &DeviceId,
        name: Option<&str>,
        resume: Option<&Secret>,
        fresh: Secret,
        changes: &mut Changes,
    ) {
        // The same connection saying `streamer` twice is in already.
        if self.seats.iter().any(|seat| seat.session == Some(session)) {
            return;
        }
        let seat = match self.who_arrives(device, resume) {
            Arrival::Back { source, proven } => {
                let Some(seat) = self.seats.iter_mut().find(|seat| seat.source.id == source) else {
                    return;
                };
                if let Some(old) = seat.session {
                    changes.effects.push(Effect::EndSession {
                        session: old,
                        reason: "replaced",
                    });
                }
                if !proven {
                    seat.resume = Some(fresh.clone());
                }
                seat
            }
            Arrival::New(device) => {
                let name = name
                    .and_then(clean_name)
                    .unwrap_or_else(|| self.next_name("Camera"));
                let Some(seat) = self.take_seat(SourceKind::Phone { device }, name) else {
                    changes.effects.push(Effect::EndSession {
                        session,
                        reason: "full",
                    });
                    return;
                };
                seat.resume = Some(fresh.clone());
                seat
            }
        };
        seat.session = Some(session);
        seat.source.state = SourceState::Connecting;
        changes.effects.push(seat.open(Some(session)));
        changes.effects.push(Effect::WelcomePhone {
            session,
            source: seat.source.id,
            resume: seat.resume.clone().unwrap_or(fresh),
        });
    }

    fn who_arrives(&self, device: &DeviceId, resume: Option<&Secret>) -> Arrival {
        let names = names_of(device);
        let own: Vec<&Seat> = self
            .seats
            .iter()
            .filter(|seat| device_of(seat).is_some_and(|held| names.contains(held)))
            .collect();
        let proven = |seat: &&&Seat| match (&seat.resume, resume) {
            (Some(kept), Some(given)) => same_secret(kept, given),
            _ => false,
        };
        if let Some(seat) = own.iter().find(proven) {
            return Arrival::Back {
                source: seat.source.id,
                proven: true,
            };
        }
        // A source that lost its connection evicts nobody by coming back, so the device id is enough.
        if let Some(seat) = own.iter().find(|seat| seat.session.is_none()) {
            return Arrival::Back {
                source: seat.source.id,
                proven: false,
            };
        }
        let held: Vec<&DeviceId> = own.iter().filter_map(|seat| device_of(seat)).collect();
        let free = names.iter().find(|name| !held.contains(name));
        Arrival::New(free.unwrap_or(device).clone())
    }

    /// A phone's connection is gone. The source keeps its place until the phone comes back or is removed.
    pub(crate) fn session_ended(&mut self, session: SessionId, changes: &mut Changes) {
        if let Some(seat) = self.seats.iter_mut().find(|seat| seat.session == Some(session)) {
            seat.session = None;
            seat.source.state = SourceState::Lost;
            changes.effects.push(seat.close(false));
        }
    }
}

fn device_of(seat: &Seat) -> Option<&DeviceId> {
    match &seat.source.kind {
        SourceKind::Phone { device } => Some(device),
        _ => None,
    }
}

/// The device ids under which phones that call themselves `device` are kept: its own, then `device::2`,
/// `device::3` … for others that use the same one while the first is connected.
fn names_of(device: &DeviceId) -> Vec<DeviceId> {
    let others = (2..=SLOTS).filter_map(|n| {
        let suffix = format!("::{n}");
        // Device ids are ASCII, at most 64 long; a long one gives way at its end.
        let stem: String = device.as_str().chars().take(64 - suffix.len()).collect();
        DeviceId::parse(&format!("{stem}{suffix}"))
    });
    std::iter::once(device.clone()).chain(others).collect()
}

/// Compares in a time that does not depend on where the two differ.
fn same_secret(a: &Secret, b: &Secret) -> bool {
    let (a, b) = (a.reveal().as_bytes(), b.reveal().as_bytes());
    a.len() == b.len() && !a.is_empty() && a.iter().zip(b).fold(0, |diff, (x, y)| diff | (x ^ y)) == 0
}
