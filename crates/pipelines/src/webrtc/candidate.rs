//! ICE candidates, read before they reach the ICE library: only what means something on a LAN.

use std::net::IpAddr;

/// How many candidates one peer may send; the rest is dropped.
pub const CANDIDATES_MAX: u32 = 64;

/// What one candidate line is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// Hand this to the ICE library: rebuilt from its parts, so nothing of the peer's text is left in it.
    Use(String),
    /// The peer has no more.
    End,
    /// Not for us, and why.
    Drop(&'static str),
}

/// Reads a candidate as browsers trickle it (`candidate:…`, RFC 8839 section 5.1) or as it stands in SDP.
///
/// Dropped without harm: `.local` names (the peer's own checks reach us and make it a peer-reflexive one), TCP,
/// reflexive and relayed ones (nothing leaves the LAN), and addresses that `on_lan` does not know.
pub fn read(text: &str, on_lan: impl Fn(IpAddr) -> bool) -> Read {
    let text = text.trim();
    let text = text.strip_prefix("a=").unwrap_or(text);
    if text.is_empty() || text == "end-of-candidates" {
        return Read::End;
    }
    let Some(rest) = text.strip_prefix("candidate:") else {
        return Read::Drop("not a candidate");
    };
    if rest.len() > 512 || !rest.is_ascii() {
        return Read::Drop("malformed");
    }
    let mut words = rest.split_ascii_whitespace();
    let mut next = || words.next().unwrap_or_default();
    let (foundation, component, transport, priority, address, port) =
        (next(), next(), next(), next(), next(), next());
    let (typ, kind) = (next(), next());

    let plain = |c: u8| c.is_ascii_alphanumeric() || c == b'+' || c == b'/';
    if foundation.is_empty() || foundation.len() > 32 || !foundation.bytes().all(plain) || typ != "typ" {
        return Read::Drop("malformed");
    }
    if !transport.eq_ignore_ascii_case("udp") {
        return Read::Drop("not UDP");
    }
    if component != "1" {
        return Read::Drop("RTCP is multiplexed");
    }
    if address.ends_with(".local") {
        return Read::Drop("mDNS name");
    }
    if kind != "host" {
        return Read::Drop("not a host address");
    }
    let (Ok(address), Ok(port), Ok(priority)) = (
        address.parse::<IpAddr>(),
        port.parse::<u16>(),
        priority.parse::<u32>(),
    ) else {
        return Read::Drop("malformed");
    };
    if port == 0 || address.is_multicast() || address.is_unspecified() {
        return Read::Drop("malformed");
    }
    if !on_lan(address) {
        return Read::Drop("not on this LAN");
    }
    Read::Use(format!(
        "candidate:{foundation} 1 UDP {priority} {address} {port} typ host"
    ))
}

/// Whether an address is one that only means something nearby: private, link-local, loopback, shared (RFC 6598).
pub fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(a) => {
            let [first, second, ..] = a.octets();
            a.is_private() || a.is_link_local() || a.is_loopback() || (first == 100 && second & 0xC0 == 64)
        }
        IpAddr::V6(a) => match a.to_ipv4_mapped() {
            Some(v4) => is_private(IpAddr::V4(v4)),
            None => a.is_unique_local() || a.is_unicast_link_local() || a.is_loopback(),
        },
    }
}

/// Whether an address is near: private, or in a network that this laptop has a leg in.
pub fn on_lan(address: IpAddr) -> bool {
    is_private(address)
        || if_addrs::get_if_addrs()
            .unwrap_or_default()
            .iter()
            .any(|own| match (&own.addr, address) {
                (if_addrs::IfAddr::V4(own), IpAddr::V4(a)) => {
                    let mask = u32::from(own.netmask);
                    u32::from(own.ip) & mask == u32::from(a) & mask
                }
                (if_addrs::IfAddr::V6(own), IpAddr::V6(a)) => {
                    let mask = u128::from(own.netmask);
                    u128::from(own.ip) & mask == u128::from(a) & mask
                }
                _ => false,
            })
}

/// Whether one of our own candidates helps a peer: UDP, and not an IPv6 link-local address, which names an
/// interface of this machine that the peer cannot know.
pub fn worth_sending(text: &str) -> bool {
    let mut words = text.split_ascii_whitespace().skip(2);
    let udp = words.next().is_some_and(|t| t.eq_ignore_ascii_case("udp"));
    let address = words.nth(1).and_then(|a| a.parse::<IpAddr>().ok());
    udp && address.is_some_and(|a| !matches!(a, IpAddr::V6(v6) if v6.is_unicast_link_local()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Read) {
        assert_eq!(read(text, is_private), expect, "{text}");
    }

    #[test]
    fn a_host_candidate_is_rebuilt_from_its_parts() {
        check(
            "candidate:1467250027 1 udp 2122260223 192.168.0.196 46243 typ host generation 0 ufrag x network-id 1",
            Read::Use("candidate:1467250027 1 UDP 2122260223 192.168.0.196 46243 typ host".into()),
        );
        check(
            "a=candidate:1 1 UDP 1 fd00::2 9000 typ host",
            Read::Use("candidate:1 1 UDP 1 fd00::2 9000 typ host".into()),
        );
    }

    #[test]
    fn what_means_nothing_here_is_dropped() {
        check("", Read::End);
        check("a=end-of-candidates", Read::End);
        check(
            "candidate:1 1 udp 1 6a5b1a1e-8f6e.local 9 typ host",
            Read::Drop("mDNS name"),
        );
        check(
            "candidate:1 1 tcp 1 10.0.0.1 9 typ host tcptype active",
            Read::Drop("not UDP"),
        );
        check(
            "candidate:1 1 udp 1 10.0.0.1 99 typ srflx raddr 0.0.0.0 rport 0",
            Read::Drop("not a host address"),
        );
        check(
            "candidate:1 1 udp 1 8.8.8.8 99 typ host",
            Read::Drop("not on this LAN"),
        );
        check(
            "candidate:1 2 udp 1 10.0.0.1 99 typ host",
            Read::Drop("RTCP is multiplexed"),
        );
    }

    #[test]
    fn nonsense_is_malformed_and_nothing_worse() {
        for text in [
            "candidate:",
            "candidate:1",
            "candidate:1 1 udp 1 10.0.0.1 70000 typ host",
            "candidate:1 1 udp 99999999999 10.0.0.1 9 typ host",
            "candidate:1 1 udp 1 10.0.0.1 0 typ host",
            "candidate:1 1 udp 1 224.0.0.1 9 typ host",
            "candidate:1\u{e9} 1 udp 1 10.0.0.1 9 typ host",
            "candidate:%s%n 1 udp 1 10.0.0.1 9 typ host",
        ] {
            check(text, Read::Drop("malformed"));
        }
        check("hello", Read::Drop("not a candidate"));
        check(&format!("candidate:{}", "1".repeat(600)), Read::Drop("malformed"));
    }

    #[test]
    fn our_own_are_sent_when_a_peer_can_use_them() {
        assert!(worth_sending(
            "candidate:1 1 UDP 2015363327 192.0.2.2 40000 typ host"
        ));
        assert!(worth_sending(
            "candidate:1 1 UDP 2015363327 fd00::2 40000 typ host"
        ));
        assert!(!worth_sending(
            "candidate:1 1 UDP 2015363327 fe80::1 40000 typ host"
        ));
        assert!(!worth_sending(
            "candidate:1 1 TCP 1 192.0.2.2 9 typ host tcptype active"
        ));
    }
}
