//! What the network gets: the audience over plain http, everything else over https with a certificate that the
//! local authority stands for, and nobody keeps a connection by saying nothing.

use anyhow::{Context, Result, bail};
use regie_tests::{Regie, eventually};
use std::{
    net::IpAddr,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::Command,
};

/// This machine's address on its network; `None` where it has none but loopback.
fn lan() -> Option<IpAddr> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|ip| !ip.is_loopback() && !ip.is_unspecified())
}

/// Status and `Location`, by curl: no redirect is followed.
async fn curl(arguments: &[&str]) -> Result<(u16, String)> {
    let output = Command::new("curl")
        .args([
            "-sS",
            "-o",
            "/dev/null",
            "-m",
            "10",
            "-w",
            "%{http_code} %{redirect_url}",
        ])
        .args(arguments)
        .output()
        .await
        .context("curl does not start")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let (status, location) = said.split_once(' ').unwrap_or((&said, ""));
    if !output.status.success() {
        bail!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok((status.parse()?, location.to_owned()))
}

#[tokio::test]
async fn over_plain_http_the_lan_gets_the_audience_and_trust_only() -> Result<()> {
    let Some(lan) = lan() else {
        println!("this machine is on no network: nothing to test");
        return Ok(());
    };
    let regie = Regie::start_on("0.0.0.0:0", &[]).await?;
    let port = regie.ready.port;
    for (path, expect) in [
        ("/watch", 200),
        ("/trust", 200),
        ("/ca.crt", 200),
        ("/api/v1/viewer-token", 200),
        ("/operator", 308),
        ("/camera", 308),
        ("/j/abcdef", 308),
        ("/api/v1/show", 308),
    ] {
        let (status, location) = curl(&[&format!("http://{lan}:{port}{path}")]).await?;
        assert_eq!(status, expect, "{path}");
        if expect == 308 {
            assert_eq!(location, format!("https://{lan}:{port}{path}"));
        }
    }
    // An operator's token is not taken in the clear, wherever it stands.
    let (status, _) = curl(&[&format!(
        "http://{lan}:{port}/api/v1/whoami?token={}",
        regie.ready.operator
    )])
    .await?;
    assert_ne!(status, 200, "an operator's token was taken over plain http");
    Ok(())
}

#[tokio::test]
async fn the_certificate_is_good_for_every_address_and_the_authority_can_be_fetched() -> Result<()> {
    let regie = Regie::start_on("0.0.0.0:0", &[]).await?;
    let port = regie.ready.port;
    let authority = regie.folder().path().join("fetched.crt");
    let file = authority.to_str().context("a path that is no text")?;
    let fetched = Command::new("curl")
        .args(["-sSf", "-o", file, &format!("http://127.0.0.1:{port}/ca.crt")])
        .status();
    assert!(fetched.await?.success());
    // What a phone installs may be DER; curl wants PEM.
    let pem = Command::new("openssl")
        .args(["x509", "-inform", "der", "-in", file, "-out", file])
        .output()
        .await;
    drop(pem);
    let mut hosts = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
    hosts.extend(lan().map(|lan| lan.to_string()));
    for host in hosts {
        let (status, _) = curl(&["--cacert", file, &format!("https://{host}:{port}/api/v1/event")]).await?;
        assert_eq!(status, 200, "https://{host}");
    }
    Ok(())
}

#[tokio::test]
async fn a_connection_that_says_nothing_or_stops_in_the_middle_is_closed() -> Result<()> {
    let regie = Regie::start(&[]).await?;
    let port = regie.ready.port;
    let before = regie.figures()?.descriptors;
    let mut silent = Vec::new();
    for start in [
        "",
        "G",
        "GET /stream HTTP/1.1\r\nHost: 127.0.0.1",
        "\u{16}\u{3}\u{1}",
    ] {
        for _ in 0..10 {
            let mut socket = TcpStream::connect(("127.0.0.1", port)).await?;
            socket.write_all(start.as_bytes()).await?;
            silent.push(socket);
        }
    }
    let begun = Instant::now();
    let answer = regie_tests::get(port, "/api/v1/event", None).await?;
    assert_eq!(answer.status, 200, "the others are served meanwhile");
    for socket in &mut silent {
        let mut rest = Vec::new();
        let end = tokio::time::timeout(Duration::from_secs(40), socket.read_to_end(&mut rest)).await;
        assert!(
            end.is_ok(),
            "a silent connection was still open after {:?}",
            begun.elapsed()
        );
    }
    eventually(
        "their descriptors are free again",
        Duration::from_secs(10),
        async || {
            let now = regie.figures().map_or(usize::MAX, |figures| figures.descriptors);
            if now <= before + 3 {
                Ok(())
            } else {
                Err((before, now))
            }
        },
    )
    .await
}
