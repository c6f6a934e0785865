//! How webrtcbin, and what it makes for itself, is set.

use super::peer::Way;
use gst::glib;
use gst::prelude::*;
use gstreamer as gst;

/// The canonical name that RTP sends is the user's and the host's by default, which is nobody's business. And sender
/// reports tie RTP time to the time of the picture, not of sending: sound and picture take different ways through
/// the encoders, and the peer lays them side by side by these reports.
pub fn anonymous(webrtc: &gst::Element) {
    let bin = webrtc
        .downcast_ref::<gst::Bin>()
        .and_then(|bin| bin.by_name("rtpbin"));
    let Some(rtpbin) = bin else { return };
    let sdes = gst::Structure::builder("application/x-rtp-source-sdes")
        .field("cname", "regie")
        .build();
    rtpbin.set_property("sdes", sdes);
    rtpbin.set_property("rtcp-sync-send-time", false);
}

/// The line that a session reckons with, bit/s; reports may use a twentieth of it. Early ones may then follow each
/// other within about 30 ms.
pub const SESSION_BANDWIDTH: f64 = 2_000_000.0;

/// Sets the elements that webrtcbin makes for itself, as they are made.
pub fn tune(element: &gst::Element, way: Way) {
    let Some(factory) = element.factory() else { return };
    match factory.name().as_str() {
        // It holds sent media back until its time has come; ours comes from a mixer that already did.
        "clocksync" => element.set_property("sync", false),
        // Until it has measured the stream, a session takes the line for one of 64 kbit/s, of which reports may
        // use a twentieth: one a second. Between two of them a single early one is allowed (RFC 4585 section
        // 3.5.2), so nearly all requests for lost packets came too late: at 5 % loss the first eight seconds ran
        // at under 2 pictures a second.
        // A viewer's reports stay rare: they would cost as much as its packets.
        "rtpsession" if way == Way::In => element.set_property("bandwidth", SESSION_BANDWIDTH),
        _ => {}
    }
}

/// Host candidates over UDP are all that a LAN needs; each TCP one would cost a listening socket.
pub fn quiet_ice(webrtc: &gst::Element) {
    let ice: Option<glib::Object> = webrtc.property("ice-agent");
    let Some(ice) = ice else { return };
    if ice.has_property("ice-tcp") {
        ice.set_property("ice-tcp", false);
    }
    if ice.has_property("agent") {
        let agent: Option<glib::Object> = ice.property("agent");
        if let Some(agent) = agent.filter(|a| a.has_property("upnp")) {
            agent.set_property("upnp", false);
        }
    }
}
