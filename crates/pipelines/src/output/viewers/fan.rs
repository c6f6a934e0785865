//! One payloader pair, fed by the program's encoders; its packets go to every seat.

use super::packets;
use super::seat::Seat;
use crate::webrtc::keyframes::Requests;
use crate::{Error, bus, clock};
use gst::prelude::*;
use gstreamer as gst;
use gstreamer_app as gst_app;
use parking_lot::Mutex;
use std::sync::{Arc, Weak};

/// What is encoded: an access unit of H.264 (byte stream or AVC) or a packet of Opus, its PTS in running time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// H.264.
    Video,
    /// Opus.
    Audio,
}

/// The payloaders and the seats.
pub struct Fan {
    pipeline: gst::Pipeline,
    video: gst_app::AppSrc,
    audio: gst_app::AppSrc,
    seats: Mutex<Vec<Arc<Seat>>>,
    keyframes: Requests,
    ssrcs: (u32, u32),
}

impl Fan {
    /// Starts the payloaders. `keyframes` reaches the program's encoder.
    pub fn start(keyframes: Requests) -> Result<Arc<Self>, Error> {
        let pipeline = gst::Pipeline::with_name("viewers");
        let make = gst::ElementFactory::make;
        let ssrcs = (glib_random(), glib_random());
        let video_pay = make("rtph264pay")
            .property("pt", u32::from(packets::VIDEO_PT))
            .property("ssrc", ssrcs.0)
            .property("config-interval", -1i32)
            .property_from_str("aggregate-mode", "zero-latency")
            .property("mtu", 1200u32)
            .build()?;
        let audio_pay = make("rtpopuspay")
            .property("pt", u32::from(packets::AUDIO_PT))
            .property("ssrc", ssrcs.1)
            .property("mtu", 1200u32)
            .build()?;
        let (video, video_sink) = lane(&pipeline, "video", &video_pay)?;
        let (audio, audio_sink) = lane(&pipeline, "audio", &audio_pay)?;
        clock::join(&pipeline);

        let fan = Arc::new(Self {
            pipeline,
            video,
            audio,
            seats: Mutex::default(),
            keyframes,
            ssrcs,
        });
        deliver(&video_sink, &fan, Media::Video);
        deliver(&audio_sink, &fan, Media::Audio);
        bus::watch(&fan.pipeline, |detail| {
            tracing::error!(detail, "the viewers' payloaders failed");
        });
        fan.pipeline.set_state(gst::State::Playing)?;
        Ok(fan)
    }

    /// Takes one encoded sample of the program. From the encoder's thread; never blocks. With nobody watching it
    /// costs nothing.
    pub fn feed(&self, media: Media, sample: &gst::Sample) {
        if self.seats.lock().is_empty() {
            return;
        }
        let lane = match media {
            Media::Video => &self.video,
            Media::Audio => &self.audio,
        };
        // Only fails while the pipeline goes down.
        let _ = lane.push_sample(sample);
    }

    /// The SSRCs of picture and sound.
    pub fn ssrcs(&self) -> (u32, u32) {
        self.ssrcs
    }

    /// Asks for a keyframe, gathered with everybody else's asking.
    pub fn keyframes(&self) -> &Requests {
        &self.keyframes
    }

    /// Adds a seat.
    pub fn seat(&self, seat: Arc<Seat>) {
        self.seats.lock().push(seat);
    }

    /// Takes a seat away.
    pub fn leave(&self, seat: &Arc<Seat>) {
        self.seats.lock().retain(|other| !Arc::ptr_eq(other, seat));
    }

    /// How many seats are taken.
    pub fn taken(&self) -> usize {
        self.seats.lock().len()
    }

    fn packet(&self, media: Media, buffer: gst::Buffer) {
        let (buffer, begins) = match media {
            Media::Audio => (buffer, true),
            Media::Video => {
                let buffer = packets::without_delay(&buffer).unwrap_or(buffer);
                let begins = buffer.map_readable().is_ok_and(|map| packets::begins_keyframe(&map));
                (buffer, begins)
            }
        };
        for seat in self.seats.lock().iter() {
            seat.push(media, &buffer, begins, &self.keyframes);
        }
    }
}

impl Drop for Fan {
    fn drop(&mut self) {
        bus::retire(&self.pipeline);
    }
}

/// `appsrc ! payloader ! appsink`
fn lane(
    pipeline: &gst::Pipeline,
    name: &str,
    payloader: &gst::Element,
) -> Result<(gst_app::AppSrc, gst_app::AppSink), Error> {
    let src = gst_app::AppSrc::builder()
        .name(format!("{name}-in"))
        .format(gst::Format::Time)
        .is_live(true)
        .max_buffers(60)
        .leaky_type(gst_app::AppLeakyType::Downstream)
        .build();
    let sink = gst_app::AppSink::builder()
        .name(format!("{name}-out"))
        .sync(false)
        .async_(false)
        .build();
    pipeline.add_many([src.upcast_ref(), payloader, sink.upcast_ref::<gst::Element>()])?;
    gst::Element::link_many([src.upcast_ref(), payloader, sink.upcast_ref::<gst::Element>()])?;
    Ok((src, sink))
}

fn deliver(sink: &gst_app::AppSink, fan: &Arc<Fan>, media: Media) {
    let fan: Weak<Fan> = Arc::downgrade(fan);
    let callbacks = gst_app::AppSinkCallbacks::builder()
        .new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            if let (Some(fan), Some(buffer)) = (fan.upgrade(), sample.buffer_owned()) {
                fan.packet(media, buffer);
            }
            Ok(gst::FlowSuccess::Ok)
        })
        .build();
    sink.set_callbacks(callbacks);
}

fn glib_random() -> u32 {
    // 0 is taken for "none" in places.
    gst::glib::random_int().max(1)
}
