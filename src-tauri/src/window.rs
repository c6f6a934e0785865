//! The window on the operator's page, and the windows that this page opens.

use anyhow::{Context as _, Result, bail};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use tauri::webview::{Color, NewWindowResponse, WebviewWindowBuilder};
use tauri::{App, AppHandle, Context, Manager, RunEvent, Theme, Url, WebviewUrl, WindowEvent, Wry};
use tokio::runtime::Handle;

/// The name of the first window, as the capability file has it.
const LABEL: &str = "window";
/// The page's own ground, so that nothing flashes white before it is drawn.
pub const GROUND: Color = Color(0x0e, 0x10, 0x13, 0xff);

/// Opens the régie's window on `operator`, the loopback address with the operator's token in it. From there the
/// page can go nowhere but to the same server. What it keeps goes to the folder `kept`. Must be called on the
/// main thread, once; [`run`] then does the rest.
///
/// # Errors
/// The server is not on loopback, or the window system does not answer.
pub fn open(operator: &str, kept: PathBuf, runtime: &Handle) -> Result<App> {
    let home: Url = operator
        .parse()
        .context("the server gave no address for the operator's page")?;
    if home.scheme() != "http" {
        // The web engine refuses certificates of a local authority, and would show an empty page.
        bail!(
            "the window reaches the server over loopback only: bind to 0.0.0.0 or to 127.0.0.1, not to one address"
        );
    }
    tauri::async_runtime::set(runtime.clone());
    let app = tauri::Builder::default()
        .build(context())
        .context("the window system does not answer")?;
    let (handle, theirs) = (app.handle().clone(), kept.clone());
    let origin = home.clone();
    builder(&app, LABEL, home.clone(), home, kept)
        .inner_size(1440.0, 900.0)
        .min_inner_size(1024.0, 700.0)
        .on_new_window(move |url, _| {
            open_beside(&handle, &origin, &theirs, &url);
            NewWindowResponse::Deny
        })
        .build()
        .context("the window does not open")?;
    Ok(app)
}

/// Shows the window until it is closed or the app is told to exit. The first window is the show: when it goes,
/// those that it opened go too.
pub fn run(app: App) {
    let code = app.run_return(|app, event| {
        if let RunEvent::WindowEvent {
            label,
            event: WindowEvent::Destroyed,
            ..
        } = event
            && label == LABEL
        {
            app.exit(0);
        }
    });
    if code != 0 {
        tracing::warn!(code, "the window system ended by itself");
    }
}

/// What the build compiled in: the name, the icons, the capability.
pub fn context() -> Context<Wry> {
    tauri::generate_context!()
}

/// What all windows have in common.
fn builder<'a, M: Manager<Wry>>(
    manager: &'a M,
    label: &str,
    url: Url,
    home: Url,
    kept: PathBuf,
) -> WebviewWindowBuilder<'a, Wry, M> {
    WebviewWindowBuilder::new(manager, label, WebviewUrl::External(url))
        .title("Régie")
        .theme(Some(Theme::Dark))
        .background_color(GROUND)
        .data_directory(kept)
        // Files are dragged onto the page, not onto the window.
        .disable_drag_drop_handler()
        .on_navigation(move |url| may_go(&home, url))
}

/// Opens what the page wants in a window of its own: the multiview for a second display, the trust guide. The
/// page's own request is always refused, since the web engine would make the window by its rules.
fn open_beside(app: &AppHandle, home: &Url, kept: &Path, wanted: &Url) {
    static OPENED: AtomicU32 = AtomicU32::new(1);
    let Some(url) = at_home(home, wanted) else {
        tracing::warn!("a page asked for an address of somebody else's; it was not opened");
        return;
    };
    let label = format!("{LABEL}-{}", OPENED.fetch_add(1, Ordering::Relaxed));
    let (app, home, kept) = (app.clone(), home.clone(), kept.to_owned());
    // Not in the web engine's callback, which some systems make wait for the window and so for ever.
    tauri::async_runtime::spawn(async move {
        let window = builder(&app, &label, url, home, kept)
            .inner_size(1280.0, 720.0)
            .build();
        if let Err(error) = window {
            tracing::warn!(%error, "a second window does not open");
        }
    });
}

/// Whether a window that belongs to `home`'s server may show `url`.
fn may_go(home: &Url, url: &Url) -> bool {
    url.origin() == home.origin()
}

/// The same page at the server's loopback address: links for other people name the laptop's address on the LAN.
/// `None` where it is somebody else's page.
fn at_home(home: &Url, url: &Url) -> Option<Url> {
    if may_go(home, url) {
        return Some(url.clone());
    }
    let ours = matches!(url.scheme(), "http" | "https") && url.port() == home.port() && url.port().is_some();
    let mut here = home.clone();
    here.set_path(url.path());
    here.set_query(None);
    ours.then_some(here)
}

#[cfg(test)]
mod tests {
    use super::{at_home, may_go};
    use tauri::Url;

    fn home() -> Url {
        "http://127.0.0.1:9090/operator?token=x".parse().unwrap()
    }

    #[test]
    fn the_window_stays_with_its_server() {
        let may = |url: &str| may_go(&home(), &url.parse().unwrap());
        assert!(may("http://127.0.0.1:9090/multiview"));
        assert!(!may("http://127.0.0.1:9091/operator"));
        assert!(!may("https://127.0.0.1:9090/operator"));
        assert!(!may("http://192.168.1.20:9090/operator"));
        assert!(!may("file:///etc/passwd"));
        assert!(!may("data:text/html,x"));
    }

    #[test]
    fn links_for_others_open_over_loopback() {
        let opened = |url: &str| at_home(&home(), &url.parse().unwrap()).map(String::from);
        let here = |path: &str| Some(format!("http://127.0.0.1:9090{path}"));
        assert_eq!(opened("http://192.168.1.20:9090/trust"), here("/trust"));
        assert_eq!(opened("https://regie.local:9090/watch?x=1"), here("/watch"));
        assert_eq!(opened("http://127.0.0.1:9090/multiview"), here("/multiview"));
        assert_eq!(opened("https://example.org/"), None);
        assert_eq!(opened("mailto:a@example.org"), None);
    }
}
