//! The database's file: made private, moved aside when it is broken.

use crate::{Error, Result};
use std::ffi::OsString;
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// SQLite's own files beside the database.
const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// How many broken files may stand beside the database before somebody has to look.
const BROKEN_MAX: u32 = 1_000;

fn at(path: &Path) -> impl Fn(std::io::Error) -> Error + '_ {
    move |source| Error::File {
        path: path.to_owned(),
        source,
    }
}

/// Makes folder and file where they are missing, for this user alone: tokens are in it. SQLite gives its own
/// files the same rights.
pub(crate) fn prepare(path: &Path) -> Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(at(folder))?;
    }
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(at(path))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let rights = fs::Permissions::from_mode(0o600);
        file.set_permissions(rights).map_err(at(path))?;
    }
    drop(file);
    Ok(())
}

/// The schema number in the file's header, read without SQLite so that nothing is written; `None` where
/// there is no such header. (SQLite file format, 1.3: the user version is a big-endian number at 60.)
pub(crate) fn schema_in_header(path: &Path) -> Result<Option<u32>> {
    let mut header = [0; 64];
    match fs::File::open(path).and_then(|mut file| file.read_exact(&mut header)) {
        Ok(()) => {}
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::UnexpectedEof) => {
            return Ok(None);
        }
        Err(error) => return Err(at(path)(error)),
    }
    if !header.starts_with(b"SQLite format 3\0") {
        return Ok(None);
    }
    let number = [header[60], header[61], header[62], header[63]];
    Ok(Some(u32::from_be_bytes(number)))
}

/// Moves a broken database and its companions to `<name>.broken-<n>`; the first free number.
pub(crate) fn move_aside(path: &Path) -> Result<PathBuf> {
    for n in 1..=BROKEN_MAX {
        let aside = with_suffix(path, &format!(".broken-{n}"));
        if aside.try_exists().map_err(at(&aside))? {
            continue;
        }
        fs::rename(path, &aside).map_err(at(path))?;
        for companion in COMPANIONS {
            let from = with_suffix(path, companion);
            match fs::rename(&from, with_suffix(&aside, companion)) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(at(&from)(error)),
                _ => {}
            }
        }
        return Ok(aside);
    }
    let detail = format!("{BROKEN_MAX} broken files stand beside it already");
    Err(Error::Damaged {
        path: path.to_owned(),
        detail,
    })
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
