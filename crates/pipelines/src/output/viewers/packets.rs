//! RTP packets of the program: made once, the same ones for every viewer.

use gstreamer as gst;

/// How program travels to viewers; the same for all, since the packets are.
pub const VIDEO_PT: u8 = 96;
/// Opus, where Chromium and Safari have it too.
pub const AUDIO_PT: u8 = 111;
/// The id of [`PLAYOUT_DELAY`] in the offer.
const PLAYOUT_DELAY_ID: u8 = 5;
/// "Show it as soon as it is there": a receiver that knows this extension does not hold the picture back for
/// smoothness, nor for the sound. Chromium knows it; others pass over it.
const PLAYOUT_DELAY: &str = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay";

/// The caps that a viewer is offered and that its sender carries.
pub fn video_caps(ssrc: u32) -> gst::Caps {
    gst::Caps::builder("application/x-rtp")
        .field("media", "video")
        .field("encoding-name", "H264")
        .field("payload", i32::from(VIDEO_PT))
        .field("clock-rate", 90_000i32)
        .field("packetization-mode", "1")
        .field("profile-level-id", "42e01f")
        .field("level-asymmetry-allowed", "1")
        .field("rtcp-fb-nack", true)
        .field("rtcp-fb-nack-pli", true)
        .field("rtcp-fb-ccm-fir", true)
        .field(format!("extmap-{PLAYOUT_DELAY_ID}"), PLAYOUT_DELAY)
        .field("ssrc", ssrc)
        .build()
}

/// As [`video_caps`], for the sound.
pub fn audio_caps(ssrc: u32) -> gst::Caps {
    gst::Caps::builder("application/x-rtp")
        .field("media", "audio")
        .field("encoding-name", "OPUS")
        .field("payload", i32::from(AUDIO_PT))
        .field("clock-rate", 48_000i32)
        .field("encoding-params", "2")
        .field("minptime", "10")
        .field("useinbandfec", "1")
        .field("stereo", "1")
        .field("sprop-stereo", "1")
        .field("ssrc", ssrc)
        .build()
}

/// Whether a packet of H.264 begins a keyframe: parameter sets go before each one (`config-interval=-1`), alone
/// or somewhere in an aggregate (RFC 6184 sections 5.4 and 5.7.1).
pub fn begins_keyframe(packet: &[u8]) -> bool {
    const SPS: u8 = 7;
    const STAP_A: u8 = 24;
    let Some(payload) = payload(packet) else {
        return false;
    };
    match payload.first().map(|b| b & 0x1f) {
        Some(SPS) => true,
        Some(STAP_A) => {
            let mut rest = &payload[1..];
            while let [high, low, unit @ ..] = rest {
                if unit.first().is_some_and(|b| b & 0x1f == SPS) {
                    return true;
                }
                let size = usize::from(u16::from_be_bytes([*high, *low]));
                rest = unit.get(size..).unwrap_or_default();
            }
            false
        }
        _ => false,
    }
}

/// What stands behind the header, its contributing sources and its extension (RFC 3550 section 5.1).
fn payload(packet: &[u8]) -> Option<&[u8]> {
    let first = *packet.first()?;
    let mut at = 12 + 4 * usize::from(first & 0x0f);
    if first & 0x10 != 0 {
        let words = packet.get(at + 2..at + 4)?;
        at += 4 + 4 * usize::from(u16::from_be_bytes([words[0], words[1]]));
    }
    packet.get(at..)
}

/// Writes the extension "no playout delay" into a packet that has none (RFC 8285 section 4.2, one-byte header).
/// `None` where the packet is not as our payloader makes it; it then travels as it is.
pub fn without_delay(buffer: &gst::Buffer) -> Option<gst::Buffer> {
    let map = buffer.map_readable().ok()?;
    // Version 2, no padding, no extension, no contributing sources.
    if map.len() < 12 || map[0] != 0x80 {
        return None;
    }
    // Three bytes of data: twelve bits of least delay, twelve of greatest, all zero.
    let extension = [0xbe, 0xde, 0, 1, PLAYOUT_DELAY_ID << 4 | 2, 0, 0, 0];
    let mut packet = Vec::with_capacity(map.len() + extension.len());
    packet.extend_from_slice(&map[..12]);
    packet[0] |= 0x10;
    packet.extend_from_slice(&extension);
    packet.extend_from_slice(&map[12..]);
    let mut out = gst::Buffer::from_mut_slice(packet);
    let fresh = out.get_mut()?;
    fresh.set_pts(buffer.pts());
    fresh.set_dts(buffer.dts());
    fresh.set_flags(buffer.flags());
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(payload: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x80, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        packet.extend_from_slice(payload);
        packet
    }

    #[test]
    fn keyframes_begin_with_their_parameter_sets() {
        assert!(begins_keyframe(&packet(&[0x67, 1, 2])));
        assert!(begins_keyframe(&packet(&[0x78, 0, 2, 0x67, 1, 0, 1, 0x68])));
        // A delimiter may go before them.
        assert!(begins_keyframe(&packet(&[
            0x78, 0, 2, 0x09, 0x10, 0, 2, 0x67, 1, 0, 1, 0x68
        ])));
        assert!(!begins_keyframe(&packet(&[0x78, 0, 2, 0x09, 0x10, 0, 1, 0x41])));
        assert!(!begins_keyframe(&packet(&[0x78, 0xff, 0xff, 0x09])));
        assert!(!begins_keyframe(&packet(&[0x7c, 0x85, 1])));
        assert!(!begins_keyframe(&packet(&[0x41, 1])));
        assert!(!begins_keyframe(&packet(&[])));
        assert!(!begins_keyframe(&[0x9f, 96]));
        assert!(!begins_keyframe(&[]));
    }

    #[test]
    fn the_extension_goes_between_header_and_payload() {
        gst::init().unwrap();
        let mut buffer = gst::Buffer::from_slice(packet(&[0x67, 1, 2]));
        buffer.get_mut().unwrap().set_pts(gst::ClockTime::from_seconds(7));
        let marked = without_delay(&buffer).unwrap();
        assert_eq!(marked.pts(), buffer.pts());
        let map = marked.map_readable().unwrap();
        assert_eq!(map[0], 0x90);
        assert_eq!(payload(&map), Some(&[0x67, 1, 2][..]));
        assert!(begins_keyframe(&map));
        assert!(without_delay(&marked.copy()).is_none());
    }
}
