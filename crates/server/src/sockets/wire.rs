//! The wire: what carries a conversation. A WebSocket, or the events and posts that stand in for one.

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use warp::ws::{Message, WebSocket, Ws};

/// How long a peer may take to read what it is sent.
const WRITE: Duration = Duration::from_secs(3);
/// How long a peer may take to answer a close.
const CLOSE: Duration = Duration::from_secs(1);
/// The longest frame read at all. Longer than a message may be, so that one that is too long gets an answer
/// instead of silence.
const FRAME_MAX: usize = 256 * 1024;
/// What a socket may hold that its peer has not read yet, beside the message being written.
const BEHIND_MAX: usize = 4 * 1024 * 1024;

/// The close code of a message that is longer than is read (RFC 6455, section 7.4.1).
pub const TOO_BIG: u16 = 1009;

/// How often a peer is asked whether it is there.
pub const PING: Duration = Duration::from_secs(1);
/// Without a sign of life for this long a phone or a viewer is gone: its picture must not lie.
pub const SILENCE: Duration = Duration::from_secs(3);
/// The same for an operator's page, which is not worth losing to a busy moment of its computer.
pub const PAGE_SILENCE: Duration = Duration::from_secs(10);

/// What came from the peer.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// A message.
    Text(String),
    /// A message that is no text.
    Binary,
    /// A message longer than is read at all; nothing more can be heard after it.
    TooLong,
    /// A sign of life.
    Alive,
    /// The peer is gone.
    Gone,
}

/// The peer is gone, or does not read.
#[derive(Debug)]
pub struct Lost;

/// What carries a conversation.
pub trait Wire: Send {
    /// Waits for what the peer says. May be given up and called again.
    fn hear(&mut self) -> impl Future<Output = Heard> + Send;
    /// Says something.
    fn say(&mut self, text: String) -> impl Future<Output = Result<(), Lost>> + Send;
    /// Asks for a sign of life.
    fn ping(&mut self) -> impl Future<Output = Result<(), Lost>> + Send;
    /// Ends it in good order.
    fn leave(self, code: u16, reason: &'static str) -> impl Future<Output = ()> + Send;
}

/// Sets the bounds of a WebSocket before the handshake.
pub fn bounded(ws: Ws) -> Ws {
    ws.max_frame_size(FRAME_MAX)
        .max_message_size(FRAME_MAX)
        .max_write_buffer_size(BEHIND_MAX)
}

/// Sends a message within the time a peer has to read.
pub async fn send(socket: &mut WebSocket, message: Message) -> Result<(), Lost> {
    match timeout(WRITE, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Lost),
    }
}

/// A binary message.
pub async fn send_bytes(socket: &mut WebSocket, bytes: Bytes) -> Result<(), Lost> {
    send(socket, Message::binary(bytes)).await
}

impl Wire for WebSocket {
    async fn hear(&mut self) -> Heard {
        match self.next().await {
            None => Heard::Gone,
            Some(Ok(message)) if message.is_close() => Heard::Gone,
            Some(Ok(message)) => match message.to_str() {
                Ok(text) => Heard::Text(text.to_owned()),
                Err(()) if message.is_binary() => Heard::Binary,
                Err(()) => Heard::Alive,
            },
            Some(Err(error)) => {
                tracing::debug!(%error, "a socket broke");
                // The library tells its kinds of errors apart by their words alone.
                if error.to_string().to_ascii_lowercase().contains("too long") {
                    Heard::TooLong
                } else {
                    Heard::Gone
                }
            }
        }
    }

    async fn say(&mut self, text: String) -> Result<(), Lost> {
        send(self, Message::text(text)).await
    }

    async fn ping(&mut self) -> Result<(), Lost> {
        send(self, Message::ping(Bytes::new())).await
    }

    /// Waits for the peer's own close, so that what was said last is not lost to a reset.
    async fn leave(mut self, code: u16, reason: &'static str) {
        if send(&mut self, Message::close_with(code, reason)).await.is_err() {
            return;
        }
        if code == TOO_BIG {
            // What is left of that message cannot be read any more; a peer that is cut off while it sends
            // would never see the answer.
            return sleep(CLOSE).await;
        }
        let until = Instant::now() + CLOSE;
        while let Ok(Some(Ok(message))) = timeout_at(until, self.next()).await {
            if message.is_close() {
                return;
            }
        }
    }
}
