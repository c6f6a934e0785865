//! Waiting for a state, never for a time.

use anyhow::{Result, bail};
use std::{
    fmt::Debug,
    future::Future,
    time::{Duration, Instant},
};

/// Asks `probe` every 20 ms until it gives `Ok(value)` and returns that.
///
/// # Errors
/// Not within `within`: the error says what was awaited and what was seen last.
pub async fn eventually<T, S, F>(what: &str, within: Duration, mut probe: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<T, S>>,
    S: Debug,
{
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
