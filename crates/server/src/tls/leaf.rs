//! The laptop's own certificate: names every address it is reached by, and lives at most 397 days.

use super::{Authority, TlsError, private};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose,
};
use rustls::{pki_types::PrivateKeyDer, sign::CertifiedKey};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, path::Path, sync::Arc};
use time::{Duration, OffsetDateTime};

const FILE: &str = "certificate.json";
/// Phones refuse longer lives.
const LIFE: Duration = Duration::days(397);
/// A certificate is replaced this long before its end.
const MARGIN: Duration = Duration::days(30);
/// Old names are kept, so that a laptop back on a known Wi-Fi needs no new certificate and no phone meets a
/// new warning; beyond this many the oldest network is forgotten.
const NAMES_MAX: usize = 64;

/// A certificate with its key and what it says.
#[derive(Clone, Serialize, Deserialize)]
pub struct Leaf {
    names: BTreeSet<String>,
    ends: i64,
    authority: String,
    certificate_pem: String,
    key_pem: String,
}

impl Leaf {
    /// The certificate kept in `folder` if it names all of `names` (addresses and host names), else a new one
    /// by `authority`, which is then kept there.
    ///
    /// # Errors
    /// The folder cannot be written, or a name is none that a certificate can hold.
    pub fn covering(
        names: &BTreeSet<String>,
        authority: &Authority,
        folder: &Path,
        now: OffsetDateTime,
    ) -> Result<Self, TlsError> {
        let file = folder.join(FILE);
        // A file that is no certificate of ours is simply replaced: nothing is lost by it.
        let kept: Option<Self> = private::read(&file)?
            .and_then(|text| serde_json::from_str(&text).ok())
            .filter(|leaf: &Self| {
                leaf.authority == authority.certificate_pem() && leaf.ends > (now + MARGIN).unix_timestamp()
            });
        let mut wanted = names.clone();
        if let Some(kept) = kept {
            if kept.names.is_superset(names) {
                return Ok(kept);
            }
            let room = NAMES_MAX.saturating_sub(wanted.len());
            wanted.extend(kept.names.into_iter().take(room));
        }
        let leaf = Self::make(wanted, authority, now)?;
        let text = serde_json::to_string(&leaf).expect("a leaf is plain text");
        private::write(&file, &text, true)?;
        Ok(leaf)
    }

    fn make(names: BTreeSet<String>, authority: &Authority, now: OffsetDateTime) -> Result<Self, TlsError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(names.iter().cloned().collect::<Vec<_>>())?;
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "Régie");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        params.not_before = now - Duration::days(1);
        params.not_after = params.not_before + LIFE;
        let certificate = params.signed_by(&key, authority.issuer())?;
        Ok(Self {
            names,
            ends: params.not_after.unix_timestamp(),
            authority: authority.certificate_pem().to_owned(),
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
        })
    }

    /// What the TLS library serves: the certificate, the authority behind it, and the key.
    ///
    /// # Errors
    /// The kept file was tampered with.
    pub fn certified_key(&self) -> Result<Arc<CertifiedKey>, TlsError> {
        let chain = format!("{}{}", self.certificate_pem, self.authority);
        super::own::certified_key(&chain, &self.key_pem, FILE)
    }

    /// When it ends.
    pub fn ends(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.ends).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// The addresses and host names in it.
    pub fn names(&self) -> &BTreeSet<String> {
        &self.names
    }
}

/// A private key from PEM text.
pub(super) fn private_key(pem: &str) -> Option<PrivateKeyDer<'static>> {
    use rustls::pki_types::pem::PemObject;
    PrivateKeyDer::from_pem_slice(pem.as_bytes()).ok()
}
