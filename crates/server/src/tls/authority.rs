//! The local certificate authority: made at first start, kept in the data folder, trusted once per phone.

use super::{TlsError, private};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use std::path::Path;
use time::{Duration, OffsetDateTime};

const KEY: &str = "authority.key";
const CERTIFICATE: &str = "authority.crt";

/// The authority that signs this laptop's certificates.
pub struct Authority {
    certificate_pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Opens the authority kept in `folder`, or makes one there; `label` tells laptops apart in a phone's list.
    ///
    /// # Errors
    /// A file that cannot be read or written, or that holds something else: an authority that phones trust is
    /// never replaced silently.
    pub fn open(folder: &Path, label: &str, now: OffsetDateTime) -> Result<Self, TlsError> {
        let (key_file, certificate_file) = (folder.join(KEY), folder.join(CERTIFICATE));
        let (key_pem, certificate_pem) = match (private::read(&key_file)?, private::read(&certificate_file)?)
        {
            (Some(key), Some(certificate)) => (key, certificate),
            (None, None) => {
                let (key, certificate) = make(label, now)?;
                private::write(&key_file, &key, true)?;
                private::write(&certificate_file, &certificate, false)?;
                (key, certificate)
            }
            (key, _) => {
                let missing = if key.is_none() {
                    &key_file
                } else {
                    &certificate_file
                };
                return Err(TlsError::Content {
                    file: missing.display().to_string(),
                    reason: "is missing while its other half is there; bring it back, or remove both to \
                                 make a new authority that every phone must trust again"
                        .into(),
                });
            }
        };
        let bad = |file: &Path, reason: rcgen::Error| TlsError::Content {
            file: file.display().to_string(),
            reason: reason.to_string(),
        };
        let key = KeyPair::from_pem(&key_pem).map_err(|error| bad(&key_file, error))?;
        let issuer =
            Issuer::from_ca_cert_pem(&certificate_pem, key).map_err(|error| bad(&certificate_file, error))?;
        Ok(Self {
            certificate_pem,
            issuer,
        })
    }

    /// The public certificate, PEM: what `/ca.crt` gives to phones.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    pub(super) fn issuer(&self) -> &Issuer<'static, KeyPair> {
        &self.issuer
    }
}

/// A new authority for ten years, bound to sign nothing but servers' certificates.
fn make(label: &str, now: OffsetDateTime) -> Result<(String, String), TlsError> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, format!("Régie on {label}"));
    params.distinguished_name.push(DnType::OrganizationName, "Régie");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    // A phone whose clock runs behind must still find the certificate valid.
    params.not_before = now - Duration::days(2);
    params.not_after = now + Duration::days(3650);
    Ok((key.serialize_pem(), params.self_signed(&key)?.pem()))
}
