//! Figures 1 and 2: how old a phone's picture is on program, and on a viewer's screen.
//!
//! The phone draws the wall clock into each picture at the moment it hands it to the browser. Program is read in
//! the mixer's own output; the viewer's screen is read in the viewer's page, when the picture is presented.

use crate::{
    figure::{Claim, Figure},
    program::Program,
    stage::Stage,
};
use anyhow::{Context, Result};
use regie_model::{Command, Scene};
use std::time::Duration;

const PROGRAM: Claim = Claim {
    id: 1,
    name: "capture → program, one phone",
    unit: "ms",
    target: "median ≤ 25 ms, p95 ≤ 40 ms",
    way: "headless Chromium at 720p30 encoding in software; the wall clock read off every program frame",
    median_at_most: 25.0,
    p95_at_most: 40.0,
};

const SCREEN: Claim = Claim {
    id: 2,
    name: "capture → a viewer's screen",
    unit: "ms",
    target: "median ≤ 60 ms, p95 ≤ 80 ms",
    way: "phone and viewer in one headless Chromium, 720p30; the wall clock read off each frame as it is presented",
    median_at_most: 60.0,
    p95_at_most: 80.0,
};

/// The clock's numbers have 24 bits.
const WRAP: u64 = 1 << 24;

/// Measures each for `seconds`.
pub fn measure(seconds: u64) -> Result<Vec<Figure>> {
    let mut program = Program::start()?;
    let mut stage = Stage::open()?;
    stage.phone(&program.join_page(), 1, true)?;
    let phone = program.first_live()?;
    program.order(Command::Cut {
        scene: Scene::full(phone),
    })?;
    // The first seconds belong to the joining: the browser's encoder and the jitter buffer settle.
    std::thread::sleep(Duration::from_secs(5));
    program.clear();
    std::thread::sleep(Duration::from_secs(seconds));
    let frames = program.frames();
    let ages = frames.iter().filter_map(|frame| {
        let clock = u64::from(frame.number?);
        Some(((frame.wall_ms + WRAP - clock) % WRAP) as f64)
    });
    let first = PROGRAM.judge(ages.collect());
    let second = SCREEN.judge(stage.watch(&program.watch_page(), seconds)?);
    let figures: Vec<_> = [first, second].into_iter().flatten().collect();
    figures.first().context("no frame carried a clock")?;
    drop(stage);
    program.stop();
    Ok(figures)
}
