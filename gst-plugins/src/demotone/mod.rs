//! `regiedemotone`: the sound of the demo pictures. A quiet tone, another one for each pattern, and a beep of 1 kHz
//! for the first 100 ms of every other second of the running time, when `regiedemosrc` flashes.
//!
//! F32 interleaved stereo at 48 kHz, 10 ms per buffer.
//!
//! ```text
//! gst-launch-1.0 regiedemotone pattern=1 ! audioconvert ! autoaudiosink
//! ```

mod imp;

use gst::glib;
use gst::prelude::*;
use gstreamer as gst;

glib::wrapper! {
    /// See the module.
    pub struct DemoTone(ObjectSubclass<imp::DemoTone>)
        @extends gstreamer_base::PushSrc, gstreamer_base::BaseSrc, gst::Element, gst::Object;
}

pub(crate) fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    gst::Element::register(
        Some(plugin),
        "regiedemotone",
        gst::Rank::NONE,
        DemoTone::static_type(),
    )
}
