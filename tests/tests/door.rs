//! Who is let in, and what a token that is wrong, missing, foreign or ended gets.

use anyhow::Result;
use regie_model::{Command, Role};
use regie_tests::{Clip, Codec, Viewer, ViewerSettings};
use regie_tests::{Phone, PhoneSettings, Regie, connect, eventually, get, post};
use std::{sync::Arc, time::Duration};

/// The status with which an upgrade is refused; an accepted one is 101.
async fn status(url: &str) -> Result<u16> {
    Ok(match connect(url).await? {
        Ok(stream) => {
            stream.close().await;
            101
        }
        Err(status) => status,
    })
}

#[tokio::test]
async fn a_socket_opens_for_its_role_only() -> Result<()> {
    let regie = Regie::start(&[]).await?;
    let viewer = regie.token(Role::Viewer).await?;
    let (operator, camera) = (regie.ready.operator.clone(), regie.ready.camera.clone());
    for (path, token, expect) in [
        ("/control", operator.as_str(), 101),
        ("/control", camera.as_str(), 401),
        ("/control", viewer.as_str(), 401),
        ("/control", "", 401),
        ("/control", "wrong", 401),
        ("/stream", operator.as_str(), 101),
        ("/stream", camera.as_str(), 101),
        ("/stream", viewer.as_str(), 101),
        ("/stream", "wrong", 401),
        ("/stream/", camera.as_str(), 404),
        ("/elsewhere", operator.as_str(), 404),
        ("/operator", operator.as_str(), 404),
        ("/", operator.as_str(), 404),
    ] {
        let met = status(&regie.socket(path, token)).await?;
        assert_eq!(
            met,
            expect,
            "{path} with {}",
            if token.is_empty() { "nothing" } else { "a token" }
        );
    }
    let bare = format!("ws://127.0.0.1:{}/stream", regie.ready.port);
    assert_eq!(status(&bare).await?, 401, "/stream with no token at all");
    Ok(())
}

#[tokio::test]
async fn http_answers_each_role_what_is_its_own() -> Result<()> {
    let regie = Regie::start(&[]).await?;
    let port = regie.ready.port;
    let operator = Some(regie.ready.operator.as_str());
    let camera = Some(regie.ready.camera.as_str());
    for (path, token, expect) in [
        ("/api/v1/show", operator, 200),
        ("/api/v1/show", camera, 401),
        ("/api/v1/show", None, 401),
        ("/api/v1/show", Some("wrong"), 401),
        ("/metrics", operator, 200),
        ("/metrics", None, 401),
        ("/qr/camera.svg", operator, 200),
        ("/qr/camera.svg", None, 401),
        ("/api/v1/event", None, 200),
        ("/api/v1/viewer-token", None, 200),
        ("/api/v1/whoami", camera, 200),
        ("/nowhere", operator, 404),
    ] {
        let answer = get(port, path, token).await?;
        assert_eq!(answer.status, expect, "{path}: {}", answer.body);
    }
    // Ready is said before the mixer has drawn its first frame.
    eventually("program runs", Duration::from_secs(10), async || {
        match get(port, "/healthz", None).await {
            Ok(answer) if answer.status == 200 => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await?;
    let rename = r#"{"type":"nameShow","name":"Fête"}"#;
    assert_eq!(post(port, "/api/v1/commands", None, rename).await?.status, 401);
    assert_eq!(post(port, "/api/v1/commands", operator, "{").await?.status, 400);
    assert_eq!(
        post(port, "/api/v1/commands", operator, rename).await?.status,
        200
    );
    let show = get(port, "/api/v1/show", operator).await?;
    assert!(show.body.contains("Fête"), "{}", show.body);
    Ok(())
}

#[tokio::test]
async fn a_revoked_token_puts_its_bearers_out_at_once() -> Result<()> {
    let regie = Regie::start(&[]).await?;
    let mut operator = regie.operator().await?;
    let (camera_id, camera) = operator.token(Role::Camera, None).await?;
    let (viewer_id, viewer) = operator.token(Role::Viewer, None).await?;
    let clip = Arc::new(Clip::encode(Codec::H264, 1, 640, 360, 2)?);
    let camera_at = regie.socket("/stream", camera.reveal());
    let viewer_at = regie.socket("/stream", viewer.reveal());
    let mut phone = Phone::join(camera_at.clone(), clip, PhoneSettings::default());
    phone.until("the phone sends", |state| state.sent > 10).await?;
    let mut watcher = Viewer::join(viewer_at.clone(), ViewerSettings::default());
    watcher
        .until("the viewer watches", |heard| heard.pictures > 10)
        .await?;

    operator.order(Command::RevokeToken { token: camera_id }).await?;
    let state = phone
        .until("the phone is put out", |state| state.ended.is_some())
        .await?;
    assert!(state.ended.unwrap_or_default().contains("revoked"));
    operator.order(Command::RevokeToken { token: viewer_id }).await?;
    let heard = watcher
        .until("the viewer is put out", |heard| heard.ended.is_some())
        .await?;
    assert!(heard.ended.unwrap_or_default().contains("revoked"));
    assert_eq!(status(&camera_at).await?, 401);
    assert_eq!(status(&viewer_at).await?, 401);
    Ok(())
}

#[tokio::test]
async fn a_rotated_join_code_lets_nobody_in_any_more_and_keeps_who_is_in() -> Result<()> {
    let regie = Regie::start(&[]).await?;
    let mut operator = regie.operator().await?;
    let clip = Arc::new(Clip::encode(Codec::H264, 1, 640, 360, 2)?);
    let mut phone = Phone::join(regie.camera(), clip, PhoneSettings::default());
    phone.until("the phone sends", |state| state.sent > 10).await?;
    let old = operator.show.links.camera.clone();
    operator.order(Command::RotateJoinCode).await?;
    operator
        .until("the link changed", |show| show.links.camera != old)
        .await?;
    assert_eq!(status(&regie.camera()).await?, 401);
    let sent = phone.state().sent;
    phone
        .until("the phone still sends", |state| state.sent > sent + 30)
        .await?;
    Ok(())
}

#[tokio::test]
async fn an_expired_token_opens_nothing() -> Result<()> {
    let regie = Regie::start(&[]).await?;
    let mut operator = regie.operator().await?;
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)?
        .as_millis() as u64;
    let (_, secret) = operator.token(Role::Viewer, Some(now + 1500)).await?;
    let url = regie.socket("/stream", secret.reveal());
    assert_eq!(status(&url).await?, 101);
    eventually(
        "the token ended",
        Duration::from_secs(10),
        async || match status(&url).await {
            Ok(401) => Ok(()),
            other => Err(format!("{other:?}")),
        },
    )
    .await
}
