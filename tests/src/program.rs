//! A régie in this very process, whose program is read frame by frame where the mixer makes it.

use crate::{Clip, Codec, Operator, Phone, PhoneSettings, bar};
use anyhow::{Context, Result};
use gstreamer as gst;
use regie_model::{Command, Scene, SourceId, SourceState};
use regie_server::{Config, Server};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::{Instant, SystemTime, UNIX_EPOCH},
};
use tempfile::TempDir;

/// Frames kept: ten minutes.
const KEPT: usize = 18_000;

/// A program frame as it left the mixer.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// The number in its bar, where one can be read.
    pub number: Option<u32>,
    /// Mean luma of the picture, 0 to 255, from every 16th pixel of every 16th line.
    pub luma: u8,
    /// When it left, ms since the program was started.
    pub at_ms: f64,
    /// When it left, wall clock in ms since 1970.
    pub wall_ms: u64,
    /// Its place in running time, ns.
    pub pts: u64,
}

impl Frame {
    /// The phone that drew it.
    pub fn phone(&self) -> Option<u8> {
        self.number.map(|number| (number >> 16) as u8)
    }

    /// The number of the picture within its phone's clip.
    pub fn picture(&self) -> Option<u32> {
        self.number.map(|number| number & 0xffff)
    }
}

/// A test phone that is live in the show.
pub struct Member {
    /// What it draws into its pictures.
    pub id: u8,
    /// What it is in the show.
    pub source: SourceId,
    /// Dropped, it is gone.
    pub phone: Phone,
}

/// The régie, an operator, and every frame of its program.
pub struct Program {
    server: Option<Server>,
    frames: Arc<Mutex<VecDeque<Frame>>>,
    since: Instant,
    _tap: regie_pipelines::TapGuard,
    _folder: TempDir,
    port: u16,
    camera: String,
    /// Commands go through the real `/control`.
    pub operator: Operator,
}

impl Program {
    /// Starts on loopback with a free port and an empty folder.
    ///
    /// # Errors
    /// What the server says.
    pub async fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let config = Config {
            bind: ([127, 0, 0, 1], 0).into(),
            ..Config::in_folder(folder.path())
        };
        let server = regie_server::start(config).await?;
        let (frames, since) = (Arc::new(Mutex::new(VecDeque::new())), Instant::now());
        let tap = {
            let frames = Arc::clone(&frames);
            let studio = server.studio().context("a régie with no pictures")?;
            studio.tap_program(Box::new(move |sample| {
                if let (Some(frame), Ok(mut frames)) = (look(sample, since), frames.lock()) {
                    frames.push_back(frame);
                    if frames.len() > KEPT {
                        frames.pop_front();
                    }
                }
            }))
        };
        let ready = server.ready();
        let port = server.port();
        let operator =
            Operator::connect(&format!("ws://127.0.0.1:{port}/control?token={}", ready.token)).await?;
        let camera = ready
            .camera
            .split("/j/")
            .nth(1)
            .context("no join code")?
            .to_owned();
        Ok(Self {
            server: Some(server),
            frames,
            since,
            _tap: tap,
            _folder: folder,
            port,
            camera,
            operator,
        })
    }

    /// Every frame since the last [`Self::clear`].
    pub fn frames(&self) -> Vec<Frame> {
        self.frames
            .lock()
            .map(|frames| frames.iter().copied().collect())
            .unwrap_or_default()
    }

    /// Forgets the frames until now.
    pub fn clear(&self) {
        if let Ok(mut frames) = self.frames.lock() {
            frames.clear();
        }
    }

    /// Now, on the clock of [`Frame::at_ms`].
    pub fn now_ms(&self) -> f64 {
        self.since.elapsed().as_secs_f64() * 1000.0
    }

    /// Where a phone joins with a browser, by way of loopback.
    pub fn join_page(&self) -> String {
        format!("http://127.0.0.1:{}/j/{}", self.port, self.camera)
    }

    /// Where people watch, by way of loopback.
    pub fn watch_page(&self) -> String {
        format!("http://127.0.0.1:{}/watch", self.port)
    }

    /// Waits for the first source that gives pictures.
    ///
    /// # Errors
    /// None does within 20 s.
    pub async fn first_live(&mut self) -> Result<SourceId> {
        let live = |show: &regie_model::Snapshot| {
            show.sources
                .iter()
                .find(|source| source.state == SourceState::Live)
                .map(|source| source.id)
        };
        self.operator
            .until("a source is live", |show| live(show).is_some())
            .await?;
        live(&self.operator.show).context("it was live a moment ago")
    }

    /// Has a test phone join and waits until it is live. Its pictures carry `id`.
    ///
    /// # Errors
    /// It is not live within 20 s.
    pub async fn join(&mut self, codec: Codec, id: u8, width: u32, height: u32) -> Result<Member> {
        let clip = Arc::new(Clip::encode(codec, id, width, height, 10)?);
        let url = format!("ws://127.0.0.1:{}/stream?token={}", self.port, self.camera);
        let settings = PhoneSettings {
            name: Some(format!("Phone {id}")),
            device: Some(format!("phone-{id}")),
            ..Default::default()
        };
        let mut phone = Phone::join(url, clip, settings);
        let state = phone
            .until("the phone is in", |state| state.source.is_some())
            .await?;
        let source = SourceId(state.source.unwrap_or_default());
        let live = |show: &regie_model::Snapshot| {
            let mut sources = show.sources.iter();
            sources.any(|one| one.id == source && one.state == SourceState::Live)
        };
        self.operator.until("the phone is live", live).await?;
        Ok(Member { id, source, phone })
    }

    /// Puts a source on program and waits until its pictures are there.
    ///
    /// # Errors
    /// They are not within 10 s.
    pub async fn put_on(&mut self, member: &Member) -> Result<()> {
        let scene = Scene::full(member.source);
        self.operator.order(Command::Cut { scene }).await?;
        crate::eventually(
            "the phone is on program",
            std::time::Duration::from_secs(10),
            async || {
                let last = self.frames().last().copied();
                if last.and_then(|frame| frame.phone()) == Some(member.id) {
                    Ok(())
                } else {
                    Err(last)
                }
            },
        )
        .await
    }

    /// Ends the show in good order.
    pub async fn stop(mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
    }
}

/// Reads a frame of I420 as the tap gives it.
fn look(sample: &gst::Sample, since: Instant) -> Option<Frame> {
    let structure = sample.caps()?.structure(0)?;
    let width = usize::try_from(structure.get::<i32>("width").ok()?).ok()?;
    let height = usize::try_from(structure.get::<i32>("height").ok()?).ok()?;
    let buffer = sample.buffer()?;
    let map = buffer.map_readable().ok()?;
    // The luma plane comes first, its lines without gaps: widths here are multiples of four.
    let luma = map.get(..width * height)?;
    let (mut sum, mut count) = (0u64, 0u64);
    for line in luma.chunks_exact(width).step_by(16) {
        for value in line.iter().step_by(16) {
            sum += u64::from(*value);
            count += 1;
        }
    }
    Some(Frame {
        number: bar::read(luma, width, width),
        luma: (sum / count.max(1)) as u8,
        at_ms: since.elapsed().as_secs_f64() * 1000.0,
        wall_ms: SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_millis() as u64,
        pts: buffer.pts()?.nseconds(),
    })
}
