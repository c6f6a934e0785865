//! `cargo xtask setup`: what is missing on this machine is installed, or named where it cannot be.

use crate::{npm, packages, shell};
use anyhow::{Context, Result, bail};

/// What the machine is to be made ready for, over and above the headless server.
#[derive(Clone, Copy)]
pub struct Need {
    /// The desktop window.
    pub window: bool,
    /// The tests and benches.
    pub tests: bool,
}

/// The oldest Node that Vite and the browser suites run on: major and minor.
const NODE: (u32, u32) = (20, 19);

/// Installs what is missing and says what it does; says nothing more than a line where all is there.
pub fn setup(need: Need) -> Result<()> {
    system(need)?;
    node()?;
    npm::install("ui")?;
    if need.tests {
        npm::install("tests")?;
    }
    println!("setup: everything is there");
    Ok(())
}

/// The system's own packages.
fn system(need: Need) -> Result<()> {
    if !cfg!(target_os = "linux") {
        return elsewhere(need);
    }
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    match Family::of(&release) {
        Family::Debian => debian(need, packages::BROWSERS),
        Family::Ubuntu => {
            debian(need, &[])?;
            if need.tests { ubuntu_browsers() } else { Ok(()) }
        }
        Family::Other => elsewhere(need),
    }
}

/// How a Linux system gets its packages.
#[derive(Debug, PartialEq)]
enum Family {
    Debian,
    /// Debian's packages, but the browsers are snaps.
    Ubuntu,
    Other,
}

impl Family {
    /// Reads `/etc/os-release`.
    fn of(release: &str) -> Self {
        let value = |key: &str| {
            release
                .lines()
                .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
                .unwrap_or_default()
                .trim_matches('"')
                .to_owned()
        };
        let names = format!("{} {}", value("ID"), value("ID_LIKE"));
        let is = |family: &str| names.split_whitespace().any(|name| name == family);
        if is("ubuntu") {
            Family::Ubuntu
        } else if is("debian") {
            Family::Debian
        } else {
            Family::Other
        }
    }
}

/// Asks dpkg what is there and has apt-get install the rest.
fn debian(need: Need, browsers: &[&'static str]) -> Result<()> {
    let mut wanted = packages::CORE.to_vec();
    if need.window {
        wanted.extend(packages::WINDOW);
    }
    if need.tests {
        wanted.extend(packages::TESTS);
        wanted.extend(browsers);
    }
    let mut query = shell::command("dpkg-query");
    query.args(["-W", "-f", "${Package} ${db:Status-Status}\n"]);
    let listing = shell::output(&mut query).context("dpkg-query does not answer")?;
    let missing = packages::missing(wanted, &listing);
    if missing.is_empty() {
        return Ok(());
    }
    println!("setup: installing {}", missing.join(" "));
    if let Err(error) = shell::finish(apt_get()?.arg("update")) {
        // An unreachable mirror does not matter where the lists that are there name what is missing.
        println!("setup: {error:#}; going on with the package lists that are there");
    }
    shell::finish(
        apt_get()?
            .args(["install", "--yes", "--no-install-recommends"])
            .args(missing),
    )
}

/// apt-get as root, asking nothing.
fn apt_get() -> Result<std::process::Command> {
    let root = shell::output(shell::command("id").arg("-u")).is_some_and(|id| id.trim() == "0");
    if root {
        let mut command = shell::command("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        return Ok(command);
    }
    if !shell::on_path("sudo") {
        bail!("packages are missing and there is no sudo: run `cargo xtask setup` as root once");
    }
    let mut command = shell::command("sudo");
    command.args(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    Ok(command)
}

/// Ubuntu packages Chromium and Firefox as snaps only; those do not run in containers or read files outside
/// the home folder, so which browser to use is the person's choice.
fn ubuntu_browsers() -> Result<()> {
    let chromium = ["chromium", "chromium-browser", "google-chrome"];
    let firefox = ["firefox-esr", "firefox"];
    let mut missing = Vec::new();
    if !chromium.iter().any(|name| shell::on_path(name)) {
        missing.push("Chromium");
    }
    if !firefox.iter().any(|name| shell::on_path(name)) {
        missing.push("Firefox");
    }
    if missing.is_empty() {
        return Ok(());
    }
    bail!(
        "the tests need {}, which Ubuntu packages as a snap only: `sudo snap install chromium firefox`, or \
         install Chrome and Firefox from their makers' own .deb repositories",
        missing.join(" and ")
    )
}

/// Where we do not install: looks for what the build will ask for, and names what is not found.
fn elsewhere(need: Need) -> Result<()> {
    let mut missing = Vec::new();
    if !shell::on_path("pkg-config") {
        missing.push("pkg-config".to_owned());
    } else {
        let mut modules = vec![
            "gstreamer-1.0",
            "gstreamer-app-1.0",
            "gstreamer-sdp-1.0",
            "gstreamer-webrtc-1.0",
        ];
        if need.window && cfg!(target_os = "linux") {
            modules.push("webkit2gtk-4.1");
        }
        let found =
            |module: &&str| shell::output(shell::command("pkg-config").args(["--exists", module])).is_some();
        missing.extend(modules.iter().filter(|m| !found(m)).map(|m| format!("{m}.pc")));
        let new_enough = shell::command("pkg-config")
            .args(["--atleast-version=1.22", "gstreamer-1.0"])
            .status();
        if found(&"gstreamer-1.0") && !new_enough.is_ok_and(|status| status.success()) {
            missing.push("GStreamer 1.22 or newer".into());
        }
    }
    if need.tests {
        let tools = ["xvfb-run", "WebKitWebDriver", "ffprobe", "chromium"];
        missing.extend(
            tools
                .iter()
                .filter(|t| !shell::on_path(t))
                .map(|t| (*t).to_owned()),
        );
    }
    if missing.is_empty() {
        return Ok(());
    }
    bail!(
        "packages are installed by this command on Debian and Ubuntu only; missing here: {}. GStreamer is \
         needed with its development files, the plugin sets base, good, bad, ugly and libav, and libnice",
        missing.join(", ")
    )
}

/// Node is a person's own choice of version manager, so it is asked for and never installed.
fn node() -> Result<()> {
    let version = shell::output(shell::command("node").arg("--version")).unwrap_or_default();
    let (major, minor) = NODE;
    let needed = format!("Node {major}.{minor} or newer is needed to build the pages (https://nodejs.org)");
    match parsed(&version) {
        Some(found) if found >= NODE => {}
        Some(_) => bail!("{needed}; here is {}", version.trim()),
        None => bail!("{needed}; none was found"),
    }
    if !shell::on_path(npm::NPM) {
        bail!("npm is needed to build the pages; Node is here, npm is not");
    }
    Ok(())
}

/// `v20.19.2` is (20, 19).
fn parsed(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.trim().strip_prefix('v')?.split('.');
    let mut next = || numbers.next()?.parse().ok();
    Some((next()?, next()?))
}

#[cfg(test)]
mod tests {
    use super::{Family, parsed};

    #[test]
    fn the_family_of_a_system_is_read_from_its_release_file() {
        assert_eq!(Family::of("ID=debian\nVERSION_ID=\"12\"\n"), Family::Debian);
        assert_eq!(Family::of("ID=ubuntu\nID_LIKE=debian\n"), Family::Ubuntu);
        assert_eq!(
            Family::of("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"),
            Family::Ubuntu
        );
        assert_eq!(Family::of("ID=fedora\n"), Family::Other);
        assert_eq!(Family::of(""), Family::Other);
    }

    #[test]
    fn a_version_that_is_none_is_none() {
        assert_eq!(parsed("v20.9.0\n"), Some((20, 9)));
        assert!(parsed("v22.0.1") > parsed("v20.19.0"));
        assert_eq!(parsed(""), None);
        assert_eq!(parsed("v20"), None);
        assert_eq!(parsed("twenty"), None);
    }
}
