//! Sockets: who is connected, and how each is told to do something or to go.

pub mod control;
pub mod events;
mod multiview;
pub mod stream;
mod wire;

use crate::answer::{self, Response};
use crate::limits::{Seat, Seats};
use crate::media::{Phone, Signal};
use http::{StatusCode, header};
use parking_lot::Mutex;
use regie_model::{Secret, SessionId, SourceId, Tally, TokenId};
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use tokio::sync::{mpsc, watch};

/// How many words may wait for a socket; candidates come in bursts.
const INBOX: usize = 256;

/// A word to the task that owns a socket.
pub enum Word {
    /// The show took the phone in.
    Welcome {
        /// The source it became.
        source: SourceId,
        /// What it may come back with.
        resume: Secret,
    },
    /// The phone's media connection waits for its offer.
    Opened(Weak<dyn Phone>),
    /// The phone's tally changed.
    Tally(Tally),
    /// The media connection says something.
    Signal(Signal),
}

/// What a socket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Has not said yet.
    Silent,
    /// A phone.
    Camera,
    /// Somebody who watches.
    Viewer,
    /// An operator's page.
    Control,
    /// The multiview of one.
    Multiview,
}

impl Kind {
    /// The word in metrics and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Silent => "silent",
            Kind::Camera => "camera",
            Kind::Viewer => "viewer",
            Kind::Control => "control",
            Kind::Multiview => "multiview",
        }
    }
}

struct Entry {
    kind: Kind,
    /// The tokens it came in with; once it has said what it is, the one that lets it be that.
    tokens: Vec<TokenId>,
    inbox: mpsc::Sender<Word>,
    /// Why it is to go. Apart from the inbox, so that it arrives even where that is full.
    end: watch::Sender<Option<&'static str>>,
}

/// Everybody who is connected.
pub struct Sockets {
    next: AtomicU64,
    open: Mutex<HashMap<SessionId, Entry>>,
    seats: Arc<Seats>,
}

/// A socket's place among the others; dropping it leaves.
pub struct Membership {
    /// Its number, never used twice in a run.
    pub session: SessionId,
    /// Words for it.
    pub inbox: mpsc::Receiver<Word>,
    /// Why it is to go.
    pub end: watch::Receiver<Option<&'static str>>,
    sockets: Arc<Sockets>,
    _seat: Seat,
}

impl Sockets {
    /// Room for so many, and so many from one address.
    pub fn new(total: usize, per_address: usize) -> Arc<Self> {
        Arc::new(Self {
            next: AtomicU64::new(1),
            open: Mutex::default(),
            seats: Seats::new(total, per_address),
        })
    }

    /// A place for a socket that came in with these tokens, if there is one.
    pub fn join(self: &Arc<Self>, kind: Kind, from: IpAddr, tokens: Vec<TokenId>) -> Option<Membership> {
        let seat = self.seats.take(from)?;
        let session = SessionId(self.next.fetch_add(1, Ordering::Relaxed));
        let (inbox, words) = mpsc::channel(INBOX);
        let (end, ended) = watch::channel(None);
        let entry = Entry {
            kind,
            tokens,
            inbox,
            end,
        };
        self.open.lock().insert(session, entry);
        Some(Membership {
            session,
            inbox: words,
            end: ended,
            sockets: Arc::clone(self),
            _seat: seat,
        })
    }

    /// Says something to a socket. `false` where it is gone, or so far behind that the word is lost.
    pub fn tell(&self, session: SessionId, word: Word) -> bool {
        let inbox = self.open.lock().get(&session).map(|entry| entry.inbox.clone());
        inbox.is_some_and(|inbox| inbox.try_send(word).is_ok())
    }

    /// Where words for a socket go, for callbacks of media.
    pub fn inbox(&self, session: SessionId) -> Option<mpsc::Sender<Word>> {
        self.open.lock().get(&session).map(|entry| entry.inbox.clone())
    }

    /// Ends a socket, saying why.
    pub fn end(&self, session: SessionId, reason: &'static str) {
        if let Some(entry) = self.open.lock().get(&session) {
            entry.end.send_replace(Some(reason));
        }
    }

    /// Ends every socket that came in with this token.
    pub fn put_out(&self, token: TokenId) {
        for entry in self.open.lock().values() {
            if entry.tokens.contains(&token) {
                entry.end.send_replace(Some("revoked"));
            }
        }
    }

    /// Ends all.
    pub fn end_all(&self, reason: &'static str) {
        for entry in self.open.lock().values() {
            entry.end.send_replace(Some(reason));
        }
    }

    /// Whether anybody is connected.
    pub fn is_empty(&self) -> bool {
        self.open.lock().is_empty()
    }

    /// How many there are of each kind.
    pub fn count(&self) -> Vec<(&'static str, usize)> {
        let mut counted: BTreeMap<Kind, usize> = BTreeMap::new();
        for entry in self.open.lock().values() {
            *counted.entry(entry.kind).or_default() += 1;
        }
        counted
            .into_iter()
            .map(|(kind, count)| (kind.as_str(), count))
            .collect()
    }
}

impl Membership {
    /// The socket has said what it is, by this token.
    pub fn becomes(&self, kind: Kind, token: TokenId) {
        if let Some(entry) = self.sockets.open.lock().get_mut(&self.session) {
            entry.kind = kind;
            entry.tokens = vec![token];
        }
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.sockets.open.lock().remove(&self.session);
    }
}

/// Why a socket is to go, once it is.
async fn ended(end: &mut watch::Receiver<Option<&'static str>>) -> &'static str {
    match end.wait_for(Option::is_some).await {
        Ok(reason) => reason.unwrap_or("show_ended"),
        // The sender lives as long as the membership; without it there is nothing to stay for.
        Err(_) => "show_ended",
    }
}

/// No seat is left.
fn too_many() -> Response {
    let mut response = answer::problem(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many",
        "there are too many connections from this address, or in all",
    );
    answer::set(&mut response, header::RETRY_AFTER, "5");
    response
}

/// The request is no WebSocket handshake.
fn no_handshake() -> Response {
    let mut response = answer::problem(
        StatusCode::UPGRADE_REQUIRED,
        "upgrade_required",
        "a WebSocket is here (RFC 6455, version 13)",
    );
    answer::set(&mut response, header::UPGRADE, "websocket");
    response
}
