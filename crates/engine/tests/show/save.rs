//! What outlives the program.

use crate::harness::{FORMAT, Script, mix, start_secrets};
use regie_engine::{Now, Show};
use regie_model::{
    Command, Effect, Layout, Role, SavedShow, SavedSource, Scene, Slot, SourceId, SourceKind, SourceState,
    Tally, Transition,
};

fn a_show() -> Script {
    let mut s = Script::begin();
    s.order(Command::NameShow { name: "Gala".into() });
    let lea = s.join("Lea");
    let demo = s.demo(2);
    let gone = s.demo(3);
    s.order(Command::RemoveSource { source: gone });
    s.cut(demo);
    s.preview(lea);
    s.order(Command::SetTransition {
        transition: mix(1_000),
    });
    s.order(Command::CreateToken {
        role: Role::Viewer,
        name: "TV".into(),
        expires: Some(1_500_000),
    });
    s
}

#[test]
fn a_restored_show_is_the_same_with_its_phones_lost() {
    let before = a_show();
    let after = Script::restored(before.show.saved());
    let (old, new) = (before.show.snapshot(), after.show.snapshot());
    assert_eq!(new.name, "Gala");
    assert_eq!((new.preview, new.program), (old.preview, old.program));
    assert_eq!(new.transition, mix(1_000));
    let states: Vec<_> = new.sources.iter().map(|source| source.state).collect();
    assert_eq!(states, [SourceState::Lost, SourceState::Connecting]);
    let tallies: Vec<_> = new.sources.iter().map(|source| source.tally).collect();
    assert_eq!(tallies, [Tally::Preview, Tally::Program]);
    assert_eq!(new.tokens.len(), 2, "the viewer's token ran out meanwhile");
    assert!(new.faults.is_empty());
    assert_eq!(
        after.show.operator_token().unwrap().secret,
        before.show.operator_token().unwrap().secret
    );
}

#[test]
fn a_phone_comes_back_to_its_source_after_a_restart() {
    let mut s = Script::begin();
    let session = s.arrive("phone", Some("Léa"), None);
    let (id, resume) = s.welcomed(session).unwrap();
    let mut s = Script::restored(s.show.saved());
    let session = s.arrive("phone", None, Some(&resume));
    assert_eq!(s.welcomed(session), Some((id, resume)));
}

#[test]
fn ids_are_not_given_again_after_a_restart() {
    let mut s = Script::restored(a_show().show.saved());
    assert_eq!(s.demo(0), SourceId(4));
    let tokens = s.show.saved().last_token;
    s.order(Command::RotateJoinCode);
    assert_eq!(s.show.join_token().unwrap().info.id.0, tokens + 1);
}

#[test]
fn the_first_effects_bring_workers_in_line() {
    let s = Script::restored(a_show().show.saved());
    let effects = s.show.start();
    let kinds: Vec<_> = effects
        .iter()
        .map(|effect| match effect {
            Effect::SetTokens { tokens } => format!("tokens {}", tokens.len()),
            Effect::ArrangeMosaic { mosaic } => format!("mosaic {}", mosaic.tiles.len()),
            Effect::OpenSource { source, session, .. } => format!("open {source} {session:?}"),
            Effect::ShowPreview { scene } => format!("preview {:?}", scene.sources[0]),
            Effect::Take { scene, transition } => format!("take {:?} {transition:?}", scene.sources[0]),
            Effect::Save(_) => "save".to_owned(),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(
        kinds,
        [
            "tokens 2",
            "mosaic 4",
            "open 2 None",
            "preview Some(SourceId(1))",
            "take Some(SourceId(2)) Cut",
            "save"
        ]
    );
}

#[test]
fn a_flawed_save_is_mended_and_says_so() {
    let source = |id, slot, kind| SavedSource {
        id: SourceId(id),
        slot: Slot(slot),
        kind,
        name: " ".into(),
        resume: None,
    };
    let demo = |pattern| SourceKind::Demo { pattern };
    let saved = SavedShow {
        name: "\n".into(),
        sources: vec![
            source(7, 0, demo(0)),
            source(8, 0, demo(1)),
            source(7, 1, demo(1)),
            source(9, 16, demo(1)),
            source(10, 2, demo(9)),
        ],
        preview: Scene::full(SourceId(8)),
        program: Scene {
            layout: Layout::SideBySide,
            sources: vec![Some(SourceId(7)), Some(SourceId(7)), None],
        },
        transition: Transition::Mix { duration_ms: 1 },
        tokens: vec![],
        last_source: 0,
        last_token: 0,
    };
    let s = Script::restored(saved);
    let snapshot = s.show.snapshot();
    assert_eq!(snapshot.name, "Régie");
    assert_eq!(snapshot.sources.len(), 1);
    assert_eq!(snapshot.preview, Scene::black());
    assert_eq!(snapshot.program.sources, [Some(SourceId(7)), None]);
    assert_eq!(snapshot.transition, mix(500));
    assert_eq!(s.fault_codes(), ["restored_with_flaws"]);
    assert_eq!(s.show.saved().last_source, 10);
}

#[test]
fn what_is_saved_and_restored_is_saved_the_same() {
    let saved = a_show().show.saved();
    let now = Now {
        mono_ms: 5,
        wall_ms: 1_000_001,
    };
    assert_eq!(
        Show::restore(FORMAT, saved.clone(), now, &start_secrets()).saved(),
        saved
    );
}
