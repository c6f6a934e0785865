//! Certificates as clients meet them.

use crate::regie::{Regie, connector, get, lan};
use regie_server::tls::OwnCertificate;
use rustls::pki_types::ServerName;
use std::time::Duration;
use tokio::net::TcpStream;

async fn accepted(regie: &Regie, authority: &str, name: &str) -> bool {
    let stream = TcpStream::connect(("127.0.0.1", regie.port)).await.unwrap();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    connector(authority).connect(name, stream).await.is_ok()
}

#[tokio::test]
async fn the_certificate_names_every_address_and_name() {
    let regie = Regie::start().await;
    let authority = regie.ask(get("/ca.crt")).await.body;
    assert_eq!(authority, regie.server.authority());
    for name in ["127.0.0.1", "::1", "localhost"] {
        assert!(accepted(&regie, &authority, name).await, "{name}");
    }
    if let Some(lan) = lan() {
        assert!(accepted(&regie, &authority, &lan.to_string()).await, "{lan}");
        assert!(regie.server.ready().camera.contains(&lan.to_string()));
    }
    assert!(!accepted(&regie, &authority, "evil.example").await);
    let other = Regie::start().await;
    assert!(!accepted(&regie, other.server.authority(), "localhost").await);
}

/// A certificate for one name, signed by itself.
fn own(folder: &std::path::Path, name: &str) -> (OwnCertificate, String) {
    let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let own = OwnCertificate {
        certificate: folder.join("own.crt"),
        key: folder.join("own.key"),
    };
    std::fs::write(&own.key, made.signing_key.serialize_pem()).unwrap();
    std::fs::write(&own.certificate, made.cert.pem()).unwrap();
    (own, made.cert.pem())
}

#[tokio::test]
async fn the_operators_certificate_is_served_for_its_name_and_taken_again_when_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    let (given, first) = own(folder.path(), "regie.example.org");
    let regie = Regie::with(|config| config.own_certificate = Some(given)).await;
    assert!(accepted(&regie, &first, "regie.example.org").await);
    assert!(accepted(&regie, regie.server.authority(), "localhost").await);
    let camera = regie.server.ready().camera;
    assert!(camera.starts_with("https://regie.example.org:"), "{camera}");
    let host = get("/api/v1/event").with("host", format!("regie.example.org:{}", regie.port));
    assert_eq!(regie.ask(host).await.status, 200);

    // The files' times have a resolution; a change within it would not be one.
    tokio::time::sleep(Duration::from_millis(20)).await;
    let (_, second) = own(folder.path(), "fete.example.org");
    for _ in 0..60 {
        if accepted(&regie, &second, "fete.example.org").await {
            assert!(
                regie
                    .server
                    .ready()
                    .camera
                    .starts_with("https://fete.example.org:")
            );
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the new certificate was never served");
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_named_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let (given, _) = own(folder.path(), "a.example.org");
    std::fs::write(&given.certificate, "nonsense").unwrap();
    let mut config = regie_server::Config::in_folder(folder.path());
    config.bind = "127.0.0.1:0".parse().unwrap();
    config.own_certificate = Some(given);
    let started = regie_server::start_with(config, |_, _| Err("no media".into())).await;
    let said = started.err().unwrap().to_string();
    assert!(said.contains("own.crt"), "{said}");
}
