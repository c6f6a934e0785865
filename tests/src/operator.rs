//! An operator with no page: a `/control` connection that applies every event to its snapshot.

use crate::{Stream, connect};
use anyhow::{Context, Result, bail};
use regie_model::{Command, Event, Reply, Role, Secret, Snapshot, Source, SourceId, SourceKind, TokenId};
use serde_json::{Value, json};
use std::time::Duration;

/// A command that was not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// As in the message: `no_such_source` …
    pub code: String,
    /// For people.
    pub message: String,
}

/// A connected operator.
pub struct Operator {
    stream: Stream,
    last_id: u64,
    seq: u64,
    /// The show as far as this operator has heard.
    pub show: Snapshot,
}

impl Operator {
    /// Connects at `url` (`ws://…/control?token=…`).
    ///
    /// # Errors
    /// Refused, or no snapshot comes first.
    pub async fn connect(url: &str) -> Result<Self> {
        let mut stream = match connect(url).await? {
            Ok(stream) => stream,
            Err(status) => bail!("/control refused with {status}"),
        };
        let Ok(first) = stream.next().await? else {
            bail!("/control closed at once")
        };
        let show = serde_json::from_value(first["snapshot"].clone())
            .with_context(|| format!("no snapshot first: {first}"))?;
        let seq = first["seq"].as_u64().context("a snapshot with no seq")?;
        Ok(Self {
            stream,
            last_id: 0,
            seq,
            show,
        })
    }

    /// Sends a command and waits for its answer; events on the way are applied.
    ///
    /// # Errors
    /// The socket failed or no answer came within 10 s.
    pub async fn ask(&mut self, command: &Command) -> Result<Result<Option<Reply>, Refused>> {
        self.last_id += 1;
        let id = self.last_id;
        self.stream.send(&json!({ "id": id, "command": command })).await?;
        let answer = tokio::time::timeout(Duration::from_secs(10), async {
            loop {
                let message = self.next().await?;
                if message["id"] == id {
                    return anyhow::Ok(message);
                }
            }
        });
        let answer = answer
            .await
            .with_context(|| format!("no answer to {command:?}"))??;
        if let Some(refused) = answer.get("refused") {
            let text = |key: &str| refused[key].as_str().unwrap_or_default().to_owned();
            return Ok(Err(Refused {
                code: text("code"),
                message: text("message"),
            }));
        }
        let reply = answer.get("reply").filter(|reply| !reply.is_null());
        Ok(Ok(reply
            .map(|reply| serde_json::from_value(reply.clone()))
            .transpose()?))
    }

    /// Sends a command that must be carried out.
    ///
    /// # Errors
    /// It was refused, or the socket failed.
    pub async fn order(&mut self, command: Command) -> Result<Option<Reply>> {
        match self.ask(&command).await? {
            Ok(reply) => Ok(reply),
            Err(refused) => bail!("{command:?} was refused: {refused:?}"),
        }
    }

    /// Makes a token and returns its secret.
    ///
    /// # Errors
    /// As [`Self::order`].
    pub async fn token(&mut self, role: Role, expires: Option<u64>) -> Result<(TokenId, Secret)> {
        let command = Command::CreateToken {
            role,
            name: "test".into(),
            expires,
        };
        match self.order(command).await? {
            Some(Reply::Token { id, secret }) => Ok((id, secret)),
            other => bail!("no token in {other:?}"),
        }
    }

    /// Adds a source that the régie makes itself and returns its id.
    ///
    /// # Errors
    /// As [`Self::order`].
    pub async fn add(&mut self, kind: SourceKind, name: &str) -> Result<SourceId> {
        let command = Command::AddSource {
            kind,
            name: Some(name.into()),
        };
        match self.order(command).await? {
            Some(Reply::Source { id }) => Ok(id),
            other => bail!("no source in {other:?}"),
        }
    }

    /// Hears events until the show `holds`.
    ///
    /// # Errors
    /// Not within 20 s; the error carries the show.
    pub async fn until(&mut self, what: &str, holds: impl Fn(&Snapshot) -> bool) -> Result<()> {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        while !holds(&self.show) {
            match tokio::time::timeout_at(deadline, self.next()).await {
                Ok(message) => drop(message?),
                Err(_) => bail!("{what}: not within 20 s; the show is {:#?}", self.show),
            }
        }
        Ok(())
    }

    /// The source of this name, as last heard.
    pub fn source(&self, name: &str) -> Option<&Source> {
        self.show.sources.iter().find(|source| source.name == name)
    }

    async fn next(&mut self) -> Result<Value> {
        let message = match self.stream.next().await? {
            Ok(message) => message,
            Err(code) => bail!("/control closed with {code}"),
        };
        if let Some(show) = message.get("snapshot") {
            self.show = serde_json::from_value(show.clone())?;
            self.seq = message["seq"].as_u64().context("a snapshot with no seq")?;
        } else if let Some(event) = message.get("event") {
            let seq = message["seq"].as_u64().context("an event with no seq")?;
            anyhow::ensure!(seq == self.seq + 1, "event {seq} came after {}", self.seq);
            self.seq = seq;
            apply(&mut self.show, serde_json::from_value(event.clone())?);
        }
        Ok(message)
    }
}

/// Replaces what the event tells of, as a page does.
fn apply(show: &mut Snapshot, event: Event) {
    match event {
        Event::SourceAdded { source } => show.sources.push(source),
        Event::SourceChanged { source } => {
            for known in show.sources.iter_mut().filter(|known| known.id == source.id) {
                *known = source.clone();
            }
        }
        Event::SourceRemoved { id } => show.sources.retain(|source| source.id != id),
        Event::PreviewChanged { scene } => show.preview = scene,
        Event::SceneTaken {
            program,
            preview,
            transition,
        } => {
            show.program = program;
            show.preview = preview;
            show.mixing = matches!(transition, regie_model::Transition::Mix { .. }).then_some(transition);
        }
        Event::TransitionEnded => show.mixing = None,
        Event::TransitionChosen { transition } => show.transition = transition,
        Event::MosaicArranged { mosaic } => show.mosaic = mosaic,
        Event::RecordingChanged { recording } => show.recording = recording,
        Event::ViewersCounted { count } => show.viewers = count,
        Event::FaultRaised { fault } => {
            show.faults.retain(|known| known.id != fault.id);
            show.faults.push(fault);
        }
        Event::FaultCleared { id } => show.faults.retain(|fault| fault.id != id),
        Event::TokensChanged { tokens } => show.tokens = tokens,
        Event::LinksChanged { links } => show.links = links,
        Event::ShowNamed { name } => show.name = name,
    }
}
