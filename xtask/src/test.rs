//! `cargo xtask test`: every check there is, in an order in which each finds what it needs already built.

use crate::{npm, setup, shell, types};
use anyhow::{Result, bail};
use std::process::Command;
use std::time::{Duration, Instant};

/// One check, by the name that `--only` takes.
struct Step {
    name: &'static str,
    what: &'static str,
    run: fn() -> Result<()>,
}

const STEPS: &[Step] = &[
    Step {
        name: "setup",
        what: "packages and node modules",
        run: || {
            setup::setup(setup::Need {
                window: true,
                tests: true,
            })
        },
    },
    Step {
        name: "fmt",
        what: "one format; the files named are not in it",
        run: || said(shell::cargo().args(["fmt", "--all", "--", "--check", "-l"])),
    },
    Step {
        name: "types",
        what: "the pages' types are the model's",
        run: types::check,
    },
    Step {
        name: "ui",
        what: "the pages: types, unit tests, build",
        run: ui,
    },
    Step {
        name: "clippy",
        what: "lints of the whole workspace, every warning an error",
        run: || {
            said(
                locked(shell::cargo().args(["clippy", "--workspace", "--all-targets"]))
                    .args(["--", "-D", "warnings"]),
            )
        },
    },
    Step {
        name: "build",
        what: "everything, tests included",
        run: build,
    },
    Step {
        name: "rust",
        what: "every Rust test",
        run: rust,
    },
    Step {
        name: "browsers",
        what: "the real server with real browsers, and the window",
        run: browsers,
    },
    Step {
        name: "deny",
        what: "licences, sources and duplicates of what we depend on",
        run: deny,
    },
];

/// How a step ended.
struct Outcome {
    name: &'static str,
    took: Duration,
    failure: Option<anyhow::Error>,
}

/// The names that `--only` takes.
pub fn step_names() -> String {
    let names: Vec<_> = STEPS.iter().map(|step| step.name).collect();
    names.join(", ")
}

/// Runs the steps named, or all; goes on after a failure, so that one run tells everything.
pub fn test(only: &[String]) -> Result<()> {
    if let Some(unknown) = only
        .iter()
        .find(|name| !STEPS.iter().any(|step| step.name == **name))
    {
        bail!("no such step: {unknown}; there are {}", step_names());
    }
    let chosen = STEPS
        .iter()
        .filter(|step| only.is_empty() || only.iter().any(|name| name == step.name));
    let outcomes: Vec<Outcome> = chosen.map(run).collect();
    println!("\n== summary ==");
    for outcome in &outcomes {
        let verdict = if outcome.failure.is_some() { "FAILED" } else { "ok" };
        println!(
            "{verdict:>6}  {:<9} {:>7.1} s",
            outcome.name,
            outcome.took.as_secs_f64()
        );
    }
    let failed: Vec<_> = outcomes
        .iter()
        .filter(|outcome| outcome.failure.is_some())
        .collect();
    for outcome in &failed {
        if let Some(failure) = &outcome.failure {
            println!("{}: {failure:#}", outcome.name);
        }
    }
    println!(
        "test result: {}. {} steps passed; {} failed",
        if failed.is_empty() { "ok" } else { "FAILED" },
        outcomes.len() - failed.len(),
        failed.len()
    );
    if failed.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = failed.iter().map(|outcome| outcome.name).collect();
    bail!("failed: {}", names.join(", "))
}

/// Runs one step between two lines that say which it is and how it ended.
fn run(step: &Step) -> Outcome {
    println!("\n== {}: {} ==", step.name, step.what);
    let began = Instant::now();
    let failure = (step.run)().err();
    let took = began.elapsed();
    match &failure {
        None => println!("== {}: ok, {:.1} s ==", step.name, took.as_secs_f64()),
        Some(error) => println!(
            "== {}: FAILED after {:.1} s: {error:#} ==",
            step.name,
            took.as_secs_f64()
        ),
    }
    Outcome {
        name: step.name,
        took,
        failure,
    }
}

/// Runs a command with everything it says on stdout.
fn said(command: &mut Command) -> Result<()> {
    shell::finish_on_stdout(command)
}

/// In CI the lock file must be the one committed; at a desk it may follow a manifest that was just edited.
fn locked(command: &mut Command) -> &mut Command {
    if std::env::var_os("CI").is_some() {
        command.arg("--locked");
    }
    command
}

/// Binaries and tests in one go: Cargo then settles on one set of features and compiles nothing twice.
fn build() -> Result<()> {
    said(locked(shell::cargo().args([
        "build",
        "--workspace",
        "--all-targets",
    ])))
}

fn ui() -> Result<()> {
    said(npm::npm("ui").args(["run", "check"]))?;
    // One of the tests weighs what was built.
    said(npm::npm("ui").args(["run", "build"]))?;
    said(npm::npm("ui").args(["test"]))
}

/// With nextest where it is installed (a process per test; how is said in `.config/nextest.toml`), else as Cargo
/// does it, one test at a time, for the same reason.
fn rust() -> Result<()> {
    let mut command = shell::cargo();
    if shell::on_path("cargo-nextest") {
        locked(command.args(["nextest", "run", "--workspace"]));
    } else {
        println!("rust: cargo-nextest is not installed, so this is cargo test");
        locked(command.args(["test", "--workspace", "--no-fail-fast"])).args(["--", "--test-threads=1"]);
    }
    // The model's tests write the pages' types: here into a folder of their own, the `types` step compares.
    command.env("TS_RS_EXPORT_DIR", shell::built("types-of-tests")?);
    said(with_binaries(&mut command)?)
}

fn browsers() -> Result<()> {
    // A step alone (`--only browsers`) must not meet yesterday's binaries; after `build` this is a second.
    build()?;
    said(with_binaries(npm::npm("tests").arg("test"))?)
}

/// Tells a suite where the binaries under test are.
fn with_binaries(command: &mut Command) -> Result<&mut Command> {
    Ok(command
        .env("REGIE_HEADLESS", shell::built("regie-headless")?)
        .env("REGIE_WINDOW", shell::built("regie")?))
}

/// Advisories need a database from the Internet, and are left out.
fn deny() -> Result<()> {
    if !shell::on_path("cargo-deny") {
        println!("deny: cargo-deny is not installed (cargo install cargo-deny), nothing was checked");
        return Ok(());
    }
    said(shell::cargo().args(["deny", "check", "licenses", "bans", "sources"]))
}
