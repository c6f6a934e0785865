//! Messages that are malformed, too long, or out of their turn: each gets its error, ten in a row end the
//! socket, and nobody else notices.

use anyhow::{Result, bail};
use regie_tests::{Clip, Codec, Phone, PhoneSettings, Regie, Stream, connect};
use serde_json::json;
use std::sync::Arc;

async fn open(url: &str) -> Result<Stream> {
    match connect(url).await? {
        Ok(stream) => Ok(stream),
        Err(status) => bail!("refused with {status}"),
    }
}

#[tokio::test]
async fn each_wrong_message_gets_its_code() -> Result<()> {
    let regie = Regie::start(&[]).await?;
    let mut stream = open(&regie.camera()).await?;
    let long = format!(r#"{{"type":"streamer","name":"{}"}}"#, "x".repeat(65 * 1024));
    for (message, code) in [
        ("{", "bad_json"),
        ("[]", "bad_json"),
        ("null", "bad_json"),
        (r#"{"type":7}"#, "bad_json"),
        (r#"{"type":"dance"}"#, "unknown_type"),
        (
            r#"{"type":"answer","answer":{"type":"answer","sdp":"v=0\r\n"},"viewerId":"a"}"#,
            "not_now",
        ),
        (r#"{"type":"viewer","viewerId":"a"}"#, "not_now"),
        (long.as_str(), "too_large"),
    ] {
        stream.send_text(message).await?;
        let error = stream.expect("error").await?;
        assert_eq!(
            error["code"],
            code,
            "{}: {error}",
            &message[..message.len().min(60)]
        );
    }
    stream.send(&json!({ "type": "streamer", "name": "Léa" })).await?;
    stream.expect("newViewer").await?;
    for sdp in [
        "",
        "v=0",
        "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n",
        &"a=x\r\n".repeat(10_000),
    ] {
        stream
            .send(&json!({ "type": "offer", "offer": { "type": "offer", "sdp": sdp }, "viewerId": "regie" }))
            .await?;
        stream.expect("error").await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_tenth_wrong_message_in_a_row_ends_the_socket() -> Result<()> {
    let regie = Regie::start(&[]).await?;
    let mut stream = open(&regie.camera()).await?;
    for _ in 0..9 {
        stream.send_text("nonsense").await?;
        stream.expect("error").await?;
    }
    stream.send(&json!({ "type": "streamer" })).await?;
    stream.expect("newViewer").await?;
    for _ in 0..10 {
        stream.send_text("nonsense").await?;
        stream.expect("error").await?;
    }
    assert_eq!(stream.next().await?, Err(1008));
    Ok(())
}

#[tokio::test]
async fn one_phone_s_nonsense_is_another_s_nothing() -> Result<()> {
    let regie = Regie::start(&[]).await?;
    let clip = Arc::new(Clip::encode(Codec::Vp8, 1, 640, 360, 2)?);
    let mut phone = Phone::join(regie.camera(), clip, PhoneSettings::default());
    phone.until("the phone sends", |state| state.sent > 10).await?;
    for _ in 0..5 {
        let mut stream = open(&regie.camera()).await?;
        for _ in 0..10 {
            stream.send_text("\u{0}".repeat(100)).await?;
        }
        while stream.next().await?.is_ok() {}
    }
    let before = phone.state();
    phone
        .until("the phone sends on", |state| state.sent > before.sent + 30)
        .await?;
    assert!(phone.state().ended.is_none());
    Ok(())
}

#[tokio::test]
async fn control_refuses_what_it_cannot_do_and_goes_on() -> Result<()> {
    let regie = Regie::start(&[]).await?;
    let mut stream = open(&regie.socket("/control", &regie.ready.operator)).await?;
    assert!(
        stream
            .next()
            .await?
            .is_ok_and(|first| first["snapshot"].is_object())
    );
    for (command, code) in [
        (json!({ "type": "fly" }), "bad_command"),
        (
            json!({ "type": "nameShow", "name": "x", "more": 1 }),
            "bad_command",
        ),
        (
            json!({ "type": "renameSource", "source": 999, "name": "x" }),
            "no_such_source",
        ),
        (
            json!({ "type": "cut", "scene": { "layout": "sideBySide", "sources": [null] } }),
            "bad_scene",
        ),
        (
            json!({ "type": "setTransition", "transition": { "type": "mix", "durationMs": 1 } }),
            "out_of_range",
        ),
    ] {
        stream.send(&json!({ "id": 5, "command": command })).await?;
        let answer = loop {
            match stream.next().await? {
                Ok(message) if message["id"] == 5 => break message,
                Ok(_) => {}
                Err(code) => bail!("closed with {code}"),
            }
        };
        assert_eq!(answer["refused"]["code"], code, "{command}: {answer}");
    }
    Ok(())
}
