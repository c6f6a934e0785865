//! A régie in this process whose program is read frame by frame, for figures that are measured where the mixer
//! makes its frames.

use anyhow::Result;
use regie_model::{Command, SourceId};
use regie_tests::{Codec, Frame, Member};
use tokio::runtime::Runtime;

/// The tests' program, driven from where nothing is async.
pub struct Program {
    // Dropped in this order: the program needs its runtime to end.
    inner: regie_tests::Program,
    runtime: Runtime,
}

impl Program {
    /// Starts it on loopback.
    ///
    /// # Errors
    /// What the server says.
    pub fn start() -> Result<Self> {
        let runtime = Runtime::new()?;
        let inner = runtime.block_on(regie_tests::Program::start())?;
        Ok(Self { inner, runtime })
    }

    /// Where a phone joins with a browser.
    pub fn join_page(&self) -> String {
        self.inner.join_page()
    }

    /// Where people watch.
    pub fn watch_page(&self) -> String {
        self.inner.watch_page()
    }

    /// Waits for the first source that gives pictures.
    ///
    /// # Errors
    /// None does.
    pub fn first_live(&mut self) -> Result<SourceId> {
        self.runtime.block_on(self.inner.first_live())
    }

    /// Has `count` test phones join at 720p30, their ids from 1.
    ///
    /// # Errors
    /// One is not live in time.
    pub fn test_phones(&mut self, count: u8) -> Result<Vec<Member>> {
        let join = |id| self.runtime.block_on(self.inner.join(Codec::H264, id, 1280, 720));
        (1..=count).map(join).collect()
    }

    /// A command over `/control`, carried out.
    ///
    /// # Errors
    /// It was refused.
    pub fn order(&mut self, command: Command) -> Result<()> {
        self.runtime
            .block_on(self.inner.operator.order(command))
            .map(drop)
    }

    /// Forgets the frames until now.
    pub fn clear(&self) {
        self.inner.clear();
    }

    /// Every frame since then.
    pub fn frames(&self) -> Vec<Frame> {
        self.inner.frames()
    }

    /// Now, on the frames' clock.
    pub fn now_ms(&self) -> f64 {
        self.inner.now_ms()
    }

    /// Ends the show in good order.
    pub fn stop(self) {
        self.runtime.block_on(self.inner.stop());
    }
}
