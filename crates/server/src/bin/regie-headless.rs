//! The régie without a window: a server in a rack, a test.

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use regie_server::cli::{self, Cli};
use regie_server::doctor::{self, Health};
use std::process::ExitCode;
use std::time::Duration;

/// How long the end may take before the process goes anyway.
const ENDING: Duration = Duration::from_secs(20);

#[derive(Parser)]
#[command(
    name = "regie-headless",
    version,
    about = "Régie without a window: the control room of a live event"
)]
struct Arguments {
    #[command(flatten)]
    cli: Cli,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Subcommand)]
enum What {
    /// Checks plugins, encoder, port, certificate, addresses, disk and clock; exits 0 if a show can run
    Doctor,
    /// Prints a regie.toml with every key, commented
    DefaultConfig,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.what {
        Some(What::Doctor) => examine(&arguments.cli),
        Some(What::DefaultConfig) => {
            print!("{}", regie_server::config::DEFAULT_FILE);
            Ok(ExitCode::SUCCESS)
        }
        None => run(arguments.cli),
    };
    done.unwrap_or_else(|error| {
        eprintln!("regie-headless: {error:#}");
        ExitCode::FAILURE
    })
}

fn run(cli: Cli) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("regie")
        .build()
        .context("the operating system gives no threads")?;
    let clean = runtime.block_on(async {
        // Before the start, so that an impatient Ctrl-C ends cleanly too.
        let mut signals = Signals::new()?;
        let server = cli::start(cli).await?;
        signals.wait().await;
        tokio::select! {
            () = server.stop() => Ok::<_, anyhow::Error>(true),
            () = tokio::time::sleep(ENDING) => Ok(false),
            () = signals.wait() => Ok(false),
        }
    })?;
    runtime.shutdown_timeout(Duration::from_secs(1));
    if clean {
        return Ok(ExitCode::SUCCESS);
    }
    anyhow::bail!("the show was cut off before its end")
}

/// SIGTERM and Ctrl-C.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    fn new() -> Result<Self> {
        Ok(Self {})
    }

    async fn wait(&mut self) {
        // An error means that Ctrl-C cannot be heard; then only the system ends this.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

fn examine(cli: &Cli) -> Result<ExitCode> {
    let config = cli.config()?;
    let findings = doctor::examine(&config, regie_server::examine_media(&config));
    for finding in &findings {
        println!("{finding}");
    }
    let bad = findings.iter().any(|finding| finding.health == Health::Bad);
    Ok(if bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
