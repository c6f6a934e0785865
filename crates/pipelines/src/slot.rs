//! A source's door into the mixer.

use crate::Reports;
use crate::mixer::lane::Lane;
use gstreamer as gst;
use gstreamer_video as gst_video;
use parking_lot::Mutex;
use regie_model::{Picture, Report, SourceId};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A decoded picture: raw video as `info` says, in memory of the CPU.
#[derive(Clone)]
pub struct Frame {
    /// The pixels; their PTS means nothing any more.
    pub buffer: gst::Buffer,
    /// Format, size, colours. Strides may be overruled by the buffer's video meta.
    pub info: gst_video::VideoInfo,
}

/// The mixer's side of one opening of one source. Clones are the same opening. Any thread may push; nothing
/// blocks. Once the source was closed or opened anew, what is pushed is dropped.
#[derive(Clone)]
pub struct SlotInput {
    opening: Arc<Opening>,
}

type Hook = Box<dyn Fn() + Send + Sync>;

pub(crate) struct Opening {
    source: SourceId,
    lane: Arc<Lane>,
    reports: Reports,
    /// Whether this opening was closed, or failed, or gave way to a newer one.
    over: AtomicBool,
    keyframe: Mutex<Option<Hook>>,
    decoded: AtomicU64,
    sounds: AtomicU64,
}

impl SlotInput {
    pub(crate) fn new(source: SourceId, lane: Arc<Lane>, reports: Reports) -> Self {
        Self {
            opening: Arc::new(Opening {
                source,
                lane,
                reports,
                over: AtomicBool::new(false),
                keyframe: Mutex::new(None),
                decoded: AtomicU64::new(0),
                sounds: AtomicU64::new(0),
            }),
        }
    }

    /// Which source this is.
    pub fn source(&self) -> SourceId {
        self.opening.source
    }

    /// Hands over one decoded picture. `pts` is its running time.
    pub fn push_video(&self, frame: Frame, pts: gst::ClockTime) {
        let opening = &self.opening;
        if opening.over.load(Ordering::Acquire) {
            return;
        }
        opening.decoded.fetch_add(1, Ordering::Relaxed);
        let size = Picture {
            width: frame.info.width(),
            height: frame.info.height(),
        };
        if opening.lane.push_video(self, frame, pts, crate::clock::now()) {
            (opening.reports)(Report::SourceLive {
                source: opening.source,
                picture: size,
            });
        }
    }

    /// Hands over the only picture there will be; it stands for as long as the source is open.
    pub fn push_still(&self, frame: Frame) {
        let opening = &self.opening;
        if opening.over.load(Ordering::Acquire) {
            return;
        }
        opening.decoded.fetch_add(1, Ordering::Relaxed);
        let picture = Picture {
            width: frame.info.width(),
            height: frame.info.height(),
        };
        opening.lane.push_still(self, frame);
        (opening.reports)(Report::SourceLive {
            source: opening.source,
            picture,
        });
    }

    /// Hands over decoded sound: interleaved stereo at 48 kHz, full scale ±1. `pts` is the running time of the
    /// first sample.
    pub fn push_audio(&self, samples: &[f32], pts: gst::ClockTime) {
        let opening = &self.opening;
        if opening.over.load(Ordering::Acquire) {
            return;
        }
        opening.sounds.fetch_add(1, Ordering::Relaxed);
        opening.lane.push_audio(self, samples, pts, crate::clock::now());
    }

    /// The source's pipeline ended by itself: reported once, and nothing is taken from it any more.
    pub fn failed(&self, detail: impl Into<String>) {
        if !self.opening.over.swap(true, Ordering::AcqRel) {
            (self.opening.reports)(Report::SourceFailed {
                source: self.opening.source,
                detail: detail.into(),
            });
        }
    }

    /// What to do where somebody needs a keyframe of this source. The hook must not hold this input strongly.
    pub fn on_keyframe_request(&self, hook: impl Fn() + Send + Sync + 'static) {
        *self.opening.keyframe.lock() = Some(Box::new(hook));
    }

    /// Asks the source for a keyframe, where it can be asked.
    pub fn request_keyframe(&self) {
        if let Some(hook) = &*self.opening.keyframe.lock() {
            hook();
        }
    }

    /// Pictures decoded since this opening.
    pub fn decoded(&self) -> u64 {
        self.opening.decoded.load(Ordering::Relaxed)
    }

    /// Blocks of sound decoded since this opening.
    pub fn sounds(&self) -> u64 {
        self.opening.sounds.load(Ordering::Relaxed)
    }

    /// Ends this opening without a report.
    pub(crate) fn close(&self) {
        self.opening.over.store(true, Ordering::Release);
        *self.opening.keyframe.lock() = None;
    }

    /// Whether both are the same opening.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.opening, &other.opening)
    }
}
