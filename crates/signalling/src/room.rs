//! The room: who may say what to whom on one connection of `/stream`. The régie is the viewer of every camera
//! and the streamer of every viewer; no client ever talks to another.

use crate::messages::{
    ClientMessage, Description, ServerMessage, Streamer, Target, Telemetry, ViewerId, WireCandidate, Wrong,
    WrongCode, parse,
};
use crate::{Candidate, Sdp, SdpKind};
use regie_model::{Secret, Tally};

/// After this many wrong messages in a row the connection is closed.
pub const ERRORS_MAX: u8 = 10;
/// How many candidates one connection may bring.
const CANDIDATES_MAX: u16 = 256;
/// How many candidates wait for the description they belong to.
const EARLY_MAX: usize = 64;

/// What the tokens of a connection let it be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct May {
    /// It may send pictures.
    pub camera: bool,
    /// It may watch.
    pub viewer: bool,
}

/// What happened on the régie's side of a connection.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// The show took the phone in.
    Welcomed {
        /// The source it became.
        id: u64,
        /// What it may come back with.
        resume: Secret,
    },
    /// The phone's pipeline waits for its offer.
    Opened,
    /// The phone's tally changed.
    Tally(Tally),
    /// The pipeline's offer to a viewer.
    Offer(String),
    /// The pipeline's answer to a camera.
    Answer(String),
    /// A way to reach the pipeline.
    Candidate(WireCandidate),
    /// The pipeline gave up.
    Failed(String),
    /// The viewer cannot be taken in.
    Refused {
        /// `full`, `failed`.
        code: &'static str,
        /// For people.
        message: String,
    },
    /// The connection is to end.
    Ended {
        /// Why: `removed`, `replaced`, `full`, `revoked`, `show_ended`.
        reason: &'static str,
    },
}

/// What is to be done. The order counts.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Say this to the client.
    Send(ServerMessage),
    /// Tell the show that a phone is here.
    Arrive(Streamer),
    /// Have a viewer's pipeline made.
    Join {
        /// As it calls itself.
        viewer: ViewerId,
    },
    /// Give the phone's pipeline its offer.
    TakeOffer(Sdp),
    /// Give the viewer's pipeline its answer.
    TakeAnswer(Sdp),
    /// Give the pipeline a way to reach the client.
    TakeCandidate(Candidate),
    /// Note how the phone is.
    Note(Box<Telemetry>),
    /// Close the socket after what was sent.
    Close {
        /// RFC 6455, section 7.4.
        code: u16,
        /// For people.
        reason: &'static str,
    },
}

/// The life of a connection.
#[derive(Clone, Debug, PartialEq)]
enum State {
    /// It has not said what it is.
    Silent,
    /// It said `streamer`; it is asked for its offer once the show took it in and its pipeline stands.
    Arriving { welcomed: bool, opened: bool },
    /// It was told `newViewer`; its offer is awaited.
    Invited,
    /// Its offer was taken; candidates pass both ways.
    Sending,
    /// It said `viewer`; the pipeline's offer is awaited.
    Joining { viewer: ViewerId },
    /// It has the offer; its answer is awaited.
    Offered { viewer: ViewerId },
    /// Its answer was taken; candidates pass both ways.
    Watching { viewer: ViewerId },
    /// It was told to go, or said that it goes. Nothing is heard or said any more.
    Gone,
}

/// One connection's part of the conversation.
#[derive(Debug)]
pub struct Room {
    may: May,
    state: State,
    /// Wrong messages since the last right one.
    errors: u8,
    /// Candidates that came before the description they belong to.
    early: Vec<Candidate>,
    /// Candidates taken so far.
    candidates: u16,
}

impl Room {
    /// A connection that has said nothing yet.
    pub fn new(may: May) -> Self {
        Self {
            may,
            state: State::Silent,
            errors: 0,
            early: Vec::new(),
            candidates: 0,
        }
    }

    /// A text message from the client.
    pub fn hear(&mut self, raw: &str) -> Vec<Act> {
        match parse(raw) {
            Ok(message) => self.handle(message),
            Err(wrong) => self.refuse(wrong),
        }
    }

    /// A message from the client, parsed.
    pub fn handle(&mut self, message: ClientMessage) -> Vec<Act> {
        if self.state == State::Gone {
            return Vec::new();
        }
        match self.decide(message) {
            Ok(acts) => {
                self.errors = 0;
                acts
            }
            Err(wrong) => self.refuse(wrong),
        }
    }

    /// A message that is not taken, whoever found it wrong. The tenth in a row ends the connection.
    pub fn refuse(&mut self, wrong: Wrong) -> Vec<Act> {
        if self.state == State::Gone {
            return Vec::new();
        }
        self.errors += 1;
        let mut acts = vec![Act::Send(ServerMessage::Error {
            code: wrong.code.as_str(),
            message: wrong.message,
        })];
        if self.errors >= ERRORS_MAX {
            self.state = State::Gone;
            acts.push(Act::Close {
                code: 1008,
                reason: "too many wrong messages",
            });
        }
        acts
    }

    fn decide(&mut self, message: ClientMessage) -> Result<Vec<Act>, Wrong> {
        let not_now = |what: &str| Err(Wrong::new(WrongCode::NotNow, what));
        match (message, &self.state) {
            (ClientMessage::Streamer(streamer), State::Silent) => {
                if !self.may.camera {
                    return not_now("this token does not let you send pictures");
                }
                self.state = State::Arriving {
                    welcomed: false,
                    opened: false,
                };
                Ok(vec![Act::Arrive(streamer)])
            }
            (ClientMessage::Viewer(viewer), State::Silent) => {
                if !self.may.viewer {
                    return not_now("this token does not let you watch");
                }
                self.state = State::Joining {
                    viewer: viewer.clone(),
                };
                Ok(vec![Act::Join { viewer }])
            }
            (ClientMessage::Streamer(_) | ClientMessage::Viewer(_), _) => {
                not_now("you said already what you are")
            }
            (ClientMessage::Offer(sdp), State::Invited) => {
                let sdp = Sdp::parse(SdpKind::Offer, &sdp)?;
                self.state = State::Sending;
                Ok(self.with_early(Act::TakeOffer(sdp)))
            }
            (ClientMessage::Offer(_), State::Sending) => {
                not_now("one offer a connection: connect again to send another")
            }
            (ClientMessage::Offer(_), _) => not_now("wait for `newViewer` before you offer"),
            (ClientMessage::Answer(sdp), State::Offered { viewer }) => {
                let sdp = Sdp::parse(SdpKind::Answer, &sdp)?;
                self.state = State::Watching {
                    viewer: viewer.clone(),
                };
                Ok(self.with_early(Act::TakeAnswer(sdp)))
            }
            (ClientMessage::Answer(_), _) => not_now("there is no offer to answer"),
            (ClientMessage::Candidate(candidate), _) => self.take_candidate(candidate),
            (ClientMessage::Telemetry(telemetry), State::Sending) => Ok(vec![Act::Note(telemetry)]),
            (ClientMessage::Telemetry(_), _) => not_now("telemetry is for a camera that sends"),
            (ClientMessage::Bye, _) => {
                self.state = State::Gone;
                Ok(vec![Act::Close {
                    code: 1000,
                    reason: "bye",
                }])
            }
        }
    }

    fn take_candidate(&mut self, candidate: Option<Candidate>) -> Result<Vec<Act>, Wrong> {
        let early = match &self.state {
            State::Sending | State::Watching { .. } => false,
            State::Invited | State::Offered { .. } => true,
            _ => {
                return Err(Wrong::new(
                    WrongCode::NotNow,
                    "there is no exchange that a candidate could belong to",
                ));
            }
        };
        // The end of the list asks for nothing; a name is never looked up.
        let Some(candidate) = candidate.filter(Candidate::is_usable) else {
            return Ok(Vec::new());
        };
        if self.candidates >= CANDIDATES_MAX || (early && self.early.len() >= EARLY_MAX) {
            return Err(Wrong::new(WrongCode::NotNow, "too many candidates"));
        }
        self.candidates += 1;
        if early {
            self.early.push(candidate);
            return Ok(Vec::new());
        }
        Ok(vec![Act::TakeCandidate(candidate)])
    }

    fn with_early(&mut self, first: Act) -> Vec<Act> {
        let early = std::mem::take(&mut self.early);
        std::iter::once(first)
            .chain(early.into_iter().map(Act::TakeCandidate))
            .collect()
    }

    /// Something happened on the régie's side. News that come too late for the state are dropped: their
    /// sender could not know.
    pub fn observe(&mut self, news: News) -> Vec<Act> {
        match (news, &mut self.state) {
            (_, State::Gone) => Vec::new(),
            (News::Welcomed { id, resume }, State::Arriving { welcomed, .. }) => {
                *welcomed = true;
                let mut acts = vec![Act::Send(ServerMessage::Welcome {
                    id,
                    ice_servers: [],
                    resume: Some(resume),
                })];
                acts.extend(self.invite());
                acts
            }
            (News::Opened, State::Arriving { opened, .. }) => {
                *opened = true;
                self.invite()
            }
            (News::Tally(state), State::Arriving { .. } | State::Invited | State::Sending) => {
                vec![Act::Send(ServerMessage::Tally { state })]
            }
            (News::Answer(sdp), State::Sending) => vec![Act::Send(ServerMessage::Answer {
                answer: Description { kind: "answer", sdp },
                viewer_id: ViewerId::regie(),
            })],
            (News::Offer(sdp), State::Joining { viewer }) => {
                let viewer = viewer.clone();
                self.state = State::Offered {
                    viewer: viewer.clone(),
                };
                vec![Act::Send(ServerMessage::Offer {
                    offer: Description { kind: "offer", sdp },
                    viewer_id: viewer,
                })]
            }
            (News::Candidate(candidate), state) => pass_on(candidate, state),
            (News::Failed(detail), _) => self.fail("media_failed", detail),
            (News::Refused { code, message }, _) => self.fail(code, message),
            (News::Ended { reason: "full" }, _) => self.fail("full", "all places are taken".into()),
            (News::Ended { reason }, _) => {
                self.state = State::Gone;
                vec![
                    Act::Send(ServerMessage::Bye {
                        reason: reason.into(),
                    }),
                    Act::Close { code: 1000, reason },
                ]
            }
            _ => Vec::new(),
        }
    }

    fn invite(&mut self) -> Vec<Act> {
        let ready = State::Arriving {
            welcomed: true,
            opened: true,
        };
        if self.state != ready {
            return Vec::new();
        }
        self.state = State::Invited;
        vec![Act::Send(ServerMessage::NewViewer {
            viewer_id: ViewerId::regie(),
        })]
    }

    fn fail(&mut self, code: &'static str, message: String) -> Vec<Act> {
        self.state = State::Gone;
        let reason = if code == "full" { "full" } else { "failed" };
        vec![
            Act::Send(ServerMessage::Error { code, message }),
            Act::Send(ServerMessage::Bye {
                reason: reason.into(),
            }),
            Act::Close { code: 1011, reason },
        ]
    }

    /// Whether the connection has ended as far as the conversation goes.
    pub fn is_gone(&self) -> bool {
        self.state == State::Gone
    }
}

fn pass_on(candidate: WireCandidate, state: &State) -> Vec<Act> {
    let (target, viewer_id) = match state {
        State::Sending => (Target::Streamer, ViewerId::regie()),
        State::Offered { viewer } | State::Watching { viewer } => (Target::Viewer, viewer.clone()),
        _ => return Vec::new(),
    };
    vec![Act::Send(ServerMessage::Candidate {
        candidate,
        target,
        viewer_id,
    })]
}
