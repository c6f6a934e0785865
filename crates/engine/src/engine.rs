//! The one task that owns the show.

use crate::handle::{EngineHandle, Wake, kind_of};
use crate::{Changes, Clock, Show};
use regie_model::{By, Code, Command, Effect, Refusal, Reply, Report, Secret, Severity, Stamped};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{broadcast, mpsc};
use tokio::time::{Interval, MissedTickBehavior, interval};

/// How many wakes may wait.
const INBOX: usize = 4096;

/// How many events a slow page may lag behind.
const EVENTS: usize = 1024;

/// How often time is told to the show.
const TICK: Duration = Duration::from_secs(1);

/// After so many quiet ticks dropped reports are history.
const QUIET_TICKS: u32 = 30;

/// How much of a command is logged, in characters: a name may be as long as a message.
const LOGGED: usize = 300;

/// The fault that says that reports were dropped.
const DROPPED: &str = "reports_dropped";

/// The one task that owns a [`Show`]: it takes one wake after the other, lets the show decide, sends the
/// effects, then the events, then the answer.
pub struct Engine {
    show: Show,
    clock: Clock,
    effects: mpsc::Sender<Effect>,
    events: broadcast::Sender<Arc<Stamped>>,
    seq: u64,
    dropped: Arc<AtomicU64>,
    dropped_seen: u64,
    quiet_ticks: u32,
}

impl Engine {
    /// Starts the task on the current tokio runtime. The first effects bring the workers in line with the
    /// show. Where the effects' channel is full the engine waits, so its reader must never wait for the
    /// engine.
    ///
    /// # Panics
    /// Outside of a tokio runtime with time enabled.
    pub fn start(show: Show, effects: mpsc::Sender<Effect>) -> EngineHandle {
        let (inbox, wakes) = mpsc::channel(INBOX);
        let (events, _) = broadcast::channel(EVENTS);
        let dropped = Arc::new(AtomicU64::new(0));
        let engine = Engine {
            show,
            clock: Clock::start(),
            effects,
            events,
            seq: 0,
            dropped: dropped.clone(),
            dropped_seen: 0,
            quiet_ticks: 0,
        };
        tokio::spawn(engine.run(wakes));
        EngineHandle { inbox, dropped }
    }

    async fn run(mut self, mut wakes: mpsc::Receiver<Wake>) {
        let mut ticker = interval(TICK);
        ticker.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for effect in self.show.start() {
            self.send(effect).await;
        }
        let over = loop {
            match next_wake(&mut wakes, &mut ticker).await {
                Some(Wake::Command {
                    command,
                    by,
                    fresh,
                    answer,
                }) => {
                    // Whoever asked has given up; an order carried out later would surprise everybody.
                    if !answer.is_closed() {
                        let answered = self.command(command, by, &fresh).await;
                        // The asker may have gone in the meantime.
                        let _ = answer.send(answered);
                    }
                }
                Some(Wake::Report(report)) => self.report(report).await,
                Some(Wake::Subscribe(answer)) => {
                    let snapshot = Arc::new(self.show.snapshot());
                    // The asker may have gone in the meantime.
                    let _ = answer.send((snapshot, self.seq, self.events.subscribe()));
                }
                Some(Wake::Tick) => self.tick().await,
                Some(Wake::Shutdown(answer)) => break Some(answer),
                None => break None,
            }
        };
        for effect in self.show.end() {
            self.send(effect).await;
        }
        tracing::info!(events = self.seq, "the show is over");
        drop(self);
        if let Some(over) = over {
            // The asker may have gone in the meantime.
            let _ = over.send(());
        }
    }

    async fn command(&mut self, command: Command, by: By, fresh: &Secret) -> Result<Option<Reply>, Refusal> {
        let now = self.clock.now();
        let what: String = format!("{command:?}").chars().take(LOGGED).collect();
        match guarded(&mut self.show, |show| show.apply(command, now, fresh)) {
            Ok(Ok(mut changes)) => {
                tracing::info!(by = %by.0, command = %what, "carried out");
                let reply = changes.reply.take();
                self.publish(changes, by).await;
                Ok(reply)
            }
            Ok(Err(refusal)) => {
                tracing::info!(by = %by.0, command = %what, code = ?refusal.code, "refused");
                Err(refusal)
            }
            Err(panic) => {
                self.bug(&what, &panic).await;
                let message = "a bug in Régie stopped this; the show is as it was";
                Err(Refusal::new(Code::NotNow, message))
            }
        }
    }

    async fn report(&mut self, report: Report) {
        let now = self.clock.now();
        let what = kind_of(&report);
        tracing::debug!(report = what, "observed");
        match guarded(&mut self.show, |show| show.observe(report, now)) {
            Ok(changes) => self.publish(changes, By::regie()).await,
            Err(panic) => self.bug(what, &panic).await,
        }
    }

    async fn tick(&mut self) {
        let now = self.clock.now();
        match guarded(&mut self.show, |show| show.tick(now)) {
            Ok(changes) => self.publish(changes, By::regie()).await,
            Err(panic) => self.bug("tick", &panic).await,
        }
        self.watch_dropped().await;
    }

    /// Dropped reports are a fault for as long as they go on, and half a minute more.
    async fn watch_dropped(&mut self) {
        let dropped = self.dropped.load(Ordering::Relaxed);
        let now = self.clock.now();
        let changes = if dropped != self.dropped_seen {
            self.dropped_seen = dropped;
            self.quiet_ticks = 0;
            let detail = format!("{dropped} reports were dropped: the engine's inbox was full");
            self.show.own_fault(DROPPED, &detail, Severity::Warning, now)
        } else if dropped > 0 && self.quiet_ticks < QUIET_TICKS {
            self.quiet_ticks += 1;
            if self.quiet_ticks < QUIET_TICKS {
                return;
            }
            self.show.own_fault_over(DROPPED)
        } else {
            return;
        };
        self.publish(changes, By::regie()).await;
    }

    /// A step panicked: the show is as it was before, and says that something is wrong.
    async fn bug(&mut self, what: &str, panic: &str) {
        tracing::error!(step = what, panic, "a step of the show panicked");
        let now = self.clock.now();
        let detail = format!("{what}: {panic}");
        let changes = self.show.own_fault("bug", &detail, Severity::Error, now);
        self.publish(changes, By::regie()).await;
    }

    async fn publish(&mut self, changes: Changes, by: By) {
        for effect in changes.effects {
            self.send(effect).await;
        }
        for event in changes.events {
            self.seq += 1;
            // An error means that nobody listens.
            let _ = self.events.send(Arc::new(Stamped {
                seq: self.seq,
                by: by.clone(),
                event,
            }));
        }
    }

    async fn send(&mut self, effect: Effect) {
        if self.effects.send(effect).await.is_err() {
            tracing::error!("nobody carries out effects any more");
        }
    }
}

async fn next_wake(wakes: &mut mpsc::Receiver<Wake>, ticker: &mut Interval) -> Option<Wake> {
    tokio::select! {
        _ = ticker.tick() => Some(Wake::Tick),
        wake = wakes.recv() => wake,
    }
}

/// Lets a step change a copy of the show, and keeps the copy only where the step did not panic. `Err` is
/// what the panic said.
fn guarded<T>(show: &mut Show, step: impl FnOnce(&mut Show) -> T) -> Result<T, String> {
    let mut next = show.clone();
    match catch_unwind(AssertUnwindSafe(|| step(&mut next))) {
        Ok(result) => {
            *show = next;
            Ok(result)
        }
        Err(panic) => {
            let said = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let said = said.or_else(|| panic.downcast_ref::<String>().cloned());
            Err(said.unwrap_or_else(|| "it said nothing".to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Now, StartSecrets};
    use regie_model::Format;

    #[test]
    fn a_step_that_panics_leaves_the_show_as_it_was() {
        let format = Format {
            width: 1280,
            height: 720,
            fps: 30,
        };
        let now = Now {
            mono_ms: 0,
            wall_ms: 1,
        };
        let secrets = StartSecrets {
            operator: Secret::new("o"),
            join: Secret::new("j"),
        };
        let mut show = Show::new(format, now, &secrets);
        let before = show.snapshot();
        let said = guarded(&mut show, |show| {
            show.name = "half done".into();
            panic!("on purpose");
        });
        assert_eq!(said, Err::<(), _>("on purpose".to_owned()));
        assert_eq!(show.snapshot(), before);
    }
}
