//! Phones: in, out, back, replaced.

use crate::harness::{Script, device};
use regie_model::{Effect, Event, SLOTS, Scene, Secret, SessionId, Slot, SourceKind, SourceState, Tally};

#[test]
fn a_phone_becomes_a_source_and_is_welcomed() {
    let mut s = Script::begin();
    let session = s.arrive("phone-a", Some("  Léa \n"), None);
    let (id, resume) = s.welcomed(session).expect("welcomed");
    assert_eq!(resume.reveal(), "fresh-1");
    assert_eq!(
        s.effects(),
        ["OpenSource", "WelcomePhone", "TellTally", "ArrangeMosaic"]
    );
    let source = s.source(id);
    assert_eq!(source.name, "Léa");
    assert_eq!(source.slot, Slot(0));
    assert_eq!(source.state, SourceState::Connecting);
    assert!(s.said(&Event::SourceAdded { source }));
    assert!(s.did(&Effect::TellTally {
        session,
        tally: Tally::Off
    }));
    s.live(id);
    assert_eq!(s.state(id), SourceState::Live);
}

#[test]
fn a_phone_with_no_name_gets_one() {
    let mut s = Script::begin();
    for name in [None, Some(" \u{7} ")] {
        s.arrive(&format!("phone-{}", s.sources().len()), name, None);
    }
    let names: Vec<_> = s.sources().into_iter().map(|source| source.name).collect();
    assert_eq!(names, ["Camera 1", "Camera 2"]);
}

#[test]
fn a_phone_that_goes_keeps_its_place_and_comes_back_to_it() {
    let mut s = Script::begin();
    let id = s.join("Léa");
    s.cut(id);
    s.leave(s.last_session());
    assert_eq!(s.state(id), SourceState::Lost);
    assert!(s.did(&Effect::CloseSource {
        source: id,
        slot: Slot(0),
        forget: false
    }));
    let back = s.arrive("another", Some("Paul"), None);
    assert_ne!(s.welcomed(back).unwrap().0, id, "another phone is another source");
    let session = s.arrive_as("Léa", Some("Lea!"));
    assert_eq!(s.welcomed(session).unwrap().0, id);
    assert_eq!(s.source(id).name, "Léa", "the name on file stays");
    assert_eq!(s.tally(id), Tally::Program);
    assert!(s.did(&Effect::TellTally {
        session,
        tally: Tally::Program
    }));
}

impl Script {
    fn arrive_as(&mut self, device_name: &str, name: Option<&str>) -> SessionId {
        self.arrive(device_name, name, None)
    }
}

#[test]
fn the_right_secret_replaces_a_standing_connection_at_once() {
    let mut s = Script::begin();
    let old = s.arrive("phone", Some("Léa"), None);
    let (id, resume) = s.welcomed(old).unwrap();
    s.live(id);
    s.cut(id);
    let new = s.arrive("phone", None, Some(&resume));
    assert_eq!(
        s.welcomed(new),
        Some((id, resume)),
        "the secret on file stays good"
    );
    assert_eq!(
        s.effects(),
        ["EndSession", "OpenSource", "WelcomePhone", "TellTally"]
    );
    assert_eq!(s.ended(old), Some("replaced"));
    assert_eq!(s.source(id).name, "Léa");
    // The old connection's end comes late and means nothing now.
    s.leave(old);
    assert!(s.last.is_empty());
    assert_eq!(s.state(id), SourceState::Connecting);
}

#[test]
fn an_id_alone_evicts_nobody() {
    let mut s = Script::begin();
    let first = s.arrive("phone", Some("Léa"), None);
    let (id, resume) = s.welcomed(first).unwrap();
    for wrong in [None, Some(Secret::new("guess")), Some(Secret::new(""))] {
        let session = s.arrive("phone", Some("Eve"), wrong.as_ref());
        let (other, given) = s.welcomed(session).unwrap();
        assert_ne!(other, id);
        assert_ne!(given, resume);
        assert_eq!(s.ended(first), None);
    }
    let kinds: Vec<_> = s.sources().into_iter().map(|source| source.kind).collect();
    let phone = |name: &str| SourceKind::Phone { device: device(name) };
    assert_eq!(
        kinds,
        [
            phone("phone"),
            phone("phone::2"),
            phone("phone::3"),
            phone("phone::4")
        ]
    );
}

#[test]
fn phones_that_share_a_device_id_each_come_back_as_themselves() {
    let mut s = Script::begin();
    let long = "x".repeat(64);
    let a = s.arrive(&long, Some("A"), None);
    let (source_a, secret_a) = s.welcomed(a).unwrap();
    let b = s.arrive(&long, Some("B"), None);
    let (source_b, secret_b) = s.welcomed(b).unwrap();
    s.leave(a);
    s.leave(b);
    let b = s.arrive(&long, None, Some(&secret_b));
    assert_eq!(s.welcomed(b).unwrap().0, source_b);
    let a = s.arrive(&long, None, Some(&secret_a));
    assert_eq!(s.welcomed(a).unwrap().0, source_a);
}

#[test]
fn a_lost_phone_comes_back_even_with_a_wrong_secret_and_gets_a_new_one() {
    let mut s = Script::begin();
    let first = s.arrive("phone", None, None);
    let (id, resume) = s.welcomed(first).unwrap();
    s.leave(first);
    let second = s.arrive("phone", None, Some(&Secret::new("stale")));
    let (same, fresh) = s.welcomed(second).unwrap();
    assert_eq!(same, id);
    assert_ne!(fresh, resume);
    let third = s.arrive("phone", None, Some(&resume));
    assert_ne!(
        s.welcomed(third).unwrap().0,
        id,
        "the old secret opens nothing now"
    );
    assert_eq!(s.ended(second), None);
}

#[test]
fn a_secret_of_another_phone_opens_nothing() {
    let mut s = Script::begin();
    let lea = s.arrive("lea", None, None);
    let (id, resume) = s.welcomed(lea).unwrap();
    let eve = s.arrive("eve", None, Some(&resume));
    assert_ne!(s.welcomed(eve).unwrap().0, id);
    assert_eq!(s.ended(lea), None);
}

#[test]
fn the_seventeenth_phone_is_told_that_the_show_is_full() {
    let mut s = Script::begin();
    for n in 0..SLOTS {
        s.join(&format!("phone-{n}"));
    }
    let late = s.arrive("late", None, None);
    assert_eq!(s.ended(late), Some("full"));
    assert_eq!(s.welcomed(late), None);
    assert_eq!(s.sources().len(), SLOTS);
    assert!(s.last.events.is_empty());
}

#[test]
fn the_lowest_free_slot_is_taken() {
    let mut s = Script::begin();
    let ids: Vec<_> = (0..4).map(|n| s.join(&format!("phone-{n}"))).collect();
    for gone in [ids[2], ids[1]] {
        s.order(regie_model::Command::RemoveSource { source: gone });
    }
    let new = s.join("new");
    assert_eq!(s.source(new).slot, Slot(1));
    assert!(new > ids[3], "an id is never given twice");
    assert_eq!(s.sources().last().unwrap().id, new, "tiles keep their order");
}

#[test]
fn saying_streamer_twice_changes_nothing() {
    let mut s = Script::begin();
    s.join("Léa");
    let session = s.last_session();
    let fresh = s.fresh();
    s.report(regie_model::Report::PhoneArrived {
        session,
        device: device("other"),
        name: None,
        resume: None,
        fresh,
    });
    assert!(s.last.is_empty());
}

#[test]
fn a_phone_is_told_its_tally_when_it_changes() {
    let mut s = Script::begin();
    let lea = s.join("Léa");
    let session = s.last_session();
    let paul = s.join("Paul");
    s.preview(lea);
    let told = |tally| Effect::TellTally { session, tally };
    assert!(s.did(&told(Tally::Preview)));
    assert!(s.did(&Effect::RequestKeyframe { source: lea }));
    s.take();
    assert!(s.did(&told(Tally::Program)));
    s.preview(paul);
    assert!(!s.effects().is_empty() && !s.did(&told(Tally::Program)));
    s.cut(paul);
    assert!(s.did(&told(Tally::Off)));
}

#[test]
fn keyframes_are_asked_of_connected_phones_that_come_into_use() {
    let mut s = Script::begin();
    let demo = s.demo(0);
    let lost = s.join("Lost");
    s.leave(s.last_session());
    let lea = s.join("Léa");
    for source in [demo, lost] {
        s.preview(source);
        assert!(!s.effects().contains(&"RequestKeyframe".to_owned()));
    }
    s.cut(lea);
    assert!(s.did(&Effect::RequestKeyframe { source: lea }));
    s.order(regie_model::Command::SetPreview {
        scene: Scene::side_by_side(lea, demo),
    });
    assert!(
        !s.effects().contains(&"RequestKeyframe".to_owned()),
        "it is on air already"
    );
}

#[test]
fn a_late_picture_does_not_bring_a_lost_phone_to_life() {
    let mut s = Script::begin();
    let lea = s.join("Léa");
    s.leave(s.last_session());
    s.live(lea);
    assert_eq!(s.state(lea), SourceState::Lost);
}

#[test]
fn a_phone_whose_pipeline_broke_is_sent_round_again() {
    let mut s = Script::begin();
    let lea = s.join("Léa");
    let session = s.last_session();
    s.report(regie_model::Report::SourceFailed {
        source: lea,
        detail: "decoder".into(),
    });
    assert_eq!(s.ended(session), Some("failed"));
    assert_eq!(s.state(lea), SourceState::Lost);
    assert_eq!(s.fault_codes(), ["source_failed"]);
    s.leave(session);
    assert!(s.last.is_empty());
    let again = s.arrive("Léa", None, None);
    assert_eq!(s.welcomed(again).unwrap().0, lea);
    assert_eq!(s.fault_codes(), ["source_failed"]);
    s.live(lea);
    assert!(s.fault_codes().is_empty());
}
