//! Program's recording.

use crate::{Changes, Now, Show};
use regie_model::{Code, Effect, Recording, Refusal, Severity};

/// The life of a recording. Pages see [`Recording`]; that a stop was asked for is the engine's to know.
#[derive(Clone, Debug)]
pub(crate) enum RecordingLife {
    /// Nothing is recorded.
    Off,
    /// The file is being opened.
    Starting,
    /// Program goes into a file.
    On {
        /// Its name in the recordings folder.
        file: String,
        /// When it began, milliseconds since 1970.
        since_ms: u64,
    },
    /// The file is being closed; until that is done, pages see what was.
    Closing(Recording),
}

impl RecordingLife {
    pub(crate) fn shown(&self) -> Recording {
        match self {
            Self::Off => Recording::Off,
            Self::Starting => Recording::Starting,
            Self::On { file, since_ms } => Recording::On {
                file: file.clone(),
                since_ms: *since_ms,
            },
            Self::Closing(shown) => shown.clone(),
        }
    }

    /// Whether there may be an open file.
    pub(crate) fn runs(&self) -> bool {
        !matches!(self, Self::Off)
    }
}

impl Show {
    pub(crate) fn start_recording(&mut self, changes: &mut Changes) -> Result<(), Refusal> {
        match self.recording {
            RecordingLife::Off => {
                self.recording = RecordingLife::Starting;
                changes.effects.push(Effect::StartRecording {
                    name: self.name.clone(),
                });
                Ok(())
            }
            RecordingLife::Closing(_) => Err(not_now("the last recording is being closed")),
            RecordingLife::Starting | RecordingLife::On { .. } => Err(not_now("program is being recorded")),
        }
    }

    pub(crate) fn stop_recording(&mut self, changes: &mut Changes) -> Result<(), Refusal> {
        match self.recording {
            RecordingLife::Starting | RecordingLife::On { .. } => {
                self.recording = RecordingLife::Closing(self.recording.shown());
                changes.effects.push(Effect::StopRecording);
                Ok(())
            }
            RecordingLife::Closing(_) => Err(not_now("the recording is being closed")),
            RecordingLife::Off => Err(not_now("nothing is recorded")),
        }
    }

    pub(crate) fn recording_started(&mut self, file: String, now: Now) {
        let since_ms = now.wall_ms;
        self.recording = match self.recording {
            // The stop was asked for before the file was open; its end is under way.
            RecordingLife::Closing(_) => RecordingLife::Closing(Recording::On { file, since_ms }),
            _ => RecordingLife::On { file, since_ms },
        };
        self.faults.clear_code("recording_failed");
    }

    pub(crate) fn recording_ended(&mut self) {
        self.recording = RecordingLife::Off;
    }

    pub(crate) fn recording_failed(&mut self, detail: &str, now: Now) {
        let subject = match self.recording.shown() {
            Recording::On { file, .. } => file,
            Recording::Off | Recording::Starting => self.name.clone(),
        };
        self.recording = RecordingLife::Off;
        self.faults
            .raise(Severity::Error, "recording_failed", &subject, detail, now);
    }
}

fn not_now(message: &str) -> Refusal {
    Refusal::new(Code::NotNow, message)
}
