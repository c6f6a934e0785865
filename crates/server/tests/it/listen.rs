//! The port itself: slow, silent and crowded connections, and the end.

use crate::regie::{Regie, get, lan, talk};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn the_first_byte_decides() {
    let regie = Regie::start().await;
    assert_eq!(regie.ask(get("/api/v1/event")).await.status, 200);
    assert_eq!(regie.ask(get("/api/v1/event").tls()).await.status, 200);
    let mut garbage = TcpStream::connect(("127.0.0.1", regie.port)).await.unwrap();
    garbage.write_all(&[0x16, 3, 1, 0, 4, 9, 0, 0, 0]).await.unwrap();
    let mut heard = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(5), garbage.read_to_end(&mut heard))
        .await
        .unwrap();
    let link = regie.link(crate::regie::HERE, false).await;
    assert_eq!(talk(link, "GET / HTTP/9\r\n\r\n").await.status, 400);
    assert_eq!(regie.ask(get("/api/v1/event").tls()).await.status, 200);
}

#[tokio::test]
async fn a_request_head_that_is_too_long_is_refused() {
    let regie = Regie::start().await;
    let long = get("/api/v1/event").with("x-long", "y".repeat(80_000));
    assert_eq!(regie.ask(long).await.status, 431);
    let mut many = get("/api/v1/event");
    for n in 0..150 {
        many = many.with(&format!("x-{n}"), "y");
    }
    assert_eq!(regie.ask(many).await.status, 431);
}

/// Ten seconds are what a slow head is given; nothing shorter would tell it from a bad Wi-Fi.
#[tokio::test]
async fn a_request_head_that_never_ends_is_dropped() {
    let regie = Regie::start().await;
    let mut slow = TcpStream::connect(("127.0.0.1", regie.port)).await.unwrap();
    slow.write_all(b"GET /watch HTTP/1.1\r\n").await.unwrap();
    let mut heard = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(14), slow.read_to_end(&mut heard)).await;
    assert!(ended.is_ok(), "the connection still stands");
}

#[tokio::test]
async fn odd_requests_are_answered_and_harm_nobody() {
    let regie = Regie::start().await;
    let host = format!("127.0.0.1:{}", regie.port);
    for (line, expect) in [
        (format!("CONNECT {host} HTTP/1.1"), 400..=405),
        ("OPTIONS * HTTP/1.1".to_owned(), 400..=405),
        (format!("GET http://{host}/api/v1/event HTTP/1.1"), 200..=200),
        ("DELETE /api/v1/show HTTP/1.1".to_owned(), 405..=405),
        ("GET /../../etc/passwd HTTP/1.1".to_owned(), 404..=404),
        (
            "GET /assets/..%2f..%2fetc%2fpasswd HTTP/1.1".to_owned(),
            404..=404,
        ),
        ("GET /api/v1/event?%00%ff HTTP/1.1".to_owned(), 200..=200),
    ] {
        let link = regie.link(crate::regie::HERE, false).await;
        let said = format!("{line}\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        let status = talk(link, &said).await.status;
        assert!(expect.contains(&status), "{line}: {status}");
    }
    let none = talk(
        regie.link(crate::regie::HERE, false).await,
        "GET / HTTP/1.0\r\n\r\n",
    )
    .await;
    assert_eq!(none.status, 403, "no host is none of ours");
    assert_eq!(regie.ask(get("/api/v1/event")).await.status, 200);
}

#[tokio::test]
async fn connections_are_counted_by_address() {
    let Some(lan) = lan() else { return };
    let regie = Regie::with(|config| config.max_connections_per_address = 4).await;
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(TcpStream::connect((lan, regie.port)).await.unwrap());
    }
    let mut fifth = TcpStream::connect((lan, regie.port)).await.unwrap();
    let mut byte = [0u8; 1];
    let read = tokio::time::timeout(Duration::from_secs(3), fifth.read(&mut byte))
        .await
        .unwrap();
    assert!(matches!(read, Ok(0) | Err(_)), "the fifth connection was taken");
    drop(held);
    crate::regie::eventually(async || {
        let link = TcpStream::connect((lan, regie.port)).await.unwrap();
        let ask = format!(
            "GET /ca.crt HTTP/1.1\r\nhost: {lan}:{}\r\nconnection: close\r\n\r\n",
            regie.port
        );
        talk_quietly(link, &ask).await
    })
    .await;
}

async fn talk_quietly(mut link: TcpStream, said: &str) -> bool {
    let mut heard = Vec::new();
    link.write_all(said.as_bytes()).await.is_ok()
        && link.read_to_end(&mut heard).await.is_ok()
        && heard.starts_with(b"HTTP/1.1 200")
}

#[tokio::test]
async fn an_eager_address_is_slowed() {
    let Some(lan) = lan() else { return };
    let regie = Regie::start().await;
    let mut slowed = false;
    for _ in 0..400 {
        slowed |= regie.ask(get("/ca.crt").at(lan)).await.status == 429;
    }
    assert!(slowed);
    assert_eq!(regie.ask(get("/ca.crt")).await.status, 200);
}

#[tokio::test]
async fn wrong_tokens_are_slowed_by_address() {
    let Some(lan) = lan() else { return };
    let regie = Regie::start().await;
    let ask = |token: &str| get("/api/v1/whoami").at(lan).tls().bearer(token);
    let mut last = 0;
    for _ in 0..40 {
        last = regie.ask(ask("wrong")).await.status;
    }
    assert_eq!(last, 429);
    assert_eq!(regie.ask(ask(&regie.operator)).await.status, 429);
    assert_eq!(
        regie
            .ask(get("/api/v1/whoami").bearer(&regie.operator))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn after_the_end_nobody_is_let_in_and_the_show_is_kept() {
    let regie = Regie::start().await;
    let code = regie.code();
    let name = regie_model::Command::NameShow { name: "Gala".into() };
    regie.order(name).await;
    let (port, folder) = (regie.port, regie.folder);
    regie.server.stop().await;
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());

    let mut config = regie_server::Config::in_folder(folder.path());
    config.bind = "127.0.0.1:0".parse().unwrap();
    let media: std::sync::Arc<dyn regie_server::media::Media> =
        std::sync::Arc::new(crate::media::Quiet::default());
    let again = regie_server::start_with(config, move |_, _| Ok(media))
        .await
        .unwrap();
    assert!(
        again.ready().camera.ends_with(&code),
        "yesterday's code is good today"
    );
    let (snapshot, _, _) = again.engine().subscribe().await.unwrap();
    assert_eq!(snapshot.name, "Gala");
    again.stop().await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut config = regie_server::Config::in_folder(folder.path());
    config.bind = taken.local_addr().unwrap();
    let started = regie_server::start_with(config, |_, _| Err("no media".into())).await;
    let said = started.err().unwrap().to_string();
    assert!(said.contains(&taken.local_addr().unwrap().to_string()), "{said}");
}
