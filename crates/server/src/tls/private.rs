//! Files that hold a key: written whole or not at all, and readable by their owner alone.

use super::TlsError;
use std::{fs, io::Write, path::Path};

/// Names the file in an I/O error.
pub fn named(file: &Path) -> impl FnOnce(std::io::Error) -> TlsError + '_ {
    move |source| TlsError::File {
        file: file.display().to_string(),
        source,
    }
}

/// Writes a file through a neighbour and a rename, with mode 0600 where it holds a secret.
pub fn write(file: &Path, text: &str, secret: bool) -> Result<(), TlsError> {
    let neighbour = file.with_extension("new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if secret { 0o600 } else { 0o644 });
    let mut open = options.open(&neighbour).map_err(named(&neighbour))?;
    open.write_all(text.as_bytes())
        .and_then(|()| open.sync_all())
        .map_err(named(&neighbour))?;
    fs::rename(&neighbour, file).map_err(named(file))
}

/// Reads a file that may not be there yet.
pub fn read(file: &Path) -> Result<Option<String>, TlsError> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(named(file)(error)),
    }
}
