//! A moving, frame-numbered picture with sound, made by our own elements.

use super::decoded;
use crate::{Error, SlotInput, bus, clock};
use gst::prelude::*;
use gstreamer as gst;
use regie_model::Format;

/// A demo source's pipeline; dropping it ends it.
pub struct Demo {
    pipeline: gst::Pipeline,
}

impl Demo {
    /// Opens it in the format of program.
    ///
    /// # Errors
    /// Where an element is missing or does not start.
    pub fn open(input: &SlotInput, pattern: u8, format: Format) -> Result<Self, Error> {
        let pipeline = gst::Pipeline::with_name(&format!("demo-{}", input.source()));
        clock::join(&pipeline);
        let make = |name| {
            gst::ElementFactory::make(name)
                .property("pattern", u32::from(pattern % 4))
                .build()
        };
        let (picture, tone) = (make("regiedemosrc")?, make("regiedemotone")?);
        let caps = gst::Caps::builder("video/x-raw")
            .field("width", format.width as i32)
            .field("height", format.height as i32)
            .field("framerate", gst::Fraction::new(format.fps as i32, 1))
            .field("colorimetry", "bt709")
            .build();
        let filter = gst::ElementFactory::make("capsfilter")
            .property("caps", caps)
            .build()?;
        let demo = Self { pipeline };
        let pipeline = &demo.pipeline;
        pipeline.add_many([&picture, &filter, &tone])?;
        let (video, audio) = (decoded::video(pipeline, input)?, decoded::audio(pipeline, input)?);
        gst::Element::link_many([&picture, &filter, &video])?;
        tone.link(&audio)?;
        let failed = input.clone();
        bus::watch(pipeline, move |detail| failed.failed(detail));
        pipeline.set_state(gst::State::Playing)?;
        Ok(demo)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        bus::retire(&self.pipeline);
    }
}
