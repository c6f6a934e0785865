//! The last part of every source's pipeline: decoded pictures and sound, handed to the mixer.

use crate::{Error, SlotInput, slot::Frame};
use gst::prelude::*;
use gstreamer as gst;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

/// Larger pictures than this on either side are refused by the caps.
const SIDE_MAX: i32 = 4096;

/// Adds a bin that takes decoded video on its pad `sink` and gives it to `input` as I420; it is brought to the
/// pipeline's state. At most two pictures wait in it; older ones are dropped.
///
/// # Errors
/// Where an element is missing.
pub fn video(pipeline: &gst::Pipeline, input: &SlotInput) -> Result<gst::Element, Error> {
    let queue = gst::ElementFactory::make("queue")
        .property_from_str("leaky", "downstream")
        .property("max-size-buffers", 2u32)
        .property("max-size-bytes", 0u32)
        .property("max-size-time", 0u64)
        .build()?;
    let convert = gst::ElementFactory::make("videoconvert").build()?;
    let caps = gst_video::VideoCapsBuilder::new()
        .format(gst_video::VideoFormat::I420)
        .width_range(16..=SIDE_MAX)
        .height_range(16..=SIDE_MAX)
        .build();

    let input = input.clone();
    let mut known: Option<(gst::Caps, gst_video::VideoInfo)> = None;
    let sink = sink(&caps, move |sample| {
        let (Some(buffer), Some(caps)) = (sample.buffer_owned(), sample.caps()) else {
            return;
        };
        if known.as_ref().is_none_or(|(known, _)| !same(known, caps)) {
            known = gst_video::VideoInfo::from_caps(caps)
                .ok()
                .map(|info| (caps.to_owned(), info));
        }
        if let (Some((_, info)), Some(pts)) = (&known, running_time(sample, &buffer)) {
            let info = info.clone();
            input.push_video(Frame { buffer, info }, pts);
        }
    });
    let bin = bin(pipeline, &[&queue, &convert, sink.upcast_ref()])?;
    let pad = queue.static_pad("sink").expect("every queue has a sink pad");
    // Nothing downstream asks for anything, so the decoder is answered here: it may write rows as far apart as
    // it likes, which saves it a copy of every picture.
    pad.add_probe(gst::PadProbeType::QUERY_DOWNSTREAM, |_, info| {
        if let Some(query) = info.query_mut()
            && let gst::QueryViewMut::Allocation(allocation) = query.view_mut()
        {
            allocation.add_allocation_meta::<gst_video::VideoMeta>(None);
            return gst::PadProbeReturn::Handled;
        }
        gst::PadProbeReturn::Ok
    });
    Ok(bin)
}

/// Adds a bin that takes decoded audio on its pad `sink` and gives it to `input` as 48 kHz stereo; it is brought
/// to the pipeline's state. At most 200 ms wait in it.
///
/// # Errors
/// Where an element is missing.
pub fn audio(pipeline: &gst::Pipeline, input: &SlotInput) -> Result<gst::Element, Error> {
    let queue = gst::ElementFactory::make("queue")
        .property_from_str("leaky", "downstream")
        .property("max-size-buffers", 0u32)
        .property("max-size-bytes", 0u32)
        .property("max-size-time", 200_000_000u64)
        .build()?;
    let convert = gst::ElementFactory::make("audioconvert").build()?;
    let resample = gst::ElementFactory::make("audioresample").build()?;
    let caps = gst::Caps::builder("audio/x-raw")
        .field(
            "format",
            if cfg!(target_endian = "little") {
                "F32LE"
            } else {
                "F32BE"
            },
        )
        .field("layout", "interleaved")
        .field("rate", 48_000i32)
        .field("channels", 2i32)
        .build();

    let input = input.clone();
    let mut samples = Vec::new();
    let sink = sink(&caps, move |sample| {
        let Some(buffer) = sample.buffer() else { return };
        let (Some(pts), Ok(map)) = (running_time(sample, buffer), buffer.map_readable()) else {
            return;
        };
        samples.clear();
        let floats = map
            .chunks_exact(4)
            .map(|b| f32::from_ne_bytes([b[0], b[1], b[2], b[3]]));
        // A decoder that went astray must not put a NaN into everybody's mix.
        samples.extend(floats.map(|s| if s.is_finite() { s.clamp(-4.0, 4.0) } else { 0.0 }));
        input.push_audio(&samples, pts);
    });
    bin(pipeline, &[&queue, &convert, &resample, sink.upcast_ref()])
}

fn sink(caps: &gst::Caps, mut each: impl FnMut(&gst::Sample) + Send + 'static) -> gst_app::AppSink {
    let callbacks = gst_app::AppSinkCallbacks::builder().new_sample(move |sink| {
        let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        each(&sample);
        Ok(gst::FlowSuccess::Ok)
    });
    gst_app::AppSink::builder()
        .caps(caps)
        .sync(false)
        // A stream that never comes, a camera with no microphone, must not keep its pipeline from playing.
        .async_(false)
        .max_buffers(2)
        .drop(true)
        .enable_last_sample(false)
        .callbacks(callbacks.build())
        .build()
}

/// A linked bin of these elements in the pipeline's state, with the first one's sink pad as its own.
fn bin(pipeline: &gst::Pipeline, elements: &[&gst::Element]) -> Result<gst::Element, Error> {
    let bin = gst::Bin::new();
    bin.add_many(elements)?;
    gst::Element::link_many(elements)?;
    let pad = elements
        .first()
        .and_then(|first| first.static_pad("sink"))
        .ok_or_else(|| gst::glib::bool_error!("no sink pad to show"))?;
    bin.add_pad(&gst::GhostPad::builder_with_target(&pad)?.name("sink").build())?;
    pipeline.add(&bin)?;
    bin.sync_state_with_parent()?;
    Ok(bin.upcast())
}

fn running_time(sample: &gst::Sample, buffer: &gst::BufferRef) -> Option<gst::ClockTime> {
    let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
    segment.to_running_time(buffer.pts()?)
}

fn same(a: &gst::Caps, b: &gst::CapsRef) -> bool {
    std::ptr::eq(a.as_ptr(), b.as_ptr()) || &**a == b
}
