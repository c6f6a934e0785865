//! Time, as the engine hands it to the show.

use std::time::{SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// A moment, told twice: for spans and for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds since some fixed moment of this run; never goes back.
    pub mono_ms: u64,
    /// Milliseconds since 1970; jumps when the laptop's clock is set.
    pub wall_ms: u64,
}

/// The laptop's clock. One belongs to each engine; its `mono_ms` begins when it is made.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    began: Instant,
}

impl Clock {
    /// A clock whose `mono_ms` begins now.
    pub fn start() -> Self {
        Self {
            began: Instant::now(),
        }
    }

    /// What time it is.
    pub fn now(&self) -> Now {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now {
            mono_ms: millis(self.began.elapsed()),
            wall_ms: millis(since_1970),
        }
    }
}

fn millis(span: std::time::Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
