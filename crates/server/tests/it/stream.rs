//! `/stream`: cameras, viewers, and everything that is wrong.

use crate::media::sdp;
use crate::regie::{Regie, Socket, eventually, get, post};
use futures_util::{SinkExt, StreamExt};
use regie_model::{Command, Role, SourceId};
use regie_server::media::Signal;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::protocol::Message;

fn offer() -> Value {
    json!({"type": "offer", "offer": {"type": "offer", "sdp": sdp()}, "viewerId": "regie"})
}

async fn joined(regie: &Regie, hello: Value) -> (Socket, Value) {
    let mut phone = regie.stream(&regie.code()).await;
    phone.say(hello).await;
    let welcome = phone.expect("welcome").await;
    phone.expect("newViewer").await;
    (phone, welcome)
}

#[tokio::test]
async fn a_camera_of_the_old_protocol_gets_its_answer() {
    let regie = Regie::start().await;
    let mut phone = regie.stream(&regie.code()).await;
    phone.say(json!({"type": "streamer"})).await;
    assert_eq!(phone.expect("newViewer").await["viewerId"], "regie");
    phone.say(offer()).await;
    let answer = phone.expect("answer").await;
    assert_eq!(answer["answer"]["type"], "answer");
    assert_eq!(answer["viewerId"], "regie");
    let candidate = phone.expect("candidate").await;
    assert_eq!(candidate["target"], "streamer");
    phone
        .say(
            json!({"type": "candidate", "target": "viewer", "viewerId": "regie", "candidate":
            {"candidate": "candidate:1 1 udp 1 10.0.0.9 5 typ host", "sdpMid": "0", "sdpMLineIndex": 0}}),
        )
        .await;
    eventually(async || regie.media.count("candidate phone 1") == 1).await;
    drop(phone);
    eventually(async || regie.media.count("drop phone 1") == 1 && regie.media.count("close 1 false") == 1)
        .await;
}

#[tokio::test]
async fn a_viewer_of_the_old_protocol_gets_its_offer_and_is_counted() {
    let regie = Regie::start().await;
    let mut control = regie.control().await;
    control.hear().await.unwrap();
    let token = regie.token(Role::Viewer).await.1;
    let mut viewer = regie.stream(&token).await;
    viewer.say(json!({"type": "viewer", "viewerId": 12.5})).await;
    let offer = viewer.expect("offer").await;
    assert_eq!(
        (&offer["viewerId"], &offer["offer"]["type"]),
        (&json!(12.5), &json!("offer"))
    );
    let answer = json!({"type": "answer", "answer": {"type": "answer", "sdp": sdp()}, "viewerId": 12.5});
    viewer.say(answer).await;
    eventually(async || regie.media.count("answer viewer") == 1).await;
    let counted = async |control: &mut Socket| loop {
        let event = control.hear().await.unwrap();
        if event["event"]["type"] == "viewersCounted" {
            return event["event"]["count"].clone();
        }
    };
    assert_eq!(counted(&mut control).await, 1);
    drop(viewer);
    assert_eq!(counted(&mut control).await, 0);
    eventually(async || regie.media.count("drop viewer") == 1).await;
}

#[tokio::test]
async fn viewers_beyond_the_limit_are_told() {
    let regie = Regie::with(|config| config.max_viewers = 1).await;
    let token = regie.token(Role::Viewer).await.1;
    let mut first = regie.stream(&token).await;
    first.say(json!({"type": "viewer", "viewerId": "a"})).await;
    first.expect("offer").await;
    let mut second = regie.stream(&token).await;
    second.say(json!({"type": "viewer", "viewerId": "b"})).await;
    assert_eq!(second.expect("error").await["code"], "full");
    second.expect("bye").await;
    assert_eq!(second.end().await, 1011);
}

#[tokio::test]
async fn the_same_phone_comes_back_as_the_same_source_and_replaces_itself() {
    let regie = Regie::start().await;
    let hello = json!({"type": "streamer", "deviceId": "d-1", "name": "Léa", "protocol": 1});
    let (mut phone, welcome) = joined(&regie, hello.clone()).await;
    phone.say(offer()).await;
    phone.expect("answer").await;
    let mut back = hello;
    back["resume"] = welcome["resume"].clone();
    let (_again, second) = joined(&regie, back).await;
    assert_eq!(second["id"], welcome["id"]);
    assert_eq!(phone.expect("bye").await["reason"], "replaced");
    assert_eq!(phone.end().await, 1000);
    eventually(async || regie.media.count("drop phone 1") == 1).await;
    assert_eq!(regie.media.count("open_phone 1"), 2);
}

#[tokio::test]
async fn tally_and_removal_reach_the_phone() {
    let regie = Regie::start().await;
    let (mut phone, _) = joined(&regie, json!({"type": "streamer", "deviceId": "d-1"})).await;
    let scene = regie_model::Scene::full(SourceId(1));
    regie.order(Command::Cut { scene }).await;
    loop {
        if phone.expect("tally").await["state"] == "program" {
            break;
        }
    }
    regie.order(Command::RemoveSource { source: SourceId(1) }).await;
    assert_eq!(phone.expect("bye").await["reason"], "removed");
    assert_eq!(phone.end().await, 1000);
}

#[tokio::test]
async fn a_media_connection_that_fails_sends_the_phone_away_to_come_again() {
    let regie = Regie::start().await;
    let (mut phone, _) = joined(&regie, json!({"type": "streamer", "deviceId": "d-1"})).await;
    let signals = regie.media.phones.lock().pop().unwrap();
    signals(Signal::Failed("the certificate is another one".into()));
    assert_eq!(phone.expect("error").await["code"], "media_failed");
    phone.expect("bye").await;
    assert_eq!(phone.end().await, 1011);
}

#[tokio::test]
async fn each_wrong_message_has_its_code_and_ten_end_it() {
    let regie = Regie::start().await;
    let mut phone = regie.stream(&regie.code()).await;
    let long = format!("{{\"type\":\"streamer\",\"name\":\"{}\"}}", "x".repeat(66_000));
    for (said, code) in [
        ("{", "bad_json"),
        (r#"{"type":"dance"}"#, "unknown_type"),
        (r#"{"type":"viewer","viewerId":"x"}"#, "not_now"),
        (&offer().to_string(), "not_now"),
        (&long, "too_large"),
    ] {
        phone.text(said).await;
        assert_eq!(phone.expect("error").await["code"], code);
    }
    phone.0.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(phone.expect("error").await["code"], "bad_json");
    for _ in 0..4 {
        phone.text("x").await;
        phone.expect("error").await;
    }
    assert_eq!(phone.end().await, 1008);
}

#[tokio::test]
async fn a_message_beyond_all_measure_is_answered_and_ends_it() {
    let regie = Regie::start().await;
    let mut phone = regie.stream(&regie.code()).await;
    phone.text("x".repeat(300_000)).await;
    assert_eq!(phone.expect("error").await["code"], "too_large");
    assert_eq!(phone.end().await, 1009);
}

#[tokio::test]
async fn a_flood_is_slowed_and_then_ended() {
    let regie = Regie::start().await;
    let (mut phone, _) = joined(&regie, json!({"type": "streamer", "deviceId": "d-1"})).await;
    phone.say(offer()).await;
    for _ in 0..230 {
        let sent = phone.0.send(Message::text(r#"{"type":"telemetry"}"#)).await;
        if sent.is_err() {
            break;
        }
    }
    assert_eq!(phone.expect("error").await["code"], "slow_down");
    assert_eq!(phone.end().await, 1008);
}

#[tokio::test]
async fn a_half_open_socket_is_cleaned_up() {
    let regie = Regie::start().await;
    let (phone, _) = joined(&regie, json!({"type": "streamer", "deviceId": "d-1"})).await;
    // A client that reads nothing answers no ping; its connection stays open all the while.
    let began = Instant::now();
    eventually_slowly(async || regie.media.count("close 1 false") == 1).await;
    let after = began.elapsed();
    assert!(
        after > Duration::from_secs(2) && after < Duration::from_secs(5),
        "{after:?}"
    );
    drop(phone);
}

async fn eventually_slowly(mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..120 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it never came true");
}

#[tokio::test]
async fn a_socket_that_answers_pings_stays() {
    let regie = Regie::start().await;
    let mut phone = regie.stream(&regie.code()).await;
    let mut pings = 0;
    let listen = async {
        while let Some(Ok(message)) = phone.0.next().await {
            pings += usize::from(message.is_ping());
        }
    };
    assert!(
        tokio::time::timeout(Duration::from_millis(4_300), listen)
            .await
            .is_err()
    );
    assert!((4..=6).contains(&pings), "{pings} pings");
}

#[tokio::test]
async fn a_revoked_token_puts_its_bearers_out() {
    let regie = Regie::start().await;
    let (id, token) = regie.token(Role::Camera).await;
    let mut phone = regie.stream(&token).await;
    phone.say(json!({"type": "streamer"})).await;
    phone.expect("newViewer").await;
    let mut silent = regie.stream(&token).await;
    regie.order(Command::RevokeToken { token: id }).await;
    assert_eq!(phone.expect("bye").await["reason"], "revoked");
    assert_eq!(phone.end().await, 1000);
    silent.expect("bye").await;
    let again = regie.socket(get(format!("/stream?token={token}"))).await;
    assert_eq!(again.err(), Some(401));
}

#[tokio::test]
async fn a_rotated_code_keeps_those_who_are_in_and_lets_them_come_back() {
    let regie = Regie::start().await;
    let code = regie.code();
    let cookie = format!("regie-camera-{}={code}", regie.port);
    let hello = json!({"type": "streamer", "deviceId": "d-1", "name": "Léa"});
    let (mut phone, welcome) = joined(&regie, hello.clone()).await;
    regie.order(Command::RotateJoinCode).await;
    eventually(async || regie.code() != code).await;
    assert_eq!(regie.ask(get(format!("/j/{code}"))).await.status, 401);
    assert_eq!(
        regie.socket(get(format!("/stream?token={code}"))).await.err(),
        Some(401)
    );
    assert_eq!(regie.ask(get(format!("/j/{}", regie.code()))).await.status, 303);
    phone.say(offer()).await;
    phone.expect("answer").await;
    drop(phone);

    let with_cookie = || get("/stream").with("cookie", &*cookie);
    let mut stranger = regie.socket(with_cookie()).await.unwrap();
    stranger.say(json!({"type": "streamer", "deviceId": "d-2"})).await;
    assert_eq!(stranger.expect("error").await["code"], "unauthorized");
    let mut back = hello;
    back["resume"] = welcome["resume"].clone();
    let mut phone = regie.socket(with_cookie()).await.unwrap();
    phone.say(back).await;
    assert_eq!(phone.expect("welcome").await["id"], welcome["id"]);
}

#[tokio::test]
async fn sockets_are_counted_by_address() {
    let Some(lan) = crate::regie::lan() else { return };
    let regie = Regie::with(|config| config.max_connections_per_address = 4).await;
    let token = regie.token(Role::Viewer).await.1;
    let ask = || get(format!("/stream?token={token}")).at(lan);
    let held = (regie.socket(ask()).await.ok(), regie.socket(ask()).await.ok());
    assert!(held.0.is_some() && held.1.is_some());
    assert_eq!(regie.socket(ask()).await.err(), Some(429));
    drop(held);
    eventually(async || regie.socket(ask()).await.is_ok()).await;
}

#[tokio::test]
async fn the_end_of_the_show_is_said() {
    let regie = Regie::start().await;
    let (mut phone, _) = joined(&regie, json!({"type": "streamer", "deviceId": "d-1"})).await;
    let token = regie.token(Role::Viewer).await.1;
    let mut viewer = regie.stream(&token).await;
    viewer.say(json!({"type": "viewer", "viewerId": "x"})).await;
    viewer.expect("offer").await;
    let media = regie.media.clone();
    let heard = async {
        let phone_hears = async { (phone.expect("bye").await["reason"].clone(), phone.end().await) };
        let viewer_hears = async { (viewer.expect("bye").await["reason"].clone(), viewer.end().await) };
        tokio::join!(phone_hears, viewer_hears)
    };
    let ((), (phone_heard, viewer_heard)) = tokio::join!(regie.server.stop(), heard);
    assert_eq!(phone_heard, (json!("show_ended"), 1000));
    assert_eq!(viewer_heard, (json!("show_ended"), 1000));
    assert_eq!(media.count("stop"), 1);
}

#[tokio::test]
async fn a_phone_without_websockets_speaks_by_events_and_posts() {
    let regie = Regie::start().await;
    let code = regie.code();
    let mut link = regie.link(crate::regie::HERE, false).await;
    let ask = format!(
        "GET /signal/stream HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nauthorization: Bearer {code}\r\n\r\n",
        regie.port
    );
    link.write_all(ask.as_bytes()).await.unwrap();
    let mut heard = String::new();
    async fn until(link: &mut Box<dyn crate::regie::Link>, heard: &mut String, word: &str) {
        let mut buffer = [0u8; 4096];
        while !heard.contains(word) {
            let read = tokio::time::timeout(Duration::from_secs(5), link.read(&mut buffer));
            let read = read
                .await
                .unwrap_or_else(|_| panic!("no {word} in {heard}"))
                .unwrap();
            assert!(read > 0, "the stream ended: {heard}");
            heard.push_str(&String::from_utf8_lossy(&buffer[..read]));
        }
    }
    until(&mut link, &mut heard, "\n\n").await;
    assert!(
        heard.contains("text/event-stream") && heard.contains("event:session"),
        "{heard}"
    );
    let key = heard
        .rsplit("data:")
        .next()
        .unwrap()
        .split('\n')
        .next()
        .unwrap()
        .trim()
        .to_owned();
    let say = async |message: Value| {
        let ask = post(format!("/signal/stream?session={key}"), message.to_string()).bearer(&code);
        regie.ask(ask).await.status
    };
    assert_eq!(say(json!({"type": "streamer", "deviceId": "d-1"})).await, 202);
    until(&mut link, &mut heard, "newViewer").await;
    assert_eq!(say(offer()).await, 202);
    until(&mut link, &mut heard, r#""type":"answer""#).await;
    let foreign = post(format!("/signal/stream?session={key}"), "{}").bearer(&regie.operator);
    assert_eq!(regie.ask(foreign).await.status, 404);
    drop(link);
    eventually_slowly(async || regie.media.count("close 1 false") == 1).await;
}
