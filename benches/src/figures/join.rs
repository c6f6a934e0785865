//! Figure 5: how fast a phone is in the multiview.

use crate::{
    figure::{Claim, Figure},
    regie::Regie,
    stage::Stage,
};
use anyhow::Result;
use regie_model::{Mosaic, SourceId};

const CLAIM: Claim = Claim {
    id: 5,
    name: "join page opened → first frame in the multiview",
    unit: "s",
    target: "p95 ≤ 1.5 s",
    way: "headless Chromium at 720p30, camera allowed, name and button by script; its numbered frame read off the \
          canvas of a multiview page in the same browser",
    median_at_most: f64::INFINITY,
    p95_at_most: 1.5,
};

/// Has `times` phones join, one after the other.
pub fn measure(times: usize) -> Result<Option<Figure>> {
    let regie = Regie::start(&[])?;
    let mut stage = Stage::open()?;
    let multiview = regie.page(&format!("/multiview?token={}", regie.ready.token));
    // Alone in the show, a phone stands in the first tile of sources.
    let tile = Mosaic::of(&[SourceId(1)]).tiles[2];
    let mut samples = Vec::new();
    for n in 0..times {
        let id = (n % 200 + 1) as u8;
        samples.push(stage.join(&regie.join_page()?, id, &multiview, &tile)? / 1000.0);
        stage.leave()?;
        regie.remove_sources()?;
    }
    Ok(CLAIM.judge(samples))
}
