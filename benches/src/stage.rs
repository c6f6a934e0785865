//! A headless Chromium that plays phones and viewers: `tests/bench/stage.js`, asked by a line, answers by a line.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Lines, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

/// A running browser; dropped, it is gone.
pub struct Stage {
    child: Child,
    ask: Option<ChildStdin>,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Stage {
    /// Starts node and a browser.
    ///
    /// # Errors
    /// Node is not installed; a missing browser shows at the first request.
    pub fn open() -> Result<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests");
        let mut child = Command::new("node")
            .arg("bench/stage.js")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("node does not start")?;
        let answers = BufReader::new(child.stdout.take().context("no standard output")?).lines();
        Ok(Self {
            ask: child.stdin.take(),
            child,
            answers,
        })
    }

    fn ask(&mut self, request: &Value) -> Result<Value> {
        let ask = self.ask.as_mut().context("the stage is closed")?;
        writeln!(ask, "{request}")?;
        let Some(line) = self.answers.next().transpose()? else {
            bail!("the browser ended: are node_modules installed and is Chromium there? `cargo xtask setup`")
        };
        let answer: Value = serde_json::from_str(&line)?;
        match answer["error"].as_str() {
            Some(error) => bail!("{error}"),
            None => Ok(answer),
        }
    }

    /// A phone at 720p30 joins by this address and stays. With `clock` its pictures carry the wall clock in
    /// milliseconds, else `id << 16 | frame`.
    ///
    /// # Errors
    /// It does not get as far as pressing the button.
    pub fn phone(&mut self, join: &str, id: u8, clock: bool) -> Result<()> {
        let request = json!({ "do": "phone", "join": join, "wish": wish(id, clock) });
        self.ask(&request).map(drop)
    }

    /// A viewer's page: how old each picture was when it was shown, ms, over `seconds`.
    ///
    /// # Errors
    /// No picture comes.
    pub fn watch(&mut self, url: &str, seconds: u64) -> Result<Vec<f64>> {
        let answer = self.ask(&json!({ "do": "watch", "url": url, "seconds": seconds }))?;
        let samples = answer["samples"].as_array().context("no samples")?;
        Ok(samples.iter().filter_map(Value::as_f64).collect())
    }

    /// From opening the join page to the first of its frames in `tile` of a multiview page, ms.
    ///
    /// # Errors
    /// It does not appear within 30 s.
    pub fn join(&mut self, join: &str, id: u8, multiview: &str, tile: &regie_model::Tile) -> Result<f64> {
        let request = json!({
            "do": "join", "join": join, "wish": wish(id, false), "multiview": multiview, "tile": tile
        });
        self.ask(&request)?["ms"].as_f64().context("no time")
    }

    /// Everybody but the multiview leaves.
    ///
    /// # Errors
    /// The browser is gone.
    pub fn leave(&mut self) -> Result<()> {
        self.ask(&json!({ "do": "leave" })).map(drop)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // The end of its input tells it to close the browser; one that does not end within 5 s is killed.
        drop(self.ask.take());
        let deadline = Instant::now() + Duration::from_secs(5);
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn wish(id: u8, clock: bool) -> Value {
    json!({ "id": id, "clock": clock, "width": 1280, "height": 720, "fps": 30, "colour": [120, 90, 180] })
}
