//! Preview, program, takes and mixes.

use crate::harness::{Script, mix};
use regie_model::{Code, Command, Effect, Event, Layout, Scene, SourceId, SourceKind, Tally, Transition};

fn two() -> (Script, SourceId, SourceId) {
    let mut s = Script::begin();
    let one = s.demo(0);
    let two = s.demo(1);
    (s, one, two)
}

#[test]
fn a_show_begins_black_with_a_mix_chosen() {
    let snapshot = Script::begin().show.snapshot();
    assert_eq!(snapshot.name, "Régie");
    assert_eq!(snapshot.preview, Scene::black());
    assert_eq!(snapshot.program, Scene::black());
    assert_eq!(snapshot.transition, mix(500));
    assert_eq!(snapshot.mixing, None);
}

#[test]
fn a_take_swaps_preview_and_program_at_once() {
    let (mut s, one, two) = two();
    s.cut(one);
    s.preview(two);
    assert_eq!((s.tally(one), s.tally(two)), (Tally::Program, Tally::Preview));
    s.take();
    assert_eq!((s.tally(one), s.tally(two)), (Tally::Preview, Tally::Program));
    assert!(s.did(&Effect::Take {
        scene: Scene::full(two),
        transition: Transition::Cut
    }));
    assert!(s.did(&Effect::ShowPreview {
        scene: Scene::full(one)
    }));
    assert_eq!(s.effects()[0], "Take", "air comes first");
    assert_eq!(s.show.snapshot().mixing, None);
}

#[test]
fn a_mix_keeps_both_on_air_until_it_ends() {
    let (mut s, one, two) = two();
    s.cut(one);
    s.preview(two);
    s.auto();
    assert_eq!(s.show.snapshot().mixing, Some(mix(500)));
    assert_eq!((s.tally(one), s.tally(two)), (Tally::Program, Tally::Program));
    s.wait(500);
    s.mix_ends();
    assert!(s.said(&Event::TransitionEnded));
    assert_eq!((s.tally(one), s.tally(two)), (Tally::Preview, Tally::Program));
    s.mix_ends();
    assert!(s.last.is_empty(), "a mix ends once");
}

#[test]
fn a_mix_that_is_interrupted_keeps_all_three_on_air() {
    let (mut s, one, two) = two();
    let three = s.demo(2);
    s.cut(one);
    s.preview(two);
    s.auto();
    s.preview(three);
    s.auto();
    for source in [one, two, three] {
        assert_eq!(s.tally(source), Tally::Program);
    }
    // The report of the first mix was under way already; the second has only begun.
    s.mix_ends();
    assert_eq!(s.show.snapshot().mixing, Some(mix(500)));
    s.wait(480);
    s.mix_ends();
    assert_eq!(s.tally(one), Tally::Off);
    assert_eq!(s.tally(two), Tally::Preview);
    assert_eq!(s.tally(three), Tally::Program);
}

#[test]
fn a_take_and_a_cut_interrupt_a_mix() {
    let (mut s, one, two) = two();
    s.cut(one);
    s.preview(two);
    s.auto();
    s.take();
    assert_eq!(s.show.snapshot().mixing, None);
    assert_eq!((s.tally(one), s.tally(two)), (Tally::Program, Tally::Preview));
    s.auto();
    s.cut(one);
    assert_eq!(s.show.snapshot().mixing, None);
}

#[test]
fn a_mix_whose_end_nobody_reports_ends_by_itself() {
    let (mut s, one, _) = two();
    s.preview(one);
    s.auto();
    s.wait(2_000);
    assert!(s.show.snapshot().mixing.is_some());
    s.wait(1_000);
    assert!(s.said(&Event::TransitionEnded));
}

#[test]
fn auto_does_what_was_chosen() {
    let (mut s, one, _) = two();
    s.order(Command::SetTransition {
        transition: Transition::Cut,
    });
    s.preview(one);
    s.auto();
    assert_eq!(s.show.snapshot().mixing, None);
    assert_eq!(s.tally(one), Tally::Program);
    for duration_ms in [40, 10_000] {
        s.order(Command::SetTransition {
            transition: mix(duration_ms),
        });
    }
    for duration_ms in [0, 39, 10_001, u32::MAX] {
        let command = Command::SetTransition {
            transition: mix(duration_ms),
        };
        assert_eq!(s.refused(command), Code::OutOfRange);
    }
}

#[test]
fn preview_and_program_may_be_the_same() {
    let (mut s, one, _) = two();
    s.cut(one);
    s.preview(one);
    assert_eq!(s.tally(one), Tally::Program);
    s.take();
    assert!(matches!(s.last.events[..], [Event::SceneTaken { .. }]));
    s.auto();
    assert_eq!(s.show.snapshot().mixing, Some(mix(500)));
}

#[test]
fn cut_leaves_preview_alone() {
    let (mut s, one, two) = two();
    s.preview(two);
    s.cut(one);
    assert_eq!(s.show.snapshot().preview, Scene::full(two));
    assert!(!s.effects().contains(&"ShowPreview".to_owned()));
}

#[test]
fn scenes_must_fit_their_layout_and_name_sources_that_are_there() {
    let (mut s, one, _) = two();
    let bad = |layout, sources: &[Option<SourceId>]| Scene {
        layout,
        sources: sources.to_vec(),
    };
    let nobody = SourceId(99);
    for (scene, code) in [
        (bad(Layout::Full, &[]), Code::BadScene),
        (bad(Layout::Full, &[Some(one), None]), Code::BadScene),
        (bad(Layout::SideBySide, &[Some(one)]), Code::BadScene),
        (Scene::side_by_side(one, one), Code::BadScene),
        (Scene::full(nobody), Code::NoSuchSource),
        (Scene::side_by_side(one, nobody), Code::NoSuchSource),
    ] {
        let command = Command::SetPreview { scene: scene.clone() };
        assert_eq!(s.refused(command), code, "{scene:?}");
        assert_eq!(s.refused(Command::Cut { scene }), code);
    }
    s.order(Command::SetPreview {
        scene: bad(Layout::SideBySide, &[None, Some(one)]),
    });
}

#[test]
fn only_sources_whose_tally_changed_are_told_about() {
    let (mut s, one, two) = two();
    let three = s.add(SourceKind::Colour {
        rgb: "#FF0000".into(),
    });
    s.cut(one);
    s.order(Command::SetPreview {
        scene: Scene::side_by_side(one, two),
    });
    let changed: Vec<_> = s
        .last
        .events
        .iter()
        .filter_map(|event| match event {
            Event::SourceChanged { source } => Some(source.id),
            _ => None,
        })
        .collect();
    assert_eq!(changed, [two]);
    assert_eq!(s.tally(three), Tally::Off);
}
