//! One peer connection: a pipeline with one webrtcbin that is negotiated once and never again.
//!
//! Enters: descriptions and candidates of the peer, from any thread. Leaves: [`Signal`]s, from webrtcbin's own
//! thread or a streaming thread. Nothing here blocks; the pipeline goes to NULL on the reaper's thread.
//! It deliberately does not know what media it carries: the phone source and the viewer output do.

use super::candidate::{self, Read};
use super::fingerprint::Fingerprint;
use super::timer::Timer;
use super::tuning;
use crate::{Candidate, Error, Signal, Signals, bus, clock};
use gst::glib;
use gst::prelude::*;
use gstreamer as gst;
use gstreamer_sdp as gst_sdp;
use gstreamer_webrtc as gst_webrtc;
use parking_lot::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

/// How a connection is set up.
#[derive(Clone, Copy, Debug)]
pub struct Wishes {
    /// Whether media comes in here or goes out.
    pub way: Way,
    /// The jitter buffer: how long a lost packet may take to come again.
    pub latency: Duration,
    /// ICE and DTLS have this long to connect.
    pub connect_within: Duration,
}

/// Which way media goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the peer.
    In,
    /// To the peer.
    Out,
}

/// The reasons of [`Signal::Failed`] that a page or an operator can act on.
pub mod reason {
    /// The peer showed another certificate than it was signalled with.
    pub const FINGERPRINT: &str = "fingerprint";
    /// ICE or DTLS did not connect in time.
    pub const TIMEOUT: &str = "timeout";
    /// A second offer or answer came; a new session is needed instead.
    pub const SECOND_OFFER: &str = "second_offer";
    /// The connection was there and is lost.
    pub const LOST: &str = "lost";
    /// webrtcbin refused a description.
    pub const REFUSED: &str = "refused";
    /// The pipeline failed.
    pub const PIPELINE: &str = "pipeline";
}

/// One peer connection. Dropping it ends it.
pub struct Peer {
    core: Arc<Core>,
}

/// What callbacks hold weakly.
pub struct Core {
    pipeline: gst::Pipeline,
    webrtc: gst::Element,
    connect_within: Duration,
    signals: Signals,
    state: Mutex<State>,
    /// Whether media may pass: the certificate was compared and the session has not ended.
    open: AtomicBool,
    candidates: AtomicU32,
    on_open: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

struct State {
    life: Life,
    timeout: Option<Timer>,
    /// The section that our candidates belong to, in the peer's numbering.
    place: (String, u32),
}

/// The life of a connection.
enum Life {
    /// No description of the peer yet.
    Waiting,
    /// The peer is known; it must show this certificate.
    Negotiating(Fingerprint),
    /// It did.
    Open,
    /// The session is over, whoever ended it.
    Ended,
}

impl Peer {
    /// Makes the pipeline.
    ///
    /// # Errors
    /// Where elements are missing.
    pub fn new(name: &str, wishes: Wishes, signals: Signals) -> Result<Self, Error> {
        let pipeline = gst::Pipeline::with_name(name);
        // It has no STUN or TURN server unless given one, and is given none: nothing leaves the LAN.
        let webrtc = gst::ElementFactory::make("webrtcbin")
            .name("webrtc")
            .property_from_str("bundle-policy", "max-bundle")
            .property("latency", wishes.latency.as_millis().min(2000) as u32)
            .build()?;
        tuning::quiet_ice(&webrtc);
        tuning::anonymous(&webrtc);
        pipeline.add(&webrtc)?;
        clock::join(&pipeline);

        let core = Arc::new(Core {
            pipeline,
            webrtc,
            connect_within: wishes.connect_within,
            signals,
            state: Mutex::new(State {
                life: Life::Waiting,
                timeout: None,
                place: ("0".into(), 0),
            }),
            open: AtomicBool::new(false),
            candidates: AtomicU32::new(0),
            on_open: OnceLock::new(),
        });
        core.listen(wishes.way);
        Ok(Self { core })
    }

    /// The pipeline, to add elements to before [`Self::start`].
    pub fn pipeline(&self) -> &gst::Pipeline {
        &self.core.pipeline
    }

    /// The webrtcbin.
    pub fn webrtc(&self) -> &gst::Element {
        &self.core.webrtc
    }

    /// For gates and callbacks; upgrading fails once the session was dropped.
    pub fn weak(&self) -> Weak<Core> {
        Arc::downgrade(&self.core)
    }

    /// Calls this once, when the certificate was verified. From a thread of webrtcbin.
    pub fn on_open(&self, then: impl Fn() + Send + Sync + 'static) {
        // The second caller would be a mistake of ours; the first one stays.
        let _ = self.core.on_open.set(Box::new(then));
    }

    /// Starts the pipeline, and the time within which the peer must answer.
    pub fn start(&self) -> Result<(), Error> {
        self.core.pipeline.set_state(gst::State::Playing)?;
        self.core.give_time();
        Ok(())
    }

    /// The peer's description is about to be set: it must show this certificate. Says whether it is the first;
    /// a second one ends the session, since webrtcbin must never be renegotiated.
    pub fn expect(&self, fingerprint: Fingerprint) -> bool {
        {
            let mut state = self.core.state.lock();
            match state.life {
                Life::Waiting => {
                    state.life = Life::Negotiating(fingerprint);
                    drop(state);
                    // ICE and DTLS get the whole time, however long the description took to come.
                    self.core.give_time();
                    return true;
                }
                Life::Ended => return false,
                Life::Negotiating(_) | Life::Open => {}
            }
        }
        self.core.fail(reason::SECOND_OFFER);
        false
    }

    /// Gives the peer's description to webrtcbin, then calls `then` on webrtcbin's thread.
    pub fn set_remote(
        &self,
        kind: gst_webrtc::WebRTCSDPType,
        sdp: &str,
        then: impl FnOnce(Arc<Core>) + Send + 'static,
    ) -> Result<(), Error> {
        let description = description(kind, sdp)?;
        let weak = self.weak();
        let promise = gst::Promise::with_change_func(move |reply| {
            let Some(core) = weak.upgrade() else { return };
            match refusal(reply) {
                None => then(core),
                Some(why) => core.refuse("the peer's description", &why),
            }
        });
        let webrtc = &self.core.webrtc;
        webrtc.emit_by_name::<()>("set-remote-description", &[&description, &promise]);
        Ok(())
    }

    /// Takes a candidate of the peer. Those that mean nothing on a LAN are dropped, and so are those above
    /// [`candidate::CANDIDATES_MAX`].
    pub fn candidate(&self, text: &str) {
        match candidate::read(text, candidate::on_lan) {
            Read::Use(text) => {
                if self.core.candidates.fetch_add(1, Ordering::Relaxed) < candidate::CANDIDATES_MAX {
                    // Everything is bundled: there is one transport, and it is the first section's.
                    let webrtc = &self.core.webrtc;
                    webrtc.emit_by_name::<()>("add-ice-candidate", &[&0u32, &text]);
                }
            }
            Read::End => {}
            Read::Drop(why) => tracing::debug!(why, "candidate dropped"),
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.core.end();
    }
}

impl Core {
    /// The webrtcbin.
    pub fn webrtc(&self) -> &gst::Element {
        &self.webrtc
    }

    /// Whether media may pass. Looks the certificate up if that has not happened: the first packet may overtake
    /// the news that the connection stands.
    pub fn may_pass(&self) -> bool {
        self.open.load(Ordering::Acquire) || self.verify()
    }

    /// Whether the certificate was verified and the session has not ended.
    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    /// The pipeline, to add decoders to.
    pub fn pipeline(&self) -> &gst::Pipeline {
        &self.pipeline
    }

    /// Our candidates belong to the section with this mid, at this place in the description that both ends know.
    pub fn belongs_to(&self, mid: String, line: u32) {
        self.state.lock().place = (mid, line);
    }

    /// Sends a signal to the one who opened the session.
    pub fn signal(&self, signal: Signal) {
        (self.signals)(signal);
    }

    /// Asks webrtcbin for its description, calls `finish` with it on webrtcbin's thread and sets what that
    /// returns as the local description. `what` is `create-offer` or `create-answer`.
    pub fn describe(
        self: &Arc<Self>,
        kind: gst_webrtc::WebRTCSDPType,
        finish: impl FnOnce(&Arc<Core>, &str) -> Result<String, Error> + Send + 'static,
    ) {
        let (signal, field) = match kind {
            gst_webrtc::WebRTCSDPType::Offer => ("create-offer", "offer"),
            _ => ("create-answer", "answer"),
        };
        let weak = Arc::downgrade(self);
        let promise = gst::Promise::with_change_func(move |reply| {
            let Some(core) = weak.upgrade() else { return };
            let made = match &reply {
                Ok(Some(reply)) => reply.get::<gst_webrtc::WebRTCSessionDescription>(field).ok(),
                _ => None,
            };
            let Some(text) = made.and_then(|d| d.sdp().as_text().ok()) else {
                let why = refusal(reply).unwrap_or_else(|| "no description".into());
                return core.refuse("our description", &why);
            };
            let local = finish(&core, &text).and_then(|text| description(kind, &text));
            match local {
                Ok(description) => core.set_local(&description),
                Err(error) => core.refuse("our description", &error.to_string()),
            }
        });
        self.webrtc
            .emit_by_name::<()>(signal, &[&None::<gst::Structure>, &promise]);
    }

    fn give_time(self: &Arc<Self>) {
        let weak = Arc::downgrade(self);
        let timeout = Timer::after(self.connect_within, move || {
            if let Some(core) = weak.upgrade() {
                core.fail(reason::TIMEOUT);
            }
        });
        let mut state = self.state.lock();
        if matches!(state.life, Life::Waiting | Life::Negotiating(_)) {
            state.timeout = Some(timeout);
        }
    }

    fn set_local(self: &Arc<Self>, description: &gst_webrtc::WebRTCSessionDescription) {
        let weak = Arc::downgrade(self);
        let promise = gst::Promise::with_change_func(move |reply| {
            if let (Some(core), Some(why)) = (weak.upgrade(), refusal(reply)) {
                core.refuse("our description", &why);
            }
        });
        self.webrtc
            .emit_by_name::<()>("set-local-description", &[description, &promise]);
    }

    /// Ends the session and says why, once. Whether it was this call that ended it.
    pub fn fail(&self, why: &str) -> bool {
        let ended = self.end();
        if ended {
            tracing::info!(session = %self.pipeline.name(), why, "session failed");
            (self.signals)(Signal::Failed(why.to_owned()));
        }
        ended
    }

    fn refuse(&self, what: &str, why: &str) {
        tracing::warn!(what, why, "webrtcbin refused a description");
        self.fail(reason::REFUSED);
    }

    /// Says whether this call was the one that ended it. Callable from any thread, streaming threads included:
    /// the pipeline is only handed to the reaper.
    fn end(&self) -> bool {
        {
            let mut state = self.state.lock();
            if matches!(state.life, Life::Ended) {
                return false;
            }
            state.life = Life::Ended;
            state.timeout = None;
            self.open.store(false, Ordering::Release);
        }
        bus::retire(&self.pipeline);
        true
    }

    fn listen(self: &Arc<Self>, way: Way) {
        let weak = Arc::downgrade(self);
        self.webrtc.connect("on-ice-candidate", false, move |values| {
            let core = weak.upgrade()?;
            let text = values.get(2)?.get::<String>().ok()?;
            core.own_candidate(text);
            None
        });
        let weak = Arc::downgrade(self);
        self.webrtc
            .connect_notify(Some("connection-state"), move |webrtc, _| {
                if let Some(core) = weak.upgrade() {
                    core.connection(webrtc.property("connection-state"));
                }
            });
        self.webrtc.connect("on-new-transceiver", false, |values| {
            let transceiver = values.get(1)?.get::<glib::Object>().ok()?;
            // On every transceiver of the bundle: with one left out, losses on the others went unrepaired too.
            transceiver.set_property("do-nack", true);
            None
        });
        if let Some(bin) = self.webrtc.downcast_ref::<gst::Bin>() {
            bin.connect_deep_element_added(move |_, _, element| tuning::tune(element, way));
        }
    }

    fn own_candidate(&self, text: String) {
        if candidate::worth_sending(&text) {
            let (mid, line) = self.state.lock().place.clone();
            (self.signals)(Signal::Candidate(Candidate {
                candidate: text,
                mid: Some(mid),
                line,
            }));
        }
    }

    fn connection(&self, state: gst_webrtc::WebRTCPeerConnectionState) {
        use gst_webrtc::WebRTCPeerConnectionState as Is;
        match state {
            // Connected, and yet no certificate to be seen: nothing to trust. An ended session fails no more.
            Is::Connected if !self.verify() => {
                self.fail(reason::FINGERPRINT);
            }
            Is::Failed | Is::Closed => {
                self.fail(reason::LOST);
            }
            _ => {}
        }
    }

    /// Compares the certificate that the peer showed with the one it was signalled with (RFC 8827 section 6.5).
    /// webrtcbin before 1.28.5 does not.
    fn verify(&self) -> bool {
        let Some(shown) = self.certificate() else {
            return false;
        };
        {
            let mut state = self.state.lock();
            match &state.life {
                Life::Negotiating(expected) if *expected == shown => {
                    state.life = Life::Open;
                    state.timeout = None;
                    self.open.store(true, Ordering::Release);
                }
                Life::Negotiating(_) => {
                    drop(state);
                    self.fail(reason::FINGERPRINT);
                    return false;
                }
                Life::Open => return true,
                Life::Waiting | Life::Ended => return false,
            }
        }
        (self.signals)(Signal::Connected);
        if let Some(then) = self.on_open.get() {
            then();
        }
        true
    }

    /// The SHA-256 of the certificate shown on the bundle's one transport.
    fn certificate(&self) -> Option<Fingerprint> {
        let first = self
            .webrtc
            .emit_by_name::<Option<gst_webrtc::WebRTCRTPTransceiver>>("get-transceiver", &[&0i32])?;
        let receiving = || first.receiver().and_then(|r| r.transport());
        let transport = receiving().or_else(|| first.sender().and_then(|s| s.transport()))?;
        Fingerprint::of_pem(&transport.remote_certificate()?)
    }
}

/// Parses a text of our own writing for webrtcbin.
fn description(
    kind: gst_webrtc::WebRTCSDPType,
    text: &str,
) -> Result<gst_webrtc::WebRTCSessionDescription, Error> {
    let message = gst_sdp::SDPMessage::parse_buffer(text.as_bytes())?;
    Ok(gst_webrtc::WebRTCSessionDescription::new(kind, message))
}

/// What a promise's reply complains of.
fn refusal(reply: Result<Option<&gst::StructureRef>, gst::PromiseError>) -> Option<String> {
    match reply {
        Ok(None) => None,
        Ok(Some(reply)) => reply.get::<glib::Error>("error").ok().map(|e| e.to_string()),
        Err(error) => Some(format!("{error:?}")),
    }
}

#[cfg(test)]
mod tests;
