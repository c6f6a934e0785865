use crate::harness::House;
use regie_model::Scene;
use std::sync::mpsc;
use std::time::Duration;

/// Program's sound, left channel, from now on.
fn ears(house: &House) -> (mpsc::Receiver<Vec<f32>>, regie_pipelines::TapGuard) {
    let (send, blocks) = mpsc::channel();
    let tap = house.studio.tap_sound(Box::new(move |sample| {
        let map = sample.buffer().unwrap().map_readable().unwrap();
        let left = map
            .chunks_exact(4)
            .map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32768.0);
        let _ = send.send(left.collect());
    }));
    (blocks, tap)
}

fn listen(blocks: &mpsc::Receiver<Vec<f32>>, count: usize) -> Vec<f32> {
    let next = || {
        blocks
            .recv_timeout(Duration::from_secs(5))
            .expect("10 ms of sound")
    };
    (0..count).flat_map(|_| next()).collect()
}

/// How much of a tone is in it. Over a tenth of a second at a time: a source's clock is followed by stretching,
/// which moves the phase.
fn level(sound: &[f32], hz: f64) -> f64 {
    let parts = sound.chunks_exact(4800);
    let count = parts.len() as f64;
    let levels = parts.map(|part| {
        let (mut re, mut im) = (0.0, 0.0);
        for (n, sample) in part.iter().enumerate() {
            let turn = n as f64 / 48_000.0 * hz * std::f64::consts::TAU;
            re += f64::from(*sample) * turn.cos();
            im += f64::from(*sample) * turn.sin();
        }
        2.0 * re.hypot(im) / part.len() as f64
    });
    levels.sum::<f64>() / count
}

fn steepest(sound: &[f32]) -> f32 {
    sound.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max)
}

#[test]
fn sound_follows_the_picture_without_a_click() {
    let house = House::new();
    let (a, b) = (house.demo(0), house.demo(3));
    let (blocks, _tap) = ears(&house);
    assert!(
        listen(&blocks, 20).iter().all(|s| *s == 0.0),
        "silence before the first take"
    );
    house.cut(&Scene::full(a));
    listen(&blocks, 30);
    let first = listen(&blocks, 100);
    let levels = (level(&first, 220.0), level(&first, 440.0));
    assert!(levels.0 > 0.05 && levels.1 < 0.015, "{levels:?}");
    house.cut(&Scene::full(b));
    let across = listen(&blocks, 40);
    let second = listen(&blocks, 100);
    let levels = (level(&second, 440.0), level(&second, 220.0));
    assert!(levels.0 > 0.05 && levels.1 < 0.015, "{levels:?}");
    // The beep of 1 kHz at 0.35 is the steepest thing there is: 0.046 a sample.
    assert!(steepest(&across) < 0.08, "{}", steepest(&across));
    house.mix(&Scene::side_by_side(a, b), 300);
    listen(&blocks, 50);
    let both = listen(&blocks, 100);
    assert!(level(&both, 440.0) > 0.05 && level(&both, 220.0) > 0.05);
    house.cut(&Scene::black());
    listen(&blocks, 30);
    assert!(
        listen(&blocks, 20).iter().all(|s| s.abs() < 1e-3),
        "silence after the last"
    );
}

#[test]
fn no_hole_while_a_source_sounds() {
    let house = House::new();
    let a = house.demo(0);
    let (blocks, _tap) = ears(&house);
    house.cut(&Scene::full(a));
    listen(&blocks, 100);
    let sound = listen(&blocks, 300);
    assert!(steepest(&sound) < 0.06, "{}", steepest(&sound));
    // A tone of 220 Hz at 0.08 is never quiet for 4 ms.
    let quiet = sound
        .chunks(240)
        .filter(|c| c.iter().all(|s| s.abs() < 0.02))
        .count();
    assert_eq!(quiet, 0);
}

#[test]
fn the_beep_comes_with_the_flash() {
    let house = House::new();
    let a = house.demo(0);
    house.cut(&Scene::full(a));
    std::thread::sleep(Duration::from_secs(1));
    let (send, flashes) = mpsc::channel();
    let _pictures = house.studio.tap_program(Box::new(move |sample| {
        let buffer = sample.buffer().unwrap();
        let map = buffer.map_readable().unwrap();
        let _ = send.send((
            buffer.pts().unwrap().mseconds() as i64,
            map[360 * 1280 + 640] == 235,
        ));
    }));
    let (send, beeps) = mpsc::channel();
    let _sound = house.studio.tap_sound(Box::new(move |sample| {
        let buffer = sample.buffer().unwrap();
        let map = buffer.map_readable().unwrap();
        let loud = map
            .chunks_exact(4)
            .position(|b| i16::from_le_bytes([b[0], b[1]]).unsigned_abs() > 5000);
        let at = loud.map_or(0, |n| n as i64 / 48);
        let _ = send.send((buffer.pts().unwrap().mseconds() as i64 + at, loud.is_some()));
    }));
    // The first of each after a second without one.
    let onset = |events: &mpsc::Receiver<(i64, bool)>| {
        let mut quiet_since = None;
        loop {
            let (at, now) = events.recv_timeout(Duration::from_secs(5)).expect("program");
            match (now, quiet_since) {
                (true, Some(since)) if at - since > 1000 => return at,
                (true, _) => quiet_since = None,
                (false, None) => quiet_since = Some(at),
                (false, Some(_)) => {}
            }
        }
    };
    let (mut flash, mut beep) = (onset(&flashes), onset(&beeps));
    // The taps do not begin at one moment: the second of the two events both saw counts.
    while flash - beep > 1000 {
        beep = onset(&beeps);
    }
    while beep - flash > 1000 {
        flash = onset(&flashes);
    }
    // A picture stands for 33 ms; within that, and a little for a busy machine, they are together.
    assert!(
        (-45..=45).contains(&(flash - beep)),
        "flash at {flash}, beep at {beep}"
    );
}
