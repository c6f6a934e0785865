//! The handle: the one door to a running engine.

use regie_model::{By, Code, Command, Refusal, Reply, Report, Secret, Snapshot, Stamped};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{broadcast, mpsc, oneshot};

/// How long a command may wait for its answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// All that can wake the engine.
pub(crate) enum Wake {
    /// An operator ordered something.
    Command {
        command: Command,
        by: By,
        fresh: Secret,
        answer: oneshot::Sender<Result<Option<Reply>, Refusal>>,
    },
    /// A worker observed something.
    Report(Report),
    /// Somebody wants the show and what becomes of it.
    Subscribe(oneshot::Sender<Subscription>),
    /// A second has passed.
    Tick,
    /// The show is over.
    Shutdown(oneshot::Sender<()>),
}

/// The show as it is, the `seq` of the last event in it, and every event after.
pub(crate) type Subscription = (Arc<Snapshot>, u64, broadcast::Receiver<Arc<Stamped>>);

/// The door to a running engine; clones are doors to the same one. The engine ends when it is shut down or
/// when the last handle is gone.
#[derive(Clone, Debug)]
pub struct EngineHandle {
    pub(crate) inbox: mpsc::Sender<Wake>,
    pub(crate) dropped: Arc<AtomicU64>,
}

impl EngineHandle {
    /// Tells the engine what was observed. Never blocks, so GStreamer's threads may call it. Where 4096
    /// reports wait already this one is dropped, counted and traced.
    pub fn report(&self, report: Report) {
        if let Err(mpsc::error::TrySendError::Full(Wake::Report(report))) =
            self.inbox.try_send(Wake::Report(report))
        {
            let dropped = self.dropped.fetch_add(1, Ordering::Relaxed) + 1;
            let report = kind_of(&report);
            tracing::error!(report, dropped, "the engine's inbox is full: a report is dropped");
        }
    }

    /// How many reports were dropped because the inbox was full.
    pub fn dropped_reports(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Carries out an order. `fresh` is a new secret, used where the command makes one. Refused with
    /// [`Code::Busy`] where the engine does not answer within 3 s or has ended; an order that still waited
    /// then is not carried out later.
    pub async fn command(&self, command: Command, by: By, fresh: Secret) -> Result<Option<Reply>, Refusal> {
        let (answer, answered) = oneshot::channel();
        let wake = Wake::Command {
            command,
            by,
            fresh,
            answer,
        };
        let asked = async {
            self.inbox.send(wake).await.map_err(|_| ended())?;
            answered.await.map_err(|_| ended())?
        };
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(answer) => answer,
            Err(_) => Err(Refusal::new(Code::Busy, "the engine did not answer in time")),
        }
    }

    /// The whole show, the `seq` of the last event that is in it, and every event from then on: none lost,
    /// none twice. A receiver that lags by more than 1024 events is told so and subscribes again. `None`
    /// where the engine has ended.
    pub async fn subscribe(&self) -> Option<(Arc<Snapshot>, u64, broadcast::Receiver<Arc<Stamped>>)> {
        let (answer, answered) = oneshot::channel();
        self.inbox.send(Wake::Subscribe(answer)).await.ok()?;
        answered.await.ok()
    }

    /// Ends the show in good order: phones are told, a recording is closed, the last save is asked for. When
    /// this returns all effects are sent and their channel is closed.
    pub async fn shutdown(&self) {
        let (answer, answered) = oneshot::channel();
        if self.inbox.send(Wake::Shutdown(answer)).await.is_ok() {
            // An error means that the engine has ended meanwhile, which is what was wanted.
            let _ = answered.await;
        }
    }
}

/// What a report is, for the log: its content may hold a join link, which is a secret.
pub(crate) fn kind_of(report: &Report) -> &'static str {
    match report {
        Report::PhoneArrived { .. } => "PhoneArrived",
        Report::SessionEnded { .. } => "SessionEnded",
        Report::SourceLive { .. } => "SourceLive",
        Report::SourceHeld { .. } => "SourceHeld",
        Report::SourceFailed { .. } => "SourceFailed",
        Report::TransitionEnded => "TransitionEnded",
        Report::RecordingStarted { .. } => "RecordingStarted",
        Report::RecordingEnded { .. } => "RecordingEnded",
        Report::RecordingFailed { .. } => "RecordingFailed",
        Report::ViewersCounted { .. } => "ViewersCounted",
        Report::LinksChanged { .. } => "LinksChanged",
        Report::FaultSeen { .. } => "FaultSeen",
        Report::FaultOver { .. } => "FaultOver",
    }
}

fn ended() -> Refusal {
    Refusal::new(Code::Busy, "the show is over")
}
