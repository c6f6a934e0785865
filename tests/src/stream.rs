//! A WebSocket of the régie's, spoken as JSON.

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message},
};

/// An open WebSocket.
pub struct Stream {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// Opens a WebSocket. The outer error is the network's; the inner one is the status with which the server
/// refused the upgrade.
///
/// # Errors
/// No connection, or no HTTP.
pub async fn connect(url: &str) -> Result<Result<Stream, u16>> {
    match connect_async(url).await {
        Ok((socket, _)) => Ok(Ok(Stream { socket })),
        Err(Error::Http(response)) => Ok(Err(response.status().as_u16())),
        Err(error) => Err(error).with_context(|| url.to_owned()),
    }
}

impl Stream {
    /// Sends one JSON message.
    ///
    /// # Errors
    /// The socket is closed.
    pub async fn send(&mut self, message: &Value) -> Result<()> {
        self.send_text(message.to_string()).await
    }

    /// Sends any text, well formed or not.
    ///
    /// # Errors
    /// The socket is closed.
    pub async fn send_text(&mut self, text: impl Into<String>) -> Result<()> {
        Ok(self.socket.send(Message::text(text.into())).await?)
    }

    /// The next JSON message; `Err` inside is the code with which the server closed, 1006 where it said none.
    ///
    /// # Errors
    /// What came is no JSON.
    pub async fn next(&mut self) -> Result<Result<Value, u16>> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => return Ok(Ok(serde_json::from_str(&text)?)),
                Some(Ok(Message::Close(frame))) => {
                    return Ok(Err(frame.map_or(1006, |frame| frame.code.into())));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Ok(Err(1006)),
            }
        }
    }

    /// The next message with this `type`, others passed over.
    ///
    /// # Errors
    /// It did not come within 10 s, or the socket closed; the messages seen are in the error.
    pub async fn expect(&mut self, kind: &str) -> Result<Value> {
        let mut seen = Vec::new();
        let wait = tokio::time::timeout(Duration::from_secs(10), async {
            loop {
                match self.next().await? {
                    Ok(message) if message["type"] == kind => return Ok(message),
                    Ok(message) => seen.push(message.to_string()),
                    Err(code) => bail!("closed with {code}"),
                }
            }
        });
        match wait.await {
            Ok(Ok(message)) => Ok(message),
            Ok(Err(error)) => Err(error.context(format!("no {kind}; seen: {seen:?}"))),
            Err(_) => bail!("no {kind} within 10 s; seen: {seen:?}"),
        }
    }

    /// Closes properly.
    pub async fn close(mut self) {
        let _ = self.socket.close(None).await;
    }
}
