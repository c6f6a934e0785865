//! What every request and socket shares.

use crate::config::{Access, Config};
use crate::door::{AUDIENCE, Door};
use crate::limits::{PerAddress, Seats};
use crate::media::Media;
use crate::sockets::Sockets;
use crate::sockets::events::EventStreams;
use crate::{chance, metrics::Counts};
use parking_lot::RwLock;
use regie_engine::EngineHandle;
use regie_model::{By, Code, Command, Links, Refusal, Reply, Role, Secret};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// One of these belongs to each server.
pub struct App {
    /// What it was started with.
    pub config: Config,
    /// The port it listens on.
    pub port: u16,
    /// Who may come in.
    pub door: Door,
    /// The show.
    pub engine: EngineHandle,
    /// The pictures.
    pub media: Arc<dyn Media>,
    /// Who is connected.
    pub sockets: Arc<Sockets>,
    /// Conversations without a WebSocket.
    pub event_streams: EventStreams,
    /// Seats of people who watch.
    pub viewers: Arc<Seats>,
    /// What has been counted.
    pub counts: Counts,
    /// The public certificate of the local authority, PEM.
    pub authority: String,
    /// How often one address may ask.
    pub requests: PerAddress,
    /// Everything this laptop answers to; follows its addresses.
    pub names: RwLock<Arc<BTreeSet<String>>>,
    /// Addresses on the LAN, best first.
    pub lan: RwLock<Vec<IpAddr>>,
    /// Names of the operator's own, best first: configured ones, then those of his certificate.
    pub own_names: RwLock<Vec<String>>,
    /// The addresses given to people; follow its addresses too.
    pub links: RwLock<Links>,
    /// The event's name, for pages of people who may not see the show.
    pub event: RwLock<String>,
    /// So that an open audience gets one token, however many ask at once.
    pub audience: tokio::sync::Mutex<()>,
}

impl App {
    /// Carries out an order with a fresh secret of the right length.
    ///
    /// # Errors
    /// The engine's refusal.
    pub async fn order(&self, command: Command, by: By) -> Result<Option<Reply>, Refusal> {
        let fresh = match command {
            // Revoking the join code rotates it.
            Command::RotateJoinCode | Command::RevokeToken { .. } => chance::join_code(),
            _ => chance::secret(),
        };
        let reply = self.engine.command(command, by, fresh).await?;
        if let Some(Reply::Token { secret, .. }) = &reply {
            self.door.opens_to(secret).await;
        }
        Ok(reply)
    }

    /// The token that an open audience shares; made again after the operator ended it, since the door for the
    /// audience is open. `None` where viewers must bring their own.
    ///
    /// # Errors
    /// The engine's refusal.
    pub async fn audience_token(&self) -> Result<Option<Secret>, Refusal> {
        if self.config.access == Access::Invite {
            return Ok(None);
        }
        let _one_at_a_time = self.audience.lock().await;
        if let Some(known) = self.door.audience() {
            return Ok(Some(known));
        }
        let make = Command::CreateToken {
            role: Role::Viewer,
            name: AUDIENCE.to_owned(),
            expires: None,
        };
        match self.order(make, By::regie()).await? {
            Some(Reply::Token { secret, .. }) => Ok(Some(secret)),
            _ => Err(Refusal::new(Code::Busy, "no token was made")),
        }
    }

    /// Host names and addresses this laptop answers to.
    pub fn names(&self) -> Arc<BTreeSet<String>> {
        Arc::clone(&self.names.read())
    }
}

/// Milliseconds since 1970.
pub fn wall_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
