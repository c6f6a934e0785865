//! The multiview: preview, program and every source in one picture, for the operator's canvas.
//!
//! Drawn and encoded only while somebody holds a [`MultiviewStream`], each codec only while somebody holds one of
//! it. A slow reader loses pictures and goes on at a keyframe; it never queues and never holds anybody up.

mod canvas;
mod stream;

pub use stream::{MultiviewCodec, MultiviewFrame, MultiviewStream};

use crate::mixer::{Mixer, spawn};
use crate::output::encode::Encoder;
use crate::output::program::h264;
use crate::{Error, Reports, clock};
use canvas::Canvas;
use gstreamer as gst;
use gstreamer_video as gst_video;
use parking_lot::{Condvar, Mutex};
use regie_model::{Mosaic, Report, Scene, Severity};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use stream::Channel;

/// A broken encoder is built anew this long after the last try.
const REBUILD_AFTER: gst::ClockTime = gst::ClockTime::from_seconds(1);
/// Keyframes for readers that lost pictures are this far apart.
const KEYFRAMES_APART: gst::ClockTime = gst::ClockTime::from_mseconds(500);
/// No more pictures a second than this, whatever program has.
const FPS: u32 = 30;

/// What is drawn, and for whom.
pub(crate) struct Multiview {
    mixer: Arc<Mixer>,
    wish: Mutex<Wish>,
    woken: Condvar,
    channels: [Arc<Channel>; 2],
    reports: Reports,
}

/// What the operator asked for.
#[derive(Clone)]
struct Wish {
    preview: Scene,
    mosaic: Arc<Mosaic>,
}

/// One codec's encoder.
#[derive(Default)]
struct Output {
    encoder: Option<Encoder>,
    tried_at: Option<gst::ClockTime>,
    keyframe_at: gst::ClockTime,
}

impl Multiview {
    /// Starts the thread that draws; it sleeps until somebody looks.
    pub fn start(mixer: Arc<Mixer>, reports: Reports) -> Result<(Arc<Self>, JoinHandle<()>), Error> {
        let multiview = Arc::new(Self {
            mixer,
            wish: Mutex::new(Wish {
                preview: Scene::black(),
                mosaic: Arc::new(Mosaic::of(&[])),
            }),
            woken: Condvar::new(),
            channels: [MultiviewCodec::H264, MultiviewCodec::Jpeg].map(|codec| Arc::new(Channel::new(codec))),
            reports,
        });
        let drawer = multiview.clone();
        let thread = spawn("multiview", move || drawer.run())?;
        Ok((multiview, thread))
    }

    /// Another scene is prepared.
    pub fn preview(&self, scene: &Scene) {
        self.wish.lock().preview = scene.clone();
    }

    /// The tiles stand elsewhere.
    pub fn arrange(&self, mosaic: &Mosaic) {
        self.wish.lock().mosaic = Arc::new(mosaic.clone());
    }

    /// Begins to look.
    pub fn stream(self: &Arc<Self>, codec: MultiviewCodec) -> MultiviewStream {
        let stream = MultiviewStream::new(self.channels[codec as usize].clone());
        self.wake();
        stream
    }

    /// How many look.
    pub fn readers(&self) -> u32 {
        self.channels.iter().map(|channel| channel.readers()).sum()
    }

    /// Lets the thread see that the mixer was stopped.
    pub fn wake(&self) {
        let _wish = self.wish.lock();
        self.woken.notify_all();
    }

    fn run(&self) {
        let mut outputs = [Output::default(), Output::default()];
        while self.mixer.running() {
            {
                let mut wish = self.wish.lock();
                if self.readers() == 0 {
                    outputs = [Output::default(), Output::default()];
                    self.woken.wait_for(&mut wish, Duration::from_secs(1));
                    continue;
                }
            }
            if let Err(error) = self.watch(&mut outputs) {
                self.fault(error.to_string());
                std::thread::sleep(Duration::from_secs(1));
            }
        }
        for channel in &self.channels {
            channel.end();
        }
    }

    /// Draws until nobody looks, or the mosaic has another size.
    fn watch(&self, outputs: &mut [Output; 2]) -> Result<(), Error> {
        let size = |mosaic: &Mosaic| {
            (
                mosaic.width.clamp(160, 3840) & !1,
                mosaic.height.clamp(90, 2160) & !1,
            )
        };
        let first = size(&self.wish.lock().mosaic);
        let fps = self.mixer.format.fps.clamp(1, FPS);
        let every = u64::from(self.mixer.format.fps.div_ceil(FPS).max(1));
        let info = gst_video::VideoInfo::builder(gst_video::VideoFormat::I420, first.0, first.1)
            .fps(gst::Fraction::new(fps as i32, 1))
            .colorimetry(&"bt709".parse()?)
            .build()?;
        let caps = info.to_caps()?;
        let mut canvas = Canvas::new(info)?;
        // Encoders of another size are of no use.
        *outputs = [Output::default(), Output::default()];
        let mut last = None;
        while self.mixer.running() && self.readers() > 0 {
            let Some(latest) = self.mixer.after(last) else {
                continue;
            };
            last = Some(latest.tick);
            if latest.tick % every != 0 {
                continue;
            }
            let wish = self.wish.lock().clone();
            if size(&wish.mosaic) != first {
                return Ok(());
            }
            let picture = canvas.draw(&self.mixer, &latest, &wish.preview, &wish.mosaic)?;
            for (output, channel) in outputs.iter_mut().zip(&self.channels) {
                self.encode(output, channel, &caps, fps, &picture);
            }
        }
        Ok(())
    }

    fn encode(
        &self,
        output: &mut Output,
        channel: &Arc<Channel>,
        caps: &gst::Caps,
        fps: u32,
        picture: &gst::Buffer,
    ) {
        if channel.readers() == 0 || output.encoder.as_ref().is_some_and(Encoder::failed) {
            output.encoder = None;
        }
        let now = clock::now();
        let rested = output
            .tried_at
            .is_none_or(|at| now.saturating_sub(at) >= REBUILD_AFTER);
        if channel.readers() > 0 && output.encoder.is_none() && rested {
            output.tried_at = Some(now);
            match self.encoder(channel, caps, fps) {
                Ok(encoder) => output.encoder = Some(encoder),
                Err(error) => self.fault(error.to_string()),
            }
        } else if channel.readers() == 0 {
            output.tried_at = None;
        }
        if let Some(encoder) = &output.encoder {
            if now.saturating_sub(output.keyframe_at) >= KEYFRAMES_APART && channel.take_keyframe_wish() {
                output.keyframe_at = now;
                encoder.force_keyframe();
            }
            encoder.push(picture.clone());
        }
    }

    fn encoder(&self, channel: &Arc<Channel>, caps: &gst::Caps, fps: u32) -> Result<Encoder, Error> {
        let (name, chain) = match channel.codec() {
            MultiviewCodec::H264 => ("multiview h264", h264(4000, fps, "ultrafast", 1)?),
            MultiviewCodec::Jpeg => ("multiview jpeg", jpeg()?),
        };
        let to = channel.clone();
        let reports = self.reports.clone();
        Encoder::start(
            name,
            caps,
            &chain,
            1,
            move |sample| to.give(&sample),
            move |detail| reports(fault(detail)),
        )
    }

    fn fault(&self, detail: String) {
        (self.reports)(fault(detail));
    }
}

fn fault(detail: String) -> Report {
    Report::FaultSeen {
        severity: Severity::Warning,
        code: "multiview_failed",
        subject: "multiview".into(),
        detail,
    }
}

/// JPEG is full range by definition: without the conversion white would arrive as 235.
fn jpeg() -> Result<Vec<gst::Element>, Error> {
    let convert = gst::ElementFactory::make("videoconvert").build()?;
    let caps = gst::Caps::builder("video/x-raw")
        .field("format", "I420")
        .field("colorimetry", "1:4:0:0")
        .build();
    let full = gst::ElementFactory::make("capsfilter")
        .property("caps", caps)
        .build()?;
    let encoder = gst::ElementFactory::make("jpegenc")
        .property("quality", 80i32)
        .build()?;
    Ok(vec![convert, full, encoder])
}
