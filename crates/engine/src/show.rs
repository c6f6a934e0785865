//! The show: all of a live event as one value, and the doors by which it changes.

use crate::faults::Faults;
use crate::recording::RecordingLife;
use crate::sources::Seat;
use crate::take::Mixing;
use crate::{Changes, Now};
use regie_model::{
    Code, Command, Effect, Format, Links, Mosaic, Refusal, Reply, Report, Scene, Secret, Severity, Snapshot,
    SourceId, Token, Transition, clean_name,
};

/// The name of an event that nobody has named yet.
pub(crate) const FIRST_NAME: &str = "Régie";

/// What `Auto` does until somebody chooses.
pub(crate) const FIRST_TRANSITION: Transition = Transition::Mix { duration_ms: 500 };

/// Secrets for the tokens that every show has. They are used only where the saved show has none, so that the
/// links of yesterday still work today.
#[derive(Clone, Debug)]
pub struct StartSecrets {
    /// For the operator's own token.
    pub operator: Secret,
    /// For the join code of phones.
    pub join: Secret,
}

/// All of a live event as one value.
///
/// A step (`apply`, `observe`, `tick`) takes time and fresh secrets as arguments and gives back [`Changes`].
/// A refused command changes nothing. Cloning is cheap: a show is a few sources, tokens and faults, all of
/// them bounded.
#[derive(Clone, Debug)]
pub struct Show {
    pub(crate) format: Format,
    pub(crate) name: String,
    /// In the order of their tiles.
    pub(crate) seats: Vec<Seat>,
    pub(crate) preview: Scene,
    pub(crate) program: Scene,
    pub(crate) transition: Transition,
    pub(crate) mixing: Option<Mixing>,
    pub(crate) recording: RecordingLife,
    pub(crate) viewers: u32,
    pub(crate) faults: Faults,
    pub(crate) tokens: Vec<Token>,
    pub(crate) links: Links,
    pub(crate) last_source: u32,
    pub(crate) last_token: u32,
}

impl Show {
    /// A show that nobody has touched: black, no source, one operator token and one join code.
    pub fn new(format: Format, now: Now, secrets: &StartSecrets) -> Self {
        let mut show = Self {
            format,
            name: FIRST_NAME.to_owned(),
            seats: Vec::new(),
            preview: Scene::black(),
            program: Scene::black(),
            transition: FIRST_TRANSITION,
            mixing: None,
            recording: RecordingLife::Off,
            viewers: 0,
            faults: Faults::default(),
            tokens: Vec::new(),
            links: Links::default(),
            last_source: 0,
            last_token: 0,
        };
        show.ensure_tokens(now, secrets);
        show
    }

    /// The whole show, as an operator's page first gets it.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            name: self.name.clone(),
            format: self.format,
            sources: self.seats.iter().map(|seat| seat.source.clone()).collect(),
            preview: self.preview.clone(),
            program: self.program.clone(),
            transition: self.transition,
            mixing: self.mixing.as_ref().map(Mixing::transition),
            mosaic: self.mosaic(),
            recording: self.recording.shown(),
            viewers: self.viewers,
            faults: self.faults.list(),
            tokens: self.tokens.iter().map(|token| token.info.clone()).collect(),
            links: self.links.clone(),
        }
    }

    /// The program's format, fixed for the show.
    pub fn format(&self) -> Format {
        self.format
    }

    /// What brings workers that know nothing in line with this show. The engine sends it before all else.
    pub fn start(&self) -> Vec<Effect> {
        let mut effects = vec![
            Effect::SetTokens {
                tokens: self.tokens.clone(),
            },
            Effect::ArrangeMosaic {
                mosaic: self.mosaic(),
            },
        ];
        effects.extend(
            self.seats
                .iter()
                .filter(|seat| !seat.is_phone())
                .map(|seat| seat.open(None)),
        );
        effects.push(Effect::ShowPreview {
            scene: self.preview.clone(),
        });
        effects.push(Effect::Take {
            scene: self.program.clone(),
            transition: Transition::Cut,
        });
        effects.push(Effect::Save(Box::new(self.saved())));
        effects
    }

    /// What ends the show in good order: phones are told, a recording is closed, the last word is saved.
    pub fn end(&self) -> Vec<Effect> {
        let mut effects: Vec<_> = self
            .seats
            .iter()
            .filter_map(|seat| seat.session)
            .map(|session| Effect::EndSession {
                session,
                reason: "show_ended",
            })
            .collect();
        if self.recording.runs() {
            effects.push(Effect::StopRecording);
        }
        effects.push(Effect::Save(Box::new(self.saved())));
        effects
    }

    /// Carries out an operator's order, or says why not; then nothing has changed. `fresh` is a new secret,
    /// used where the command makes one.
    pub fn apply(&mut self, command: Command, now: Now, fresh: &Secret) -> Result<Changes, Refusal> {
        let before = self.clone();
        let mut changes = Changes::default();
        match self.carry_out(command, now, fresh, &mut changes) {
            Ok(reply) => {
                changes.reply = reply;
                self.settle(&before, &mut changes);
                Ok(changes)
            }
            Err(refusal) => {
                *self = before;
                Err(refusal)
            }
        }
    }

    /// Takes in what a worker observed. A report about something that is gone changes nothing.
    pub fn observe(&mut self, report: Report, now: Now) -> Changes {
        let before = self.clone();
        let mut changes = Changes::default();
        self.take_in(report, now, &mut changes);
        self.settle(&before, &mut changes);
        changes
    }

    /// Lets time pass: called about once a second. Tokens run out, broken sources are opened again.
    pub fn tick(&mut self, now: Now) -> Changes {
        let before = self.clone();
        let mut changes = Changes::default();
        self.expire_tokens(now);
        self.end_overdue_mix(now, &mut changes);
        self.reopen_due(now, &mut changes);
        self.settle(&before, &mut changes);
        changes
    }

    fn carry_out(
        &mut self,
        command: Command,
        now: Now,
        fresh: &Secret,
        changes: &mut Changes,
    ) -> Result<Option<Reply>, Refusal> {
        match command {
            Command::SetPreview { scene } => self.set_preview(scene, changes)?,
            Command::Take => self.take(Transition::Cut, now, changes),
            Command::Auto => self.take(self.transition, now, changes),
            Command::Cut { scene } => self.cut(scene, changes)?,
            Command::SetTransition { transition } => self.set_transition(transition)?,
            Command::AddSource { kind, name } => return self.add_source(kind, name, changes).map(Some),
            Command::RenameSource { source, name } => self.rename_source(source, &name)?,
            Command::RemoveSource { source } => self.remove_source(source, changes)?,
            Command::StartRecording => self.start_recording(changes)?,
            Command::StopRecording => self.stop_recording(changes)?,
            Command::NameShow { name } => self.name = a_name(&name)?,
            Command::CreateToken { role, name, expires } => {
                return self.create_token(role, &name, expires, now, fresh).map(Some);
            }
            Command::RevokeToken { token } => self.revoke_token(token, now, fresh)?,
            Command::RotateJoinCode => self.rotate_join_code(now, fresh),
        }
        Ok(None)
    }

    fn take_in(&mut self, report: Report, now: Now, changes: &mut Changes) {
        match report {
            Report::PhoneArrived {
                session,
                device,
                name,
                resume,
                fresh,
            } => self.phone_arrived(session, &device, name.as_deref(), resume.as_ref(), fresh, changes),
            Report::SessionEnded { session } => self.session_ended(session, changes),
            Report::SourceLive { source, picture } => self.source_live(source, picture),
            Report::SourceHeld { source } => self.source_held(source),
            Report::SourceFailed { source, detail } => self.source_failed(source, &detail, now, changes),
            Report::TransitionEnded => self.transition_ended(now, changes),
            Report::RecordingStarted { file } => self.recording_started(file, now),
            Report::RecordingEnded { .. } => self.recording_ended(),
            Report::RecordingFailed { detail } => self.recording_failed(&detail, now),
            Report::ViewersCounted { count } => self.viewers = count,
            Report::LinksChanged { links } => self.links = links,
            Report::FaultSeen {
                severity,
                code,
                subject,
                detail,
            } => self.faults.raise(severity, code, &subject, &detail, now),
            Report::FaultOver { code, subject } => self.faults.clear(code, &subject),
        }
    }

    /// Raises a fault about Régie itself: a step that panicked, reports that were dropped.
    pub(crate) fn own_fault(&mut self, code: &str, detail: &str, severity: Severity, now: Now) -> Changes {
        let before = self.clone();
        let mut changes = Changes::default();
        self.faults.raise(severity, code, FIRST_NAME, detail, now);
        self.settle(&before, &mut changes);
        changes
    }

    pub(crate) fn own_fault_over(&mut self, code: &str) -> Changes {
        let before = self.clone();
        let mut changes = Changes::default();
        self.faults.clear(code, FIRST_NAME);
        self.settle(&before, &mut changes);
        changes
    }

    /// Where the multiview's tiles stand.
    pub(crate) fn mosaic(&self) -> Mosaic {
        let ids: Vec<SourceId> = self.seats.iter().map(|seat| seat.source.id).collect();
        Mosaic::of(&ids)
    }
}

/// A name that somebody typed, or the refusal of one with nothing in it.
pub(crate) fn a_name(raw: &str) -> Result<String, Refusal> {
    clean_name(raw).ok_or_else(|| Refusal::new(Code::OutOfRange, "a name has 1 to 60 characters"))
}
