//! A recording's file: its name, and bytes that are on the disk soon after they were written.

use crate::Error;
use gstreamer::glib;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Written bytes reach the disk at least this often, for the day when the laptop's battery ends the show.
const SYNC_EVERY: Duration = Duration::from_secs(1);
/// So many recordings may begin in the same second.
const SAME_NAME: u32 = 100;
/// The event's part of a name, in characters.
const EVENT_MAX: usize = 60;

/// A file that is being written.
pub struct Writer {
    name: String,
    path: PathBuf,
    file: File,
    /// Bytes of whole chunks.
    whole: u64,
    synced: Instant,
}

impl Writer {
    /// Makes `<YYYY-MM-DD HH-MM-SS> <event>.mp4` in the folder, which is made too. Never overwrites.
    pub fn create(folder: &Path, event: &str) -> Result<Self, Error> {
        let failed = |path: &Path| {
            let path = path.display().to_string();
            move |source| Error::File { path, source }
        };
        std::fs::create_dir_all(folder).map_err(failed(folder))?;
        let stem = format!("{} {}", now(), safe(event)).trim_end().to_owned();
        for n in 1..=SAME_NAME {
            let name = if n == 1 {
                format!("{stem}.mp4")
            } else {
                format!("{stem} ({n}).mp4")
            };
            let path = folder.join(&name);
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    let synced = Instant::now();
                    return Ok(Self {
                        name,
                        path,
                        file,
                        whole: 0,
                        synced,
                    });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(&path)(error)),
            }
        }
        Err(failed(&folder.join(stem))(io::ErrorKind::AlreadyExists.into()))
    }

    /// The file's name in its folder.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Appends one chunk, whole or not at all.
    pub fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        if let Err(error) = self.file.write_all(chunk) {
            // Half a chunk would make players complain; what is before it stays.
            if let Err(error) = self.file.set_len(self.whole) {
                tracing::warn!(file = self.name, %error, "the recording ends in half a chunk");
            }
            return Err(error);
        }
        self.whole += chunk.len() as u64;
        if self.synced.elapsed() >= SYNC_EVERY {
            self.file.sync_data()?;
            self.synced = Instant::now();
        }
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if self.whole == 0 {
            // Nothing was recorded: an empty file would only make somebody search for what is in it.
            let _ = std::fs::remove_file(&self.path);
        } else if let Err(error) = self.file.sync_all() {
            tracing::warn!(file = self.name, %error, "a recording may not be on the disk as a whole");
        }
    }
}

fn now() -> String {
    glib::DateTime::now_local()
        .and_then(|now| now.format("%Y-%m-%d %H-%M-%S"))
        .map_or_else(|_| "recording".into(), Into::into)
}

/// The event's name without what some file system refuses.
fn safe(event: &str) -> String {
    let plain: String = event
        .chars()
        .map(|c| {
            if c.is_control() || "/\\:*?\"<>|".contains(c) {
                '-'
            } else {
                c
            }
        })
        .take(EVENT_MAX)
        .collect();
    plain.trim_matches([' ', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_everywhere() {
        assert_eq!(safe("Fête: jour 1/2"), "Fête- jour 1-2");
        assert_eq!(safe("../../etc/passwd"), "-..-etc-passwd");
        assert_eq!(safe(" ... "), "");
        assert_eq!(safe("a\0b\nc"), "a-b-c");
        assert!(safe(&"é".repeat(500)).chars().count() <= EVENT_MAX);
    }

    #[test]
    fn nothing_is_overwritten() {
        let folder = std::env::temp_dir().join(format!("regie-record-{}", std::process::id()));
        let writers: Vec<_> = (0..5).map(|_| Writer::create(&folder, "Same").unwrap()).collect();
        let names: Vec<_> = writers.iter().map(|writer| writer.name().to_owned()).collect();
        let mut unique = names.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), names.len());
        drop(writers);
        assert_eq!(
            std::fs::read_dir(&folder).unwrap().count(),
            0,
            "empty ones are not kept"
        );
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
