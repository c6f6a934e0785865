//! Random walks: whatever is ordered and observed, the harness's checks hold after every step.

use crate::harness::{HD, Script, device};
use regie_model::{
    Command, Layout, Report, Role, Scene, Secret, SessionId, Severity, SourceId, SourceKind, TokenId,
    Transition,
};

/// SplitMix64: the same walk for the same seed, everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    fn few(&mut self, sides: u64) -> u32 {
        self.roll(sides) as u32
    }

    fn coin(&mut self) -> bool {
        self.roll(2) == 0
    }

    /// Mostly one that is there.
    fn source(&mut self, s: &Script) -> SourceId {
        let sources = s.sources();
        if sources.is_empty() || self.roll(20) == 0 {
            return SourceId(self.few(60));
        }
        sources[self.roll(sources.len() as u64) as usize].id
    }

    fn scene(&mut self, s: &Script) -> Scene {
        let layout = if self.coin() {
            Layout::Full
        } else {
            Layout::SideBySide
        };
        let extra = usize::from(self.roll(30) == 0);
        let sources = (0..layout.boxes() + extra)
            .map(|_| (self.roll(6) > 0).then(|| self.source(s)))
            .collect();
        Scene { layout, sources }
    }

    fn command(&mut self, s: &Script) -> Command {
        match self.roll(20) {
            0..=3 => Command::SetPreview { scene: self.scene(s) },
            4..=5 => Command::Take,
            6..=8 => Command::Auto,
            9..=10 => Command::Cut { scene: self.scene(s) },
            11 => Command::SetTransition {
                transition: match self.roll(4) {
                    0 => Transition::Cut,
                    _ => Transition::Mix {
                        duration_ms: self.few(3_000),
                    },
                },
            },
            12 => Command::AddSource {
                kind: match self.coin() {
                    true => SourceKind::Demo {
                        pattern: self.roll(5) as u8,
                    },
                    false => SourceKind::Colour {
                        rgb: "#102030".into(),
                    },
                },
                name: None,
            },
            13 => Command::RenameSource {
                source: self.source(s),
                name: ["Stage", " ", "Wide"][self.roll(3) as usize].into(),
            },
            14 => Command::RemoveSource {
                source: self.source(s),
            },
            15 => match self.coin() {
                true => Command::StartRecording,
                false => Command::StopRecording,
            },
            16 => Command::NameShow {
                name: format!("Gala {}", self.roll(3)),
            },
            17 => Command::CreateToken {
                role: [Role::Operator, Role::Camera, Role::Viewer][self.roll(3) as usize],
                name: "somebody".into(),
                expires: self.coin().then(|| s.now.wall_ms + self.roll(9_000)),
            },
            18 => Command::RevokeToken {
                token: TokenId(self.few(u64::from(s.show.saved().last_token) + 2)),
            },
            _ => Command::RotateJoinCode,
        }
    }

    fn report(&mut self, s: &mut Script) -> Report {
        match self.roll(16) {
            0..=2 => {
                let session = s.new_session();
                let fresh = s.fresh();
                let known = s.show.saved().sources;
                let resume = match known.get(self.roll(16) as usize) {
                    Some(source) if self.coin() => source.resume.clone(),
                    _ => self.coin().then(|| Secret::new("guess")),
                };
                Report::PhoneArrived {
                    session,
                    device: device(&format!("phone-{}", self.roll(8))),
                    name: self.coin().then(|| "Léa".to_owned()),
                    resume,
                    fresh,
                }
            }
            3..=4 => Report::SessionEnded {
                session: SessionId(self.roll(s.last_session().0 + 2)),
            },
            5..=8 => Report::SourceLive {
                source: self.source(s),
                picture: HD,
            },
            9 => Report::SourceHeld {
                source: self.source(s),
            },
            10 => Report::SourceFailed {
                source: self.source(s),
                detail: "broke".into(),
            },
            11 => Report::TransitionEnded,
            12 => match self.roll(3) {
                0 => Report::RecordingStarted { file: "a.mp4".into() },
                1 => Report::RecordingEnded { file: "a.mp4".into() },
                _ => Report::RecordingFailed {
                    detail: "disk".into(),
                },
            },
            13 => Report::ViewersCounted { count: self.few(3) },
            14 => Report::FaultSeen {
                severity: Severity::Warning,
                code: "odd",
                subject: format!("thing {}", self.roll(80)),
                detail: format!("{}", self.roll(2)),
            },
            _ => Report::FaultOver {
                code: "odd",
                subject: format!("thing {}", self.roll(80)),
            },
        }
    }
}

#[test]
fn whatever_happens_the_show_stays_whole() {
    for seed in 0..40 {
        let mut dice = Dice(seed);
        let mut s = Script::begin();
        for _ in 0..400 {
            match dice.roll(10) {
                0..=4 => {
                    let command = dice.command(&s);
                    // Refusals are part of the walk; the harness checks that they change nothing.
                    let _ = s.try_order(command);
                }
                5..=8 => {
                    let report = dice.report(&mut s);
                    s.report(report);
                }
                _ => s.wait(dice.roll(3_000)),
            }
        }
        // The store keeps everything, so a restart must find the same again.
        let saved = s.show.saved();
        let again = Script::restored(saved.clone());
        assert_eq!(again.show.saved().sources, saved.sources);
        assert_eq!(again.show.saved().program, saved.program);
        assert!(
            again.fault_codes().is_empty(),
            "{:?}",
            again.show.snapshot().faults
        );
    }
}
