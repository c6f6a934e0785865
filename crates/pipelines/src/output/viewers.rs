//! The audience: program encoded once, sent to every viewer over WebRTC. Régie offers, the viewer answers.
//!
//! Enters: the encoded taps of [`Program`], answers and candidates of viewers. Leaves: [`Signal`]s, packets. A slow
//! viewer drops and begins again at a keyframe; it never holds the others up. What viewers ask for reaches only the
//! encoder, gathered.

mod fan;
mod packets;
mod seat;

use crate::output::program::Program;
use crate::webrtc::peer::{Peer, Way, Wishes, reason};
use crate::webrtc::sdp::PeerAnswer;
use crate::{Candidate, Error, Signal, Signals, bus};
use fan::Fan;
use gstreamer_webrtc::WebRTCSDPType;
use parking_lot::Mutex;
use regie_model::SessionId;
use seat::Seat;
use std::sync::Arc;
use std::time::Duration;

const WISHES: Wishes = Wishes {
    way: Way::Out,
    latency: Duration::ZERO,
    connect_within: Duration::from_secs(15),
};

/// The fan-out of the program.
pub struct Viewers {
    fan: Arc<Fan>,
}

impl Viewers {
    /// Starts the payloaders; the program's taps are listened to from the first viewer to the last.
    pub fn start(program: &Program) -> Result<Self, Error> {
        crate::webrtc::warm::warm();
        Ok(Self {
            fan: Fan::start(program)?,
        })
    }

    /// Opens a viewer's connection; [`Signal::Offer`] follows. Signals come from threads of GStreamer and must
    /// not block.
    pub fn join(&self, session: SessionId, signals: Signals) -> Result<ViewerSession, Error> {
        let peer = Peer::new(&format!("viewer-{session}"), WISHES, signals)?;
        let seat = Arc::new(Seat::build(&peer, &self.fan)?);
        let core = peer.weak();
        bus::watch(peer.pipeline(), {
            let core = core.clone();
            move |detail| {
                if let Some(core) = core.upgrade() {
                    tracing::warn!(%session, detail, "a viewer's pipeline failed");
                    core.fail(reason::PIPELINE);
                }
            }
        });
        peer.on_open({
            let fan = Arc::downgrade(&self.fan);
            move || {
                if let Some(fan) = fan.upgrade() {
                    fan.ask_keyframe();
                }
            }
        });
        peer.start()?;
        self.fan.seat(Arc::clone(&seat));
        let viewer = ViewerSession {
            peer,
            seat,
            fan: Arc::clone(&self.fan),
            offer: Arc::default(),
        };
        viewer.make_offer();
        Ok(viewer)
    }

    /// How many connections are open or opening.
    pub fn count(&self) -> usize {
        self.fan.taken()
    }
}

/// One viewer's connection. Dropping it ends it.
pub struct ViewerSession {
    peer: Peer,
    seat: Arc<Seat>,
    fan: Arc<Fan>,
    /// What the viewer was offered, to hold its answer against.
    offer: Arc<Mutex<Option<String>>>,
}

impl ViewerSession {
    fn make_offer(&self) {
        let Some(core) = self.peer.weak().upgrade() else {
            return;
        };
        let offer = Arc::clone(&self.offer);
        core.describe(WebRTCSDPType::Offer, move |core, text| {
            core.belongs_to(first_mid(text), 0);
            *offer.lock() = Some(text.to_owned());
            core.signal(Signal::Offer(text.to_owned()));
            Ok(text.to_owned())
        });
    }

    /// Takes the viewer's answer. One that cannot be used is an error that says why, and the session waits on; a
    /// second good one ends it.
    pub fn answer(&self, sdp: &str) -> Result<(), Error> {
        let offer = self.offer.lock().clone().ok_or(Error::Session("offer yet"))?;
        let answer = PeerAnswer::parse(sdp, &offer)?;
        if !self.peer.expect(answer.fingerprint()) {
            return Ok(());
        }
        self.peer
            .set_remote(WebRTCSDPType::Answer, &answer.for_webrtcbin(), |_| {})?;
        for candidate in answer.candidates() {
            self.peer.candidate(candidate);
        }
        Ok(())
    }

    /// Takes a candidate of the viewer.
    pub fn candidate(&self, candidate: &Candidate) {
        self.peer.candidate(&candidate.candidate);
    }

    /// How often this viewer was behind and began again at a keyframe.
    pub fn dropped(&self) -> u64 {
        self.seat.dropped()
    }
}

impl Drop for ViewerSession {
    fn drop(&mut self) {
        self.fan.leave(&self.seat);
    }
}

/// The mid of the first section of our own offer.
fn first_mid(offer: &str) -> String {
    let mid = offer
        .lines()
        .find_map(|line| line.trim_end().strip_prefix("a=mid:"));
    mid.unwrap_or("0").to_owned()
}
