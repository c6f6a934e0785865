//! One clock and one base time for every pipeline, so that a running time means the same in all of them.

use gst::prelude::*;
use gstreamer as gst;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

struct Shared {
    clock: gst::Clock,
    base: gst::ClockTime,
}

fn shared() -> &'static Shared {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    SHARED.get_or_init(|| {
        let clock = gst::SystemClock::obtain();
        let base = clock.time();
        Shared { clock, base }
    })
}

/// Puts the pipeline on the shared clock and base time. Call before it leaves NULL.
pub fn join(pipeline: &gst::Pipeline) {
    let shared = shared();
    pipeline.use_clock(Some(&shared.clock));
    pipeline.set_start_time(gst::ClockTime::NONE);
    pipeline.set_base_time(shared.base);
}

/// The running time now, the same in all pipelines: monotonic, from 0 at the first use in this process.
pub fn now() -> gst::ClockTime {
    let shared = shared();
    shared.clock.time().saturating_sub(shared.base)
}

/// Sleeps until the running time is `at`. Returns at once where that is past.
pub fn wait_until(at: gst::ClockTime) {
    let shared = shared();
    // Unscheduled or early makes no difference to the caller, which looks at the clock again.
    let _ = shared.clock.new_single_shot_id(shared.base + at).wait();
}

/// The wall clock at a running time, microseconds since 1970.
pub fn wall_us(running: gst::ClockTime) -> u64 {
    let wall = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_micros() as u64);
    let ago = now().nseconds() as i64 - running.nseconds() as i64;
    wall.saturating_add_signed(-ago / 1000)
}
