//! The mixer: program and its sound, drawn and mixed on two ticks that never stop.
//!
//! There is no GStreamer element inside. A tick takes the picture that each source's frame synchroniser holds for
//! it, draws the scene and hands the result on. So a scene changes between two pictures and never within one, a
//! source that dies leaves its last picture and nothing else, slots cost nothing while they are empty, and one
//! source on the whole picture is passed on without touching a byte of it.

pub mod air;
pub mod audio;
pub mod frame_sync;
pub(crate) mod lane;
pub mod layout;
pub(crate) mod paint;
pub mod pixels;
pub(crate) mod slate;

use crate::output::program::Program;
use crate::slot::{Frame, SlotInput};
use crate::tap::Tap;
use crate::{Error, Reports, clock};
use air::Air;
use gstreamer as gst;
use gstreamer_video as gst_video;
use lane::{Lane, position};
use layout::Rect;
use paint::Painter;
use parking_lot::{Condvar, Mutex};
use regie_model::{Format, Report, SLOTS, Scene, Severity, Slot, SourceId, Transition};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

/// Takes that wait for the next tick; a flood keeps the newest.
const TAKES: usize = 16;

/// What the ticks share with everybody else.
pub(crate) struct Mixer {
    pub format: Format,
    pub info: gst_video::VideoInfo,
    pub lanes: Vec<Arc<Lane>>,
    pub program: Program,
    pub raw: Tap,
    pub raw_audio: Tap,
    takes: Mutex<Vec<(Scene, Transition)>>,
    latest: Mutex<Option<Latest>>,
    drawn: Condvar,
    running: AtomicBool,
    frames: AtomicU64,
    last_at: AtomicU64,
    late: AtomicU64,
    reports: Reports,
}

/// The last picture of program.
#[derive(Clone)]
pub(crate) struct Latest {
    pub tick: u64,
    pub time: gst::ClockTime,
    pub picture: Frame,
}

/// The two threads; dropping this does not end them, [`Mixer::stop`] and then [`Ticks::join`] does.
pub(crate) struct Ticks(Vec<JoinHandle<()>>);

impl Ticks {
    /// Waits for both.
    pub fn join(self) {
        for thread in self.0 {
            if thread.join().is_err() {
                tracing::error!("a mixer thread died");
            }
        }
    }
}

impl Mixer {
    /// Starts the ticks: black and silence from now on.
    pub fn start(format: Format, kbps: u32, reports: Reports) -> Result<(Arc<Self>, Ticks), Error> {
        let info = gst_video::VideoInfo::builder(gst_video::VideoFormat::I420, format.width, format.height)
            .fps(gst::Fraction::new(format.fps.max(1) as i32, 1))
            .par(gst::Fraction::new(1, 1))
            .colorimetry(&"bt709".parse()?)
            .build()?;
        let caps = info.to_caps()?;
        let mixer = Arc::new(Self {
            format,
            info: info.clone(),
            lanes: (0..SLOTS).map(|_| Arc::new(Lane::new(format.fps))).collect(),
            program: Program::new(caps.clone(), format, kbps, reports.clone()),
            raw: Tap::new(),
            raw_audio: Tap::new(),
            takes: Mutex::default(),
            latest: Mutex::default(),
            drawn: Condvar::new(),
            running: AtomicBool::new(true),
            frames: AtomicU64::new(0),
            last_at: AtomicU64::new(0),
            late: AtomicU64::new(0),
            reports,
        });
        let painter = Painter::new(info)?;
        let (video, audio) = (mixer.clone(), mixer.clone());
        let threads = vec![
            spawn("mixer", move || video.draw(painter, &caps))?,
            spawn("mixer-audio", move || audio.sound())?,
        ];
        Ok((mixer, Ticks(threads)))
    }

    /// The lane of a slot.
    pub fn lane(&self, slot: Slot) -> Result<&Arc<Lane>, Error> {
        self.lanes
            .get(usize::from(slot.0))
            .ok_or(Error::NoSuchSlot(slot.0))
    }

    /// A source takes a slot.
    pub fn open(&self, source: SourceId, slot: Slot) -> Result<SlotInput, Error> {
        let lane = self.lane(slot)?;
        let input = SlotInput::new(source, lane.clone(), self.reports.clone());
        lane.open(input.clone());
        Ok(input)
    }

    /// Puts a scene on program from the next tick on.
    pub fn take(&self, scene: &Scene, transition: Transition) {
        let mut takes = self.takes.lock();
        if takes.len() >= TAKES {
            takes.remove(0);
        }
        takes.push((scene.clone(), transition));
    }

    /// The last picture of program that is newer than `after`; waits up to 100 ms for it.
    pub fn after(&self, after: Option<u64>) -> Option<Latest> {
        let mut latest = self.latest.lock();
        let new = |latest: &Option<Latest>| {
            latest
                .as_ref()
                .is_some_and(|l| after.is_none_or(|after| l.tick > after))
        };
        if !new(&latest) {
            self.drawn
                .wait_for(&mut latest, std::time::Duration::from_millis(100));
        }
        latest.clone().filter(|_| new(&latest))
    }

    /// What a source shows now.
    pub fn shown(&self, source: SourceId) -> Option<(Frame, u64)> {
        let lane = self.lanes.iter().find(|lane| lane.source() == Some(source))?;
        let (frame, serial) = lane.shown();
        Some((frame?, serial))
    }

    /// Pictures of program so far.
    pub fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }

    /// Ticks that were left out because the machine was too slow.
    pub fn late(&self) -> u64 {
        self.late.load(Ordering::Relaxed)
    }

    /// How old the last picture of program is.
    pub fn age(&self) -> gst::ClockTime {
        clock::now().saturating_sub(gst::ClockTime::from_nseconds(
            self.last_at.load(Ordering::Relaxed),
        ))
    }

    /// Whether the ticks go on.
    pub fn running(&self) -> bool {
        self.running.load(Ordering::Acquire)
    }

    /// Ends the ticks at their next one.
    pub fn stop(&self) {
        self.running.store(false, Ordering::Release);
        self.drawn.notify_all();
        self.program.stop();
    }

    /// The picture's tick.
    fn draw(&self, mut painter: Painter, caps: &gst::Caps) {
        let mut air = Air::default();
        let mut tick = self.tick_of(clock::now()) + 1;
        let mut broken = false;
        while self.running() {
            clock::wait_until(self.time_of(tick));
            let now = clock::now();
            let should = self.tick_of(now);
            if should > tick + 1 {
                // The machine stood still. Time is not made up for: program shows what is now.
                self.late.fetch_add(should - tick, Ordering::Relaxed);
                tick = should;
            }
            for lane in &self.lanes {
                if let Some(report) = lane.go(tick, now) {
                    (self.reports)(report);
                }
            }
            let mut last = Transition::Cut;
            for (scene, transition) in std::mem::take(&mut *self.takes.lock()) {
                air.take(scene, transition, tick, self.format.fps);
                last = transition;
            }
            self.follow(&air, last, tick);
            if air.go(tick) {
                (self.reports)(Report::TransitionEnded);
            }
            // Whatever happens to one picture, program goes on: with what could be drawn of it, else with the last.
            let drawn = catch_unwind(AssertUnwindSafe(|| self.picture(&air, &mut painter)));
            let (buffer, trouble) = match drawn {
                Ok(Ok(buffer)) => (Some(buffer), painter.take_trouble()),
                Ok(Err(error)) => (self.last_picture(), Some(error.to_string())),
                Err(_) => (self.last_picture(), Some("drawing panicked".into())),
            };
            if let Some(mut buffer) = buffer {
                self.stamp(&mut buffer, tick);
                self.hand_on(buffer, caps, tick);
            }
            if broken != trouble.is_some() {
                broken = trouble.is_some();
                (self.reports)(match trouble {
                    Some(detail) => Report::FaultSeen {
                        severity: Severity::Error,
                        code: "mixer_failed",
                        subject: "program".into(),
                        detail,
                    },
                    None => Report::FaultOver {
                        code: "mixer_failed",
                        subject: "program".into(),
                    },
                });
            }
            tick += 1;
        }
    }

    fn picture(&self, air: &Air, painter: &mut Painter) -> Result<gst::Buffer, Error> {
        let whole = Rect::whole(self.format.width, self.format.height);
        let mut picture: Option<gst::Buffer> = None;
        for layer in air.layers() {
            let placed = self.placed(&layer.scene, whole);
            let scene = painter.compose(&placed)?;
            picture = Some(match picture {
                Some(under) => painter.lay(&under, &scene, layer.alpha)?,
                None => scene,
            });
        }
        match picture {
            Some(picture) => Ok(picture),
            None => painter.compose(&[]),
        }
    }

    fn last_picture(&self) -> Option<gst::Buffer> {
        Some(self.latest.lock().as_ref()?.picture.buffer.copy())
    }

    fn stamp(&self, picture: &mut gst::Buffer, tick: u64) {
        let header = picture.make_mut();
        header.set_pts(self.time_of(tick));
        header.set_dts(gst::ClockTime::NONE);
        header.set_duration(self.time_of(tick + 1) - self.time_of(tick));
        header.set_offset(tick);
        header.unset_flags(gst::BufferFlags::DISCONT | gst::BufferFlags::GAP);
    }

    /// The frames of a scene and where they stand on a part of a picture.
    pub fn placed(&self, scene: &Scene, on: Rect) -> Vec<(Frame, Rect)> {
        let shown: Vec<_> = scene
            .placed()
            .filter_map(|(source, _)| Some((source, self.shown(source)?.0)))
            .collect();
        let frame = |id| {
            shown
                .iter()
                .find(|(source, _)| *source == id)
                .map(|(_, frame)| frame)
        };
        layout::place(scene, on, |id| {
            frame(id).map(|f| (f.info.width(), f.info.height()))
        })
        .into_iter()
        .filter_map(|(id, rect)| Some((frame(id)?.clone(), rect)))
        .collect()
    }

    fn hand_on(&self, buffer: gst::Buffer, caps: &gst::Caps, tick: u64) {
        let time = self.time_of(tick);
        self.program.push_video(&buffer);
        if self.raw.listeners() > 0 {
            let segment = gst::FormattedSegment::<gst::ClockTime>::new();
            let sample = gst::Sample::builder()
                .buffer(&buffer)
                .caps(caps)
                .segment(&segment)
                .build();
            self.raw.give(&sample);
        }
        let info = self.info.clone();
        let picture = Frame { buffer, info };
        *self.latest.lock() = Some(Latest { tick, time, picture });
        self.drawn.notify_all();
        self.frames.fetch_add(1, Ordering::Relaxed);
        self.last_at.store(clock::now().nseconds(), Ordering::Relaxed);
    }

    /// Audio follows video: from the running time of the tick's picture on. Each tick looks again, since a source
    /// may take its slot after its scene was taken.
    fn follow(&self, air: &Air, transition: Transition, tick: u64) {
        let length = match transition {
            Transition::Cut => 0,
            Transition::Mix { duration_ms } => u64::from(duration_ms) * audio::ring::RATE / 1000,
        };
        let at = position(self.time_of(tick).nseconds());
        for lane in &self.lanes {
            let heard = lane.source().is_some_and(|source| air.program().shows(source));
            lane.turn(if heard { 1.0 } else { 0.0 }, at, length);
        }
    }

    /// The sound's tick.
    fn sound(&self) {
        let caps = audio::caps();
        audio::run(
            &self.lanes,
            || self.running(),
            |buffer| {
                self.program.push_audio(&buffer);
                if self.raw_audio.listeners() > 0 {
                    let segment = gst::FormattedSegment::<gst::ClockTime>::new();
                    let sample = gst::Sample::builder()
                        .buffer(&buffer)
                        .caps(&caps)
                        .segment(&segment)
                        .build();
                    self.raw_audio.give(&sample);
                }
            },
        );
    }

    fn time_of(&self, tick: u64) -> gst::ClockTime {
        let second = u128::from(gst::ClockTime::SECOND.nseconds());
        gst::ClockTime::from_nseconds((u128::from(tick) * second / u128::from(self.format.fps.max(1))) as u64)
    }

    fn tick_of(&self, time: gst::ClockTime) -> u64 {
        let second = u128::from(gst::ClockTime::SECOND.nseconds());
        // Half a nanosecond's rounding of `time_of` must not give the tick before.
        ((u128::from(time.nseconds()) + 1) * u128::from(self.format.fps.max(1)) / second) as u64
    }
}

/// A named thread.
pub(crate) fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    std::thread::Builder::new()
        .name(name.into())
        .spawn(run)
        .map_err(Error::Thread)
}
