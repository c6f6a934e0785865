//! `cargo xtask run | test | bench | setup | types`: every command that a person or CI needs.
//!
//! A fresh machine compiles this first and before anything else is installed, so it depends on next to
//! nothing and on no GStreamer.

mod bench;
mod npm;
mod packages;
mod run;
mod setup;
mod shell;
mod test;
mod types;

use anyhow::{Result, bail};
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask COMMAND

  run [-- ARGS]        install what is missing, build, open the régie's window; with no display, the headless
                       server. ARGS go to Régie: cargo xtask run -- --demo
  test [--only STEP]   every check there is; STEP is one of the names it prints (may be repeated)
  bench [--quick]      measure the claims of the README and write them there
  setup [--tests]      install what is missing, for building and running, or for the tests too
  types [--check]      write the page's TypeScript from the model, or see that it is current
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[String]) -> Result<()> {
    let (command, rest) = match args.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", args),
    };
    match command {
        "run" => run::run(passed_through(rest)?),
        "test" => test::test(&only(rest)?),
        "bench" => bench::bench(rest),
        "setup" => setup::setup(setup::Need {
            window: true,
            tests: flag(rest, "--tests")?,
        }),
        "types" if flag(rest, "--check")? => types::check(),
        "types" => types::write(),
        "help" | "-h" | "--help" => {
            print!("{HELP}");
            Ok(())
        }
        other => bail!("no such command: {other}\n\n{HELP}"),
    }
}

/// Everything after `--`, for the program that is run.
fn passed_through(rest: &[String]) -> Result<&[String]> {
    match rest.split_first() {
        None => Ok(rest),
        Some((dashes, args)) if dashes == "--" => Ok(args),
        Some((other, _)) => bail!("what is for Régie goes after two dashes: cargo xtask run -- {other}"),
    }
}

/// The steps that `--only` names; none means all.
fn only(rest: &[String]) -> Result<Vec<String>> {
    let mut steps = Vec::new();
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        let step = match (word.strip_prefix("--only="), word.as_str()) {
            (Some(step), _) => Some(step.to_owned()),
            (None, "--only") => words.next().cloned(),
            (None, other) => bail!("unknown argument: {other}\n\n{HELP}"),
        };
        match step {
            Some(step) => steps.extend(step.split(',').map(str::to_owned)),
            None => bail!("--only wants the name of a step: {}", test::step_names()),
        }
    }
    Ok(steps)
}

/// Whether the only flag that a command takes was given.
fn flag(rest: &[String], name: &str) -> Result<bool> {
    match rest {
        [] => Ok(false),
        [one] if one == name => Ok(true),
        _ => bail!("unknown argument: {}\n\n{HELP}", rest.join(" ")),
    }
}
