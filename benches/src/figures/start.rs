//! Figure 20: from the start of the process to the line that says it is ready.

use crate::{
    figure::{Claim, Figure},
    regie::Regie,
};
use anyhow::Result;

const CLAIM: Claim = Claim {
    id: 20,
    name: "start of regie-headless to ready",
    unit: "s",
    target: "≤ 1.5 s",
    way: "process start to ready line, an empty folder each time, so certificates are made too",
    median_at_most: 1.5,
    p95_at_most: 1.5,
};

/// Starts it `times` times.
pub fn measure(times: usize) -> Result<Option<Figure>> {
    let samples: Result<Vec<f64>> = (0..times)
        .map(|_| Ok(Regie::start(&[])?.start.as_secs_f64()))
        .collect();
    Ok(CLAIM.judge(samples?))
}
