//! Answers: the few forms that responses have, and the headers that all of them carry.

use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{Response as HttpResponse, StatusCode};
use serde::Serialize;
use warp::Reply;

/// What every handler gives.
pub type Response = warp::reply::Response;

/// A body of this type.
pub fn body(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response {
    let mut response = HttpResponse::new(body.into()).into_response();
    *response.status_mut() = status;
    set(&mut response, header::CONTENT_TYPE, kind);
    response
}

/// Plain text.
pub fn text(status: StatusCode, said: impl Into<String>) -> Response {
    body(status, "text/plain; charset=utf-8", said.into())
}

/// JSON.
pub fn json(status: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => body(status, "application/json", bytes),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written as JSON");
            problem(
                StatusCode::INTERNAL_SERVER_ERROR,
                "bug",
                "the answer could not be written",
            )
        }
    }
}

/// A failure, for programs and people.
pub fn problem(status: StatusCode, code: &str, message: &str) -> Response {
    let value = serde_json::json!({ "status": "error", "code": code, "message": message });
    body(status, "application/json", value.to_string())
}

/// A page of one paragraph, English and French, for people whose browser ended up without what it needs.
pub fn page(status: StatusCode, english: &str, french: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>Régie</title><body style=\"background:#0e1013;color:#e8eaed;\
         font:1.2rem/1.5 system-ui;margin:2rem auto;max-width:36rem;padding:0 1rem\"><h1>Régie</h1>{english}\
         <div lang=\"fr\">{french}</div></body></html>"
    );
    body(status, "text/html; charset=utf-8", html)
}

/// Go there.
pub fn redirect(status: StatusCode, location: &str) -> Response {
    let mut response = text(status, "");
    match HeaderValue::try_from(location) {
        Ok(location) => {
            response.headers_mut().insert(header::LOCATION, location);
            response
        }
        Err(_) => problem(
            StatusCode::BAD_REQUEST,
            "bad_address",
            "this address cannot be redirected",
        ),
    }
}

/// Sets a header that is known at build time.
pub fn set(response: &mut Response, name: HeaderName, value: &'static str) {
    response
        .headers_mut()
        .insert(name, HeaderValue::from_static(value));
}

/// The headers of every answer: nothing is sniffed, framed, referred or kept, and a page talks to nobody but
/// this laptop. `authority` is the `Host` that was asked for, looked at already.
pub fn dress(mut response: Response, authority: &str) -> Response {
    let policy = format!(
        "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self' blob:; \
         style-src 'self' 'unsafe-inline'; connect-src 'self' ws://{authority} wss://{authority}; \
         object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::try_from(policy) {
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    set(&mut response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(&mut response, header::X_FRAME_OPTIONS, "DENY");
    set(&mut response, header::REFERRER_POLICY, "no-referrer");
    set(
        &mut response,
        HeaderName::from_static("permissions-policy"),
        "camera=(self), microphone=(self), screen-wake-lock=(self), fullscreen=(self), autoplay=(self), \
         geolocation=(), payment=(), usb=()",
    );
    if !response.headers().contains_key(header::CACHE_CONTROL) {
        set(&mut response, header::CACHE_CONTROL, "no-store");
    }
    response
}
