//! Loading what the first session needs before it comes.

use gst::prelude::*;
use gstreamer as gst;

/// Elements of different plugins that sessions are made of; the first use of a plugin takes 10 to 70 ms.
const ELEMENTS: [&str; 11] = [
    "webrtcbin",
    "nicesrc",
    "dtlsenc",
    "srtpenc",
    "rtpbin",
    "rtph264depay",
    "h264parse",
    "avdec_h264",
    "vp8dec",
    "opusdec",
    "rtprtxsend",
];

/// Loads them on a thread of its own, so that neither the start nor the first phone waits. Without a thread the
/// first session is a little late.
pub fn warm() {
    let thread = std::thread::Builder::new().name("warm".into());
    let spawned = thread.spawn(|| {
        for name in ELEMENTS {
            if let Some(factory) = gst::ElementFactory::find(name)
                && let Err(error) = factory.load()
            {
                tracing::warn!(name, %error, "an element does not load");
            }
        }
    });
    if let Err(error) = spawned {
        tracing::warn!(%error, "no thread to load elements on");
    }
}
