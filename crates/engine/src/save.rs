//! What of the show outlives the program, and how it comes back.

use crate::show::{FIRST_NAME, FIRST_TRANSITION};
use crate::sources::{Seat, made_here};
use crate::take::fits;
use crate::tokens::is_over;
use crate::{Now, Show, StartSecrets, TOKENS_MAX};
use regie_model::{
    Format, SLOTS, SavedShow, SavedSource, Scene, Severity, SourceKind, SourceState, Token, clean_name,
};

impl Show {
    /// The show as it was when it was saved: phones lost until they come back, everything else to be opened.
    ///
    /// What the show itself would not have allowed (a slot used twice, a scene with a source that is not
    /// there) is mended or left out, and a fault says so: a show with a flaw is better than none.
    pub fn restore(format: Format, saved: SavedShow, now: Now, secrets: &StartSecrets) -> Self {
        let mut show = Self::new(format, now, secrets);
        show.name = clean_name(&saved.name).unwrap_or_else(|| FIRST_NAME.to_owned());
        show.last_source = saved.last_source;
        show.restore_tokens(saved.tokens, saved.last_token, now, secrets);
        let mut flaws = Vec::new();
        for source in saved.sources {
            if let Err(flaw) = show.restore_source(source) {
                flaws.push(flaw);
            }
        }
        show.preview = show.mended(saved.preview, "preview", &mut flaws);
        show.program = show.mended(saved.program, "program", &mut flaws);
        show.transition = if fits(saved.transition) {
            saved.transition
        } else {
            flaws.push("the transition was out of its bounds".to_owned());
            FIRST_TRANSITION
        };
        if !flaws.is_empty() {
            show.faults.raise(
                Severity::Warning,
                "restored_with_flaws",
                FIRST_NAME,
                &flaws.join("; "),
                now,
            );
        }
        for place in 0..show.seats.len() {
            show.seats[place].source.tally = show.tally_of(show.seats[place].source.id);
        }
        show
    }

    /// What of the show outlives the program.
    pub fn saved(&self) -> SavedShow {
        SavedShow {
            name: self.name.clone(),
            sources: self
                .seats
                .iter()
                .map(|seat| SavedSource {
                    id: seat.source.id,
                    slot: seat.source.slot,
                    kind: seat.source.kind.clone(),
                    name: seat.source.name.clone(),
                    resume: seat.resume.clone(),
                })
                .collect(),
            preview: self.preview.clone(),
            program: self.program.clone(),
            transition: self.transition,
            tokens: self.tokens.clone(),
            last_source: self.last_source,
            last_token: self.last_token,
        }
    }

    /// Tokens that ran out meanwhile stay out; of two join codes the first one counts.
    fn restore_tokens(&mut self, tokens: Vec<Token>, last: u32, now: Now, secrets: &StartSecrets) {
        self.tokens.clear();
        self.last_token = last;
        for token in tokens {
            self.last_token = self.last_token.max(token.info.id.0);
            let known = self.tokens.iter().any(|other| other.info.id == token.info.id);
            let second_code = token.info.join_code && self.join_token().is_some();
            let room = self.tokens.len() < TOKENS_MAX;
            if room && !known && !second_code && !is_over(&token.info, now) {
                self.tokens.push(token);
            }
        }
        self.ensure_tokens(now, secrets);
    }

    fn restore_source(&mut self, saved: SavedSource) -> Result<(), String> {
        let id = saved.id;
        self.last_source = self.last_source.max(id.0);
        let slot_taken = self.seats.iter().any(|seat| seat.source.slot == saved.slot);
        if usize::from(saved.slot.0) >= SLOTS || slot_taken || self.seat(id).is_some() {
            return Err(format!("source {id} was in a place that is not free"));
        }
        let kind = match saved.kind {
            phone @ SourceKind::Phone { .. } => phone,
            other => made_here(other).map_err(|refusal| format!("source {id}: {}", refusal.message))?,
        };
        let name = clean_name(&saved.name).unwrap_or_else(|| self.next_name("Camera"));
        let mut seat = Seat::new(id, saved.slot, kind, name);
        seat.resume = saved.resume;
        if seat.is_phone() {
            seat.source.state = SourceState::Lost;
        }
        self.seats.push(seat);
        Ok(())
    }

    /// The scene with as many boxes as its layout has, each with a source that is there, none twice.
    fn mended(&self, scene: Scene, which: &str, flaws: &mut Vec<String>) -> Scene {
        let mut sources = Vec::with_capacity(scene.layout.boxes());
        for source in &scene.sources {
            let fits = source.is_some_and(|id| self.seat(id).is_some()) && !sources.contains(source);
            sources.push(source.filter(|_| fits));
        }
        sources.resize(scene.layout.boxes(), None);
        if sources != scene.sources {
            flaws.push(format!("{which} named sources that are not there"));
        }
        Scene { sources, ..scene }
    }
}
