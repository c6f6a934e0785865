use super::*;
use crate::webrtc::sdp::PeerOffer;
use std::sync::mpsc;

#[test]
fn what_webrtcbin_makes_for_itself_is_tuned() {
    gst::init().unwrap();
    let wishes = Wishes {
        way: Way::In,
        latency: Duration::from_millis(150),
        connect_within: Duration::from_secs(15),
    };
    let peer = Peer::new("tuned", wishes, Arc::new(|_| {})).unwrap();
    peer.start().unwrap();
    let offer = PeerOffer::parse(include_str!("../sdp/chromium_offer.sdp")).unwrap();
    assert!(peer.expect(offer.fingerprint()));
    let (send, answered) = mpsc::channel();
    let offered = offer.for_webrtcbin();
    peer.set_remote(gst_webrtc::WebRTCSDPType::Offer, &offered, move |core| {
        core.describe(gst_webrtc::WebRTCSDPType::Answer, move |_, text| {
            send.send(text.to_owned()).unwrap();
            Ok(text.to_owned())
        });
    })
    .unwrap();
    let answer = answered.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(answer.contains("a=rtpmap:109 rtx/90000"), "{answer}");

    for index in 0..2i32 {
        let transceiver: glib::Object = peer.webrtc().emit_by_name("get-transceiver", &[&index]);
        assert!(transceiver.property::<bool>("do-nack"), "transceiver {index}");
    }
    let ice: glib::Object = peer.webrtc().property("ice-agent");
    assert!(!ice.property::<bool>("ice-tcp"));
    assert_eq!(peer.webrtc().property::<Option<String>>("stun-server"), None);
    assert_eq!(peer.webrtc().property::<Option<String>>("turn-server"), None);
    let bin = peer.webrtc().downcast_ref::<gst::Bin>().unwrap();
    let sdes: gst::Structure = bin.by_name("rtpbin").unwrap().property("sdes");
    assert_eq!(sdes.get::<&str>("cname").unwrap(), "regie");
    let mut sessions = 0;
    for element in bin.iterate_recurse().into_iter().flatten() {
        if element.factory().is_some_and(|f| f.name() == "rtpsession") {
            assert_eq!(element.property::<f64>("bandwidth"), tuning::SESSION_BANDWIDTH);
            sessions += 1;
        }
    }
    assert_eq!(sessions, 1);
    drop(peer);
}
