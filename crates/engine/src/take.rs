//! Preview, program and the ways from one to the other.

use crate::{Changes, Now, Show};
use regie_model::{Code, Effect, Event, Refusal, Scene, SourceId, Tally, Transition};
use std::ops::RangeInclusive;

/// How long a mix may be, in milliseconds.
const MIX_MS: RangeInclusive<u32> = 40..=10_000;

/// A mixer's report may come this much before the mix is over by our clock; one that comes earlier belongs
/// to a mix that was interrupted.
const EARLY_MS: u64 = 100;

/// A mix whose end was never reported counts as over this long after it should have been.
const OVERDUE_MS: u64 = 2_000;

/// A mix that is under way.
#[derive(Clone, Debug)]
pub(crate) struct Mixing {
    duration_ms: u32,
    /// When it began, by the monotonic clock.
    since_ms: u64,
    /// What is on air besides program until the mix is over: the old program, and where a mix was
    /// interrupted by this one, what was leaving then.
    leaving: Vec<SourceId>,
}

impl Mixing {
    pub(crate) fn transition(&self) -> Transition {
        Transition::Mix {
            duration_ms: self.duration_ms,
        }
    }

    fn elapsed_ms(&self, now: Now) -> u64 {
        now.mono_ms.saturating_sub(self.since_ms)
    }
}

impl Show {
    pub(crate) fn set_preview(&mut self, scene: Scene, changes: &mut Changes) -> Result<(), Refusal> {
        self.check_scene(&scene)?;
        if scene == self.preview {
            return Ok(());
        }
        self.ask_keyframes(&scene, changes);
        self.preview = scene;
        self.tell_preview(changes);
        Ok(())
    }

    /// Preview goes on program, the old program becomes preview. A mix that is under way is interrupted:
    /// the mixer goes on from what it shows.
    pub(crate) fn take(&mut self, transition: Transition, now: Now, changes: &mut Changes) {
        let leaving = self.on_air();
        std::mem::swap(&mut self.preview, &mut self.program);
        self.mixing = match transition {
            Transition::Cut => None,
            Transition::Mix { duration_ms } => Some(Mixing {
                duration_ms,
                since_ms: now.mono_ms,
                leaving,
            }),
        };
        changes.effects.push(Effect::Take {
            scene: self.program.clone(),
            transition,
        });
        changes.effects.push(Effect::ShowPreview {
            scene: self.preview.clone(),
        });
        self.tell_taken(transition, changes);
    }

    pub(crate) fn cut(&mut self, scene: Scene, changes: &mut Changes) -> Result<(), Refusal> {
        self.check_scene(&scene)?;
        self.ask_keyframes(&scene, changes);
        self.program = scene;
        self.cut_program(changes);
        Ok(())
    }

    pub(crate) fn set_transition(&mut self, transition: Transition) -> Result<(), Refusal> {
        if !fits(transition) {
            return Err(Refusal::new(Code::OutOfRange, "a mix lasts 40 to 10000 ms"));
        }
        self.transition = transition;
        Ok(())
    }

    pub(crate) fn transition_ended(&mut self, now: Now, changes: &mut Changes) {
        let over = self
            .mixing
            .as_ref()
            .is_some_and(|mix| mix.elapsed_ms(now) + EARLY_MS >= u64::from(mix.duration_ms));
        if over {
            self.end_mix(changes);
        }
    }

    /// A mixer that died in mid-mix reports nothing; without this the page would show a mix for ever.
    pub(crate) fn end_overdue_mix(&mut self, now: Now, changes: &mut Changes) {
        let overdue = self
            .mixing
            .as_ref()
            .is_some_and(|mix| mix.elapsed_ms(now) > u64::from(mix.duration_ms) + OVERDUE_MS);
        if overdue {
            self.end_mix(changes);
        }
    }

    fn end_mix(&mut self, changes: &mut Changes) {
        self.mixing = None;
        changes.events.push(Event::TransitionEnded);
    }

    /// Empties the boxes that a source filled. Program goes black there at once.
    pub(crate) fn empty_boxes(&mut self, gone: SourceId, changes: &mut Changes) {
        if let Some(mix) = &mut self.mixing {
            mix.leaving.retain(|source| *source != gone);
        }
        let in_preview = empty(&mut self.preview, gone);
        if empty(&mut self.program, gone) {
            if in_preview {
                changes.effects.push(Effect::ShowPreview {
                    scene: self.preview.clone(),
                });
            }
            self.cut_program(changes);
        } else if in_preview {
            self.tell_preview(changes);
        }
    }

    pub(crate) fn tally_of(&self, source: SourceId) -> Tally {
        let leaves = self
            .mixing
            .as_ref()
            .is_some_and(|mix| mix.leaving.contains(&source));
        if self.program.shows(source) || leaves {
            Tally::Program
        } else if self.preview.shows(source) {
            Tally::Preview
        } else {
            Tally::Off
        }
    }

    /// Every source of which something is on air now.
    fn on_air(&self) -> Vec<SourceId> {
        let mut sources: Vec<_> = self.program.sources.iter().flatten().copied().collect();
        for source in self.mixing.iter().flat_map(|mix| &mix.leaving) {
            if !sources.contains(source) {
                sources.push(*source);
            }
        }
        sources
    }

    fn cut_program(&mut self, changes: &mut Changes) {
        self.mixing = None;
        changes.effects.push(Effect::Take {
            scene: self.program.clone(),
            transition: Transition::Cut,
        });
        self.tell_taken(Transition::Cut, changes);
    }

    fn tell_taken(&self, transition: Transition, changes: &mut Changes) {
        changes.events.push(Event::SceneTaken {
            program: self.program.clone(),
            preview: self.preview.clone(),
            transition,
        });
    }

    fn tell_preview(&self, changes: &mut Changes) {
        changes.effects.push(Effect::ShowPreview {
            scene: self.preview.clone(),
        });
        changes.events.push(Event::PreviewChanged {
            scene: self.preview.clone(),
        });
    }

    /// Phones that come into use are asked for a whole picture, so that they are sharp when they go on air.
    fn ask_keyframes(&self, scene: &Scene, changes: &mut Changes) {
        for source in scene.sources.iter().flatten() {
            let connected = self.seat(*source).is_some_and(|seat| seat.session.is_some());
            if connected && self.tally_of(*source) == Tally::Off {
                changes.effects.push(Effect::RequestKeyframe { source: *source });
            }
        }
    }

    /// A scene fills exactly its layout's boxes, with sources that are there, each at most once: the mixer
    /// has one picture of each.
    fn check_scene(&self, scene: &Scene) -> Result<(), Refusal> {
        let boxes = scene.layout.boxes();
        if scene.sources.len() != boxes {
            let message = format!("this layout has {boxes} boxes, not {}", scene.sources.len());
            return Err(Refusal::new(Code::BadScene, message));
        }
        for (place, source) in scene.sources.iter().enumerate() {
            let Some(source) = source else { continue };
            if self.seat(*source).is_none() {
                return Err(no_such_source(*source));
            }
            if scene.sources[..place].contains(&Some(*source)) {
                let message = format!("source {source} stands in two boxes");
                return Err(Refusal::new(Code::BadScene, message));
            }
        }
        Ok(())
    }
}

pub(crate) fn no_such_source(source: SourceId) -> Refusal {
    Refusal::new(Code::NoSuchSource, format!("there is no source {source}"))
}

/// Whether a transition is within its bounds.
pub(crate) fn fits(transition: Transition) -> bool {
    match transition {
        Transition::Cut => true,
        Transition::Mix { duration_ms } => MIX_MS.contains(&duration_ms),
    }
}

/// Takes a source out of a scene's boxes; whether it stood in one.
fn empty(scene: &mut Scene, gone: SourceId) -> bool {
    let mut stood = false;
    for place in &mut scene.sources {
        if *place == Some(gone) {
            *place = None;
            stood = true;
        }
    }
    stood
}
