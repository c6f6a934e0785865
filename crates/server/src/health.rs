//! `GET /healthz`: whether program runs.

use crate::answer::{self, Response};
use crate::app::App;
use crate::call::Call;
use http::StatusCode;
use serde_json::json;
use std::sync::Arc;

/// A program frame older than this means that program stands.
const FRAME_MAX_MS: u64 = 1_000;

/// 200 while program frames come, else 503.
pub async fn answer(app: Arc<App>, _: Call) -> Response {
    let figures = app.media.figures();
    let runs = figures.program_age_ms.is_some_and(|age| age < FRAME_MAX_MS);
    let status = if runs {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let said = json!({
        "program": if runs { "running" } else { "standing" },
        "frames": figures.program_frames,
        "last_frame_ms": figures.program_age_ms,
    });
    answer::json(status, &said)
}
