//! Waiting for a running time in a source's `create`, until the source is unlocked.

use gst::prelude::*;
use gstreamer as gst;
use std::sync::{Mutex, PoisonError};

/// Holds a live source to its clock. The base class could wait too, but it shifts a source's first buffer to the
/// moment at which it was made, so that the same number would come at another time from each source.
#[derive(Default)]
pub(crate) struct Pace(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    on: Option<gst::SingleShotClockId>,
    unlocked: bool,
}

impl Pace {
    /// Waits until the element's running time is `at`.
    pub fn wait(&self, element: &gst::Element, at: gst::ClockTime) -> Result<(), gst::FlowError> {
        let (Some(clock), Some(base)) = (element.clock(), element.base_time()) else {
            return Err(gst::FlowError::Flushing);
        };
        let id = clock.new_single_shot_id(base + at);
        {
            let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if waiting.unlocked {
                return Err(gst::FlowError::Flushing);
            }
            waiting.on = Some(id.clone());
        }
        let (result, _) = id.wait();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).on = None;
        match result {
            Err(gst::ClockError::Unscheduled) => Err(gst::FlowError::Flushing),
            _ => Ok(()),
        }
    }

    /// Ends a wait, and all to come.
    pub fn unlock(&self) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.unlocked = true;
        if let Some(id) = waiting.on.take() {
            id.unschedule();
        }
    }

    /// Waits are allowed again.
    pub fn unlock_stop(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).unlocked = false;
    }
}
