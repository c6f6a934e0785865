//! A `regie-headless` of one's own: its folder, its port, its end.

use crate::Operator;
use anyhow::{Context, Result, bail};
use regie_model::Role;
use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
};

/// The line that `regie-headless --json` prints when it is ready.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The port on loopback.
    pub port: u16,
    /// The operator's token.
    pub operator: String,
    /// The join code's token.
    pub camera: String,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With this exit code.
    Code(i32),
    /// By a signal.
    Signal,
}

/// What a process holds and used.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// Open file descriptors.
    pub descriptors: usize,
    /// Threads.
    pub threads: usize,
    /// Resident memory in KiB.
    pub resident: u64,
}

/// A running régie; dropped, it is killed and its folder removed.
pub struct Regie {
    child: Child,
    folder: Arc<TempDir>,
    said: Arc<Mutex<Vec<String>>>,
    /// What it said when it was ready.
    pub ready: Ready,
}

impl Regie {
    /// Starts on loopback with a free port and an empty folder.
    ///
    /// # Errors
    /// It is not built, or does not get ready within 30 s: the error carries what it said.
    pub async fn start(arguments: &[&str]) -> Result<Self> {
        Self::start_in(Arc::new(tempfile::tempdir()?), arguments).await
    }

    /// Starts on this address with an empty folder.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_on(bind: &str, arguments: &[&str]) -> Result<Self> {
        Self::start_with(Arc::new(tempfile::tempdir()?), bind, arguments).await
    }

    /// Starts on loopback with a free port and this folder.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_in(folder: Arc<TempDir>, arguments: &[&str]) -> Result<Self> {
        Self::start_with(folder, "127.0.0.1:0", arguments).await
    }

    async fn start_with(folder: Arc<TempDir>, bind: &str, arguments: &[&str]) -> Result<Self> {
        let binary = binary().await?;
        let mut child = Command::new(&binary)
            .args(["--json", "--bind", bind, "--data"])
            .arg(folder.path())
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} does not start", binary.display()))?;
        let said = Arc::new(Mutex::new(Vec::new()));
        let (ready, first) = tokio::sync::oneshot::channel();
        keep(child.stderr.take().context("no stderr")?, said.clone(), None);
        keep(
            child.stdout.take().context("no stdout")?,
            said.clone(),
            Some(ready),
        );
        let what = || {
            format!(
                "regie-headless did not get ready; it said {:#?}",
                said.lock().map(|lines| lines.clone())
            )
        };
        let line = tokio::time::timeout(Duration::from_secs(30), first)
            .await
            .with_context(what)?
            .with_context(what)?;
        let ready = Ready::parse(&line).with_context(|| format!("not a ready line: {line}"))?;
        Ok(Self {
            child,
            folder,
            said,
            ready,
        })
    }

    /// A WebSocket's address with a token.
    pub fn socket(&self, path: &str, token: &str) -> String {
        format!("ws://127.0.0.1:{}{path}?token={token}", self.ready.port)
    }

    /// Where a phone with the join code connects.
    pub fn camera(&self) -> String {
        self.socket("/stream", &self.ready.camera)
    }

    /// Where a viewer connects, with a token of the open audience.
    ///
    /// # Errors
    /// None is given.
    pub async fn viewer(&self) -> Result<String> {
        let answer = crate::get(self.ready.port, "/api/v1/viewer-token", None).await?;
        let body = answer.json()?;
        let token = body["token"].as_str().with_context(|| answer.body.clone())?;
        Ok(self.socket("/stream", token))
    }

    /// An operator with the first token.
    ///
    /// # Errors
    /// He is refused.
    pub async fn operator(&self) -> Result<Operator> {
        Operator::connect(&self.socket("/control", &self.ready.operator)).await
    }

    /// A token of this role, made by an operator.
    ///
    /// # Errors
    /// It is not made.
    pub async fn token(&self, role: Role) -> Result<String> {
        Ok(self
            .operator()
            .await?
            .token(role, None)
            .await?
            .1
            .reveal()
            .to_owned())
    }

    /// The data folder, kept for a restart.
    pub fn folder(&self) -> Arc<TempDir> {
        self.folder.clone()
    }

    /// Every file under the data folder with this extension.
    pub fn files(&self, extension: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|found| found == extension) {
                    found.push(path);
                }
            }
        }
        found
    }

    /// What it said on stdout and stderr.
    pub fn said(&self) -> Vec<String> {
        self.said.lock().map(|lines| lines.clone()).unwrap_or_default()
    }

    /// What the process holds now.
    ///
    /// # Errors
    /// It is gone.
    pub fn figures(&self) -> Result<Figures> {
        let pid = self.child.id().context("it is gone")?;
        let count = |what: &str| Ok(std::fs::read_dir(format!("/proc/{pid}/{what}"))?.count());
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let resident = status.lines().find(|line| line.starts_with("VmRSS:"));
        let resident = resident.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
        anyhow::Ok(Figures {
            descriptors: count("fd").map_err(|error: std::io::Error| error)?,
            threads: count("task").map_err(|error: std::io::Error| error)?,
            resident: resident.context("no VmRSS")?,
        })
    }

    /// Kills it with no warning.
    ///
    /// # Errors
    /// It cannot be killed.
    pub async fn kill(&mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Asks it to end and waits.
    ///
    /// # Errors
    /// It does not end within 15 s: the error carries what it said.
    pub async fn stop(&mut self) -> Result<Ended> {
        let pid = self.child.id().context("it is gone")?;
        Command::new("kill").arg(pid.to_string()).status().await?;
        match tokio::time::timeout(Duration::from_secs(15), self.child.wait()).await {
            Ok(status) => Ok(status?.code().map_or(Ended::Signal, Ended::Code)),
            Err(_) => bail!("SIGTERM did not end it within 15 s; it said {:#?}", self.said()),
        }
    }
}

impl Ready {
    fn parse(line: &str) -> Result<Self> {
        let ready: serde_json::Value = serde_json::from_str(line)?;
        let text = |key: &str| ready[key].as_str().with_context(|| key.to_owned());
        let address = text("api")?.trim_start_matches("http://");
        let authority = address.split('/').next().unwrap_or_default();
        let camera = text("camera")?.split("/j/").nth(1).context("no join code")?;
        Ok(Self {
            port: authority.rsplit(':').next().unwrap_or_default().parse()?,
            operator: text("token")?.to_owned(),
            camera: camera.to_owned(),
        })
    }
}

/// Keeps the lines of a pipe; the first one also goes where somebody waits for it.
fn keep(
    pipe: impl AsyncRead + Unpin + Send + 'static,
    said: Arc<Mutex<Vec<String>>>,
    mut first: Option<tokio::sync::oneshot::Sender<String>>,
) {
    const KEPT: usize = 400;
    tokio::spawn(async move {
        let mut lines = BufReader::new(pipe).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some(first) = first.take() {
                let _ = first.send(line.clone());
            }
            if let Ok(mut said) = said.lock() {
                if said.len() == KEPT {
                    said.remove(0);
                }
                said.push(line);
            }
        }
    });
}

/// `REGIE_HEADLESS`, or the binary in the target folder of this test, built if it is not there.
async fn binary() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("REGIE_HEADLESS") {
        return Ok(path.into());
    }
    let me = std::env::current_exe()?;
    let profile = me.ancestors().find(|folder| folder.join("deps").is_dir());
    let path = profile
        .context("no target folder above this test")?
        .join("regie-headless");
    if !path.exists() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let build = Command::new("cargo")
            .args(["build", "-p", "regie-server", "--bin", "regie-headless"])
            .current_dir(root)
            .status();
        anyhow::ensure!(build.await?.success(), "regie-headless does not build");
    }
    Ok(path)
}
