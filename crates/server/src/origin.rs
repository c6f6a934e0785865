//! `Host` and `Origin`: a page of somebody else's must not act here with a browser's cookies, and a name that
//! somebody made point here (DNS rebinding) must not open anything.

use http::HeaderMap;
use http::header::{HOST, ORIGIN};
use std::collections::BTreeSet;

/// Why a request is not heard: its `Host` or `Origin` is not ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Foreign;

/// The host a request is for, without its port and brackets, lower case.
///
/// # Errors
/// No single well-formed `Host`, or one that this laptop does not answer to.
pub fn host(headers: &HeaderMap, names: &BTreeSet<String>) -> Result<String, Foreign> {
    let authority = only(headers, HOST.as_str())?.ok_or(Foreign)?;
    let host = host_of(authority).ok_or(Foreign)?;
    if names.contains(&host) {
        Ok(host)
    } else {
        Err(Foreign)
    }
}

/// Looks that a request made by a page was made by one of ours: same scheme, same host, same port. Programs
/// send no `Origin`; they are let through, since no browser's cookies can be misused by them.
///
/// # Errors
/// The `Origin` is another one.
pub fn check(headers: &HeaderMap, secure: bool) -> Result<(), Foreign> {
    let Some(origin) = only(headers, ORIGIN.as_str())? else {
        return Ok(());
    };
    let authority = only(headers, HOST.as_str())?.ok_or(Foreign)?;
    let scheme = if secure { "https" } else { "http" };
    let said = origin.split_once("://").ok_or(Foreign)?;
    let same = said.0 == scheme && said.1.eq_ignore_ascii_case(authority);
    if same { Ok(()) } else { Err(Foreign) }
}

fn only<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Foreign> {
    let mut all = headers.get_all(name).iter();
    let first = all.next();
    if all.next().is_some() {
        return Err(Foreign);
    }
    first.map(|value| value.to_str().map_err(|_| Foreign)).transpose()
}

fn host_of(authority: &str) -> Option<String> {
    let (host, rest) = match authority.strip_prefix('[') {
        Some(v6) => v6.split_once(']')?,
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let port_fits = match rest.strip_prefix(':') {
        Some(port) => port.parse::<u16>().is_ok(),
        None => rest.is_empty(),
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    (port_fits && !host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn only_our_own_names_are_answered_to() {
        let names: BTreeSet<String> = ["localhost", "127.0.0.1", "::1", "laptop.local", "192.168.1.20"]
            .map(str::to_owned)
            .into();
        let check = |host: &str, expect: Option<&str>| {
            let found = super::host(&headers(&[("host", host)]), &names).ok();
            assert_eq!(found.as_deref(), expect, "{host}");
        };
        check("192.168.1.20:9090", Some("192.168.1.20"));
        check("Laptop.local:9090", Some("laptop.local"));
        check("localhost.", Some("localhost"));
        check("[::1]:9090", Some("::1"));
        check("evil.example", None);
        check("192.168.1.20.evil.example:9090", None);
        check("192.168.1.20:x", None);
        check("[::1", None);
        check("", None);
        assert!(super::host(&headers(&[]), &names).is_err());
        assert!(super::host(&headers(&[("host", "localhost"), ("host", "localhost")]), &names).is_err());
    }

    #[test]
    fn a_page_must_be_one_of_ours() {
        let check = |origin: Option<&str>, secure: bool, expect: bool| {
            let mut given = headers(&[("host", "192.168.1.20:9090")]);
            if let Some(origin) = origin {
                given.append("origin", origin.parse().unwrap());
            }
            assert_eq!(
                super::check(&given, secure).is_ok(),
                expect,
                "{origin:?} {secure}"
            );
        };
        check(None, true, true);
        check(Some("https://192.168.1.20:9090"), true, true);
        check(Some("http://192.168.1.20:9090"), false, true);
        check(Some("http://192.168.1.20:9090"), true, false);
        check(Some("https://192.168.1.20:9090"), false, false);
        check(Some("https://192.168.1.20"), true, false);
        check(Some("https://evil.example"), true, false);
        check(Some("null"), true, false);
        check(Some(""), true, false);
    }
}
