//! Program into a file: H.264 as the viewers get it, and AAC, in fragmented MP4.
//!
//! The file begins with its header and grows by whole chunks of half a second, so whatever ends the process, what
//! was written plays. A failure ends the recording and nothing else; what is written stays.

mod file;

use super::encode;
use super::program::Program;
use crate::tap::{Tap, TapGuard};
use crate::{Error, Reports, bus, clock, mixer};
use file::Writer;
use gst::prelude::*;
use gstreamer as gst;
use gstreamer_app as gst_app;
use parking_lot::Mutex;
use regie_model::Report;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

/// So much waits at most for a disk that is slow; beyond, the recording ends with an error.
const WAITING_BYTES: u64 = 32 << 20;
/// A recording that is stopped has this long to write its end.
const END_WITHIN: Duration = Duration::from_secs(5);

/// A recording that is running. Dropping it leaves the file as a crash would; [`Recording::end`] closes it.
pub struct Recording {
    pipeline: gst::Pipeline,
    sources: [gst_app::AppSrc; 2],
    taps: Vec<TapGuard>,
    state: Arc<State>,
    ended: mpsc::Receiver<()>,
    reports: Reports,
}

struct State {
    file: String,
    bytes: AtomicU64,
    /// Whether it failed or was ended: what is said after is nobody's business.
    over: AtomicBool,
    started: AtomicBool,
    /// The running time of the first keyframe: the file's zero.
    zero: Mutex<Option<gst::ClockTime>>,
    reports: Reports,
}

impl State {
    fn fail(&self, detail: String) {
        if !self.over.swap(true, Ordering::AcqRel) {
            (self.reports)(Report::RecordingFailed { detail });
        }
    }
}

impl Recording {
    /// Opens the file and begins at program's next keyframe, which is asked for. `Report::RecordingStarted`
    /// follows with the first bytes, `RecordingFailed` where they cannot be written.
    ///
    /// # Errors
    /// Where the file cannot be made or the pipeline does not start.
    pub fn start(
        folder: &Path,
        event: &str,
        program: &Program,
        raw_audio: &Tap,
        reports: Reports,
    ) -> Result<Self, Error> {
        let writer = Writer::create(folder, event)?;
        let state = Arc::new(State {
            file: writer.name().to_owned(),
            bytes: AtomicU64::new(0),
            over: AtomicBool::new(false),
            started: AtomicBool::new(false),
            zero: Mutex::new(None),
            reports: reports.clone(),
        });
        let pipeline = gst::Pipeline::with_name("recording");
        clock::join(&pipeline);
        let sink = sink(writer, state.clone());
        let mux = gst::ElementFactory::make("isofmp4mux")
            .property("fragment-duration", gst::ClockTime::from_seconds(2))
            .property("chunk-duration", gst::ClockTime::from_mseconds(500))
            .build()?;
        pipeline.add_many([&mux, sink.upcast_ref()])?;
        mux.link(&sink)?;

        let video = waiting(&h264_caps());
        let parse = gst::ElementFactory::make("h264parse").build()?;
        attach(&pipeline, &mux, &[video.upcast_ref(), &parse])?;
        let audio = waiting(&mixer::audio::caps());
        let convert = gst::ElementFactory::make("audioconvert").build()?;
        let aac = gst::ElementFactory::make("avenc_aac")
            .property("bitrate", 160_000i32)
            .build()?;
        let queue = gst::ElementFactory::make("queue").build()?;
        attach(&pipeline, &mux, &[audio.upcast_ref(), &convert, &aac, &queue])?;

        let (end, ended) = mpsc::channel();
        let failing = state.clone();
        bus::watch_all(
            &pipeline,
            move |detail| failing.fail(detail),
            move || {
                // Nobody waits where the studio was dropped.
                let _ = end.send(());
            },
        );
        let recording = Self {
            taps: vec![
                program
                    .video()
                    .subscribe(feed(video.clone(), state.clone(), true)),
                raw_audio.subscribe(feed(audio.clone(), state.clone(), false)),
            ],
            sources: [video, audio],
            pipeline,
            state,
            ended,
            reports,
        };
        recording.pipeline.set_state(gst::State::Playing)?;
        program.request_keyframe();
        Ok(recording)
    }

    /// Bytes written so far.
    pub fn bytes(&self) -> u64 {
        self.state.bytes.load(Ordering::Relaxed)
    }

    /// Whether it goes on.
    pub fn running(&self) -> bool {
        !self.state.over.load(Ordering::Acquire)
    }

    /// Closes the file and reports it. Blocks until that is done, 5 s at most.
    pub fn end(mut self) {
        self.taps.clear();
        for source in &self.sources {
            // Refused only where the pipeline has ended by itself.
            let _ = source.end_of_stream();
        }
        let closed = self.running() && self.ended.recv_timeout(END_WITHIN).is_ok();
        if !self.state.over.swap(true, Ordering::AcqRel) {
            let file = self.state.file.clone();
            if !closed {
                tracing::warn!(
                    file,
                    "the recording did not end in time; its last second may be missing"
                );
            }
            (self.reports)(Report::RecordingEnded { file });
        }
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.taps.clear();
        self.state.over.store(true, Ordering::Release);
        bus::retire(&self.pipeline);
    }
}

/// Takes program's samples from their zero on.
fn feed(src: gst_app::AppSrc, state: Arc<State>, video: bool) -> crate::tap::Listener {
    Box::new(move |sample| {
        let Some(buffer) = sample.buffer() else { return };
        let Some(pts) = buffer.pts() else { return };
        if state.over.load(Ordering::Acquire) {
            return;
        }
        let zero = {
            let mut zero = state.zero.lock();
            if video && zero.is_none() && !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT) {
                *zero = Some(pts);
            }
            *zero
        };
        let Some(pts) = zero.and_then(|zero| pts.checked_sub(zero)) else {
            return;
        };
        if src.current_level_bytes() > WAITING_BYTES {
            state.fail("the disk is too slow".into());
            return;
        }
        let mut copy = buffer.copy();
        {
            let header = copy.make_mut();
            header.set_pts(pts);
            header.set_dts(if video { Some(pts) } else { None });
            header.unset_flags(gst::BufferFlags::DISCONT);
        }
        // Refused only where the pipeline has ended by itself, which its bus has told.
        let _ = src.push_buffer(copy);
    })
}

/// A file has no deadline: unlike a live source it waits for its slower half.
fn waiting(caps: &gst::Caps) -> gst_app::AppSrc {
    let src = encode::source(caps, 0);
    src.set_is_live(false);
    src.set_property_from_str("leaky-type", "none");
    src
}

fn h264_caps() -> gst::Caps {
    gst::Caps::builder("video/x-h264")
        .field("stream-format", "byte-stream")
        .field("alignment", "au")
        .build()
}

fn attach(pipeline: &gst::Pipeline, mux: &gst::Element, chain: &[&gst::Element]) -> Result<(), Error> {
    pipeline.add_many(chain)?;
    gst::Element::link_many(chain)?;
    if let Some(last) = chain.last() {
        last.link_pads(None, mux, Some("sink_%u"))?;
    }
    Ok(())
}

fn sink(mut writer: Writer, state: Arc<State>) -> gst_app::AppSink {
    // The muxer gives each chunk as one list: it is written in one piece.
    let mut chunk = Vec::new();
    let callbacks = gst_app::AppSinkCallbacks::builder().new_sample(move |sink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        chunk.clear();
        let list = sample.buffer_list().into_iter().flat_map(|list| list.iter());
        for buffer in list.chain(sample.buffer()) {
            let map = buffer.map_readable().map_err(|_| gst::FlowError::Error)?;
            chunk.extend_from_slice(&map);
        }
        if let Err(error) = writer.write(&chunk) {
            state.fail(format!("{}: {error}", state.file));
            return Err(gst::FlowError::Error);
        }
        state.bytes.fetch_add(chunk.len() as u64, Ordering::Relaxed);
        if !state.started.swap(true, Ordering::AcqRel) {
            let file = state.file.clone();
            (state.reports)(Report::RecordingStarted { file });
        }
        Ok(gst::FlowSuccess::Ok)
    });
    gst_app::AppSink::builder()
        .sync(false)
        .enable_last_sample(false)
        .buffer_list(true)
        .callbacks(callbacks.build())
        .build()
}
