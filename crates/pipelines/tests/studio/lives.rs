use crate::harness::{House, all_gone, descriptors_and_threads};
use regie_model::{Report, Slot, SourceId, SourceKind};

#[test]
fn a_hundred_lives_leave_nothing_behind() {
    let house = House::new();
    let id = SourceId(5);
    let open_and_close = |n: u32| {
        let kind = SourceKind::Demo {
            pattern: (n % 4) as u8,
        };
        house
            .studio
            .open(id, Slot(5), &kind, "Short life")
            .expect("a demo source");
        house.waits_for(|r| matches!(r, Report::SourceLive { source, .. } if *source == id));
        house.studio.close(id, Slot(5), n.is_multiple_of(3));
    };
    (0..5).for_each(open_and_close);
    all_gone();
    let before = descriptors_and_threads();
    (0..100).for_each(open_and_close);
    all_gone();
    let after = descriptors_and_threads();
    assert!(after.0 <= before.0 + 4, "descriptors {before:?} -> {after:?}");
    assert!(after.1 <= before.1 + 4, "threads {before:?} -> {after:?}");
    assert!(house.studio.figures().program_age_ms < 500);
}

#[test]
fn a_studio_that_stopped_leaves_nothing_behind() {
    let live = || {
        let house = House::new();
        house.demo(0);
        house.demo(1);
    };
    // The first ones bring what stays for the process: registries, fonts, the reaper, a few idle pool threads.
    (0..5).for_each(|_| live());
    all_gone();
    let before = descriptors_and_threads();
    (0..10).for_each(|_| live());
    all_gone();
    let after = descriptors_and_threads();
    assert!(
        after.0 <= before.0 + 4 && after.1 <= before.1 + 4,
        "{before:?} -> {after:?}"
    );
}
