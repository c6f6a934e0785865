//! Something to do later, on GStreamer's one clock thread.

use gst::prelude::*;
use gstreamer as gst;
use std::time::Duration;

/// Something to do later; dropping it before its time means that it is not done.
pub struct Timer {
    id: gst::SingleShotClockId,
}

impl Timer {
    /// Calls `then` on the clock's thread after this long. `then` must be quick: one thread serves all timers.
    pub fn after(delay: Duration, then: impl FnOnce() + Send + 'static) -> Self {
        let clock = gst::SystemClock::obtain();
        let delay = gst::ClockTime::try_from(delay).unwrap_or(gst::ClockTime::ZERO);
        let id = clock.new_single_shot_id(clock.time() + delay);
        // This only fails where the id was unscheduled already, and then there is nothing to do.
        let _ = id.wait_async(move |_, time, _| {
            if time.is_some() {
                then();
            }
        });
        Self { id }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.id.unschedule();
    }
}
