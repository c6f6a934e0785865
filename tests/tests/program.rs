//! Program frame by frame, read where the mixer makes it: cuts are clean and at once, and nothing that phones do
//! stops it.

use anyhow::{Context, Result};
use regie_model::{Command, Scene, SourceKind};
use regie_tests::{Codec, Frame, Program};
use std::time::Duration;

/// Waits until the program has drawn `count` frames since it was cleared.
async fn run(program: &Program, count: usize) -> Result<Vec<Frame>> {
    regie_tests::eventually("program frames", Duration::from_secs(20), async || {
        let frames = program.frames();
        if frames.len() >= count {
            Ok(frames)
        } else {
            Err(frames.len())
        }
    })
    .await
}

/// Frames follow each other at one distance in running time: none is missing, none doubled.
fn is_steady(frames: &[Frame]) {
    let step = 1_000_000_000 / 30;
    for pair in frames.windows(2) {
        let apart = pair[1].pts.abs_diff(pair[0].pts);
        assert!(
            apart.abs_diff(step) < 2_000_000,
            "program jumped by {apart} ns at {:?}",
            pair[1]
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_changes_one_frame_and_spoils_none() -> Result<()> {
    let mut program = Program::start().await?;
    let members = [
        program.join(Codec::H264, 1, 640, 360).await?,
        program.join(Codec::Vp8, 2, 640, 360).await?,
    ];
    program.put_on(&members[0]).await?;
    let mut late = Vec::new();
    for n in 0..20 {
        let (from, to) = (&members[n % 2], &members[(n + 1) % 2]);
        program.clear();
        run(&program, 10).await?;
        let sent = program.now_ms();
        let scene = Scene::full(to.source);
        program.operator.order(Command::Cut { scene }).await?;
        let had = program.frames().len();
        let frames = run(&program, had + 10).await?;

        let ids: Vec<_> = frames.iter().map(Frame::phone).collect();
        assert!(
            ids.iter().all(Option::is_some),
            "cut {n}: a frame that is nobody's: {ids:?}"
        );
        let first = ids
            .iter()
            .position(|id| *id == Some(to.id))
            .with_context(|| format!("cut {n}: {ids:?}"))?;
        assert!(
            ids[..first].iter().all(|id| *id == Some(from.id)),
            "cut {n}: {ids:?}"
        );
        assert!(
            ids[first..].iter().all(|id| *id == Some(to.id)),
            "cut {n}: {ids:?}"
        );
        assert!(
            frames.iter().all(|frame| frame.luma > 40),
            "cut {n}: a black frame: {frames:?}"
        );
        is_steady(&frames);
        late.push(
            frames
                .iter()
                .filter(|frame| frame.at_ms > sent && frame.phone() == Some(from.id))
                .count(),
        );
    }
    late.sort_unstable();
    println!("frames of the old source after the command: {late:?}");
    assert!(
        late[late.len() / 2] <= 1,
        "the old source stayed for {late:?} frames"
    );
    program.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_picture_is_repeated_more_than_two_clocks_explain() -> Result<()> {
    let mut program = Program::start().await?;
    let member = program.join(Codec::H264, 3, 640, 360).await?;
    program.put_on(&member).await?;
    program.clear();
    let frames = run(&program, 240).await?;
    is_steady(&frames);
    let pictures: Vec<u32> = frames.iter().filter_map(Frame::picture).collect();
    assert_eq!(pictures.len(), frames.len(), "every frame is the phone's");
    // The clip has 300 pictures; the step from the last to the first is one step as well.
    let steps: Vec<u32> = pictures
        .windows(2)
        .map(|pair| (pair[1] + 300 - pair[0]) % 300)
        .collect();
    let odd = steps.iter().filter(|step| **step != 1).count();
    println!("{odd} of {} steps are not one picture", steps.len());
    assert!(
        steps.iter().all(|step| *step <= 10),
        "pictures went back or are missing: {steps:?}"
    );
    assert!(
        odd * 10 <= steps.len(),
        "too many repeated or skipped pictures: {steps:?}"
    );
    program.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn program_goes_on_whatever_phones_do() -> Result<()> {
    let mut program = Program::start().await?;
    let demo = program
        .operator
        .add(SourceKind::Demo { pattern: 0 }, "Scène")
        .await?;
    program
        .operator
        .order(Command::Cut {
            scene: Scene::full(demo),
        })
        .await?;
    program.clear();
    for id in 1..=3 {
        let codec = if id % 2 == 0 { Codec::Vp8 } else { Codec::H264 };
        let member = program.join(codec, id, 320, 180).await?;
        program.put_on(&member).await?;
        // Its battery dies while it is on air.
        drop(member);
        program
            .operator
            .order(Command::Cut {
                scene: Scene::full(demo),
            })
            .await?;
    }
    let frames = run(&program, 120).await?;
    is_steady(&frames);
    let gap = frames
        .windows(2)
        .map(|pair| pair[1].at_ms - pair[0].at_ms)
        .fold(0.0, f64::max);
    println!("{} frames, the longest pause {gap:.0} ms", frames.len());
    assert!(gap < 500.0, "program stood still for {gap} ms");
    program.stop().await;
    Ok(())
}
