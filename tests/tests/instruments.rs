//! The instruments measure themselves before they measure the régie: a phone sends to a viewer through nothing
//! but a relay of their messages.

use anyhow::{Context, Result};
use futures_util::{SinkExt, StreamExt};
use regie_tests::{Clip, Codec, Phone, PhoneSettings, Viewer, ViewerSettings};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
};
use tokio_tungstenite::{WebSocketStream, accept_async, tungstenite::Message};

/// Accepts a phone, then a viewer, and carries the phone's offer over and the viewer's answer back.
async fn relay(listener: TcpListener, phone_is_in: oneshot::Sender<()>) -> Result<()> {
    let mut phone = accept_async(listener.accept().await?.0).await?;
    hear(&mut phone, "streamer").await?;
    let _ = phone_is_in.send(());
    let mut viewer = accept_async(listener.accept().await?.0).await?;
    hear(&mut viewer, "viewer").await?;
    say(&mut phone, json!({ "type": "newViewer", "viewerId": "v" })).await?;
    let offer = hear(&mut phone, "offer").await?;
    say(&mut viewer, offer).await?;
    let answer = hear(&mut viewer, "answer").await?;
    say(&mut phone, answer).await?;
    std::future::pending().await
}

async fn hear(socket: &mut WebSocketStream<TcpStream>, kind: &str) -> Result<Value> {
    let message = socket.next().await.context("closed")??;
    let value: Value = serde_json::from_str(message.to_text()?)?;
    anyhow::ensure!(value["type"] == kind, "{value}");
    Ok(value)
}

async fn say(socket: &mut WebSocketStream<TcpStream>, message: Value) -> Result<()> {
    Ok(socket.send(Message::text(message.to_string())).await?)
}

#[tokio::test]
async fn a_phone_reaches_a_viewer_in_both_codecs() -> Result<()> {
    for codec in [Codec::H264, Codec::Vp8] {
        let clip = Arc::new(Clip::encode(codec, 1, 640, 360, 2)?);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("ws://{}/stream", listener.local_addr()?);
        let (tell, phone_is_in) = oneshot::channel();
        let relay = tokio::spawn(relay(listener, tell));
        let mut phone = Phone::join(url.clone(), clip, PhoneSettings::default());
        phone_is_in.await?;
        let mut viewer = Viewer::join(url, ViewerSettings::default());
        phone
            .until("the phone is connected", |state| state.connected)
            .await?;
        let heard = viewer
            .until("pictures and sound", |heard| {
                heard.pictures >= 45 && heard.sounds >= 50
            })
            .await?;
        assert!(heard.bytes > 45 * 500, "{codec:?}: {heard:?}");
        relay.abort();
    }
    Ok(())
}
