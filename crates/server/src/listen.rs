//! The one port: connections are taken, counted, told apart by their first byte, and served.

use crate::answer::{self, Response};
use crate::app::App;
use crate::limits::{Seat, Seats};
use crate::policy::Peer;
use crate::stall::Patient;
use http::StatusCode;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use warp::filters::BoxedFilter;

/// The first byte of a TLS handshake record (RFC 8446, section 5.1).
const TLS: u8 = 0x16;
/// How long a connection may take to say its first byte, and to shake hands.
const HELLO: Duration = Duration::from_secs(10);
/// How long the headers of a request may take; a connection kept alive may be silent as long.
const HEADERS: Duration = Duration::from_secs(10);
/// How long a request may take, from the end of its head to the beginning of its answer.
const REQUEST: Duration = Duration::from_secs(20);
/// How long a peer may leave what it is sent unread or unacknowledged.
const STALL: Duration = Duration::from_secs(10);
/// The longest request head, in bytes.
const HEAD_MAX: usize = 32 * 1024;
/// What the system may hold unsent for a connection, in bytes: little, so that what is dropped for a slow
/// reader is dropped here, where it is known what matters.
const UNSENT: u32 = 128 * 1024;

/// Takes connections until it is told to stop, then lets requests under way end.
pub async fn listen(
    listener: TcpListener,
    app: Arc<App>,
    tls: Arc<ServerConfig>,
    mut stop: watch::Receiver<bool>,
) {
    let seats = Seats::new(app.config.max_connections, app.config.max_connections_per_address);
    let shared = Arc::new(Shared {
        routes: crate::routes::filter(Arc::clone(&app)),
        app,
        tls: TlsAcceptor::from(tls),
        stop: stop.clone(),
    });
    loop {
        let taken = tokio::select! {
            taken = listener.accept() => taken,
            () = stopped(&mut stop) => break,
        };
        match taken {
            Ok((stream, address)) => match seats.take(address.ip()) {
                Some(seat) => {
                    shared.app.counts.connections.fetch_add(1, Ordering::Relaxed);
                    tokio::spawn(Arc::clone(&shared).serve(stream, address, seat));
                }
                None => {
                    shared.app.counts.turned_away.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!(from = %address.ip(), "turned away: too many connections");
                }
            },
            Err(error) => {
                // Out of descriptors, mostly: waiting is what helps.
                tracing::error!(%error, "no connection can be taken");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Waits until the server is to stop, or is gone.
pub async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that the server is gone.
    let _ = stop.wait_for(|stop| *stop).await;
}

struct Shared {
    app: Arc<App>,
    routes: BoxedFilter<(Response,)>,
    tls: TlsAcceptor,
    stop: watch::Receiver<bool>,
}

impl Shared {
    async fn serve(self: Arc<Self>, stream: TcpStream, address: SocketAddr, seat: Seat) {
        if let Err(error) = tune(&stream) {
            tracing::debug!(%error, "a connection could not be tuned");
        }
        let mut first = [0u8; 1];
        let secure = match timeout(HELLO, stream.peek(&mut first)).await {
            Ok(Ok(1)) => first[0] == TLS,
            _ => return,
        };
        let peer = Peer { address, secure };
        if !secure {
            return self.http(stream, peer, seat).await;
        }
        match timeout(HELLO, self.tls.accept(stream)).await {
            Ok(Ok(stream)) => self.http(stream, peer, seat).await,
            Ok(Err(error)) => {
                self.app.counts.tls_failures.fetch_add(1, Ordering::Relaxed);
                tracing::debug!(from = %address.ip(), %error, "a TLS handshake failed");
            }
            Err(_) => {
                self.app.counts.tls_failures.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    async fn http<S>(&self, stream: S, peer: Peer, seat: Seat)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let mut stop = self.stop.clone();
        let service = WithPeer {
            peer,
            inner: TowerToHyperService::new(warp::service(self.routes.clone())),
        };
        // The seat goes with the stream, since a WebSocket outlives the service of its request.
        let io = TokioIo::new(Patient::new(stream, STALL, seat));
        let mut connection = std::pin::pin!(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADERS)
                .max_headers(100)
                .max_header_size(HEAD_MAX)
                .max_buf_size(2 * HEAD_MAX)
                .serve_connection(io, service)
                .with_upgrades()
        );
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = stopped(&mut stop) => {
                connection.as_mut().graceful_shutdown();
                timeout(STALL, connection).await.unwrap_or(Ok(()))
            }
        };
        if let Err(error) = ended {
            tracing::debug!(from = %peer.address.ip(), %error, "a connection broke");
        }
    }
}

/// Small messages go out at once, little waits unsent, and a peer that is gone without a word is noticed.
fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = socket2::SockRef::from(stream);
    socket.set_keepalive(true)?;
    #[cfg(target_os = "linux")]
    {
        socket.set_tcp_notsent_lowat(UNSENT)?;
        socket.set_tcp_user_timeout(Some(STALL))?;
    }
    Ok(())
}

/// Lays the peer beside each request.
struct WithPeer<S> {
    peer: Peer,
    inner: S,
}

impl<S> Service<http::Request<Incoming>> for WithPeer<S>
where
    S: Service<http::Request<Incoming>, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn call(&self, mut request: http::Request<Incoming>) -> Self::Future {
        // `CONNECT host:port` and `OPTIONS *` name no path; the filters behind take for granted that one is there.
        if !request.uri().path().starts_with('/') {
            let odd = answer::problem(StatusCode::BAD_REQUEST, "bad_request", "a path is missing");
            return Box::pin(async { Ok(answer::dress(odd, "localhost")) });
        }
        request.extensions_mut().insert(self.peer);
        let answered = timeout(REQUEST, self.inner.call(request));
        Box::pin(async move {
            // A body that never ends is no handler's matter.
            answered.await.unwrap_or_else(|_| {
                let late = answer::problem(
                    StatusCode::REQUEST_TIMEOUT,
                    "too_slow",
                    "the request took too long",
                );
                Ok(answer::dress(late, "localhost"))
            })
        })
    }
}
