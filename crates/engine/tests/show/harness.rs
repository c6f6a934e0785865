//! A show with verbs. After every verb the events are folded over the last snapshot and must give the new
//! one, and the invariants must hold.

use crate::{fold::fold, invariants, workers::Workers};
use regie_engine::{Changes, Now, Show, StartSecrets};
use regie_model::{
    Code, Command, DeviceId, Effect, Event, Format, Picture, Refusal, Reply, Report, SavedShow, Scene,
    Secret, SessionId, Source, SourceId, SourceKind, SourceState, Tally, Transition,
};

pub const FORMAT: Format = Format {
    width: 1280,
    height: 720,
    fps: 30,
};

pub const HD: Picture = Picture {
    width: 1280,
    height: 720,
};

pub struct Script {
    pub show: Show,
    /// What came of the last verb.
    pub last: Changes,
    pub now: Now,
    workers: Workers,
    sessions: u64,
    secrets: u32,
}

pub fn start_secrets() -> StartSecrets {
    StartSecrets {
        operator: Secret::new("operator-secret"),
        join: Secret::new("join-secret"),
    }
}

/// The device id of the phone that a script calls by this name.
pub fn device(name: &str) -> DeviceId {
    DeviceId::parse(&name.replace('é', "e")).expect("a device id")
}

pub fn mix(duration_ms: u32) -> Transition {
    Transition::Mix { duration_ms }
}

impl Script {
    pub fn begin() -> Self {
        let now = Now {
            mono_ms: 0,
            wall_ms: 1_000_000,
        };
        Self::with(Show::new(FORMAT, now, &start_secrets()), now)
    }

    pub fn restored(saved: SavedShow) -> Self {
        let now = Now {
            mono_ms: 0,
            wall_ms: 2_000_000,
        };
        Self::with(Show::restore(FORMAT, saved, now, &start_secrets()), now)
    }

    fn with(show: Show, now: Now) -> Self {
        invariants::check(&show);
        let mut workers = Workers::default();
        workers.carry_out(&show.start());
        workers.check(&show);
        Self {
            show,
            workers,
            last: Changes::default(),
            now,
            sessions: 0,
            secrets: 0,
        }
    }

    fn step<T>(
        &mut self,
        step: impl FnOnce(&mut Show, Now) -> Result<(Changes, T), Refusal>,
    ) -> Result<T, Refusal> {
        let before = self.show.snapshot();
        let saved = self.show.saved();
        match step(&mut self.show, self.now) {
            Ok((changes, result)) => {
                let folded = changes.events.iter().fold(before, fold);
                assert_eq!(
                    folded,
                    self.show.snapshot(),
                    "events do not tell the whole story: {changes:?}"
                );
                let saves = changes
                    .effects
                    .iter()
                    .filter(|effect| matches!(effect, Effect::Save(_)))
                    .count();
                assert_eq!(
                    saves,
                    usize::from(saved != self.show.saved()),
                    "saved once if changed"
                );
                invariants::check(&self.show);
                self.workers.carry_out(&changes.effects);
                self.workers.check(&self.show);
                self.last = changes;
                Ok(result)
            }
            Err(refusal) => {
                assert_eq!(before, self.show.snapshot(), "a refusal changed something");
                assert_eq!(saved, self.show.saved());
                Err(refusal)
            }
        }
    }

    pub fn fresh(&mut self) -> Secret {
        self.secrets += 1;
        Secret::new(format!("fresh-{}", self.secrets))
    }

    pub fn try_order(&mut self, command: Command) -> Result<Option<Reply>, Refusal> {
        let fresh = self.fresh();
        self.step(|show, now| {
            let mut changes = show.apply(command, now, &fresh)?;
            let reply = changes.reply.take();
            Ok((changes, reply))
        })
    }

    pub fn order(&mut self, command: Command) -> Option<Reply> {
        self.try_order(command.clone())
            .unwrap_or_else(|refusal| panic!("{command:?} was refused: {refusal:?}"))
    }

    pub fn refused(&mut self, command: Command) -> Code {
        match self.try_order(command.clone()) {
            Ok(_) => panic!("{command:?} was not refused"),
            Err(refusal) => refusal.code,
        }
    }

    pub fn report(&mut self, report: Report) {
        if let Report::SessionEnded { session } = &report {
            self.workers.hang_up(*session);
        }
        let done = self.step(|show, now| Ok((show.observe(report, now), ())));
        done.expect("reports are never refused");
    }

    /// Lets time pass, second by second.
    pub fn wait(&mut self, ms: u64) {
        let mut said = Changes::default();
        let mut left = ms;
        while left > 0 {
            let span = left.min(1_000);
            left -= span;
            self.now.mono_ms += span;
            self.now.wall_ms += span;
            let done = self.step(|show, now| Ok((show.tick(now), ())));
            done.expect("time is never refused");
            said.effects.append(&mut self.last.effects);
            said.events.append(&mut self.last.events);
        }
        self.last = said;
    }

    // Verbs.

    pub fn new_session(&mut self) -> SessionId {
        self.sessions += 1;
        SessionId(self.sessions)
    }

    pub fn arrive(&mut self, device_name: &str, name: Option<&str>, resume: Option<&Secret>) -> SessionId {
        let session = self.new_session();
        let fresh = self.fresh();
        self.report(Report::PhoneArrived {
            session,
            device: device(device_name),
            name: name.map(str::to_owned),
            resume: resume.cloned(),
            fresh,
        });
        session
    }

    /// A phone joins under its own name as device id, and its pictures come.
    pub fn join(&mut self, name: &str) -> SourceId {
        let session = self.arrive(name, Some(name), None);
        let (source, _) = self.welcomed(session).expect("it is welcomed");
        self.live(source);
        source
    }

    /// The session of the last phone that was let in by any verb.
    pub fn last_session(&self) -> SessionId {
        SessionId(self.sessions)
    }

    pub fn leave(&mut self, session: SessionId) {
        self.report(Report::SessionEnded { session });
    }

    pub fn live(&mut self, source: SourceId) {
        self.report(Report::SourceLive { source, picture: HD });
    }

    pub fn demo(&mut self, pattern: u8) -> SourceId {
        self.add(SourceKind::Demo { pattern })
    }

    pub fn add(&mut self, kind: SourceKind) -> SourceId {
        match self.order(Command::AddSource { kind, name: None }) {
            Some(Reply::Source { id }) => id,
            other => panic!("no source but {other:?}"),
        }
    }

    pub fn preview(&mut self, source: SourceId) {
        self.order(Command::SetPreview {
            scene: Scene::full(source),
        });
    }

    pub fn take(&mut self) {
        self.order(Command::Take);
    }

    pub fn auto(&mut self) {
        self.order(Command::Auto);
    }

    pub fn cut(&mut self, source: SourceId) {
        self.order(Command::Cut {
            scene: Scene::full(source),
        });
    }

    pub fn mix_ends(&mut self) {
        self.report(Report::TransitionEnded);
    }

    // Looks.

    pub fn source(&self, id: SourceId) -> Source {
        self.sources()
            .into_iter()
            .find(|source| source.id == id)
            .expect("the source is there")
    }

    pub fn sources(&self) -> Vec<Source> {
        self.show.snapshot().sources
    }

    pub fn state(&self, id: SourceId) -> SourceState {
        self.source(id).state
    }

    pub fn tally(&self, id: SourceId) -> Tally {
        self.source(id).tally
    }

    /// The source and resume secret that the last verb gave to a session.
    pub fn welcomed(&self, session: SessionId) -> Option<(SourceId, Secret)> {
        self.last.effects.iter().find_map(|effect| match effect {
            Effect::WelcomePhone {
                session: to,
                source,
                resume,
            } if *to == session => Some((*source, resume.clone())),
            _ => None,
        })
    }

    pub fn did(&self, effect: &Effect) -> bool {
        self.last.effects.contains(effect)
    }

    pub fn said(&self, event: &Event) -> bool {
        self.last.events.contains(event)
    }

    pub fn fault_codes(&self) -> Vec<String> {
        let faults = self.show.snapshot().faults;
        faults.into_iter().map(|fault| fault.code).collect()
    }

    /// Why the last verb ended a session, if it did.
    pub fn ended(&self, session: SessionId) -> Option<&'static str> {
        self.last.effects.iter().find_map(|effect| match effect {
            Effect::EndSession { session: to, reason } if *to == session => Some(*reason),
            _ => None,
        })
    }

    /// The effects of the last verb by their names, `Save` aside.
    pub fn effects(&self) -> Vec<String> {
        let names = self.last.effects.iter().map(|effect| {
            let text = format!("{effect:?}");
            text.split(|c: char| !c.is_alphanumeric())
                .next()
                .unwrap_or_default()
                .to_owned()
        });
        names.filter(|name| name != "Save").collect()
    }
}
