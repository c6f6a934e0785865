//! The little HTTP that the tests need, spoken by hand: nothing is followed, retried or kept alive.

use anyhow::{Context, Result};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// What the server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// 200 …
    pub status: u16,
    /// As sent, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
}

impl Answer {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// It is none.
    pub fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_str(&self.body).with_context(|| self.body.clone())
    }
}

/// `GET path` from `127.0.0.1:port`.
///
/// # Errors
/// No answer, or no HTTP.
pub async fn get(port: u16, path: &str, token: Option<&str>) -> Result<Answer> {
    ask(port, "GET", path, token, "").await
}

/// `POST` of a JSON body.
///
/// # Errors
/// No answer, or no HTTP.
pub async fn post(port: u16, path: &str, token: Option<&str>, body: &str) -> Result<Answer> {
    ask(port, "POST", path, token, body).await
}

async fn ask(port: u16, method: &str, path: &str, token: Option<&str>, body: &str) -> Result<Answer> {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await?;
    let bearer = token.map_or(String::new(), |token| {
        format!("Authorization: Bearer {token}\r\n")
    });
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n{bearer}\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(request.as_bytes()).await?;
    let mut raw = Vec::new();
    socket.read_to_end(&mut raw).await?;
    let text = String::from_utf8_lossy(&raw);
    let (head, body) = text
        .split_once("\r\n\r\n")
        .context("an answer with no end of its head")?;
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let chunked = headers
        .iter()
        .any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    Ok(Answer {
        status: status.with_context(|| head.to_owned())?,
        body: if chunked { unchunk(body) } else { body.to_owned() },
        headers,
    })
}

/// Joins the chunks of a body; one that ends early gives what there is.
fn unchunk(mut rest: &str) -> String {
    let mut whole = String::new();
    while let Some((size, tail)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        let (Some(chunk), Some(after)) = (tail.get(..size), tail.get(size + 2..)) else {
            break;
        };
        if size == 0 {
            break;
        }
        whole.push_str(chunk);
        rest = after;
    }
    whole
}
