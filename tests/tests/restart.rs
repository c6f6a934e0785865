//! What outlives the program, however it ended.

use anyhow::{Context, Result};
use regie_model::{Command, Scene, SourceKind, SourceState, Transition};
use regie_tests::{Clip, Codec, Ended, Phone, PhoneSettings, Regie};
use std::sync::Arc;

#[tokio::test]
async fn the_show_is_there_again_after_a_restart() -> Result<()> {
    let mut regie = Regie::start(&[]).await?;
    let mut operator = regie.operator().await?;
    let demo = operator.add(SourceKind::Demo { pattern: 0 }, "Scène").await?;
    let blue = operator
        .add(
            SourceKind::Colour {
                rgb: "#0000ff".into(),
            },
            "Bleu",
        )
        .await?;
    operator
        .order(Command::NameShow {
            name: "Fête du village".into(),
        })
        .await?;
    operator
        .order(Command::SetTransition {
            transition: Transition::Mix { duration_ms: 700 },
        })
        .await?;
    operator
        .order(Command::Cut {
            scene: Scene::side_by_side(demo, blue),
        })
        .await?;
    operator
        .order(Command::SetPreview {
            scene: Scene::full(blue),
        })
        .await?;

    let clip = Arc::new(Clip::encode(Codec::H264, 1, 640, 360, 2)?);
    let settings = PhoneSettings {
        name: Some("Léa".into()),
        device: Some("lea-1".into()),
        ..Default::default()
    };
    let mut phone = Phone::join(regie.camera(), clip.clone(), settings.clone());
    let state = phone
        .until("the phone is welcomed", |state| state.source.is_some())
        .await?;
    drop(phone);
    assert_eq!(regie.stop().await?, Ended::Code(0), "{:#?}", regie.said());

    let regie = Regie::start_in(regie.folder(), &[]).await?;
    let mut operator = regie.operator().await?;
    let show = operator.show.clone();
    assert_eq!(show.name, "Fête du village");
    assert_eq!(show.transition, Transition::Mix { duration_ms: 700 });
    assert_eq!(show.program, Scene::side_by_side(demo, blue));
    assert_eq!(show.preview, Scene::full(blue));
    let lea = operator.source("Léa").context("Léa is not there again")?;
    assert_eq!((Some(lea.id.0), lea.state), (state.source, SourceState::Lost));

    let back = PhoneSettings {
        resume: state.resume,
        ..settings
    };
    let mut phone = Phone::join(regie.camera(), clip, back);
    let again = phone.until("Léa is back", |state| state.source.is_some()).await?;
    assert_eq!(again.source, state.source, "she comes back as the same source");
    operator
        .until("Léa is live", |show| {
            show.sources
                .iter()
                .any(|source| source.name == "Léa" && source.state == SourceState::Live)
        })
        .await?;
    assert_eq!(operator.show.sources.len(), 3);
    Ok(())
}

#[tokio::test]
async fn a_kill_loses_no_command() -> Result<()> {
    let mut regie = Regie::start(&[]).await?;
    let mut operator = regie.operator().await?;
    operator
        .add(
            SourceKind::Colour {
                rgb: "#00ff00".into(),
            },
            "Vert",
        )
        .await?;
    operator
        .order(Command::NameShow {
            name: "Avant la coupure".into(),
        })
        .await?;
    // A show is saved as it changes, by a writer of its own: it has as long as a person would need to see it.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    regie.kill().await?;
    let regie = Regie::start_in(regie.folder(), &[]).await?;
    let operator = regie.operator().await?;
    assert_eq!(operator.show.name, "Avant la coupure");
    assert!(operator.source("Vert").is_some());
    Ok(())
}
