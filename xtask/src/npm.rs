//! The parts written for Node: installing what they need, and building the pages only when they changed.

use crate::shell;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// What npm is called here.
pub const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

/// npm in a folder of the workspace.
pub fn npm(folder: &str) -> Command {
    let mut command = shell::command(NPM);
    command.current_dir(shell::root().join(folder));
    command
}

/// Runs `npm ci` where the lock file is newer than what was installed from it.
pub fn install(folder: &str) -> Result<()> {
    let here = shell::root().join(folder);
    let lock = here.join("package-lock.json");
    if !lock.is_file() {
        bail!("{folder}/package-lock.json is missing; this is not a whole copy of Régie");
    }
    // npm writes this one when an installation has ended well.
    let installed = here.join("node_modules/.package-lock.json");
    if changed(&installed).is_some_and(|then| Some(then) >= changed(&lock)) {
        return Ok(());
    }
    println!("setup: npm ci in {folder}");
    shell::finish(npm(folder).args(["ci", "--no-audit", "--no-fund"]))
}

/// Builds the pages into `ui/dist`, which the server embeds, unless they are newer than all they are made of.
pub fn build_pages() -> Result<()> {
    let ui = shell::root().join("ui");
    let made = newest(&ui.join("dist"), &[])?;
    let of = newest(&ui, &["dist", "node_modules"])?;
    if made.is_some() && made >= of {
        return Ok(());
    }
    println!("run: building the pages");
    shell::finish(npm("ui").args(["run", "build"]))
}

/// When a file was last written.
fn changed(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|file| file.modified()).ok()
}

/// The latest change of a file, or of a folder below (its time moves when a file in it is removed). The
/// folders named in `but`, and `folder` itself, do not count.
fn newest(folder: &Path, but: &[&str]) -> Result<Option<SystemTime>> {
    let mut latest = None;
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = folder.read_dir() else {
            continue;
        };
        for entry in entries {
            let entry = entry.with_context(|| format!("{} cannot be read", folder.display()))?;
            let name = entry.file_name();
            if but.iter().any(|skipped| name == *skipped) {
                continue;
            }
            latest = latest.max(changed(&entry.path()));
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(entry.path());
            }
        }
    }
    Ok(latest)
}

#[cfg(test)]
mod tests {
    use super::newest;
    use std::fs;
    use std::time::{Duration, SystemTime};

    #[test]
    fn the_newest_file_decides_and_what_is_left_out_does_not() {
        let folder = std::env::temp_dir().join(format!("regie-xtask-{}", std::process::id()));
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let write = |path: &str, seconds| {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let file = fs::File::create(path).unwrap();
            file.set_modified(at(seconds)).unwrap();
        };
        write("a.ts", 10);
        write("dist/a.js", 30);
        assert_eq!(newest(&folder, &["dist"]).unwrap(), Some(at(10)));
        assert_eq!(newest(&folder.join("dist"), &[]).unwrap(), Some(at(30)));
        assert_eq!(newest(&folder.join("nowhere"), &[]).unwrap(), None);
        fs::remove_dir_all(folder).unwrap();
    }
}
