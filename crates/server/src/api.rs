//! Small answers for pages and programs: the show, commands, who one is, codes, certificates.

use crate::answer::{self, Response};
use crate::app::App;
use crate::call::Call;
use crate::config::Access;
use crate::door::Shut;
use crate::{pages, qr};
use http::StatusCode;
use http::header;
use regie_model::{By, Code, Command, Refusal, Reply, Role};
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use std::time::Instant;

/// An order as clients send it: bare, or as `/control` wraps it.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Order {
    Wrapped { command: serde_json::Value },
    Bare(serde_json::Value),
}

/// What came of an order, for the one who asked.
#[derive(Serialize)]
pub struct Done {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<Reply>,
}

impl Done {
    /// It was carried out.
    pub fn new(reply: Option<Reply>) -> Self {
        Self { ok: true, reply }
    }
}

/// Reads a command.
///
/// # Errors
/// The refusal that says what is wrong with it.
pub fn command_of(value: serde_json::Value) -> Result<Command, Refusal> {
    let bad = |said: String| Refusal::new(Code::BadCommand, format!("this is no command: {said}"));
    let command: Command = serde_json::from_value(value.clone()).map_err(|error| bad(error.to_string()))?;
    // serde lets commands without fields carry any; a misspelt one must not pass for the bare order.
    let known = serde_json::to_value(&command).map_err(|error| bad(error.to_string()))?;
    let unknown = value
        .as_object()
        .and_then(|given| given.keys().find(|key| known.get(key.as_str()).is_none()));
    match unknown {
        Some(key) => Err(bad(format!(
            "it has no field `{}`",
            key.chars().take(40).collect::<String>()
        ))),
        None => Ok(command),
    }
}

/// `GET /api/v1/show`: the snapshot, as `/control` first sends it.
pub async fn show(app: Arc<App>, _: Call) -> Response {
    match app.engine.subscribe().await {
        Some((snapshot, seq, _)) => {
            answer::json(StatusCode::OK, &json!({ "snapshot": &*snapshot, "seq": seq }))
        }
        None => answer::problem(StatusCode::SERVICE_UNAVAILABLE, "busy", "the show is over"),
    }
}

/// `POST /api/v1/commands`: one command; `{ok, reply?}` or `{refused: {code, message}}`.
pub async fn commands(app: Arc<App>, call: Call) -> Response {
    let by = match call.pass(Role::Operator) {
        Some(pass) => By(pass.name.clone()),
        None => By::regie(),
    };
    let order = serde_json::from_slice::<Order>(&call.body)
        .map_err(|error| Refusal::new(Code::BadCommand, format!("this is no JSON: {error}")))
        .and_then(|order| match order {
            Order::Wrapped { command } | Order::Bare(command) => command_of(command),
        });
    let done = match order {
        Ok(command) => app.order(command, by).await,
        Err(refusal) => Err(refusal),
    };
    match done {
        Ok(reply) => answer::json(StatusCode::OK, &Done::new(reply)),
        Err(refusal) => answer::json(status_of(refusal.code), &json!({ "refused": refusal })),
    }
}

fn status_of(code: Code) -> StatusCode {
    match code {
        Code::BadCommand | Code::OutOfRange | Code::BadScene => StatusCode::BAD_REQUEST,
        Code::NoSuchSource | Code::NoSuchToken => StatusCode::NOT_FOUND,
        Code::Full | Code::NotNow | Code::LastOperator => StatusCode::CONFLICT,
        Code::Busy => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// `GET /api/v1/whoami`: the strongest role of the asker's tokens.
pub async fn whoami(_: Arc<App>, call: Call) -> Response {
    let strongest = [Role::Operator, Role::Camera, Role::Viewer]
        .into_iter()
        .find_map(|role| call.passes.iter().find(|pass| pass.role == role));
    match strongest {
        Some(pass) => answer::json(StatusCode::OK, &json!({ "role": pass.role, "name": pass.name })),
        None => answer::problem(StatusCode::UNAUTHORIZED, "unauthorized", "a token is missing"),
    }
}

/// `GET /api/v1/event`: what anybody may know.
pub async fn event(app: Arc<App>, _: Call) -> Response {
    let name = app.event.read().clone();
    answer::json(StatusCode::OK, &json!({ "name": name, "live": true }))
}

/// `GET /api/v1/viewer-token`: a viewer's token for programs, where everybody may watch or for `?pin=`.
pub async fn viewer_token(app: Arc<App>, call: Call) -> Response {
    if let Access::Pin(pin) = &app.config.access {
        let given = call.query("pin").unwrap_or_default();
        match app.door.pin(&given, pin, call.peer.address.ip(), Instant::now()) {
            Ok(()) => {}
            Err(Shut::Wrong) => {
                return answer::problem(StatusCode::UNAUTHORIZED, "wrong_pin", "this is not the PIN");
            }
            Err(Shut::TooMany) => {
                return answer::problem(StatusCode::TOO_MANY_REQUESTS, "slow_down", "too many wrong PINs");
            }
        }
    }
    match app.audience_token().await {
        Ok(Some(secret)) => {
            let mut response = answer::json(StatusCode::OK, &json!({ "token": secret, "role": "viewer" }));
            pages::set_cookie(&app, &call, &mut response, Role::Viewer, &secret);
            response
        }
        Ok(None) => answer::problem(
            StatusCode::FORBIDDEN,
            "invite_only",
            "viewers bring a token that the operator made",
        ),
        Err(refusal) => answer::problem(StatusCode::SERVICE_UNAVAILABLE, "busy", &refusal.message),
    }
}

/// `GET /qr/camera.svg`
pub async fn qr_camera(app: Arc<App>, _: Call) -> Response {
    let link = app.links.read().camera.clone();
    code_of(&link)
}

/// `GET /qr/watch.svg`
pub async fn qr_watch(app: Arc<App>, _: Call) -> Response {
    let link = app.links.read().watch.clone();
    code_of(&link)
}

/// `GET /qr/trust.svg`
pub async fn qr_trust(app: Arc<App>, _: Call) -> Response {
    let link = app.links.read().trust.clone();
    code_of(&link)
}

fn code_of(link: &str) -> Response {
    match qr::svg(link) {
        Some(svg) if !link.is_empty() => answer::body(StatusCode::OK, "image/svg+xml", svg),
        _ => answer::problem(StatusCode::SERVICE_UNAVAILABLE, "busy", "there is no link yet"),
    }
}

/// `GET /ca.crt`: the public certificate of the local authority.
pub async fn authority(app: Arc<App>, _: Call) -> Response {
    let mut response = answer::body(
        StatusCode::OK,
        "application/x-x509-ca-cert",
        app.authority.clone(),
    );
    answer::set(
        &mut response,
        header::CONTENT_DISPOSITION,
        "attachment; filename=\"regie.crt\"",
    );
    response
}

/// `GET /ca.mobileconfig`: the same as a configuration profile, the form that iPhones install.
pub async fn profile(app: Arc<App>, _: Call) -> Response {
    let mut response = answer::body(
        StatusCode::OK,
        "application/x-apple-aspen-config",
        crate::trust::profile(&app.authority),
    );
    answer::set(
        &mut response,
        header::CONTENT_DISPOSITION,
        "attachment; filename=\"regie.mobileconfig\"",
    );
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_taken_whole_or_not_at_all() {
        assert_eq!(command_of(json!({"type": "take"})), Ok(Command::Take));
        let named = command_of(json!({"type": "addSource", "kind": {"type": "demo", "pattern": 0}}));
        assert!(named.is_ok(), "{named:?}");
        for wrong in [
            json!({"type": "take", "more": 1}),
            json!({"type": "fly"}),
            json!({"type": "nameShow"}),
            json!({"type": "nameShow", "name": "x", "nmae": "y"}),
            json!("take"),
            json!(null),
        ] {
            let refusal = command_of(wrong.clone()).expect_err("wrong");
            assert_eq!(refusal.code, Code::BadCommand, "{wrong}");
        }
    }
}
