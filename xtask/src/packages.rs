//! The Debian and Ubuntu packages that Régie is built on, and what each group is for.

/// Compiling and running the headless server.
pub const CORE: &[&str] = &[
    "build-essential",
    "pkg-config",
    "libgstreamer1.0-dev",
    "libgstreamer-plugins-base1.0-dev",
    "libgstreamer-plugins-bad1.0-dev",
    "gstreamer1.0-plugins-base",
    "gstreamer1.0-plugins-good",
    "gstreamer1.0-plugins-bad",
    "gstreamer1.0-plugins-ugly",
    "gstreamer1.0-libav",
    "gstreamer1.0-nice",
    "gstreamer1.0-x",
    "gstreamer1.0-x",
    "fonts-dejavu-core",
];

/// Compiling and running the desktop window.
pub const WINDOW: &[&str] = &["libwebkit2gtk-4.1-dev", "libgtk-3-dev", "librsvg2-dev"];

/// What the tests drive: a display with no screen, the window's driver, players that check what was recorded. And
/// what they are compiled with: the phones that they play have a DTLS of their own.
pub const TESTS: &[&str] = &[
    "libssl-dev",
    "xvfb",
    "xauth",
    "webkit2gtk-driver",
    "ffmpeg",
    "iproute2",
    "curl",
    "dbus",
];

/// The browsers that play phones and viewers, as Debian packages them.
pub const BROWSERS: &[&str] = &["chromium", "firefox-esr"];

/// Of `wanted`, those that `dpkg-query -W -f '${Package} ${db:Status-Status}\n'` does not list as installed.
pub fn missing<'a>(wanted: impl IntoIterator<Item = &'a str>, listing: &str) -> Vec<&'a str> {
    let installed = |name: &str| {
        listing.lines().any(|line| {
            line.split_once(' ')
                .is_some_and(|(package, status)| package == name && status == "installed")
        })
    };
    wanted.into_iter().filter(|name| !installed(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::missing;

    #[test]
    fn only_what_is_installed_counts() {
        let listing = "curl installed\nxvfb config-files\n";
        assert_eq!(missing(["curl", "xvfb", "dbus"], listing), ["xvfb", "dbus"]);
    }
}
