//! The room, told as conversations: what a client says, what is done about it.

use proptest::prelude::*;
use regie_model::{DeviceId, Secret, Tally};
use regie_signalling::{
    Act, Description, ERRORS_MAX, May, News, Room, ServerMessage, Streamer, Target, ViewerId, WireCandidate,
};
use serde_json::{Value, json};

const ALL: May = May {
    camera: true,
    viewer: true,
};
const LINE: &str = "candidate:1 1 udp 1 10.0.0.2 5 typ host";

fn sdp() -> String {
    let print = ["AB"; 32].join(":");
    format!(
        "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=fingerprint:sha-256 {print}\r\n\
         m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n"
    )
}

fn say(room: &mut Room, message: Value) -> Vec<Act> {
    room.hear(&message.to_string())
}

fn offer() -> Value {
    json!({"type": "offer", "offer": {"type": "offer", "sdp": sdp()}, "viewerId": "regie"})
}

fn answer() -> Value {
    json!({"type": "answer", "answer": {"type": "answer", "sdp": sdp()}, "viewerId": "v1"})
}

fn candidate(line: &str) -> Value {
    json!({"type": "candidate", "target": "viewer", "viewerId": "regie",
           "candidate": {"candidate": line, "sdpMid": "0", "sdpMLineIndex": 0}})
}

fn error_of(acts: &[Act]) -> &str {
    match acts {
        [Act::Send(ServerMessage::Error { code, .. }), ..] => code,
        other => panic!("no error in {other:?}"),
    }
}

fn wire() -> WireCandidate {
    WireCandidate {
        candidate: LINE.into(),
        sdp_mid: Some("0".into()),
        sdp_m_line_index: Some(0),
    }
}

fn invited() -> Room {
    let mut room = Room::new(ALL);
    say(&mut room, json!({"type": "streamer"}));
    room.observe(News::Opened);
    room.observe(News::Welcomed {
        id: 1,
        resume: Secret::new("s"),
    });
    room
}

#[test]
fn a_camera_of_the_old_protocol_comes_in_with_seven_messages() {
    let mut room = Room::new(ALL);
    let arrived = say(&mut room, json!({"type": "streamer"}));
    assert_eq!(arrived, [Act::Arrive(Streamer::default())]);
    assert_eq!(room.observe(News::Opened), []);
    let welcomed = room.observe(News::Welcomed {
        id: 4,
        resume: Secret::new("s"),
    });
    let [
        Act::Send(ServerMessage::Welcome { id: 4, .. }),
        Act::Send(ServerMessage::NewViewer { viewer_id }),
    ] = welcomed.as_slice()
    else {
        panic!("{welcomed:?}");
    };
    assert_eq!(*viewer_id, ViewerId::regie());
    assert!(matches!(say(&mut room, offer()).as_slice(), [Act::TakeOffer(_)]));
    assert!(matches!(
        say(&mut room, candidate(LINE)).as_slice(),
        [Act::TakeCandidate(_)]
    ));
    let answered = room.observe(News::Answer("v=0".into()));
    assert!(matches!(
        answered.as_slice(),
        [Act::Send(ServerMessage::Answer {
            answer: Description { kind: "answer", .. },
            ..
        })]
    ));
    let passed = room.observe(News::Candidate(wire()));
    assert_eq!(
        passed,
        [Act::Send(ServerMessage::Candidate {
            candidate: wire(),
            target: Target::Streamer,
            viewer_id: ViewerId::regie()
        })]
    );
}

#[test]
fn a_viewer_of_the_old_protocol_gets_its_own_id_back() {
    let mut room = Room::new(ALL);
    let viewer = ViewerId::Number(17.into());
    let joined = say(&mut room, json!({"type": "viewer", "viewerId": 17}));
    assert_eq!(
        joined,
        [Act::Join {
            viewer: viewer.clone()
        }]
    );
    assert_eq!(error_of(&say(&mut room, answer())), "not_now");
    let offered = room.observe(News::Offer("v=0".into()));
    assert_eq!(
        offered,
        [Act::Send(ServerMessage::Offer {
            offer: Description {
                kind: "offer",
                sdp: "v=0".into()
            },
            viewer_id: viewer.clone()
        })]
    );
    let passed = room.observe(News::Candidate(wire()));
    assert!(matches!(
        passed.as_slice(),
        [Act::Send(ServerMessage::Candidate {
            target: Target::Viewer,
            ..
        })]
    ));
    assert!(matches!(
        say(&mut room, answer()).as_slice(),
        [Act::TakeAnswer(_)]
    ));
    assert_eq!(error_of(&say(&mut room, answer())), "not_now");
}

#[test]
fn a_known_phone_says_who_it_is() {
    let mut room = Room::new(ALL);
    let hello = json!({"type": "streamer", "deviceId": "d1", "name": "Léa", "resume": "r", "protocol": 1});
    let expect = Streamer {
        device: DeviceId::parse("d1"),
        name: Some("Léa".into()),
        resume: Some(Secret::new("r")),
    };
    assert_eq!(say(&mut room, hello), [Act::Arrive(expect)]);
}

#[test]
fn the_offer_is_asked_for_only_when_show_and_pipeline_are_ready() {
    for welcome_first in [true, false] {
        let mut room = Room::new(ALL);
        say(&mut room, json!({"type": "streamer"}));
        assert_eq!(error_of(&say(&mut room, offer())), "not_now");
        let welcome = News::Welcomed {
            id: 1,
            resume: Secret::new("s"),
        };
        let news = if welcome_first {
            [welcome, News::Opened]
        } else {
            [News::Opened, welcome]
        };
        let acts: Vec<Act> = news.into_iter().flat_map(|one| room.observe(one)).collect();
        let last = acts.last().expect("something is said");
        assert!(
            matches!(last, Act::Send(ServerMessage::NewViewer { .. })),
            "{acts:?}"
        );
        assert_eq!(acts.len(), 2);
    }
}

#[test]
fn a_bad_description_is_named_and_may_be_sent_again() {
    let bad = |kind: &str| json!({"type": kind, kind: {"type": kind, "sdp": "v=0\r\n"}});
    let mut room = Room::new(ALL);
    assert_eq!(error_of(&say(&mut room, bad("answer"))), "not_now");
    let mut room = invited();
    assert_eq!(error_of(&say(&mut room, bad("offer"))), "bad_sdp");
    assert!(matches!(say(&mut room, offer()).as_slice(), [Act::TakeOffer(_)]));
}

#[test]
fn candidates_before_their_description_wait_for_it() {
    let mut room = invited();
    assert_eq!(say(&mut room, candidate(LINE)), []);
    let acts = say(&mut room, offer());
    assert!(
        matches!(acts.as_slice(), [Act::TakeOffer(_), Act::TakeCandidate(_)]),
        "{acts:?}"
    );
}

#[test]
fn names_and_the_end_of_the_list_are_dropped_without_a_word() {
    let mut room = invited();
    say(&mut room, offer());
    assert_eq!(
        say(&mut room, candidate("candidate:1 1 udp 1 a-b.local 5 typ host")),
        []
    );
    assert_eq!(
        say(&mut room, json!({"type": "candidate", "candidate": null})),
        []
    );
}

#[test]
fn candidates_are_counted() {
    let mut room = invited();
    say(&mut room, offer());
    let taken = (0..1_000)
        .filter(|_| {
            matches!(
                say(&mut room, candidate(LINE)).as_slice(),
                [Act::TakeCandidate(_)]
            )
        })
        .count();
    assert_eq!(taken, 256);
    assert!(room.is_gone(), "hundreds of wrong messages in a row end it");
}

#[test]
fn each_role_needs_its_token() {
    let mut viewer = Room::new(May {
        camera: false,
        viewer: true,
    });
    assert_eq!(
        error_of(&say(&mut viewer, json!({"type": "streamer"}))),
        "not_now"
    );
    let mut camera = Room::new(May {
        camera: true,
        viewer: false,
    });
    assert_eq!(
        error_of(&say(&mut camera, json!({"type": "viewer", "viewerId": "x"}))),
        "not_now"
    );
    assert!(!say(&mut camera, json!({"type": "streamer"})).is_empty());
    assert_eq!(
        error_of(&say(&mut camera, json!({"type": "streamer"}))),
        "not_now"
    );
}

#[test]
fn ten_wrong_messages_in_a_row_close_with_1008() {
    let mut room = Room::new(ALL);
    for _ in 1..ERRORS_MAX {
        assert_eq!(error_of(&room.hear("nonsense")), "bad_json");
    }
    let acts = room.hear("nonsense");
    assert!(
        matches!(acts.as_slice(), [Act::Send(_), Act::Close { code: 1008, .. }]),
        "{acts:?}"
    );
    assert_eq!(room.hear("nonsense"), []);
}

#[test]
fn a_right_message_starts_the_count_again() {
    let mut room = invited();
    for _ in 1..ERRORS_MAX {
        room.hear("nonsense");
    }
    say(&mut room, offer());
    for _ in 1..ERRORS_MAX {
        room.hear("nonsense");
    }
    assert!(!room.is_gone());
}

#[test]
fn leaving_is_said_once_and_nothing_after() {
    for (reason, code) in [("removed", 1000), ("replaced", 1000), ("show_ended", 1000)] {
        let mut room = invited();
        let acts = room.observe(News::Ended { reason });
        let bye = Act::Send(ServerMessage::Bye {
            reason: reason.into(),
        });
        assert_eq!(acts, [bye, Act::Close { code, reason }]);
        assert_eq!(room.observe(News::Tally(Tally::Program)), []);
        assert_eq!(say(&mut room, offer()), []);
    }
    let mut room = invited();
    assert_eq!(error_of(&room.observe(News::Ended { reason: "full" })), "full");
    let mut room = invited();
    say(&mut room, offer());
    let failed = room.observe(News::Failed("no".into()));
    assert_eq!(error_of(&failed), "media_failed");
    assert!(matches!(failed.last(), Some(Act::Close { code: 1011, .. })));
}

#[test]
fn telemetry_is_noted_from_a_camera_that_sends() {
    let mut room = invited();
    let telemetry = json!({"type": "telemetry", "battery": 0.5});
    assert_eq!(error_of(&say(&mut room, telemetry.clone())), "not_now");
    say(&mut room, offer());
    assert!(matches!(say(&mut room, telemetry).as_slice(), [Act::Note(_)]));
}

proptest! {
    /// Whatever is said in whatever order: no panic, at most one arrival or joining, no offer taken without
    /// an invitation, and nothing after the end.
    #[test]
    fn no_order_of_messages_breaks_the_room(order in proptest::collection::vec(0u8..14, 0..60)) {
        let mut room = Room::new(ALL);
        let (mut came, mut offers, mut invitations) = (0, 0, 0);
        for step in order {
            let gone = room.is_gone();
            let acts = match step {
                0 => say(&mut room, json!({"type": "streamer"})),
                1 => say(&mut room, json!({"type": "viewer", "viewerId": 1})),
                2 => say(&mut room, offer()),
                3 => say(&mut room, answer()),
                4 => say(&mut room, candidate(LINE)),
                5 => room.hear("{"),
                6 => say(&mut room, json!({"type": "telemetry"})),
                7 => room.observe(News::Opened),
                8 => room.observe(News::Welcomed { id: 1, resume: Secret::new("s") }),
                9 => room.observe(News::Offer("v=0".into())),
                10 => room.observe(News::Answer("v=0".into())),
                11 => room.observe(News::Candidate(wire())),
                12 => room.observe(News::Tally(Tally::Off)),
                _ => room.observe(News::Failed("x".into())),
            };
            prop_assert!(!gone || acts.is_empty());
            for act in acts {
                match act {
                    Act::Arrive(_) | Act::Join { .. } => came += 1,
                    Act::TakeOffer(_) => offers += 1,
                    Act::Send(ServerMessage::NewViewer { .. }) => invitations += 1,
                    _ => {}
                }
            }
            prop_assert!(came <= 1);
            prop_assert!(offers <= invitations && invitations <= 1);
        }
    }
}
