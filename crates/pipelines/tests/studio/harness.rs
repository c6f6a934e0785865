//! A studio to play with, and a pair of eyes on its program.

use gst_video::prelude::*;
use gstreamer as gst;
use gstreamer_video as gst_video;
use regie_gst_plugins::{barcode, demosrc};
use regie_model::{Report, Scene, Slot, SourceId, SourceKind, Transition};
use regie_pipelines::{Studio, StudioSettings, TapGuard};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

/// A studio and what it reported.
pub struct House {
    pub studio: Studio,
    pub reports: mpsc::Receiver<Report>,
    pub folder: PathBuf,
    remove: bool,
}

/// What a machine sees on a picture of program.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// The mixer's tick.
    pub tick: u64,
    /// The frame number of a demo source on the whole picture.
    pub number: Option<u32>,
    /// Luma, U and V near the bottom left corner.
    pub corner: [u8; 3],
    /// When it was handed out.
    pub at: Instant,
}

impl Seen {
    /// Which demo picture it is, by its ground.
    pub fn pattern(&self) -> Option<u8> {
        (0..demosrc::PATTERNS).find(|p| {
            let near = |(a, b): (&u8, &u8)| a.abs_diff(*b) <= 3;
            demosrc::tint(*p).iter().zip(&self.corner).all(near)
        })
    }
}

/// Pictures of program as they come.
pub struct Eyes {
    seen: mpsc::Receiver<Seen>,
    _tap: TapGuard,
}

impl House {
    pub fn new() -> Self {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("regie-studio-{}-{count}", std::process::id()));
        let mut house = Self::in_folder(&folder);
        house.remove = true;
        house
    }

    pub fn in_folder(folder: &Path) -> Self {
        regie_pipelines::init().expect("GStreamer and its plugins");
        let (send, reports) = mpsc::channel();
        let sink = Arc::new(move |report| {
            let _ = send.send(report);
        });
        let studio = Studio::start(StudioSettings::new(folder), sink).expect("a studio");
        Self {
            studio,
            reports,
            folder: folder.to_owned(),
            remove: false,
        }
    }

    /// Opens demo source `n`, in slot `n`, with pattern `n`, and waits until it is live.
    pub fn demo(&self, n: u8) -> SourceId {
        let id = SourceId(u32::from(n) + 1);
        let kind = SourceKind::Demo { pattern: n % 4 };
        self.studio
            .open(id, Slot(n), &kind, &format!("Demo {n}"))
            .expect("a demo source");
        self.waits_for(|r| matches!(r, Report::SourceLive { source, .. } if *source == id));
        id
    }

    pub fn cut(&self, scene: &Scene) {
        self.studio.take(scene, Transition::Cut);
    }

    pub fn mix(&self, scene: &Scene, duration_ms: u32) {
        self.studio.take(scene, Transition::Mix { duration_ms });
    }

    /// The first report of this kind from now on, within ten seconds.
    pub fn waits_for(&self, wanted: impl Fn(&Report) -> bool) -> Report {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let report = self.reports.recv_timeout(left).expect("the report in time");
            if wanted(&report) {
                return report;
            }
        }
    }

    pub fn eyes(&self) -> Eyes {
        let (send, seen) = mpsc::channel();
        let tap = self.studio.tap_program(Box::new(move |sample| {
            let _ = send.send(look(sample));
        }));
        Eyes { seen, _tap: tap }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.studio.stop();
        if self.remove {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

impl Eyes {
    pub fn next(&self) -> Seen {
        self.seen
            .recv_timeout(Duration::from_secs(5))
            .expect("a picture of program")
    }

    pub fn take(&self, count: usize) -> Vec<Seen> {
        (0..count).map(|_| self.next()).collect()
    }

    /// Looks until a picture is as wanted, at most ten seconds.
    pub fn until(&self, wanted: impl Fn(&Seen) -> bool) -> Seen {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let seen = self.next();
            if wanted(&seen) {
                return seen;
            }
            assert!(Instant::now() < until, "never seen; last {seen:?}");
        }
    }
}

fn look(sample: &gst::Sample) -> Seen {
    let info = gst_video::VideoInfo::from_caps(sample.caps().expect("caps")).expect("raw video");
    let buffer = sample.buffer().expect("a buffer");
    let frame = gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, &info).expect("a picture");
    let (width, height) = (info.width() as usize, info.height() as usize);
    let stride = |n: usize| frame.plane_stride()[n] as usize;
    let luma = frame.plane_data(0).expect("luma");
    let corner =
        |plane: usize, x: usize, y: usize| frame.plane_data(plane as u32).unwrap()[y * stride(plane) + x];
    Seen {
        tick: buffer.offset(),
        number: barcode::read(luma, stride(0), width),
        corner: [
            corner(0, 8, height - 8),
            corner(1, 4, height / 2 - 4),
            corner(2, 4, height / 2 - 4),
        ],
        at: Instant::now(),
    }
}

/// Open descriptors and threads of this process.
pub fn descriptors_and_threads() -> (usize, usize) {
    let count = |path| std::fs::read_dir(path).map_or(0, |entries| entries.count());
    (count("/proc/self/fd"), count("/proc/self/task"))
}

/// Waits until every retired pipeline is gone.
pub fn all_gone() {
    let until = Instant::now() + Duration::from_secs(20);
    while regie_pipelines::bus::retiring() > 0 {
        assert!(Instant::now() < until, "pipelines do not end");
        std::thread::sleep(Duration::from_millis(5));
    }
}
