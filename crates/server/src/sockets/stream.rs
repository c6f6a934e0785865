//! `/stream`: cameras in, viewers out. The room decides; this carries it out.

use super::wire::{self, Heard, Lost, PING, SILENCE, Wire};
use super::{Kind, Membership, Word, ended, no_handshake, too_many};
use crate::answer::Response;
use crate::app::{App, wall_ms};
use crate::call::Call;
use crate::chance;
use crate::door::Pass;
use crate::limits::{Bucket, Seat};
use crate::media::{Phone, Signal, Signals, Viewer};
use regie_model::{DeviceId, Report, Role};
use regie_signalling::{Act, MESSAGE_MAX, May, News, Room, Streamer, Telemetry, Wrong, WrongCode};
use std::net::IpAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Instant;
use tokio::time::{MissedTickBehavior, interval};
use tracing::Instrument;
use warp::Reply;

/// How many messages a client may send at once, and in the long run each second.
const BURST: u32 = 200;
const PER_SECOND: f64 = 50.0;

/// `GET /stream`
pub async fn answer(app: Arc<App>, call: Call) -> Response {
    let Some(ws) = call.ws else {
        return no_handshake();
    };
    let from = call.peer.address.ip();
    let Some(membership) = join(&app, from, &call.passes) else {
        return too_many();
    };
    let passes = call.passes;
    let span = tracing::info_span!("session", id = membership.session.0, %from);
    wire::bounded(ws)
        .on_upgrade(move |socket| converse(app, socket, membership, passes, from).instrument(span))
        .into_response()
}

/// A seat for a connection with these tokens.
pub(super) fn join(app: &App, from: IpAddr, passes: &[Pass]) -> Option<Membership> {
    let tokens = passes.iter().map(|pass| pass.token).collect();
    app.sockets.join(Kind::Silent, from, tokens)
}

/// Carries one connection from its first word to its last.
pub(super) async fn converse<W: Wire>(
    app: Arc<App>,
    mut wire: W,
    mut membership: Membership,
    passes: Vec<Pass>,
    from: IpAddr,
) {
    let mut session = Session::new(app, &mut membership, passes, from);
    let ending = session.run(&mut wire).await;
    // Its media is given back before the peer is waited for; its place among the sockets after.
    drop(session);
    if let Ok((code, reason)) = ending {
        wire.leave(code, reason).await;
    }
}

/// One connection. It ends with its task; everything it holds is given back then.
struct Session<'a> {
    app: Arc<App>,
    membership: &'a mut Membership,
    passes: Vec<Pass>,
    from: IpAddr,
    room: Room,
    role: Part,
    /// When the token that it uses ends, milliseconds since 1970.
    expires_ms: Option<u64>,
}

/// What a connection has become.
enum Part {
    /// It has not said.
    Silent,
    /// A phone that the show was told of; its media connection belongs to the runner of effects.
    Camera { phone: Option<Weak<dyn Phone>> },
    /// A viewer with a media connection of its own.
    Viewer {
        media: Box<dyn Viewer>,
        _seat: ViewerSeat,
    },
}

/// A viewer's seat; the show is told of each that is taken or given back.
struct ViewerSeat {
    app: Arc<App>,
    seat: Option<Seat>,
}

impl ViewerSeat {
    fn take(app: &Arc<App>, from: IpAddr) -> Option<Self> {
        let seat = app.viewers.take(from)?;
        report_viewers(app);
        Some(Self {
            app: Arc::clone(app),
            seat: Some(seat),
        })
    }
}

impl Drop for ViewerSeat {
    fn drop(&mut self) {
        self.seat = None;
        report_viewers(&self.app);
    }
}

fn report_viewers(app: &App) {
    let count = u32::try_from(app.viewers.taken()).unwrap_or(u32::MAX);
    app.engine.report(Report::ViewersCounted { count });
}

/// How a connection ends: with a close code and a reason, or without a word because the peer is gone.
type Ending = Result<(u16, &'static str), Lost>;

impl<'a> Session<'a> {
    fn new(app: Arc<App>, membership: &'a mut Membership, passes: Vec<Pass>, from: IpAddr) -> Self {
        let may = |role: Role| {
            passes
                .iter()
                .any(|pass| pass.role == role || pass.role == Role::Operator)
        };
        let room = Room::new(May {
            camera: may(Role::Camera),
            viewer: may(Role::Viewer),
        });
        Self {
            app,
            membership,
            passes,
            from,
            room,
            role: Part::Silent,
            expires_ms: None,
        }
    }

    async fn run(&mut self, wire: &mut impl Wire) -> Ending {
        let mut bucket = Bucket::new(BURST, PER_SECOND, Instant::now());
        let mut heard_at = Instant::now();
        let mut ping = interval(PING);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let acts = tokio::select! {
                biased;
                reason = ended(&mut self.membership.end) => self.room.observe(News::Ended { reason }),
                _ = ping.tick() => {
                    if heard_at.elapsed() >= SILENCE {
                        tracing::info!("no sign of life: the connection is given up");
                        return Err(Lost);
                    }
                    if self.expires_ms.is_some_and(|end| end <= wall_ms()) {
                        self.room.observe(News::Ended { reason: "revoked" })
                    } else {
                        wire.ping().await?;
                        continue;
                    }
                }
                Some(word) = self.membership.inbox.recv() => self.take_word(word),
                heard = wire.hear() => {
                    heard_at = Instant::now();
                    match heard {
                        Heard::Gone => return Err(Lost),
                        Heard::Alive => continue,
                        Heard::TooLong => {
                            let acts = self.room.refuse(too_large());
                            self.carry_out(acts, wire).await?;
                            return Ok((wire::TOO_BIG, "too large"));
                        }
                        _ if !bucket.take(heard_at) => self.room.refuse(Wrong::new(
                            WrongCode::SlowDown,
                            "too many messages; at most 50 a second are taken",
                        )),
                        Heard::Binary => self.room.refuse(Wrong::new(
                            WrongCode::BadJson,
                            "messages are text",
                        )),
                        Heard::Text(text) => self.room.hear(&text),
                    }
                }
            };
            if let Some(ending) = self.carry_out(acts, wire).await? {
                return Ok(ending);
            }
        }
    }

    fn take_word(&mut self, word: Word) -> Vec<Act> {
        match word {
            Word::Welcome { source, resume } => self.room.observe(News::Welcomed {
                id: u64::from(source.0),
                resume,
            }),
            Word::Opened(phone) => {
                self.role = Part::Camera { phone: Some(phone) };
                self.room.observe(News::Opened)
            }
            Word::Tally(tally) => self.room.observe(News::Tally(tally)),
            Word::Signal(Signal::Offer(sdp)) => self.room.observe(News::Offer(sdp)),
            Word::Signal(Signal::Answer(sdp)) => self.room.observe(News::Answer(sdp)),
            Word::Signal(Signal::Candidate(candidate)) => self.room.observe(News::Candidate(candidate)),
            Word::Signal(Signal::Connected) => {
                tracing::info!("media flows");
                Vec::new()
            }
            Word::Signal(Signal::Failed(detail)) => {
                tracing::warn!(%detail, "the media connection failed");
                self.room.observe(News::Failed(detail))
            }
        }
    }

    /// Carries out what the room decided; what follows from that, too, until there is nothing left.
    async fn carry_out(
        &mut self,
        mut acts: Vec<Act>,
        wire: &mut impl Wire,
    ) -> Result<Option<(u16, &'static str)>, Lost> {
        while !acts.is_empty() {
            let mut more = Vec::new();
            for act in acts {
                match act {
                    Act::Send(message) => match serde_json::to_string(&message) {
                        Ok(text) => wire.say(text).await?,
                        Err(error) => tracing::error!(%error, "a message could not be written"),
                    },
                    Act::Close { code, reason } => return Ok(Some((code, reason))),
                    Act::Arrive(streamer) => more.extend(self.arrive(streamer)),
                    Act::Join { .. } => more.extend(self.join()),
                    Act::TakeOffer(sdp) => {
                        let taken = match self.phone() {
                            Some(phone) => phone.offer(sdp.as_str()),
                            None => Err("the media connection is gone".into()),
                        };
                        more.extend(self.failed(taken));
                    }
                    Act::TakeAnswer(sdp) => {
                        if let Part::Viewer { media, .. } = &self.role {
                            let taken = media.answer(sdp.as_str());
                            more.extend(self.failed(taken));
                        }
                    }
                    Act::TakeCandidate(candidate) => match &self.role {
                        Part::Viewer { media, .. } => media.candidate(&candidate),
                        Part::Camera { .. } => {
                            if let Some(phone) = self.phone() {
                                phone.candidate(&candidate);
                            }
                        }
                        Part::Silent => {}
                    },
                    Act::Note(telemetry) => note(&telemetry),
                }
            }
            acts = more;
        }
        Ok(None)
    }

    /// A description that media cannot use ends the connection: half a negotiation is none.
    fn failed(&mut self, taken: Result<(), String>) -> Vec<Act> {
        match taken {
            Ok(()) => Vec::new(),
            Err(detail) => {
                tracing::warn!(%detail, "the description cannot be used");
                self.room.observe(News::Failed(detail))
            }
        }
    }

    fn phone(&self) -> Option<Arc<dyn Phone>> {
        match &self.role {
            Part::Camera { phone } => phone.as_ref()?.upgrade(),
            _ => None,
        }
    }

    /// Tells the show that a phone is here. A phone with a replaced join code comes back only with what it was
    /// given when it was in.
    fn arrive(&mut self, streamer: Streamer) -> Vec<Act> {
        let was_in = streamer
            .resume
            .as_ref()
            .is_some_and(|resume| self.app.door.knows_resume(resume));
        let fits = |pass: &&Pass| match pass.role {
            Role::Operator => true,
            Role::Camera => !pass.retired || was_in,
            Role::Viewer => false,
        };
        let Some(pass) = self.passes.iter().find(fits) else {
            return self.room.observe(News::Refused {
                code: "unauthorized",
                message: "this join code was replaced; scan the new one".into(),
            });
        };
        self.expires_ms = pass.expires_ms;
        self.membership.becomes(Kind::Camera, pass.token);
        self.role = Part::Camera { phone: None };
        let session = self.membership.session;
        // An old client has no id of its own: it gets one from its address, so that its page, loaded again,
        // is the same source again.
        let device = streamer
            .device
            .or_else(|| DeviceId::parse(&format!("at-{}", self.from.to_canonical())));
        let Some(device) = device else {
            return self.room.observe(gone());
        };
        tracing::info!(session = session.0, "a phone has arrived");
        self.app.engine.report(Report::PhoneArrived {
            session,
            device,
            name: streamer.name,
            resume: streamer.resume,
            fresh: chance::secret(),
        });
        Vec::new()
    }

    fn join(&mut self) -> Vec<Act> {
        let own = self.passes.iter().find(|pass| pass.role == Role::Viewer);
        if let Some(pass) = own.or_else(|| self.passes.first()) {
            self.expires_ms = pass.expires_ms;
            self.membership.becomes(Kind::Viewer, pass.token);
        }
        let Some(seat) = ViewerSeat::take(&self.app, self.from) else {
            return self.room.observe(News::Refused {
                code: "full",
                message: "as many people watch as this laptop can serve".into(),
            });
        };
        let session = self.membership.session;
        let Some(signals) = signals(&self.app, session) else {
            return self.room.observe(gone());
        };
        match self.app.media.join_viewer(session, signals) {
            Ok(media) => {
                self.role = Part::Viewer { media, _seat: seat };
                Vec::new()
            }
            Err(detail) => {
                tracing::error!(%detail, "a viewer's connection cannot be made");
                self.room.observe(News::Failed(detail))
            }
        }
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        if matches!(self.role, Part::Camera { .. }) {
            let session = self.membership.session;
            self.app.engine.report(Report::SessionEnded { session });
        }
    }
}

/// Where the media connection of a session says what it has to say: its inbox. Called from GStreamer's
/// threads.
pub fn signals(app: &Arc<App>, session: regie_model::SessionId) -> Option<Signals> {
    let inbox = app.sockets.inbox(session)?;
    let app = Arc::downgrade(app);
    Some(Arc::new(move |signal| {
        let lost = inbox.try_send(Word::Signal(signal)).is_err();
        if lost
            && !inbox.is_closed()
            && let Some(app) = app.upgrade()
        {
            app.counts.signals_lost.fetch_add(1, Ordering::Relaxed);
            // Half a negotiation is none: the client starts again.
            app.sockets.end(session, "failed");
        }
    }))
}

fn note(telemetry: &Telemetry) {
    tracing::debug!(
        battery = telemetry.battery,
        rtt = telemetry.rtt,
        fps = telemetry.fps,
        bitrate = telemetry.bitrate,
        "the phone tells how it is"
    );
}

fn gone() -> News {
    News::Failed("the media connection is gone".into())
}

fn too_large() -> Wrong {
    Wrong::new(
        WrongCode::TooLarge,
        format!("a message is at most {MESSAGE_MAX} bytes long"),
    )
}
