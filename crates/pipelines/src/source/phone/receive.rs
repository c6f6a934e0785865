//! From webrtcbin's pads to decoded pictures and sound.
//!
//! ```text
//! pad ─▶ depay ─▶ parse ─▶ [encoded access units] ─▶ decode ─▶ decoded (mixer slot)
//! ```
//! What a probe keeps back it has `Handled`: after `Drop`, GStreamer 1.22 lets go of what the bindings have let go
//! of already.
//!
//! The chains are made before the media comes, so that the first packet only has to link a pad. The pad after
//! `parse` carries whole access units as received: that is where a recorder of this camera listens.

use crate::source::decoded;
use crate::webrtc::keyframes::Requests;
use crate::webrtc::peer::Core;
use crate::webrtc::sdp::VideoCodec;
use crate::{Error, SlotInput};
use gst::prelude::*;
use gstreamer as gst;
use gstreamer_video as gst_video;
use parking_lot::Mutex;
use std::sync::Weak;

/// Where webrtcbin's pads are linked to.
pub struct Chains {
    video: gst::Pad,
    audio: Option<gst::Pad>,
    /// Held while a pad is linked: two pads of one kind may come at the same moment.
    linking: Mutex<()>,
}

impl Chains {
    /// Builds the decoders of one phone into its pipeline.
    pub fn build(
        pipeline: &gst::Pipeline,
        codec: VideoCodec,
        slot: &SlotInput,
        keyframes: &Requests,
    ) -> Result<Self, Error> {
        let video = video(codec)?;
        let encoded = video[1].static_pad("src");
        let head = chain(pipeline, &video, &decoded::video(pipeline, slot)?)?;
        if let Some(pad) = encoded {
            let keyframes = keyframes.clone();
            pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
                if let Some(buffer) = info.buffer()
                    && !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT)
                {
                    keyframes.came();
                }
                gst::PadProbeReturn::Ok
            });
        }
        let audio = chain(pipeline, &audio()?, &decoded::audio(pipeline, slot)?)?;
        Ok(Self {
            video: head,
            audio: Some(audio),
            linking: Mutex::new(()),
        })
    }

    /// Takes a new pad of webrtcbin. Nothing passes it before the peer's certificate was verified.
    pub fn link(&self, pad: &gst::Pad, core: Weak<Core>, keyframes: Requests) {
        gate(pad, core);
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let media = caps.structure(0).and_then(|s| s.get::<String>("media").ok());
        let sink = match media.as_deref() {
            Some("video") => Some(&self.video),
            Some("audio") => self.audio.as_ref(),
            _ => None,
        };
        let _held = self.linking.lock();
        if let Some(sink) = sink {
            // The sender began again under another SSRC: the newer stream is the live one.
            if let Some(old) = sink.peer() {
                swallow(&old);
                let _ = old.unlink(sink);
            }
            if media.as_deref() == Some("video") {
                gather(pad, keyframes);
            }
            if pad.link(sink).is_ok() {
                return;
            }
        }
        tracing::warn!(%caps, "a stream of the phone is not used");
        swallow(pad);
    }
}

/// The elements of one codec, the second of them putting out whole access units.
fn video(codec: VideoCodec) -> Result<Vec<gst::Element>, Error> {
    let make = gst::ElementFactory::make;
    let elements = match codec {
        VideoCodec::H264 => [
            make("rtph264depay"),
            make("h264parse"),
            // One thread: a frame thread more would be a frame of delay more.
            make("avdec_h264")
                .property("max-threads", 1i32)
                .property("output-corrupt", false),
        ],
        VideoCodec::Vp8 => [
            make("rtpvp8depay"),
            make("identity").property("silent", true),
            make("vp8dec").property("threads", 1u32),
        ],
    };
    let elements: Result<Vec<_>, _> = elements.into_iter().map(|e| e.build()).collect();
    let elements = elements?;
    elements[0].set_property("request-keyframe", true);
    elements[0].set_property("wait-for-keyframe", true);
    patient(&elements[2]);
    elements[2].set_property("qos", false);
    elements[2].set_property("automatic-request-sync-points", true);
    Ok(elements)
}

fn audio() -> Result<Vec<gst::Element>, Error> {
    let make = gst::ElementFactory::make;
    let decoder = make("opusdec")
        .property("plc", true)
        .property("use-inband-fec", true)
        .build()?;
    patient(&decoder);
    Ok(vec![
        make("rtpopusdepay").build()?,
        make("opusparse").build()?,
        decoder,
    ])
}

/// A decoder that meets damage asks for a keyframe and goes on; it never ends the pipeline.
fn patient(decoder: &gst::Element) {
    decoder.set_property("max-errors", -1i32);
}

/// Adds a chain in front of `end`, which stands in the pipeline already, links and starts it; gives the pad it
/// begins with.
fn chain(pipeline: &gst::Pipeline, elements: &[gst::Element], end: &gst::Element) -> Result<gst::Pad, Error> {
    pipeline.add_many(elements)?;
    gst::Element::link_many(elements.iter().chain([end]))?;
    // From the end, so that nothing is pushed into what does not run yet.
    for element in elements.iter().rev() {
        element.sync_state_with_parent()?;
    }
    let head = elements.first().and_then(|e| e.static_pad("sink"));
    head.ok_or(Error::Session("sink pad"))
}

/// Drops everything until the peer is known to be the one that was signalled with, and once the session ended.
fn gate(pad: &gst::Pad, core: Weak<Core>) {
    let kinds = gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST;
    pad.add_probe(kinds, move |_, _| match core.upgrade() {
        Some(core) if core.may_pass() => gst::PadProbeReturn::Ok,
        _ => gst::PadProbeReturn::Handled,
    });
}

/// Lets a pad run into nothing: an unlinked pad would stop all of webrtcbin.
fn swallow(pad: &gst::Pad) {
    let kinds = gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST;
    pad.add_probe(kinds, |_, _| gst::PadProbeReturn::Handled);
}

/// Sends every keyframe request that goes up to the phone through the one place that gathers them.
fn gather(pad: &gst::Pad, keyframes: Requests) {
    pad.add_probe(gst::PadProbeType::EVENT_UPSTREAM, move |_, info| {
        let asked = info.event().is_some_and(|event| {
            let gathered = event.structure().is_some_and(|s| s.has_field(GATHERED));
            !gathered && gst_video::UpstreamForceKeyUnitEvent::parse(event).is_ok()
        });
        if asked {
            keyframes.ask();
            gst::PadProbeReturn::Handled
        } else {
            gst::PadProbeReturn::Ok
        }
    });
}

/// The field that marks a request as one that was gathered already.
const GATHERED: &str = "regie-gathered";

/// Asks the phone for a keyframe now, through the pad that its pictures come from.
pub fn request(webrtc: &gst::Element) {
    let event = gst_video::UpstreamForceKeyUnitEvent::builder()
        .all_headers(false)
        .other_field(GATHERED, true)
        .build();
    for pad in webrtc.src_pads() {
        let caps = pad.current_caps();
        let media = caps
            .as_ref()
            .and_then(|c| c.structure(0)?.get::<String>("media").ok());
        if media.as_deref() == Some("video") {
            pad.send_event(event.clone());
        }
    }
}
