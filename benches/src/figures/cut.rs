//! Figure 3: from the command to the first frame of the new source on program, and whether the cut was clean.

use crate::{
    figure::{Claim, Figure},
    program::Program,
};
use anyhow::{Context, Result};
use regie_model::{Command, Scene};
use std::time::Duration;

const FRAMES: Claim = Claim {
    id: 3,
    name: "command → first frame of a cut, in frames",
    unit: "frames",
    target: "≤ 2 frames always, 1 frame median",
    way: "two test phones at 720p30 (numbered pictures over DTLS-SRTP, no browser); frames that program still shows \
          of the old source after the command was sent over /control, plus one",
    median_at_most: 1.0,
    p95_at_most: 2.0,
};

const TIME: Claim = Claim {
    id: 3,
    name: "command → first frame of a cut, in time",
    unit: "ms",
    target: "≤ 2 frames (67 ms)",
    way: "the same cuts by the clock",
    median_at_most: 67.0,
    p95_at_most: 67.0,
};

const FLAWS: Claim = Claim {
    id: 3,
    name: "black or unreadable frames around a cut",
    unit: "frames",
    target: "0",
    way: "every program frame of half a second around each of the same cuts",
    median_at_most: 0.0,
    p95_at_most: 0.0,
};

/// Cuts `times` times to and fro.
pub fn measure(times: usize) -> Result<Vec<Figure>> {
    let mut program = Program::start()?;
    let phones = program.test_phones(2)?;
    let sources = [phones[0].source, phones[1].source];
    program.order(Command::Cut {
        scene: Scene::full(sources[0]),
    })?;
    std::thread::sleep(Duration::from_secs(2));
    let (mut frames, mut time, mut flaws) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..times {
        let to = (n + 1) % 2;
        program.clear();
        // Not always at the same moment between two frames.
        std::thread::sleep(Duration::from_millis(300 + (n as u64 * 7) % 33));
        let sent = program.now_ms();
        program.order(Command::Cut {
            scene: Scene::full(sources[to]),
        })?;
        std::thread::sleep(Duration::from_millis(300));
        let seen = program.frames();
        let new = seen
            .iter()
            .find(|frame| frame.at_ms > sent && frame.phone() == Some(phones[to].id))
            .context("the cut did not come")?;
        let old = seen
            .iter()
            .filter(|frame| frame.at_ms > sent && frame.at_ms < new.at_ms)
            .count();
        frames.push(old as f64 + 1.0);
        time.push(new.at_ms - sent);
        flaws.push(seen.iter().filter(|frame| frame.number.is_none()).count() as f64);
    }
    drop(phones);
    program.stop();
    let judged = [FRAMES.judge(frames), TIME.judge(time), FLAWS.judge(flaws)];
    Ok(judged.into_iter().flatten().collect())
}
