//! A régie of one's own, without pictures, and clients that speak to it by hand.

use crate::media::Quiet;
use futures_util::{SinkExt, StreamExt};
use regie_model::{Command, Reply, Role, Secret, TokenId};
use regie_server::{Config, Server, start_with};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use serde_json::Value;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Message;
use tokio_tungstenite::tungstenite::{Error, client::IntoClientRequest};

pub const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

pub trait Link: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Link for T {}

/// What is asked, and from where.
#[derive(Clone, Debug)]
pub struct Ask {
    pub method: &'static str,
    pub path: String,
    /// Loopback, or the LAN's address of this machine, from which it then comes too.
    pub at: IpAddr,
    pub tls: bool,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

pub fn get(path: impl Into<String>) -> Ask {
    Ask {
        method: "GET",
        path: path.into(),
        at: HERE,
        tls: false,
        headers: Vec::new(),
        body: String::new(),
    }
}

pub fn post(path: impl Into<String>, body: impl Into<String>) -> Ask {
    Ask {
        method: "POST",
        body: body.into(),
        ..get(path)
    }
}

impl Ask {
    pub fn at(self, at: IpAddr) -> Self {
        Self { at, ..self }
    }

    pub fn tls(self) -> Self {
        Self { tls: true, ..self }
    }

    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub fn bearer(self, token: &str) -> Self {
        self.with("authorization", format!("Bearer {token}"))
    }
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }
}

/// A running server; the last of its folder goes with it.
pub struct Regie {
    pub server: Server,
    pub media: Quiet,
    pub port: u16,
    pub operator: String,
    pub folder: TempDir,
}

impl Regie {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// Every address, a free port, and what `change` makes of the rest.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::in_folder(folder.path());
        config.bind = "0.0.0.0:0".parse().unwrap();
        change(&mut config);
        let media = Quiet::default();
        let given: Arc<dyn regie_server::media::Media> = Arc::new(media.clone());
        let server = start_with(config, move |_, _| Ok(given)).await.unwrap();
        let ready = server.ready();
        Self {
            port: server.port(),
            operator: ready.token,
            server,
            media,
            folder,
        }
    }

    /// The join code.
    pub fn code(&self) -> String {
        let camera = self.server.ready().camera;
        camera.rsplit('/').next().unwrap().to_owned()
    }

    pub async fn order(&self, command: Command) -> Option<Reply> {
        let by = regie_model::By("test".into());
        let fresh = regie_server::chance::secret();
        self.server.engine().command(command, by, fresh).await.unwrap()
    }

    pub async fn token(&self, role: Role) -> (TokenId, String) {
        let make = Command::CreateToken {
            role,
            name: "somebody".into(),
            expires: None,
        };
        match self.order(make).await {
            Some(Reply::Token { id, secret }) => {
                // The door hears of it by an effect, in its own time.
                let known = || async {
                    self.ask(get("/api/v1/whoami").bearer(secret.reveal()))
                        .await
                        .status
                };
                eventually(async || known().await == 200).await;
                (id, Secret::reveal(&secret).to_owned())
            }
            other => panic!("no token: {other:?}"),
        }
    }

    pub async fn link(&self, at: IpAddr, tls: bool) -> Box<dyn Link> {
        let stream = TcpStream::connect((at, self.port)).await.unwrap();
        if !tls {
            return Box::new(stream);
        }
        let name = ServerName::from(at);
        Box::new(
            connector(self.server.authority())
                .connect(name, stream)
                .await
                .unwrap(),
        )
    }

    pub async fn ask(&self, ask: Ask) -> Answer {
        let link = self.link(ask.at, ask.tls).await;
        let host = ask.at;
        let own_host = ask.headers.iter().any(|(name, _)| name == "host");
        let mut head = format!("{} {} HTTP/1.1\r\nconnection: close\r\n", ask.method, ask.path);
        if !own_host {
            head += &format!("host: {host}:{}\r\n", self.port);
        }
        for (name, value) in &ask.headers {
            head += &format!("{name}: {value}\r\n");
        }
        if ask.method == "POST" {
            head += &format!("content-length: {}\r\n", ask.body.len());
        }
        talk(link, &format!("{head}\r\n{}", ask.body)).await
    }

    /// A WebSocket, or the status with which it was refused.
    pub async fn socket(&self, ask: Ask) -> Result<Socket, u16> {
        let link = self.link(ask.at, ask.tls).await;
        let scheme = if ask.tls { "wss" } else { "ws" };
        let mut request = format!("{scheme}://{}:{}{}", ask.at, self.port, ask.path)
            .into_client_request()
            .unwrap();
        for (name, value) in &ask.headers {
            let name: http::HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        match tokio_tungstenite::client_async(request, link).await {
            Ok((socket, _)) => Ok(Socket(socket)),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    pub async fn stream(&self, token: &str) -> Socket {
        self.socket(get(format!("/stream?token={token}"))).await.unwrap()
    }

    pub async fn control(&self) -> Socket {
        self.socket(get("/control").bearer(&self.operator)).await.unwrap()
    }
}

/// Says something and reads until the other side closes.
pub async fn talk(mut link: Box<dyn Link>, said: &str) -> Answer {
    link.write_all(said.as_bytes()).await.unwrap();
    let mut raw = Vec::new();
    // A TLS peer that closes without a notice has still said what it said.
    let _ = link.read_to_end(&mut raw).await;
    let text = String::from_utf8_lossy(&raw);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    Answer {
        status: status.unwrap_or(0),
        headers: lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect(),
        body: body.to_owned(),
    }
}

/// A TLS client that trusts this authority and nobody else.
pub fn connector(authority: &str) -> TlsConnector {
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

pub struct Socket(pub WebSocketStream<Box<dyn Link>>);

impl Socket {
    pub async fn say(&mut self, message: Value) {
        self.text(message.to_string()).await;
    }

    pub async fn text(&mut self, text: impl Into<String>) {
        self.0.send(Message::text(text.into())).await.unwrap();
    }

    /// The next JSON message, or the code with which the server closed; 1006 where it said none.
    pub async fn hear(&mut self) -> Result<Value, u16> {
        let next = async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                    Some(Ok(Message::Close(frame))) => {
                        return Err(frame.map_or(1006, |frame| frame.code.into()));
                    }
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return Err(1006),
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(10), next)
            .await
            .expect("nothing was said")
    }

    /// The next message of this type.
    pub async fn expect(&mut self, kind: &str) -> Value {
        loop {
            match self.hear().await {
                Ok(message) if message["type"] == kind => return message,
                Ok(_) => {}
                Err(code) => panic!("closed with {code} before {kind}"),
            }
        }
    }

    /// The code with which the server closes.
    pub async fn end(&mut self) -> u16 {
        loop {
            if let Err(code) = self.hear().await {
                return code;
            }
        }
    }
}

/// The LAN's address of this machine; `None` where it has none, and then what needs one is not tested.
pub fn lan() -> Option<IpAddr> {
    regie_server::addresses::current()
        .into_iter()
        .find(IpAddr::is_ipv4)
}

pub async fn eventually(mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..200 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it never came true");
}
