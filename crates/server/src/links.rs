//! The addresses given to people, and the certificates behind them: both follow the laptop's network.

use crate::addresses;
use crate::app::App;
use crate::listen::stopped;
use crate::tls::{Authority, Leaf, Served, TlsError};
use regie_model::{Links, Report, Severity};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

/// How often the network is looked at.
const LOOK: Duration = Duration::from_secs(2);
/// The fault that says that a certificate is not served.
const CERTIFICATE: &str = "certificate";
/// Its subjects: the operator's own certificate, and the local authority's.
const OWN: &str = "own certificate";
const LEAF: &str = "local certificate";

/// Makes the links anew and tells the show where they changed.
pub fn refresh(app: &App) {
    let links = make(app, &app.lan.read());
    let mut known = app.links.write();
    if *known != links {
        known.clone_from(&links);
        drop(known);
        app.engine.report(Report::LinksChanged { links });
    }
}

/// The links over this network. A name of the operator's own comes first, then the best address; with none,
/// this laptop alone can be shown.
fn make(app: &App, lan: &[IpAddr]) -> Links {
    let hosts: Vec<String> = app
        .own_names
        .read()
        .iter()
        .cloned()
        .chain(lan.iter().map(|address| bracketed(*address)))
        .collect();
    let best = hosts.first().map_or("127.0.0.1", String::as_str);
    let port = app.port;
    let join = app.door.join_code();
    let join = join.as_ref().map_or("", |code| code.reveal());
    let plain = if app.config.plain_http { "http" } else { "https" };
    Links {
        camera: format!("https://{best}:{port}/j/{join}"),
        watch: format!("{plain}://{best}:{port}/watch"),
        trust: format!("http://{best}:{port}/trust"),
        addresses: hosts,
    }
}

fn bracketed(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("[{v6}]"),
    }
}

/// The addresses that people can reach this server by: all of the LAN's, or the one it is bound to.
pub fn reachable(bind: IpAddr) -> Vec<IpAddr> {
    if bind.is_loopback() {
        return Vec::new();
    }
    let mut all = addresses::current();
    match bind {
        IpAddr::V4(v4) if v4.is_unspecified() => all.retain(IpAddr::is_ipv4),
        bound if bound.is_unspecified() => {}
        bound => all = vec![bound],
    }
    all
}

/// What keeps certificates and links in step with the network.
pub struct Keeper {
    /// Signs.
    pub authority: Authority,
    /// Where certificates are kept.
    pub folder: PathBuf,
    /// What is served.
    pub served: Arc<Served>,
    /// This laptop's name.
    pub host: Option<String>,
    /// When the operator's own files were last taken.
    pub own_taken: Option<SystemTime>,
    /// When the leaf that is served ends.
    pub leaf_ends: OffsetDateTime,
    /// Whether the last try at a leaf failed, and is to be made again.
    pub leaf_due: bool,
}

impl Keeper {
    /// Looks at the network every two seconds until the server ends.
    pub async fn watch(mut self, app: Arc<App>, mut stop: watch::Receiver<bool>) {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = look.tick() => {}
                () = stopped(&mut stop) => return,
            }
            let bind = app.config.bind.ip();
            // Reading interfaces and files blocks for some milliseconds.
            let (keeper, app_there) = (self, Arc::clone(&app));
            let looked = tokio::task::spawn_blocking(move || {
                let mut keeper = keeper;
                keeper.look(&app_there, reachable(bind));
                keeper
            });
            match looked.await {
                Ok(keeper) => self = keeper,
                Err(error) => {
                    tracing::error!(%error, "the watch over the network has ended");
                    return;
                }
            }
        }
    }

    fn look(&mut self, app: &App, lan: Vec<IpAddr>) {
        self.follow_own(app);
        let moved = *app.lan.read() != lan;
        let ages = self.leaf_ends - OffsetDateTime::now_utc() < time::Duration::days(30);
        if !moved && !ages && !self.leaf_due {
            return;
        }
        if moved {
            tracing::info!(addresses = ?lan, "the network has changed");
            app.lan.write().clone_from(&lan);
        }
        let names = addresses::names(&lan, self.host.as_deref());
        let served = self.serve(&names);
        if let Err(error) = &served {
            tracing::error!(%error, "no certificate for the new addresses");
            report(app, LEAF, Some(error.to_string()));
        } else if self.leaf_due {
            report(app, LEAF, None);
        }
        self.leaf_due = served.is_err();
        publish_names(app, names);
        refresh(app);
    }

    fn serve(&mut self, names: &BTreeSet<String>) -> Result<(), TlsError> {
        let leaf = Leaf::covering(names, &self.authority, &self.folder, OffsetDateTime::now_utc())?;
        self.leaf_ends = leaf.ends();
        self.served.replace(leaf.certified_key()?);
        Ok(())
    }

    /// Takes the operator's certificate again when its files have changed. One that cannot be read leaves the
    /// one before in place.
    fn follow_own(&mut self, app: &App) {
        let Some(own) = &app.config.own_certificate else {
            return;
        };
        let modified = own.modified();
        if modified == self.own_taken {
            return;
        }
        self.own_taken = modified;
        match own.load().and_then(|key| self.served.replace_own(key)) {
            Ok(names) => {
                tracing::info!(?names, "the operator's certificate was taken again");
                *app.own_names.write() = app.config.names.iter().cloned().chain(names).collect();
                publish_names(app, addresses::names(&app.lan.read(), self.host.as_deref()));
                refresh(app);
                report(app, OWN, None);
            }
            Err(error) => {
                tracing::error!(%error, "the operator's certificate cannot be taken");
                report(app, OWN, Some(error.to_string()));
            }
        }
    }
}

/// From now on the laptop answers to these, and to the operator's own names.
fn publish_names(app: &App, mut names: BTreeSet<String>) {
    names.extend(app.own_names.read().iter().cloned());
    names.extend(app.config.names.iter().cloned());
    *app.names.write() = Arc::new(names);
}

fn report(app: &App, which: &str, detail: Option<String>) {
    let subject = which.to_owned();
    app.engine.report(match detail {
        Some(detail) => Report::FaultSeen {
            severity: Severity::Warning,
            code: CERTIFICATE,
            subject,
            detail,
        },
        None => Report::FaultOver {
            code: CERTIFICATE,
            subject,
        },
    });
}
