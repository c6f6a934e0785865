//! The face of the pipelines: what the server calls. It decides nothing and keeps nothing but what is open.

use crate::figures::{Figures, SourceFigures};
use crate::mixer::{Mixer, Ticks, slate, spawn};
use crate::multiview::{Multiview, MultiviewCodec, MultiviewStream};
use crate::output::record::Recording;
use crate::output::viewers::{ViewerSession, Viewers};
use crate::source::colour;
use crate::source::demo::Demo;
use crate::source::phone::{PhoneSession, PhoneSettings};
use crate::tap::{Listener, Tap, TapGuard};
use crate::{Error, Reports, Signals};
use parking_lot::Mutex;
use regie_model::{Format, Mosaic, Report, SLOTS, Scene, SessionId, Slot, SourceId, SourceKind, Transition};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

/// What a studio is told once.
#[derive(Clone, Debug)]
pub struct StudioSettings {
    /// Program's format, fixed for the show.
    pub format: Format,
    /// Where recordings go; made when the first one begins.
    pub recordings: PathBuf,
    /// Program's video bitrate.
    pub program_kbps: u32,
    /// What phones are told.
    pub phones: PhoneSettings,
}

impl StudioSettings {
    /// 720p30 at 4 Mbit/s, recordings in this folder.
    pub fn new(recordings: impl Into<PathBuf>) -> Self {
        Self {
            format: Format {
                width: 1280,
                height: 720,
                fps: 30,
            },
            recordings: recordings.into(),
            program_kbps: 4000,
            phones: PhoneSettings::default(),
        }
    }
}

/// Sources, mixer, multiview and outputs of one show. Every method may be called from any thread and returns
/// within a few milliseconds, except [`Studio::stop`]. Dropping it stops it.
pub struct Studio {
    settings: StudioSettings,
    reports: Reports,
    mixer: Arc<Mixer>,
    multiview: Arc<Multiview>,
    viewers: Viewers,
    demos: Mutex<HashMap<SourceId, Demo>>,
    recording: Mutex<Option<Recording>>,
    slates: Mutex<Option<Slates>>,
    threads: Mutex<Option<(Ticks, [JoinHandle<()>; 2])>>,
}

impl Studio {
    /// Starts program: black and silence until something is taken. [`crate::init`] comes first.
    ///
    /// # Errors
    /// Where a format is impossible, an element is missing or a thread does not start.
    pub fn start(settings: StudioSettings, reports: Reports) -> Result<Self, Error> {
        let format = settings.format;
        let fits = |side: u32| (16..=4096).contains(&side) && side.is_multiple_of(2);
        if !fits(format.width) || !fits(format.height) || !(1..=120).contains(&format.fps) {
            let Format { width, height, fps } = format;
            return Err(gstreamer::glib::bool_error!("program cannot be {width}x{height} at {fps}").into());
        }
        let (mixer, ticks) = Mixer::start(format, settings.program_kbps, reports.clone())?;
        let (multiview, thread) = Multiview::start(mixer.clone(), reports.clone())?;
        let viewers = Viewers::start(&mixer.program)?;
        let (slates, drawer) = slates(mixer.clone())?;
        Ok(Self {
            settings,
            reports,
            mixer,
            multiview,
            viewers,
            demos: Mutex::default(),
            recording: Mutex::new(None),
            slates: Mutex::new(Some(slates)),
            threads: Mutex::new(Some((ticks, [thread, drawer]))),
        })
    }

    /// Opens a source that Régie makes itself. Whatever the source had open is closed first.
    ///
    /// # Errors
    /// For phones, and where the source does not start.
    pub fn open(&self, source: SourceId, slot: Slot, kind: &SourceKind, name: &str) -> Result<(), Error> {
        let old = self.demos.lock().remove(&source);
        drop(old);
        let input = self.mixer.open(source, slot)?;
        self.draw_slate(source, slot, name);
        match kind {
            SourceKind::Demo { pattern } => {
                let demo = Demo::open(&input, *pattern, self.settings.format)?;
                self.demos.lock().insert(source, demo);
                Ok(())
            }
            SourceKind::Colour { rgb } => colour::open(&input, rgb, &self.mixer.info),
            SourceKind::Phone { .. } => Err(Error::WrongKind("phone")),
        }
    }

    /// Opens a phone's connection. An older connection of the same source gives way to it.
    ///
    /// # Errors
    /// Where the pipeline does not start.
    pub fn open_phone(
        &self,
        source: SourceId,
        slot: Slot,
        name: &str,
        signals: Signals,
    ) -> Result<PhoneSession, Error> {
        let input = self.mixer.open(source, slot)?;
        self.draw_slate(source, slot, name);
        PhoneSession::open(input, self.settings.phones, signals)
    }

    /// Closes what the source has open; its slate stands in its place at once. `forget` empties the slot.
    pub fn close(&self, source: SourceId, slot: Slot, forget: bool) {
        if let Ok(lane) = self.mixer.lane(slot) {
            lane.close(source, forget);
        }
        let demo = self.demos.lock().remove(&source);
        drop(demo);
    }

    /// Draws this scene as preview.
    pub fn show_preview(&self, scene: &Scene) {
        self.multiview.preview(scene);
    }

    /// Puts this scene on program from its next picture on.
    pub fn take(&self, scene: &Scene, transition: Transition) {
        self.mixer.take(scene, transition);
    }

    /// The multiview's tiles stand like this.
    pub fn arrange(&self, mosaic: &Mosaic) {
        self.multiview.arrange(mosaic);
    }

    /// Asks a source for a keyframe, where it can be asked.
    pub fn request_keyframe(&self, source: SourceId) {
        let lane = self.mixer.lanes.iter().find(|lane| lane.source() == Some(source));
        if let Some(input) = lane.and_then(|lane| lane.opening()) {
            input.request_keyframe();
        }
    }

    /// Begins to record program. What becomes of it is reported.
    pub fn start_recording(&self, name: &str) {
        let mut recording = self.recording.lock();
        if recording.as_ref().is_some_and(Recording::running) {
            return;
        }
        *recording = None;
        let (program, raw) = (&self.mixer.program, &self.mixer.raw_audio);
        let started = Recording::start(
            &self.settings.recordings,
            name,
            program,
            raw,
            self.reports.clone(),
        );
        match started {
            Ok(started) => *recording = Some(started),
            Err(error) => (self.reports)(Report::RecordingFailed {
                detail: error.to_string(),
            }),
        }
    }

    /// Closes the recording; `Report::RecordingEnded` follows.
    pub fn stop_recording(&self) {
        let Some(recording) = self.recording.lock().take() else {
            return;
        };
        // Closing waits for the disk. Without a thread for it, the caller waits.
        if let Err(error) = spawn("recording-end", move || recording.end()) {
            tracing::error!(%error, "the recording was not closed; it plays up to its last half second");
        }
    }

    /// Opens a viewer's connection.
    ///
    /// # Errors
    /// Where the pipeline does not start.
    pub fn join_viewer(&self, session: SessionId, signals: Signals) -> Result<ViewerSession, Error> {
        self.viewers.join(session, signals)
    }

    /// Begins to look at the multiview.
    pub fn multiview(&self, codec: MultiviewCodec) -> MultiviewStream {
        self.multiview.stream(codec)
    }

    /// Hands every raw picture of program (I420, PTS in running time, offset the tick's number) to `listener`, on
    /// the mixer's thread: it must be quick.
    pub fn tap_program(&self, listener: Listener) -> TapGuard {
        self.mixer.raw.subscribe(listener)
    }

    /// The same for program's sound: S16LE, 48 kHz stereo, 10 ms.
    pub fn tap_sound(&self, listener: Listener) -> TapGuard {
        self.mixer.raw_audio.subscribe(listener)
    }

    /// Program as it is encoded for viewers. It is encoded only while somebody listens.
    pub fn encoded(&self) -> (Tap, Tap) {
        (
            self.mixer.program.video().clone(),
            self.mixer.program.audio().clone(),
        )
    }

    /// Numbers, as of now.
    pub fn figures(&self) -> Figures {
        let openings = self.mixer.lanes.iter().filter_map(|lane| lane.opening());
        Figures {
            program_frames: self.mixer.frames(),
            program_late: self.mixer.late(),
            program_age_ms: self.mixer.age().mseconds(),
            sources: openings
                .map(|input| SourceFigures {
                    source: input.source(),
                    decoded: input.decoded(),
                    sounds: input.sounds(),
                })
                .collect(),
            viewers: self.viewers.count() as u32,
            recording_bytes: self.recording.lock().as_ref().map_or(0, Recording::bytes),
            multiviews: self.multiview.readers(),
        }
    }

    /// Closes the recording and ends everything. Blocks until the file is closed.
    pub fn stop(&self) {
        let recording = self.recording.lock().take();
        if let Some(recording) = recording {
            recording.end();
        }
        self.demos.lock().clear();
        self.slates.lock().take();
        self.mixer.stop();
        self.multiview.wake();
        for lane in &self.mixer.lanes {
            if let Some(source) = lane.source() {
                lane.close(source, true);
            }
        }
        let threads = self.threads.lock().take();
        if let Some((ticks, others)) = threads {
            ticks.join();
            for thread in others {
                if thread.join().is_err() {
                    tracing::error!("a thread of the studio died");
                }
            }
        }
    }

    fn draw_slate(&self, source: SourceId, slot: Slot, name: &str) {
        if let Some(slates) = &*self.slates.lock() {
            // Where so many wait that the queue is full, this one does without.
            let _ = slates.try_send((source, slot, name.to_owned()));
        }
    }
}

impl Drop for Studio {
    fn drop(&mut self) {
        self.stop();
    }
}

type Slates = mpsc::SyncSender<(SourceId, Slot, String)>;

/// One thread that draws slates ahead of their need; it ends with its sender.
fn slates(mixer: Arc<Mixer>) -> Result<(Slates, JoinHandle<()>), Error> {
    let (send, wanted) = mpsc::sync_channel::<(SourceId, Slot, String)>(SLOTS * 2);
    let thread = spawn("slates", move || {
        for (source, slot, name) in wanted {
            if !mixer.running() {
                return;
            }
            match (slate::draw(&name, &mixer.info), mixer.lane(slot)) {
                (Ok(slate), Ok(lane)) => lane.set_slate(source, slate),
                (Err(error), _) | (_, Err(error)) => tracing::warn!(%source, %error, "no slate"),
            }
        }
    })?;
    Ok((send, thread))
}
