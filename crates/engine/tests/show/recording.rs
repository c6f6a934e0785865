//! Program's recording.

use crate::harness::Script;
use regie_model::{Code, Command, Effect, Recording, Report};

fn started(s: &mut Script, file: &str) {
    s.report(Report::RecordingStarted { file: file.into() });
}

fn ended(s: &mut Script, file: &str) {
    s.report(Report::RecordingEnded { file: file.into() });
}

fn shown(s: &Script) -> Recording {
    s.show.snapshot().recording
}

#[test]
fn a_recording_starts_runs_and_is_closed() {
    let mut s = Script::begin();
    assert_eq!(s.refused(Command::StopRecording), Code::NotNow);
    s.order(Command::NameShow { name: "Gala".into() });
    s.order(Command::StartRecording);
    assert!(s.did(&Effect::StartRecording { name: "Gala".into() }));
    assert_eq!(shown(&s), Recording::Starting);
    assert_eq!(s.refused(Command::StartRecording), Code::NotNow);
    started(&mut s, "gala.mp4");
    let on = Recording::On {
        file: "gala.mp4".into(),
        since_ms: s.now.wall_ms,
    };
    assert_eq!(shown(&s), on);
    assert_eq!(s.refused(Command::StartRecording), Code::NotNow);
    s.order(Command::StopRecording);
    assert_eq!(s.effects(), ["StopRecording"]);
    assert_eq!(shown(&s), on, "the file is open until it is closed");
    assert_eq!(s.refused(Command::StopRecording), Code::NotNow);
    assert_eq!(s.refused(Command::StartRecording), Code::NotNow);
    ended(&mut s, "gala.mp4");
    assert_eq!(shown(&s), Recording::Off);
    s.order(Command::StartRecording);
}

#[test]
fn a_recording_that_fails_says_so_until_the_next_one_runs() {
    let mut s = Script::begin();
    s.order(Command::StartRecording);
    started(&mut s, "a.mp4");
    s.report(Report::RecordingFailed {
        detail: "disk full".into(),
    });
    assert_eq!(shown(&s), Recording::Off);
    let faults = s.show.snapshot().faults;
    assert_eq!(
        (faults[0].code.as_str(), faults[0].subject.as_str()),
        ("recording_failed", "a.mp4")
    );
    s.order(Command::StartRecording);
    assert_eq!(s.fault_codes(), ["recording_failed"]);
    started(&mut s, "b.mp4");
    assert!(s.fault_codes().is_empty());
}

#[test]
fn a_stop_may_overtake_the_start() {
    let mut s = Script::begin();
    s.order(Command::StartRecording);
    s.order(Command::StopRecording);
    started(&mut s, "a.mp4");
    assert!(matches!(shown(&s), Recording::On { .. }));
    assert_eq!(s.refused(Command::StopRecording), Code::NotNow);
    ended(&mut s, "a.mp4");
    assert_eq!(shown(&s), Recording::Off);
}

#[test]
fn the_end_of_the_show_closes_the_recording_and_tells_the_phones() {
    let mut s = Script::begin();
    s.join("Léa");
    let session = s.last_session();
    s.order(Command::StartRecording);
    started(&mut s, "a.mp4");
    let effects = s.show.end();
    assert_eq!(
        effects[..2],
        [
            Effect::EndSession {
                session,
                reason: "show_ended"
            },
            Effect::StopRecording
        ]
    );
    assert!(matches!(effects[2], Effect::Save(_)));
}
