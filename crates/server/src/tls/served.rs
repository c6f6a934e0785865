//! The certificates that are being served now; swapped without a restart.

use super::TlsError;
use rustls::{
    ServerConfig,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

/// The certificates of every new connection: the operator's own where the client asks for a name in it, else
/// the local authority's.
#[derive(Debug)]
pub struct Served(RwLock<Kept>);

#[derive(Debug)]
struct Kept {
    local: Arc<CertifiedKey>,
    own: Option<Own>,
}

#[derive(Debug)]
struct Own {
    key: Arc<CertifiedKey>,
    names: Vec<String>,
}

impl Served {
    /// Begins with this one of the local authority.
    pub fn new(local: Arc<CertifiedKey>) -> Arc<Self> {
        Arc::new(Self(RwLock::new(Kept { local, own: None })))
    }

    /// From now on this one of the local authority; connections that stand are not touched.
    pub fn replace(&self, local: Arc<CertifiedKey>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).local = local;
    }

    /// From now on this one of the operator's own. Gives the host names in it, wildcards left out.
    ///
    /// # Errors
    /// It is no X.509 certificate, or names nothing.
    pub fn replace_own(&self, key: Arc<CertifiedKey>) -> Result<Vec<String>, TlsError> {
        let names = names_of(&key)?;
        let plain = names.iter().filter(|name| !name.starts_with("*.")).cloned();
        let plain = plain.collect();
        self.0.write().unwrap_or_else(PoisonError::into_inner).own = Some(Own { key, names });
        Ok(plain)
    }
}

impl ResolvesServerCert for Served {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let key = match &kept.own {
            Some(own) if covers(&own.names, hello.server_name()) => &own.key,
            _ => &kept.local,
        };
        Some(Arc::clone(key))
    }
}

/// A client that asks for an address sends no name at all (RFC 6066, section 3).
fn covers(names: &[String], asked: Option<&str>) -> bool {
    let Some(asked) = asked else {
        return names.iter().any(|name| name.parse::<IpAddr>().is_ok());
    };
    names.iter().any(|name| match name.strip_prefix("*.") {
        Some(parent) => asked
            .split_once('.')
            .is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(parent)),
        None => name.eq_ignore_ascii_case(asked),
    })
}

fn names_of(key: &CertifiedKey) -> Result<Vec<String>, TlsError> {
    let bad = |reason: &str| TlsError::Content {
        file: "the operator's certificate".into(),
        reason: reason.into(),
    };
    let leaf = key.cert.first().ok_or_else(|| bad("is empty"))?;
    let (_, parsed) = X509Certificate::from_der(leaf).map_err(|_| bad("is no X.509 certificate"))?;
    let names: Vec<String> = parsed
        .subject_alternative_name()
        .ok()
        .flatten()
        .map(|extension| extension.value.general_names.iter().filter_map(name_of).collect())
        .unwrap_or_default();
    if names.is_empty() {
        return Err(bad("names no host (it has no subject alternative name)"));
    }
    Ok(names)
}

fn name_of(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes)
                .ok()
                .map(|v4| IpAddr::from(v4).to_string()),
            16 => <[u8; 16]>::try_from(*bytes)
                .ok()
                .map(|v6| IpAddr::from(v6).to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// TLS 1.2 and 1.3 with ring, HTTP/1.1 only: a WebSocket needs it, and one protocol is one less to get wrong.
///
/// # Errors
/// The TLS library has no common protocol version, which cannot happen with this build.
pub fn server_config(served: Arc<Served>) -> Result<Arc<ServerConfig>, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(served);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_certificate_is_for_its_names_alone() {
        let names = ["regie.example.org", "*.fete.example.org"].map(str::to_owned);
        for (asked, expect) in [
            (Some("regie.example.org"), true),
            (Some("REGIE.example.org"), true),
            (Some("a.fete.example.org"), true),
            (Some("a.b.fete.example.org"), false),
            (Some("laptop.local"), false),
            (None, false),
        ] {
            assert_eq!(covers(&names, asked), expect, "{asked:?}");
        }
        assert!(covers(&["192.168.1.20".to_owned()], None));
    }
}
