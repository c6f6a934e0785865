//! TLS from the laptop's own certificate authority, or from a certificate that the operator brings.

mod authority;
mod leaf;
mod own;
mod private;
mod served;
#[cfg(test)]
mod tests;

pub use authority::Authority;
pub use leaf::Leaf;
pub use own::OwnCertificate;
pub use served::{Served, server_config};

/// What can be wrong with certificates and keys. Each names the file at fault.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file of the data folder, or one that the operator named, cannot be read or written.
    #[error("{file}: {source}")]
    File {
        /// Which.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A certificate or key is not what its name says.
    #[error("{file}: {reason}")]
    Content {
        /// Which.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A certificate could not be made.
    #[error("a certificate could not be made: {0}")]
    Make(#[from] rcgen::Error),
    /// The TLS library refused what it was given.
    #[error("TLS cannot be set up: {0}")]
    Rustls(#[from] rustls::Error),
}
