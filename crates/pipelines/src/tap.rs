//! A tap: one stream of samples, handed to whoever listens now.

use gstreamer as gst;
use parking_lot::RwLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

/// Gets every sample. Runs on the producer's thread: it must hand on and return, never block.
pub type Listener = Box<dyn Fn(&gst::Sample) + Send + Sync>;

/// A stream of samples with any number of listeners. PTS are running times of the shared clock.
#[derive(Clone, Default)]
pub struct Tap {
    shared: Arc<Shared>,
}

/// Program as it was encoded: what viewers and recordings take.
pub type EncodedTap = Tap;

#[derive(Default)]
struct Shared {
    listeners: RwLock<Vec<(u64, Arc<Listener>)>>,
    next: AtomicU64,
}

/// One subscription; dropping it ends it. A call that is under way on another thread may still finish after.
pub struct TapGuard {
    shared: Weak<Shared>,
    id: u64,
}

impl Tap {
    /// A tap nobody listens to.
    pub fn new() -> Self {
        Self::default()
    }

    /// Hands every sample from now on to `listener`, until the guard is dropped.
    #[must_use]
    pub fn subscribe(&self, listener: Listener) -> TapGuard {
        let id = self.shared.next.fetch_add(1, Ordering::Relaxed);
        self.shared.listeners.write().push((id, Arc::new(listener)));
        TapGuard {
            shared: Arc::downgrade(&self.shared),
            id,
        }
    }

    /// How many listen.
    pub fn listeners(&self) -> usize {
        self.shared.listeners.read().len()
    }

    /// Gives the sample to every listener, on this thread. The lock is not held meanwhile, so a listener may
    /// subscribe or let go.
    pub fn give(&self, sample: &gst::Sample) {
        let listeners: Vec<_> = {
            let listeners = self.shared.listeners.read();
            listeners.iter().map(|(_, listener)| listener.clone()).collect()
        };
        for listener in listeners {
            listener(sample);
        }
    }
}

impl Drop for TapGuard {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.upgrade() {
            shared.listeners.write().retain(|(id, _)| *id != self.id);
        }
    }
}
