//! The messages of `/stream`, in and out. The first seven (`streamer`, `viewer`, `newViewer`, `offer`,
//! `answer`, `candidate` both ways) are an existing protocol; the rest are extensions a client may ignore.

use crate::{Candidate, CandidateError, SdpError};
use regie_model::{DeviceId, Secret, Tally, clean_name};
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

/// The longest message taken, in bytes.
pub const MESSAGE_MAX: usize = 64 * 1024;

/// The viewer that the régie is to every camera.
pub const REGIE: &str = "regie";

/// What a client calls a viewer. A number stays a number on its way back, so that a client that compares
/// strictly finds its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ViewerId {
    /// 1 to 128 bytes without control characters.
    Text(String),
    /// Any JSON number.
    Number(Number),
}

impl ViewerId {
    /// The régie as a camera's viewer.
    pub fn regie() -> Self {
        Self::Text(REGIE.into())
    }

    fn parse(value: Value) -> Result<Self, Wrong> {
        match value {
            Value::Number(number) => Ok(Self::Number(number)),
            Value::String(text) if (1..=128).contains(&text.len()) && !text.chars().any(char::is_control) => {
                Ok(Self::Text(text))
            }
            _ => Err(Wrong::bad_json(
                "`viewerId` must be a number or 1 to 128 bytes of text",
            )),
        }
    }
}

/// What a client says.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientMessage {
    /// I will send pictures.
    Streamer(Streamer),
    /// I want the program.
    Viewer(ViewerId),
    /// A camera's offer: SDP that nobody has looked at yet.
    Offer(String),
    /// A viewer's answer: SDP that nobody has looked at yet.
    Answer(String),
    /// A way to reach the client; `None` marks the end of its candidates.
    Candidate(Option<Candidate>),
    /// How the phone is; boxed because it is far larger than the others.
    Telemetry(Box<Telemetry>),
    /// I leave on purpose.
    Bye,
}

/// What a camera says of itself. A client of the old protocol says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Streamer {
    /// Kept by the phone, so that it comes back as the same source.
    pub device: Option<DeviceId>,
    /// Cleaned, 1 to 60 characters.
    pub name: Option<String>,
    /// The secret given at the last welcome.
    pub resume: Option<Secret>,
}

/// What a camera tells of itself while it sends. All optional; unknown fields are ignored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Telemetry {
    /// Charge, 0 to 1.
    pub battery: Option<f64>,
    /// Whether it is plugged in.
    pub charging: Option<bool>,
    /// Round trip to the régie, milliseconds.
    pub rtt: Option<f64>,
    /// Frames a second as encoded.
    pub fps: Option<f64>,
    /// Pixels across.
    pub width: Option<u32>,
    /// Pixels down.
    pub height: Option<u32>,
    /// Bits a second.
    pub bitrate: Option<f64>,
    /// What holds quality back, as the browser says it.
    pub limitation: Option<String>,
    /// How warm it is, as the browser says it.
    pub thermal: Option<String>,
}

/// What the server says.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ServerMessage {
    /// You are in.
    Welcome {
        /// The source's number (camera) or the connection's (viewer).
        id: u64,
        /// Always empty: nothing outside the LAN is asked.
        ice_servers: [(); 0],
        /// What a camera presents to come back as the same source.
        #[serde(skip_serializing_if = "Option::is_none")]
        resume: Option<Secret>,
    },
    /// Somebody wants your pictures: send an offer.
    NewViewer {
        /// Who.
        viewer_id: ViewerId,
    },
    /// The program, to a viewer.
    Offer {
        /// The description.
        offer: Description,
        /// The viewer, as it called itself.
        viewer_id: ViewerId,
    },
    /// To a camera.
    Answer {
        /// The description.
        answer: Description,
        /// The viewer that the offer was for.
        viewer_id: ViewerId,
    },
    /// A way to reach the régie.
    Candidate {
        /// The candidate.
        candidate: WireCandidate,
        /// The part the receiver of this message plays.
        target: Target,
        /// The viewer of this exchange.
        viewer_id: ViewerId,
    },
    /// What the camera is now.
    Tally {
        /// The news.
        state: Tally,
    },
    /// What the operator asks of the camera.
    Control(Control),
    /// The operator speaks to the camera, or stops.
    Talkback {
        /// Whether he speaks.
        on: bool,
    },
    /// The message before was not taken, or something failed.
    Error {
        /// For programs.
        code: &'static str,
        /// For people.
        message: String,
    },
    /// The last message before the socket closes.
    Bye {
        /// `removed`, `replaced`, `revoked`, `show_ended`, `failed`.
        reason: String,
    },
}

/// What the operator asks of a camera; what is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Control {
    /// Zoom factor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zoom: Option<f64>,
    /// The lamp.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub torch: Option<bool>,
    /// `user` or `environment`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facing: Option<String>,
    /// Pixels down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolution: Option<u32>,
    /// Frames a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fps: Option<u32>,
    /// Bits a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bitrate: Option<u32>,
    /// The microphone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mic: Option<bool>,
    /// Exposure compensation, in steps of the camera.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exposure: Option<f64>,
    /// Focus distance, as the browser counts it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub focus: Option<f64>,
}

/// An SDP with its kind, as `RTCSessionDescription` takes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Description {
    /// `offer` or `answer`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The text.
    pub sdp: String,
}

/// A candidate as `RTCIceCandidate` takes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WireCandidate {
    /// The line, `candidate:…`.
    #[serde(default)]
    pub candidate: String,
    /// The media section by name.
    #[serde(default)]
    pub sdp_mid: Option<String>,
    /// The media section by number.
    #[serde(default)]
    pub sdp_m_line_index: Option<u32>,
}

/// Which side of an exchange a candidate goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Target {
    /// The one who receives pictures.
    Viewer,
    /// The one who sends them.
    Streamer,
}

/// Why a message was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Wrong {
    /// For programs.
    pub code: WrongCode,
    /// For people: what is wrong with it.
    pub message: String,
}

/// The kinds of wrong message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongCode {
    /// No JSON of the known form.
    BadJson,
    /// Its `type` means nothing here.
    UnknownType,
    /// Longer than [`MESSAGE_MAX`].
    TooLarge,
    /// The sender's role or state does not allow it.
    NotNow,
    /// Its session description is not taken.
    BadSdp,
    /// Its candidate is not taken.
    BadCandidate,
    /// Too many messages in too short a time.
    SlowDown,
}

impl WrongCode {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadJson => "bad_json",
            Self::UnknownType => "unknown_type",
            Self::TooLarge => "too_large",
            Self::NotNow => "not_now",
            Self::BadSdp => "bad_sdp",
            Self::BadCandidate => "bad_candidate",
            Self::SlowDown => "slow_down",
        }
    }
}

impl Wrong {
    /// An error with its sentence.
    pub fn new(code: WrongCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    fn bad_json(message: impl Into<String>) -> Self {
        Self::new(WrongCode::BadJson, message)
    }
}

impl From<SdpError> for Wrong {
    fn from(error: SdpError) -> Self {
        Self::new(WrongCode::BadSdp, error.to_string())
    }
}

impl From<CandidateError> for Wrong {
    fn from(error: CandidateError) -> Self {
        Self::new(WrongCode::BadCandidate, error.to_string())
    }
}

/// Parses one message of a client. Unknown fields are ignored, so that newer clients are understood.
pub fn parse(raw: &str) -> Result<ClientMessage, Wrong> {
    if raw.len() > MESSAGE_MAX {
        return Err(Wrong::new(
            WrongCode::TooLarge,
            format!(
                "the message is {} bytes long; at most {MESSAGE_MAX} are taken",
                raw.len()
            ),
        ));
    }
    let value: Value =
        serde_json::from_str(raw).map_err(|error| Wrong::bad_json(format!("this is no JSON: {error}")))?;
    let Value::Object(mut fields) = value else {
        return Err(Wrong::bad_json("a message is a JSON object"));
    };
    let kind = match fields.remove("type") {
        Some(Value::String(kind)) => kind,
        _ => return Err(Wrong::bad_json("a message has a `type`, which is text")),
    };
    let mut field = |name: &str| fields.remove(name).unwrap_or(Value::Null);
    match kind.as_str() {
        "streamer" => streamer(field("deviceId"), field("name"), field("resume")),
        "viewer" => Ok(ClientMessage::Viewer(ViewerId::parse(field("viewerId"))?)),
        "offer" => Ok(ClientMessage::Offer(description("offer", field("offer"))?)),
        "answer" => Ok(ClientMessage::Answer(description("answer", field("answer"))?)),
        "candidate" => Ok(ClientMessage::Candidate(candidate(field("candidate"))?)),
        "telemetry" => Ok(ClientMessage::Telemetry(Box::new(telemetry(Value::Object(
            fields,
        ))?))),
        "bye" => Ok(ClientMessage::Bye),
        other => {
            let shown: String = other.chars().filter(|c| !c.is_control()).take(40).collect();
            Err(Wrong::new(
                WrongCode::UnknownType,
                format!("`{shown}` is no type of message that is taken here"),
            ))
        }
    }
}

fn streamer(device: Value, name: Value, resume: Value) -> Result<ClientMessage, Wrong> {
    let device = match text(device, "deviceId")? {
        Some(raw) => Some(DeviceId::parse(&raw).ok_or_else(|| {
            Wrong::bad_json("`deviceId` must be 1 to 64 characters of A-Z a-z 0-9 - _ . :")
        })?),
        None => None,
    };
    let name = text(name, "name")?.and_then(|raw| clean_name(&raw));
    let resume = match text(resume, "resume")? {
        Some(raw) if raw.len() > 256 => {
            return Err(Wrong::bad_json("`resume` is longer than 256 bytes"));
        }
        Some(raw) if raw.is_empty() => None,
        other => other.map(Secret::new),
    };
    Ok(ClientMessage::Streamer(Streamer { device, name, resume }))
}

fn text(value: Value, name: &str) -> Result<Option<String>, Wrong> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        _ => Err(Wrong::bad_json(format!("`{name}` must be text"))),
    }
}

fn description(word: &str, value: Value) -> Result<String, Wrong> {
    #[derive(Deserialize)]
    struct Raw {
        #[serde(rename = "type")]
        kind: String,
        sdp: String,
    }
    let raw: Raw = serde_json::from_value(value)
        .map_err(|error| Wrong::bad_json(format!("`{word}` must be {{type, sdp}}: {error}")))?;
    if raw.kind != word {
        return Err(Wrong::bad_json(format!("`{word}.type` must be \"{word}\"")));
    }
    Ok(raw.sdp)
}

fn candidate(value: Value) -> Result<Option<Candidate>, Wrong> {
    if value.is_null() {
        return Ok(None);
    }
    let raw: WireCandidate = serde_json::from_value(value).map_err(|error| {
        Wrong::bad_json(format!(
            "`candidate` must be {{candidate, sdpMid, sdpMLineIndex}}: {error}"
        ))
    })?;
    // Browsers end their list with an empty candidate.
    if raw.candidate.is_empty() {
        return Ok(None);
    }
    let parsed = Candidate::parse(
        &raw.candidate,
        raw.sdp_mid.as_deref(),
        raw.sdp_m_line_index.unwrap_or(0),
    )?;
    Ok(Some(parsed))
}

fn telemetry(value: Value) -> Result<Telemetry, Wrong> {
    let telemetry: Telemetry = serde_json::from_value(value)
        .map_err(|error| Wrong::bad_json(format!("this telemetry cannot be read: {error}")))?;
    let words = [&telemetry.limitation, &telemetry.thermal];
    if words
        .iter()
        .any(|word| word.as_ref().is_some_and(|w| w.len() > 32))
    {
        return Err(Wrong::bad_json("a word of the telemetry is longer than 32 bytes"));
    }
    Ok(telemetry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn code(raw: &str) -> WrongCode {
        parse(raw).expect_err(raw).code
    }

    #[test]
    fn the_client_messages_of_the_old_protocol_are_understood() {
        let check = |value: Value, expect: ClientMessage| {
            assert_eq!(parse(&value.to_string()), Ok(expect), "{value}");
        };
        check(
            json!({"type": "streamer"}),
            ClientMessage::Streamer(Streamer::default()),
        );
        check(
            json!({"type": "viewer", "viewerId": "v1"}),
            ClientMessage::Viewer(ViewerId::Text("v1".into())),
        );
        check(
            json!({"type": "viewer", "viewerId": 1763719000123u64}),
            ClientMessage::Viewer(ViewerId::Number(1763719000123u64.into())),
        );
        check(
            json!({"type": "offer", "offer": {"type": "offer", "sdp": "v=0"}, "viewerId": "regie"}),
            ClientMessage::Offer("v=0".into()),
        );
        let line = "candidate:1 1 udp 1 10.0.0.2 5 typ host";
        check(
            json!({"type": "candidate", "target": "viewer", "viewerId": "regie",
                   "candidate": {"candidate": line, "sdpMid": "0", "sdpMLineIndex": 0, "usernameFragment": "x"}}),
            ClientMessage::Candidate(Some(Candidate::parse(line, Some("0"), 0).unwrap())),
        );
        check(
            json!({"type": "candidate", "candidate": null}),
            ClientMessage::Candidate(None),
        );
        check(
            json!({"type": "candidate", "candidate": {"candidate": "", "sdpMid": "0"}}),
            ClientMessage::Candidate(None),
        );
    }

    #[test]
    fn a_camera_may_say_more_of_itself() {
        let raw = json!({"type": "streamer", "deviceId": "ab-1", "name": " Léa ", "resume": "s3",
                         "protocol": 1, "capabilities": {"torch": true}});
        let expect = Streamer {
            device: DeviceId::parse("ab-1"),
            name: Some("Léa".into()),
            resume: Some(Secret::new("s3")),
        };
        assert_eq!(parse(&raw.to_string()), Ok(ClientMessage::Streamer(expect)));
        let raw = json!({"type": "telemetry", "battery": 0.8, "limitation": "none", "new": 1});
        let Ok(ClientMessage::Telemetry(told)) = parse(&raw.to_string()) else {
            panic!("telemetry was not taken");
        };
        assert_eq!((told.battery, told.charging), (Some(0.8), None));
    }

    #[test]
    fn each_wrong_message_has_its_code() {
        use WrongCode::*;
        let deep = "[".repeat(5_000);
        for (raw, expect) in [
            ("", BadJson),
            ("{", BadJson),
            ("[]", BadJson),
            (deep.as_str(), BadJson),
            ("{}", BadJson),
            (r#"{"type":7}"#, BadJson),
            (r#"{"type":"dance"}"#, UnknownType),
            (r#"{"type":"newViewer","viewerId":"x"}"#, UnknownType),
            (r#"{"type":"viewer"}"#, BadJson),
            (r#"{"type":"viewer","viewerId":{}}"#, BadJson),
            (r#"{"type":"viewer","viewerId":""}"#, BadJson),
            (r#"{"type":"streamer","deviceId":"a b"}"#, BadJson),
            (r#"{"type":"streamer","name":7}"#, BadJson),
            (r#"{"type":"offer"}"#, BadJson),
            (r#"{"type":"offer","offer":{"type":"answer","sdp":""}}"#, BadJson),
            (r#"{"type":"telemetry","battery":"full"}"#, BadJson),
            (
                r#"{"type":"candidate","candidate":{"candidate":"x"}}"#,
                BadCandidate,
            ),
        ] {
            assert_eq!(code(raw), expect, "{:.80}", raw);
        }
        assert_eq!(code(&" ".repeat(MESSAGE_MAX + 1)), TooLarge);
    }

    #[test]
    fn the_server_messages_are_as_the_protocol_writes_them() {
        let check = |message: ServerMessage, expect: Value| {
            assert_eq!(serde_json::to_value(&message).unwrap(), expect);
        };
        let regie = ViewerId::regie;
        check(
            ServerMessage::Welcome {
                id: 3,
                ice_servers: [],
                resume: Some(Secret::new("s")),
            },
            json!({"type": "welcome", "id": 3, "iceServers": [], "resume": "s"}),
        );
        check(
            ServerMessage::NewViewer { viewer_id: regie() },
            json!({"type": "newViewer", "viewerId": "regie"}),
        );
        check(
            ServerMessage::Answer {
                answer: Description {
                    kind: "answer",
                    sdp: "v=0".into(),
                },
                viewer_id: regie(),
            },
            json!({"type": "answer", "answer": {"type": "answer", "sdp": "v=0"}, "viewerId": "regie"}),
        );
        check(
            ServerMessage::Candidate {
                candidate: WireCandidate {
                    candidate: "candidate:1".into(),
                    sdp_mid: None,
                    sdp_m_line_index: Some(0),
                },
                target: Target::Viewer,
                viewer_id: ViewerId::Number(7.into()),
            },
            json!({"type": "candidate", "target": "viewer", "viewerId": 7,
                   "candidate": {"candidate": "candidate:1", "sdpMid": null, "sdpMLineIndex": 0}}),
        );
        check(
            ServerMessage::Tally {
                state: Tally::Program,
            },
            json!({"type": "tally", "state": "program"}),
        );
        let control = Control {
            torch: Some(true),
            ..Control::default()
        };
        check(
            ServerMessage::Control(control),
            json!({"type": "control", "torch": true}),
        );
        check(
            ServerMessage::Talkback { on: true },
            json!({"type": "talkback", "on": true}),
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(raw in "(?s).{0,300}") {
            let _ = parse(&raw);
        }

        #[test]
        fn no_object_makes_it_panic(kind in "streamer|viewer|offer|answer|candidate|telemetry|bye|x",
                                    key in "deviceId|name|viewerId|offer|answer|candidate|battery",
                                    value in "(?s).{0,40}") {
            let _ = parse(&json!({"type": kind, key.as_str(): value}).to_string());
            let _ = parse(&json!({"type": kind, key.as_str(): {"type": kind, "sdp": value, "candidate": value}}).to_string());
        }
    }
}
