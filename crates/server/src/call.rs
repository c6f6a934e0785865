//! One request, as handlers see it: parsed, bounded, and with what it may be.

use crate::app::{App, wall_ms};
use crate::door::{Pass, Shut};
use crate::policy::Peer;
use bytes::Bytes;
use http::HeaderMap;
use http::header::{AUTHORIZATION, COOKIE};
use regie_model::Role;
use std::time::Instant;
use warp::ws::Ws;

/// The most query parameters and cookies looked at.
const PAIRS_MAX: usize = 64;

/// One request.
pub struct Call {
    /// Whose.
    pub peer: Peer,
    /// Its headers.
    pub headers: HeaderMap,
    /// The path, as it came.
    pub path: String,
    /// The query, as it came. Never logged: it may hold a token.
    pub raw_query: String,
    /// What stood in the place of `{…}` in the route's pattern.
    pub param: String,
    /// The body, within the route's bound.
    pub body: Bytes,
    /// There where the client asked for a WebSocket in good form.
    pub ws: Option<Ws>,
    /// What its tokens let it be; filled in by the route before the handler runs.
    pub passes: Vec<Pass>,
}

impl Call {
    /// A query parameter, the first of its name.
    pub fn query(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.raw_query.as_bytes())
            .take(PAIRS_MAX)
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    /// The `Host` header; the route has looked that it is one of ours.
    pub fn authority(&self) -> &str {
        let host = self.headers.get(http::header::HOST);
        host.and_then(|value| value.to_str().ok()).unwrap_or("localhost")
    }

    /// The pass for a role, the operator's being good for every role.
    pub fn pass(&self, role: Role) -> Option<&Pass> {
        let own = self.passes.iter().find(|pass| pass.role == role);
        own.or_else(|| self.passes.iter().find(|pass| pass.role == Role::Operator))
    }

    /// What its tokens let it be: a `Bearer` token alone if it brings one, else `?token=`, else its cookies.
    /// Cookies that open nothing any more are passed over.
    ///
    /// # Errors
    /// The token it names opens nothing, or its address has tried too often.
    pub fn identify(&self, app: &App) -> Result<Vec<Pass>, Shut> {
        let (now, now_ms) = (Instant::now(), wall_ms());
        let admit = |secret: &str| {
            let pass = app.door.admit(secret, self.peer.address.ip(), now, now_ms)?;
            if self.peer.may_be(pass.role) {
                Ok(pass)
            } else {
                Err(Shut::Wrong)
            }
        };
        if let Some(named) = self.named_token() {
            // A replaced join code is good only for the pages that hold it since they were in.
            return match admit(&named)? {
                pass if pass.retired => Err(Shut::Wrong),
                pass => Ok(vec![pass]),
            };
        }
        let mut passes: Vec<Pass> = Vec::new();
        for role in [Role::Operator, Role::Camera, Role::Viewer] {
            let Some(secret) = self.cookie(&cookie_name(role, app.port, self.peer.secure)) else {
                continue;
            };
            match admit(secret) {
                Ok(pass) if pass.role == role => passes.push(pass),
                Err(Shut::TooMany) => return Err(Shut::TooMany),
                Ok(_) | Err(Shut::Wrong) => {}
            }
        }
        Ok(passes)
    }

    fn named_token(&self) -> Option<String> {
        let bearer = self.headers.get(AUTHORIZATION).and_then(|value| {
            let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
            scheme
                .eq_ignore_ascii_case("bearer")
                .then(|| token.trim().to_owned())
        });
        bearer.or_else(|| self.query("token"))
    }

    fn cookie(&self, name: &str) -> Option<&str> {
        self.headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|line| line.split(';'))
            .take(PAIRS_MAX)
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }
}

/// A cookie's name: browsers keep cookies by host and not by port, and a cookie of https may not be set again
/// over http, so each role, port and scheme has its own.
pub fn cookie_name(role: Role, port: u16, secure: bool) -> String {
    let scheme = if secure { "-s" } else { "" };
    format!("regie-{}-{port}{scheme}", role.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(query: &str, cookie: &str) -> Call {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, cookie.parse().unwrap());
        Call {
            peer: Peer {
                address: "10.0.0.1:1".parse().unwrap(),
                secure: true,
            },
            headers,
            path: "/".into(),
            raw_query: query.into(),
            param: String::new(),
            body: Bytes::new(),
            ws: None,
            passes: Vec::new(),
        }
    }

    #[test]
    fn queries_and_cookies_are_found_by_name() {
        let call = call("a=1&token=x%2By&token=z", "other=1; regie-camera-9090-s=abc;x");
        assert_eq!(call.query("token").as_deref(), Some("x+y"));
        assert_eq!(call.query("none"), None);
        let name = cookie_name(Role::Camera, 9090, true);
        assert_eq!(call.cookie(&name), Some("abc"));
        assert_eq!(call.cookie(&cookie_name(Role::Camera, 9090, false)), None);
    }

    #[test]
    fn a_bearer_comes_before_the_query() {
        let mut call = call("token=q", "x=1");
        assert_eq!(call.named_token().as_deref(), Some("q"));
        call.headers.insert(AUTHORIZATION, "bearer h".parse().unwrap());
        assert_eq!(call.named_token().as_deref(), Some("h"));
    }
}
