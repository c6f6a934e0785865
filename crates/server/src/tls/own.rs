//! A certificate and key that the operator brings: read at start, and again when the files change.

use super::{TlsError, leaf, private};
use rustls::{
    crypto::ring::sign::any_supported_type,
    pki_types::{CertificateDer, pem::PemObject},
    sign::CertifiedKey,
};
use std::{path::PathBuf, sync::Arc, time::SystemTime};

/// The operator's own certificate files.
#[derive(Clone, Debug)]
pub struct OwnCertificate {
    /// PEM, the certificate first, then what stands between it and a root.
    pub certificate: PathBuf,
    /// PEM, its private key.
    pub key: PathBuf,
}

impl OwnCertificate {
    /// Reads both files.
    ///
    /// # Errors
    /// Names the file that is missing, no PEM, or not the other's half.
    pub fn load(&self) -> Result<Arc<CertifiedKey>, TlsError> {
        let read = |file: &PathBuf| std::fs::read_to_string(file).map_err(private::named(file));
        certified_key(
            &read(&self.certificate)?,
            &read(&self.key)?,
            &self.certificate.display().to_string(),
        )
    }

    /// When the younger of the two files was written; a change means that `load` is due.
    pub fn modified(&self) -> Option<SystemTime> {
        let of = |file: &PathBuf| std::fs::metadata(file).and_then(|meta| meta.modified()).ok();
        of(&self.certificate).max(of(&self.key))
    }
}

/// Joins a chain and a key, and looks that they belong together. `file` is named in errors.
pub(super) fn certified_key(chain: &str, key: &str, file: &str) -> Result<Arc<CertifiedKey>, TlsError> {
    let bad = |reason: &str| TlsError::Content {
        file: file.to_owned(),
        reason: reason.to_owned(),
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(chain.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|_| bad("is no PEM certificate"))?;
    if chain.is_empty() {
        return Err(bad("holds no certificate"));
    }
    let key = leaf::private_key(key).ok_or_else(|| bad("its private key is no PEM key"))?;
    let certified = CertifiedKey::new(chain, any_supported_type(&key)?);
    match certified.keys_match() {
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {
            Ok(Arc::new(certified))
        }
        Err(_) => Err(bad("does not belong to its private key")),
    }
}
