//! Gathering of keyframe requests: many ask, the encoder hears one.

use super::timer::Timer;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// At most one request in this many milliseconds reaches an encoder, whoever asks.
pub const APART_MS: u64 = 500;

/// Decides when a keyframe request goes out. Pure: time comes in as milliseconds of any steady clock.
///
/// A request inside the quiet time is not forgotten, since the keyframe under way may be older than the need:
/// it goes out at the end of that time, unless a keyframe came in between.
#[derive(Debug, Default)]
pub struct Gather {
    sent_ms: Option<u64>,
    waiting: bool,
}

/// What to do about one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Send it now.
    Now,
    /// Come back with [`Gather::due`] at this time.
    At(u64),
    /// Nothing: somebody's earlier request will serve this one too.
    Gathered,
}

impl Gather {
    /// Somebody needs a keyframe.
    pub fn ask(&mut self, now_ms: u64) -> Ask {
        match self.sent_ms {
            Some(sent) if now_ms < sent + APART_MS => {
                if self.waiting {
                    Ask::Gathered
                } else {
                    self.waiting = true;
                    Ask::At(sent + APART_MS)
                }
            }
            _ => {
                self.sent_ms = Some(now_ms);
                self.waiting = false;
                Ask::Now
            }
        }
    }

    /// The time given by [`Ask::At`] has come. Says whether the request is still needed.
    pub fn due(&mut self, now_ms: u64) -> bool {
        let needed = std::mem::take(&mut self.waiting);
        if needed {
            self.sent_ms = Some(now_ms);
        }
        needed
    }

    /// A keyframe came: whoever waits has it.
    pub fn came(&mut self) {
        self.waiting = false;
    }
}

/// A [`Gather`] at work: asked from any thread, it calls `send` when a request is to go out.
#[derive(Clone)]
pub struct Requests {
    inner: Arc<Inner>,
}

struct Inner {
    since: Instant,
    state: Mutex<(Gather, Option<Timer>)>,
    send: Box<dyn Fn() + Send + Sync>,
}

impl Requests {
    /// `send` is called from the asker's thread or the clock's, with no lock held.
    pub fn new(send: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            inner: Arc::new(Inner {
                since: Instant::now(),
                state: Mutex::default(),
                send: Box::new(send),
            }),
        }
    }

    /// Somebody needs a keyframe.
    pub fn ask(&self) {
        let now = self.inner.now();
        let mut state = self.inner.state.lock();
        match state.0.ask(now) {
            Ask::Now => {
                drop(state);
                (self.inner.send)();
            }
            Ask::At(at) => {
                let inner = Arc::downgrade(&self.inner);
                let later = Timer::after(Duration::from_millis(at.saturating_sub(now)), move || {
                    let Some(inner) = inner.upgrade() else { return };
                    if inner.state.lock().0.due(inner.now()) {
                        (inner.send)();
                    }
                });
                state.1 = Some(later);
            }
            Ask::Gathered => {}
        }
    }

    /// A keyframe came.
    pub fn came(&self) {
        self.inner.state.lock().0.came();
    }
}

impl Inner {
    fn now(&self) -> u64 {
        self.since.elapsed().as_millis() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_of_requests_is_one_now_and_one_later() {
        let mut gather = Gather::default();
        assert_eq!(gather.ask(1000), Ask::Now);
        assert_eq!(gather.ask(1001), Ask::At(1500));
        for t in 1002..1400 {
            assert_eq!(gather.ask(t), Ask::Gathered);
        }
        assert!(gather.due(1500));
        assert!(!gather.due(1501));
        assert_eq!(gather.ask(1999), Ask::At(2000));
    }

    #[test]
    fn a_keyframe_in_between_serves_those_who_wait() {
        let mut gather = Gather::default();
        assert_eq!(gather.ask(0), Ask::Now);
        assert_eq!(gather.ask(10), Ask::At(500));
        gather.came();
        assert!(!gather.due(500));
        assert_eq!(gather.ask(501), Ask::Now);
    }

    #[test]
    fn never_two_within_half_a_second() {
        let mut gather = Gather::default();
        let (mut sent, mut wake) = (Vec::new(), None);
        for t in 0..10_000u64 {
            if wake == Some(t) {
                wake = None;
                if gather.due(t) {
                    sent.push(t);
                }
            }
            if t % 7 == 0 {
                match gather.ask(t) {
                    Ask::Now => sent.push(t),
                    Ask::At(at) => wake = Some(at),
                    Ask::Gathered => {}
                }
            }
            if t % 113 == 0 {
                gather.came();
            }
        }
        assert!(sent.windows(2).all(|w| w[1] - w[0] >= APART_MS), "{sent:?}");
        assert!(sent.len() > 15);
    }
}
