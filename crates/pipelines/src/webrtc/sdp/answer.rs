//! A viewer's answer to Régie's offer.

use super::{Fingerprint, Remote, SdpError, Transport};

/// A viewer's answer: which of the two sections it takes, and its transport.
#[derive(Clone, Debug)]
pub struct PeerAnswer {
    transport: Transport,
    sections: Vec<(Offered, bool)>,
    candidates: Vec<String>,
}

/// One section as Régie offered it.
#[derive(Clone, Debug)]
struct Offered {
    kind: String,
    mid: String,
    formats: Vec<String>,
    /// Its attributes of format, feedback and extension, kept so that the answer can repeat them.
    attributes: Vec<String>,
}

impl PeerAnswer {
    /// Reads a viewer's answer to this offer of ours.
    pub fn parse(text: &str, offer: &str) -> Result<Self, SdpError> {
        let remote = Remote::parse(text)?;
        let offered = Offered::read(offer)?;
        if remote.sections.len() != offered.len() {
            return Err(SdpError::Mismatch("another number of sections"));
        }
        let mut sections = Vec::new();
        for (section, ours) in remote.sections.iter().zip(offered) {
            if section.kind != ours.kind || section.mid != ours.mid {
                return Err(SdpError::Mismatch("other sections"));
            }
            let takes = section.is_open() && section.direction.receives();
            let known = section.formats.iter().any(|f| ours.formats.first() == Some(f));
            if takes && !known {
                return Err(SdpError::Mismatch("a format that was not offered"));
            }
            sections.push((ours, takes));
        }
        let taken: Vec<_> = (0..sections.len()).filter(|i| sections[*i].1).collect();
        if !taken.iter().any(|i| sections[*i].0.kind == "video") {
            return Err(SdpError::VideoRefused);
        }
        remote.bundled(&taken)?;
        let transport = remote.transport(taken[0])?;
        if transport.setup == "actpass" {
            return Err(SdpError::Mismatch("setup is still open"));
        }
        let candidates = remote.sections.iter().flat_map(|s| s.candidates.iter().cloned());
        Ok(Self {
            transport,
            sections,
            candidates: candidates.collect(),
        })
    }

    /// The certificate that the peer must show.
    pub fn fingerprint(&self) -> Fingerprint {
        self.transport.fingerprint
    }

    /// The candidates that stand in the answer itself.
    pub fn candidates(&self) -> impl Iterator<Item = &str> {
        self.candidates.iter().map(String::as_str)
    }

    /// The answer as webrtcbin gets it: the formats are ours, whatever subset the peer repeated, because there is
    /// one encoder and one payload type for all viewers.
    pub fn for_webrtcbin(&self) -> String {
        let taken = || self.sections.iter().filter(|(_, takes)| *takes);
        let mids: Vec<_> = taken().map(|(s, _)| s.mid.as_str()).collect();
        let mut out = format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\na=ice-options:trickle\r\n",
            mids.join(" ")
        );
        for (section, takes) in &self.sections {
            let (port, direction) = if *takes { (9, "recvonly") } else { (0, "inactive") };
            out.push_str(&format!(
                "m={} {port} UDP/TLS/RTP/SAVPF {}\r\nc=IN IP4 0.0.0.0\r\na=mid:{}\r\na={direction}\r\n\
                 a=rtcp-mux\r\na=rtcp-rsize\r\n",
                section.kind,
                section.formats.join(" "),
                section.mid
            ));
            self.transport.write(&mut out);
            for attribute in &section.attributes {
                out.push_str(&format!("a={attribute}\r\n"));
            }
        }
        out
    }
}

impl Offered {
    /// Reads our own offer back, in order.
    fn read(offer: &str) -> Result<Vec<Self>, SdpError> {
        let remote = Remote::parse(offer)?;
        let kept = ["rtpmap:", "fmtp:", "rtcp-fb:", "extmap:"];
        let texts = offer.split("m=").skip(1);
        let sections = remote.sections.into_iter().zip(texts).map(|(section, text)| {
            let attributes = text.lines().filter_map(|line| line.trim_end().strip_prefix("a="));
            Self {
                attributes: attributes
                    .filter(|a| kept.iter().any(|name| a.starts_with(name)))
                    .map(str::to_owned)
                    .collect(),
                kind: section.kind,
                mid: section.mid,
                formats: section.formats,
            }
        });
        Ok(sections.collect())
    }
}
