//! What the LAN may do over plain http, and what counts as the LAN.

use regie_model::Role;
use std::net::SocketAddr;

/// One end of a connection, as it was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Whose it is.
    pub address: SocketAddr,
    /// Whether it came over TLS.
    pub secure: bool,
}

/// What a route is over plain http from the LAN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverPlain {
    /// Always there: how a phone comes to trust this laptop.
    Trust,
    /// There for the audience, unless `[viewers] plain_http` is off.
    Audience,
    /// Never there.
    Never,
}

impl Peer {
    /// Whether it is a program on this laptop. Loopback is a secure context, over http too.
    pub fn is_loopback(self) -> bool {
        self.address.ip().to_canonical().is_loopback()
    }

    /// Whether nobody on the network could read along.
    pub fn is_private(self) -> bool {
        self.secure || self.is_loopback()
    }

    /// Whether a route is served to this peer; if not, it is told to come back over https.
    pub fn may_have(self, route: OverPlain, plain_viewers: bool) -> bool {
        self.is_private()
            || match route {
                OverPlain::Trust => true,
                OverPlain::Audience => plain_viewers,
                OverPlain::Never => false,
            }
    }

    /// Whether a token of this role is taken from this peer.
    pub fn may_be(self, role: Role) -> bool {
        self.is_private() || role == Role::Viewer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_what_is_served_to_whom() {
        let check = |address: &str, secure: bool, plain_viewers: bool, expect: [bool; 3]| {
            let peer = Peer {
                address: address.parse().unwrap(),
                secure,
            };
            let routes = [OverPlain::Trust, OverPlain::Audience, OverPlain::Never];
            assert_eq!(
                routes.map(|route| peer.may_have(route, plain_viewers)),
                expect,
                "{address} secure={secure} plain_viewers={plain_viewers}"
            );
        };
        for plain_viewers in [true, false] {
            for secure in [true, false] {
                check("127.0.0.1:1", secure, plain_viewers, [true; 3]);
                check("[::1]:1", secure, plain_viewers, [true; 3]);
                check("[::ffff:127.0.0.1]:1", secure, plain_viewers, [true; 3]);
            }
            check("192.168.1.20:1", true, plain_viewers, [true; 3]);
        }
        check("192.168.1.20:1", false, true, [true, true, false]);
        check("192.168.1.20:1", false, false, [true, false, false]);
        check("[fd00::2]:1", false, true, [true, true, false]);
        check("[::ffff:192.168.1.20]:1", false, true, [true, true, false]);
    }

    #[test]
    fn only_viewers_tokens_travel_over_plain_http() {
        let lan = |secure| Peer {
            address: "192.168.1.20:1".parse().unwrap(),
            secure,
        };
        for role in [Role::Operator, Role::Camera] {
            assert!(!lan(false).may_be(role) && lan(true).may_be(role));
        }
        assert!(lan(false).may_be(Role::Viewer));
    }
}
