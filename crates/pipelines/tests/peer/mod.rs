//! The other end: a camera and a viewer made of webrtcbin, standing in for browsers.
#![allow(dead_code, clippy::unwrap_used)]

use gst::glib;
use gst::prelude::*;
use gstreamer as gst;
use gstreamer_app as gst_app;
use gstreamer_sdp as gst_sdp;
use gstreamer_video as gst_video;
use gstreamer_webrtc as gst_webrtc;
use regie_pipelines::{Candidate, Signal, Signals};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

/// What a session of ours said, in order.
pub struct Heard {
    receive: mpsc::Receiver<Signal>,
    /// Candidates that came before somebody asked for them.
    candidates: Vec<Candidate>,
}

/// A pair to hand to a session and to listen at.
pub fn signals() -> (Signals, Heard) {
    let (send, receive) = mpsc::channel();
    let signals: Signals = Arc::new(move |signal| {
        let _ = send.send(signal);
    });
    let heard = Heard {
        receive,
        candidates: Vec::new(),
    };
    (signals, heard)
}

impl Heard {
    /// The next signal that is no candidate.
    pub fn next(&mut self) -> Signal {
        self.within(Duration::from_secs(20)).expect("no signal came")
    }

    /// As [`Self::next`], or `None` when the time is over.
    pub fn within(&mut self, time: Duration) -> Option<Signal> {
        let end = Instant::now() + time;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.receive.recv_timeout(left).ok()? {
                Signal::Candidate(candidate) => self.candidates.push(candidate),
                signal => return Some(signal),
            }
        }
    }

    /// The candidates so far.
    pub fn candidates(&mut self) -> Vec<Candidate> {
        while let Ok(signal) = self.receive.try_recv() {
            if let Signal::Candidate(candidate) = signal {
                self.candidates.push(candidate);
            }
        }
        std::mem::take(&mut self.candidates)
    }
}

/// One end of a connection.
pub struct Peer {
    pub pipeline: gst::Pipeline,
    webrtc: gst::Element,
    candidates: mpsc::Receiver<String>,
    /// Decoded pictures, for a viewer.
    pub pictures: Arc<AtomicU64>,
    /// Decoded blocks of sound, for a viewer.
    pub sounds: Arc<AtomicU64>,
    /// RTP packets that came in, decoded or not.
    pub packets: Arc<AtomicU64>,
    /// Keyframes among the pictures that came in, for a viewer; keyframe requests that came in, for a camera.
    pub keyframes: Arc<AtomicU64>,
}

/// A camera that shows one colour and beeps. `codec` is `H264` or `VP8`.
pub fn camera(codec: &str, pattern: &str) -> Peer {
    gst::init().unwrap();
    let encode = match codec {
        "H264" => {
            "x264enc tune=zerolatency speed-preset=ultrafast bitrate=800 key-int-max=300 \
             ! video/x-h264,profile=constrained-baseline ! rtph264pay config-interval=-1 pt=102 \
             aggregate-mode=zero-latency ! application/x-rtp,media=video,encoding-name=H264,payload=102,\
             clock-rate=90000"
        }
        _ => {
            "vp8enc deadline=1 cpu-used=8 target-bitrate=800000 keyframe-max-dist=300 ! rtpvp8pay pt=96 \
             ! application/x-rtp,media=video,encoding-name=VP8,payload=96,clock-rate=90000"
        }
    };
    let text = format!(
        "videotestsrc is-live=true pattern={pattern} ! video/x-raw,width=320,height=180,framerate=30/1 \
         ! videoconvert ! {encode} ! webrtc. \
         audiotestsrc is-live=true wave=sine ! audio/x-raw,rate=48000,channels=2 ! opusenc ! rtpopuspay pt=111 \
         ! application/x-rtp,media=audio,encoding-name=OPUS,payload=111,clock-rate=48000 ! webrtc. \
         webrtcbin name=webrtc bundle-policy=max-bundle"
    );
    let pipeline = gst::parse::launch(&text)
        .unwrap()
        .downcast::<gst::Pipeline>()
        .unwrap();
    let peer = Peer::new(pipeline);
    for pad in peer.webrtc.sink_pads() {
        let transceiver: glib::Object = pad.property("transceiver");
        transceiver.set_property("do-nack", true);
        let asked = peer.keyframes.clone();
        let pad = pad.peer().unwrap();
        pad.add_probe(gst::PadProbeType::EVENT_UPSTREAM, move |_, info| {
            let event = info.event().unwrap();
            if gst_video::UpstreamForceKeyUnitEvent::parse(event).is_ok() {
                asked.fetch_add(1, Ordering::SeqCst);
            }
            gst::PadProbeReturn::Ok
        });
    }
    peer
}

/// A viewer that decodes what it gets.
pub fn viewer() -> Peer {
    gst::init().unwrap();
    let pipeline = gst::Pipeline::new();
    let webrtc = gst::ElementFactory::make("webrtcbin")
        .name("webrtc")
        .property_from_str("bundle-policy", "max-bundle")
        .property("latency", 50u32)
        .build()
        .unwrap();
    pipeline.add(&webrtc).unwrap();
    let peer = Peer::new(pipeline);
    let weak = peer.pipeline.downgrade();
    let (pictures, sounds, packets) = (peer.pictures.clone(), peer.sounds.clone(), peer.packets.clone());
    let keyframes = peer.keyframes.clone();
    peer.webrtc.connect_pad_added(move |_, pad| {
        let Some(pipeline) = weak.upgrade() else { return };
        let packets = packets.clone();
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
            packets.fetch_add(1, Ordering::SeqCst);
            gst::PadProbeReturn::Ok
        });
        let caps = pad.current_caps().unwrap();
        let video = caps.structure(0).unwrap().get::<&str>("media").unwrap() == "video";
        let (text, count) = match video {
            true => ("rtph264depay ! h264parse name=parse ! avdec_h264", &pictures),
            false => ("rtpopusdepay ! opusdec", &sounds),
        };
        let bin = gst::parse::bin_from_description(
            &format!("{text} ! appsink name=sink sync=false async=false"),
            true,
        )
        .unwrap();
        let sink = bin
            .by_name("sink")
            .unwrap()
            .downcast::<gst_app::AppSink>()
            .unwrap();
        let count = count.clone();
        sink.set_callbacks(
            gst_app::AppSinkCallbacks::builder()
                .new_sample(move |sink| {
                    sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                    count.fetch_add(1, Ordering::SeqCst);
                    Ok(gst::FlowSuccess::Ok)
                })
                .build(),
        );
        if video {
            let keyframes = keyframes.clone();
            let parse = bin.by_name("parse").unwrap().static_pad("src").unwrap();
            parse.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
                let flags = info.buffer().unwrap().flags();
                if !flags.contains(gst::BufferFlags::DELTA_UNIT) {
                    keyframes.fetch_add(1, Ordering::SeqCst);
                }
                gst::PadProbeReturn::Ok
            });
        }
        pipeline.add(&bin).unwrap();
        bin.sync_state_with_parent().unwrap();
        pad.link(&bin.static_pad("sink").unwrap()).unwrap();
    });
    peer
}

impl Peer {
    fn new(pipeline: gst::Pipeline) -> Self {
        let webrtc = pipeline.by_name("webrtc").unwrap();
        let (send, candidates) = mpsc::channel();
        webrtc.connect("on-ice-candidate", false, move |values| {
            let _ = send.send(values[2].get::<String>().unwrap());
            None
        });
        Self {
            pipeline,
            webrtc,
            candidates,
            pictures: Arc::default(),
            sounds: Arc::default(),
            packets: Arc::default(),
            keyframes: Arc::default(),
        }
    }

    /// Starts, and makes an offer once both pads have their caps.
    pub fn offer(&self) -> String {
        let (send, receive) = mpsc::channel();
        self.webrtc.connect("on-negotiation-needed", false, move |_| {
            let _ = send.send(());
            None
        });
        self.pipeline.set_state(gst::State::Playing).unwrap();
        receive
            .recv_timeout(Duration::from_secs(10))
            .expect("nothing to negotiate");
        let description = self.describe("create-offer", "offer");
        self.set("set-local-description", &description);
        description.sdp().as_text().unwrap()
    }

    /// Takes an answer.
    pub fn answered(&self, sdp: &str) {
        self.set(
            "set-remote-description",
            &parse(gst_webrtc::WebRTCSDPType::Answer, sdp),
        );
    }

    /// Starts, takes an offer and answers it.
    pub fn answer(&self, offer: &str) -> String {
        self.pipeline.set_state(gst::State::Playing).unwrap();
        self.set(
            "set-remote-description",
            &parse(gst_webrtc::WebRTCSDPType::Offer, offer),
        );
        let description = self.describe("create-answer", "answer");
        self.set("set-local-description", &description);
        description.sdp().as_text().unwrap()
    }

    /// Loses one in `every` packets on their way out from now on, always the same ones; gives the count of pictures
    /// sent meanwhile.
    pub fn lose(&self, every: u64) -> Arc<AtomicU64> {
        let sent = Arc::new(AtomicU64::new(0));
        for element in self.pipeline.iterate_recurse().into_iter().flatten() {
            let Some(factory) = element.factory().map(|f| f.name()) else {
                continue;
            };
            if factory == "nicesink" {
                let count = AtomicU64::new(0);
                let pad = element.static_pad("sink").unwrap();
                let kinds = gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST;
                pad.add_probe(kinds, move |_, _| {
                    match count.fetch_add(1, Ordering::SeqCst) % every == every / 2 {
                        true => gst::PadProbeReturn::Handled,
                        false => gst::PadProbeReturn::Ok,
                    }
                });
            } else if factory == "x264enc" || factory == "vp8enc" {
                let sent = sent.clone();
                let pad = element.static_pad("src").unwrap();
                pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
                    sent.fetch_add(1, Ordering::SeqCst);
                    gst::PadProbeReturn::Ok
                });
            }
        }
        sent
    }

    /// Asks the other end for a keyframe (PLI).
    pub fn ask_keyframe(&self) {
        for pad in self.webrtc.src_pads() {
            let caps = pad.current_caps().unwrap();
            if caps.structure(0).unwrap().get::<&str>("media").unwrap() == "video" {
                pad.send_event(gst_video::UpstreamForceKeyUnitEvent::builder().build());
            }
        }
    }

    /// Takes candidates of the other end.
    pub fn take(&self, candidates: impl IntoIterator<Item = Candidate>) {
        for candidate in candidates {
            self.webrtc
                .emit_by_name::<()>("add-ice-candidate", &[&candidate.line, &candidate.candidate]);
        }
    }

    /// Its own candidates so far, after the first has come.
    pub fn candidates(&self) -> Vec<Candidate> {
        let first = self.candidates.recv_timeout(Duration::from_secs(5)).ok();
        first
            .into_iter()
            .chain(self.candidates.try_iter())
            .map(|candidate| Candidate {
                candidate,
                mid: None,
                line: 0,
            })
            .collect()
    }

    fn describe(&self, signal: &str, field: &str) -> gst_webrtc::WebRTCSessionDescription {
        let promise = gst::Promise::new();
        self.webrtc
            .emit_by_name::<()>(signal, &[&None::<gst::Structure>, &promise]);
        promise.wait();
        let reply = promise.get_reply().expect("a reply");
        reply
            .get::<gst_webrtc::WebRTCSessionDescription>(field)
            .expect("a description")
    }

    fn set(&self, signal: &str, description: &gst_webrtc::WebRTCSessionDescription) {
        let promise = gst::Promise::new();
        self.webrtc.emit_by_name::<()>(signal, &[description, &promise]);
        promise.wait();
        let error = promise
            .get_reply()
            .and_then(|r| r.get::<glib::Error>("error").ok());
        assert!(error.is_none(), "{signal}: {error:?}");
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let bus = self.pipeline.bus().unwrap();
        bus.set_flushing(true);
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

fn parse(kind: gst_webrtc::WebRTCSDPType, text: &str) -> gst_webrtc::WebRTCSessionDescription {
    let sdp = gst_sdp::SDPMessage::parse_buffer(text.as_bytes()).unwrap();
    gst_webrtc::WebRTCSessionDescription::new(kind, sdp)
}

/// Waits until `what` holds.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The same description with another certificate's fingerprint.
pub fn forged(sdp: &str) -> String {
    let line = sdp
        .lines()
        .find(|l| l.starts_with("a=fingerprint:sha-256 "))
        .unwrap();
    let (head, last) = line.split_at(line.len() - 2);
    let other = if last == "00" { "01" } else { "00" };
    sdp.replace(line, &format!("{head}{other}"))
}
