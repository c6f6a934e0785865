//! Session descriptions, parsed at the door before anything written in C sees them.

use crate::Candidate;

/// The longest description taken, in bytes.
pub const SDP_MAX: usize = 64 * 1024;
/// The most lines taken; Chromium's longest offers have about 200.
const LINES_MAX: usize = 2_000;
/// The longest line taken, in bytes.
const LINE_MAX: usize = 4_096;
/// The most media sections taken.
const MEDIA_MAX: usize = 16;

/// Which half of an exchange a description is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SdpKind {
    /// It proposes.
    Offer,
    /// It agrees.
    Answer,
}

/// A description that is bounded, of SDP's line form, without control characters, and that carries what
/// WebRTC cannot do without: a SHA-256 fingerprint and ICE credentials for every media section in use.
/// Lines end in CR LF; candidates that name no IP address are gone. What the media sections say is left to
/// the one who negotiates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sdp {
    kind: SdpKind,
    text: String,
}

/// Why a description was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    /// Longer than [`SDP_MAX`].
    #[error("the description is {0} bytes long; at most {SDP_MAX} are taken")]
    TooLong(usize),
    /// More lines than are taken.
    #[error("the description has more than {LINES_MAX} lines")]
    TooManyLines,
    /// More media sections than are taken.
    #[error("the description has more than {MEDIA_MAX} media sections")]
    TooManyMedia,
    /// A line longer than the bound. Lines count from 1.
    #[error("line {0} of the description is longer than {LINE_MAX} bytes")]
    LineTooLong(usize),
    /// A control character.
    #[error("line {0} of the description holds a control character")]
    ControlCharacter(usize),
    /// Not `letter=value`.
    #[error("line {0} of the description is not of the form `letter=value`")]
    NotALine(usize),
    /// The first line is not `v=0`.
    #[error("the description does not begin with `v=0`")]
    NoVersion,
    /// No `m=` line.
    #[error("the description has no media section")]
    NoMedia,
    /// An `m=` line that is none.
    #[error("line {0} of the description is no media line")]
    BadMedia(usize),
    /// A fingerprint that cannot be compared with.
    #[error("line {0} of the description: only a well-formed sha-256 fingerprint is taken")]
    BadFingerprint(usize),
    /// A media section that no fingerprint covers.
    #[error("media section {0} has no sha-256 fingerprint")]
    NoFingerprint(usize),
    /// Credentials of a wrong form.
    #[error("line {0} of the description: ice-ufrag or ice-pwd is malformed")]
    BadCredentials(usize),
    /// A media section without ICE credentials.
    #[error("media section {0} has no ice-ufrag or no ice-pwd")]
    NoCredentials(usize),
}

/// What a level (the session, or one media section) has of what every section in use needs.
#[derive(Clone, Copy, Default)]
struct Has {
    fingerprint: bool,
    ufrag: bool,
    pwd: bool,
    /// Rejected (port 0) or bundled into another section (`bundle-only`): it needs nothing of its own.
    exempt: bool,
}

impl Sdp {
    /// Parses a description; see the type for what is asked of it.
    pub fn parse(kind: SdpKind, raw: &str) -> Result<Self, SdpError> {
        if raw.len() > SDP_MAX {
            return Err(SdpError::TooLong(raw.len()));
        }
        let mut text = String::with_capacity(raw.len() + 256);
        let mut session = Has::default();
        let mut media: Vec<Has> = Vec::new();
        let body = raw.strip_suffix('\n').unwrap_or(raw);
        for (index, line) in body.split('\n').enumerate() {
            let number = index + 1;
            let line = line.strip_suffix('\r').unwrap_or(line);
            if number > LINES_MAX {
                return Err(SdpError::TooManyLines);
            }
            check_line(number, line)?;
            if number == 1 && line != "v=0" {
                return Err(SdpError::NoVersion);
            }
            if let Some(rest) = line.strip_prefix("m=") {
                if media.len() == MEDIA_MAX {
                    return Err(SdpError::TooManyMedia);
                }
                media.push(read_media(number, rest)?);
            }
            let level = media.last_mut().unwrap_or(&mut session);
            read_attribute(number, line, level)?;
            if keeps(line) {
                text.push_str(line);
                text.push_str("\r\n");
            }
        }
        if media.is_empty() {
            return Err(SdpError::NoMedia);
        }
        for (index, section) in media.iter().enumerate() {
            if section.exempt {
                continue;
            }
            if !(section.fingerprint || session.fingerprint) {
                return Err(SdpError::NoFingerprint(index));
            }
            if !((section.ufrag || session.ufrag) && (section.pwd || session.pwd)) {
                return Err(SdpError::NoCredentials(index));
            }
        }
        Ok(Self { kind, text })
    }

    /// Which half of the exchange it is.
    pub fn kind(&self) -> SdpKind {
        self.kind
    }

    /// The text, lines ending in CR LF.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

fn check_line(number: usize, line: &str) -> Result<(), SdpError> {
    if line.len() > LINE_MAX {
        return Err(SdpError::LineTooLong(number));
    }
    if line.chars().any(char::is_control) {
        return Err(SdpError::ControlCharacter(number));
    }
    let mut bytes = line.bytes();
    match (bytes.next(), bytes.next()) {
        (Some(letter), Some(b'=')) if letter.is_ascii_lowercase() => Ok(()),
        _ => Err(SdpError::NotALine(number)),
    }
}

fn read_media(number: usize, rest: &str) -> Result<Has, SdpError> {
    let words: Vec<&str> = rest.split(' ').collect();
    let [kind, port, protocol, formats @ ..] = words.as_slice() else {
        return Err(SdpError::BadMedia(number));
    };
    let known = ["audio", "video", "application", "text"].contains(kind);
    let port: u16 = port.parse().map_err(|_| SdpError::BadMedia(number))?;
    if !known || protocol.is_empty() || formats.is_empty() || formats.iter().any(|f| f.is_empty()) {
        return Err(SdpError::BadMedia(number));
    }
    Ok(Has {
        exempt: port == 0,
        ..Has::default()
    })
}

fn read_attribute(number: usize, line: &str, level: &mut Has) -> Result<(), SdpError> {
    let Some(attribute) = line.strip_prefix("a=") else {
        return Ok(());
    };
    let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
    match name {
        "fingerprint" => {
            if !is_sha256(value) {
                return Err(SdpError::BadFingerprint(number));
            }
            level.fingerprint = true;
        }
        "ice-ufrag" => {
            if !is_credential(value, 4) {
                return Err(SdpError::BadCredentials(number));
            }
            level.ufrag = true;
        }
        "ice-pwd" => {
            if !is_credential(value, 22) {
                return Err(SdpError::BadCredentials(number));
            }
            level.pwd = true;
        }
        _ => {}
    }
    Ok(())
}

fn is_sha256(value: &str) -> bool {
    let Some((algorithm, digest)) = value.split_once(' ') else {
        return false;
    };
    let pairs: Vec<&str> = digest.split(':').collect();
    algorithm.eq_ignore_ascii_case("sha-256")
        && pairs.len() == 32
        && pairs
            .iter()
            .all(|pair| pair.len() == 2 && pair.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// RFC 8839, section 5.4: 4 (ufrag) or 22 (password) to 256 of `A-Z a-z 0-9 + /`. Some agents add `-_=`.
fn is_credential(value: &str, least: usize) -> bool {
    (least..=256).contains(&value.len())
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+/-_=".contains(&b))
}

/// A candidate inside the description stays only where it names an IP address.
fn keeps(line: &str) -> bool {
    match line.strip_prefix("a=candidate:") {
        Some(_) => Candidate::parse(line, None, 0).is_ok_and(|candidate| candidate.is_usable()),
        None => true,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    const PRINT: &str =
        "AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA";

    /// The least description that is taken.
    pub(crate) fn least() -> String {
        format!(
            "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=fingerprint:sha-256 {PRINT}\r\n\
             m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n\
             a=ice-pwd:abcdefghijklmnopqrstuv\r\na=mid:0\r\n"
        )
    }

    fn parse(raw: &str) -> Result<Sdp, SdpError> {
        Sdp::parse(SdpKind::Offer, raw)
    }

    #[test]
    fn the_least_description_is_taken_and_its_lines_end_in_cr_lf() {
        assert_eq!(parse(&least()).unwrap().as_str(), least());
        assert_eq!(parse(&least().replace("\r\n", "\n")).unwrap().as_str(), least());
    }

    #[test]
    fn each_thing_missing_or_wrong_is_named() {
        let check = |raw: String, expect: SdpError| assert_eq!(parse(&raw), Err(expect), "{raw}");
        let without = |prefix: &str| -> String {
            least()
                .split_inclusive("\r\n")
                .filter(|line| !line.starts_with(prefix))
                .collect()
        };
        check(String::new(), SdpError::NotALine(1));
        check(without("v="), SdpError::NoVersion);
        check("v=0\r\ns=-\r\n".into(), SdpError::NoMedia);
        check(without("a=fingerprint"), SdpError::NoFingerprint(0));
        check(without("a=ice-ufrag"), SdpError::NoCredentials(0));
        check(without("a=ice-pwd"), SdpError::NoCredentials(0));
        check(least().replace("sha-256", "sha-1"), SdpError::BadFingerprint(5));
        check(least().replace("AA:AA:", "AA:"), SdpError::BadFingerprint(5));
        check(
            least().replace("ufrag:abcd", "ufrag:a b"),
            SdpError::BadCredentials(8),
        );
        check(least().replace("s=-", "s=\u{7}"), SdpError::ControlCharacter(3));
        check(least().replace("s=-", "s=\0"), SdpError::ControlCharacter(3));
        check(least().replace("s=-", "nonsense"), SdpError::NotALine(3));
        check(least().replace("m=video 9", "m=video x"), SdpError::BadMedia(6));
        check(
            least().replace("m=video 9", "m=hologram 9"),
            SdpError::BadMedia(6),
        );
    }

    #[test]
    fn each_bound_holds() {
        let check = |raw: String, expect: SdpError| assert_eq!(parse(&raw), Err(expect));
        let long = "a".repeat(SDP_MAX + 1);
        check(long.clone(), SdpError::TooLong(SDP_MAX + 1));
        check(
            least().replace("s=-", &format!("s={}", &long[..LINE_MAX])),
            SdpError::LineTooLong(3),
        );
        check(least() + &"a=x\r\n".repeat(LINES_MAX), SdpError::TooManyLines);
        check(
            least() + &"m=audio 9 X 0\r\n".repeat(MEDIA_MAX),
            SdpError::TooManyMedia,
        );
    }

    #[test]
    fn a_rejected_section_needs_nothing_of_its_own() {
        let session_credentials = least().replace("m=video 9", "m=video 0") + "m=audio 0 X 0\r\n";
        assert!(parse(&session_credentials).is_ok());
        assert_eq!(
            parse(&(least() + "m=audio 9 X 0\r\n")),
            Err(SdpError::NoCredentials(1))
        );
    }

    #[test]
    fn candidates_with_names_are_taken_out() {
        let good = "a=candidate:1 1 udp 1 10.0.0.2 5 typ host\r\n";
        let raw = least()
            + good
            + "a=candidate:2 1 udp 1 abc.local 5 typ host\r\na=candidate:3 1 udp 1 example.org 5 typ host\r\n";
        assert_eq!(parse(&raw).unwrap().as_str(), least() + good);
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(raw in "(?s).{0,400}") {
            let _ = parse(&raw);
        }

        #[test]
        fn a_damaged_description_is_either_refused_or_still_bounded(at in 0usize..400, byte in 0u8..128) {
            let mut bytes = least().into_bytes();
            let at = at % bytes.len();
            bytes[at] = byte;
            let raw = String::from_utf8(bytes).unwrap();
            if let Ok(sdp) = parse(&raw) {
                prop_assert!(sdp.as_str().len() <= 2 * raw.len());
                prop_assert!(!sdp.as_str().contains('\0'));
                prop_assert!(sdp.as_str().starts_with("v=0\r\n"));
            }
        }
    }
}
