//! The runner of effects: what the engine wants done, in order, each by its worker. It never waits for the
//! engine, which may be waiting for it.

use crate::app::App;
use crate::links;
use crate::media::Phone;
use crate::sockets::{Word, stream};
use regie_model::{Effect, Report, SavedShow, SessionId, Severity, Slot, SourceId, SourceKind};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Where shows go to be kept.
pub type Keep = Box<dyn Fn(Box<SavedShow>) + Send>;

/// Carries out effects until there are no more: the engine has ended then.
pub async fn run(app: Arc<App>, mut effects: mpsc::Receiver<Effect>, keep: Keep) {
    let mut runner = Runner {
        app,
        keep,
        phones: HashMap::new(),
    };
    while let Some(effect) = effects.recv().await {
        runner.carry_out(effect);
    }
}

struct Runner {
    app: Arc<App>,
    keep: Keep,
    /// The phones' media connections. Dropping one ends it.
    phones: HashMap<SourceId, Arc<dyn Phone>>,
}

impl Runner {
    fn carry_out(&mut self, effect: Effect) {
        let media = &self.app.media;
        match effect {
            Effect::OpenSource {
                source,
                slot,
                kind,
                name,
                session,
            } => self.open(source, slot, &kind, &name, session),
            Effect::CloseSource { source, slot, forget } => {
                self.phones.remove(&source);
                media.close(source, slot, forget);
            }
            Effect::WelcomePhone {
                session,
                source,
                resume,
            } => self.tell(session, Word::Welcome { source, resume }),
            Effect::TellTally { session, tally } => self.tell(session, Word::Tally(tally)),
            Effect::EndSession { session, reason } => self.app.sockets.end(session, reason),
            Effect::PutOut { token } => {
                self.app.door.put_out(token.info.id);
                self.app.sockets.put_out(token.info.id);
            }
            Effect::SetTokens { tokens } => {
                self.app.door.set(&tokens);
                links::refresh(&self.app);
            }
            Effect::ShowPreview { scene } => media.show_preview(&scene),
            Effect::Take { scene, transition } => media.take(&scene, transition),
            Effect::ArrangeMosaic { mosaic } => media.arrange(&mosaic),
            Effect::RequestKeyframe { source } => media.request_keyframe(source),
            Effect::StartRecording { name } => media.start_recording(&name),
            Effect::StopRecording => media.stop_recording(),
            Effect::Save(show) => {
                show.name.clone_into(&mut self.app.event.write());
                let resumes = show.sources.iter().filter_map(|source| source.resume.as_ref());
                self.app.door.set_resumes(resumes);
                (self.keep)(show);
            }
        }
    }

    fn open(
        &mut self,
        source: SourceId,
        slot: Slot,
        kind: &SourceKind,
        name: &str,
        session: Option<SessionId>,
    ) {
        // The old connection ends before the new one begins: both would feed one slot.
        self.phones.remove(&source);
        let opened = match (kind, session) {
            (SourceKind::Phone { .. }, Some(session)) => self.open_phone(source, slot, name, session),
            (SourceKind::Phone { .. }, None) => {
                Err("a phone without a connection cannot be opened".to_owned())
            }
            (kind, _) => self.app.media.open(source, slot, kind, name),
        };
        if let Err(detail) = opened {
            tracing::error!(%source, %detail, "a source cannot be opened");
            self.app.engine.report(Report::SourceFailed { source, detail });
        }
    }

    fn open_phone(
        &mut self,
        source: SourceId,
        slot: Slot,
        name: &str,
        session: SessionId,
    ) -> Result<(), String> {
        let Some(signals) = stream::signals(&self.app, session) else {
            // The phone has gone meanwhile; its end is reported by its socket.
            return Ok(());
        };
        let phone = self.app.media.open_phone(source, slot, name, signals)?;
        let word = Word::Opened(Arc::downgrade(&phone));
        self.phones.insert(source, phone);
        self.tell(session, word);
        Ok(())
    }

    fn tell(&self, session: SessionId, word: Word) {
        // A socket that is gone needs no telling; one that is so far behind is better started again.
        if !self.app.sockets.tell(session, word) {
            self.app.sockets.end(session, "failed");
        }
    }
}

/// Says that shows cannot be kept, or can again.
pub fn report_store(engine: &regie_engine::EngineHandle, result: Result<(), &regie_store::Error>) {
    const CODE: &str = "store_failed";
    let subject = "regie.db".to_owned();
    engine.report(match result {
        Ok(()) => Report::FaultOver { code: CODE, subject },
        Err(error) => Report::FaultSeen {
            severity: Severity::Error,
            code: CODE,
            subject,
            detail: error.to_string(),
        },
    });
}
