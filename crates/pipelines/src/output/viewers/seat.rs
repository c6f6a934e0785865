//! One viewer's end of the fan: two appsrcs in front of its webrtcbin.
//!
//! What a probe keeps back it has `Handled`: after `Drop`, GStreamer 1.22 lets go of what the bindings have let go
//! of already.

use super::fan::{Fan, Media};
use super::packets;
use crate::Error;
use crate::webrtc::peer::{Core, Peer};
use gst::glib;
use gst::prelude::*;
use gstreamer as gst;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};

/// A viewer that holds back this much is behind, and begins again at the next keyframe: about a second.
const BEHIND_BYTES: u64 = 512 * 1024;

/// One viewer's end of the fan.
pub struct Seat {
    core: Weak<Core>,
    video: gst_app::AppSrc,
    audio: gst_app::AppSrc,
    /// Whether the first packet went in: it carries the caps to webrtcbin, and stops at the gate.
    primed: [AtomicBool; 2],
    /// Whether pictures wait for a keyframe: at the beginning, and after a drop.
    waits: AtomicBool,
    dropped: AtomicU64,
}

impl Seat {
    /// Puts the two senders in front of the peer's webrtcbin, picture first.
    pub fn build(peer: &Peer, fan: &Arc<Fan>) -> Result<Self, Error> {
        let ssrcs = fan.ssrcs();
        let video = sender(peer, &packets::video_caps(ssrcs.0), 0)?;
        let audio = sender(peer, &packets::audio_caps(ssrcs.1), 1)?;
        if let Some(pad) = video.static_pad("src") {
            gather(&pad, Arc::downgrade(fan));
        }
        Ok(Self {
            core: peer.weak(),
            video,
            audio,
            primed: Default::default(),
            waits: AtomicBool::new(true),
            dropped: AtomicU64::new(0),
        })
    }

    /// Takes one packet. `begins` says that it begins a keyframe. `false` where the viewer just fell behind and
    /// needs a keyframe to begin again with. Never blocks.
    pub fn push(&self, media: Media, packet: &gst::Buffer, begins: bool) -> bool {
        let (sender, primed) = match media {
            Media::Video => (&self.video, &self.primed[0]),
            Media::Audio => (&self.audio, &self.primed[1]),
        };
        if !self.core.upgrade().is_some_and(|core| core.is_open()) {
            if primed.swap(true, Ordering::Relaxed) {
                return true;
            }
        } else if media == Media::Video {
            if self.waits.load(Ordering::Relaxed) && !begins {
                return true;
            }
            if sender.current_level_bytes() > BEHIND_BYTES {
                self.waits.store(true, Ordering::Relaxed);
                self.dropped.fetch_add(1, Ordering::Relaxed);
                return false;
            }
            self.waits.store(false, Ordering::Relaxed);
        }
        // Single buffers only: lists crashed webrtcbin with ten viewers. Fails only while the session ends.
        let _ = sender.push_buffer(packet.clone());
        true
    }

    /// How often this viewer was behind.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

/// `appsrc ! webrtcbin.sink_N`, sending only.
fn sender(peer: &Peer, caps: &gst::Caps, index: u32) -> Result<gst_app::AppSrc, Error> {
    let webrtc = peer.webrtc();
    let sender = gst_app::AppSrc::builder()
        .name(format!("send-{index}"))
        .caps(caps)
        .format(gst::Format::Time)
        .is_live(true)
        // Sound that is behind is worth nothing; pictures are dropped by the seat, which knows keyframes.
        .max_buffers(if index == 0 { 0 } else { 40 })
        .max_bytes(if index == 0 { 4 * BEHIND_BYTES } else { 0 })
        .leaky_type(gst_app::AppLeakyType::Downstream)
        .build();
    peer.pipeline().add(&sender)?;
    let pad = webrtc
        .request_pad_simple(&format!("sink_{index}"))
        .ok_or(Error::Session("pad for this medium"))?;
    let transceiver: glib::Object = pad.property("transceiver");
    transceiver.set_property_from_str("direction", "sendonly");
    transceiver.set_property("codec-preferences", caps);
    // Pictures are sent again when asked for. Sound mends itself (Opus FEC): Chromium refuses an offer that has
    // retransmission for it.
    transceiver.set_property("do-nack", index == 0);
    let src = sender.static_pad("src").ok_or(Error::Session("source pad"))?;
    gate(&src, peer.weak());
    src.link(&pad).map_err(|_| Error::Session("way into webrtcbin"))?;
    Ok(sender)
}

/// Nothing leaves before the viewer's certificate was verified. Once it is, the gate is taken away: it would cost
/// something with every packet, and a session that ended is given no packets.
fn gate(pad: &gst::Pad, core: Weak<Core>) {
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        if core.upgrade().is_some_and(|core| core.is_open()) {
            gst::PadProbeReturn::Remove
        } else {
            gst::PadProbeReturn::Handled
        }
    });
}

/// A viewer's PLI or FIR goes to the one place that gathers them, and to no pipeline.
fn gather(pad: &gst::Pad, fan: Weak<Fan>) {
    pad.add_probe(gst::PadProbeType::EVENT_UPSTREAM, move |_, info| {
        let event = info.event();
        if event.is_some_and(|e| gst_video::UpstreamForceKeyUnitEvent::parse(e).is_ok()) {
            if let Some(fan) = fan.upgrade() {
                fan.ask_keyframe();
            }
            gst::PadProbeReturn::Handled
        } else {
            gst::PadProbeReturn::Ok
        }
    });
}
