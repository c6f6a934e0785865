//! A small window that says why there is no show, for whoever started Régie from an icon and sees no terminal.

use std::io::IsTerminal;
use tauri::http::Response;
use tauri::webview::WebviewWindowBuilder;
use tauri::{Theme, Url, WebviewUrl};

/// The scheme under which the page is served; it exists in this process only.
const SCHEME: &str = "notice";

/// Shows `reason` until the window is closed; does nothing where stderr, which has it too, is a terminal.
/// Must be called on the main thread, in a process that has had no other window.
pub fn show(reason: &str) {
    if std::io::stderr().is_terminal() {
        return;
    }
    let page = page(reason, speaks_french());
    let app = tauri::Builder::default()
        .register_uri_scheme_protocol(SCHEME, move |_, _| {
            let mut response = Response::new(page.clone().into_bytes());
            let html = tauri::http::HeaderValue::from_static("text/html; charset=utf-8");
            response.headers_mut().insert("content-type", html);
            response
        })
        .build(crate::window::context());
    // What cannot be shown was already said on stderr.
    let Ok(app) = app else { return };
    let url = Url::parse("notice://localhost/").expect("a constant that is an address");
    let window = WebviewWindowBuilder::new(&app, SCHEME, WebviewUrl::CustomProtocol(url))
        .title("Régie")
        .theme(Some(Theme::Dark))
        .background_color(crate::window::GROUND)
        .inner_size(560.0, 260.0)
        .resizable(false)
        .build();
    if window.is_ok() {
        app.run_return(|_, _| {});
    }
}

/// The page: a heading and the reason, as text.
fn page(reason: &str, french: bool) -> String {
    let heading = if french {
        "Régie ne peut pas démarrer"
    } else {
        "Régie cannot start"
    };
    let reason = reason
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    format!(
        "<!doctype html><meta charset=utf-8><title>{heading}</title><style>html{{background:#0e1013;\
         color:#e8eaed;font:16px/1.5 system-ui}}body{{margin:32px}}h1{{font-size:20px;color:#ff5d5d}}\
         p{{white-space:pre-wrap;overflow-wrap:anywhere}}</style><h1>{heading}</h1><p>{reason}</p>"
    )
}

/// What the system's language is, as far as the environment tells.
fn speaks_french() -> bool {
    ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty())
        .is_some_and(|value| value.starts_with("fr"))
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn a_reason_is_text_and_never_html() {
        let page = page("port <b>9090</b> is taken", false);
        assert!(page.contains("port &lt;b&gt;9090&lt;/b&gt; is taken"));
        assert!(page.contains("Régie cannot start"));
    }
}
