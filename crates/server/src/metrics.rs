//! `GET /metrics`: what has been counted, as Prometheus reads it (text format 0.0.4).

use crate::answer::{self, Response};
use crate::app::App;
use crate::call::Call;
use http::StatusCode;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counted since the start.
#[derive(Debug, Default)]
pub struct Counts {
    /// Answers by hundreds: 1xx to 5xx.
    answers: [AtomicU64; 5],
    /// TCP connections taken.
    pub connections: AtomicU64,
    /// TCP connections turned away because all seats were taken.
    pub turned_away: AtomicU64,
    /// TLS handshakes that failed.
    pub tls_failures: AtomicU64,
    /// Signals of media that found a full inbox.
    pub signals_lost: AtomicU64,
}

impl Counts {
    /// An answer of this status was given.
    pub fn answered(&self, status: StatusCode) {
        let hundreds = usize::from(status.as_u16() / 100).clamp(1, 5) - 1;
        self.answers[hundreds].fetch_add(1, Ordering::Relaxed);
    }
}

/// Everything countable.
pub async fn answer(app: Arc<App>, _: Call) -> Response {
    let mut text = Text::default();
    let figures = app.media.figures();
    let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed) as f64;
    let counts = &app.counts;
    text.one(
        "program_frames_total",
        "Frames of program.",
        figures.program_frames as f64,
    );
    let age = figures.program_age_ms.map_or(-1.0, |ms| ms as f64 / 1000.0);
    text.one(
        "program_last_frame_age_seconds",
        "Age of the last frame; -1 before the first.",
        age,
    );
    let decoded = figures.decoded.iter();
    let decoded = decoded.map(|(source, frames)| (source.to_string(), *frames as f64));
    text.many(
        "source_frames_total",
        "Frames decoded, by source.",
        "source",
        decoded,
    );
    text.one(
        "viewers",
        "Viewers with a media connection.",
        figures.viewers as f64,
    );
    text.one(
        "recording_bytes",
        "Bytes in the recording under way.",
        figures.recording_bytes as f64,
    );
    let sockets = app.sockets.count().into_iter();
    let sockets = sockets.map(|(kind, count)| (kind.to_owned(), count as f64));
    text.many("sockets", "Sockets open, by kind.", "kind", sockets);
    text.one(
        "connections_total",
        "TCP connections taken.",
        load(&counts.connections),
    );
    text.one(
        "connections_turned_away_total",
        "TCP connections turned away.",
        load(&counts.turned_away),
    );
    text.one(
        "tls_failures_total",
        "TLS handshakes that failed.",
        load(&counts.tls_failures),
    );
    text.one(
        "signals_lost_total",
        "Signals that found a full inbox.",
        load(&counts.signals_lost),
    );
    let dropped = app.engine.dropped_reports() as f64;
    text.one(
        "reports_dropped_total",
        "Reports that found a full inbox.",
        dropped,
    );
    let answers = counts.answers.iter().enumerate();
    let answers = answers.map(|(at, count)| (format!("{}xx", at + 1), load(count)));
    text.many("http_answers_total", "Answers, by status.", "status", answers);
    answer::body(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", text.0)
}

/// The text as it grows. Writing to a `String` cannot fail.
#[derive(Default)]
struct Text(String);

impl Text {
    fn head(&mut self, name: &str, help: &str) {
        let kind = if name.ends_with("_total") {
            "counter"
        } else {
            "gauge"
        };
        let _ = writeln!(self.0, "# HELP regie_{name} {help}\n# TYPE regie_{name} {kind}");
    }

    fn one(&mut self, name: &str, help: &str, value: f64) {
        self.head(name, help);
        let _ = writeln!(self.0, "regie_{name} {value}");
    }

    fn many(&mut self, name: &str, help: &str, label: &str, values: impl Iterator<Item = (String, f64)>) {
        self.head(name, help);
        for (of, value) in values {
            let _ = writeln!(self.0, "regie_{name}{{{label}=\"{of}\"}} {value}");
        }
    }
}
