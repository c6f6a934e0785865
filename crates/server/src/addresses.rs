//! This laptop's addresses on the LAN, best first.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr},
};

/// The addresses that a phone on the LAN may reach, best first: private IPv4, other IPv4, then IPv6 that is
/// not bound to one link. Loopback, unspecified and link-local ones are left out, unless an automatic address
/// (169.254/16) is all there is, as on a cable without a router.
pub fn current() -> Vec<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_else(|error| {
        tracing::warn!(%error, "the network's addresses cannot be read");
        Vec::new()
    });
    let real = || interfaces.iter().filter(|interface| !is_virtual(&interface.name));
    let up = ranked(real().filter(|interface| interface.is_oper_up()).map(address));
    if !up.is_empty() {
        return up;
    }
    // Some systems say of no interface that it is up.
    ranked(real().map(address))
}

/// An address, and whether it stands on a tunnel: no phone comes that way, unless there is no other.
fn address(interface: &if_addrs::Interface) -> (bool, IpAddr) {
    (interface.is_p2p(), interface.ip())
}

/// Bridges of containers and virtual machines: no phone ever stands on them.
fn is_virtual(name: &str) -> bool {
    ["docker", "br-", "virbr", "veth", "vmnet", "vboxnet"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

fn ranked(addresses: impl Iterator<Item = (bool, IpAddr)>) -> Vec<IpAddr> {
    let rank = |ip: &IpAddr| match ip {
        IpAddr::V4(v4) if v4.is_loopback() || v4.is_unspecified() => None,
        IpAddr::V4(v4) if v4.is_link_local() => Some(3),
        IpAddr::V4(v4) if v4.is_private() => Some(0),
        IpAddr::V4(_) => Some(1),
        IpAddr::V6(v6) if v6.is_loopback() || v6.is_unspecified() || v6.is_unicast_link_local() => None,
        IpAddr::V6(_) => Some(2),
    };
    let mut kept: Vec<(bool, u8, IpAddr)> = addresses
        .filter_map(|(tunnel, ip)| Some((tunnel, rank(&ip)?, ip)))
        .collect();
    kept.sort();
    let mut best: Vec<IpAddr> = Vec::new();
    for (_, _, ip) in kept {
        if !best.contains(&ip) {
            best.push(ip);
        }
    }
    best
}

/// Everything this laptop answers to: its addresses, its host name bare and with `.local`, and loopback.
/// The certificate names these, and a `Host` header must be one of them.
pub fn names(addresses: &[IpAddr], host: Option<&str>) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = addresses.iter().map(IpAddr::to_string).collect();
    names.extend([Ipv4Addr::LOCALHOST.to_string(), "::1".into(), "localhost".into()]);
    if let Some(host) = host.and_then(plain_host) {
        names.extend([format!("{host}.local"), host]);
    }
    names
}

/// A host name as a certificate can hold it: the first label, lower case; `None` where it holds anything else.
fn plain_host(raw: &str) -> Option<String> {
    let label = raw.split('.').next()?.to_ascii_lowercase();
    let plain = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    ((1..=63).contains(&label.len()) && plain && !label.starts_with('-')).then_some(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(given: &[&str], expect: &[&str]) {
        let parsed = given.iter().map(|text| match text.strip_prefix("tunnel ") {
            Some(text) => (true, text.parse().unwrap()),
            None => (false, text.parse().unwrap()),
        });
        let ranked: Vec<String> = ranked(parsed).iter().map(IpAddr::to_string).collect();
        assert_eq!(ranked, expect);
    }

    #[test]
    fn private_addresses_come_first_and_loopback_never() {
        check(
            &[
                "127.0.0.1",
                "::1",
                "fe80::1",
                "2001:db8::1",
                "203.0.113.9",
                "192.168.1.20",
                "192.168.1.20",
            ],
            &["192.168.1.20", "203.0.113.9", "2001:db8::1"],
        );
        check(&["tunnel 10.8.0.2", "203.0.113.9"], &["203.0.113.9", "10.8.0.2"]);
        check(&["169.254.3.4", "127.0.0.1"], &["169.254.3.4"]);
        check(&[], &[]);
    }

    #[test]
    fn names_hold_what_the_laptop_answers_to() {
        let names = names(&["10.0.0.5".parse().unwrap()], Some("Laptop-7.example.org"));
        for name in [
            "10.0.0.5",
            "127.0.0.1",
            "::1",
            "localhost",
            "laptop-7",
            "laptop-7.local",
        ] {
            assert!(names.contains(name), "{name} is missing of {names:?}");
        }
        assert!(
            !super::names(&[], Some("bad_name é"))
                .iter()
                .any(|name| name.contains('é'))
        );
    }
}
