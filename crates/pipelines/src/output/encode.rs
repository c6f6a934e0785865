//! An encoder on its own: one pipeline, raw buffers in, encoded samples out.

use crate::{Error, bus, clock};
use gst::prelude::*;
use gstreamer as gst;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// `appsrc ! chain … ! appsink`. Dropping it ends it. An encoder that cannot keep up loses the oldest buffers; it
/// never holds the one who pushes.
pub struct Encoder {
    pipeline: gst::Pipeline,
    src: gst_app::AppSrc,
    last: gst::Element,
    failed: Arc<AtomicBool>,
}

impl Encoder {
    /// Builds and starts it. `chain` is linked in its order; `out` gets each sample on the encoder's thread, with
    /// PTS and DTS as running times of the shared clock. At most `depth` raw buffers wait.
    ///
    /// # Errors
    /// Where elements do not fit together or do not start.
    pub fn start(
        name: &str,
        caps: &gst::Caps,
        chain: &[gst::Element],
        depth: u64,
        mut out: impl FnMut(gst::Sample) + Send + 'static,
        on_error: impl Fn(String) + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let pipeline = gst::Pipeline::with_name(name);
        clock::join(&pipeline);
        let src = source(caps, depth);
        let callbacks = gst_app::AppSinkCallbacks::builder().new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            if let Some(sample) = in_running_time(&sample) {
                out(sample);
            }
            Ok(gst::FlowSuccess::Ok)
        });
        let sink = gst_app::AppSink::builder()
            .sync(false)
            .enable_last_sample(false)
            .callbacks(callbacks.build())
            .build();
        pipeline.add_many([src.upcast_ref::<gst::Element>(), sink.upcast_ref()])?;
        pipeline.add_many(chain)?;
        let mut all: Vec<&gst::Element> = vec![src.upcast_ref()];
        all.extend(chain);
        all.push(sink.upcast_ref());
        gst::Element::link_many(all)?;

        let failed = Arc::new(AtomicBool::new(false));
        let fell = failed.clone();
        bus::watch(&pipeline, move |detail| {
            if !fell.swap(true, Ordering::AcqRel) {
                on_error(detail);
            }
        });
        let encoder = Self {
            pipeline,
            src,
            last: sink.upcast(),
            failed,
        };
        encoder.pipeline.set_state(gst::State::Playing)?;
        Ok(encoder)
    }

    /// Hands over one raw buffer whose PTS is a running time.
    pub fn push(&self, buffer: gst::Buffer) {
        if self.src.push_buffer(buffer).is_err() {
            // What went wrong is on the bus, or the pipeline is on its way out.
            tracing::trace!(pipeline = %self.pipeline.name(), "an encoder refuses a buffer");
        }
    }

    /// Makes the next picture a keyframe.
    pub fn force_keyframe(&self) {
        let event = gst_video::UpstreamForceKeyUnitEvent::builder()
            .all_headers(true)
            .build();
        self.last.send_event(event);
    }

    /// Whether it said an error; it produces nothing any more.
    pub fn failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        bus::retire(&self.pipeline);
    }
}

/// A live appsrc for buffers stamped with running times, holding at most `depth` of them.
pub fn source(caps: &gst::Caps, depth: u64) -> gst_app::AppSrc {
    gst_app::AppSrc::builder()
        .caps(caps)
        .is_live(true)
        .format(gst::Format::Time)
        .leaky_type(gst_app::AppLeakyType::Downstream)
        .max_buffers(depth)
        .max_bytes(0)
        .max_time(gst::ClockTime::ZERO)
        .block(false)
        .build()
}

/// x264enc starts its segment at 1000 h; this brings any sample to running time and a segment from 0.
fn in_running_time(sample: &gst::Sample) -> Option<gst::Sample> {
    let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
    let mut buffer = sample.buffer_owned()?;
    let pts = segment.to_running_time(buffer.pts()?)?;
    // A DTS may lie before the segment; without B-frames it is the PTS anyway.
    let dts = buffer
        .dts()
        .and_then(|dts| segment.to_running_time(dts))
        .unwrap_or(pts);
    let plain = gst::FormattedSegment::<gst::ClockTime>::new();
    {
        let buffer = buffer.make_mut();
        buffer.set_pts(pts);
        buffer.set_dts(dts);
    }
    let mut builder = gst::Sample::builder().buffer(&buffer).segment(&plain);
    if let Some(caps) = sample.caps_owned() {
        builder = builder.caps(&caps);
        return Some(builder.build());
    }
    Some(builder.build())
}
