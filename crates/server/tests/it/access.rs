//! Who gets what: roles, redirects, hosts, origins, plain http.

use crate::regie::{Regie, get, lan, post};
use regie_model::Role;
use regie_server::config::Access;
use regie_server::policy::OverPlain;
use regie_server::routes::{TABLE, Who};

/// A path of the route, its `{…}` filled with something that opens nothing.
fn path_of(name: &str) -> (String, String) {
    let (method, pattern) = name.split_once(' ').unwrap();
    (
        method.to_owned(),
        pattern.replace("{token}", "wrong").replace("{file}", "none.js"),
    )
}

#[tokio::test]
async fn every_route_asks_for_its_role() {
    let regie = Regie::start().await;
    let viewer = regie.token(Role::Viewer).await.1;
    let camera = regie.code();
    for line in TABLE {
        let (method, path) = path_of(&line.name());
        let ask = || match method.as_str() {
            "POST" => post(&path, "{}"),
            _ => get(&path),
        };
        let needs = match line.who() {
            Who::Anyone => continue,
            Who::Somebody => None,
            Who::Page(role) | Who::Only(role) => Some(role),
        };
        let missing = regie.ask(ask()).await.status;
        assert_eq!(missing, 401, "{} without a token", line.name());
        let wrong = regie.ask(ask().bearer("wrong")).await.status;
        assert_eq!(wrong, 401, "{} with a wrong token", line.name());
        for (role, token) in [
            (Role::Operator, &regie.operator),
            (Role::Camera, &camera),
            (Role::Viewer, &viewer),
        ] {
            let fits = needs.is_none_or(|needs| role == needs || role == Role::Operator);
            // An event stream never ends by itself; that it opens is tested where it is used.
            if fits && line.name() == "GET /signal/stream" {
                continue;
            }
            let status = regie.ask(ask().bearer(token)).await.status;
            assert_eq!(status != 401, fits, "{} as {role:?}: {status}", line.name());
        }
    }
}

#[tokio::test]
async fn the_lan_gets_the_audience_over_plain_http_and_nothing_else() {
    let Some(lan) = lan() else { return };
    let regie = Regie::start().await;
    let viewer = regie.token(Role::Viewer).await.1;
    for line in TABLE {
        let (method, path) = path_of(&line.name());
        let ask = match method.as_str() {
            "POST" => post(&path, "{}"),
            _ => get(&path),
        };
        let answer = regie.ask(ask.at(lan).with("x-test", "1")).await;
        let led = answer.status == 308;
        assert_eq!(
            led,
            line.over_plain() == OverPlain::Never,
            "{}: {}",
            line.name(),
            answer.status
        );
        if led {
            assert_eq!(
                answer.header("location"),
                format!("https://{lan}:{}{path}", regie.port)
            );
        }
    }
    let lost = regie.ask(get("/nowhere?a=1").at(lan)).await;
    assert_eq!(
        lost.header("location"),
        format!("https://{lan}:{}/nowhere?a=1", regie.port)
    );

    for (token, expect) in [(&regie.operator, 401), (&regie.code(), 401), (&viewer, 200)] {
        let answer = regie.ask(get("/api/v1/whoami").at(lan).bearer(token)).await;
        assert_eq!(answer.status, expect);
    }
    let upgrade = regie.socket(get("/stream").at(lan).bearer(&regie.operator)).await;
    assert_eq!(upgrade.err(), Some(401));
    assert!(regie.socket(get("/stream").at(lan).bearer(&viewer)).await.is_ok());
    let control = regie
        .socket(get("/control").at(lan).bearer(&regie.operator))
        .await;
    assert_eq!(control.err(), Some(308));
    let secure = regie
        .socket(get("/control").at(lan).tls().bearer(&regie.operator))
        .await;
    assert!(secure.is_ok());
}

#[tokio::test]
async fn plain_http_for_the_audience_can_be_closed() {
    let Some(lan) = lan() else { return };
    let regie = Regie::with(|config| config.plain_http = false).await;
    assert_eq!(regie.ask(get("/watch").at(lan)).await.status, 308);
    assert_eq!(regie.ask(get("/ca.crt").at(lan)).await.status, 200);
    assert_ne!(regie.ask(get("/trust").at(lan)).await.status, 308);
}

#[tokio::test]
async fn other_hosts_and_origins_are_turned_away() {
    let regie = Regie::start().await;
    let own = format!("http://127.0.0.1:{}", regie.port);
    let check = async |ask: crate::regie::Ask, expect: u16| {
        assert_eq!(regie.ask(ask.clone()).await.status, expect, "{ask:?}");
    };
    check(get("/api/v1/event").with("host", "evil.example"), 403).await;
    check(
        get("/api/v1/event").with("host", format!("localhost:{}", regie.port)),
        200,
    )
    .await;
    check(get("/api/v1/event").with("origin", "https://evil.example"), 403).await;
    check(get("/api/v1/event").with("origin", &own), 200).await;
    let rename = r#"{"type":"nameShow","name":"x"}"#;
    let order = || post("/api/v1/commands", rename).bearer(&regie.operator);
    check(order().with("origin", "null"), 403).await;
    check(order().with("origin", &own), 200).await;
    let foreign = get("/control")
        .bearer(&regie.operator)
        .with("origin", "https://evil.example");
    assert_eq!(regie.socket(foreign).await.err(), Some(403));
    let ours = get("/control").bearer(&regie.operator).with("origin", &own);
    assert!(regie.socket(ours).await.is_ok());
}

#[tokio::test]
async fn upgrades_elsewhere_are_refused_before_the_handshake() {
    let regie = Regie::start().await;
    for path in [
        "/",
        "/operator",
        "/chat",
        "/stream/",
        "/control/x",
        "/nowhere",
        "/api/v1/show",
    ] {
        let refused = regie.socket(get(path).bearer(&regie.operator)).await.err();
        assert_eq!(refused, Some(404), "{path}");
    }
    let bare = regie.ask(get("/stream").bearer(&regie.operator)).await;
    assert_eq!((bare.status, bare.header("upgrade")), (426, "websocket"));
    let old = get("/stream")
        .bearer(&regie.operator)
        .with("upgrade", "websocket")
        .with("connection", "upgrade")
        .with("sec-websocket-version", "8")
        .with("sec-websocket-key", "x");
    assert_eq!(regie.ask(old).await.status, 426);
}

#[tokio::test]
async fn links_become_cookies_and_lose_their_tokens() {
    let regie = Regie::start().await;
    let port = regie.port;
    let joined = regie.ask(get(format!("/j/{}", regie.code())).tls()).await;
    assert_eq!((joined.status, joined.header("location")), (303, "/camera"));
    let cookie = joined.header("set-cookie").to_owned();
    for part in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let held = cookie.split(';').next().unwrap();
    let who = regie.ask(get("/api/v1/whoami").tls().with("cookie", held)).await;
    assert_eq!(who.json()["role"], "camera");
    let root = regie.ask(get("/").tls().with("cookie", held)).await;
    assert_eq!(root.header("location"), "/camera");

    let operator = regie
        .ask(get(format!("/operator?token={}", regie.operator)))
        .await;
    assert_eq!((operator.status, operator.header("location")), (303, "/operator"));
    let cookie = operator.header("set-cookie").to_owned();
    assert!(cookie.starts_with(&format!("regie-operator-{port}=")) && !cookie.contains("Secure"));
    let held = cookie.split(';').next().unwrap();
    let who = regie.ask(get("/api/v1/whoami").with("cookie", held)).await;
    assert_eq!(who.json()["role"], "operator");
    assert!(regie.socket(get("/control").with("cookie", held)).await.is_ok());

    assert_eq!(regie.ask(get("/operator?token=wrong")).await.status, 401);
    assert_eq!(regie.ask(get("/j/wrong")).await.status, 401);
    assert_eq!(regie.ask(get(format!("/j/{}", regie.operator))).await.status, 401);
    let old = regie.ask(get("/phone_client.html?token=x")).await;
    assert_eq!(old.header("location"), "/camera?token=x");
    assert_eq!(
        regie.ask(get("/dashboard.html")).await.header("location"),
        "/operator"
    );
    assert_eq!(regie.ask(get("/")).await.header("location"), "/watch");
}

#[tokio::test]
async fn an_open_audience_shares_one_token() {
    let regie = Regie::start().await;
    let first = regie.ask(get("/api/v1/viewer-token")).await.json()["token"].clone();
    let again = regie.ask(get("/api/v1/viewer-token")).await.json()["token"].clone();
    assert!(first.is_string() && first == again);
    let page = regie.ask(get("/watch")).await;
    let cookie = page.header("set-cookie");
    assert!(cookie.contains(first.as_str().unwrap()), "{cookie}");
    let held = cookie.split(';').next().unwrap();
    assert_eq!(
        regie
            .ask(get("/watch").with("cookie", held))
            .await
            .header("set-cookie"),
        ""
    );
}

#[tokio::test]
async fn a_pin_opens_for_those_who_know_it() {
    let regie = Regie::with(|config| config.access = Access::Pin("0815".into())).await;
    assert_eq!(regie.ask(get("/watch")).await.status, 401);
    assert_eq!(regie.ask(get("/watch?pin=1")).await.status, 401);
    assert_eq!(regie.ask(get("/api/v1/viewer-token")).await.status, 401);
    assert_eq!(regie.ask(get("/api/v1/viewer-token?pin=0815")).await.status, 200);
    let let_in = regie.ask(get("/watch?pin=0815")).await;
    assert_eq!((let_in.status, let_in.header("location")), (303, "/watch"));
    assert!(let_in.header("set-cookie").starts_with("regie-viewer-"));
    for _ in 0..3 {
        regie.ask(get("/watch?pin=2")).await;
    }
    assert_eq!(regie.ask(get("/watch?pin=0815")).await.status, 429);
}

#[tokio::test]
async fn an_invitation_opens_where_only_invited_people_watch() {
    let regie = Regie::with(|config| config.access = Access::Invite).await;
    assert_eq!(regie.ask(get("/watch")).await.status, 401);
    assert_eq!(regie.ask(get("/api/v1/viewer-token")).await.status, 403);
    assert_eq!(regie.ask(get("/watch?token=wrong")).await.status, 401);
    let token = regie.token(Role::Viewer).await.1;
    let let_in = regie.ask(get(format!("/watch?token={token}"))).await;
    assert_eq!((let_in.status, let_in.header("location")), (303, "/watch"));
}

#[tokio::test]
async fn every_answer_is_dressed_and_secrets_stay_out_of_it() {
    let regie = Regie::start().await;
    for path in ["/watch", "/nowhere", "/api/v1/event", "/operator", "/healthz"] {
        let answer = regie.ask(get(path)).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("frame-ancestors 'none'") && policy.contains("object-src 'none'"),
            "{path}"
        );
    }
    let show = regie.ask(get("/api/v1/show").bearer(&regie.operator)).await;
    assert!(
        !show.body.contains(&regie.operator),
        "the operator's secret is in the snapshot"
    );
}

#[tokio::test]
async fn the_small_answers_say_what_they_should() {
    let regie = Regie::start().await;
    let operator = |path: &str| get(path).bearer(&regie.operator);
    assert_eq!(regie.ask(get("/api/v1/event")).await.json()["live"], true);
    for path in ["/qr/camera.svg", "/qr/watch.svg", "/qr/trust.svg"] {
        let code = regie.ask(operator(path)).await;
        assert!(code.status == 200 && code.body.contains("<svg"), "{path}");
    }
    let metrics = regie.ask(operator("/metrics")).await;
    assert!(
        metrics.body.contains("\nregie_program_frames_total 7\n"),
        "{}",
        metrics.body
    );
    let authority = regie.ask(get("/ca.crt")).await;
    assert!(authority.body.contains("BEGIN CERTIFICATE") && !authority.body.contains("PRIVATE"));
    assert!(
        regie
            .ask(get("/ca.mobileconfig"))
            .await
            .body
            .contains("com.apple.security.root")
    );
    assert_eq!(regie.ask(get("/healthz")).await.status, 200);
    regie
        .media
        .stands
        .store(true, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(regie.ask(get("/healthz")).await.status, 503);
    assert_eq!(regie.ask(post("/healthz", "")).await.status, 405);
    let long = post("/api/v1/commands", "x".repeat(70_000)).bearer(&regie.operator);
    assert_eq!(regie.ask(long).await.status, 413);
    let bad = regie
        .ask(post("/api/v1/commands", "{").bearer(&regie.operator))
        .await;
    assert_eq!(
        (bad.status, bad.json()["refused"]["code"].as_str()),
        (400, Some("bad_command"))
    );
}
