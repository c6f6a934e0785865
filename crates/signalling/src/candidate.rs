//! ICE candidates, parsed at the door (RFC 8839, section 5.1).

use std::net::IpAddr;

/// The longest candidate line taken, in bytes; browsers stay under 300.
const LINE_MAX: usize = 1024;
/// The longest `sdpMid` taken, in bytes.
const MID_MAX: usize = 64;
/// The highest `sdpMLineIndex` taken.
const M_LINE_MAX: u32 = 63;

/// A candidate fit to be handed to an ICE agent: plain ASCII, bounded, of the RFC's form, its address an IP
/// address. A name is never looked up: nothing leaves the LAN, and a `.local` name of a browser means nothing
/// here (the peer still connects by the addresses its packets come from).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    line: String,
    mid: Option<String>,
    m_line: u32,
    address: Address,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Address {
    Ip,
    Mdns,
    Name,
}

/// Why a candidate was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CandidateError {
    /// Longer than the bound.
    #[error("the candidate is {0} bytes long; at most {LINE_MAX} are taken")]
    TooLong(usize),
    /// A control character, or one outside ASCII.
    #[error("the candidate holds a character that is not printable ASCII")]
    NotPlain,
    /// Not what RFC 8839 calls a candidate.
    #[error("the candidate's {0} is missing or wrong")]
    Malformed(&'static str),
    /// `sdpMid` or `sdpMLineIndex` out of bounds.
    #[error("the candidate's sdpMid or sdpMLineIndex is out of bounds")]
    BadMedia,
}

impl Candidate {
    /// Parses `candidate:…` (or `a=candidate:…`) with the media section it belongs to.
    pub fn parse(raw: &str, mid: Option<&str>, m_line: u32) -> Result<Self, CandidateError> {
        let line = raw.strip_prefix("a=").unwrap_or(raw).trim_end();
        if line.len() > LINE_MAX {
            return Err(CandidateError::TooLong(line.len()));
        }
        if !line.bytes().all(|b| b == b' ' || b.is_ascii_graphic()) {
            return Err(CandidateError::NotPlain);
        }
        let mid_fits =
            mid.is_none_or(|mid| mid.len() <= MID_MAX && mid.bytes().all(|b| b.is_ascii_graphic()));
        if !mid_fits || m_line > M_LINE_MAX {
            return Err(CandidateError::BadMedia);
        }
        let address = address_of(line)?;
        Ok(Self {
            line: line.to_owned(),
            mid: mid.map(str::to_owned),
            m_line,
            address,
        })
    }

    /// The line, without `a=`.
    pub fn line(&self) -> &str {
        &self.line
    }

    /// The media section by name, if the peer gave one.
    pub fn mid(&self) -> Option<&str> {
        self.mid.as_deref()
    }

    /// The media section by number.
    pub fn m_line(&self) -> u32 {
        self.m_line
    }

    /// Whether the address is a browser's `.local` name.
    pub fn is_mdns(&self) -> bool {
        self.address == Address::Mdns
    }

    /// Whether an ICE agent can use it without asking anybody for an address.
    pub fn is_usable(&self) -> bool {
        self.address == Address::Ip
    }
}

fn address_of(line: &str) -> Result<Address, CandidateError> {
    use CandidateError::Malformed;
    let rest = line
        .strip_prefix("candidate:")
        .ok_or(Malformed("`candidate:` prefix"))?;
    let mut words = rest.split(' ').filter(|word| !word.is_empty());
    let mut word = |what| words.next().ok_or(Malformed(what));
    let foundation = word("foundation")?;
    if foundation.len() > 32 {
        return Err(Malformed("foundation"));
    }
    let component: u16 = word("component")?.parse().map_err(|_| Malformed("component"))?;
    if !(1..=256).contains(&component) {
        return Err(Malformed("component"));
    }
    let transport = word("transport")?;
    if !transport.eq_ignore_ascii_case("udp") && !transport.eq_ignore_ascii_case("tcp") {
        return Err(Malformed("transport"));
    }
    word("priority")?
        .parse::<u32>()
        .map_err(|_| Malformed("priority"))?;
    let address = word("address")?;
    word("port")?.parse::<u16>().map_err(|_| Malformed("port"))?;
    if word("`typ`")? != "typ" {
        return Err(Malformed("`typ`"));
    }
    if !["host", "srflx", "prflx", "relay"].contains(&word("type")?) {
        return Err(Malformed("type"));
    }
    if address.parse::<IpAddr>().is_ok() {
        return Ok(Address::Ip);
    }
    let is_name = address.len() <= 255
        && address
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    if !is_name {
        return Err(Malformed("address"));
    }
    Ok(if address.to_ascii_lowercase().ends_with(".local") {
        Address::Mdns
    } else {
        Address::Name
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str =
        "candidate:1 1 udp 2122260223 192.168.1.20 51472 typ host generation 0 ufrag x network-id 1";

    #[test]
    fn a_host_candidate_is_taken_and_kept_as_it_was() {
        let taken = Candidate::parse(HOST, Some("0"), 0).unwrap();
        assert_eq!((taken.line(), taken.mid(), taken.m_line()), (HOST, Some("0"), 0));
        assert!(taken.is_usable());
        let with_prefix = Candidate::parse(&format!("a={HOST}\r\n"), None, 1);
        assert!(with_prefix.is_ok(), "{with_prefix:?}");
    }

    #[test]
    fn names_are_never_usable() {
        let local = "candidate:1 1 udp 1 6ac4b1d7-9a8c.local 51472 typ host";
        let local = Candidate::parse(local, None, 0).unwrap();
        assert!(local.is_mdns() && !local.is_usable());
        let name = Candidate::parse("candidate:1 1 udp 1 turn.example.org 3478 typ relay", None, 0).unwrap();
        assert!(!name.is_mdns() && !name.is_usable());
    }

    #[test]
    fn what_is_no_candidate_says_what_is_wrong() {
        let check = |raw: &str, expect: CandidateError| {
            assert_eq!(Candidate::parse(raw, None, 0), Err(expect), "{raw:?}");
        };
        check("", CandidateError::Malformed("`candidate:` prefix"));
        check("candidate:1", CandidateError::Malformed("component"));
        check(
            "candidate:1 0 udp 1 1.2.3.4 5 typ host",
            CandidateError::Malformed("component"),
        );
        check(
            "candidate:1 1 sctp 1 1.2.3.4 5 typ host",
            CandidateError::Malformed("transport"),
        );
        check(
            "candidate:1 1 udp 1 1.2.3.4 70000 typ host",
            CandidateError::Malformed("port"),
        );
        check(
            "candidate:1 1 udp 1 a/b 5 typ host",
            CandidateError::Malformed("address"),
        );
        check(
            "candidate:1 1 udp 1 1.2.3.4 5 typ\nhost",
            CandidateError::NotPlain,
        );
        let long = format!("candidate:{}", "a".repeat(LINE_MAX));
        check(&long, CandidateError::TooLong(long.len()));
        assert_eq!(Candidate::parse(HOST, None, 64), Err(CandidateError::BadMedia));
        assert_eq!(
            Candidate::parse(HOST, Some("a b"), 0),
            Err(CandidateError::BadMedia)
        );
    }
}
