//! A media side without pictures: phones answer, viewers are offered to, and everything asked is written down.

use parking_lot::Mutex;
use regie_model::{Mosaic, Scene, SessionId, Slot, SourceId, SourceKind, Transition};
use regie_server::media::{Codec, Figures, Frame, Frames, Media, NextFrame, Phone, Signal, Signals, Viewer};
use regie_signalling::{Candidate, WireCandidate};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A description that the door takes.
pub fn sdp() -> String {
    let print = ["AB"; 32].join(":");
    format!(
        "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=fingerprint:sha-256 {print}\r\n\
         m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n"
    )
}

/// What was asked of the media side.
#[derive(Clone, Default)]
pub struct Quiet {
    pub asked: Arc<Mutex<Vec<String>>>,
    /// Whether program stands.
    pub stands: Arc<AtomicBool>,
    /// Where the phones' signals go, the latest last.
    pub phones: Arc<Mutex<Vec<Signals>>>,
}

impl Quiet {
    fn note(&self, what: impl Into<String>) {
        self.asked.lock().push(what.into());
    }

    /// How often something that begins like this was asked.
    pub fn count(&self, begin: &str) -> usize {
        self.asked
            .lock()
            .iter()
            .filter(|asked| asked.starts_with(begin))
            .count()
    }
}

struct QuietPeer {
    media: Quiet,
    what: String,
    signals: Signals,
}

impl Drop for QuietPeer {
    fn drop(&mut self) {
        self.media.note(format!("drop {}", self.what));
    }
}

impl Phone for QuietPeer {
    fn offer(&self, sdp: &str) -> Result<(), String> {
        assert!(sdp.starts_with("v=0\r\n"));
        (self.signals)(Signal::Answer(self::sdp()));
        (self.signals)(Signal::Candidate(WireCandidate {
            candidate: "candidate:1 1 udp 1 10.0.0.2 5 typ host".into(),
            sdp_mid: Some("0".into()),
            sdp_m_line_index: Some(0),
        }));
        (self.signals)(Signal::Connected);
        Ok(())
    }

    fn candidate(&self, candidate: &Candidate) {
        self.media
            .note(format!("candidate {} {}", self.what, candidate.line()));
    }
}

impl Viewer for QuietPeer {
    fn answer(&self, _: &str) -> Result<(), String> {
        self.media.note(format!("answer {}", self.what));
        Ok(())
    }

    fn candidate(&self, candidate: &Candidate) {
        self.media
            .note(format!("candidate {} {}", self.what, candidate.line()));
    }
}

struct Tick(u64);

impl Frames for Tick {
    fn next(&mut self) -> NextFrame<'_> {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            self.0 += 1;
            Some(Frame {
                data: format!("picture {}", self.0).into(),
                key: self.0 == 1,
                at_us: self.0,
            })
        })
    }
}

impl Media for Quiet {
    fn open(&self, source: SourceId, _: Slot, _: &SourceKind, _: &str) -> Result<(), String> {
        self.note(format!("open {source}"));
        Ok(())
    }

    fn open_phone(
        &self,
        source: SourceId,
        _: Slot,
        _: &str,
        signals: Signals,
    ) -> Result<Arc<dyn Phone>, String> {
        self.note(format!("open_phone {source}"));
        self.phones.lock().push(Arc::clone(&signals));
        Ok(Arc::new(QuietPeer {
            media: self.clone(),
            what: format!("phone {source}"),
            signals,
        }))
    }

    fn close(&self, source: SourceId, _: Slot, forget: bool) {
        self.note(format!("close {source} {forget}"));
    }

    fn show_preview(&self, _: &Scene) {
        self.note("preview");
    }

    fn take(&self, _: &Scene, _: Transition) {
        self.note("take");
    }

    fn arrange(&self, _: &Mosaic) {
        self.note("arrange");
    }

    fn request_keyframe(&self, _: SourceId) {
        self.note("keyframe");
    }

    fn start_recording(&self, _: &str) {
        self.note("record");
    }

    fn stop_recording(&self) {
        self.note("stop recording");
    }

    fn join_viewer(&self, session: SessionId, signals: Signals) -> Result<Box<dyn Viewer>, String> {
        self.note(format!("viewer {session}"));
        signals(Signal::Offer(sdp()));
        Ok(Box::new(QuietPeer {
            media: self.clone(),
            what: format!("viewer {session}"),
            signals,
        }))
    }

    fn multiview(&self, _: Codec) -> Box<dyn Frames> {
        Box::new(Tick(0))
    }

    fn figures(&self) -> Figures {
        Figures {
            program_frames: 7,
            program_age_ms: Some(if self.stands.load(Ordering::Relaxed) {
                5_000
            } else {
                10
            }),
            ..Figures::default()
        }
    }

    fn stop(&self) {
        self.note("stop");
    }
}
