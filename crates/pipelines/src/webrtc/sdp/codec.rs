//! Choosing one codec of each section, and writing it down again.

use super::Section;

/// The video codecs that Régie decodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VideoCodec {
    /// H.264, any profile that FFmpeg decodes; constrained baseline is asked for first.
    H264,
    /// VP8, for phones with no H.264 encoder.
    Vp8,
}

/// One format of a section, with its retransmission format and what both ends can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    pub pt: u8,
    pub rtx: Option<u8>,
    /// As in `rtpmap`: `H264/90000`.
    pub name: &'static str,
    /// Parameters that both ends know, rebuilt; empty where there are none.
    pub fmtp: String,
    /// Those of our feedback messages that the peer offers.
    pub feedback: Vec<&'static str>,
}

/// What Régie sends as a receiver: loss, lost pictures, and arrival times for the sender's bandwidth estimate.
const FEEDBACK: [&str; 4] = ["nack", "nack pli", "ccm fir", "transport-cc"];

/// The best video format of a section: H.264 constrained baseline, other H.264, VP8.
pub fn video(section: &Section) -> Option<(VideoCodec, Format)> {
    let h264 = || {
        let formats = formats(section, "H264/90000").filter_map(|pt| {
            let parameters = section.parameters(pt);
            Some((h264_rank(&parameters)?, pt, parameters))
        });
        let (_, pt, parameters) = formats.min_by_key(|(rank, ..)| *rank)?;
        let keep = [
            "level-asymmetry-allowed",
            "packetization-mode",
            "profile-level-id",
        ];
        Some((
            VideoCodec::H264,
            section.format(pt, "H264/90000", &parameters, &keep),
        ))
    };
    let vp8 = || {
        let pt = formats(section, "VP8/90000").next()?;
        Some((VideoCodec::Vp8, section.format(pt, "VP8/90000", &[], &[])))
    };
    h264().or_else(vp8)
}

/// Opus, the one audio format that every browser has.
pub fn audio(section: &Section) -> Option<Format> {
    let pt = formats(section, "opus/48000/2").next()?;
    let keep = ["minptime", "useinbandfec", "stereo", "sprop-stereo"];
    Some(section.format(pt, "OPUS/48000/2", &section.parameters(pt), &keep))
}

/// The payload types whose `rtpmap` says this, in the peer's order of preference.
fn formats<'a>(section: &'a Section, name: &'static str) -> impl Iterator<Item = u8> + 'a {
    let numbers = section.formats.iter().filter_map(|f| f.parse::<u8>().ok());
    numbers.filter(move |pt| {
        let mapped = section.rtpmap.iter().find(|(number, _)| number == pt);
        mapped.is_some_and(|(_, map)| map.eq_ignore_ascii_case(name))
    })
}

/// Lower is better; `None` is not to be had: without `packetization-mode=1` a picture must fit into one packet.
fn h264_rank(parameters: &[(String, String)]) -> Option<u8> {
    let value = |key: &str| {
        let found = parameters.iter().find(|(k, _)| k == key);
        found.map(|(_, v)| v.to_ascii_lowercase())
    };
    if value("packetization-mode").as_deref() != Some("1") {
        return None;
    }
    let profile = value("profile-level-id")?;
    Some(match profile.get(..4)? {
        "42e0" => 0,
        "4200" | "42c0" => 1,
        "4d00" | "4d40" => 2,
        "640c" | "6400" => 3,
        _ => return None,
    })
}

impl Section {
    /// The parameters of one format: `key=value`, each of plain characters; what is not so is left out.
    fn parameters(&self, pt: u8) -> Vec<(String, String)> {
        let lines = self.fmtp.iter().filter(|(number, _)| *number == pt);
        let pairs = lines.flat_map(|(_, text)| text.split(';'));
        pairs
            .filter_map(|pair| {
                let (key, value) = pair.trim().split_once('=')?;
                let plain =
                    |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
                (plain(key) && plain(value)).then(|| (key.to_ascii_lowercase(), value.to_owned()))
            })
            .collect()
    }

    fn format(&self, pt: u8, name: &'static str, parameters: &[(String, String)], keep: &[&str]) -> Format {
        let kept: Vec<_> = parameters
            .iter()
            .filter(|(key, _)| keep.contains(&key.as_str()))
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        let offered = |message: &&&str| {
            let same = |(number, text): &(u8, String)| *number == pt && text == **message;
            self.feedback.iter().any(same)
        };
        let clock = name.split('/').nth(1).unwrap_or_default();
        Format {
            pt,
            rtx: self.retransmission(pt, clock),
            name,
            fmtp: kept.join(";"),
            feedback: FEEDBACK.iter().filter(offered).copied().collect(),
        }
    }

    /// The format that carries retransmissions of `pt` (RFC 4588).
    fn retransmission(&self, pt: u8, clock: &str) -> Option<u8> {
        let name: &'static str = if clock == "90000" {
            "rtx/90000"
        } else {
            "rtx/48000"
        };
        let wanted = pt.to_string();
        formats(self, name).find(|rtx| {
            let parameters = self.parameters(*rtx);
            parameters
                .iter()
                .any(|(key, value)| key == "apt" && *value == wanted)
        })
    }
}

impl Format {
    /// The attributes of this format in a section.
    pub fn write(&self, out: &mut String) {
        let pt = self.pt;
        out.push_str(&format!("a=rtpmap:{pt} {}\r\n", self.name));
        if !self.fmtp.is_empty() {
            out.push_str(&format!("a=fmtp:{pt} {}\r\n", self.fmtp));
        }
        for message in &self.feedback {
            out.push_str(&format!("a=rtcp-fb:{pt} {message}\r\n"));
        }
        if let Some(rtx) = self.rtx {
            let clock = self.name.split('/').nth(1).unwrap_or_default();
            out.push_str(&format!(
                "a=rtpmap:{rtx} rtx/{clock}\r\na=fmtp:{rtx} apt={pt}\r\n"
            ));
        }
    }

    /// The payload types, as an `m=` line lists them.
    pub fn numbers(&self) -> String {
        match self.rtx {
            Some(rtx) => format!("{} {rtx}", self.pt),
            None => self.pt.to_string(),
        }
    }
}
