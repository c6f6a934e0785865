//! Running other programs: where, with what said, and how their end is told.

use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The root of the workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."))
}

/// Where Cargo puts the binaries of the profile that this program was itself built with; it knows no other
/// way that holds for every `target-dir` setting.
pub fn built(name: &str) -> Result<PathBuf> {
    let me = std::env::current_exe().context("where this program lies is not known")?;
    let folder = me.parent().context("this program lies in no folder")?;
    Ok(folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}

/// A command that starts in the root of the workspace.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// Cargo, the one that runs this.
pub fn cargo() -> Command {
    command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs to the end; an error says which command failed and how.
pub fn finish(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    let status = command
        .status()
        .with_context(|| format!("`{shown}` did not start"))?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// As [`finish`], with what the program says on stderr sent to stdout too: test runners close on stderr, and
/// the closing lines of every suite belong into one stream.
pub fn finish_on_stdout(command: &mut Command) -> Result<()> {
    command.stdin(Stdio::null()).stderr(stdout_again()?);
    finish(command)
}

/// What a short command prints; `None` where it does not start or fails.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a program of this name is on the PATH.
pub fn on_path(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&paths).any(|folder| folder.join(&name).is_file())
}

/// A command as a person would type it.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program());
    let words = std::iter::once(name).chain(command.get_args());
    let words: Vec<_> = words.map(OsStr::to_string_lossy).collect();
    words.join(" ")
}

#[cfg(unix)]
fn stdout_again() -> Result<Stdio> {
    use std::os::fd::AsFd;
    let again = std::io::stdout().as_fd().try_clone_to_owned();
    Ok(Stdio::from(again.context("stdout cannot be shared")?))
}

#[cfg(windows)]
fn stdout_again() -> Result<Stdio> {
    use std::os::windows::io::AsHandle;
    let again = std::io::stdout().as_handle().try_clone_to_owned();
    Ok(Stdio::from(again.context("stdout cannot be shared")?))
}
