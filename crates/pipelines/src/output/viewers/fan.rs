//! One payloader pair, fed by the program's encoders; its packets go to every seat.

use super::packets;
use super::seat::Seat;
use crate::output::program::Program;
use crate::tap::TapGuard;
use crate::{Error, bus, clock};
use gst::prelude::*;
use gstreamer as gst;
use gstreamer_app as gst_app;
use parking_lot::Mutex;
use std::sync::{Arc, Weak};

/// Which of the two streams.
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
    program: Program,
    video: gst_app::AppSrc,
    audio: gst_app::AppSrc,
    seats: Mutex<Seats>,
    ssrcs: (u32, u32),
}

#[derive(Default)]
struct Seats {
    taken: Vec<Arc<Seat>>,
    /// The taps are only listened to while somebody watches: an encoder with no listener rests.
    listening: Option<[TapGuard; 2]>,
}

impl Fan {
    /// Starts the payloaders.
    pub fn start(program: &Program) -> Result<Arc<Self>, Error> {
        let pipeline = gst::Pipeline::with_name("viewers");
        let make = gst::ElementFactory::make;
        let ssrcs = (random(), random());
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
            program: program.clone(),
            video,
            audio,
            seats: Mutex::default(),
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

    /// The SSRCs of picture and sound.
    pub fn ssrcs(&self) -> (u32, u32) {
        self.ssrcs
    }

    /// Asks the encoder for a keyframe; it gathers what all ask for, at most one in 500 ms.
    pub fn ask_keyframe(&self) {
        self.program.request_keyframe();
    }

    /// Adds a seat.
    pub fn seat(self: &Arc<Self>, seat: Arc<Seat>) {
        let mut seats = self.seats.lock();
        seats.taken.push(seat);
        seats.listening.get_or_insert_with(|| {
            [
                self.program.video().subscribe(self.listener(Media::Video)),
                self.program.audio().subscribe(self.listener(Media::Audio)),
            ]
        });
    }

    /// Takes a seat away.
    pub fn leave(&self, seat: &Arc<Seat>) {
        let mut seats = self.seats.lock();
        seats.taken.retain(|other| !Arc::ptr_eq(other, seat));
        if seats.taken.is_empty() {
            seats.listening = None;
        }
    }

    /// How many seats are taken.
    pub fn taken(&self) -> usize {
        self.seats.lock().taken.len()
    }

    /// Takes encoded samples of the program on the encoder's thread; never blocks.
    fn listener(self: &Arc<Self>, media: Media) -> Box<dyn Fn(&gst::Sample) + Send + Sync> {
        let lane = match media {
            Media::Video => self.video.clone(),
            Media::Audio => self.audio.clone(),
        };
        Box::new(move |sample| {
            // Only fails while the pipeline goes down.
            let _ = lane.push_sample(sample);
        })
    }

    fn packet(&self, media: Media, buffer: gst::Buffer) {
        let (buffer, begins) = match media {
            Media::Audio => (buffer, true),
            Media::Video => {
                let buffer = packets::without_delay(&buffer).unwrap_or(buffer);
                let begins = buffer
                    .map_readable()
                    .is_ok_and(|map| packets::begins_keyframe(&map));
                (buffer, begins)
            }
        };
        let behind = {
            let seats = self.seats.lock();
            let mut behind = false;
            for seat in &seats.taken {
                behind |= !seat.push(media, &buffer, begins);
            }
            behind
        };
        if behind {
            self.ask_keyframe();
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

fn random() -> u32 {
    // 0 is taken for "none" in places.
    gst::glib::random_int().max(1)
}
