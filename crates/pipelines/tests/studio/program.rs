use crate::harness::House;
use regie_model::{Report, Scene, Slot, SourceKind};
use std::time::{Duration, Instant};

#[test]
fn program_runs_with_no_source_at_all() {
    let house = House::new();
    let eyes = house.eyes();
    let seen = eyes.take(60);
    assert!(seen.windows(2).all(|w| w[1].tick > w[0].tick));
    assert!(
        seen.iter()
            .all(|s| s.corner == [16, 128, 128] && s.number.is_none())
    );
    // 59 steps of a 30th of a second, whatever else the machine does: ticks are never made up for.
    let ticks = seen[59].tick - seen[0].tick;
    let spent = seen[59].at - seen[0].at;
    assert!(spent.abs_diff(Duration::from_secs(1) * ticks as u32 / 30) < Duration::from_millis(100));
}

#[test]
fn a_cut_changes_one_picture_and_loses_none() {
    let house = House::new();
    let (a, b) = (house.demo(0), house.demo(1));
    let eyes = house.eyes();
    house.cut(&Scene::full(a));
    eyes.until(|s| s.pattern() == Some(0) && s.number.is_some());
    eyes.take(60);
    let (mut worst, mut uneven) = (0, 0);
    for n in 0..10 {
        let scene = Scene::full(if n % 2 == 0 { b } else { a });
        let before = eyes.next();
        let ordered = Instant::now();
        house.cut(&scene);
        let seen = eyes.take(12);
        let wanted = Some(u8::from(n % 2 == 0));
        let first = seen.iter().position(|s| s.pattern() == wanted).expect("the cut");
        worst = worst.max(seen[..first].iter().filter(|s| s.at > ordered).count());
        // Before the cut the one, from then on the other: nothing black, nothing torn.
        let old = Some(u8::from(n % 2 == 1));
        assert!(seen[..first].iter().all(|s| s.pattern() == old), "{n}: {seen:?}");
        assert!(
            seen[first..].iter().all(|s| s.pattern() == wanted),
            "{n}: {seen:?}"
        );
        // Both count the same clock: neither shows a number twice or leaves one out, and at the cut they are as
        // far apart as their ways to the mixer are.
        let all: Vec<_> = std::iter::once(&before).chain(&seen).collect();
        let leaps = all.windows(2).map(|pair| {
            let step = pair[1].number.unwrap() as i64 - pair[0].number.unwrap() as i64;
            (
                pair[0].pattern() == pair[1].pattern(),
                step - (pair[1].tick - pair[0].tick) as i64,
            )
        });
        let leaps: Vec<_> = leaps.collect();
        assert!(leaps.iter().all(|(_, leap)| leap.abs() <= 2), "{n}: {seen:?}");
        uneven += usize::from(leaps.iter().any(|(same, leap)| *same && *leap != 0));
    }
    // A source that gets no processor for as long as a picture lasts repeats one, cut or not.
    assert!(
        uneven <= 3,
        "around {uneven} of 10 cuts a picture was repeated or lost"
    );
    // The picture that was under way when the order came, and then the new one.
    assert!(worst <= 1, "{worst} old pictures after the order");
}

#[test]
fn a_mix_goes_evenly_and_ends_exactly() {
    let house = House::new();
    let (a, b) = (house.demo(0), house.demo(3));
    let eyes = house.eyes();
    house.cut(&Scene::full(a));
    let start = eyes.until(|s| s.pattern() == Some(0)).corner;
    eyes.take(5);
    house.mix(&Scene::full(b), 500);
    let seen = eyes.take(25);
    house.waits_for(|r| *r == Report::TransitionEnded);
    let end = regie_gst_plugins::demosrc::tint(3);
    let first = seen.iter().position(|s| s.corner != start).expect("a mix");
    let whole = seen.iter().position(|s| s.pattern() == Some(3)).expect("its end");
    // The last but one differs by a fifteenth, which the ground's three steps may hide.
    assert!((13..=15).contains(&(whole - first + 1)), "{first} {whole}");
    assert!(seen[whole..].iter().all(|s| s.corner == end));
    let way = |corner: [u8; 3]| i32::from(corner[2]) - i32::from(start[2]);
    assert!(
        seen.windows(2)
            .all(|w| way(w[1].corner).abs() >= way(w[0].corner).abs())
    );
}

#[test]
fn a_source_without_a_picture_is_black_and_a_closed_one_dark_at_once() {
    let house = House::new();
    let eyes = house.eyes();
    house.cut(&Scene::full(regie_model::SourceId(77)));
    assert!(eyes.take(10).iter().all(|s| s.corner == [16, 128, 128]));
    let a = house.demo(0);
    house.cut(&Scene::full(a));
    eyes.until(|s| s.pattern() == Some(0));
    house.studio.close(a, Slot(0), false);
    // One picture may have been under way.
    let seen = eyes.take(4);
    assert!(
        seen[1..]
            .iter()
            .all(|s| s.pattern().is_none() && s.number.is_none() && s.corner[0] < 40),
        "{seen:?}"
    );
}

#[test]
fn program_goes_on_when_a_source_dies() {
    let house = House::new();
    let (a, b) = (house.demo(0), house.demo(1));
    let eyes = house.eyes();
    house.cut(&Scene::full(a));
    eyes.until(|s| s.pattern() == Some(0));
    let kind = SourceKind::Demo { pattern: 2 };
    // The source is opened anew in another slot's name: the old pipeline ends in mid-picture.
    house
        .studio
        .open(a, Slot(0), &kind, "again")
        .expect("opened anew");
    eyes.until(|s| s.pattern() == Some(2));
    house.studio.close(b, Slot(1), true);
    let seen = eyes.take(30);
    assert!(
        seen.windows(2)
            .all(|w| w[1].tick == w[0].tick + 1 && w[1].number.is_some()),
        "{seen:?}"
    );
}

#[test]
fn side_by_side_shows_both_halves() {
    let house = House::new();
    let (a, b) = (house.demo(0), house.demo(1));
    let (send, pictures) = std::sync::mpsc::channel();
    house.cut(&Scene::side_by_side(a, b));
    std::thread::sleep(Duration::from_millis(700));
    let mut apart = 0;
    let tap = house.studio.tap_program(Box::new(move |sample| {
        let map = sample.buffer().unwrap().map_readable().unwrap();
        let numbers = [0, 640].map(|x| {
            let start = 180 * 1280 + x;
            regie_gst_plugins::barcode::read(&map[start..], 1280, 640)
        });
        let _ = send.send((numbers, map[0]));
    }));
    for _ in 0..30 {
        let ([left, right], top) = pictures.recv_timeout(Duration::from_secs(5)).unwrap();
        assert_eq!(top, 16);
        let (left, right) = (
            left.expect("a number at the left"),
            right.expect("a number at the right"),
        );
        apart += usize::from(left != right);
    }
    assert!(apart <= 3, "the halves differ in {apart} of 30 pictures");
    drop(tap);
}

#[test]
fn a_colour_stands_and_a_bad_one_is_refused() {
    let house = House::new();
    let eyes = house.eyes();
    let id = regie_model::SourceId(9);
    let colour = |rgb: &str| SourceKind::Colour { rgb: rgb.into() };
    assert!(house.studio.open(id, Slot(9), &colour("red"), "no").is_err());
    house
        .studio
        .open(id, Slot(9), &colour("#ffffff"), "White")
        .expect("white");
    house.waits_for(|r| matches!(r, Report::SourceLive { source, .. } if *source == id));
    house.cut(&Scene::full(id));
    eyes.until(|s| s.corner == [235, 128, 128]);
    assert!(
        house
            .studio
            .open(id, Slot(16), &colour("#ffffff"), "beyond")
            .is_err()
    );
    // A still picture is never reported as held.
    std::thread::sleep(Duration::from_millis(700));
    assert!(
        house
            .reports
            .try_iter()
            .all(|r| !matches!(r, Report::SourceHeld { .. }))
    );
}
