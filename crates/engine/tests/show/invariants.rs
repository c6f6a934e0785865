//! What is true of every show, whatever was done to it.

use regie_engine::Show;
use regie_model::{Mosaic, Role, SLOTS, Scene, SourceKind, SourceState, Tally};

/// Panics where the show is one that must not be.
pub fn check(show: &Show) {
    let snapshot = show.snapshot();
    let mut slots: Vec<_> = snapshot.sources.iter().map(|source| source.slot).collect();
    assert!(slots.iter().all(|slot| usize::from(slot.0) < SLOTS));
    slots.sort();
    slots.dedup();
    assert_eq!(slots.len(), snapshot.sources.len(), "a slot is used twice");

    let mut ids: Vec<_> = snapshot.sources.iter().map(|source| source.id).collect();
    assert_eq!(snapshot.mosaic, Mosaic::of(&ids));
    let mut devices: Vec<_> = snapshot
        .sources
        .iter()
        .filter_map(|source| match &source.kind {
            SourceKind::Phone { device } => Some(device.as_str().to_owned()),
            _ => None,
        })
        .collect();
    let phones = devices.len();
    devices.sort();
    devices.dedup();
    assert_eq!(devices.len(), phones, "two sources are the same device");
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), snapshot.sources.len(), "an id is used twice");
    assert!(ids.iter().all(|id| id.0 <= show.saved().last_source));

    for scene in [&snapshot.preview, &snapshot.program] {
        assert_eq!(scene.sources.len(), scene.layout.boxes());
        for (place, source) in scene.sources.iter().enumerate() {
            let Some(id) = source else { continue };
            assert!(ids.contains(id), "a scene shows a source that is not there");
            assert!(!scene.sources[..place].contains(source), "a source stands twice");
        }
    }
    for source in &snapshot.sources {
        let on = |scene: &Scene| scene.shows(source.id);
        match source.tally {
            Tally::Program => assert!(on(&snapshot.program) || snapshot.mixing.is_some()),
            Tally::Preview => assert!(on(&snapshot.preview) && !on(&snapshot.program)),
            Tally::Off => assert!(!on(&snapshot.preview) && !on(&snapshot.program)),
        }
        assert!(source.state != SourceState::Live || source.picture.is_some());
    }
    assert!(snapshot.faults.len() <= 64);
    assert!(snapshot.tokens.len() <= regie_engine::TOKENS_MAX);
    let lasting = |role| move |t: &&regie_model::TokenInfo| t.role == role && t.expires_ms.is_none();
    assert!(snapshot.tokens.iter().any(|t| lasting(Role::Operator)(&t)));
    assert_eq!(snapshot.tokens.iter().filter(|t| t.join_code).count(), 1);
    assert!(show.operator_token().is_some() && show.join_token().is_some());
}
