//! The real media side: [`regie_pipelines::Studio`] behind the methods that the server asks for.

use crate::config::Config;
use crate::doctor::{self, Finding};
use crate::media::{Codec, Figures, Frame, Frames, Media, NextFrame, Phone, Signal, Signals, Viewer};
use crate::start::{Reports, Server, StartError, start_with};
use regie_model::{Mosaic, Scene, SessionId, Slot, SourceId, SourceKind, Transition};
use regie_pipelines as pipelines;
use regie_pipelines::{MultiviewCodec, MultiviewStream, PhoneSession, Studio, StudioSettings, ViewerSession};
use regie_signalling::{Candidate, WireCandidate};
use std::sync::{Arc, OnceLock};

/// Starts a régie.
///
/// # Errors
/// Names the file, the address or the part at fault.
pub async fn start(config: Config) -> Result<Server, StartError> {
    let made = Arc::new(OnceLock::new());
    let kept = Arc::clone(&made);
    let mut server = start_with(config, move |config, reports| {
        let studio = Arc::new(open(config, reports)?);
        let media = Arc::new(RealMedia(Arc::clone(&studio)));
        // Nobody else sets it: this runs once.
        let _ = kept.set(studio);
        Ok(media)
    })
    .await?;
    server.studio = made.get().cloned();
    server.first_frame().await;
    Ok(server)
}

fn open(config: &Config, reports: Reports) -> Result<Studio, String> {
    pipelines::init().map_err(|error| error.to_string())?;
    Studio::start(settings(config), reports).map_err(|error| error.to_string())
}

fn settings(config: &Config) -> StudioSettings {
    StudioSettings {
        format: config.format,
        program_kbps: config.program_kbps,
        ..StudioSettings::new(&config.recordings)
    }
}

impl Server {
    /// The media side; `None` where a test brought its own.
    pub fn studio(&self) -> Option<&Arc<Studio>> {
        self.studio.as_ref()
    }
}

/// What the doctor finds about plugins and the encoder.
pub fn examine_media(config: &Config) -> Vec<Finding> {
    let plugins = pipelines::init()
        .map(|()| "all there".to_owned())
        .map_err(|error| error.to_string());
    let sound = plugins.is_ok();
    let mut findings = vec![doctor::of("plugins", plugins)];
    if sound {
        findings.push(doctor::of("encoder", try_encoder(config)));
    }
    findings
}

/// Runs program for a moment and looks that pictures of the multiview come out of an encoder.
fn try_encoder(config: &Config) -> Result<String, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let studio = Studio::start(settings(config), Arc::new(|_| {})).map_err(|error| error.to_string())?;
    let mut stream = studio.multiview(MultiviewCodec::H264);
    let first = runtime
        .block_on(async { tokio::time::timeout(std::time::Duration::from_secs(5), stream.next()).await });
    studio.stop();
    match first {
        Ok(Some(frame)) => Ok(format!("H.264 by x264, first picture {} bytes", frame.data.len())),
        Ok(None) | Err(_) => Err("no encoded picture came within 5 s".into()),
    }
}

struct RealMedia(Arc<Studio>);

struct RealPhone(PhoneSession);

struct RealViewer(ViewerSession);

struct RealFrames(MultiviewStream);

impl Media for RealMedia {
    fn open(&self, source: SourceId, slot: Slot, kind: &SourceKind, name: &str) -> Result<(), String> {
        self.0
            .open(source, slot, kind, name)
            .map_err(|error| error.to_string())
    }

    fn open_phone(
        &self,
        source: SourceId,
        slot: Slot,
        name: &str,
        signals: Signals,
    ) -> Result<Arc<dyn Phone>, String> {
        let phone = self
            .0
            .open_phone(source, slot, name, translated(signals))
            .map_err(|error| error.to_string())?;
        Ok(Arc::new(RealPhone(phone)))
    }

    fn close(&self, source: SourceId, slot: Slot, forget: bool) {
        self.0.close(source, slot, forget);
    }

    fn show_preview(&self, scene: &Scene) {
        self.0.show_preview(scene);
    }

    fn take(&self, scene: &Scene, transition: Transition) {
        self.0.take(scene, transition);
    }

    fn arrange(&self, mosaic: &Mosaic) {
        self.0.arrange(mosaic);
    }

    fn request_keyframe(&self, source: SourceId) {
        self.0.request_keyframe(source);
    }

    fn start_recording(&self, name: &str) {
        self.0.start_recording(name);
    }

    fn stop_recording(&self) {
        self.0.stop_recording();
    }

    fn join_viewer(&self, session: SessionId, signals: Signals) -> Result<Box<dyn Viewer>, String> {
        let viewer = self
            .0
            .join_viewer(session, translated(signals))
            .map_err(|error| error.to_string())?;
        Ok(Box::new(RealViewer(viewer)))
    }

    fn multiview(&self, codec: Codec) -> Box<dyn Frames> {
        let codec = match codec {
            Codec::H264 => MultiviewCodec::H264,
            Codec::Jpeg => MultiviewCodec::Jpeg,
        };
        Box::new(RealFrames(self.0.multiview(codec)))
    }

    fn figures(&self) -> Figures {
        let figures = self.0.figures();
        Figures {
            program_frames: figures.program_frames,
            program_age_ms: (figures.program_frames > 0).then_some(figures.program_age_ms),
            decoded: figures
                .sources
                .iter()
                .map(|source| (source.source, source.decoded))
                .collect(),
            viewers: u64::from(figures.viewers),
            recording_bytes: figures.recording_bytes,
        }
    }

    fn stop(&self) {
        self.0.stop();
    }
}

impl Phone for RealPhone {
    fn offer(&self, sdp: &str) -> Result<(), String> {
        self.0.offer(sdp).map_err(|error| error.to_string())
    }

    fn candidate(&self, candidate: &Candidate) {
        self.0.candidate(&for_pipelines(candidate));
    }
}

impl Viewer for RealViewer {
    fn answer(&self, sdp: &str) -> Result<(), String> {
        self.0.answer(sdp).map_err(|error| error.to_string())
    }

    fn candidate(&self, candidate: &Candidate) {
        self.0.candidate(&for_pipelines(candidate));
    }
}

impl Frames for RealFrames {
    fn next(&mut self) -> NextFrame<'_> {
        Box::pin(async {
            let frame = self.0.next().await?;
            Some(Frame {
                data: frame.data.clone(),
                key: frame.key,
                at_us: frame.at_us,
            })
        })
    }
}

fn translated(signals: Signals) -> pipelines::Signals {
    Arc::new(move |signal| {
        signals(match signal {
            pipelines::Signal::Offer(sdp) => Signal::Offer(sdp),
            pipelines::Signal::Answer(sdp) => Signal::Answer(sdp),
            pipelines::Signal::Candidate(candidate) => Signal::Candidate(WireCandidate {
                candidate: candidate.candidate,
                sdp_mid: candidate.mid,
                sdp_m_line_index: Some(candidate.line),
            }),
            pipelines::Signal::Connected => Signal::Connected,
            pipelines::Signal::Failed(detail) => Signal::Failed(detail),
        });
    })
}

fn for_pipelines(candidate: &Candidate) -> pipelines::Candidate {
    pipelines::Candidate {
        candidate: candidate.line().to_owned(),
        mid: candidate.mid().map(str::to_owned),
        line: candidate.m_line(),
    }
}
