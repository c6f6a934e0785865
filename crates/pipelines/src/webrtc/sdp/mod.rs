//! Session descriptions of browsers, read by us before any C code sees them.
//!
//! A remote description is parsed into the few facts that Régie has use for ([`Remote`]), and webrtcbin is given
//! a new text written from those facts alone: it answers `g_assert` to some malformed texts, and nothing a peer
//! wrote reaches it unread. Everything is bounded; an error says which rule was broken.

mod answer;
mod codec;
mod offer;

pub use answer::PeerAnswer;
pub use codec::VideoCodec;
pub use offer::{Bitrate, PeerOffer};

use super::fingerprint::Fingerprint;

/// The URI of the header extension behind transport-wide congestion control.
pub const TWCC: &str = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

const TEXT_MAX: usize = 64 * 1024;
const LINES_MAX: usize = 2_000;
const LINE_MAX: usize = 4_096;
const MEDIA_MAX: usize = 8;
const FORMATS_MAX: usize = 128;

/// What is wrong with a peer's description.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    /// Larger than any browser's.
    #[error("the description is too large: {0}")]
    TooLarge(&'static str),
    /// A line that is not `letter=value`, or a control character.
    #[error("line {0} of the description is malformed")]
    Line(usize),
    /// No `v=0` at its beginning.
    #[error("the description does not begin with v=0")]
    NotSdp,
    /// A media section without something that every browser gives.
    #[error("media section {section} has no usable {what}")]
    Section {
        /// Which, from 0.
        section: usize,
        /// What is missing or malformed.
        what: &'static str,
    },
    /// No SHA-256 fingerprint: nothing to tell the peer from another.
    #[error("the description has no SHA-256 fingerprint")]
    NoFingerprint,
    /// Bundled sections are one transport and must name one certificate.
    #[error("the sections name different fingerprints")]
    FingerprintsDiffer,
    /// Two sections or more, not bundled.
    #[error("the media sections are not bundled into one transport")]
    NotBundled,
    /// No camera among the sections, or only with codecs that Régie does not decode.
    #[error("no video section offers H.264 (packetization mode 1) or VP8")]
    NoVideo,
    /// The peer refused what it was offered.
    #[error("the answer refuses the video")]
    VideoRefused,
    /// An answer to another offer.
    #[error("the answer does not fit the offer: {0}")]
    Mismatch(&'static str),
}

/// A peer's description as facts, still with every section and format it had.
#[derive(Clone, Debug)]
struct Remote {
    bundle: Vec<String>,
    sections: Vec<Section>,
}

/// One `m=` section.
#[derive(Clone, Debug, Default)]
struct Section {
    kind: String,
    port: u16,
    bundle_only: bool,
    proto: String,
    formats: Vec<String>,
    mid: String,
    direction: Direction,
    ufrag: String,
    pwd: String,
    setup: String,
    fingerprints: Vec<Fingerprint>,
    rtpmap: Vec<(u8, String)>,
    fmtp: Vec<(u8, String)>,
    feedback: Vec<(u8, String)>,
    extmap: Vec<(u8, String)>,
    ssrcs: Vec<u32>,
    /// A media SSRC and the one of its retransmissions.
    pairs: Vec<(u32, u32)>,
    candidates: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Direction {
    #[default]
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}

impl Direction {
    fn sends(self) -> bool {
        matches!(self, Direction::SendRecv | Direction::SendOnly)
    }

    fn receives(self) -> bool {
        matches!(self, Direction::SendRecv | Direction::RecvOnly)
    }
}

impl Remote {
    fn parse(text: &str) -> Result<Self, SdpError> {
        if text.len() > TEXT_MAX {
            return Err(SdpError::TooLarge("over 64 KiB"));
        }
        let mut lines = text.lines().enumerate();
        if lines.next().map(|(_, line)| line.trim_end()) != Some("v=0") {
            return Err(SdpError::NotSdp);
        }
        // What stands before the first section is the default of all of them.
        let mut session = Section::default();
        let mut bundle = Vec::new();
        let mut sections: Vec<Section> = Vec::new();
        for (number, line) in lines {
            let line = line.trim_end();
            if number > LINES_MAX {
                return Err(SdpError::TooLarge("over 2000 lines"));
            }
            if line.is_empty() {
                continue;
            }
            if line.len() > LINE_MAX {
                return Err(SdpError::TooLarge("a line of over 4096 bytes"));
            }
            let bad = SdpError::Line(number + 1);
            let Some((letter, value)) = line.split_once('=') else {
                return Err(bad);
            };
            if letter.len() != 1 || line.chars().any(char::is_control) {
                return Err(bad);
            }
            match letter {
                "m" => {
                    if sections.len() == MEDIA_MAX {
                        return Err(SdpError::TooLarge("over 8 media sections"));
                    }
                    let mut section = Section::opened(value).ok_or(bad)?;
                    section.inherit(&session);
                    sections.push(section);
                }
                "a" => {
                    let (name, value) = value.split_once(':').unwrap_or((value, ""));
                    if name == "group" && sections.is_empty() {
                        if let Some(mids) = value.strip_prefix("BUNDLE ") {
                            bundle = mids.split_whitespace().map(str::to_owned).collect();
                        }
                        continue;
                    }
                    let section = sections.last_mut().unwrap_or(&mut session);
                    section.attribute(name, value).ok_or(bad)?;
                }
                _ => {}
            }
        }
        for (index, section) in sections.iter().enumerate() {
            let missing = |what| Err(SdpError::Section { section: index, what });
            if !is_token(&section.mid) {
                return missing("mid");
            }
            if sections[..index].iter().any(|other| other.mid == section.mid) {
                return missing("mid of its own");
            }
        }
        Ok(Self { bundle, sections })
    }

    /// The section at `index` as one end of the bundle's transport, with everything that a transport needs.
    fn transport(&self, index: usize) -> Result<Transport, SdpError> {
        let section = &self.sections[index];
        let missing = |what| SdpError::Section { section: index, what };
        if !(4..=256).contains(&section.ufrag.len()) || !section.ufrag.bytes().all(is_ice_char) {
            return Err(missing("ice-ufrag"));
        }
        if !(22..=256).contains(&section.pwd.len()) || !section.pwd.bytes().all(is_ice_char) {
            return Err(missing("ice-pwd"));
        }
        let setup = match section.setup.as_str() {
            "actpass" => "actpass",
            "active" => "active",
            "passive" => "passive",
            _ => return Err(missing("setup")),
        };
        let fingerprint = *section.fingerprints.first().ok_or(SdpError::NoFingerprint)?;
        Ok(Transport {
            ufrag: section.ufrag.clone(),
            pwd: section.pwd.clone(),
            setup,
            fingerprint,
        })
    }

    /// Checks that these sections are one transport, by group and by certificate.
    fn bundled(&self, used: &[usize]) -> Result<(), SdpError> {
        let sections = || used.iter().map(|index| &self.sections[*index]);
        if used.len() > 1 && !sections().all(|s| self.bundle.contains(&s.mid)) {
            return Err(SdpError::NotBundled);
        }
        let mut all = sections().flat_map(|s| &s.fingerprints);
        let Some(first) = all.next() else {
            return Err(SdpError::NoFingerprint);
        };
        if all.any(|other| other != first) {
            return Err(SdpError::FingerprintsDiffer);
        }
        Ok(())
    }
}

/// What makes a transport of a description.
#[derive(Clone, Debug)]
struct Transport {
    ufrag: String,
    pwd: String,
    setup: &'static str,
    fingerprint: Fingerprint,
}

impl Transport {
    /// The attributes of one section of the bundle.
    fn write(&self, out: &mut String) {
        out.push_str(&format!(
            "a=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=fingerprint:{}\r\na=setup:{}\r\n",
            self.ufrag, self.pwd, self.fingerprint, self.setup
        ));
    }
}

impl Section {
    /// Reads the value of an `m=` line.
    fn opened(value: &str) -> Option<Self> {
        let mut words = value.split_ascii_whitespace();
        let kind = words.next()?.to_owned();
        let port = words.next()?.split('/').next()?.parse().ok()?;
        let proto = words.next()?.to_owned();
        let formats: Vec<_> = words.map(str::to_owned).collect();
        let plain = formats
            .iter()
            .chain([&kind])
            .all(|word| word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
        let proto_plain = proto
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"/-".contains(&b));
        let fits = plain && proto_plain && (1..=FORMATS_MAX).contains(&formats.len());
        fits.then(|| Self {
            kind,
            port,
            proto,
            formats,
            ..Self::default()
        })
    }

    /// Takes over what the session says for all sections.
    fn inherit(&mut self, session: &Section) {
        self.ufrag.clone_from(&session.ufrag);
        self.pwd.clone_from(&session.pwd);
        self.setup.clone_from(&session.setup);
        self.direction = session.direction;
        self.fingerprints.clone_from(&session.fingerprints);
    }

    /// Takes one attribute in. `None` where one that Régie reads is malformed; others are passed over.
    fn attribute(&mut self, name: &str, value: &str) -> Option<()> {
        match name {
            "bundle-only" => self.bundle_only = true,
            "mid" => self.mid = value.to_owned(),
            "ice-ufrag" => self.ufrag = value.to_owned(),
            "ice-pwd" => self.pwd = value.to_owned(),
            "setup" => self.setup = value.to_owned(),
            "fingerprint" => self.fingerprints.extend(Fingerprint::parse(value)),
            "sendrecv" => self.direction = Direction::SendRecv,
            "sendonly" => self.direction = Direction::SendOnly,
            "recvonly" => self.direction = Direction::RecvOnly,
            "inactive" => self.direction = Direction::Inactive,
            "rtpmap" => self.rtpmap.push(numbered(value)?),
            "fmtp" => self.fmtp.push(numbered(value)?),
            // `*` stands for all formats; no browser writes it, and leaving it out only asks for less.
            "rtcp-fb" => self.feedback.extend(numbered(value)),
            "extmap" => {
                let (id, uri) = value.split_once(' ')?;
                // The id may be followed by a direction, the URI by parameters.
                let id = id.split('/').next()?.parse().ok()?;
                self.extmap.push((id, uri.split_whitespace().next()?.to_owned()));
            }
            "ssrc" => {
                let ssrc = value.split_whitespace().next()?.parse().ok()?;
                if !self.ssrcs.contains(&ssrc) && self.ssrcs.len() < 16 {
                    self.ssrcs.push(ssrc);
                }
            }
            "ssrc-group" => {
                if let Some(pair) = value.strip_prefix("FID ") {
                    let mut words = pair.split_whitespace();
                    let pair = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
                    self.pairs.push(pair);
                }
            }
            "candidate" => self.candidates.push(format!("candidate:{value}")),
            _ => {}
        }
        Some(())
    }

    /// Whether the peer wants this section at all.
    fn is_open(&self) -> bool {
        // Port 0 is a refusal, unless the section says that it only exists inside the bundle (RFC 9143).
        (self.port != 0 || self.bundle_only) && self.direction != Direction::Inactive
    }

    /// The id under which the peer offers this header extension.
    fn extension(&self, uri: &str) -> Option<u8> {
        let found = self.extmap.iter().find(|(_, u)| u == uri);
        found.map(|(id, _)| *id).filter(|id| (1..=14).contains(id))
    }
}

/// Reads `pt rest`.
fn numbered(value: &str) -> Option<(u8, String)> {
    let (number, rest) = value.split_once(' ')?;
    let number: u8 = number.parse().ok()?;
    (number < 128).then(|| (number, rest.trim().to_owned()))
}

/// A short token: what mids and formats of browsers are.
fn is_token(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    (1..=64).contains(&text.len()) && text.bytes().all(plain)
}

/// `ice-char` of RFC 8839, and the `-` and `_` that some write.
fn is_ice_char(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"+/-_=".contains(&b)
}

#[cfg(test)]
mod tests;
