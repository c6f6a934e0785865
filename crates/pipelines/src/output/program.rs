//! Program, encoded once for everybody: H.264 and Opus.
//!
//! Enters: raw pictures and sound from the mixer's ticks. Leaves: encoded samples on two taps, PTS in running time
//! of the shared clock. While nobody listens to a tap, its encoder is fed nothing and costs nothing.

use super::encode::Encoder;
use crate::tap::EncodedTap;
use crate::{Error, Reports, clock};
use gstreamer as gst;
use parking_lot::Mutex;
use regie_model::{Format, Report, Severity};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Keyframes on request are at least this far apart, whoever asks.
const KEYFRAMES_APART: gst::ClockTime = gst::ClockTime::from_mseconds(500);
/// A broken encoder is built anew this long after the last try.
const REBUILD_AFTER: gst::ClockTime = gst::ClockTime::from_seconds(1);

/// Program, encoded once. Clones are the same.
#[derive(Clone)]
pub struct Program {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Settings,
    video: Branch,
    audio: Branch,
    keyframe_wanted: AtomicBool,
    keyframe_at: AtomicU64,
    reports: Reports,
}

struct Settings {
    caps: gst::Caps,
    format: Format,
    kbps: u32,
}

/// One encoder and what it feeds.
struct Branch {
    what: &'static str,
    tap: EncodedTap,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    encoder: Option<Encoder>,
    tried_at: Option<gst::ClockTime>,
    /// Whether the last buffer had nobody to go to.
    idle: bool,
}

impl Program {
    pub(crate) fn new(caps: gst::Caps, format: Format, kbps: u32, reports: Reports) -> Self {
        let branch = |what| Branch {
            what,
            tap: EncodedTap::new(),
            state: Mutex::default(),
        };
        Self {
            inner: Arc::new(Inner {
                settings: Settings { caps, format, kbps },
                video: branch("program video"),
                audio: branch("program audio"),
                keyframe_wanted: AtomicBool::new(false),
                keyframe_at: AtomicU64::new(0),
                reports,
            }),
        }
    }

    /// H.264 constrained baseline, byte-stream, one access unit per buffer, parameter sets before each keyframe.
    pub fn video(&self) -> &EncodedTap {
        &self.inner.video.tap
    }

    /// Opus, 48 kHz stereo, 10 ms per buffer.
    pub fn audio(&self) -> &EncodedTap {
        &self.inner.audio.tap
    }

    /// Asks for a keyframe. Requests are gathered: at most one per 500 ms reaches the encoder, and one that comes
    /// sooner is served at the end of that time.
    pub fn request_keyframe(&self) {
        self.inner.keyframe_wanted.store(true, Ordering::Release);
    }

    /// One raw picture from the mixer; its PTS is its running time.
    pub(crate) fn push_video(&self, buffer: &gst::Buffer) {
        let inner = &self.inner;
        inner.feed(&inner.video, buffer, |encoder, resumed| {
            let now = clock::now();
            let last = gst::ClockTime::from_nseconds(inner.keyframe_at.load(Ordering::Relaxed));
            let due = now.saturating_sub(last) >= KEYFRAMES_APART;
            if resumed || (due && inner.keyframe_wanted.load(Ordering::Acquire)) {
                inner.keyframe_wanted.store(false, Ordering::Release);
                inner.keyframe_at.store(now.nseconds(), Ordering::Relaxed);
                encoder.force_keyframe();
            }
        });
    }

    /// 10 ms of raw sound from the mixer.
    pub(crate) fn push_audio(&self, buffer: &gst::Buffer) {
        self.inner.feed(&self.inner.audio, buffer, |_, _| {});
    }

    /// Ends both encoders.
    pub(crate) fn stop(&self) {
        for branch in [&self.inner.video, &self.inner.audio] {
            branch.state.lock().encoder = None;
        }
    }
}

impl Inner {
    /// Gives the buffer to the branch's encoder, which is made where somebody listens and there is none.
    fn feed(&self, branch: &Branch, buffer: &gst::Buffer, before: impl FnOnce(&Encoder, bool)) {
        let mut state = branch.state.lock();
        if branch.tap.listeners() == 0 {
            state.idle = true;
            return;
        }
        if state.encoder.as_ref().is_some_and(Encoder::failed) {
            state.encoder = None;
        }
        let now = clock::now();
        let rested = state
            .tried_at
            .is_none_or(|at| now.saturating_sub(at) >= REBUILD_AFTER);
        if state.encoder.is_none() && rested {
            state.tried_at = Some(now);
            match self.start(branch) {
                Ok(encoder) => {
                    state.encoder = Some(encoder);
                    (self.reports)(Report::FaultOver {
                        code: "encoder_failed",
                        subject: branch.what.into(),
                    });
                }
                Err(error) => self.fault(branch.what, error.to_string()),
            }
        }
        let resumed = std::mem::take(&mut state.idle);
        if let Some(encoder) = &state.encoder {
            before(encoder, resumed);
            encoder.push(buffer.clone());
        }
    }

    fn start(&self, branch: &Branch) -> Result<Encoder, Error> {
        let (caps, chain) = if std::ptr::eq(branch, &self.video) {
            let Settings { caps, format, kbps } = &self.settings;
            (caps.clone(), h264(*kbps, format.fps, "superfast", 2)?)
        } else {
            (crate::mixer::audio::caps(), opus()?)
        };
        let tap = branch.tap.clone();
        let (reports, what) = (self.reports.clone(), branch.what);
        // The audio's buffers are a third of a picture long.
        Encoder::start(
            what,
            &caps,
            &chain,
            5,
            move |sample| tap.give(&sample),
            move |detail| {
                reports(Report::FaultSeen {
                    severity: Severity::Error,
                    code: "encoder_failed",
                    subject: what.into(),
                    detail,
                });
            },
        )
    }

    fn fault(&self, what: &str, detail: String) {
        (self.reports)(Report::FaultSeen {
            severity: Severity::Error,
            code: "encoder_failed",
            subject: what.into(),
            detail,
        });
    }
}

/// x264 with no delay of its own, ending in byte-stream access units. `gop` is the longest distance of keyframes
/// in seconds.
pub(crate) fn h264(kbps: u32, fps: u32, preset: &str, gop: u32) -> Result<Vec<gst::Element>, Error> {
    let encoder = gst::ElementFactory::make("x264enc")
        .property_from_str("tune", "zerolatency")
        .property_from_str("speed-preset", preset)
        .property("bitrate", kbps)
        .property("key-int-max", fps * gop)
        // A quarter of a second: small enough for a viewer's link, large enough for a keyframe that looks well.
        .property("vbv-buf-capacity", 250u32)
        .property("bframes", 0u32)
        .property("threads", 2u32)
        .property("byte-stream", true)
        // A cut or a flash is coded like any other picture: keyframes come when they are due or asked for, and
        // their size does not shake a viewer's link in between.
        .property("option-string", "scenecut=0")
        .build()?;
    let parse = gst::ElementFactory::make("h264parse")
        .property("config-interval", -1i32)
        .build()?;
    let caps = |element: gst::caps::Builder<_>| -> Result<gst::Element, Error> {
        let caps = element
            .field("stream-format", "byte-stream")
            .field("alignment", "au")
            .build();
        Ok(gst::ElementFactory::make("capsfilter")
            .property("caps", caps)
            .build()?)
    };
    let profile = caps(gst::Caps::builder("video/x-h264").field("profile", "constrained-baseline"))?;
    let units = caps(gst::Caps::builder("video/x-h264"))?;
    Ok(vec![encoder, profile, parse, units])
}

fn opus() -> Result<Vec<gst::Element>, Error> {
    let encoder = gst::ElementFactory::make("opusenc")
        .property("bitrate", 128_000i32)
        .property_from_str("frame-size", "10")
        .property("complexity", 5i32)
        .build()?;
    Ok(vec![encoder])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn keyframes_on_request_are_gathered_and_times_are_running_times() {
        crate::init().unwrap();
        let format = Format {
            width: 320,
            height: 180,
            fps: 30,
        };
        let info = gstreamer_video::VideoInfo::builder(gstreamer_video::VideoFormat::I420, 320, 180)
            .fps(gst::Fraction::new(30, 1))
            .build()
            .unwrap();
        let program = Program::new(info.to_caps().unwrap(), format, 500, Arc::new(|_| {}));
        let (send, units) = mpsc::channel();
        let _tap = program.video().subscribe(Box::new(move |sample| {
            let buffer = sample.buffer().unwrap();
            let key = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
            let _ = send.send((buffer.pts().unwrap(), key));
        }));
        let start = clock::now();
        let mut pushed = Vec::new();
        for n in 0..60u64 {
            let at = start + gst::ClockTime::from_nseconds(n * 33_333_333);
            clock::wait_until(at);
            let mut picture = crate::mixer::slate::plain([16 + n as u8, 128, 128], &info)
                .unwrap()
                .buffer;
            picture.make_mut().set_pts(at);
            pushed.push(at);
            program.request_keyframe();
            program.push_video(&picture);
        }
        let mut units: Vec<(gst::ClockTime, bool)> = {
            let mut got = Vec::new();
            while let Ok(unit) = units.recv_timeout(std::time::Duration::from_secs(2)) {
                got.push(unit);
                if got.len() == 60 {
                    break;
                }
            }
            got
        };
        assert!(units.len() > 30, "{}", units.len());
        assert!(
            units.iter().all(|(pts, _)| pushed.contains(pts)),
            "PTS in are PTS out"
        );
        assert!(units[0].1, "a keyframe first");
        units.retain(|(_, key)| *key);
        // Two seconds of asking at every picture.
        assert!((3..=6).contains(&units.len()), "{} keyframes", units.len());
        let apart = units.windows(2).skip(1).map(|pair| pair[1].0 - pair[0].0);
        assert!(
            apart.min() >= Some(gst::ClockTime::from_mseconds(440)),
            "{units:?}"
        );
        program.stop();
    }
}
