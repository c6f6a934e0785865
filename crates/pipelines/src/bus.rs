//! What pipelines say, and how they end.
//!
//! No main loop and no thread per pipeline: a sync handler looks at each message on the thread that posted it and
//! drops it, so nothing ever stays queued (an undrained bus keeps descriptors and threads of the whole pipeline).

use gst::prelude::*;
use gstreamer as gst;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{OnceLock, mpsc};

/// Calls `on_error` with what an element of this pipeline said, on the thread that said it. The callback must not
/// hold the pipeline strongly, must not block and must not change its state: [`retire`] it instead.
///
/// With `GST_DEBUG_DUMP_DOT_DIR` set, an error writes the pipeline's graph there.
pub fn watch(pipeline: &gst::Pipeline, on_error: impl Fn(String) + Send + Sync + 'static) {
    watch_all(pipeline, on_error, || {});
}

/// As [`watch`], and calls `on_end` when every sink has seen the end of its stream.
pub fn watch_all(
    pipeline: &gst::Pipeline,
    on_error: impl Fn(String) + Send + Sync + 'static,
    on_end: impl Fn() + Send + Sync + 'static,
) {
    let Some(bus) = pipeline.bus() else { return };
    let weak = pipeline.downgrade();
    bus.set_sync_handler(move |_, message| {
        use gst::MessageView;
        match message.view() {
            MessageView::Error(error) => {
                let who = error.src().map(|s| s.name().to_string()).unwrap_or_default();
                let detail = format!("{who}: {}", error.error());
                let more = error.debug().unwrap_or_default();
                if let Some(pipeline) = weak.upgrade() {
                    pipeline.debug_to_dot_file_with_ts(gst::DebugGraphDetails::all(), pipeline.name());
                    tracing::warn!(pipeline = %pipeline.name(), %detail, %more, "pipeline error");
                }
                on_error(detail);
            }
            MessageView::Warning(warning) => {
                tracing::debug!(warning = %warning.error(), debug = ?warning.debug(), "pipeline warning");
            }
            MessageView::Eos(_) => on_end(),
            _ => {}
        }
        gst::BusSyncReply::Drop
    });
}

static RETIRING: AtomicUsize = AtomicUsize::new(0);

/// Ends the pipeline: one reaper thread for the process sets it to NULL, empties its bus and drops it. Never
/// blocks; the pipeline may still deliver for a moment.
pub fn retire(pipeline: &gst::Pipeline) {
    static REAPER: OnceLock<Option<mpsc::Sender<gst::Pipeline>>> = OnceLock::new();
    RETIRING.fetch_add(1, Ordering::SeqCst);
    let reaper = REAPER.get_or_init(|| {
        let (send, receive) = mpsc::channel::<gst::Pipeline>();
        std::thread::Builder::new()
            .name("reaper".into())
            .spawn(move || receive.into_iter().for_each(|pipeline| bury(&pipeline)))
            .inspect_err(|error| tracing::error!(%error, "no reaper thread; pipelines end on their caller's"))
            .ok()
            .map(|_| send)
    });
    match reaper {
        Some(reaper) if reaper.send(pipeline.clone()).is_ok() => {}
        _ => bury(pipeline),
    }
}

/// How many pipelines were retired and are not gone yet.
pub fn retiring() -> usize {
    RETIRING.load(Ordering::SeqCst)
}

fn bury(pipeline: &gst::Pipeline) {
    if let Err(error) = pipeline.set_state(gst::State::Null) {
        tracing::warn!(pipeline = %pipeline.name(), %error, "a pipeline does not end");
    }
    if let Some(bus) = pipeline.bus() {
        bus.unset_sync_handler();
        bus.set_flushing(true);
    }
    RETIRING.fetch_sub(1, Ordering::SeqCst);
}
