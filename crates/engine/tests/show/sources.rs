//! Sources that Régie makes, and how all of them fare; faults.

use crate::harness::{HD, Script};
use regie_model::{
    Code, Command, Effect, Event, FaultId, Picture, Report, SLOTS, Scene, Severity, Slot, SourceId,
    SourceKind, SourceState, Transition,
};

fn fails(s: &mut Script, source: SourceId) {
    s.report(Report::SourceFailed {
        source,
        detail: "not negotiated".into(),
    });
}

fn seen(s: &mut Script, code: &'static str, subject: &str, detail: &str) {
    s.report(Report::FaultSeen {
        severity: Severity::Warning,
        code,
        subject: subject.into(),
        detail: detail.into(),
    });
}

#[test]
fn demo_and_colour_are_added_and_opened() {
    let mut s = Script::begin();
    let demo = s.demo(3);
    assert_eq!(s.source(demo).name, "Demo 1");
    assert_eq!(s.effects(), ["OpenSource", "ArrangeMosaic"]);
    let colour = s.add(SourceKind::Colour {
        rgb: "#AbCdEf".into(),
    });
    assert_eq!(s.source(colour).name, "Colour 1");
    assert_eq!(
        s.source(colour).kind,
        SourceKind::Colour {
            rgb: "#abcdef".into()
        }
    );
    s.order(Command::AddSource {
        kind: SourceKind::Demo { pattern: 0 },
        name: Some(" Stage  left ".into()),
    });
    assert_eq!(s.sources()[2].name, "Stage left");
}

#[test]
fn other_kinds_and_values_are_refused() {
    let mut s = Script::begin();
    let colour = |rgb: &str| SourceKind::Colour { rgb: rgb.into() };
    for kind in [
        SourceKind::Demo { pattern: 4 },
        colour("red"),
        colour("#12345"),
        colour("#1234567"),
        colour("#12345é"),
        colour("# 2345f"),
        SourceKind::Phone {
            device: crate::harness::device("x"),
        },
    ] {
        let command = Command::AddSource { kind, name: None };
        assert_eq!(s.refused(command), Code::OutOfRange);
    }
    let nameless = Command::AddSource {
        kind: SourceKind::Demo { pattern: 0 },
        name: Some(" ".into()),
    };
    assert_eq!(s.refused(nameless), Code::OutOfRange);
    for n in 0..SLOTS as u8 {
        s.demo(n % 4);
    }
    let one_more = Command::AddSource {
        kind: SourceKind::Demo { pattern: 0 },
        name: None,
    };
    assert_eq!(s.refused(one_more), Code::Full);
}

#[test]
fn a_source_is_renamed() {
    let mut s = Script::begin();
    let id = s.demo(0);
    let rename = |source, name: &str| Command::RenameSource {
        source,
        name: name.into(),
    };
    s.order(rename(id, "  Wide\tshot "));
    assert_eq!(s.source(id).name, "Wide shot");
    assert_eq!(s.refused(rename(id, "\n")), Code::OutOfRange);
    assert_eq!(s.refused(rename(SourceId(9), "x")), Code::NoSuchSource);
}

#[test]
fn a_removed_source_leaves_black_boxes_on_air_too() {
    let mut s = Script::begin();
    let (one, two) = (s.demo(0), s.demo(1));
    s.order(Command::Cut {
        scene: Scene::side_by_side(one, two),
    });
    s.preview(one);
    s.order(Command::RemoveSource { source: one });
    let snapshot = s.show.snapshot();
    assert_eq!(snapshot.program.sources, [None, Some(two)]);
    assert_eq!(snapshot.preview, Scene::black());
    assert!(s.did(&Effect::Take {
        scene: snapshot.program,
        transition: Transition::Cut
    }));
    assert!(s.did(&Effect::ShowPreview {
        scene: Scene::black()
    }));
    assert!(s.did(&Effect::CloseSource {
        source: one,
        slot: Slot(0),
        forget: true
    }));
    assert!(s.said(&Event::SourceRemoved { id: one }));
    assert_eq!(
        s.refused(Command::RemoveSource { source: one }),
        Code::NoSuchSource
    );
}

#[test]
fn a_removed_phone_is_told() {
    let mut s = Script::begin();
    let id = s.join("Léa");
    let session = s.last_session();
    s.order(Command::RemoveSource { source: id });
    assert_eq!(s.ended(session), Some("removed"));
    s.leave(session);
    assert!(s.last.is_empty());
    assert_ne!(s.join("Léa"), id);
}

#[test]
fn removing_what_leaves_the_air_lets_the_mix_go_on() {
    let mut s = Script::begin();
    let (one, two) = (s.demo(0), s.demo(1));
    s.cut(one);
    s.preview(two);
    s.auto();
    s.order(Command::RemoveSource { source: one });
    assert!(s.show.snapshot().mixing.is_some());
    assert_eq!(s.show.snapshot().preview, Scene::black());
}

#[test]
fn pictures_stall_and_come_back() {
    let mut s = Script::begin();
    let id = s.demo(0);
    s.report(Report::SourceHeld { source: id });
    assert_eq!(s.state(id), SourceState::Connecting, "nothing was there to hold");
    s.live(id);
    assert_eq!(s.source(id).picture, Some(HD));
    s.live(id);
    assert!(s.last.is_empty(), "nothing new");
    s.report(Report::SourceHeld { source: id });
    assert_eq!(s.state(id), SourceState::Held);
    let smaller = Picture {
        width: 640,
        height: 360,
    };
    s.report(Report::SourceLive {
        source: id,
        picture: smaller,
    });
    assert_eq!(s.state(id), SourceState::Live);
    assert_eq!(s.source(id).picture, Some(smaller));
    for stranger in [
        Report::SourceHeld { source: SourceId(9) },
        Report::SourceLive {
            source: SourceId(9),
            picture: HD,
        },
    ] {
        s.report(stranger);
        assert!(s.last.is_empty());
    }
}

#[test]
fn a_source_that_fails_is_opened_again_ever_more_slowly() {
    let mut s = Script::begin();
    let id = s.demo(0);
    for wait in [1, 2, 4, 8, 16, 30, 30] {
        fails(&mut s, id);
        assert_eq!(s.state(id), SourceState::Lost);
        assert_eq!(s.fault_codes(), ["source_failed"]);
        s.wait((wait - 1) * 1_000);
        assert!(!s.effects().contains(&"OpenSource".to_owned()), "{wait}");
        s.wait(1_000);
        assert!(s.effects().contains(&"OpenSource".to_owned()), "{wait}");
        assert_eq!(s.state(id), SourceState::Connecting);
    }
    s.live(id);
    assert!(s.fault_codes().is_empty());
    fails(&mut s, id);
    s.wait(1_000);
    assert_eq!(s.state(id), SourceState::Connecting, "it begins anew");
}

#[test]
fn the_fault_of_a_source_goes_with_it_and_by_its_name() {
    let mut s = Script::begin();
    let (one, two) = (s.demo(0), s.demo(1));
    for source in [one, two] {
        s.order(Command::RenameSource {
            source,
            name: "Same".into(),
        });
        fails(&mut s, source);
    }
    assert_eq!(s.fault_codes().len(), 2, "two sources of one name are two faults");
    s.order(Command::RenameSource {
        source: two,
        name: "Other".into(),
    });
    s.order(Command::RemoveSource { source: one });
    let faults = s.show.snapshot().faults;
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].subject, "Other");
}

#[test]
fn the_same_fault_again_replaces_it() {
    let mut s = Script::begin();
    seen(&mut s, "disk_low", "disk", "2 GB");
    s.wait(5_000);
    seen(&mut s, "disk_low", "disk", "1 GB");
    let faults = s.show.snapshot().faults;
    assert_eq!(faults.len(), 1);
    assert_eq!((faults[0].id, faults[0].detail.as_str()), (FaultId(1), "1 GB"));
    assert_eq!(faults[0].since_ms, 1_000_000);
    seen(&mut s, "disk_low", "disk", "1 GB");
    assert!(s.last.is_empty());
    s.report(Report::FaultOver {
        code: "disk_low",
        subject: "disk".into(),
    });
    assert!(s.said(&Event::FaultCleared { id: FaultId(1) }));
}

#[test]
fn faults_are_bounded_in_number_and_length() {
    let mut s = Script::begin();
    for n in 0..70 {
        seen(&mut s, "odd", &format!("thing {n}"), &"é".repeat(5_000));
    }
    let faults = s.show.snapshot().faults;
    assert_eq!(faults.len(), 64);
    assert_eq!(faults[0].subject, "thing 6");
    assert_eq!(faults[0].detail.chars().count(), 500);
}

#[test]
fn viewers_links_and_the_name_are_told_when_they_change() {
    let mut s = Script::begin();
    s.report(Report::ViewersCounted { count: 0 });
    assert!(s.last.is_empty());
    s.report(Report::ViewersCounted { count: 3 });
    assert_eq!(s.last.events, [Event::ViewersCounted { count: 3 }]);
    let links = regie_model::Links {
        camera: "https://192.168.1.20:9090/j/x".into(),
        ..Default::default()
    };
    s.report(Report::LinksChanged { links: links.clone() });
    assert!(s.said(&Event::LinksChanged { links }));
    s.order(Command::NameShow {
        name: " Gala ".into(),
    });
    assert!(s.said(&Event::ShowNamed { name: "Gala".into() }));
    assert_eq!(s.refused(Command::NameShow { name: "".into() }), Code::OutOfRange);
}
