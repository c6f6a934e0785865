//! Phones and viewers come and go: nothing of them stays. And a description in somebody else's name.

use anyhow::Result;
use regie_model::{Command, SourceState};
use regie_tests::{Clip, Codec, Figures, Phone, PhoneSettings, Regie, Viewer, ViewerSettings, eventually};
use std::{sync::Arc, time::Duration};

async fn come_and_go(regie: &Regie, clip: &Arc<Clip>, watch: &str, rounds: usize) -> Result<()> {
    for round in 0..rounds {
        let settings = PhoneSettings {
            name: Some("Léa".into()),
            device: Some("lea-1".into()),
            ..Default::default()
        };
        let mut phone = Phone::join(regie.camera(), clip.clone(), settings);
        let mut viewers: Vec<_> = (0..3)
            .map(|_| Viewer::join(watch.to_owned(), ViewerSettings::default()))
            .collect();
        phone.until("a phone sends", |state| state.sent > 3).await?;
        for viewer in &mut viewers {
            let what = format!("round {round}: a viewer sees");
            viewer.until(&what, |heard| heard.pictures > 0).await?;
        }
    }
    Ok(())
}

/// What the process holds once everybody has left: it is asked until it stops falling.
async fn at_rest(regie: &Regie) -> Result<Figures> {
    let mut operator = regie.operator().await?;
    let gone = |show: &regie_model::Snapshot| {
        show.viewers == 0
            && show
                .sources
                .iter()
                .all(|source| source.state == SourceState::Lost)
    };
    operator.until("everybody has left", gone).await?;
    let mut last = regie.figures()?;
    eventually("the process is at rest", Duration::from_secs(30), async || {
        tokio::time::sleep(Duration::from_millis(700)).await;
        let now = regie.figures().map_err(|error| error.to_string())?;
        let still = now.descriptors >= last.descriptors && now.threads >= last.threads;
        last = now;
        if still { Ok(now) } else { Err(format!("{now:?}")) }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_joins_and_leaves_leave_nothing_behind() -> Result<()> {
    let regie = Regie::start(&[]).await?;
    let clip = Arc::new(Clip::encode(Codec::H264, 1, 320, 180, 2)?);
    let watch = regie.viewer().await?;
    // The first rounds fill caches and pools that then stay.
    come_and_go(&regie, &clip, &watch, 3).await?;
    let before = at_rest(&regie).await?;
    come_and_go(&regie, &clip, &watch, 50).await?;
    let after = at_rest(&regie).await?;
    println!("before {before:?}, after 200 joins and leaves {after:?}");
    // A leak is one or more for each of 200; a few are the server's own pools and a socket still closing.
    assert!(
        after.descriptors <= before.descriptors + 20,
        "{before:?} {after:?}"
    );
    assert!(after.threads <= before.threads + 10, "{before:?} {after:?}");
    Ok(())
}

#[tokio::test]
async fn a_forged_fingerprint_gets_no_picture_in_and_none_out() -> Result<()> {
    let regie = Regie::start(&[]).await?;
    let mut operator = regie.operator().await?;
    let clip = Arc::new(Clip::encode(Codec::H264, 1, 320, 180, 2)?);
    let settings = PhoneSettings {
        name: Some("Mallory".into()),
        forged: true,
        ..Default::default()
    };
    let mut phone = Phone::join(regie.camera(), clip.clone(), settings);
    let state = phone
        .until("the forger is put out", |state| state.ended.is_some())
        .await?;
    println!("the forging phone ended with {:?}", state.ended);
    operator
        .until("the forger is lost", |show| {
            show.sources.iter().all(|one| one.state == SourceState::Lost)
        })
        .await?;
    let mallory = operator.source("Mallory").cloned();
    assert!(
        mallory.as_ref().is_none_or(|source| source.picture.is_none()),
        "a picture passed: {mallory:?}"
    );

    let mut viewer = Viewer::join(regie.viewer().await?, ViewerSettings { forged: true });
    let heard = viewer
        .until("the forging viewer is put out", |heard| heard.ended.is_some())
        .await?;
    assert_eq!((heard.pictures, heard.sounds), (0, 0), "{heard:?}");

    let mut honest = Phone::join(regie.camera(), clip, PhoneSettings::default());
    honest
        .until("an honest phone sends", |state| state.sent > 10)
        .await?;
    operator
        .until("and is live", |show| {
            show.sources.iter().any(|one| one.state == SourceState::Live)
        })
        .await?;
    Ok(())
}

#[tokio::test]
async fn a_removed_phone_is_told_and_a_full_house_says_so() -> Result<()> {
    let regie = Regie::start(&[]).await?;
    let mut operator = regie.operator().await?;
    let clip = Arc::new(Clip::encode(Codec::Vp8, 1, 320, 180, 2)?);
    let mut phone = Phone::join(regie.camera(), clip.clone(), PhoneSettings::default());
    let state = phone.until("the phone sends", |state| state.sent > 10).await?;
    let source = regie_model::SourceId(state.source.unwrap_or_default());
    operator.order(Command::RemoveSource { source }).await?;
    let state = phone
        .until("the phone is let go", |state| state.ended.is_some())
        .await?;
    assert!(state.ended.unwrap_or_default().contains("removed"));

    for n in 0..regie_model::SLOTS {
        let rgb = format!("#0000{n:02x}");
        operator
            .add(regie_model::SourceKind::Colour { rgb }, &format!("Fond {n}"))
            .await?;
    }
    let mut late = Phone::join(regie.camera(), clip, PhoneSettings::default());
    let state = late
        .until("the seventeenth is sent away", |state| state.ended.is_some())
        .await?;
    assert!(state.ended.unwrap_or_default().contains("full"));
    Ok(())
}
