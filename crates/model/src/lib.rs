//! The words of Régie, each defined once, the same in Rust, SQL, JSON, the UI and the logs.
//!
//! Everything here is a plain value: no socket, no clock, no GStreamer. The types that cross `/control`
//! (`Command`, `Event`, `Snapshot` and what they hold) are exported to TypeScript by `cargo xtask types`.

mod command;
mod effect;
mod event;
mod ids;
mod mosaic;
mod refusal;
mod reply;
mod report;
mod saved;
mod scene;
mod snapshot;
mod source;
mod token;

pub use command::Command;
pub use effect::Effect;
pub use event::{By, Event, Stamped};
pub use ids::{DeviceId, FaultId, Secret, SessionId, Slot, SourceId, TokenId};
pub use mosaic::{Mosaic, Tile, TileOf};
pub use refusal::{Code, Refusal};
pub use reply::Reply;
pub use report::Report;
pub use saved::{SavedShow, SavedSource};
pub use scene::{Layout, Region, Scene, Tally, Transition};
pub use snapshot::{Fault, Format, Links, Recording, Severity, Snapshot};
pub use source::{Picture, Source, SourceKind, SourceState};
pub use token::{Role, Token, TokenInfo};

/// How many sources a show can hold at once; the mixer has this many slots.
pub const SLOTS: usize = 16;

/// The longest name of a source, a token or a show, in characters.
pub const NAME_MAX: usize = 60;

/// A name as people typed it, made fit to show: control characters out, white space folded, cut to
/// [`NAME_MAX`] characters. `None` where nothing is left.
pub fn clean_name(raw: &str) -> Option<String> {
    let visible: String = raw
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let folded = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = folded.chars().take(NAME_MAX).collect();
    let name = cut.trim_end();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_folded_cut_and_never_empty() {
        assert_eq!(clean_name("  Léa\n\tMartin "), Some("Léa Martin".into()));
        assert_eq!(clean_name(" \u{0}\u{7} "), None);
        assert_eq!(clean_name(&"é".repeat(200)).unwrap().chars().count(), NAME_MAX);
    }
}
