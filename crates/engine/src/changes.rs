//! What a step of the show asks for and says.

use regie_model::{Effect, Event, Reply};

/// What came of one command, report or tick: work to be done, in this order; news, in this order; and what
/// the asker alone gets back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// For the workers.
    pub effects: Vec<Effect>,
    /// For every page. Folded in order over the snapshot before the step, they give the snapshot after it.
    pub events: Vec<Event>,
    /// For the one who asked.
    pub reply: Option<Reply>,
}

impl Changes {
    /// Whether nothing came of the step.
    pub fn is_empty(&self) -> bool {
        self.effects.is_empty() && self.events.is_empty() && self.reply.is_none()
    }
}
