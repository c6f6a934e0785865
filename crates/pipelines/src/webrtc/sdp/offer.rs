//! A camera's offer, and Régie's answer to it.

use super::codec::{self, Format, VideoCodec};
use super::{Fingerprint, Remote, SdpError, Section, TWCC, Transport};

/// A camera's offer: the one video section and the one audio section that Régie takes, and the rest refused.
///
/// webrtcbin only ever sees the sections taken, each with a single codec, so that what it answers is known.
#[derive(Clone, Debug)]
pub struct PeerOffer {
    remote: Remote,
    transport: Transport,
    /// In the order of the offer; never empty.
    taken: Vec<Taken>,
    codec: VideoCodec,
}

#[derive(Clone, Debug)]
struct Taken {
    /// Where the section stands in the peer's offer.
    index: usize,
    format: Format,
    video: bool,
}

/// What a camera is told about its bitrate, in kbit/s. Chromium and Safari read it; Firefox passes over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bitrate {
    /// Where to begin, so that the first picture is a good one.
    pub start: u32,
    /// Not below this: on a LAN a worse picture would help nobody.
    pub min: u32,
    /// Not above this.
    pub max: u32,
}

/// Régie's answer, in the two forms it is needed in.
#[derive(Clone, Debug)]
pub struct OurAnswer {
    /// For webrtcbin as its local description.
    pub local: String,
    /// For the peer: every section of its offer answered, bitrate hints written in.
    pub peer: String,
}

impl PeerOffer {
    /// Reads a camera's offer.
    pub fn parse(text: &str) -> Result<Self, SdpError> {
        let remote = Remote::parse(text)?;
        let sends = |s: &&(usize, &Section)| s.1.is_open() && s.1.direction.sends();
        let sections: Vec<_> = remote.sections.iter().enumerate().collect();
        let of = |kind: &'static str| {
            let sections = sections.iter().filter(sends);
            sections.filter(move |(_, s)| s.kind == kind && s.proto.ends_with("RTP/SAVPF"))
        };
        let (index, (codec, format)) = of("video")
            .find_map(|(index, s)| Some((*index, codec::video(s)?)))
            .ok_or(SdpError::NoVideo)?;
        let mut taken = vec![Taken {
            index,
            format,
            video: true,
        }];
        taken.extend(of("audio").find_map(|(index, s)| {
            Some(Taken {
                index: *index,
                format: codec::audio(s)?,
                video: false,
            })
        }));
        taken.sort_by_key(|t| t.index);

        let indices: Vec<_> = taken.iter().map(|t| t.index).collect();
        remote.bundled(&indices)?;
        // The first section of the group holds the transport's parameters; the others may repeat them.
        let tagged = remote.bundle.first();
        let holder = remote.sections.iter().position(|s| Some(&s.mid) == tagged);
        let transport = remote.transport(holder.unwrap_or(indices[0]))?;
        if remote.sections[indices[0]].fingerprints.first() != Some(&transport.fingerprint) {
            return Err(SdpError::FingerprintsDiffer);
        }
        Ok(Self {
            remote,
            transport,
            taken,
            codec,
        })
    }

    /// The certificate that the peer must show.
    pub fn fingerprint(&self) -> Fingerprint {
        self.transport.fingerprint
    }

    /// The codec that Régie takes.
    pub fn codec(&self) -> VideoCodec {
        self.codec
    }

    /// The candidates that stand in the offer itself, for peers that do not trickle.
    pub fn candidates(&self) -> impl Iterator<Item = &str> {
        self.remote
            .sections
            .iter()
            .flat_map(|s| &s.candidates)
            .map(String::as_str)
    }

    /// The section that our own candidates belong to: its mid and its place in the peer's offer.
    pub fn place(&self) -> (&str, u32) {
        let index = self.taken[0].index;
        (&self.remote.sections[index].mid, index as u32)
    }

    /// The offer as webrtcbin gets it.
    pub fn for_webrtcbin(&self) -> String {
        let mids: Vec<_> = self.taken.iter().map(|t| self.section(t).mid.as_str()).collect();
        let mut out = format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\na=ice-options:trickle\r\n",
            mids.join(" ")
        );
        for taken in &self.taken {
            let section = self.section(taken);
            let kind = if taken.video { "video" } else { "audio" };
            out.push_str(&format!(
                "m={kind} 9 UDP/TLS/RTP/SAVPF {}\r\nc=IN IP4 0.0.0.0\r\na=mid:{}\r\na=sendonly\r\n\
                 a=rtcp-mux\r\na=rtcp-rsize\r\n",
                taken.format.numbers(),
                section.mid
            ));
            self.transport.write(&mut out);
            taken.format.write(&mut out);
            self.write_twcc(section, &mut out);
            // The SSRCs tell webrtcbin which section a packet belongs to.
            for (media, rtx) in section.pairs.iter().take(1) {
                out.push_str(&format!("a=ssrc-group:FID {media} {rtx}\r\n"));
            }
            for ssrc in &section.ssrcs {
                out.push_str(&format!("a=ssrc:{ssrc} cname:peer\r\n"));
            }
        }
        out
    }

    /// Finishes the answer that webrtcbin made of [`Self::for_webrtcbin`].
    ///
    /// webrtcbin leaves the TWCC extension out of its answer (GStreamer 1.22), and a Chromium that gets no
    /// transport-wide feedback stays at 300 kbit/s.
    pub fn answer(&self, ours: &str, bitrate: Bitrate) -> Result<OurAnswer, SdpError> {
        let mut parts = ours.split("m=");
        let head = parts.next().unwrap_or_default();
        let answered: Vec<_> = parts.collect();
        if answered.len() != self.taken.len() {
            return Err(SdpError::Mismatch("another number of sections"));
        }
        let (mut local, mut peer) = (head.to_owned(), head.to_owned());
        for (index, section) in self.remote.sections.iter().enumerate() {
            let Some(position) = self.taken.iter().position(|t| t.index == index) else {
                peer.push_str(&refusal(section));
                continue;
            };
            let taken = &self.taken[position];
            let mut text = format!("m={}", answered[position]);
            if !text.contains(TWCC) {
                self.write_twcc(section, &mut text);
            }
            // Feedback in small packets of its own: a request for a lost packet need not wait for a report.
            if !text.contains("a=rtcp-rsize") {
                text.push_str("a=rtcp-rsize\r\n");
            }
            local.push_str(&text);
            let hints = taken.video.then_some(bitrate);
            peer.push_str(&with_parameters(&text, &taken.format, hints));
        }
        Ok(OurAnswer { local, peer })
    }

    fn section(&self, taken: &Taken) -> &Section {
        &self.remote.sections[taken.index]
    }

    fn write_twcc(&self, section: &Section, out: &mut String) {
        if let Some(id) = section.extension(TWCC) {
            out.push_str(&format!("a=extmap:{id} {TWCC}\r\n"));
        }
    }
}

/// A section of the offer that Régie has no use for: answered with port 0.
fn refusal(section: &Section) -> String {
    let formats = section.formats.join(" ");
    let (kind, proto, mid) = (&section.kind, &section.proto, &section.mid);
    format!("m={kind} 0 {proto} {formats}\r\nc=IN IP4 0.0.0.0\r\na=mid:{mid}\r\na=inactive\r\n")
}

/// Writes the format's parameters as the peer offered them, with the hints. webrtcbin leaves `profile-level-id`
/// out of its answer, which then stands for a profile that the peer may not have offered.
fn with_parameters(section: &str, format: &Format, hints: Option<Bitrate>) -> String {
    let hints = hints.map(|Bitrate { start, min, max }| {
        format!("x-google-start-bitrate={start};x-google-min-bitrate={min};x-google-max-bitrate={max}")
    });
    let offered = Some(format.fmtp.clone()).filter(|f| !f.is_empty());
    let parameters: Vec<_> = offered.into_iter().chain(hints).collect();
    let (fmtp, rtpmap) = (
        format!("a=fmtp:{} ", format.pt),
        format!("a=rtpmap:{} ", format.pt),
    );
    let mut out = String::with_capacity(section.len() + 160);
    for line in section.lines().map(str::trim_end) {
        if line.starts_with(&fmtp) {
            continue;
        }
        out.push_str(line);
        out.push_str("\r\n");
        if line.starts_with(&rtpmap) && !parameters.is_empty() {
            out.push_str(&format!("{fmtp}{}\r\n", parameters.join(";")));
        }
    }
    out
}
