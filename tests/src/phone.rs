//! A phone with no browser: speaks `/stream` and sends an encoded clip over real DTLS-SRTP.

use crate::{
    Clip, Stream, connect,
    peer::{Peer, forged},
};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use str0m::{
    Event,
    change::{SdpAnswer, SdpPendingOffer},
    format::Codec as Format,
    media::{Direction, MediaKind, MediaTime, Mid},
};
use tokio::{sync::watch, task::JoinHandle};

/// How a phone behaves.
#[derive(Clone, Debug, Default)]
pub struct PhoneSettings {
    /// What it calls itself; a legacy phone says nothing.
    pub name: Option<String>,
    /// What it calls its device.
    pub device: Option<String>,
    /// The secret it was given last time.
    pub resume: Option<String>,
    /// Sends a description whose fingerprint is not its certificate's.
    pub forged: bool,
}

/// What is known of a phone.
#[derive(Clone, Debug, Default)]
pub struct PhoneState {
    /// The source it became.
    pub source: Option<u32>,
    /// The secret it was given.
    pub resume: Option<String>,
    /// DTLS is done.
    pub connected: bool,
    /// Pictures sent.
    pub sent: u64,
    /// What it was last told it is.
    pub tally: Option<String>,
    /// Why it is over: the server's `bye`, the close code, or what failed.
    pub ended: Option<String>,
}

/// A running phone; dropped, it is gone as a phone is whose battery died.
pub struct Phone {
    state: watch::Receiver<PhoneState>,
    task: JoinHandle<()>,
}

impl Phone {
    /// Joins at `url` (`ws://…/stream?token=…`) and sends `clip` over and over.
    pub fn join(url: String, clip: Arc<Clip>, settings: PhoneSettings) -> Self {
        let (news, state) = watch::channel(PhoneState::default());
        let task = tokio::spawn(async move {
            let ended = match run(&url, &clip, &settings, &news).await {
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

    /// How it is now.
    pub fn state(&self) -> PhoneState {
        self.state.borrow().clone()
    }

    /// Waits until `holds`.
    ///
    /// # Errors
    /// Not within 15 s; the error carries the state.
    pub async fn until(&mut self, what: &str, holds: impl Fn(&PhoneState) -> bool) -> Result<PhoneState> {
        let wait = self.state.wait_for(|state| holds(state));
        let found = tokio::time::timeout(Duration::from_secs(15), wait).await;
        if let Ok(Ok(state)) = found.map(|found| found.map(|state| state.clone())) {
            return Ok(state);
        }
        bail!("{what}: not within 15 s; the phone is {:?}", self.state())
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What is being sent, from the moment the connection stands.
struct Sending {
    since: Instant,
    pictures: u64,
    sounds: u64,
}

impl Sending {
    fn picture_due(&self) -> Instant {
        self.since + Duration::from_micros(self.pictures * 1_000_000 / u64::from(crate::clip::FPS))
    }

    fn sound_due(&self) -> Instant {
        self.since + Duration::from_millis(self.sounds * 20)
    }
}

async fn run(
    url: &str,
    clip: &Clip,
    settings: &PhoneSettings,
    news: &watch::Sender<PhoneState>,
) -> Result<String> {
    let mut stream: Stream = match connect(url).await? {
        Ok(stream) => stream,
        Err(status) => bail!("refused with {status}"),
    };
    let mut hello = json!({ "type": "streamer" });
    for (key, value) in [
        ("name", &settings.name),
        ("deviceId", &settings.device),
        ("resume", &settings.resume),
    ] {
        if let Some(value) = value {
            hello[key] = json!(value);
            hello["protocol"] = json!(1);
        }
    }
    stream.send(&hello).await?;

    let mut peer: Option<(Peer, Mid, Mid)> = None;
    let mut pending: Option<SdpPendingOffer> = None;
    let mut sending: Option<Sending> = None;
    loop {
        let until = match &sending {
            Some(sending) => sending.picture_due().min(sending.sound_due()),
            None => Instant::now() + Duration::from_millis(100),
        };
        let step = async {
            match &mut peer {
                Some((peer, ..)) => peer.step(until).await,
                None => {
                    tokio::time::sleep_until(until.into()).await;
                    Ok(None)
                }
            }
        };
        tokio::select! {
            message = stream.next() => match message? {
                Err(code) => return Ok(format!("closed with {code}")),
                Ok(message) => match message["type"].as_str() {
                    Some("welcome") => news.send_modify(|state| {
                        state.source = message["id"].as_u64().map(|id| id as u32);
                        state.resume = message["resume"].as_str().map(str::to_owned);
                    }),
                    Some("newViewer") => {
                        let (made, waiting, offer) = offer(clip, settings.forged).await?;
                        let viewer = &message["viewerId"];
                        stream.send(&json!({ "type": "offer", "offer": { "type": "offer", "sdp": offer }, "viewerId": viewer })).await?;
                        (peer, pending, sending) = (Some(made), Some(waiting), None);
                    }
                    Some("answer") => accept(&mut peer, &mut pending, &message["answer"])?,
                    Some("candidate") => {
                        let line = message["candidate"]["candidate"].as_str().unwrap_or_default();
                        if let Some((peer, ..)) = &mut peer {
                            peer.add_candidate(line)?;
                        }
                    }
                    Some("tally") => news.send_modify(|state| {
                        state.tally = message["state"].as_str().map(str::to_owned);
                    }),
                    Some("bye" | "error") => return Ok(message.to_string()),
                    _ => {}
                },
            },
            event = step => match event? {
                Some(Event::Connected) => {
                    sending = Some(Sending { since: Instant::now(), pictures: 0, sounds: 0 });
                    news.send_modify(|state| state.connected = true);
                }
                Some(_) => {}
                None => if let (Some(sending), Some((peer, picture, sound))) = (&mut sending, &mut peer) {
                    send_due(sending, peer, *picture, *sound, clip)?;
                    news.send_modify(|state| state.sent = sending.pictures);
                },
            },
        }
    }
}

/// A connection that sends, and its offer.
async fn offer(clip: &Clip, forge: bool) -> Result<((Peer, Mid, Mid), SdpPendingOffer, String)> {
    let mut peer = Peer::new(&[clip.codec]).await?;
    let mut change = peer.rtc.sdp_api();
    let picture = change.add_media(MediaKind::Video, Direction::SendOnly, None, None, None);
    let sound = change.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None);
    let (offer, pending) = change.apply().context("there is something to offer")?;
    let sdp = offer.to_sdp_string();
    let sdp = if forge { forged(&sdp) } else { sdp };
    Ok(((peer, picture, sound), pending, sdp))
}

fn accept(
    peer: &mut Option<(Peer, Mid, Mid)>,
    pending: &mut Option<SdpPendingOffer>,
    answer: &Value,
) -> Result<()> {
    let sdp = answer["sdp"].as_str().context("an answer with no description")?;
    let (Some((peer, ..)), Some(pending)) = (peer, pending.take()) else {
        bail!("an answer to nothing")
    };
    let answer = SdpAnswer::from_sdp_string(sdp).with_context(|| sdp.to_owned())?;
    Ok(peer.rtc.sdp_api().accept_answer(pending, answer)?)
}

/// Writes every picture and sound whose time has come.
fn send_due(sending: &mut Sending, peer: &mut Peer, picture: Mid, sound: Mid, clip: &Clip) -> Result<()> {
    let now = Instant::now();
    if sending.picture_due() <= now {
        let unit = &clip.pictures[sending.pictures as usize % clip.pictures.len()];
        let time = MediaTime::from_90khz(sending.pictures * 90_000 / u64::from(crate::clip::FPS));
        write(peer, picture, sending.picture_due(), time, unit)?;
        sending.pictures += 1;
    } else if sending.sound_due() <= now {
        let unit = &clip.sound[sending.sounds as usize % clip.sound.len()];
        write(
            peer,
            sound,
            sending.sound_due(),
            MediaTime::from_millis(sending.sounds * 20),
            unit,
        )?;
        sending.sounds += 1;
    }
    Ok(())
}

fn write(peer: &mut Peer, mid: Mid, wall: Instant, time: MediaTime, unit: &Arc<[u8]>) -> Result<()> {
    let Some(writer) = peer.rtc.writer(mid) else {
        return Ok(());
    };
    let wanted = writer
        .payload_params()
        .find(|params| params.spec().codec != Format::Rtx);
    let pt = wanted.context("the answer took none of the codecs")?.pt();
    Ok(writer.write(pt, wall, time, unit.clone())?)
}
