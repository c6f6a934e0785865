//! The studio with real GStreamer: program frame by frame, recordings, multiview, lives and deaths of sources.

#[path = "studio/harness.rs"]
mod harness;
#[path = "studio/lives.rs"]
mod lives;
#[path = "studio/multiview.rs"]
mod multiview;
#[path = "studio/program.rs"]
mod program;
#[path = "studio/recording.rs"]
mod recording;
#[path = "studio/sound.rs"]
mod sound;
