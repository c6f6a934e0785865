//! The engine's task: order, consistency, back pressure, the end. Tokio's clock is cranked by hand.

use regie_engine::{Clock, Engine, EngineHandle, Show, StartSecrets};
use regie_model::{
    By, Code, Command, Effect, Event, Format, Recording, Reply, Report, Role, Secret, Severity, Stamped,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, mpsc};
use tokio::time::{sleep, timeout};

fn begin(room: usize) -> (EngineHandle, mpsc::Receiver<Effect>) {
    let format = Format {
        width: 1280,
        height: 720,
        fps: 30,
    };
    let secrets = StartSecrets {
        operator: Secret::new("operator"),
        join: Secret::new("join"),
    };
    let show = Show::new(format, Clock::start().now(), &secrets);
    let (effects, todo) = mpsc::channel(room);
    (Engine::start(show, effects), todo)
}

/// Carries out nothing, but takes every effect, as a runner does.
fn runner(mut todo: mpsc::Receiver<Effect>) -> tokio::task::JoinHandle<Vec<Effect>> {
    tokio::spawn(async move {
        let mut done = Vec::new();
        while let Some(effect) = todo.recv().await {
            done.push(effect);
        }
        done
    })
}

fn lea() -> By {
    By("Léa".into())
}

fn name_it(name: &str) -> Command {
    Command::NameShow { name: name.into() }
}

async fn next(events: &mut broadcast::Receiver<Arc<Stamped>>) -> Arc<Stamped> {
    let event = timeout(Duration::from_secs(60), events.recv()).await;
    event.expect("an event comes").expect("and is not lost")
}

#[tokio::test(start_paused = true)]
async fn the_first_effects_come_before_everything_else() {
    let (engine, todo) = begin(64);
    let runner = runner(todo);
    engine
        .command(Command::Take, lea(), Secret::new("x"))
        .await
        .unwrap();
    engine.shutdown().await;
    let done = runner.await.unwrap();
    assert!(matches!(done[0], Effect::SetTokens { .. }));
    assert!(matches!(done.last(), Some(Effect::Save(_))));
}

#[tokio::test(start_paused = true)]
async fn events_are_numbered_and_say_who_caused_them() {
    let (engine, todo) = begin(64);
    let _runner = runner(todo);
    let (snapshot, seq, mut events) = engine.subscribe().await.unwrap();
    assert_eq!((snapshot.name.as_str(), seq), ("Régie", 0));
    engine
        .command(name_it("Gala"), lea(), Secret::new("x"))
        .await
        .unwrap();
    engine.report(Report::ViewersCounted { count: 2 });
    let first = next(&mut events).await;
    assert_eq!((first.seq, &first.by), (1, &lea()));
    assert_eq!(first.event, Event::ShowNamed { name: "Gala".into() });
    let second = next(&mut events).await;
    assert_eq!((second.seq, &second.by), (2, &By::regie()));
    let (snapshot, seq, _) = engine.subscribe().await.unwrap();
    assert_eq!((snapshot.viewers, seq), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_misses_nothing_and_hears_nothing_twice() {
    let (engine, todo) = begin(64);
    let _runner = runner(todo);
    let busy = {
        let engine = engine.clone();
        tokio::spawn(async move {
            for count in 1..=500 {
                engine.report(Report::ViewersCounted { count });
                tokio::task::yield_now().await;
            }
        })
    };
    for _ in 0..20 {
        let (snapshot, seq, mut events) = engine.subscribe().await.unwrap();
        assert_eq!(u64::from(snapshot.viewers), seq);
        if seq < 500 {
            assert_eq!(next(&mut events).await.seq, seq + 1);
        }
    }
    busy.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn replies_and_refusals_go_to_the_asker_alone() {
    let (engine, todo) = begin(64);
    let _runner = runner(todo);
    let (_, _, mut events) = engine.subscribe().await.unwrap();
    let token = Command::CreateToken {
        role: Role::Viewer,
        name: "TV".into(),
        expires: None,
    };
    let reply = engine.command(token, lea(), Secret::new("s3cret")).await.unwrap();
    assert!(matches!(reply, Some(Reply::Token { secret, .. }) if secret.reveal() == "s3cret"));
    let refused = engine
        .command(Command::StopRecording, lea(), Secret::new("x"))
        .await;
    assert_eq!(refused.unwrap_err().code, Code::NotNow);
    let heard = next(&mut events).await;
    assert!(matches!(heard.event, Event::TokensChanged { .. }));
    assert!(events.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_token_runs_out_without_anybody_asking() {
    let (engine, todo) = begin(64);
    let runner = runner(todo);
    let expires = Some(Clock::start().now().wall_ms + 1);
    let token = Command::CreateToken {
        role: Role::Viewer,
        name: "TV".into(),
        expires,
    };
    // Wall time is the laptop's, so a millisecond of it has to pass for real; the tick is cranked.
    engine.command(token, lea(), Secret::new("x")).await.ok();
    std::thread::sleep(Duration::from_millis(5));
    sleep(Duration::from_secs(3)).await;
    let (snapshot, ..) = engine.subscribe().await.unwrap();
    assert_eq!(snapshot.tokens.len(), 2);
    engine.shutdown().await;
    drop(engine);
    runner.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_slow_runner_holds_the_engine_and_reports_beyond_the_inbox_are_counted() {
    let (engine, todo) = begin(1);
    sleep(Duration::from_millis(10)).await;
    for count in 0..5_000 {
        engine.report(Report::ViewersCounted { count });
    }
    assert_eq!(engine.dropped_reports(), 5_000 - 4_096);
    let refused = engine.command(Command::Take, lea(), Secret::new("x")).await;
    assert_eq!(refused.unwrap_err().code, Code::Busy);
    let _runner = runner(todo);
    sleep(Duration::from_secs(2)).await;
    let (snapshot, _, mut events) = engine.subscribe().await.unwrap();
    assert_eq!(snapshot.viewers, 4_095);
    assert_eq!(snapshot.faults[0].code, "reports_dropped");
    assert_eq!(snapshot.faults[0].severity, Severity::Warning);
    assert_eq!(
        next(&mut events).await.event,
        Event::FaultCleared {
            id: snapshot.faults[0].id
        }
    );
}

#[tokio::test(start_paused = true)]
async fn an_order_that_nobody_waits_for_any_more_is_not_carried_out() {
    let (engine, todo) = begin(1);
    let late = engine.command(name_it("too late"), lea(), Secret::new("x")).await;
    assert_eq!(late.unwrap_err().code, Code::Busy);
    let _runner = runner(todo);
    let (snapshot, ..) = engine.subscribe().await.unwrap();
    assert_eq!(snapshot.name, "Régie");
}

#[tokio::test(start_paused = true)]
async fn the_end_is_in_good_order_and_final() {
    let (engine, todo) = begin(64);
    let runner = runner(todo);
    engine
        .command(Command::StartRecording, lea(), Secret::new("x"))
        .await
        .unwrap();
    engine.report(Report::RecordingStarted { file: "a.mp4".into() });
    engine.shutdown().await;
    let done = runner.await.unwrap();
    assert!(matches!(
        done[done.len() - 2..],
        [Effect::StopRecording, Effect::Save(_)]
    ));
    let refused = engine.command(Command::Take, lea(), Secret::new("x")).await;
    assert_eq!(refused.unwrap_err().code, Code::Busy);
    assert!(engine.subscribe().await.is_none());
    engine.report(Report::TransitionEnded);
    engine.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn the_engine_ends_with_its_last_handle() {
    let (engine, todo) = begin(64);
    let runner = runner(todo);
    drop(engine);
    runner.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_who_lags_is_told_and_subscribes_again() {
    let (engine, todo) = begin(64);
    let _runner = runner(todo);
    let (_, _, mut slow) = engine.subscribe().await.unwrap();
    for count in 1..=2_000 {
        engine.report(Report::ViewersCounted { count });
    }
    let (snapshot, seq, _) = engine.subscribe().await.unwrap();
    assert_eq!((snapshot.viewers, seq), (2_000, 2_000));
    assert_eq!(snapshot.recording, Recording::Off);
    assert!(matches!(
        slow.recv().await,
        Err(broadcast::error::RecvError::Lagged(_))
    ));
}
