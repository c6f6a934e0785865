//! A viewer with no browser: speaks `/stream`, receives the program over real DTLS-SRTP, counts what comes.

use crate::{
    Codec, Stream, connect,
    peer::{Peer, forged},
};
use anyhow::{Context, Result, bail};
use serde_json::json;
use std::time::{Duration, Instant};
use str0m::{Event, change::SdpOffer, media::Mid};
use tokio::{sync::watch, task::JoinHandle};

/// How a viewer behaves.
#[derive(Clone, Debug, Default)]
pub struct ViewerSettings {
    /// Sends a description whose fingerprint is not its certificate's.
    pub forged: bool,
}

/// What a viewer received.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// DTLS is done.
    pub connected: bool,
    /// Whole pictures.
    pub pictures: u64,
    /// Sound packets.
    pub sounds: u64,
    /// Bytes of pictures.
    pub bytes: u64,
    /// When the last picture came.
    pub last: Option<Instant>,
    /// Why it is over: the server's `bye`, the close code, or what failed.
    pub ended: Option<String>,
}

/// A running viewer; dropped, it is gone without a word.
pub struct Viewer {
    state: watch::Receiver<Heard>,
    task: JoinHandle<()>,
}

impl Viewer {
    /// Watches at `url` (`ws://…/stream?token=…`).
    pub fn join(url: String, settings: ViewerSettings) -> Self {
        let (news, state) = watch::channel(Heard::default());
        let task = tokio::spawn(async move {
            let ended = match run(&url, &settings, &news).await {
                Ok(reason) => reason,
                Err(error) => format!("{error:#}"),
            };
            news.send_modify(|state| {
                state.connected = false;
                state.ended = Some(ended);
            });
        });
        Self { state, task }
    }

    /// What it has received until now.
    pub fn heard(&self) -> Heard {
        self.state.borrow().clone()
    }

    /// Waits until `holds`.
    ///
    /// # Errors
    /// Not within 15 s; the error carries what was received.
    pub async fn until(&mut self, what: &str, holds: impl Fn(&Heard) -> bool) -> Result<Heard> {
        let wait = self.state.wait_for(|state| holds(state));
        let found = tokio::time::timeout(Duration::from_secs(15), wait).await;
        if let Ok(Ok(heard)) = found.map(|found| found.map(|heard| heard.clone())) {
            return Ok(heard);
        }
        bail!("{what}: not within 15 s; the viewer has {:?}", self.heard())
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(url: &str, settings: &ViewerSettings, news: &watch::Sender<Heard>) -> Result<String> {
    let mut stream: Stream = match connect(url).await? {
        Ok(stream) => stream,
        Err(status) => bail!("refused with {status}"),
    };
    stream
        .send(&json!({ "type": "viewer", "viewerId": "test-viewer" }))
        .await?;
    let mut peer: Option<Peer> = None;
    let mut video: Option<Mid> = None;
    loop {
        let step = async {
            match &mut peer {
                Some(peer) => peer.step(Instant::now() + Duration::from_secs(1)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            message = stream.next() => match message? {
                Err(code) => return Ok(format!("closed with {code}")),
                Ok(message) => match message["type"].as_str() {
                    Some("offer") => {
                        let sdp = message["offer"]["sdp"].as_str().context("an offer with no description")?;
                        let offer = SdpOffer::from_sdp_string(sdp).with_context(|| sdp.to_owned())?;
                        let mut made = Peer::new(&[Codec::H264, Codec::Vp8]).await?;
                        let answer = made.rtc.sdp_api().accept_offer(offer)?.to_sdp_string();
                        let answer = if settings.forged { forged(&answer) } else { answer };
                        let viewer = &message["viewerId"];
                        stream.send(&json!({ "type": "answer", "answer": { "type": "answer", "sdp": answer }, "viewerId": viewer })).await?;
                        peer = Some(made);
                    }
                    Some("candidate") => {
                        let line = message["candidate"]["candidate"].as_str().unwrap_or_default();
                        if let Some(peer) = &mut peer {
                            peer.add_candidate(line)?;
                        }
                    }
                    Some("bye" | "error") => return Ok(message.to_string()),
                    _ => {}
                },
            },
            event = step => match event? {
                Some(Event::Connected) => news.send_modify(|state| state.connected = true),
                Some(Event::MediaAdded(media)) if media.kind.is_video() => video = Some(media.mid),
                Some(Event::MediaData(unit)) => news.send_modify(|state| {
                    if Some(unit.mid) == video {
                        state.pictures += 1;
                        state.bytes += unit.data.len() as u64;
                        state.last = Some(Instant::now());
                    } else {
                        state.sounds += 1;
                    }
                }),
                _ => {}
            },
        }
    }
}
