//! Numbers about a running studio.

use regie_model::SourceId;

/// Numbers about a running studio, as of now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Pictures of program since the start.
    pub program_frames: u64,
    /// Ticks of program that were left out because the machine was too slow.
    pub program_late: u64,
    /// How old the last picture of program is, milliseconds.
    pub program_age_ms: u64,
    /// Every open source.
    pub sources: Vec<SourceFigures>,
    /// Connected viewers.
    pub viewers: u32,
    /// Bytes of the recording that is running; 0 where none is.
    pub recording_bytes: u64,
    /// Readers of the multiview.
    pub multiviews: u32,
}

/// Numbers about one source.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceFigures {
    /// Which.
    pub source: SourceId,
    /// Pictures decoded since it was opened.
    pub decoded: u64,
    /// Blocks of sound decoded since it was opened.
    pub sounds: u64,
}
