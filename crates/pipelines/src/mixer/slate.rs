//! A slate: a dark picture with the name of a source whose pictures do not come.

use crate::slot::Frame;
use crate::{Error, bus};
use gst::prelude::*;
use gstreamer as gst;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

/// Draws one in the format of program. Takes up to a few hundred milliseconds the first time (fonts are read):
/// not for a tick's thread.
///
/// # Errors
/// Where the text element is missing or draws nothing within 3 s.
pub fn draw(name: &str, info: &gst_video::VideoInfo) -> Result<Frame, Error> {
    let make = gst::ElementFactory::make;
    let src = make("videotestsrc")
        .property("num-buffers", 1i32)
        .property_from_str("pattern", "solid-color")
        .property("foreground-color", 0xff16_1a21u32)
        .build()?;
    let caps = info.to_caps()?;
    let filter = make("capsfilter").property("caps", &caps).build()?;
    let text = make("textoverlay")
        .property("text", glib_escape(name))
        .property("font-desc", "Sans 34")
        .property_from_str("valignment", "center")
        .property_from_str("halignment", "center")
        .property("color", 0xffc8_d0dcu32)
        .property("draw-shadow", false)
        .property("draw-outline", false)
        .build()?;
    let sink = gst_app::AppSink::builder().caps(&caps).sync(false).build();
    let pipeline = gst::Pipeline::with_name("slate");
    let chain = [&src, &filter, &text, sink.upcast_ref()];
    pipeline.add_many(chain)?;
    gst::Element::link_many(chain)?;
    bus::watch(&pipeline, |_| {});
    let drawn = pipeline
        .set_state(gst::State::Playing)
        .map_err(Error::from)
        .and_then(|_| {
            let sample = sink.try_pull_sample(gst::ClockTime::from_seconds(3));
            let buffer = sample.and_then(|sample| sample.buffer_owned());
            buffer.ok_or_else(|| gst::glib::bool_error!("no slate was drawn").into())
        });
    bus::retire(&pipeline);
    let info = info.clone();
    Ok(Frame { buffer: drawn?, info })
}

/// A picture of one colour in the format of program.
///
/// # Errors
/// Where memory is short.
pub fn plain([y, u, v]: [u8; 3], info: &gst_video::VideoInfo) -> Result<Frame, Error> {
    let mut buffer = gst::Buffer::with_size(info.size())?;
    {
        let mut frame = gst_video::VideoFrameRef::from_buffer_ref_writable(buffer.make_mut(), info)?;
        for (plane, value) in [(0, y), (1, u), (2, v)] {
            frame.plane_data_mut(plane)?.fill(value);
        }
    }
    let info = info.clone();
    Ok(Frame { buffer, info })
}

/// `textoverlay` reads Pango markup; a name is shown as it is.
fn glib_escape(name: &str) -> String {
    gst::glib::markup_escape_text(name).into()
}
