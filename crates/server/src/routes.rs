//! All routes on one screen, and what every request goes through before its handler runs.

use crate::answer::{self, Response};
use crate::app::App;
use crate::call::Call;
use crate::door::Shut;
use crate::policy::{OverPlain, Peer};
use crate::{api, health, metrics, origin, pages, sockets};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};
use regie_model::Role;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use warp::filters::BoxedFilter;
use warp::ws::Ws;
use warp::{Filter, Rejection};

/// How long a handler may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a handler gives back when it is asked.
pub type Answer = Pin<Box<dyn Future<Output = Response> + Send>>;

/// A route: for whom it is, what the LAN gets of it over plain http, how long a body may be (bytes), and what
/// answers.
pub struct Line {
    method: Method,
    pattern: &'static str,
    who: Who,
    plain: OverPlain,
    body: u64,
    handler: fn(Arc<App>, Call) -> Answer,
}

/// Whom a route is for. The operator may do whatever a camera or a viewer may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// No token is asked for.
    Anyone,
    /// Any role will do.
    Somebody,
    /// This role; a browser without it is told so in a page.
    Page(Role),
    /// This role; a program without it gets 401.
    Only(Role),
}

macro_rules! line {
    ($method:ident $pattern:literal, $who:expr, $plain:ident, $body:expr, $handler:path) => {
        Line {
            method: Method::$method,
            pattern: $pattern,
            who: $who,
            plain: OverPlain::$plain,
            body: $body,
            handler: |app, call| Box::pin($handler(app, call)),
        }
    };
}

use Role::{Camera, Operator};
use Who::{Anyone, Only, Page, Somebody};

/// Every route there is.
#[rustfmt::skip]
pub static TABLE: &[Line] = &[
    //    method pattern              who              plain http  body   handler
    line!(GET  "/",                   Anyone,          Audience,   0,     pages::root),
    line!(GET  "/operator",           Page(Operator),  Never,      0,     pages::operator),
    line!(GET  "/multiview",          Page(Operator),  Never,      0,     pages::multiview),
    line!(GET  "/dashboard.html",     Anyone,          Never,      0,     pages::dashboard),
    line!(GET  "/j/{token}",          Anyone,          Never,      0,     pages::join),
    line!(GET  "/camera",             Page(Camera),    Never,      0,     pages::camera),
    line!(GET  "/phone_client.html",  Anyone,          Never,      0,     pages::phone_client),
    line!(GET  "/watch",              Anyone,          Audience,   0,     pages::watch),
    line!(GET  "/trust",              Anyone,          Trust,      0,     pages::trust),
    line!(GET  "/assets/{file}",      Anyone,          Trust,      0,     pages::asset),
    line!(GET  "/favicon.ico",        Anyone,          Trust,      0,     pages::icon),
    line!(GET  "/ca.crt",             Anyone,          Trust,      0,     api::authority),
    line!(GET  "/ca.mobileconfig",    Anyone,          Trust,      0,     api::profile),
    line!(GET  "/qr/camera.svg",      Only(Operator),  Never,      0,     api::qr_camera),
    line!(GET  "/qr/watch.svg",       Only(Operator),  Never,      0,     api::qr_watch),
    line!(GET  "/qr/trust.svg",       Only(Operator),  Never,      0,     api::qr_trust),
    line!(GET  "/api/v1/show",        Only(Operator),  Never,      0,     api::show),
    line!(POST "/api/v1/commands",    Only(Operator),  Never,      65536, api::commands),
    line!(GET  "/api/v1/whoami",      Somebody,        Audience,   0,     api::whoami),
    line!(GET  "/api/v1/event",       Anyone,          Audience,   0,     api::event),
    line!(GET  "/api/v1/viewer-token", Anyone,         Audience,   0,     api::viewer_token),
    line!(GET  "/metrics",            Only(Operator),  Never,      0,     metrics::answer),
    line!(GET  "/healthz",            Anyone,          Never,      0,     health::answer),
    line!(GET  "/stream",             Somebody,        Audience,   0,     sockets::stream::answer),
    line!(GET  "/signal/stream",      Somebody,        Never,      0,     sockets::events::open),
    line!(POST "/signal/stream",      Somebody,        Never,      65536, sockets::events::post),
    line!(GET  "/control",            Only(Operator),  Never,      0,     sockets::control::answer),
];

/// The paths that may be upgraded to a WebSocket.
const SOCKETS: [&str; 2] = ["/stream", "/control"];

impl Line {
    /// `GET /operator`
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.pattern)
    }

    /// Whom it is for.
    pub fn who(&self) -> Who {
        self.who
    }

    /// What the LAN gets of it over plain http.
    pub fn over_plain(&self) -> OverPlain {
        self.plain
    }

    /// What stands in place of `{…}`, if the path is one of this route's.
    fn matches(&self, path: &str) -> Option<String> {
        match self.pattern.split_once('{') {
            None => (path == self.pattern).then(String::new),
            Some((stem, _)) => {
                let rest = path.strip_prefix(stem)?;
                (!rest.is_empty() && !rest.contains('/')).then(|| rest.to_owned())
            }
        }
    }
}

/// The whole of the server's HTTP as one filter that always answers.
pub fn filter(app: Arc<App>) -> BoxedFilter<(Response,)> {
    let lines = TABLE
        .iter()
        .map(|line| of_line(Arc::clone(&app), line))
        .reduce(|all, line| all.or(line).unify().boxed());
    let rest = elsewhere(app);
    match lines {
        Some(lines) => lines.or(rest).unify().boxed(),
        None => rest,
    }
}

fn of_line(app: Arc<App>, line: &'static Line) -> BoxedFilter<(Response,)> {
    let found = warp::path::full().and_then(move |path: warp::path::FullPath| async move {
        line.matches(path.as_str()).ok_or_else(warp::reject::not_found)
    });
    let method = warp::method().and_then(move |method: Method| async move {
        let same = method == line.method || (method == Method::HEAD && line.method == Method::GET);
        if same {
            Ok(())
        } else {
            Err(warp::reject::not_found())
        }
    });
    let body = if line.body == 0 {
        warp::any().map(Bytes::new).boxed()
    } else {
        warp::body::content_length_limit(line.body)
            .and(warp::body::bytes())
            .boxed()
    };
    let ws = warp::ws().map(Some).or(warp::any().map(|| None::<Ws>)).unify();
    let handled = found
        .and(method.untuple_one())
        .and(request())
        .and(ws)
        .and(body)
        .then(
            move |param: String, mut call: Call, ws: Option<Ws>, body: Bytes| {
                let app = Arc::clone(&app);
                call.param = param;
                call.ws = ws;
                call.body = body;
                attend(app, line, call)
            },
        );
    handled.or_else(too_long).boxed()
}

/// A body that is longer than its route takes is this route's answer; anything else is the next one's matter.
async fn too_long(rejection: Rejection) -> Result<(Response,), Rejection> {
    if rejection.find::<warp::reject::PayloadTooLarge>().is_some() {
        return Ok((answer::problem(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "the body is longer than this address takes",
        ),));
    }
    if rejection.find::<warp::reject::LengthRequired>().is_some() {
        return Ok((answer::problem(
            StatusCode::LENGTH_REQUIRED,
            "length_required",
            "say the body's length",
        ),));
    }
    Err(rejection)
}

fn request() -> impl Filter<Extract = (Call,), Error = Rejection> + Clone {
    warp::ext::get::<Peer>()
        .and(warp::path::full())
        .and(warp::header::headers_cloned())
        .and(warp::query::raw().or(warp::any().map(String::new)).unify())
        .map(
            |peer: Peer, path: warp::path::FullPath, headers: HeaderMap, raw_query: String| Call {
                peer,
                headers,
                path: path.as_str().to_owned(),
                raw_query,
                param: String::new(),
                body: Bytes::new(),
                ws: None,
                passes: Vec::new(),
            },
        )
}

/// What every request goes through: is the host ours, the scheme enough, the page one of ours, the address not
/// too eager, the role right.
async fn attend(app: Arc<App>, line: &'static Line, mut call: Call) -> Response {
    let authority = call.authority().to_owned();
    if let Some(refused) = gate(&app, &call, line.plain) {
        return refused;
    }
    let is_socket = SOCKETS.contains(&line.pattern);
    let response = match call.identify(&app) {
        Err(shut) if line.who != Who::Anyone || is_socket => shut_out(shut, line.who),
        identified => {
            call.passes = identified.unwrap_or_default();
            let fits = match line.who {
                Who::Anyone => true,
                Who::Somebody => !call.passes.is_empty(),
                Who::Page(role) | Who::Only(role) => call.pass(role).is_some(),
            };
            if fits {
                let handled = tokio::time::timeout(PATIENCE, (line.handler)(Arc::clone(&app), call));
                handled.await.unwrap_or_else(|_| {
                    tracing::error!(route = line.pattern, "a handler took too long");
                    answer::problem(StatusCode::SERVICE_UNAVAILABLE, "busy", "this took too long")
                })
            } else {
                shut_out(Shut::Wrong, line.who)
            }
        }
    };
    app.counts.answered(response.status());
    tracing::debug!(
        route = line.pattern,
        status = response.status().as_u16(),
        "answered"
    );
    answer::dress(response, &authority)
}

/// What is looked at before any token is.
fn gate(app: &App, call: &Call, plain: OverPlain) -> Option<Response> {
    let refuse = |status, code: &str, message: &str| {
        app.counts.answered(status);
        Some(answer::dress(answer::problem(status, code, message), "localhost"))
    };
    if origin::host(&call.headers, &app.names()).is_err() {
        return refuse(
            StatusCode::FORBIDDEN,
            "foreign_host",
            "this laptop does not answer to that name; use one of the addresses that the régie shows",
        );
    }
    if asks_for_upgrade(&call.headers) && !SOCKETS.contains(&call.path.as_str()) {
        return refuse(StatusCode::NOT_FOUND, "not_found", "no socket is here");
    }
    let eager = !call.peer.is_loopback() && !app.requests.take(call.peer.address.ip(), Instant::now());
    if eager {
        return refuse(StatusCode::TOO_MANY_REQUESTS, "slow_down", "too many requests");
    }
    if !call.peer.may_have(plain, app.config.plain_http) {
        let query = if call.raw_query.is_empty() { "" } else { "?" };
        let there = format!(
            "https://{}{}{query}{}",
            call.authority(),
            call.path,
            call.raw_query
        );
        app.counts.answered(StatusCode::PERMANENT_REDIRECT);
        let response = answer::redirect(StatusCode::PERMANENT_REDIRECT, &there);
        return Some(answer::dress(response, call.authority()));
    }
    if origin::check(&call.headers, call.peer.secure).is_err() {
        return refuse(
            StatusCode::FORBIDDEN,
            "foreign_origin",
            "only Régie's own pages may ask this",
        );
    }
    None
}

fn asks_for_upgrade(headers: &HeaderMap) -> bool {
    headers.contains_key(header::UPGRADE) || headers.contains_key(header::SEC_WEBSOCKET_KEY)
}

fn shut_out(shut: Shut, who: Who) -> Response {
    match (shut, who) {
        (Shut::TooMany, _) => {
            let mut response = answer::problem(
                StatusCode::TOO_MANY_REQUESTS,
                "slow_down",
                "too many wrong tokens came from this address; wait a little",
            );
            answer::set(&mut response, header::RETRY_AFTER, "5");
            response
        }
        (Shut::Wrong, Who::Page(Role::Camera)) => answer::page(
            StatusCode::UNAUTHORIZED,
            "<p>This phone is not invited (any more). Scan the code that the operator shows.</p>",
            "<p>Ce téléphone n’est pas (ou plus) invité. Scannez le code que montre la régie.</p>",
        ),
        (Shut::Wrong, Who::Page(_)) => answer::page(
            StatusCode::UNAUTHORIZED,
            "<p>This page is for the operator. Open it with the link that Régie shows when it starts.</p>",
            "<p>Cette page est réservée à la régie. Ouvrez-la par le lien affiché au démarrage.</p>",
        ),
        (Shut::Wrong, _) => {
            let mut response = answer::problem(
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "a token is missing, or it does not open this",
            );
            answer::set(&mut response, header::WWW_AUTHENTICATE, "Bearer");
            response
        }
    }
}

/// Everything that no line takes: another method, or nothing at all.
fn elsewhere(app: Arc<App>) -> BoxedFilter<(Response,)> {
    request()
        .then(move |call: Call| {
            let app = Arc::clone(&app);
            async move {
                let authority = call.authority().to_owned();
                if let Some(refused) = gate(&app, &call, OverPlain::Never) {
                    return refused;
                }
                let other_method = TABLE.iter().any(|line| line.matches(&call.path).is_some());
                let response = if other_method {
                    answer::problem(
                        StatusCode::METHOD_NOT_ALLOWED,
                        "method_not_allowed",
                        "not this way",
                    )
                } else {
                    answer::problem(StatusCode::NOT_FOUND, "not_found", "nothing is here")
                };
                app.counts.answered(response.status());
                answer::dress(response, &authority)
            }
        })
        .or_else(|_| async {
            let broken = answer::problem(StatusCode::BAD_REQUEST, "bad_request", "this cannot be read");
            Ok::<_, Infallible>((answer::dress(broken, "localhost"),))
        })
        .map(|response| response)
        .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_paths() {
        let check = |pattern: &str, path: &str, expect: Option<&str>| {
            let line = TABLE.iter().find(|line| line.pattern == pattern).unwrap();
            assert_eq!(line.matches(path).as_deref(), expect, "{pattern} {path}");
        };
        check("/stream", "/stream", Some(""));
        check("/stream", "/stream/", None);
        check("/stream", "//stream", None);
        check("/j/{token}", "/j/abc", Some("abc"));
        check("/j/{token}", "/j/", None);
        check("/j/{token}", "/j/a/b", None);
    }

    #[test]
    fn nothing_but_the_audience_and_trust_is_there_over_plain_http() {
        let plain: Vec<String> = TABLE
            .iter()
            .filter(|line| line.plain != OverPlain::Never)
            .map(Line::name)
            .collect();
        let expect = [
            "GET /",
            "GET /watch",
            "GET /trust",
            "GET /assets/{file}",
            "GET /favicon.ico",
            "GET /ca.crt",
            "GET /ca.mobileconfig",
            "GET /api/v1/whoami",
            "GET /api/v1/event",
            "GET /api/v1/viewer-token",
            "GET /stream",
        ];
        assert_eq!(plain, expect);
        for line in TABLE {
            let private = matches!(
                line.who,
                Who::Page(Operator | Camera) | Who::Only(Operator | Camera)
            );
            assert!(!private || line.plain == OverPlain::Never, "{}", line.name());
        }
    }
}
