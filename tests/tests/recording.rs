//! Program on disk: it plays, however the show ended.

use anyhow::{Context, Result};
use regie_model::{Command, Recording, Scene, SourceKind};
use regie_tests::{Ended, Operator, Regie, eventually};
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use tokio::process::Command as Program;

/// What ffprobe finds in a file.
struct Probed {
    streams: Vec<String>,
    seconds: f64,
}

/// Reads every packet of a file: a file that opens but breaks off in the middle is found out.
async fn probe(file: &Path) -> Result<Probed> {
    let output = Program::new("ffprobe")
        .args([
            "-v",
            "error",
            "-show_entries",
            "stream=codec_type:packet=pts_time",
            "-of",
            "json",
        ])
        .arg(file)
        .output()
        .await
        .context("ffprobe does not start")?;
    let said = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(
        output.status.success(),
        "ffprobe refuses {}: {said}",
        file.display()
    );
    let found: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let list = |key: &str| found[key].as_array().cloned().unwrap_or_default();
    let streams = list("streams")
        .iter()
        .filter_map(|stream| Some(stream["codec_type"].as_str()?.to_owned()))
        .collect();
    let times = list("packets")
        .into_iter()
        .filter_map(|packet| packet["pts_time"].as_str()?.parse().ok());
    let times: Vec<f64> = times.collect();
    let last = times.iter().copied().fold(f64::MIN, f64::max);
    let first = times.iter().copied().fold(f64::MAX, f64::min);
    Ok(Probed {
        streams,
        seconds: last - first,
    })
}

/// Puts a demo on program and records it.
async fn record(regie: &Regie) -> Result<(Operator, PathBuf, Instant)> {
    let mut operator = regie.operator().await?;
    let demo = operator.add(SourceKind::Demo { pattern: 1 }, "Scène").await?;
    operator
        .order(Command::Cut {
            scene: Scene::full(demo),
        })
        .await?;
    operator.order(Command::StartRecording).await?;
    operator
        .until("it records", |show| {
            matches!(show.recording, Recording::On { .. })
        })
        .await?;
    let begun = Instant::now();
    let Recording::On { file, .. } = operator.show.recording.clone() else {
        unreachable!()
    };
    let extension = Path::new(&file)
        .extension()
        .and_then(|end| end.to_str())
        .context(file.clone())?
        .to_owned();
    let path = eventually("the file is there", Duration::from_secs(10), async || {
        let files = regie.files(&extension);
        files
            .into_iter()
            .find(|path| path.ends_with(&file))
            .ok_or("not yet")
    })
    .await?;
    Ok((operator, path, begun))
}

/// Lets the recording run until the file holds something, for at least this long.
async fn run_for(seconds: u64, file: &Path, begun: Instant) -> Result<()> {
    let enough = Duration::from_secs(seconds);
    eventually("the recording grows", Duration::from_secs(30), async || {
        let bytes = std::fs::metadata(file).map_or(0, |data| data.len());
        if bytes > 100_000 && begun.elapsed() >= enough {
            Ok(())
        } else {
            Err(bytes)
        }
    })
    .await
}

fn has_both(probed: &Probed) {
    for kind in ["video", "audio"] {
        assert!(
            probed.streams.iter().any(|stream| stream == kind),
            "no {kind}: {:?}",
            probed.streams
        );
    }
}

#[tokio::test]
async fn a_kill_loses_a_second_at_most_and_the_file_opens() -> Result<()> {
    let mut regie = Regie::start(&[]).await?;
    let (_operator, file, begun) = record(&regie).await?;
    run_for(6, &file, begun).await?;
    let recorded = begun.elapsed().as_secs_f64();
    regie.kill().await?;
    let probed = probe(&file).await?;
    has_both(&probed);
    // A second of program, and half a one for the start of the recording and a busy machine.
    assert!(
        probed.seconds > recorded - 1.5,
        "{:.2} s of {recorded:.2} s are in the file",
        probed.seconds
    );
    Ok(())
}

#[tokio::test]
async fn a_recording_that_was_stopped_plays_to_its_end() -> Result<()> {
    let mut regie = Regie::start(&[]).await?;
    let (mut operator, file, begun) = record(&regie).await?;
    run_for(3, &file, begun).await?;
    operator.order(Command::StopRecording).await?;
    operator
        .until("it is closed", |show| show.recording == Recording::Off)
        .await?;
    let recorded = begun.elapsed().as_secs_f64();
    let probed = probe(&file).await?;
    has_both(&probed);
    assert!(
        probed.seconds > recorded - 0.7,
        "{:.2} s of {recorded:.2} s",
        probed.seconds
    );

    operator.order(Command::StartRecording).await?;
    operator
        .until("it records again", |show| {
            matches!(show.recording, Recording::On { .. })
        })
        .await?;
    let Recording::On { file: second, .. } = operator.show.recording.clone() else {
        unreachable!()
    };
    let second = file.with_file_name(second);
    assert_ne!(second, file, "a second recording is a second file");
    run_for(3, &second, Instant::now()).await?;
    assert_eq!(regie.stop().await?, Ended::Code(0), "{:#?}", regie.said());
    has_both(&probe(&second).await?);
    has_both(&probe(&file).await?);
    Ok(())
}
