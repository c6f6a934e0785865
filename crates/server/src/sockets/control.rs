//! `/control`: an operator's page: the show, its events, and orders.

use super::wire::{self, Heard, Lost, PAGE_SILENCE, PING, Wire};
use super::{Kind, Membership, ended, multiview, no_handshake, too_many};
use crate::answer::{self, Response};
use crate::api::{Done, command_of};
use crate::app::{App, wall_ms};
use crate::call::Call;
use crate::door::Pass;
use crate::limits::Bucket;
use crate::media::Codec;
use http::StatusCode;
use regie_model::{By, Code, Refusal, Role, Stamped};
use regie_signalling::{ERRORS_MAX, MESSAGE_MAX};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{MissedTickBehavior, interval};
use tracing::Instrument;
use warp::Reply;
use warp::ws::WebSocket;

/// How many orders a page may send at once, and in the long run each second. A T-bar moves 60 times a second.
const BURST: u32 = 300;
const PER_SECOND: f64 = 100.0;

/// `GET /control`, and `GET /control?multiview=h264|jpeg`
pub async fn answer(app: Arc<App>, call: Call) -> Response {
    let codec = match call.query("multiview").as_deref() {
        None => None,
        Some("h264") => Some(Codec::H264),
        Some("jpeg") => Some(Codec::Jpeg),
        Some(_) => {
            return answer::problem(
                StatusCode::BAD_REQUEST,
                "bad_multiview",
                "multiview is h264 or jpeg",
            );
        }
    };
    let Some(pass) = call.pass(Role::Operator).cloned() else {
        return answer::problem(StatusCode::UNAUTHORIZED, "unauthorized", "this is the operator's");
    };
    let Some(ws) = call.ws else {
        return no_handshake();
    };
    let from = call.peer.address.ip();
    let kind = if codec.is_some() {
        Kind::Multiview
    } else {
        Kind::Control
    };
    let Some(membership) = app.sockets.join(kind, from, vec![pass.token]) else {
        return too_many();
    };
    let span = tracing::info_span!("control", id = membership.session.0, by = %pass.name);
    let ws = wire::bounded(ws);
    match codec {
        Some(codec) => ws
            .on_upgrade(move |socket| multiview::carry(app, socket, membership, codec).instrument(span))
            .into_response(),
        None => ws
            .on_upgrade(move |socket| converse(app, socket, membership, pass).instrument(span))
            .into_response(),
    }
}

async fn converse(app: Arc<App>, mut socket: WebSocket, mut membership: Membership, pass: Pass) {
    if let Ok((code, reason)) = run(&app, &mut socket, &mut membership, &pass).await {
        let bye = json!({ "bye": reason }).to_string();
        if socket.say(bye).await.is_ok() {
            socket.leave(code, reason).await;
        }
    }
}

async fn run(
    app: &App,
    socket: &mut WebSocket,
    membership: &mut Membership,
    pass: &Pass,
) -> Result<(u16, &'static str), Lost> {
    let mut bucket = Bucket::new(BURST, PER_SECOND, Instant::now());
    let mut heard_at = Instant::now();
    let mut errors = 0;
    let mut ping = interval(PING);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // A page that falls behind comes back here, for the show as it is now.
    loop {
        let Some((snapshot, seq, mut events)) = app.engine.subscribe().await else {
            return Ok((1001, "show_ended"));
        };
        socket
            .say(json!({ "snapshot": &*snapshot, "seq": seq }).to_string())
            .await?;
        drop(snapshot);
        loop {
            tokio::select! {
                biased;
                reason = ended(&mut membership.end) => return Ok((1000, reason)),
                _ = ping.tick() => {
                    if heard_at.elapsed() >= PAGE_SILENCE {
                        return Err(Lost);
                    }
                    if pass.expires_ms.is_some_and(|end| end <= wall_ms()) {
                        return Ok((1000, "revoked"));
                    }
                    socket.ping().await?;
                }
                event = events.recv() => match event {
                    Ok(stamped) => tell(socket, &stamped).await?,
                    Err(RecvError::Lagged(missed)) => {
                        tracing::info!(missed, "a page fell behind: it gets the show anew");
                        break;
                    }
                    Err(RecvError::Closed) => return Ok((1001, "show_ended")),
                },
                heard = socket.hear() => {
                    heard_at = Instant::now();
                    let text = match heard {
                        Heard::Gone => return Err(Lost),
                        Heard::Alive => continue,
                        Heard::TooLong => return Ok((wire::TOO_BIG, "too_large")),
                        Heard::Binary => String::new(),
                        Heard::Text(text) => text,
                    };
                    let (reply, fine) = if bucket.take(heard_at) {
                        obey(app, &text, pass).await
                    } else {
                        let slow = Refusal::new(Code::Busy, "too many orders; at most 100 a second");
                        (refused(id_of(&text), &slow), false)
                    };
                    socket.say(reply.to_string()).await?;
                    errors = if fine { 0 } else { errors + 1 };
                    if errors >= ERRORS_MAX {
                        return Ok((1008, "too_many_wrong_messages"));
                    }
                }
            }
        }
    }
}

async fn tell(socket: &mut WebSocket, stamped: &Stamped) -> Result<(), Lost> {
    match serde_json::to_string(stamped) {
        Ok(text) => socket.say(text).await,
        Err(error) => {
            tracing::error!(%error, "an event could not be written");
            Ok(())
        }
    }
}

/// Carries out one order. The second value says whether the message was one: a refusal is no wrong message.
async fn obey(app: &App, text: &str, pass: &Pass) -> (Value, bool) {
    let wrong = |message: &str| {
        (
            refused(Value::Null, &Refusal::new(Code::BadCommand, message)),
            false,
        )
    };
    if text.len() > MESSAGE_MAX {
        return wrong("a message is at most 64 KiB long");
    }
    let Ok(Value::Object(mut message)) = serde_json::from_str::<Value>(text) else {
        return wrong("a message is a JSON object: {id, command}");
    };
    let id = match message.remove("id") {
        Some(id @ (Value::Number(_) | Value::Null)) => id,
        Some(Value::String(id)) if id.len() <= 128 => Value::String(id),
        None => Value::Null,
        Some(_) => return wrong("`id` is a number, or text of at most 128 bytes"),
    };
    let command = match command_of(message.remove("command").unwrap_or(Value::Null)) {
        Ok(command) => command,
        Err(refusal) => return (refused(id, &refusal), false),
    };
    match app.order(command, By(pass.name.clone())).await {
        Ok(reply) => {
            let mut done = json!(Done::new(reply));
            done["id"] = id;
            (done, true)
        }
        Err(refusal) => (refused(id, &refusal), true),
    }
}

fn refused(id: Value, refusal: &Refusal) -> Value {
    json!({ "id": id, "refused": refusal })
}

fn id_of(text: &str) -> Value {
    let message = (text.len() <= MESSAGE_MAX).then(|| serde_json::from_str::<Value>(text).ok());
    match message.flatten().as_ref().and_then(|message| message.get("id")) {
        Some(Value::Number(id)) => Value::Number(id.clone()),
        Some(Value::String(id)) if id.len() <= 128 => Value::String(id.clone()),
        _ => Value::Null,
    }
}
