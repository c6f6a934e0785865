//! A `regie-headless` of our own to measure: its own folder, its own port, ended when dropped.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// The line that `regie-headless --json` prints when it is ready.
#[derive(Clone, Debug, Deserialize)]
pub struct Ready {
    /// Where a phone joins.
    pub camera: String,
    /// Where the HTTP API begins.
    pub api: String,
    /// The operator's token.
    pub token: String,
}

/// A running régie.
pub struct Regie {
    child: Child,
    folder: PathBuf,
    /// What it said when it was ready.
    pub ready: Ready,
    /// From the start of the process to its ready line.
    pub start: Duration,
}

impl Regie {
    /// Starts the built binary on loopback with a free port and an empty folder.
    ///
    /// # Errors
    /// It is not built, ends before it is ready, or says something else.
    pub fn start(arguments: &[&str]) -> Result<Self> {
        let binary = binary()?;
        let folder = std::env::temp_dir().join(format!("regie-bench-{}-{}", std::process::id(), unique()));
        std::fs::create_dir_all(&folder)?;
        let begun = Instant::now();
        let mut child = Command::new(&binary)
            .args(["--json", "--bind", "127.0.0.1:0", "--data"])
            .arg(&folder)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{} does not start", binary.display()))?;
        let mut lines = BufReader::new(child.stdout.take().context("no standard output")?).lines();
        let Some(line) = lines.next().transpose()? else {
            bail!("regie-headless ended before it was ready")
        };
        let start = begun.elapsed();
        let ready = serde_json::from_str(&line).with_context(|| format!("not a ready line: {line}"))?;
        // Its events are read on, or it would stand still once the pipe is full.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Self {
            child,
            folder,
            ready,
            start,
        })
    }

    /// An address of ours by way of loopback.
    pub fn page(&self, path: &str) -> String {
        format!("{}{path}", self.ready.api.trim_end_matches("/api/v1"))
    }

    /// Where a phone joins, by way of loopback.
    ///
    /// # Errors
    /// The camera link holds no join code.
    pub fn join_page(&self) -> Result<String> {
        let code = self.ready.camera.split("/j/").nth(1);
        Ok(self.page(&format!(
            "/j/{}",
            code.context("the camera link holds no join code")?
        )))
    }

    /// The WebSocket of a viewer with a token of the open audience.
    ///
    /// # Errors
    /// No token is given.
    pub fn viewer_socket(&self) -> Result<String> {
        let answer = self.curl(&["/api/v1/viewer-token"])?;
        let token = answer["token"].as_str().context("no viewer token")?;
        let origin = self.page("/stream").replacen("http://", "ws://", 1);
        Ok(format!("{origin}?token={token}"))
    }

    /// Takes every source out of the show.
    ///
    /// # Errors
    /// The server does not.
    pub fn remove_sources(&self) -> Result<()> {
        let show = self.curl(&["/api/v1/show"])?;
        let show = show.get("snapshot").unwrap_or(&show);
        for source in show["sources"].as_array().context("no sources")? {
            let command = serde_json::json!({ "type": "removeSource", "source": source["id"] });
            let json = ["-H", "Content-Type: application/json"];
            self.curl(&["/api/v1/commands", "-d", &command.to_string(), json[0], json[1]])?;
        }
        Ok(())
    }

    /// A request with the operator's token: the path, then what curl is to do with it.
    fn curl(&self, arguments: &[&str]) -> Result<serde_json::Value> {
        let (path, rest) = arguments.split_first().context("no path")?;
        let bearer = format!("Authorization: Bearer {}", self.ready.token);
        let output = Command::new("curl")
            .args(["-sSf", "-H", &bearer])
            .args(rest)
            .arg(self.page(path))
            .output()
            .context("curl is not installed")?;
        if !output.status.success() {
            bail!("{path}: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(serde_json::from_slice(&output.stdout).unwrap_or_default())
    }

    /// The process, for `/proc`.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Regie {
    fn drop(&mut self) {
        // SIGTERM first, so that a recording is closed; a process that does not end within 5 s is killed.
        let _ = Command::new("kill").arg(self.pid().to_string()).status();
        let deadline = Instant::now() + Duration::from_secs(5);
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// `REGIE_HEADLESS`, or the binary beside this one in the target folder.
fn binary() -> Result<PathBuf> {
    let beside = || Some(std::env::current_exe().ok()?.parent()?.join("regie-headless"));
    let path = std::env::var_os("REGIE_HEADLESS")
        .map(PathBuf::from)
        .or_else(beside);
    path.filter(|path| Path::new(path).exists())
        .context("regie-headless is not built: run `cargo xtask bench`")
}

fn unique() -> usize {
    static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}
