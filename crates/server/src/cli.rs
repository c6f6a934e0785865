//! The command line that the window and the headless server share.

use crate::config::{Config, Flags};
use crate::qr;
use crate::start::Server;
use anyhow::{Context, Result};
use clap::Parser;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use tokio::sync::broadcast::error::RecvError;
use tracing_subscriber::EnvFilter;

/// Régie: the control room of a live event, on one laptop.
#[derive(Clone, Debug, Default, Parser)]
#[command(version, about)]
pub struct Cli {
    /// regie.toml (every key commented, all optional)
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Database, certificates, recordings [default: the platform's data folder]
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Replaces [server] bind; port 0 picks a free one
    #[arg(long, global = true, value_name = "ADDR")]
    pub bind: Option<String>,
    /// Four moving synthetic cameras with sound, so that everything can be tried with no phone
    #[arg(long, global = true)]
    pub demo: bool,
    /// On stdout, one line when ready, then one line per event
    #[arg(long, global = true)]
    pub json: bool,
}

impl Cli {
    /// The configuration that this command line, the environment and the file make together.
    ///
    /// # Errors
    /// Names what is wrong.
    pub fn config(&self) -> Result<Config> {
        let flags = Flags {
            config: self.config.clone(),
            data: self.data.clone(),
            bind: self.bind.clone(),
            demo: self.demo,
        };
        Ok(Config::load(&flags, std::env::vars())?)
    }
}

/// Starts the log (stderr; `REGIE_LOG` says what), the server, and prints that it is ready.
///
/// # Errors
/// Says what does not start.
pub async fn start(cli: Cli) -> Result<Server> {
    start_log();
    let config = cli.config()?;
    let server = crate::start(config).await?;
    if cli.json {
        say_line(&serde_json::to_string(&server.ready())?)?;
        tokio::spawn(print_events(server.engine().clone()));
    } else {
        greet(&server)?;
    }
    Ok(server)
}

/// Starts the log on stderr.
pub fn start_log() {
    let filter = EnvFilter::try_from_env("REGIE_LOG").unwrap_or_else(|_| EnvFilter::new("warn,regie=info"));
    // An error means that a log was started already, which is as good.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .try_init();
}

/// One line per event, until the show or the reader ends.
async fn print_events(engine: regie_engine::EngineHandle) {
    while let Some((_, _, mut events)) = engine.subscribe().await {
        loop {
            match events.recv().await {
                Ok(stamped) => {
                    let Ok(line) = serde_json::to_string(&*stamped) else {
                        continue;
                    };
                    if say_line(&line).is_err() {
                        return;
                    }
                }
                Err(RecvError::Lagged(missed)) => {
                    tracing::warn!(missed, "the reader of events is too slow");
                    break;
                }
                Err(RecvError::Closed) => return,
            }
        }
    }
}

fn say_line(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

fn greet(server: &Server) -> Result<()> {
    let ready = server.ready();
    let code = qr::terminal(&ready.camera).unwrap_or_default();
    let said = format!(
        "Régie is ready.\n\n  Operator  {}\n  Phones    {}\n{code}\n  Viewers   {}\n\nCtrl-C ends the show.",
        ready.operator,
        ready.camera,
        server.links().watch
    );
    say_line(&said).context("nothing can be written to stdout")
}
