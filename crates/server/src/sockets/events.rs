//! `/signal/stream`: the messages of `/stream` without a WebSocket, for phones whose browser refuses one on a
//! certificate that was tapped through. `GET` is an event stream of the server's messages; its first event is
//! called `session` and carries the key that each `POST ?session=…` of one client message brings back.

use super::stream::{converse, join};
use super::too_many;
use super::wire::{Heard, Lost, Wire};
use crate::answer::{self, Response};
use crate::app::App;
use crate::call::Call;
use crate::chance;
use futures_util::{StreamExt, stream};
use http::StatusCode;
use parking_lot::Mutex;
use regie_model::TokenId;
use regie_signalling::MESSAGE_MAX;
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tracing::Instrument;
use warp::Reply;
use warp::sse::Event;

/// How many messages may wait, either way.
const WAITING: usize = 64;

/// The event streams that stand, by their keys.
#[derive(Default)]
pub struct EventStreams(Mutex<HashMap<String, Posts>>);

/// Where a stream's posts go.
struct Posts {
    messages: mpsc::Sender<Heard>,
    /// The tokens that the stream was opened with; a post must bring one of them.
    tokens: Vec<TokenId>,
}

/// A conversation carried by events and posts.
struct EventWire {
    app: Arc<App>,
    key: String,
    heard: mpsc::Receiver<Heard>,
    said: mpsc::Sender<Said>,
}

/// What goes out.
enum Said {
    Message(String),
    Ping,
}

/// `GET /signal/stream`
pub async fn open(app: Arc<App>, call: Call) -> Response {
    let from = call.peer.address.ip();
    let Some(membership) = join(&app, from, &call.passes) else {
        return too_many();
    };
    let key = chance::secret().reveal().to_owned();
    let (messages, heard) = mpsc::channel(WAITING);
    let (said, mut to_say) = mpsc::channel(WAITING);
    let tokens = call.passes.iter().map(|pass| pass.token).collect();
    let alive = messages.clone();
    app.event_streams
        .0
        .lock()
        .insert(key.clone(), Posts { messages, tokens });
    let wire = EventWire {
        app: Arc::clone(&app),
        key: key.clone(),
        heard,
        said,
    };
    let span = tracing::info_span!("session", id = membership.session.0, %from, by = "events");
    tokio::spawn(converse(app, wire, membership, call.passes, from).instrument(span));
    let first = stream::iter([Event::default().event("session").data(key)]);
    let rest = stream::poll_fn(move |context| {
        to_say.poll_recv(context).map(|said| {
            // The connection took what was said before: the peer is there.
            let _ = alive.try_send(Heard::Alive);
            said.map(|said| match said {
                Said::Message(text) => Event::default().data(text),
                Said::Ping => Event::default().comment(""),
            })
        })
    });
    warp::sse::reply(first.chain(rest).map(Ok::<_, Infallible>)).into_response()
}

/// `POST /signal/stream?session=…`
pub async fn post(app: Arc<App>, call: Call) -> Response {
    let key = call.query("session").unwrap_or_default();
    let posts = app.event_streams.0.lock().get(&key).map(|posts| {
        let own = call.passes.iter().any(|pass| posts.tokens.contains(&pass.token));
        own.then(|| posts.messages.clone())
    });
    let Some(Some(messages)) = posts else {
        return answer::problem(StatusCode::NOT_FOUND, "no_session", "open the event stream first");
    };
    let heard = match String::from_utf8(call.body.to_vec()) {
        Ok(text) => Heard::Text(text),
        Err(_) => Heard::Binary,
    };
    match messages.try_send(heard) {
        Ok(()) => answer::text(StatusCode::ACCEPTED, ""),
        Err(TrySendError::Full(_)) => {
            answer::problem(StatusCode::TOO_MANY_REQUESTS, "slow_down", "too many messages")
        }
        Err(TrySendError::Closed(_)) => {
            answer::problem(StatusCode::NOT_FOUND, "no_session", "the event stream is over")
        }
    }
}

impl Wire for EventWire {
    async fn hear(&mut self) -> Heard {
        match self.heard.recv().await {
            Some(Heard::Text(text)) if text.len() > MESSAGE_MAX => Heard::TooLong,
            Some(heard) => heard,
            None => Heard::Gone,
        }
    }

    async fn say(&mut self, text: String) -> Result<(), Lost> {
        self.said.try_send(Said::Message(text)).map_err(|_| Lost)
    }

    async fn ping(&mut self) -> Result<(), Lost> {
        self.said.try_send(Said::Ping).map_err(|_| Lost)
    }

    async fn leave(self, _code: u16, _reason: &'static str) {
        // The stream ends when what was said before has gone out.
    }
}

impl Drop for EventWire {
    fn drop(&mut self) {
        self.app.event_streams.0.lock().remove(&self.key);
    }
}
