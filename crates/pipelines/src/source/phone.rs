//! A phone's camera and microphone over WebRTC: the camera offers, Régie answers.
//!
//! Enters: the offer and the candidates of one connection, from any thread. Leaves: [`Signal`]s for that
//! connection, decoded pictures and sound into a mixer slot, and a failure of that slot where the pipeline breaks.
//! It knows nothing of rooms, tokens or names: who the phone is was settled before.

mod receive;

use crate::webrtc::keyframes::Requests;
use crate::webrtc::peer::{Core, Peer, Way, Wishes, reason};
use crate::webrtc::sdp::{Bitrate, PeerOffer};
use crate::{Candidate, Error, Signal, Signals, SlotInput, bus};
use gst::prelude::*;
use gstreamer as gst;
use gstreamer_webrtc::WebRTCSDPType;
use receive::Chains;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

/// What a phone's connection can be told.
#[derive(Clone, Copy, Debug)]
pub struct PhoneSettings {
    /// The jitter buffer: how long a lost packet may take to come again. Packets in order pass at once.
    pub latency: Duration,
    /// ICE and DTLS have this long to connect.
    pub connect_within: Duration,
    /// What the phone is told about its bitrate.
    pub bitrate: Bitrate,
}

impl Default for PhoneSettings {
    fn default() -> Self {
        Self {
            latency: Duration::from_millis(150),
            connect_within: Duration::from_secs(15),
            bitrate: Bitrate {
                start: 2500,
                min: 300,
                max: 4000,
            },
        }
    }
}

/// One connection of a phone. Dropping it ends it; the slot keeps its last picture.
pub struct PhoneSession {
    peer: Peer,
    slot: SlotInput,
    settings: PhoneSettings,
    keyframes: Requests,
    chains: Arc<OnceLock<Chains>>,
}

impl PhoneSession {
    /// Opens the connection's pipeline. Signals come from threads of GStreamer and must not block.
    ///
    /// # Errors
    /// Where elements are missing or do not start.
    pub fn open(slot: SlotInput, settings: PhoneSettings, signals: Signals) -> Result<Self, Error> {
        let wishes = Wishes {
            way: Way::In,
            latency: settings.latency,
            connect_within: settings.connect_within,
        };
        let peer = Peer::new(&format!("phone-{}", slot.source()), wishes, signals)?;
        let core = peer.weak();
        let keyframes = Requests::new({
            let core = core.clone();
            move || {
                if let Some(core) = core.upgrade().filter(|c| c.is_open()) {
                    receive::request(core.webrtc());
                }
            }
        });
        let chains = Arc::new(OnceLock::new());
        link_pads(peer.webrtc(), core.clone(), &chains, &keyframes);
        bus::watch(peer.pipeline(), {
            let slot = slot.clone();
            move |detail| {
                if let Some(core) = core.upgrade()
                    && core.fail(reason::PIPELINE)
                {
                    slot.failed(detail);
                }
            }
        });
        slot.on_keyframe_request({
            let keyframes = keyframes.clone();
            move || keyframes.ask()
        });
        peer.start()?;
        Ok(Self {
            peer,
            slot,
            settings,
            keyframes,
            chains,
        })
    }

    /// Takes the phone's offer; [`Signal::Answer`] follows. A description that cannot be used is an error that
    /// says why, and the session waits on. A second good one ends the session with `second_offer`.
    pub fn offer(&self, sdp: &str) -> Result<(), Error> {
        let offer = PeerOffer::parse(sdp)?;
        if !self.peer.expect(offer.fingerprint()) {
            return Ok(());
        }
        let candidates: Vec<String> = offer.candidates().map(str::to_owned).collect();
        let making = Making {
            slot: self.slot.clone(),
            keyframes: self.keyframes.clone(),
            chains: Arc::clone(&self.chains),
            bitrate: self.settings.bitrate,
        };
        let text = offer.for_webrtcbin();
        self.peer.set_remote(WebRTCSDPType::Offer, &text, move |core| {
            core.describe(WebRTCSDPType::Answer, move |core, ours| {
                making.answer(core, &offer, ours)
            });
        })?;
        for candidate in candidates {
            self.peer.candidate(&candidate);
        }
        Ok(())
    }

    /// Takes a candidate of the phone.
    pub fn candidate(&self, candidate: &Candidate) {
        self.peer.candidate(&candidate.candidate);
    }

    /// Asks the phone for a keyframe: at most one request in 500 ms goes out, whoever asks.
    pub fn request_keyframe(&self) {
        self.keyframes.ask();
    }
}

/// What is needed to finish the answer on webrtcbin's thread.
struct Making {
    slot: SlotInput,
    keyframes: Requests,
    chains: Arc<OnceLock<Chains>>,
    bitrate: Bitrate,
}

impl Making {
    /// Sends the answer to the phone, builds the decoders while ICE begins there, and gives back the local
    /// description. The answer leaves before our first candidate can.
    fn answer(self, core: &Arc<Core>, offer: &PeerOffer, ours: &str) -> Result<String, Error> {
        let answer = offer.answer(ours, self.bitrate)?;
        let (mid, line) = offer.place();
        core.belongs_to(mid.to_owned(), line);
        core.signal(Signal::Answer(answer.peer));
        let chains = Chains::build(core.pipeline(), offer.codec(), &self.slot, &self.keyframes)?;
        // There is one offer, so this is the first time.
        let _ = self.chains.set(chains);
        Ok(answer.local)
    }
}

fn link_pads(webrtc: &gst::Element, core: Weak<Core>, chains: &Arc<OnceLock<Chains>>, keyframes: &Requests) {
    let chains = Arc::downgrade(chains);
    let keyframes = keyframes.clone();
    webrtc.connect_pad_added(move |_, pad| {
        if pad.direction() != gst::PadDirection::Src {
            return;
        }
        let chains = chains.upgrade();
        if let Some(chains) = chains.as_ref().and_then(|c| c.get()) {
            chains.link(pad, core.clone(), keyframes.clone());
        }
    });
}
