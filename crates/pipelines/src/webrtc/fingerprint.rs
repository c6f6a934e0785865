//! Certificate fingerprints (RFC 8122): the only thing that ties a DTLS peer to the one who was signalled with.

use sha2::{Digest, Sha256};
use std::fmt;

/// SHA-256 of a certificate in DER.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Reads the value of an `a=fingerprint:` line. `None` where it is not SHA-256 or not well formed; a
    /// description may carry others beside it, which are not looked at.
    pub fn parse(value: &str) -> Option<Self> {
        let (hash, hex) = value.trim().split_once(' ')?;
        if !hash.eq_ignore_ascii_case("sha-256") {
            return None;
        }
        let mut bytes = [0; 32];
        let mut pairs = hex.trim().split(':');
        for byte in &mut bytes {
            let pair = pairs.next()?;
            if pair.len() != 2 || !pair.bytes().all(|b| b.is_ascii_hexdigit()) {
                return None;
            }
            *byte = u8::from_str_radix(pair, 16).ok()?;
        }
        pairs.next().is_none().then_some(Self(bytes))
    }

    /// Hashes the first certificate of a PEM text, which is what `remote-certificate` holds.
    pub fn of_pem(pem: &str) -> Option<Self> {
        let body = pem
            .split_once("-----BEGIN CERTIFICATE-----")?
            .1
            .split_once("-----END CERTIFICATE-----")?
            .0;
        Some(Self::of_der(&base64(body)?))
    }

    /// Hashes a certificate in DER.
    pub fn of_der(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha-256 ")?;
        for (i, byte) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(":")?;
            }
            write!(f, "{byte:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Standard base64 with line breaks, as PEM bodies are. `None` on any other character.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut held) = (0u32, 0u32);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' | b'\r' | b'\n' | b' ' | b'\t' => continue,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
        }
    }
    (!out.is_empty()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_browsers_write_and_nothing_else() {
        let text = Fingerprint::of_der(b"certificate").to_string();
        let read = Fingerprint::parse(&text).unwrap();
        assert_eq!(read, Fingerprint::of_der(b"certificate"));
        assert_eq!(Fingerprint::parse(&text.to_lowercase()), Some(read));
        assert_ne!(read, Fingerprint::of_der(b"another"));

        assert_eq!(Fingerprint::parse("sha-256 AB"), None);
        assert_eq!(Fingerprint::parse(&format!("{text}:00")), None);
        assert_eq!(Fingerprint::parse(&text.replace("sha-256", "sha-1")), None);
        assert_eq!(Fingerprint::parse(&text.replacen(':', ":+", 1)), None);
        assert_eq!(Fingerprint::parse(""), None);
    }

    #[test]
    fn hashes_the_certificate_inside_a_pem() {
        let pem = "-----BEGIN CERTIFICATE-----\naGVs\nbG8=\n-----END CERTIFICATE-----\n";
        assert_eq!(Fingerprint::of_pem(pem), Some(Fingerprint::of_der(b"hello")));
        assert_eq!(Fingerprint::of_pem("hello"), None);
        assert_eq!(Fingerprint::of_pem(&pem.replace("aGVs", "a*Vs")), None);
    }
}
