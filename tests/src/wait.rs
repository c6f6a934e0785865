//! Waiting for a state, never for a time.

use anyhow::{Result, bail};
use std::{
    fmt::Debug,
    time::{Duration, Instant},
};

/// Asks `probe` every 20 ms until it gives `Ok(value)` and returns that.
///
/// # Errors
/// Not within `within`: the error says what was awaited and what was seen last.
pub async fn eventually<T, S: Debug>(
    what: &str,
    within: Duration,
    mut probe: impl AsyncFnMut() -> Result<T, S>,
) -> Result<T> {
    let deadline = Instant::now() + within;
    loop {
        match probe().await {
            Ok(value) => return Ok(value),
            Err(seen) if Instant::now() > deadline => {
                bail!("{what}: not within {within:?}; seen: {seen:?}")
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}
