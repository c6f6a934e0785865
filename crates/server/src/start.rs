//! `start(config) -> Server`: everybody is introduced to everybody, and the port opens.

use crate::app::App;
use crate::config::{Config, ConfigError};
use crate::door::Door;
use crate::limits::{PerAddress, Seats};
use crate::links::{self, Keeper};
use crate::media::Media;
use crate::metrics::Counts;
use crate::sockets::Sockets;
use crate::sockets::events::EventStreams;
use crate::tls::{Authority, Leaf, Served, TlsError, server_config};
use crate::{addresses, chance, effects, listen};
use parking_lot::RwLock;
use regie_engine::{Clock, Engine, EngineHandle, Show, StartSecrets};
use regie_model::{By, Command, Effect, Links, Refusal, Report, Scene, Secret, Severity, SourceKind};
use regie_store::{SaveWorker, Store};
use serde::Serialize;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// How many effects may wait for their runner.
const EFFECTS: usize = 1024;
/// How many synthetic cameras a demo has.
const DEMO_SOURCES: u8 = 4;
/// How long those who are connected have to take leave.
const LEAVE: Duration = Duration::from_secs(2);

/// Where the media side says what it observes. Never blocks.
pub type Reports = Arc<dyn Fn(Report) + Send + Sync>;

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A folder cannot be made.
    #[error("{path}: {source}")]
    Folder {
        /// Which.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The port is taken, or not ours to take.
    #[error("{address}: {source}")]
    Bind {
        /// Which.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// Certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The database.
    #[error(transparent)]
    Store(#[from] regie_store::Error),
    /// GStreamer.
    #[error("{0}")]
    Media(String),
    /// The show would not be set up.
    #[error("the show refused its own beginning: {}", .0.message)]
    Show(Refusal),
    /// A task of the start ended by itself.
    #[error("a part of the start failed: {0}")]
    Task(String),
}

/// What people and programs need to come in.
#[derive(Clone, Debug, Serialize)]
pub struct Ready {
    /// Always true; it makes the ready line tell itself from the events after it.
    pub ready: bool,
    /// The operator's link, over loopback.
    pub operator: String,
    /// Where phones join.
    pub camera: String,
    /// Where people watch.
    pub watch: String,
    /// The HTTP interface.
    pub api: String,
    /// An operator's token.
    pub token: String,
}

/// A running régie. Stop it with [`Server::stop`]; dropped, it ends without taking leave.
pub struct Server {
    app: Arc<App>,
    stop: watch::Sender<bool>,
    runner: JoinHandle<()>,
    tasks: Vec<JoinHandle<()>>,
    saves: Arc<SaveWorker>,
    pub(crate) studio: Option<Arc<regie_pipelines::Studio>>,
}

/// Starts a régie with the media side that `media` makes; tests of sockets bring one without pictures.
///
/// # Errors
/// Names the file, the address or the part at fault.
pub async fn start_with(
    config: Config,
    media: impl FnOnce(&Config, Reports) -> Result<Arc<dyn Media>, String> + Send + 'static,
) -> Result<Server, StartError> {
    let opened = open(&config)?;
    let Opened {
        show,
        store,
        moved_aside,
    } = opened;
    let (listener, port) = bind(config.bind).await?;
    let tls = tls(&config)?;

    let begins_empty = show.snapshot().sources.is_empty();
    let door = Door::default();
    door.set(show.tokens());
    let event = show.snapshot().name;
    let (effects_in, effects_out) = mpsc::channel::<Effect>(EFFECTS);
    let engine = Engine::start(show, effects_in);
    let media = make_media(&config, engine.clone(), media).await?;
    let saves = {
        let engine = engine.clone();
        let told = move |result: Result<(), &regie_store::Error>| effects::report_store(&engine, result);
        Arc::new(SaveWorker::start(store, told)?)
    };
    if let Some(aside) = moved_aside {
        engine.report(Report::FaultSeen {
            severity: Severity::Warning,
            code: "store_replaced",
            subject: "regie.db".into(),
            detail: format!("the database was broken and is now {}", aside.display()),
        });
    }

    let app = Arc::new(App {
        port,
        door,
        engine,
        media,
        sockets: Sockets::new(config.max_connections / 2, config.max_connections_per_address / 2),
        event_streams: EventStreams::default(),
        viewers: Seats::new(config.max_viewers, config.max_viewers),
        counts: Counts::default(),
        authority: tls.keeper.authority.certificate_pem().to_owned(),
        requests: PerAddress::new(300, 60.0),
        names: RwLock::new(Arc::new(tls.names)),
        lan: RwLock::new(links::reachable(config.bind.ip())),
        own_names: RwLock::new(tls.own_names),
        links: RwLock::default(),
        event: RwLock::new(event),
        audience: tokio::sync::Mutex::default(),
        config,
    });
    links::refresh(&app);
    let (stop, stopped) = watch::channel(false);
    let keep = {
        let saves = Arc::clone(&saves);
        Box::new(move |show| saves.save(show))
    };
    let runner = tokio::spawn(effects::run(Arc::clone(&app), effects_out, keep));
    let tls_config = server_config(tls.served)?;
    let tasks = vec![
        tokio::spawn(tls.keeper.watch(Arc::clone(&app), stopped.clone())),
        tokio::spawn(listen::listen(listener, Arc::clone(&app), tls_config, stopped)),
    ];
    let server = Server {
        app,
        stop,
        runner,
        tasks,
        saves,
        studio: None,
    };
    if server.app.config.demo && begins_empty {
        server.demo().await.map_err(StartError::Show)?;
    }
    tracing::info!(port, "Régie is ready");
    Ok(server)
}

struct Opened {
    show: Show,
    store: Store,
    moved_aside: Option<std::path::PathBuf>,
}

fn open(config: &Config) -> Result<Opened, StartError> {
    for folder in [&config.data, &config.data.join("tls"), &config.recordings] {
        make_folder(folder)?;
    }
    let regie_store::Opened { store, moved_aside } = Store::open(&config.data.join("regie.db"))?;
    let secrets = StartSecrets {
        operator: chance::secret(),
        join: chance::join_code(),
    };
    let now = Clock::start().now();
    let show = match store.load()? {
        Some(saved) => Show::restore(config.format, saved, now, &secrets),
        None => Show::new(config.format, now, &secrets),
    };
    Ok(Opened {
        show,
        store,
        moved_aside,
    })
}

/// Makes a folder that only its owner may look into.
fn make_folder(path: &Path) -> Result<(), StartError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|source| StartError::Folder {
        path: path.display().to_string(),
        source,
    })
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, u16), StartError> {
    let failed = |source| StartError::Bind { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let port = listener.local_addr().map_err(failed)?.port();
    Ok((listener, port))
}

struct Tls {
    keeper: Keeper,
    served: Arc<Served>,
    names: BTreeSet<String>,
    own_names: Vec<String>,
}

fn tls(config: &Config) -> Result<Tls, StartError> {
    let folder = config.data.join("tls");
    let now = OffsetDateTime::now_utc();
    let host = host_name();
    let label = host.as_deref().unwrap_or("this laptop");
    let authority = Authority::open(&folder, label, now)?;
    let mut names = addresses::names(&links::reachable(config.bind.ip()), host.as_deref());
    let leaf = Leaf::covering(&names, &authority, &folder, now)?;
    let served = Served::new(leaf.certified_key()?);
    let mut own_names = config.names.clone();
    let mut own_taken = None;
    if let Some(own) = &config.own_certificate {
        own_taken = own.modified();
        own_names.extend(served.replace_own(own.load()?)?);
    }
    names.extend(own_names.iter().cloned());
    let keeper = Keeper {
        authority,
        folder,
        served: Arc::clone(&served),
        host,
        own_taken,
        leaf_ends: leaf.ends(),
        leaf_due: false,
    };
    Ok(Tls {
        keeper,
        served,
        names,
        own_names,
    })
}

/// This laptop's name, as its network knows it.
pub fn host_name() -> Option<String> {
    #[cfg(unix)]
    let name = rustix::system::uname()
        .nodename()
        .to_str()
        .ok()
        .map(str::to_owned);
    #[cfg(not(unix))]
    let name = std::env::var("COMPUTERNAME").ok();
    name.filter(|name| !name.is_empty())
}

/// Starting GStreamer blocks for some hundred milliseconds.
async fn make_media(
    config: &Config,
    engine: EngineHandle,
    media: impl FnOnce(&Config, Reports) -> Result<Arc<dyn Media>, String> + Send + 'static,
) -> Result<Arc<dyn Media>, StartError> {
    let config = config.clone();
    let reports: Reports = Arc::new(move |report| engine.report(report));
    tokio::task::spawn_blocking(move || media(&config, reports))
        .await
        .map_err(|error| StartError::Task(error.to_string()))?
        .map_err(StartError::Media)
}

impl Server {
    /// What people and programs need to come in, as it is now.
    pub fn ready(&self) -> Ready {
        let links = self.app.links.read().clone();
        let here = self.app.loopback();
        let operator = self.app.door.operator().unwrap_or_else(|| Secret::new(""));
        let token = operator.reveal().to_owned();
        Ready {
            ready: true,
            operator: format!("{here}/operator?token={token}"),
            camera: links.camera,
            watch: links.watch.replacen("http://", "https://", 1),
            api: format!("{here}/api/v1"),
            token,
        }
    }

    /// The addresses to give to people, as they are now.
    pub fn links(&self) -> Links {
        self.app.links.read().clone()
    }

    /// Waits until program runs, at most as long as a start may take.
    pub(crate) async fn first_frame(&self) {
        for _ in 0..100 {
            if self.app.media.figures().program_age_ms.is_some() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tracing::error!("no frame of program came within a second");
    }

    /// The one port.
    pub fn port(&self) -> u16 {
        self.app.port
    }

    /// The show.
    pub fn engine(&self) -> &EngineHandle {
        &self.app.engine
    }

    /// The public certificate of the local authority, PEM.
    pub fn authority(&self) -> &str {
        &self.app.authority
    }

    /// Four synthetic cameras, the first on program.
    async fn demo(&self) -> Result<(), Refusal> {
        for pattern in 0..DEMO_SOURCES {
            let add = Command::AddSource {
                kind: SourceKind::Demo { pattern },
                name: None,
            };
            let reply = self.app.order(add, By::regie()).await?;
            if let (0, Some(regie_model::Reply::Source { id })) = (pattern, reply) {
                let scene = Scene::full(id);
                self.app.order(Command::Cut { scene }, By::regie()).await?;
            }
        }
        Ok(())
    }

    /// Ends the show in good order: everybody is told, the recording is closed, the show is saved.
    pub async fn stop(self) {
        tracing::info!("the show ends");
        self.app.engine.shutdown().await;
        self.app.sockets.end_all("show_ended");
        // The engine has ended, so the runner ends when it has done what was left.
        if let Err(error) = self.runner.await {
            tracing::error!(%error, "the runner of effects had ended already");
        }
        let leaving = async {
            while !self.app.sockets.is_empty() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            // What was said last is on its way.
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        if tokio::time::timeout(LEAVE, leaving).await.is_err() {
            tracing::warn!("some who were connected did not take leave");
        }
        self.stop.send_replace(true);
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task had ended already");
            }
        }
        let (media, saves) = (Arc::clone(&self.app.media), self.saves);
        let closed = tokio::task::spawn_blocking(move || {
            media.stop();
            saves.flush()
        });
        match closed.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the show's last state is not saved"),
            Err(error) => tracing::error!(%error, "the end was cut short"),
        }
    }
}

impl App {
    /// `http://127.0.0.1:9090`, or the one address the server is bound to.
    fn loopback(&self) -> String {
        let bind = self.config.bind.ip();
        let host = match bind {
            ip if ip.is_unspecified() => "127.0.0.1".to_owned(),
            std::net::IpAddr::V6(v6) => format!("[{v6}]"),
            std::net::IpAddr::V4(v4) => v4.to_string(),
        };
        let scheme = if bind.is_unspecified() || bind.is_loopback() {
            "http"
        } else {
            "https"
        };
        format!("{scheme}://{host}:{}", self.port)
    }
}
