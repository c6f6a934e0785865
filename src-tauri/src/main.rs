//! The desktop window: the server of [`regie_server`] with a window on its operator page. It has no logic, no
//! state and no command of its own; what the page can do, every other page with an operator's token can.
//!
//! Driven by a test: `WebKitWebDriver` starts this binary itself, no tauri-driver is needed. Start the driver
//! with `TAURI_WEBVIEW_AUTOMATION=true` in its environment (the window inherits it and lets itself be driven),
//! and ask for a session with
//! `{"capabilities":{"alwaysMatch":{"webkitgtk:browserOptions":{"binary":"…/regie","args":["--data","…"]}}}}`.
//! The session is the régie's own window, already on its page. `DELETE /session/{id}` kills the process; to see
//! a show end as it does when a person closes the window, send the driver's child SIGTERM instead.
// Windows opens no console beside the window.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

mod notice;
mod renderer;
mod signals;
mod window;

use anyhow::{Context, Result, bail};
use clap::{CommandFactory, FromArgMatches};
use regie_server::cli::{self, Cli};
use signals::Signals;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tauri::AppHandle;
use tokio::sync::Notify;

/// How long the end may take before the process goes anyway.
const ENDING: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    // Before any thread: what it sets is read when GTK starts.
    renderer::choose();
    let cli = command_line();
    let json = cli.json;
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let reason = format!("{error:#}");
            eprintln!("regie: {reason}");
            if !json && renderer::check_display().is_ok() {
                notice::show(&reason);
            }
            ExitCode::FAILURE
        }
    }
}

/// The server's own command line under this program's name.
fn command_line() -> Cli {
    let command = Cli::command()
        .name("regie")
        .about("Régie: the control room of a live event, on one laptop, in a window");
    Cli::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
}

/// Runs a whole show: from the server's start to its end, with the window between.
fn run(cli: Cli) -> Result<()> {
    renderer::check_display()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("regie")
        .build()
        .context("the operating system gives no threads")?;
    // What the page keeps (its language, its cookie) lies with the show that it belongs to.
    let kept = cli.config()?.data.join("window");
    let (server, signals) = runtime.block_on(async {
        // Before the start, so that an impatient Ctrl-C ends in good order too.
        let signals = Signals::new()?;
        Ok::<_, anyhow::Error>((cli::start(cli).await?, signals))
    })?;
    let impatient = Arc::new(Notify::new());
    let shown = window::open(&server.ready().operator, kept, runtime.handle()).map(|app| {
        runtime.spawn(end_on_signal(
            app.handle().clone(),
            signals,
            Arc::clone(&impatient),
        ));
        window::run(app);
    });
    // Whatever became of the window: the recording is closed, phones and viewers are told.
    let clean = runtime.block_on(async {
        tokio::select! {
            () = server.stop() => true,
            () = tokio::time::sleep(ENDING) => false,
            () = impatient.notified() => false,
        }
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
    shown?;
    if !clean {
        bail!("the show was cut off before its end");
    }
    Ok(())
}

/// A signal ends the show as closing the window does; a second one cuts its end short.
async fn end_on_signal(app: AppHandle, mut signals: Signals, impatient: Arc<Notify>) {
    signals.wait().await;
    app.exit(0);
    signals.wait().await;
    impatient.notify_one();
}
