//! `regiedemosrc`: a moving picture with its frame number, for trying everything with no camera.
//!
//! Pictures are I420 in any size and whole frame rate (1280×720 at 30 unless downstream asks otherwise). The frame
//! number counts frames of the running time, so all demo sources on one clock and base time show the same number
//! at the same time. It stands in the picture twice: as a row for machines ([`crate::barcode`]) and in digits. For
//! the first 100 ms of every other second the middle is white, when `regiedemotone` beeps.
//!
//! ```text
//! gst-launch-1.0 regiedemosrc pattern=1 ! videoconvert ! autovideosink
//! ```

mod digits;
mod imp;
mod scene;

use gst::glib;
use gst::prelude::*;
use gstreamer as gst;

pub use scene::{FLASH_MS, PATTERNS, flashes, tint};

glib::wrapper! {
    /// See the module.
    pub struct DemoSrc(ObjectSubclass<imp::DemoSrc>)
        @extends gstreamer_base::PushSrc, gstreamer_base::BaseSrc, gst::Element, gst::Object;
}

pub(crate) fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "regiedemosrc",
        gst::Rank::NONE,
        DemoSrc::static_type(),
    )
}
