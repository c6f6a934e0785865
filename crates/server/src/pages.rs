//! The pages: files of `ui/dist`, inside the binary, and the doors that lead to them.

use crate::answer::{self, Response};
use crate::app::{App, wall_ms};
use crate::call::{Call, cookie_name};
use crate::config::Access;
use crate::door::Shut;
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::header::{self, HeaderValue};
use http::{HeaderMap, StatusCode};
use parking_lot::Mutex;
use regie_model::{Role, Secret};
use rust_embed::RustEmbed;
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, LazyLock};
use std::time::Instant;

/// The pages as `npm run build` left them.
#[derive(RustEmbed)]
#[folder = "../../ui/dist"]
#[allow_missing = true]
struct Pages;

/// `GET /`: to the page of the role.
pub async fn root(_: Arc<App>, call: Call) -> Response {
    let strongest = [Role::Operator, Role::Camera]
        .into_iter()
        .find(|role| call.passes.iter().any(|pass| pass.role == *role));
    answer::redirect(
        StatusCode::SEE_OTHER,
        match strongest {
            Some(Role::Operator) => "/operator",
            Some(Role::Camera) => "/camera",
            _ => "/watch",
        },
    )
}

/// `GET /operator`
pub async fn operator(app: Arc<App>, call: Call) -> Response {
    enter(&app, &call, Role::Operator, "operator.html")
}

/// `GET /multiview`
pub async fn multiview(app: Arc<App>, call: Call) -> Response {
    enter(&app, &call, Role::Operator, "multiview.html")
}

/// `GET /camera`
pub async fn camera(app: Arc<App>, call: Call) -> Response {
    enter(&app, &call, Role::Camera, "camera.html")
}

/// `GET /dashboard.html`, an old address of the operator's page.
pub async fn dashboard(_: Arc<App>, call: Call) -> Response {
    answer::redirect(StatusCode::SEE_OTHER, &with_query(&call, "/operator"))
}

/// `GET /phone_client.html`, an old address of the camera page.
pub async fn phone_client(_: Arc<App>, call: Call) -> Response {
    answer::redirect(StatusCode::SEE_OTHER, &with_query(&call, "/camera"))
}

/// `GET /trust`: how a phone comes to trust this laptop.
pub async fn trust(_: Arc<App>, call: Call) -> Response {
    serve("trust.html", &call.headers)
}

/// `GET /assets/{file}`
pub async fn asset(_: Arc<App>, call: Call) -> Response {
    serve(&format!("assets/{}", call.param), &call.headers)
}

/// `GET /favicon.ico`
pub async fn icon(_: Arc<App>, call: Call) -> Response {
    serve("favicon.ico", &call.headers)
}

/// `GET /j/{token}`: the address behind the QR code.
pub async fn join(app: Arc<App>, call: Call) -> Response {
    let from = call.peer.address.ip();
    match app.door.admit(&call.param, from, Instant::now(), wall_ms()) {
        Ok(pass) if pass.role == Role::Camera && !pass.retired => {
            let mut response = answer::redirect(StatusCode::SEE_OTHER, "/camera");
            set_cookie(
                &app,
                &call,
                &mut response,
                Role::Camera,
                &Secret::new(&*call.param),
            );
            response
        }
        Err(Shut::TooMany) => answer::page(
            StatusCode::TOO_MANY_REQUESTS,
            "<p>Too many wrong codes. Wait a little, then scan the code again.</p>",
            "<p>Trop de codes erronés. Attendez un peu, puis scannez de nouveau.</p>",
        ),
        Ok(_) | Err(Shut::Wrong) => answer::page(
            StatusCode::UNAUTHORIZED,
            "<p>This code is no longer good. Scan the one that the operator shows now.</p>",
            "<p>Ce code n’est plus valable. Scannez celui que la régie montre maintenant.</p>",
        ),
    }
}

/// `GET /watch`: the audience's page; hands out a token where everybody may watch, or for the PIN.
pub async fn watch(app: Arc<App>, call: Call) -> Response {
    if call.query("token").is_some() {
        return match call.pass(Role::Viewer) {
            Some(_) => enter(&app, &call, Role::Viewer, "watch.html"),
            None => uninvited(),
        };
    }
    let mut response = serve("watch.html", &call.headers);
    if call.passes.iter().any(|pass| pass.role == Role::Viewer) {
        return response;
    }
    match &app.config.access {
        Access::Open => {}
        Access::Invite if call.pass(Role::Viewer).is_some() => return response,
        Access::Invite => return uninvited(),
        Access::Pin(pin) => match call.query("pin") {
            None => return ask_pin(StatusCode::UNAUTHORIZED, ""),
            Some(given) => match app.door.pin(&given, pin, call.peer.address.ip(), Instant::now()) {
                Ok(()) => response = answer::redirect(StatusCode::SEE_OTHER, "/watch"),
                Err(Shut::Wrong) => return ask_pin(StatusCode::UNAUTHORIZED, "Wrong PIN · PIN erroné"),
                Err(Shut::TooMany) => {
                    return ask_pin(StatusCode::TOO_MANY_REQUESTS, "Too many tries · Trop d’essais");
                }
            },
        },
    }
    match app.audience_token().await {
        Ok(Some(secret)) => set_cookie(&app, &call, &mut response, Role::Viewer, &secret),
        Ok(None) => {}
        Err(refusal) => {
            tracing::warn!(code = ?refusal.code, "no token for the audience");
            return answer::problem(StatusCode::SERVICE_UNAVAILABLE, "busy", &refusal.message);
        }
    }
    response
}

fn uninvited() -> Response {
    answer::page(
        StatusCode::UNAUTHORIZED,
        "<p>Only invited people may watch. Open the link that you were given.</p>",
        "<p>Seules les personnes invitées peuvent regarder. Ouvrez le lien reçu.</p>",
    )
}

fn ask_pin(status: StatusCode, trouble: &'static str) -> Response {
    let form = format!(
        "<form action=\"/watch\"><label>PIN <input name=\"pin\" inputmode=\"numeric\" autocomplete=\"off\" \
         maxlength=\"12\" required autofocus style=\"font:inherit;width:8rem\"></label> \
         <button style=\"font:inherit;min-height:48px\">OK</button></form><p role=\"alert\">{trouble}</p>"
    );
    answer::page(
        status,
        &format!("<p>The organiser asks for a PIN.</p>{form}"),
        "<p>L’organisateur demande un code PIN.</p>",
    )
}

/// A page for a role. A token in the address becomes a cookie, and the address loses it, so that it stays out
/// of histories and screenshots.
fn enter(app: &App, call: &Call, role: Role, file: &str) -> Response {
    let Some(secret) = call.query("token") else {
        return serve(file, &call.headers);
    };
    let mut response = answer::redirect(StatusCode::SEE_OTHER, &call.path);
    let held = call.pass(role).map_or(role, |pass| pass.role);
    set_cookie(app, call, &mut response, held, &Secret::new(secret));
    response
}

fn with_query(call: &Call, path: &str) -> String {
    if call.raw_query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", call.raw_query)
    }
}

/// Hands a token to a browser. It travels to this laptop alone, never to a script of a page.
pub fn set_cookie(app: &App, call: &Call, response: &mut Response, role: Role, secret: &Secret) {
    let secure = call.peer.secure;
    let name = cookie_name(role, app.port, secure);
    let flag = if secure { "; Secure" } else { "" };
    let plain = secret
        .reveal()
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"-_.~".contains(&b));
    let cookie = format!(
        "{name}={}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax{flag}",
        secret.reveal()
    );
    match HeaderValue::try_from(cookie) {
        Ok(mut cookie) if plain => {
            cookie.set_sensitive(true);
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        _ => tracing::warn!("a token that is no plain text was not made a cookie"),
    }
}

/// A file of the pages. Files in `assets/` have their content's hash in their name and never change.
pub fn serve(path: &str, asked: &HeaderMap) -> Response {
    let Some(file) = Pages::get(path) else {
        let message = if Pages::iter().next().is_some() {
            "nothing is here"
        } else {
            "the pages were not built into this server: run `cargo xtask run`, or `npm run build` in ui"
        };
        return answer::problem(StatusCode::NOT_FOUND, "not_found", message);
    };
    let hash = file.metadata.sha256_hash();
    let tag: String = hash[..12].iter().map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{tag}\"");
    let unchanged = asked
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = if unchanged {
        answer::body(StatusCode::NOT_MODIFIED, content_type(path), Bytes::new())
    } else {
        let accepts = asked
            .get(header::ACCEPT_ENCODING)
            .and_then(|value| value.to_str().ok());
        match accepts
            .filter(|list| takes_gzip(list))
            .and_then(|_| zipped(path, &file.data))
        {
            Some(zipped) => {
                let mut response = answer::body(StatusCode::OK, content_type(path), zipped);
                answer::set(&mut response, header::CONTENT_ENCODING, "gzip");
                response
            }
            None => {
                let bytes = match file.data {
                    Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                    Cow::Owned(bytes) => bytes.into(),
                };
                answer::body(StatusCode::OK, content_type(path), bytes)
            }
        }
    };
    let keep = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    answer::set(&mut response, header::CACHE_CONTROL, keep);
    answer::set(&mut response, header::VARY, "Accept-Encoding");
    if let Ok(tag) = HeaderValue::try_from(tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

fn takes_gzip(list: &str) -> bool {
    list.split(',')
        .map(str::trim)
        .any(|one| one == "gzip" || (one.starts_with("gzip;") && !one.ends_with("q=0")))
}

/// Each file is zipped once, when it is first asked for; small ones and pictures are not worth it.
fn zipped(path: &str, data: &[u8]) -> Option<Bytes> {
    static DONE: LazyLock<Mutex<HashMap<String, Bytes>>> = LazyLock::new(Mutex::default);
    if data.len() < 600 || !is_text(path) {
        return None;
    }
    if let Some(known) = DONE.lock().get(path) {
        return Some(known.clone());
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data).ok()?;
    let bytes = Bytes::from(encoder.finish().ok()?);
    DONE.lock().insert(path.to_owned(), bytes.clone());
    Some(bytes)
}

fn is_text(path: &str) -> bool {
    let kind = content_type(path);
    kind.starts_with("text/") || kind.contains("javascript") || kind.contains("json") || kind.contains("svg")
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "mp3" => "audio/mpeg",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        for (list, expect) in [
            ("gzip, deflate, br", true),
            ("br;q=1.0, gzip;q=0.8", true),
            ("gzip;q=0", false),
            ("br", false),
            ("", false),
        ] {
            assert_eq!(takes_gzip(list), expect, "{list}");
        }
    }
}
