//! `cargo xtask run`: from a fresh clone to an open window.

use crate::{npm, setup, shell};
use anyhow::Result;
use std::process::Command;

/// Installs, builds, and becomes Régie, with `args` as its command line.
pub fn run(args: &[String]) -> Result<()> {
    let window = has_display();
    setup::setup(setup::Need { window, tests: false })?;
    npm::build_pages()?;
    let name = if window {
        "regie"
    } else {
        println!(
            "run: there is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so this is the headless server"
        );
        "regie-headless"
    };
    println!("run: building {name}");
    // With the whole workspace's features, so that the tests later find most of it compiled.
    shell::finish(shell::cargo().args(["build", "--workspace", "--bin", name]))?;
    let mut regie = Command::new(shell::built(name)?);
    become_it(regie.args(args))
}

/// Windows and macOS always have one.
fn has_display() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

/// Takes this process's place, so that Ctrl-C and SIGTERM reach Régie itself.
#[cfg(unix)]
fn become_it(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    let name = command.get_program().to_owned();
    let error = command.exec();
    Err(anyhow::Error::new(error).context(format!("{} did not start", name.display())))
}

#[cfg(not(unix))]
fn become_it(command: &mut Command) -> Result<()> {
    shell::finish(command)
}
